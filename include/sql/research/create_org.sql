-- Creates an org under its slug; nothing happens when there is one.
insert into orgs (name, slug) values (:slug, :slug) on conflict (slug) do nothing

-- Creates an org under its slug, which is written small; nothing happens when there is one.
insert into orgs (name, slug) values (:slug, lower(:slug)) on conflict (slug) do nothing

-- Pages of the web that were read lately, so that nobody asks their sites again.

-- name: find_page
-- A page as it came, if it was read lately enough.
select final_url, status, media_type, content
from web_pages
where url = :url and expires_at > clock_timestamp()

-- name: keep_page
-- Keeps a page until it expires, in place of an earlier state of it.
insert into web_pages as kept (url, final_url, status, media_type, content, fetched_at, expires_at)
values (
    :url, :final_url, :status, :media_type, :content, clock_timestamp(),
    clock_timestamp() + make_interval(secs => :ttl_seconds)
)
on conflict (url) do update
set final_url = excluded.final_url,
    status = excluded.status,
    media_type = excluded.media_type,
    content = excluded.content,
    fetched_at = excluded.fetched_at,
    expires_at = excluded.expires_at

-- name: forget_expired
-- Deletes some of the pages that have expired; those that somebody is just writing stay.
delete from web_pages
where url in (
    select url
    from web_pages
    where expires_at <= clock_timestamp()
    order by url
    limit 100
    for update skip locked
)

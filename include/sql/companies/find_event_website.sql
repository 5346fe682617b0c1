-- The website of an event: no sponsor is known by it.
select website_url from events where id = :event_id

-- Where a user's research of an address is stored, and whether it is this very document.
select id, extracted_at = :extracted_at and data = cast(:data as jsonb) as is_stored
from prospect_intelligence
where user_id = :user_id and website_url = :website_url

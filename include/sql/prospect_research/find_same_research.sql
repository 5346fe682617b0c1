-- When the user's research of an address was made, if it is this very document.
select extracted_at
from prospect_intelligence
where user_id = :user_id and website_url = :website_url and data = cast(:data as jsonb)

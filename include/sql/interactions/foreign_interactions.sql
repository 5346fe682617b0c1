-- Which of :rows, a JSON array, carry the id of somebody else's interaction.
select r.position
from json_to_recordset(cast(:rows as json)) as r (position integer, id uuid, user_id uuid)
left join user_interactions as i on i.id = r.id and i.user_id = r.user_id
where i.id is null
order by r.position

-- Remembers what the classifier says of titles (:rows, a JSON array); a newer version of it replaces an older one's word.
insert into title_seats (title, ceo_rank, cfo_rank, hr_rank, rules)
select title, ceo_rank, cfo_rank, hr_rank, :rules
from json_to_recordset(cast(:rows as json)) as r (title text, ceo_rank smallint, cfo_rank smallint, hr_rank smallint)
order by title
on conflict (title) do update
set ceo_rank = excluded.ceo_rank,
    cfo_rank = excluded.cfo_rank,
    hr_rank = excluded.hr_rank,
    rules = excluded.rules,
    written_by = excluded.written_by
where title_seats.rules <> excluded.rules

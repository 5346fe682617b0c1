-- What the classifier says of titles (:rows, a JSON array), for this transaction only.
insert into late_titles (title, ceo_rank, cfo_rank, hr_rank)
select title, ceo_rank, cfo_rank, hr_rank
from json_to_recordset(cast(:rows as json)) as r (title text, ceo_rank smallint, cfo_rank smallint, hr_rank smallint)

-- Why things were left out, most frequent first, with one sentence and one source each.
select stage, record_type, reason, count(*) as records, min(detail) as detail, min(source) as source
from rejected_records
where execution_id = :execution_id
group by stage, record_type, reason
order by (stage = 'filter'), records desc, record_type, reason

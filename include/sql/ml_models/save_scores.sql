-- Probabilities and reasons of a batch of accounts; what is the same stays untouched.
insert into account_scores as known (account_domain, model_id, probability, reasons)
select score.account_domain, :model_id, score.probability, score.reasons
from jsonb_to_recordset(cast(:scores as jsonb)) as score (account_domain text, probability numeric(6, 5), reasons text[])
join accounts using (account_domain)
order by score.account_domain
on conflict (account_domain) do update
set model_id = excluded.model_id,
    probability = excluded.probability,
    reasons = excluded.reasons,
    updated_at = now(),
    written_by = excluded.written_by
where (known.model_id, known.probability, known.reasons)
    is distinct from (excluded.model_id, excluded.probability, excluded.reasons)

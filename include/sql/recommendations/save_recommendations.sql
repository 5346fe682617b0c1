-- The rows of the day's new list (:rows, a JSON array) that are not there yet; no others of these accounts or ranks are.
insert into account_recommendations (
    recommended_on, account_domain, rank, score, is_exploration, propensity, reasons, model_id
)
select :on, account_domain, rank, score, is_exploration, propensity, reasons, model_id
from json_to_recordset(cast(:rows as json)) as r (
    account_domain text, rank integer, score numeric(6, 5), is_exploration boolean, propensity numeric(9, 8),
    reasons text[], model_id bigint
)
where not exists (
    select from account_recommendations as known
    where known.recommended_on = :on and known.account_domain = r.account_domain
)
order by rank

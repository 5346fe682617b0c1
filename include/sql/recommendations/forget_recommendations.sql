-- Rows of the day's list that are not the same in the new one (:rows, a JSON array).
delete from account_recommendations as known
where known.recommended_on = :on
  and not exists (
      select
      from json_to_recordset(cast(:rows as json)) as r (
          account_domain text, rank integer, score numeric(6, 5), is_exploration boolean, propensity numeric(9, 8),
          reasons text[], model_id bigint
      )
      where (r.account_domain, r.rank, r.score, r.is_exploration, r.propensity, r.reasons)
          = (known.account_domain, known.rank, known.score, known.is_exploration, known.propensity, known.reasons)
        and r.model_id is not distinct from known.model_id
  )

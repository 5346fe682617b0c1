-- What a person decides about before anything happens: lists of people who would become contacts, and erasures.

-- name: undecided
-- Lists and erasures of the DAGs :dag_ids that are planned, and that nobody has decided about; people or rows they concern.
select *
from (
    select 'account_promotion' as dag_id, id, airflow_run_id, started_at, proposed as concerned
    from contact_promotions
    where status = 'planned'
    union all
    select 'person_erasure', e.id, e.airflow_run_id, e.started_at, (
        select coalesce(sum(planned.value::bigint), 0) from jsonb_each_text(e.counts -> 'planned') as planned
    )
    from erasures as e
    where e.status = 'planned'
) as planned
where dag_id = any(cast(:dag_ids as text[]))
order by started_at, id

-- name: decided
-- Decisions about the DAGs :dag_ids, the newest first: :limit of them after the key (:after_decided_at, :after_id). done:
-- how many people became contacts, or how many rows were erased.
select *
from (
    select 'account_promotion' as dag_id, id, airflow_run_id, decision, decided_by, decided_at, status,
           proposed as concerned, promoted as done
    from contact_promotions
    where decision is not null
    union all
    select 'person_erasure', e.id, e.airflow_run_id, e.decision, e.decided_by, e.decided_at, e.status,
           (select coalesce(sum(each.value::bigint), 0) from jsonb_each_text(e.counts -> 'planned') as each),
           (select coalesce(sum(each.value::bigint), 0) from jsonb_each_text(e.counts -> 'erased') as each)
    from erasures as e
    where e.decision is not null
) as decided
where dag_id = any(cast(:dag_ids as text[]))
  and (decided_at, id) < (
      coalesce(cast(:after_decided_at as timestamptz), 'infinity'),
      coalesce(cast(:after_id as uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  )
order by decided_at desc, id desc
limit :limit

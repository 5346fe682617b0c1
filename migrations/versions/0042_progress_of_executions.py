"""Executions say how far they are; views of what the signals bring.

Revision: 0042, after 0041
"""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_COMMENT = (
    "One row per run of a signal: its configuration, status and results. abandoned_at: when it was closed as failed "
    "because no task of its run gave a sign of life; a task that goes on opens it again."
)
_PROGRESS = " progress_…: how far it is, while it runs."

_EXECUTION_METRICS = """
create view execution_metrics with (security_invoker = true) as
select x.id as execution_id, x.signal_id, s.name as signal_name, x.status, x.started_at,
       extract(epoch from x.completed_at - x.started_at) as seconds,
       found.events, found.companies, found.persons, found.new_companies, found.new_persons,
       round(1.0 * found.persons / nullif(asked.companies_asked, 0), 2) as persons_per_company,
       asked.questions, asked.answered, lost.unreadable, lost.unsaved, lost.filtered, lost.agent_failures,
       -- Of the records in answers: those that could be read; of the ones that were wanted: those that were saved.
       round(100.0 * (kept.records + lost.unsaved + lost.filtered)
             / nullif(kept.records + lost.unsaved + lost.filtered + lost.unreadable, 0), 2) as parse_success_percent,
       round(100.0 * kept.records / nullif(kept.records + lost.unsaved, 0), 2) as save_success_percent
from signal_executions as x
join signals as s on s.id = x.signal_id
cross join lateral (
    select count(*) filter (where e.entity_type = 'event') as events,
           count(*) filter (where e.entity_type = 'company') as companies,
           count(*) filter (where e.entity_type = 'person') as persons,
           count(*) filter (where e.entity_type = 'company' and e.is_new) as new_companies,
           count(*) filter (where e.entity_type = 'person' and e.is_new) as new_persons
    from signal_execution_entities as e
    where e.execution_id = x.id
) as found
cross join lateral (select found.events + found.companies + found.persons as records) as kept
cross join lateral (
    select count(*) as questions, count(*) filter (where q.answer_id is not null) as answered,
           count(*) filter (where q.answer_id is not null and q.stage = 'find_people') as companies_asked
    from execution_questions as q
    where q.execution_id = x.id
) as asked
cross join lateral (
    select count(*) filter (where r.stage = 'parse') as unreadable,
           count(*) filter (where r.stage = 'save') as unsaved,
           count(*) filter (where r.stage = 'filter') as filtered,
           count(*) filter (where r.stage = 'agent' and r.reason <> 'no_such_data') as agent_failures
    from rejected_records as r
    where r.execution_id = x.id
) as lost"""

_SIGNAL_METRICS = """
create view signal_metrics with (security_invoker = true) as
select s.id as signal_id, s.name as signal_name, s.type, s.status, count(x.id) as executions,
       count(x.id) filter (where x.status in ('completed', 'completed_with_errors')) as succeeded,
       count(x.id) filter (where x.status = 'failed') as failed, max(x.started_at) as last_started_at,
       round(avg(m.events), 2) as events_per_execution, round(avg(m.companies), 2) as companies_per_execution,
       round(avg(m.persons), 2) as persons_per_execution, sum(m.new_companies) as new_companies,
       sum(m.new_persons) as new_persons, round(avg(m.seconds)) as seconds_per_execution
from signals as s
left join signal_executions as x on x.signal_id = s.id and x.status <> 'running'
left join execution_metrics as m on m.execution_id = x.id
group by s.id"""

_AGENT_CALL_METRICS = """
create view agent_call_metrics with (security_invoker = true) as
select cast(c.started_at at time zone 'UTC' as date) as day, c.agent, c.provider, c.status, c.error_kind,
       count(*) as calls, round(avg(c.latency_ms)) as average_ms,
       percentile_cont(0.95) within group (order by c.latency_ms) as p95_ms, max(c.latency_ms) as longest_ms,
       sum(c.input_tokens) as input_tokens, sum(c.output_tokens) as output_tokens, sum(c.cost_usd) as cost_usd
from agent_calls as c
where c.status not in ('started', 'reused')
group by 1, 2, 3, 4, 5"""


def upgrade() -> None:
    op.execute(
        """
        alter table signal_executions
            add progress_percent smallint,
            add progress_step text,
            add progress_message text,
            add progressed_at timestamptz,
            add constraint ck_signal_executions_progress_percent check (progress_percent between 0 and 100)
        """
    )
    op.execute(f"comment on table signal_executions is '{_COMMENT}{_PROGRESS}'")
    for definition in (_EXECUTION_METRICS, _SIGNAL_METRICS, _AGENT_CALL_METRICS):
        op.execute(definition.strip())
    for role in ("prospecting_app", "prospecting_reader"):
        op.execute(f"grant select on execution_metrics, signal_metrics, agent_call_metrics to {role}")


def downgrade() -> None:
    op.execute("drop view agent_call_metrics, signal_metrics, execution_metrics")
    op.execute(f"comment on table signal_executions is '{_COMMENT}'")
    op.execute(
        """
        alter table signal_executions
            drop progress_percent, drop progress_step, drop progress_message, drop progressed_at
        """
    )

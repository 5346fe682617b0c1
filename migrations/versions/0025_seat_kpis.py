"""The figures of seats and requests as views; the history of seats is found by run and by loss.

Revision: 0025, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_SEAT_FILL_RATES = """
create view seat_fill_rates with (security_invoker = true) as
with target (slot_type, target) as (
    values ('CEO', 80), ('CFO', 70), ('HR', 60)
),
seat as (
    -- Which seats count, and who counts as a holder: not somebody with a weak title, who is counted apart.
    select s.slot_type, s.is_filled and not s.is_weak as is_held, s.is_filled and s.is_weak as is_weak
    from company_slot as s
    join companies as c on c.company_unique_id = s.company_unique_id
    where c.merged_into_id is null
),
counted as (
    select slot_type, count(*) as seats, count(*) filter (where is_held) as filled,
           count(*) filter (where is_weak) as weak
    from seat
    group by slot_type
)
select target.slot_type, coalesce(counted.seats, 0) as seats, coalesce(counted.filled, 0) as filled,
       coalesce(counted.weak, 0) as weak, round(100.0 * counted.filled / counted.seats, 2) as fill_rate, target.target,
       100.0 * counted.filled / counted.seats >= target.target as is_met
from target
left join counted on counted.slot_type = target.slot_type"""

_SEAT_FILL_RATES_DAILY = """
create view seat_fill_rates_daily with (security_invoker = true) as
with state as (
    -- Which seats count, and who counts as a holder: not somebody with a weak title, who is counted apart. Every line
    -- of history says the state after it; a request changes none.
    select t.id, t.company_slot_unique_id, t.slot_type, cast(t.changed_at at time zone 'UTC' as date) as day,
           cast(t.transition <> 'removed' as integer) as is_seat,
           cast(t.transition <> 'removed' and t.status = 'filled' and not t.is_weak as integer) as is_held,
           cast(t.transition <> 'removed' and t.status = 'filled' and t.is_weak as integer) as is_weak
    from slot_transitions as t
    left join companies as c on c.company_unique_id = t.company_unique_id
    where t.transition <> 'requested' and c.merged_into_id is null
),
change as (
    select day, slot_type, is_seat - lag(is_seat, 1, 0) over life as seats,
           is_held - lag(is_held, 1, 0) over life as filled, is_weak - lag(is_weak, 1, 0) over life as weak
    from state
    window life as (partition by company_slot_unique_id order by id)
),
daily as (
    select day, slot_type, sum(seats) as seats, sum(filled) as filled, sum(weak) as weak
    from change
    group by day, slot_type
),
calendar as (
    select cast(generate_series(min(day), cast(now() at time zone 'UTC' as date), interval '1 day') as date) as day
    from daily
),
total as (
    select calendar.day, seat.slot_type, cast(coalesce(sum(daily.seats) over past, 0) as bigint) as seats,
           cast(coalesce(sum(daily.filled) over past, 0) as bigint) as filled,
           cast(coalesce(sum(daily.weak) over past, 0) as bigint) as weak
    from calendar
    cross join (select distinct slot_type from daily) as seat
    left join daily on daily.day = calendar.day and daily.slot_type = seat.slot_type
    window past as (partition by seat.slot_type order by calendar.day)
)
select day, slot_type, seats, filled, weak, round(100.0 * filled / nullif(seats, 0), 2) as fill_rate from total"""

_SEAT_REQUEST_KPIS = """
create view seat_request_kpis with (security_invoker = true) as
with period (period, since) as (
    values ('ever', timestamptz '-infinity'), ('last 30 days', now() - interval '30 days')
),
request as (
    select r.routing_id, i.company_unique_id, i.slot_type, r.routed_at,
           case when r.status in ('completed', 'failed', 'cancelled')
                then coalesce(r.completed_at, r.settled_at, r.updated_at) end as closed_at,
           r.status in ('completed', 'failed') as is_attempt,
           r.status = 'completed' and i.validated as is_fill,
           -- Our own workers claim as <batch>/<number>, and what they spend is in the ledger.
           case when coalesce(r.claimed_by, '') ~ '/[0-9]+$' then 0 else coalesce(r.cost_credits, 0) end as usd
    from agent_routing_log as r
    join intake.people_raw_intake as i
        on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then cast(r.record_id as bigint) end
    where r.record_type = 'person_slot_backfill' and i.source_system = 'slot_backfill'
),
judged as (
    -- A duplicate: routed while an earlier request for the same seat was not closed.
    select *, coalesce(max(coalesce(closed_at, 'infinity')) over earlier > routed_at, false) as is_duplicate
    from request
    window earlier as (
        partition by company_unique_id, slot_type order by routing_id
        rows between unbounded preceding and 1 preceding
    )
),
asked as (
    select p.period,
           count(*) filter (where r.is_attempt and r.closed_at >= p.since) as attempts,
           count(*) filter (where r.is_fill and r.closed_at >= p.since) as fills,
           coalesce(sum(r.usd) filter (where r.closed_at >= p.since), 0) as usd,
           count(*) filter (where r.routed_at >= p.since) as requests,
           count(*) filter (where r.routed_at >= p.since and r.is_duplicate) as duplicates,
           -- Those that are open and younger than a day are not judged yet.
           count(*) filter (
               where r.routed_at >= p.since and (r.closed_at is not null or r.routed_at < now() - interval '24 hours')
           ) as due,
           count(*) filter (
               where r.routed_at >= p.since and r.closed_at <= r.routed_at + interval '24 hours'
           ) as in_time
    from period as p
    left join judged as r on true
    group by p.period
),
spent as (
    -- Questions about seats say which attempt they are. Every call counts where it was paid for: those whose answer
    -- was reused or never used, and, with what was reserved, those whose cost is not known.
    select p.period, coalesce(sum(coalesce(c.cost_usd, c.reserved_usd)), 0) as usd,
           count(*) filter (where c.provider <> 'catalog' and c.status <> 'started') as calls,
           count(*) filter (where c.status = 'failed' and c.error_kind = 'rate_limited') as rate_limited
    from period as p
    left join agent_calls as c
        on c.agent = 'people' and c.request -> 'attempt' is not null and c.status <> 'reused'
        and c.started_at >= p.since
    group by p.period
)
select asked.period, line.kpi, line.part, line.whole,
       round(line.factor * line.part / nullif(line.whole, 0), 2) as value, line.target,
       -- Null when there is nothing to measure; effort without any result misses its target.
       case when line.whole = 0 and line.part = 0 then null
            when line.whole = 0 then false
            when line.target = '>= 95' then 100.0 * line.part >= 95 * line.whole
            else line.factor * line.part < line.most * line.whole end as is_met
from asked
join spent on spent.period = asked.period
cross join lateral (
    values
        ('attempts_per_fill', asked.attempts, asked.fills, 1, '< 2', 2),
        ('usd_per_fill', spent.usd + asked.usd, asked.fills, 1, '< 2', 2),
        ('closed_within_24_hours_percent', asked.in_time, asked.due, 100.0, '>= 95', null),
        ('duplicate_requests_percent', asked.duplicates, asked.requests, 100.0, '< 1', 1),
        ('rate_limited_calls_percent', spent.rate_limited, spent.calls, 100.0, '< 5', 5)
) as line (kpi, part, whole, factor, target, most)"""

# History says of a holder whether the title is weak, as the seat does; everything else is as it was.
_COLUMNS = (
    "company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts"
)


def _record_slot_transitions(weak: str = "") -> str:
    """The trigger function with the column ``weak`` in history, or as it was before, without it."""
    of_row, of_new, of_old = (f", {row}{weak}" if weak else "" for row in ("", "n.", "o."))
    return f"""
create or replace function record_slot_transitions() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into slot_transitions
            ({_COLUMNS}{of_row})
        select company_slot_unique_id, company_unique_id, slot_type,
               case status when 'filled' then 'filled' when 'closed_missing' then 'closed' else 'open' end,
               status, person_unique_id, enrichment_attempts{of_row}
        from new_slots;
    elsif tg_op = 'UPDATE' then
        insert into slot_transitions
            ({_COLUMNS}{of_row})
        select n.company_slot_unique_id, n.company_unique_id, n.slot_type,
               case when n.status = 'filled' then 'filled' when n.status = 'closed_missing' then 'closed'
                    when o.status <> 'open' then 'reopened' else 'open' end,
               n.status, n.person_unique_id, n.enrichment_attempts{of_new}
        from new_slots as n
        join old_slots as o using (company_slot_unique_id)
        where (n.person_unique_id, n.enrichment_attempts{of_new}) is distinct from \
(o.person_unique_id, o.enrichment_attempts{of_old});
    elsif tg_op = 'DELETE' then
        insert into slot_transitions
            ({_COLUMNS}{of_row})
        select company_slot_unique_id, company_unique_id, slot_type, 'removed', status, person_unique_id,
               enrichment_attempts{of_row}
        from old_slots;
    else
        insert into slot_transitions
            ({_COLUMNS}{of_row})
        select company_slot_unique_id, company_unique_id, slot_type, 'removed', status, person_unique_id,
               enrichment_attempts{of_row}
        from company_slot;
    end if;
    return null;
end
$$"""  # noqa: S608  # constants of this module


def upgrade() -> None:
    op.add_column(
        "slot_transitions", sa.Column("is_weak", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(_record_slot_transitions("is_weak").strip())
    for definition in (_SEAT_FILL_RATES, _SEAT_FILL_RATES_DAILY, _SEAT_REQUEST_KPIS):
        op.execute(definition.strip())
    op.execute("grant select on seat_fill_rates, seat_fill_rates_daily, seat_request_kpis to prospecting_app")
    op.create_index(
        "ix_slot_transitions_lost",
        "slot_transitions",
        ["changed_at"],
        postgresql_where="transition in ('reopened', 'removed')",
    )
    op.create_index(
        "ix_slot_transitions_written_by",
        "slot_transitions",
        ["written_by"],
        postgresql_where="transition <> 'requested'",
    )


def downgrade() -> None:
    op.drop_index("ix_slot_transitions_written_by", table_name="slot_transitions")
    op.drop_index("ix_slot_transitions_lost", table_name="slot_transitions")
    op.execute("drop view seat_request_kpis, seat_fill_rates_daily, seat_fill_rates")
    op.execute(_record_slot_transitions().strip())
    op.drop_column("slot_transitions", "is_weak")

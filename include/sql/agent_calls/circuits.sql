-- Circuits of providers: closed, open after failures in a row, half open while one caller tries again.

-- name: ask_circuit
-- May :provider be asked? state: closed; trial, when the caller is the one to try again, until trial_until; or open, with
-- the seconds to wait. A trial whose time has run out is another's: its worker died, or takes too long. Nothing is
-- written, and no row locked, while the circuit is closed.
with trial as (
    update provider_circuits
    set state = 'half_open', trial_until = clock_timestamp() + make_interval(secs => :lease_seconds)
    where provider = :provider
      and state <> 'closed'
      and retry_at <= clock_timestamp()
      and (trial_until is null or trial_until <= clock_timestamp())
    returning trial_until
)
select
    case
        when trial.trial_until is not null then 'trial'
        when coalesce(circuit.state, 'closed') = 'closed' then 'closed'
        else 'open'
    end as state,
    trial.trial_until,
    circuit.opened_at,
    cast(
        greatest(
            1,
            extract(epoch from circuit.retry_at - clock_timestamp()),
            -- Whoever tries again is soon done, as a rule.
            least(extract(epoch from circuit.trial_until - clock_timestamp()), circuit.pause_seconds)
        ) as double precision
    ) as wait_seconds
from (select 1) as one
left join provider_circuits as circuit on circuit.provider = :provider
left join trial on true

-- name: note_failure
-- Counts a failure. The :threshold-th in a row, none longer than :window_seconds after the one before, opens the circuit
-- for :first_pause seconds; a trial (its trial_until) that fails opens it again, for twice as long as before, up to
-- :longest_pause. Failures of calls that were under way when it opened change nothing. opened: it opened just now.
insert into provider_circuits as circuit (
    provider, state, failures, error_kind, last_failure_at, opened_at, retry_at, pause_seconds
)
select
    :provider,
    case when opens then 'open' else 'closed' end,
    1,
    :error_kind,
    clock_timestamp(),
    case when opens then clock_timestamp() end,
    case when opens then clock_timestamp() + make_interval(secs => :first_pause) end,
    case when opens then cast(:first_pause as double precision) end
from (select cast(:threshold as integer) <= 1 as opens) as settings
on conflict (provider) do update
set (state, failures, error_kind, last_failure_at, opened_at, retry_at, pause_seconds, trial_until) = (
    select
        case when opens then 'open' else 'closed' end,
        streak,
        excluded.error_kind,
        clock_timestamp(),
        case when opens then coalesce(circuit.opened_at, clock_timestamp()) end,
        case when opens then clock_timestamp() + make_interval(secs => pause) end,
        case when opens then pause end,
        cast(null as timestamptz)
    from (
        select
            streak,
            circuit.state = 'half_open' or streak >= :threshold as opens,
            least(
                coalesce(2 * circuit.pause_seconds, cast(:first_pause as double precision)),
                cast(:longest_pause as double precision)
            ) as pause
        from (
            select case
                when circuit.last_failure_at > clock_timestamp() - make_interval(secs => :window_seconds)
                    then circuit.failures + 1
                else 1
            end as streak
        ) as counted
    ) as decided
)
where circuit.state = 'closed'
   or circuit.state = 'half_open' and circuit.trial_until = cast(:trial_until as timestamptz)
returning state = 'open' as opened, failures, pause_seconds

-- name: note_success
-- Closes a circuit and forgets its failures. was_open: it closed just now. No row when there was nothing to forget.
update provider_circuits as circuit
set state = 'closed',
    failures = 0,
    opened_at = null,
    retry_at = null,
    pause_seconds = null,
    trial_until = null
from (
    select provider, state
    from provider_circuits
    where provider = :provider and (state <> 'closed' or failures > 0)
    for update
) as before
where circuit.provider = before.provider
returning before.state <> 'closed' as was_open

-- name: shut_providers
-- The seconds until those of the :providers may be asked again that may not be asked now.
select
    provider,
    cast(
        greatest(
            1,
            extract(epoch from retry_at - clock_timestamp()),
            least(extract(epoch from trial_until - clock_timestamp()), pause_seconds)
        ) as double precision
    ) as wait_seconds
from provider_circuits
where provider = any(cast(:providers as text[]))
  and state <> 'closed'
  and (retry_at > clock_timestamp() or trial_until > clock_timestamp())

-- name: return_trial
-- Lets somebody else try: the caller's trial (its trial_until) ended without a word from the provider.
update provider_circuits
set trial_until = null
where provider = :provider
  and state = 'half_open'
  and trial_until = cast(:trial_until as timestamptz)

-- name: open_circuits
-- The circuits that are not closed, and those whose provider has failed since its last success, within a day.
select provider, state, failures, error_kind, last_failure_at, opened_at, retry_at, pause_seconds
from provider_circuits
where state <> 'closed'
   or failures > 0 and last_failure_at > now() - interval '1 day'
order by state = 'closed', provider

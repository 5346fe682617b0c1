-- Writes the results with the ids of everything found; again when its tasks were cleared and ran again. An execution
-- that was cancelled meanwhile stays cancelled. Events to come are first, soonest first, then those that were over when
-- it began, latest first; companies by their priority. is_past_sponsor: the company sponsored earlier editions only. Dates of events are as precise as they are known: "2027", "2027-03", "2027-03-15".
with found as (
    select entity_type, entity_id, priority from signal_execution_entities where execution_id = :execution_id
),
sponsoring as (
    select s.company_id, bool_and(s.is_past_sponsor) as is_past_sponsor,
           case when bool_and(s.is_past_sponsor) then max(s.past_year) end as past_year
    from found as f
    join event_sponsors as s on s.event_id = f.entity_id
    where f.entity_type = 'event'
    group by s.company_id
),
results as (
    select jsonb_build_object(
        'events', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'id', e.id, 'name', e.name, 'date', to_char(e.start_dt, p.pattern),
                    'end_date', to_char(e.end_dt, p.pattern), 'date_precision', e.date_precision, 'location', c.name,
                    'attendees', e.attendees, 'venue', v.name, 'website', e.website_url
                )
                order by day.is_upcoming desc nulls last, case when day.is_upcoming then e.start_dt end,
                         e.start_dt desc nulls last, e.id
            )
            from found as f
            join events as e on e.id = f.entity_id
            cross join lateral (
                select coalesce(e.end_dt, e.start_dt) >= cast(run.started_at at time zone 'UTC' as date) as is_upcoming
                from signal_executions as run
                where run.id = :execution_id
            ) as day
            left join cities as c on c.id = e.city_id
            left join venues as v on v.id = e.venue_id
            cross join lateral (
                select case e.date_precision when 'year' then 'YYYY' when 'month' then 'YYYY-MM' else 'YYYY-MM-DD' end
                    as pattern
            ) as p
            where f.entity_type = 'event'
        ), '[]'),
        'companies', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'id', c.id, 'name', c.name, 'domain', c.domain, 'industry', c.primary_industry,
                    'industry_is_guess', c.industry_is_guess,
                    'size', c.employee_range, 'kind', coalesce(c.kind, 'company'), 'priority', f.priority,
                    'is_past_sponsor', coalesce(s.is_past_sponsor, false), 'past_year', s.past_year
                )
                order by f.priority desc nulls last, c.id
            )
            from found as f
            join companies as c on c.id = f.entity_id
            left join sponsoring as s on s.company_id = c.id
            where f.entity_type = 'company'
        ), '[]'),
        'signals', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'id', s.id, 'type', s.type, 'company_id', s.company_id, 'company', c.name,
                    case s.type when 'hiring' then 'posted_on' when 'product_launch' then 'launched_on'
                        else 'announced_on' end,
                    to_char(s.occurred_on, case s.date_precision when 'year' then 'YYYY' when 'month' then 'YYYY-MM'
                        else 'YYYY-MM-DD' end),
                    'source_url', o.source_url, 'is_verified', coalesce(o.is_verified, false)
                )
                || case s.type
                    when 'funding' then jsonb_build_object(
                        'round', s.round, 'amount', s.amount, 'currency', s.currency, 'investors', s.investors)
                    when 'hiring' then jsonb_build_object(
                        'position', s.position, 'department', s.department, 'location', s.location)
                    when 'product_launch' then jsonb_build_object('product', s.product)
                    else jsonb_build_object(
                        'acquirer', s.acquirer, 'target', s.target, 'amount', s.amount, 'currency', s.currency)
                end
                order by s.occurred_on desc nulls last, s.id
            )
            from found as f
            join company_signals as s on s.id = f.entity_id
            join companies as c on c.id = s.company_id
            left join lateral (
                select source_url, is_verified
                from observations
                where company_signal_id = s.id
                order by is_verified desc, source_url is null, seen_on desc, id
                limit 1
            ) as o on true
            where f.entity_type = 'company_signal'
        ), '[]'),
        'contacts', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'id', p.id, 'name', p.full_name, 'title', p.current_title, 'company', r.company_name,
                    'company_id', r.company_id, 'email', mail.value, 'linkedin', p.linkedin_url,
                    'target_function', r.target_function, 'target_match', r.target_match,
                    'observed_on', r.observed_on, 'standing', r.standing
                )
                order by r.company_id, p.id
            )
            from found as f
            join persons as p on p.id = f.entity_id
            left join lateral (
                select role.company_id, role.target_function, role.target_match, role.observed_on,
                       c.name as company_name,
                       role_standing(role.is_current, role.is_doubted, role.observed_on) as standing
                from company_person_roles as role
                join companies as c on c.id = role.company_id
                where role.person_id = p.id
                order by
                    exists (
                        select from found as fc
                        where fc.entity_type = 'company' and fc.entity_id = role.company_id
                    ) desc,
                    role.is_current desc, role.observed_on desc nulls last, role.id
                limit 1
            ) as r on true
            left join lateral (
                select value from contact_channels as ch
                where ch.person_id = p.id and ch.channel_type = 'email'
                order by ch.is_identity desc, ch.id
                limit 1
            ) as mail on true
            where f.entity_type = 'person'
        ), '[]')
    ) as found
)
update signal_executions as x
set status = :status,
    results = results.found || jsonb_build_object(
        'stats', cast(:stats as jsonb), 'notes', cast(:notes as jsonb), 'notAsked', cast(:not_asked as jsonb)
    ),
    stats = cast(:stats as jsonb),
    error = cast(:error as jsonb),
    completed_at = now(),
    abandoned_at = null,
    progress_percent = 100,
    progress_step = 'summarize_execution',
    progress_message = null,
    progressed_at = now(),
    updated_at = now(),
    written_by = default
from results
where x.id = :execution_id and x.status <> 'cancelled'
returning x.id

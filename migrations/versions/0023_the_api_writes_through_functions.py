"""The API's role writes through functions only, which know for whom; no temporary tables, no large objects.

Revision: 0023, after 0022
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# For whom all of them act: their caller says for whom it means to, which must be the user of the transaction. Who may
# set that may be any user: see docs/decisions/0044.
_REFUSE_OTHERS = """
create function refuse_others(meant uuid) returns uuid language plpgsql stable as $$
declare
    own constant uuid := current_user_id();
begin
    if own is null or meant is distinct from own then
        raise exception 'row-level security: % acts for this user',
            case when own is null then 'nobody' else 'somebody else' end
            using errcode = 'insufficient_privilege';
    end if;
    return own;
end
$$"""

# What others may rely on: a domain as accounts have it, a page on it, a moment that a clock can have said.
_REFUSE_UNUSABLE = """
create function refuse_unusable(domain text, website_url text, moment timestamptz, ahead interval) returns void
language plpgsql stable as $$
begin
    if coalesce(domain !~ '^[a-z0-9_-]+(\\.[a-z0-9_-]+)+$' or length(domain) > 253, true) then
        raise exception 'account_domain is not a domain in lower case'
            using errcode = 'invalid_parameter_value';
    end if;
    if website_url is not null
       and coalesce(
           '.' || substring(website_url from '^https?://([^/?#:@]+)(?:[:/?#]|$)') not like '%.' || domain, true
       ) then
        raise exception 'website_url is not on account_domain' using errcode = 'invalid_parameter_value';
    end if;
    if coalesce(moment < timestamptz '2000-01-01 00:00:00+00' or moment > clock_timestamp() + ahead, true) then
        raise exception 'the time lies in the future, or long ago' using errcode = 'invalid_parameter_value';
    end if;
end
$$"""

_LOG_OWN_INTERACTIONS = """
create function log_own_interactions(interactions json, out logged integer, out taken integer[])
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    own constant uuid := refuse_others(current_user_id());
begin
    if json_array_length(interactions) > 2000 then
        raise exception 'more than 2000 interactions at once' using errcode = 'program_limit_exceeded';
    end if;
    perform refuse_others(r.user_id) from json_to_recordset(interactions) as r (user_id uuid);
    perform refuse_unusable(r.account_domain, null, r.created_at, interval '5 minutes')
    from json_to_recordset(interactions) as r (account_domain text, created_at timestamptz);
    if exists (
        select from json_to_recordset(interactions) as r (interaction_metadata json)
        where json_typeof(r.interaction_metadata) is distinct from 'object'
           or octet_length(r.interaction_metadata::text) > 65536
    ) then
        raise exception 'interaction_metadata is not an object of at most 65536 bytes'
            using errcode = 'invalid_parameter_value';
    end if;
    insert into users (id) values (own) on conflict (id) do nothing;
    insert into user_interactions (
        id, user_id, account_domain, interaction_type, interaction_metadata, created_at, written_by
    )
    select r.id, own, r.account_domain, r.interaction_type, r.interaction_metadata, r.created_at, null
    from json_to_recordset(interactions) as r (
        position integer, id uuid, account_domain text, interaction_type text, interaction_metadata jsonb,
        created_at timestamptz
    )
    order by r.id, r.position
    on conflict (id) do nothing;
    get diagnostics logged = row_count;
    select coalesce(array_agg(r.position order by r.position), '{}') into taken
    from json_to_recordset(interactions) as r (position integer, id uuid)
    left join user_interactions as i on i.id = r.id and i.user_id = own
    where i.id is null;
end
$$"""

# The key is the one that prospecting.persistence.prospect_research gives the run, so that it is known whoever saved it.
# Nobody chooses it: with another user's, theirs would seem to be saved already.
_ADD_OWN_RUN = """
create function add_own_run(run jsonb, status text, ran_at timestamptz) returns uuid language plpgsql as $$
declare
    own constant uuid := current_user_id();
    key text;
    found_id uuid;
begin
    select encode(
        sha256(convert_to(
            format('["%s", %s, "%s", "%s%s+00:00"]', own, to_json(run ->> 'website_url'), status,
                   to_char(ran_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'),
                   nullif(to_char(ran_at at time zone 'UTC', '.US'), '.000000')),
            'UTF8'
        )), 'hex'
    ) into key;
    insert into prospect_intelligence_runs (
        user_id, account_domain, website_url, company_name, run_status, icp_score, priority_level, is_b2b_saas,
        has_modern_stack, technology_count, has_open_engineering_roles, engineering_role_count, total_open_roles,
        has_engineering_blog, employees_min, employees_max, has_funding, error_type, error_message, run_key, created_at,
        recorded_at, written_by
    )
    select own, r.account_domain, r.website_url, left(r.company_name, 500), status, r.icp_score, r.priority_level,
           r.is_b2b_saas, r.has_modern_stack,
           r.technology_count, r.has_open_engineering_roles, r.engineering_role_count,
           r.total_open_roles, r.has_engineering_blog, r.employees_min, r.employees_max, r.has_funding,
           left(r.error_type, 200), left(r.error_message, 2000), key, ran_at, clock_timestamp(), null
    from jsonb_to_record(run) as r (
        account_domain text, website_url text, company_name text, icp_score integer, priority_level text,
        is_b2b_saas boolean, has_modern_stack boolean, technology_count integer, has_open_engineering_roles boolean,
        engineering_role_count integer, total_open_roles integer, has_engineering_blog boolean, employees_min integer,
        employees_max integer, has_funding boolean, error_type text, error_message text
    )
    on conflict (run_key) do nothing;
    select r.id into found_id from prospect_intelligence_runs as r where r.run_key = key;
    return found_id;
end
$$"""

# The account shows the newest research of anybody, as when a task saves it: see include/sql/prospect_research.
_SAVE_OWN_RESEARCH = """
create function save_own_research(
    research jsonb, out research_id uuid, out is_new boolean, out is_stored boolean, out is_newest boolean
)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    own constant uuid := refuse_others((research ->> 'user_id')::uuid);
    domain constant text := research ->> 'account_domain';
    website constant text := research ->> 'website_url';
    name constant text := coalesce(research ->> 'company_name', domain);
    made_at constant timestamptz := research ->> 'extracted_at';
begin
    if website is null or length(name) > 500 or jsonb_typeof(research -> 'data') is distinct from 'object' then
        raise exception 'research has a website_url, a company_name of at most 500 characters and data, an object'
            using errcode = 'invalid_parameter_value';
    end if;
    perform refuse_unusable(domain, website, made_at, interval '1 day');
    insert into users (id) values (own) on conflict (id) do nothing;

    insert into prospect_intelligence as known (
        user_id, website_url, company_name, data, icp_score, priority_level, extracted_at, extraction_duration_ms,
        written_by
    )
    select own, website, name, research -> 'data', r.icp_score, r.priority_level, made_at, r.extraction_duration_ms,
           null
    from jsonb_to_record(research) as r (icp_score integer, priority_level text, extraction_duration_ms integer)
    on conflict (user_id, website_url) do update
    set company_name = excluded.company_name,
        data = excluded.data,
        icp_score = excluded.icp_score,
        priority_level = excluded.priority_level,
        extracted_at = excluded.extracted_at,
        extraction_duration_ms = excluded.extraction_duration_ms,
        written_by = null
    where known.extracted_at < excluded.extracted_at
    returning known.id, xmax = 0 into research_id, is_new;
    is_stored := research_id is not null;
    if not is_stored then
        is_new := false;
        select p.id, p.extracted_at = made_at and p.data = research -> 'data' into research_id, is_stored
        from prospect_intelligence as p
        where p.user_id = own and p.website_url = website;
    end if;

    perform add_own_run(research - 'error_type' - 'error_message', 'success', made_at);

    insert into accounts as known (
        account_domain, company_name, website_url, last_prospect_intelligence_id, last_icp_score, last_priority_level,
        last_research_at, written_by
    )
    values (
        domain, name, website, research_id, (research ->> 'icp_score')::integer, research ->> 'priority_level', made_at,
        null
    )
    on conflict (account_domain) do update
    set company_name = case
            when known.company_name = known.account_domain then excluded.company_name
            else known.company_name
        end,
        website_url = coalesce(known.website_url, excluded.website_url),
        updated_at = now(),
        written_by = null
    where known.website_url is null
       or (known.company_name = known.account_domain and excluded.company_name <> known.account_domain);

    update accounts as a
    set last_prospect_intelligence_id = research_id,
        last_icp_score = (research ->> 'icp_score')::integer,
        last_priority_level = research ->> 'priority_level',
        last_research_at = made_at,
        updated_at = now(),
        written_by = null
    where a.account_domain = domain and (a.last_research_at is null or a.last_research_at < made_at);

    insert into account_signals as known (
        account_domain, company_name, icp_score, priority_level, is_b2b_saas, has_modern_stack, technology_count,
        has_open_engineering_roles, engineering_role_count, total_open_roles, has_engineering_blog, employees_min,
        employees_max, has_funding, last_research_at, written_by
    )
    select a.account_domain, a.company_name, r.icp_score, r.priority_level, r.is_b2b_saas, r.has_modern_stack,
           r.technology_count, r.has_open_engineering_roles, r.engineering_role_count, r.total_open_roles,
           r.has_engineering_blog, r.employees_min, r.employees_max, r.has_funding, made_at, null
    from accounts as a
    cross join jsonb_to_record(research) as r (
        icp_score integer, priority_level text, is_b2b_saas boolean, has_modern_stack boolean, technology_count integer,
        has_open_engineering_roles boolean, engineering_role_count integer, total_open_roles integer,
        has_engineering_blog boolean, employees_min integer, employees_max integer, has_funding boolean
    )
    where a.account_domain = domain
    on conflict (account_domain) do update
    set company_name = excluded.company_name,
        icp_score = excluded.icp_score,
        priority_level = excluded.priority_level,
        is_b2b_saas = excluded.is_b2b_saas,
        has_modern_stack = excluded.has_modern_stack,
        technology_count = excluded.technology_count,
        has_open_engineering_roles = excluded.has_open_engineering_roles,
        engineering_role_count = excluded.engineering_role_count,
        total_open_roles = excluded.total_open_roles,
        has_engineering_blog = excluded.has_engineering_blog,
        employees_min = excluded.employees_min,
        employees_max = excluded.employees_max,
        has_funding = excluded.has_funding,
        last_research_at = excluded.last_research_at,
        updated_at = now(),
        written_by = null
    where known.last_research_at is null or known.last_research_at < excluded.last_research_at;

    is_newest := is_stored and exists (
        select from accounts as a
        where a.account_domain = domain and a.last_prospect_intelligence_id = research_id
          and a.last_research_at = made_at
    );
end
$$"""

_RECORD_OWN_FAILURE = """
create function record_own_failure(run jsonb) returns uuid
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    own constant uuid := refuse_others((run ->> 'user_id')::uuid);
    status constant text := run ->> 'run_status';
    ran_at constant timestamptz := run ->> 'created_at';
begin
    if coalesce(status = 'success', true) or run ->> 'website_url' is null then
        raise exception 'a run that failed has a website_url and its run_status, which is not success'
            using errcode = 'invalid_parameter_value';
    end if;
    perform refuse_unusable(run ->> 'account_domain', run ->> 'website_url', ran_at, interval '1 day');
    insert into users (id) values (own) on conflict (id) do nothing;
    return add_own_run(
        jsonb_build_object(
            'account_domain', run -> 'account_domain', 'website_url', run -> 'website_url',
            'company_name', run -> 'company_name', 'error_type', run -> 'error_type',
            'error_message', run -> 'error_message'
        ),
        status, ran_at
    );
end
$$"""

_DELETE_OWN_RESEARCH = """
create function delete_own_research(research_id uuid) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    own constant uuid := refuse_others(current_user_id());
begin
    delete from prospect_intelligence as p where p.id = research_id and p.user_id = own;
    return found;
end
$$"""

# What users do shows in counts, and in the reasons of scores: only where so many others are in them that they tell
# nothing about one. 00000000-0000-4000-8000-000000000001 stands for automations.
_ACCOUNT_ACTIVITY = """
create function account_activity(account_domains text[]) returns table (
    account_domain text, research_run_count integer, failed_run_count integer, interaction_count integer,
    viewed_count integer, opened_research_count integer, contacted_count integer, meeting_booked_count integer,
    deal_won_count integer, deal_lost_count integer, interaction_count_30d integer, interaction_count_90d integer,
    engaged_user_count integer, engagement_score numeric, last_interaction_at timestamptz,
    last_contacted_at timestamptz, touchpoint_count_30d integer, touchpoint_count_90d integer, reply_count_30d integer,
    reply_count_90d integer, last_reply_at timestamptz, score_reasons text[], intent_reasons text[],
    recommended_on date, recommendation_reasons text[]
)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    least_users constant integer := 5;
    own constant uuid := refuse_others(current_user_id());
begin
    return query
    select s.account_domain, s.research_run_count, s.failed_run_count, s.interaction_count, s.viewed_count,
           s.opened_research_count, s.contacted_count, s.meeting_booked_count, s.deal_won_count, s.deal_lost_count,
           s.interaction_count_30d, s.interaction_count_90d, s.engaged_user_count, s.engagement_score,
           s.last_interaction_at, s.last_contacted_at, s.touchpoint_count_30d, s.touchpoint_count_90d,
           s.reply_count_30d, s.reply_count_90d, s.last_reply_at, p.reasons, n.reasons, r.recommended_on, r.reasons
    from account_signals as s
    left join account_scores as p on p.account_domain = s.account_domain
    left join account_intent as n on n.account_domain = s.account_domain
    left join lateral (
        select recommended_on, reasons
        from account_recommendations as known
        where known.account_domain = s.account_domain
        order by recommended_on desc
        limit 1
    ) as r on true
    where s.account_domain = any(account_domains)
      and (
          select count(*)
          from (
              select i.user_id from user_interactions as i where i.account_domain = s.account_domain
              union
              select u.user_id from prospect_intelligence_runs as u where u.account_domain = s.account_domain
          ) as engaged
          where user_id not in (own, '00000000-0000-4000-8000-000000000001')
      ) >= least_users
    order by s.account_domain;
end
$$"""

_FUNCTIONS = (
    _REFUSE_OTHERS,
    _REFUSE_UNUSABLE,
    _ADD_OWN_RUN,
    _LOG_OWN_INTERACTIONS,
    _SAVE_OWN_RESEARCH,
    _RECORD_OWN_FAILURE,
    _DELETE_OWN_RESEARCH,
    _ACCOUNT_ACTIVITY,
)
_CALLED = (
    "log_own_interactions(json)",
    "save_own_research(jsonb)",
    "record_own_failure(jsonb)",
    "delete_own_research(uuid)",
    "account_activity(text[])",
)

# What accounts show that is no count of what users did, and needs no reason that has one.
_READ = {
    "account_signals": "id, account_domain, company_name, icp_score, priority_level, is_b2b_saas, has_modern_stack, "
    "technology_count, has_open_engineering_roles, engineering_role_count, total_open_roles, has_engineering_blog, "
    "employees_min, employees_max, has_funding, last_research_at, sponsored_event_count, best_sponsor_tier_rank, "
    "last_sponsored_on, hiring_signal_count, funding_signal_count, last_signal_at, slots_filled, slots_open, "
    "company_briefing_count, person_briefing_count, icp_title_count, last_briefing_at, contact_count, "
    "decision_maker_contact_count, active_conversation_count, created_at, updated_at",
    "account_scores": "account_domain, model_id, probability, created_at, updated_at",
    "account_intent": "account_domain, level, observed_on, created_at, updated_at",
    "account_recommendations": "recommended_on, account_domain, rank, score, is_exploration, propensity, model_id, "
    "contact_id, created_at",
}
_WRITTEN_BEFORE = {
    "users": "insert",
    "prospect_intelligence": "insert, update, delete",
    "user_interactions": "insert",
    "prospect_intelligence_runs": "insert, select (id, run_key)",
    "accounts": "insert, update",
    "account_signals": "insert, update",
    "account_changes": "insert",
}
_RUN_POLICIES = {
    "own_runs_select": "for select to prospecting_api using",
    "own_runs_insert": "for insert to prospecting_api with check",
}

# Everybody has these rights in every new database. They are the database owner's, and the administrator's, to take
# back: where neither migrates, make verify-db says so.
_NO_TEMPORARY_TABLES = """
do $$
begin
    execute format('grant temporary on database %I to prospecting_app, current_user', current_database());
    execute format('revoke temporary on database %I from public', current_database());
exception
    when insufficient_privilege then null;
end
$$"""
_LARGE_OBJECTS = """
do $$
declare
    routine regprocedure;
begin
    for routine in
        select p.oid from pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace and (p.proname ~ '^lo_' or p.proname in ('loread', 'lowrite'))
          and p.proname not in ('lo_import', 'lo_export')
    loop
        execute format('{} execute on function %s {} public', routine);
    end loop;
exception
    when insufficient_privilege then null;
end
$$"""


def upgrade() -> None:
    for function in _FUNCTIONS:
        op.execute(function)
    for signature in _CALLED:
        op.execute(f"revoke all on function {signature} from public")
        op.execute(f"grant execute on function {signature} to prospecting_api")
    for table, privileges in _WRITTEN_BEFORE.items():
        op.execute(f"revoke {privileges} on {table} from prospecting_api")
    for table, columns in _READ.items():
        op.execute(f"revoke all on {table} from prospecting_api")
        op.execute(f"grant select ({columns}) on {table} to prospecting_api")
    for policy in _RUN_POLICIES:
        op.execute(f"drop policy {policy} on prospect_intelligence_runs")
    op.execute(_NO_TEMPORARY_TABLES)
    op.execute(_LARGE_OBJECTS.format("revoke", "from"))


def downgrade() -> None:
    op.execute(_LARGE_OBJECTS.format("grant", "to"))
    op.execute("do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$")
    for policy, rule in _RUN_POLICIES.items():
        own = "user_id is null or user_id = (select current_user_id())"
        op.execute(f"create policy {policy} on prospect_intelligence_runs {rule} ({own})")
    for table in _READ:
        op.execute(f"revoke all on {table} from prospecting_api")
        op.execute(f"grant select on {table} to prospecting_api")
    for table, privileges in _WRITTEN_BEFORE.items():
        op.execute(f"grant {privileges} on {table} to prospecting_api")
    for signature in (*_CALLED, "add_own_run", "refuse_unusable", "refuse_others"):
        op.execute(f"drop function {signature}")

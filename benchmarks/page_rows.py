"""Rows for pages to list: written without triggers, since they are only read, and with indexes built afterwards."""

from __future__ import annotations

import sys

from sqlalchemy import Engine, text

SPINE = (
    # Every company has an account, three seats, five roles of persons; every hundredth sponsors the first event.
    """
    insert into companies (name, name_key, domain, country, primary_industry, account_tier, source_system, created_at)
    select 'Company ' || md5(n::text), 'company' || md5(n::text), 'company-' || n || '.com',
           (array['US', 'DE', 'FR', 'GB', null])[1 + n % 5], 'Industry ' || n % 200,
           case when n % 50 = 0 then 'tier1' end, 'bench', now() - (:rows - n) * interval '1 second'
    from generate_series(1, :rows) as n
    """,
    """
    insert into persons (full_name, name_key, current_title, seniority, source_system, created_at)
    select 'Jane ' || md5(n::text), 'jane ' || md5(n::text), 'Chief Technology Officer',
           (array['C-Suite', 'VP', 'Director'])[1 + n % 3], 'bench', now() - (:rows - n) * interval '1 second'
    from generate_series(1, :rows) as n
    """,
    """
    insert into company_person_roles (company_id, person_id, role_title, role_key, role_category, source_system,
        observed_on)
    select 1 + (n * 7 + n / :rows) % :rows, 1 + n % :rows, 'Title ' || n % 5, 'title ' || n % 5, 'c_level', 'bench',
           current_date - cast(n % 900 as integer)
    from generate_series(1, 5 * cast(:rows as bigint)) as n
    """,
    """
    insert into company_slot (company_unique_id, slot_type)
    select company_unique_id, seat from companies cross join unnest(array['CEO', 'CFO', 'HR']) as seat
    """,
    "insert into accounts (account_domain, company_name) select domain, name from companies",
    """
    insert into account_signals (account_domain, company_name, icp_score)
    select domain, name, 1 + id % 10 from companies
    """,
)
LARGE = (
    # A company of ten thousand people.
    """
    insert into company_person_roles (company_id, person_id, role_title, role_key, role_category, source_system,
        observed_on)
    select 2, n, 'Large ' || n % 5, 'large ' || n % 5, 'c_level', 'bench', current_date - cast(n % 900 as integer)
    from generate_series(1, :rows / 100) as n
    """,
    # An execution that found a tenth of all companies and persons, at as many events; each of them has two sponsors.
    """
    insert into events (name, name_key, start_dt, source_system)
    select 'Event ' || n, 'event ' || n, date '2026-01-01' + cast(n % 300 as integer), 'bench'
    from generate_series(1, :rows / 10) as n
    """,
    """
    insert into event_sponsors (event_id, company_id, sponsor_tier, tier_rank, source_system)
    select n, 1 + (n * 7 + k) % (:rows / 10), 'Gold', 1, 'bench'
    from generate_series(1, :rows / 10) as n cross join generate_series(1, 2) as k
    union
    select 1, n, 'Silver', 2, 'bench' from generate_series(1, :rows, 100) as n
    on conflict do nothing
    """,
    """
    insert into signals (name, name_key, type, configuration)
    select 'Signal ' || n, 'signal ' || n, 'conference', '{"budget": {"max_usd": 5}}'
    from generate_series(1, 1000) as n
    """,
    """
    insert into signal_executions (signal_id, status, configuration, stats, airflow_run_id, started_at, completed_at)
    select s.id, 'completed', s.configuration, '{"newCompanies": 3, "newContacts": 5}', 'run ' || s.name || ' ' || n,
           now() - n * interval '6 hours', now()
    from signals as s cross join generate_series(1, cast(greatest(:rows / 10000, 1) as integer)) as n
    """,
    """
    insert into signal_executions (id, signal_id, status, configuration, airflow_run_id, started_at, completed_at)
    select '00000000-0000-4000-8000-000000000001', id, 'completed', configuration, 'large', now(), now()
    from signals where name = 'Signal 1'
    """,
    """
    insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
    select '00000000-0000-4000-8000-000000000001', kind, n, n % 2 = 0
    from generate_series(1, :rows / 10) as n cross join unnest(array['event', 'company', 'person']) as kind
    """,
    """
    insert into rejected_records (execution_id, stage, record_type, reason, detail, source, fingerprint)
    select '00000000-0000-4000-8000-000000000001', (array['parse', 'save', 'filter', 'agent'])[1 + n % 4],
           (array['event', 'company', 'person'])[1 + n % 3], 'reason_' || n % 7, 'In words', 'Event ' || n, n
    from generate_series(1, :rows / 10) as n
    """,
    # A call every two seconds, by eight runs; a tenth of them of the large execution.
    """
    insert into task_attempts (dag_id, run_id, task_id, try_number)
    select (array['signal_execution', 'slot_backfill'])[1 + n % 2], 'run ' || n, 'ask', 1
    from generate_series(1, 8) as n
    """,
    """
    insert into agent_calls (scope, agent, provider, request_key, request, status, cost_usd, reserved_usd,
        started_at, finished_at, written_by)
    select case when n % 10 = 0 then 'signal_execution:00000000-0000-4000-8000-000000000001' else 'scope ' || n / 100
           end, (array['people', 'sponsor_extraction'])[1 + n % 2],
           (array['gemini', 'openai', 'parallel', 'demo'])[1 + n % 4], 'key ' || n, '{}',
           (array['succeeded', 'succeeded', 'reused', 'failed'])[1 + n / 7 % 4], 0.01, 0.02,
           now() - (:rows - n) * interval '2 seconds', now(), 1 + n % 8
    from generate_series(1, :rows) as n
    """,
    "insert into orgs (id, name, slug) values ('00000000-0000-4000-8000-000000000002', 'Bench', 'bench')",
    """
    insert into company_intel_briefings (org_id, company_domain, company_name, client_company_name,
        raw_parallel_output, researched_at, created_at)
    select '00000000-0000-4000-8000-000000000002', 'company-' || n || '.com', 'Company ' || md5(n::text),
           'Client ' || n % 20, '{"summary": "What was found"}', now() - (:rows - n) * interval '1 second', now()
    from generate_series(1, :rows) as n
    """,
    """
    insert into person_intel_briefings (org_id, person_full_name, person_linkedin_url, person_current_company_name,
        client_company_name, raw_parallel_output, researched_at)
    select '00000000-0000-4000-8000-000000000002', 'Jane ' || md5(n::text), 'https://www.linkedin.com/in/jane-' || n,
           'Company ' || n % 1000, 'Client ' || n % 20, '{"summary": "What was found"}',
           now() - (:rows - n) * interval '1 second'
    from generate_series(1, :rows / 10) as n
    """,
    # Pairs in doubt and judged ones; accounts left alone; a year of lists; versions of a model.
    """
    insert into merge_candidates (entity_type, left_id, right_id, reason, evidence, status, decided_by, decided_at)
    select case when n % 10 = 0 then 'person' else 'company' end, n, n + 1, 'same_name', '{}',
           case when n % 3 = 0 then 'distinct' else 'open' end, case when n % 3 <> 1 then 'somebody' end,
           case when n % 3 <> 1 then now() - n * interval '1 minute' end
    from generate_series(1, :rows / 10) as n
    """,
    """
    insert into account_suppressions (account_domain, reason, suppressed_until)
    select 'company-' || n || '.com', 'never', case when n % 2 = 0 then now() - interval '1 day' end
    from generate_series(1, :rows / 10) as n
    """,
    """
    insert into account_recommendations (recommended_on, account_domain, rank, score, is_exploration, propensity,
        reasons)
    select current_date - d, 'company-' || 1 + d * 50 + n || '.com', n, 0.5, n % 10 = 0, 0.9, array['Rising']
    from generate_series(0, 364) as d cross join generate_series(1, 50) as n
    """,
    """
    insert into ml_models (name, version, status, fingerprint, feature_names, parameters, metrics, verdict, model_card,
        library_versions, training_rows, positive_rows, trained_until)
    select 'account_propensity', n, 'rejected', n, '{}', '{}', '{}', 'not better', 'Card', '{}', 1000, 10, current_date
    from generate_series(1, 365) as n
    """,
)

_INDEXES = text(
    """
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index as i
    where i.indrelid = any(cast(:tables as regclass[]))
      and not exists (select from pg_constraint as c where c.conindid = i.indexrelid)
    """
)
_TABLES = (
    "companies", "persons", "company_person_roles", "company_slot", "accounts", "account_signals", "agent_calls",
    "company_intel_briefings", "person_intel_briefings",
)  # fmt: skip


def load(engine: Engine, rows: int) -> None:
    """``rows`` companies, persons, calls and briefings on companies; five times as many roles; of others a tenth."""
    statements = (*SPINE, *LARGE)
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        indexes = connection.execute(_INDEXES, {"tables": list(_TABLES)}).all()
        for name, _ in indexes:
            connection.execute(text(f"drop index {name}"))
        for number, sql in enumerate(statements, 1):
            print(f"  loading, {number} of {len(statements)} ...", file=sys.stderr, flush=True)
            connection.execute(text(sql), {"rows": rows})
        connection.execute(text("set local maintenance_work_mem = '512MB'"))
        print(f"  making {len(indexes)} indexes ...", file=sys.stderr, flush=True)
        for _, definition in indexes:
            connection.execute(text(definition))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))

"""Roles of tasks and of the API, and what each may see: row-level security with policies.

Revision: 0007, after 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Roles belong to the server, not to this database: they may be there already, and they stay when this is undone.
_CREATE_ROLES = """
do $$
declare
    missing text;
begin
    foreach missing in array array['prospecting_app', 'prospecting_api'] loop
        continue when exists (select from pg_roles where rolname = missing);
        begin
            execute format('create role %I nologin', missing);
        exception
            when duplicate_object or unique_violation then null;  -- another database's migration was faster
            when insufficient_privilege then
                raise exception 'The role % does not exist and % may not create it', missing, current_user
                using hint = 'Have an administrator run: create role prospecting_app nologin; '
                    'create role prospecting_api nologin; then migrate again', errcode = 'insufficient_privilege';
        end;
    end loop;
end
$$"""

# Whoever migrates may become the roles: to act for a user, and to see that security holds. Nobody else may by this; the
# logins of tasks and of the API are an administrator's. Since PostgreSQL 16 who creates a role may grant it, but not
# become it; a role that somebody else created is somebody else's to grant.
_BECOME_ROLES = """
do $$
declare
    is_15 constant boolean := current_setting('server_version_num')::integer < 160000;
    wanted text;
begin
    foreach wanted in array array['prospecting_app', 'prospecting_api'] loop
        continue when pg_has_role(current_user, wanted, case when is_15 then 'member' else 'set' end);
        begin
            execute format('grant %I to current_user', wanted)
                || case when is_15 then '' else ' with inherit false, set true' end;
        exception
            when insufficient_privilege or unique_violation then null;
        end;
    end loop;
end
$$"""

_CURRENT_USER_ID = """
create function current_user_id() returns uuid language sql stable parallel safe as $$
    select nullif(current_setting('prospecting.user_id', true), '')::uuid
$$"""

_TABLES = (
    "task_attempts",
    "rejected_records",
    "orgs",
    "cities",
    "venues",
    "companies",
    "persons",
    "contact_channels",
    "company_person_roles",
    "merge_candidates",
    "signals",
    "signal_executions",
    "signal_execution_entities",
    "events",
    "event_sponsors",
    "company_slot",
    "slot_transitions",
    "title_seats",
    "intake.people_raw_intake",
    "agent_routing_log",
    "slot_evaluations",
    "slot_evaluation_chunks",
    "agent_calls",
    "rate_limits",
    "submissions",
    "pipeline_runs",
    "step_results",
    "research_entities",
    "icp_job_titles",
    "extracted_icp_job_title_details",
    "company_intel_briefings",
    "person_intel_briefings",
    "icp_job_titles_history",
    "company_intel_briefings_history",
    "person_intel_briefings_history",
    "briefing_writes",
    "users",
    "prospect_intelligence",
    "user_interactions",
    "prospect_intelligence_runs",
    "accounts",
    "account_signals",
    "account_feature_snapshots",
    "account_changes",
    "feature_refreshes",
    "ml_models",
    "account_scores",
    "account_intent",
    "account_suppressions",
    "account_recommendations",
)
_APPEND_ONLY = ("slot_transitions", "user_interactions")
# Nobody but the owner reads these without a policy.
_RESEARCH = (
    "submissions",
    "pipeline_runs",
    "step_results",
    "research_entities",
    "icp_job_titles",
    "icp_job_titles_history",
    "extracted_icp_job_title_details",
    "company_intel_briefings",
    "company_intel_briefings_history",
    "person_intel_briefings",
    "person_intel_briefings_history",
    "briefing_writes",
)

_GRANTS = (
    "grant usage on schema public to prospecting_app, prospecting_api",
    "grant usage on schema intake to prospecting_app",
    *(
        f"grant select, insert{'' if table in _APPEND_ONLY else ', update, delete'} on {table} to prospecting_app"
        for table in _TABLES
    ),
    # People get their ids before their rows, unlike everything else.
    "grant usage on sequence persons_id_seq to prospecting_app",
    "grant select, insert on users to prospecting_api",
    "grant select, insert, update, delete on prospect_intelligence to prospecting_api",
    "grant select, insert on user_interactions to prospecting_api",
    # What saving a research writes beside the research itself; of a run it needs to know only that it is there.
    "grant insert, select (id, run_key) on prospect_intelligence_runs to prospecting_api",
    "grant select, insert, update on accounts, account_signals to prospecting_api",
    "grant insert on account_changes to prospecting_api",
    "grant select on account_scores, account_intent, account_recommendations, account_suppressions to prospecting_api",
    "grant select on companies, events, event_sponsors, company_slot to prospecting_api",
)

# The role that migrates owns the tables. Where security is forced on owners too, it needs policies of its own.
_TASKS = "prospecting_app, current_user"
_OWN = "user_id = (select current_user_id())"
_OWN_OR_NOBODYS = f"user_id is null or {_OWN}"
_POLICIES = (
    "create policy own_user_select on users for select to prospecting_api using (id = (select current_user_id()))",
    "create policy own_user_insert on users for insert to prospecting_api with check (id = (select current_user_id()))",
    "create policy tasks_all on users for all to prospecting_app using (true) with check (true)",
    f"create policy own_research_select on prospect_intelligence for select to prospecting_api using ({_OWN})",
    f"create policy own_research_insert on prospect_intelligence for insert to prospecting_api with check ({_OWN})",
    f"create policy own_research_update on prospect_intelligence for update to prospecting_api using ({_OWN}) "
    f"with check ({_OWN})",
    f"create policy own_research_delete on prospect_intelligence for delete to prospecting_api using ({_OWN})",
    f"create policy tasks_all on prospect_intelligence for all to {_TASKS} using (true) with check (true)",
    f"create policy own_interactions_select on user_interactions for select to prospecting_api using ({_OWN})",
    f"create policy own_interactions_insert on user_interactions for insert to prospecting_api with check ({_OWN})",
    "create policy no_update on user_interactions for update to prospecting_api using (false)",
    "create policy no_delete on user_interactions for delete to prospecting_api using (false)",
    f"create policy tasks_select on user_interactions for select to {_TASKS} using (true)",
    f"create policy tasks_insert on user_interactions for insert to {_TASKS} with check (true)",
    "create policy own_runs_select on prospect_intelligence_runs for select to prospecting_api "
    f"using ({_OWN_OR_NOBODYS})",
    "create policy own_runs_insert on prospect_intelligence_runs for insert to prospecting_api "
    f"with check ({_OWN_OR_NOBODYS})",
    *(
        f"create policy tasks_all on {table} for all to prospecting_app using (true) with check (true)"
        for table in ("prospect_intelligence_runs", *_RESEARCH)
    ),
)


def upgrade() -> None:
    op.execute(_CREATE_ROLES)
    op.execute(_BECOME_ROLES)
    op.execute(_CURRENT_USER_ID)
    for table in ("users", "prospect_intelligence_runs"):
        op.execute(f"alter table {table} enable row level security")
    for statement in (*_GRANTS, *_POLICIES):
        op.execute(statement)


def downgrade() -> None:
    for policy in _POLICIES:
        _, _, name, _, table, *_ = policy.split()
        op.execute(f"drop policy {name} on {table}")
    for table in ("users", "prospect_intelligence_runs"):
        op.execute(f"alter table {table} disable row level security")
    op.execute("drop function current_user_id")
    for table in _TABLES:
        op.execute(f"revoke all on {table} from prospecting_app, prospecting_api")
    op.execute("revoke all on sequence persons_id_seq from prospecting_app")
    op.execute("revoke usage on schema intake from prospecting_app")
    op.execute("revoke usage on schema public from prospecting_app, prospecting_api")

"""The role that pages read as: what people of the team may see, and nothing that is one colleague's.

Revision: 0030, after 0029
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Roles belong to the server: this one may be there already, and it stays when this is undone. Whoever migrates may
# become it, as with the two before.
_CREATE_ROLE = """
do $$
declare
    is_15 constant boolean := current_setting('server_version_num')::integer < 160000;
begin
    if not exists (select from pg_roles where rolname = 'prospecting_reader') then
        begin
            create role prospecting_reader nologin;
        exception
            when duplicate_object or unique_violation then null;  -- another database's migration was faster
            when insufficient_privilege then
                raise exception 'The role prospecting_reader does not exist and % may not create it', current_user
                using hint = 'Have an administrator run: create role prospecting_reader nologin; then migrate again',
                errcode = 'insufficient_privilege';
        end;
    end if;
    if not pg_has_role(current_user, 'prospecting_reader', case when is_15 then 'member' else 'set' end) then
        begin
            execute 'grant prospecting_reader to current_user'
                || case when is_15 then '' else ' with inherit false, set true' end;
        exception
            when insufficient_privilege or unique_violation then null;
        end;
    end if;
end
$$"""

_TABLES = (
    "account_refreshes", "account_health_history", "contact_promotions", "contact_promotion_items", "job_changes",
    "contacts", "relationships", "conversations", "conversation_transitions", "touchpoints", "touchpoint_participants",
    "touchpoint_events", "icp_job_titles", "extracted_icp_job_title_details", "company_intel_briefings",
    "person_intel_briefings", "icp_job_titles_history", "company_intel_briefings_history",
    "person_intel_briefings_history", "briefing_writes", "accounts", "feature_refreshes", "ml_models",
    "account_suppressions", "agent_calls", "erasures", "task_attempts", "rejected_records", "submissions",
    "pipeline_runs", "step_results", "signals", "signal_executions", "signal_execution_entities", "execution_questions",
    "events", "event_sponsors", "company_slot", "seat_refusals", "slot_transitions", "intake.people_raw_intake",
    "agent_routing_log", "slot_evaluations", "slot_evaluation_chunks", "orgs", "cities", "venues", "companies",
    "campaign_domains", "persons", "contact_channels", "company_person_roles", "merge_candidates",
    "account_scores", "account_intent", "account_recommendations", "merges",
    "account_overview", "contact_profiles", "seat_fill_rates", "seat_fill_rates_daily", "seat_request_kpis",
    "title_seats",
)  # fmt: skip
# Counts of what users did stay out, as for the API.
_ACCOUNT_SIGNALS = (
    "id, account_domain, company_name, icp_score, priority_level, is_b2b_saas, has_modern_stack, technology_count, "
    "has_open_engineering_roles, engineering_role_count, total_open_roles, has_engineering_blog, employees_min, "
    "employees_max, has_funding, last_research_at, sponsored_event_count, best_sponsor_tier_rank, last_sponsored_on, "
    "hiring_signal_count, funding_signal_count, last_signal_at, slots_filled, slots_open, company_briefing_count, "
    "person_briefing_count, icp_title_count, last_briefing_at, contact_count, decision_maker_contact_count, "
    "active_conversation_count, created_at, updated_at"
)
_POLICIES = {
    "touchpoints": "created_by_automation or visibility = 'everyone'",
    **dict.fromkeys(
        (
            "submissions", "pipeline_runs", "step_results", "icp_job_titles", "icp_job_titles_history",
            "extracted_icp_job_title_details", "company_intel_briefings", "company_intel_briefings_history",
            "person_intel_briefings", "person_intel_briefings_history", "briefing_writes",
        ),
        "true",
    ),
}  # fmt: skip
_INDEXES = {
    # The ledger by day, and what each day cost, without a look at requests and answers.
    "ix_agent_calls_started_at": "agent_calls (started_at, id) "
    "include (provider, status, written_by, cost_usd, reserved_usd)",
    # What a run has asked; its budget is counted by the same.
    "ix_agent_calls_scope_id": "agent_calls (scope, id)",
    "ix_rejected_records_written_by": "rejected_records (written_by)",
}


def upgrade() -> None:
    op.execute(_CREATE_ROLE)
    for name, what in _INDEXES.items():
        op.execute(f"create index {name} on {what}")
    op.execute("grant usage on schema public, intake to prospecting_reader")
    for table in _TABLES:
        op.execute(f"grant select on {table} to prospecting_reader")
    op.execute(f"grant select ({_ACCOUNT_SIGNALS}) on account_signals to prospecting_reader")
    for table, shown in _POLICIES.items():
        op.execute(f"create policy reader_select on {table} for select to prospecting_reader using ({shown})")


def downgrade() -> None:
    for name in _INDEXES:
        op.execute(f"drop index {name}")
    for table in _POLICIES:
        op.execute(f"drop policy reader_select on {table}")
    for table in (*_TABLES, "account_signals"):
        op.execute(f"revoke all on {table} from prospecting_reader")
    op.execute("revoke usage on schema public, intake from prospecting_reader")

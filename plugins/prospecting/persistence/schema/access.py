"""Who may what: the roles, every policy and every grant on a table as declared."""

from __future__ import annotations

from prospecting.persistence.schema.declared import Grant, Policy
from prospecting.persistence.schema.tables import metadata

APP, API, READER = "prospecting_app", "prospecting_api", "prospecting_reader"
_BRIEFINGS = ("company_intel_briefings", "person_intel_briefings", "icp_job_titles")

# ------------------------------------------------------------------ policies
_OWN = "user_id = (select current_user_id())"
_SELF = "id = (select current_user_id())"
_EVERYTHING = "using (true) with check (true)"
POLICIES = (
    Policy("prospect_intelligence", "own_research_select", f"for select to {API} using ({_OWN})"),
    Policy("prospect_intelligence", "own_research_insert", f"for insert to {API} with check ({_OWN})"),
    Policy("prospect_intelligence", "own_research_update", f"for update to {API} using ({_OWN}) with check ({_OWN})"),
    Policy("prospect_intelligence", "own_research_delete", f"for delete to {API} using ({_OWN})"),
    Policy("prospect_intelligence", "tasks_all", f"for all to {APP}, current_user {_EVERYTHING}"),
    Policy("user_interactions", "own_interactions_select", f"for select to {API} using ({_OWN})"),
    Policy("user_interactions", "own_interactions_insert", f"for insert to {API} with check ({_OWN})"),
    Policy("user_interactions", "no_update", f"for update to {API} using (false)"),
    Policy("user_interactions", "no_delete", f"for delete to {API} using (false)"),
    Policy("user_interactions", "tasks_select", f"for select to {APP}, current_user using (true)"),
    Policy("user_interactions", "tasks_insert", f"for insert to {APP}, current_user with check (true)"),
    Policy(
        "user_interactions",
        "tasks_redact",
        "for update to current_user using (current_setting('prospecting.erasing', true) = 'on') with check (true)",
    ),
    Policy(
        "touchpoints",
        "seen_touchpoints_select",
        f"for select to {API} using (created_by_automation or visibility = 'everyone' or created_by_{_OWN})",
    ),
    Policy(
        "touchpoints",
        "reader_select",
        f"for select to {READER} using (created_by_automation or visibility = 'everyone')",
    ),
    *(
        Policy(table, "reader_select", f"for select to {READER} using (true)")
        for table in (
            "submissions",
            "pipeline_runs",
            "step_results",
            *_BRIEFINGS,
            *(f"{table}_history" for table in _BRIEFINGS),
            "extracted_icp_job_title_details",
            "briefing_writes",
        )
    ),
    *(
        Policy(table, "own_org_select", f"for select to {API} using (org_id = (select current_org_id()))")
        for table in _BRIEFINGS
    ),
    Policy("users", "own_user_select", f"for select to {API} using ({_SELF})"),
    Policy("users", "own_user_insert", f"for insert to {API} with check ({_SELF})"),
    *(
        Policy(table, "tasks_all", f"for all to {APP} {_EVERYTHING}")
        for table in (
            "users",
            "prospect_intelligence_runs",
            "submissions",
            "pipeline_runs",
            "step_results",
            "research_entities",
            *_BRIEFINGS,
            *(f"{table}_history" for table in _BRIEFINGS),
            "extracted_icp_job_title_details",
            "briefing_writes",
            "touchpoints",
        )
    ),
)

# ------------------------------------------------------------------ grants
# The API's role reads; it writes through functions. What counts what users did, and the reasons that say so, it reads
# through account_activity, which keeps silent where few users are counted.
_SHARED_SIGNALS = (
    "id, account_domain, company_name, icp_score, priority_level, is_b2b_saas, has_modern_stack, technology_count, "
    "has_open_engineering_roles, engineering_role_count, total_open_roles, has_engineering_blog, employees_min, "
    "employees_max, has_funding, last_research_at, sponsored_event_count, best_sponsor_tier_rank, last_sponsored_on, "
    "hiring_signal_count, funding_signal_count, last_signal_at, slots_filled, slots_open, company_briefing_count, "
    "person_briefing_count, icp_title_count, last_briefing_at, contact_count, decision_maker_contact_count, "
    "active_conversation_count, created_at, updated_at"
)
# What nobody reads in a page: keys, hashes of who was forgotten, what single users did, and the machinery of writing.
_NOT_IN_PAGES = {
    "hash_keys",
    "api_tokens",
    "erased_identities",
    "suppressed_addresses",
    "users",
    "prospect_intelligence",
    "prospect_intelligence_runs",
    "user_interactions",
    "account_signals",
    "account_feature_snapshots",
    "account_changes",
    "seat_changes",
    "backfill_journal",
    "merge_changes",
    "name_key_rules",
    "rate_limits",
    "research_entities",
    "web_pages",
}
_APPEND_ONLY = ("slot_transitions", "user_interactions", "conversation_transitions")
GRANTS = (
    *(
        Grant(table, APP, "select, insert" if table in _APPEND_ONLY else "select, insert, update, delete")
        for table in metadata.tables
        if table != "hash_keys"
    ),
    *(Grant(table, READER, "select") for table in metadata.tables if table not in _NOT_IN_PAGES),
    *(Grant("account_signals", role, f"select ({_SHARED_SIGNALS})") for role in (API, READER)),
    Grant("account_scores", API, "select (account_domain, model_id, probability, created_at, updated_at)"),
    Grant("account_intent", API, "select (account_domain, level, observed_on, created_at, updated_at)"),
    Grant(
        "account_recommendations",
        API,
        "select (recommended_on, account_domain, rank, score, is_exploration, propensity, model_id, contact_id, "
        "created_at)",
    ),
    *(
        Grant(table, API, "select")
        for table in (
            "users",
            "prospect_intelligence",
            "user_interactions",
            "accounts",
            "account_suppressions",
            "companies",
            "events",
            "event_sponsors",
            "company_slot",
            "contacts",
            "conversations",
            "touchpoints",
            *_BRIEFINGS,
        )
    ),
)

"""Every column that can hold words, by what an erasure does with it. A test compares this with the catalog.

``SEARCHED``: mentions of the person are redacted. ``EMPTIED``: a value with a mention becomes NULL. ``OWN``: says whom
the row is about; the rows about the person are deleted or emptied. ``HASHED``: made of values that are searched, and
made anew. Whatever is left is in ``NOT_PERSONAL``, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping


def _columns(**tables: str) -> dict[str, tuple[str, ...]]:
    return {name.replace("__", "."): tuple(columns.split()) for name, columns in tables.items()}


SEARCHED: Mapping[str, tuple[str, ...]] = _columns(
    agent_calls="request response error_message",
    rejected_records="detail raw source",
    signals="description configuration",
    signal_executions="configuration results error",
    events="description",
    companies="description research_data",
    persons="current_title location_text bio",
    company_person_roles="role_title role_key",
    contacts="role department interests communication_preferences research_data",
    relationships="context metadata",
    conversations="context campaign_name outcome outcome_notes metadata",
    touchpoints="subject content response outcome_details call_transcript call_sentiment metadata",
    touchpoint_events="url reason",
    contact_promotions="params error",
    contact_promotion_items="reason",
    account_refreshes="params error",
    account_suppressions="reason",
    suppressed_addresses="source",
    erasures="error",
    submissions="input_payload blueprint metadata",
    pipeline_runs="blueprint_snapshot error_message error_details",
    step_results="input_payload output_payload error_message error_details",
    research_entities="tokens payload",
    icp_job_titles="company_description raw_parallel_output extracted_titles",
    icp_job_titles_history="record",
    extracted_icp_job_title_details="reasoning",
    company_intel_briefings="client_company_description raw_parallel_output",
    company_intel_briefings_history="record",
    person_intel_briefings="person_current_job_title client_company_description raw_parallel_output",
    person_intel_briefings_history="record",
    briefing_writes="detail",
    prospect_intelligence="data",
    prospect_intelligence_runs="error_message",
    user_interactions="interaction_metadata",
    feature_refreshes="params error",
    slot_evaluations="params error",
    agent_routing_log="routing_reason error_message",
    intake__people_raw_intake="first_name last_name full_name email work_phone personal_phone title department "
    "company_name bio education certifications skills city validation_notes source_record_id",
    title_seats="title",
    backfill_journal="before after",
)

EMPTIED: Mapping[str, tuple[str, ...]] = _columns(
    companies="linkedin_url",
    contacts="twitter_url personal_website",
    touchpoints="call_recording_url email_thread_id",
    intake__people_raw_intake="linkedin_url twitter_url facebook_url b2_file_path",
)

OWN: Mapping[str, tuple[str, ...]] = _columns(
    persons="full_name name_key first_name last_name linkedin_url",
    contact_channels="value value_key",
    contacts="email",
    merge_candidates="evidence",
    person_intel_briefings="person_linkedin_url person_full_name person_current_company_name",
)

HASHED: Mapping[str, tuple[str, ...]] = _columns(
    agent_calls="request_key",
    rejected_records="fingerprint",
    submissions="request_key",
    icp_job_titles_history="digest",
    company_intel_briefings_history="digest",
    person_intel_briefings_history="digest",
)

NOT_PERSONAL: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "one of a few values, or made by us from such": _columns(
        agent_calls="agent provider status error_kind",
        rate_limits="provider",
        rejected_records="stage record_type reason",
        signals="type status schedule",
        signal_executions="status stats",
        signal_execution_entities="entity_type skip_reason",
        execution_questions="stage status",
        events="date_precision event_type status source_system",
        event_sponsors="source_system",
        companies="source_system size account_tier account_status employee_range",
        persons="seniority source_system",
        contact_channels="channel_type validation_status",
        company_person_roles="role_category seniority target_match source_system",
        merge_candidates="entity_type reason status",
        name_key_rules="entity_type",
        contacts="seniority_level status source_system",
        relationships="relationship_type strength",
        conversations="status qualification_tier",
        conversation_transitions="from_status status",
        touchpoints="channel direction outcome provider visibility",
        touchpoint_events="provider kind",
        job_changes="status reason",
        contact_promotions="status decision",
        contact_promotion_items="source verdict status",
        account_refreshes="status counts",
        account_health_history="health_status",
        suppressed_addresses="kind reason",
        erasures="status decision counts",
        erased_identities="kind",
        submissions="source status",
        pipeline_runs="status",
        step_results="status result_operation_id result_status",
        research_entities="entity_type",
        icp_job_titles="processor",
        company_intel_briefings="processor",
        person_intel_briefings="processor",
        extracted_icp_job_title_details="buyer_role",
        briefing_writes="kind status reason",
        prospect_intelligence="priority_level",
        prospect_intelligence_runs="run_status priority_level error_type",
        user_interactions="interaction_type",
        accounts="last_priority_level",
        account_signals="priority_level",
        account_feature_snapshots="priority_level",
        account_scores="reasons",
        account_intent="level reasons",
        account_recommendations="reasons",
        feature_refreshes="scope previous_watermark watermark status",
        ml_models="name status feature_names parameters metrics verdict model_card library_versions artifact_path",
        company_slot="slot_type status filled_by source_system",
        slot_transitions="slot_type transition status",
        intake__people_raw_intake="seniority state state_abbrev country source_system validated_by enriched_by "
        "slot_type backfill_source import_batch_id",
        agent_routing_log="record_type garage_bay agent_name status",
        slot_evaluations="status",
        backfill_journal="table_name operation",
    ),
    "an id, which says nothing by itself": _columns(
        agent_calls="scope external_id",
        signal_executions="airflow_run_id",
        companies="company_unique_id",
        persons="person_unique_id",
        touchpoints="email_message_id",
        touchpoint_events="provider_event_id message_id",
        contact_promotions="airflow_run_id",
        account_refreshes="airflow_run_id",
        erasures="airflow_run_id",
        pipeline_runs="trigger_run_id",
        step_results="task_run_id",
        icp_job_titles="parallel_run_id",
        company_intel_briefings="parallel_run_id",
        person_intel_briefings="parallel_run_id",
        feature_refreshes="airflow_run_id",
        company_slot="company_slot_unique_id company_unique_id person_unique_id",
        slot_transitions="company_slot_unique_id company_unique_id person_unique_id",
        intake__people_raw_intake="company_unique_id",
        agent_routing_log="record_id claimed_by",
        slot_evaluations="airflow_run_id",
        backfill_journal="row_key",
        task_attempts="dag_id run_id task_id",
    ),
    "a keyed hash or a checksum": _columns(
        hash_keys="key",
        suppressed_addresses="value_hash",
        erasures="subject_hash",
        erased_identities="value_hash",
        touchpoint_events="recipient_hash",
        prospect_intelligence_runs="run_key",
        ml_models="fingerprint artifact_sha256",
    ),
    "the name, address or kind of a company, an event, a place, an org or a signal": _columns(
        orgs="name slug",
        cities="name name_key region country_code",
        venues="name name_key",
        companies="name name_key domain website_url primary_industry headquarters_location country",
        campaign_domains="domain stem name_key",
        events="name name_key website_url industry",
        event_sponsors="sponsor_tier tier_labels",
        signals="name name_key",
        execution_questions="source",
        company_person_roles="target_function",
        icp_job_titles="company_domain company_name",
        extracted_icp_job_title_details="company_domain company_name title title_normalized",
        company_intel_briefings="company_domain company_name client_company_name",
        person_intel_briefings="client_company_name customer_company_name",
        prospect_intelligence="website_url company_name",
        prospect_intelligence_runs="account_domain website_url company_name",
        user_interactions="account_domain",
        accounts="account_domain company_name website_url",
        account_signals="account_domain company_name",
        account_feature_snapshots="account_domain",
        account_changes="account_domain",
        account_scores="account_domain",
        account_intent="account_domain",
        account_suppressions="account_domain",
        account_recommendations="account_domain",
    ),
    "one of us, who decided": _columns(
        contact_promotions="decided_by",
        job_changes="decided_by",
        erasures="decided_by",
    ),
}


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table that are searched, those that are emptied behind those that are redacted."""
    return (*SEARCHED.get(table, ()), *EMPTIED.get(table, ()))

"""One row per real company and person, whichever system found it; the orgs and places beside them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from prospecting.persistence.schema.metadata import (
    bigint_id,
    created_at,
    metadata,
    segmented_id,
    updated_at,
    uuid_id,
    written_by,
)

orgs = Table(
    "orgs",
    metadata,
    uuid_id(),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    created_at(),
    updated_at(),
)

cities = Table(
    "cities",
    metadata,
    bigint_id(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("region", Text),
    Column("country_code", Text),
    written_by(),
    created_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
    UniqueConstraint("name_key", "region", "country_code", postgresql_nulls_not_distinct=True),
)

venues = Table(
    "venues",
    metadata,
    bigint_id(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("city_id", BigInteger, ForeignKey("cities.id")),
    written_by(),
    created_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    UniqueConstraint("name_key", "city_id", postgresql_nulls_not_distinct=True),
)

companies = Table(
    "companies",
    metadata,
    bigint_id(),
    Column("company_unique_id", Text, segmented_id("01"), unique=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("domain", Text),
    Column("website_url", Text),
    Column("linkedin_url", Text),
    Column("primary_industry", Text),
    Column("industry_is_guess", Boolean, nullable=False, server_default=text("false")),
    Column("employee_range", Text),
    Column("description", Text),
    Column("source_system", Text, nullable=False),
    Column("merged_into_id", BigInteger, ForeignKey("companies.id")),
    Column("size", Text),
    Column("headquarters_location", Text),
    Column("country", Text),
    Column("research_data", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("account_tier", Text),
    Column("account_status", Text, nullable=False, server_default=text("'prospecting'")),
    Column("total_contacts", Integer, nullable=False, server_default=text("0")),
    Column("active_conversations", Integer, nullable=False, server_default=text("0")),
    Column("last_researched_at", DateTime(timezone=True)),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("domain <> '' and domain = lower(domain)", name="domain_normalised"),
    CheckConstraint("length(name) <= 500", name="name_length"),
    CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
    CheckConstraint("size in ('small', 'medium', 'large', 'enterprise')", name="size"),
    CheckConstraint("jsonb_typeof(research_data) = 'object'", name="research_data"),
    CheckConstraint("account_tier in ('strategic', 'tier1', 'tier2', 'tier3')", name="account_tier"),
    CheckConstraint("account_status in ('prospecting', 'engaged', 'customer', 'churned')", name="account_status"),
    CheckConstraint("total_contacts >= 0 and active_conversations >= 0", name="counts"),
    Index("uq_companies_domain", "domain", unique=True, postgresql_where=text("domain is not null")),
    Index(
        "uq_companies_name_key_without_domain",
        "name_key",
        unique=True,
        postgresql_where=text("domain is null and merged_into_id is null"),
    ),
    # By text_pattern_ops: "begins with", and the order of lists, whatever the database's collation.
    Index("ix_companies_name_key", "name_key", "id", postgresql_ops={"name_key": "text_pattern_ops"}),
    Index("ix_companies_created_at", "created_at", "id"),
    Index(
        "ix_companies_country",
        "country",
        "name_key",
        "id",
        postgresql_ops={"name_key": "text_pattern_ops"},
        postgresql_where=text("length(country) <= 100"),
    ),
    Index(
        "ix_companies_primary_industry",
        "primary_industry",
        "name_key",
        "id",
        postgresql_ops={"name_key": "text_pattern_ops"},
        postgresql_where=text("length(primary_industry) <= 100"),
    ),
    Index("ix_companies_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id is not null")),
    Index("ix_companies_account_tier", "account_tier", "id", postgresql_where=text("account_tier is not null")),
    Index(
        "ix_companies_account_status",
        "account_status",
        "id",
        postgresql_where=text("account_status <> 'prospecting'"),
    ),
    comment="One row per real company, whichever system found it. Identity: domain, else name key.",
)

campaign_domains = Table(
    "campaign_domains",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("stem", Text, nullable=False, comment="What the company's own domain begins with, if it has one."),
    Column("name_key", Text, nullable=False, comment="The name it came with, without a word for recruiting behind it."),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), nullable=False),
    written_by(),
    created_at(),
    CheckConstraint("domain <> '' and domain = lower(domain)", name="domain_normalised"),
    CheckConstraint("stem <> ''", name="stem_not_empty"),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    Index("ix_campaign_domains_stem", "stem"),
    Index("ix_campaign_domains_company_id", "company_id"),
    comment="Domains for recruiting or a campaign, and the company they lead to. A company known by one takes the "
    "domain that the stem spells, once it is named with it.",
)

persons = Table(
    "persons",
    metadata,
    bigint_id(),
    Column("person_unique_id", Text, segmented_id("02"), unique=True),
    Column("full_name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("linkedin_url", Text),
    Column("current_title", Text),
    Column("seniority", Text),
    Column("title_observed_on", Date),
    Column("location_text", Text),
    Column("bio", Text),
    Column("source_system", Text, nullable=False),
    Column("merged_into_id", BigInteger, ForeignKey("persons.id")),
    written_by(),
    created_at(),
    updated_at(),
    Column(
        "linkedin_recorded_at",
        DateTime(timezone=True),
        comment="When another profile was entered; NULL: it came with the row.",
    ),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("linkedin_url <> ''", name="linkedin_url_not_empty"),
    CheckConstraint("length(full_name) <= 500", name="full_name_length"),
    CheckConstraint(
        "seniority in ('C-Suite', 'VP', 'Director', 'Manager', 'Individual Contributor')", name="seniority"
    ),
    CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
    Index("uq_persons_linkedin_url", "linkedin_url", unique=True, postgresql_where=text("linkedin_url is not null")),
    Index("ix_persons_name_key", "name_key", "id", postgresql_ops={"name_key": "text_pattern_ops"}),
    Index("ix_persons_created_at", "created_at", "id"),
    Index("ix_persons_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id is not null")),
    comment="One row per real person. Identity: LinkedIn URL, then e-mail, then name key within a company.",
)

contact_channels = Table(
    "contact_channels",
    metadata,
    bigint_id(),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("channel_type", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("value_key", Text, nullable=False),
    Column("is_identity", Boolean, nullable=False, server_default=text("true")),
    Column("validation_status", Text, nullable=False, server_default=text("'unverified'")),
    written_by(),
    created_at(),
    CheckConstraint("channel_type in ('email', 'phone')", name="channel_type"),
    CheckConstraint("value_key <> ''", name="value_key_not_empty"),
    UniqueConstraint("person_id", "channel_type", "value_key"),
    Index(
        "uq_contact_channels_identity",
        "channel_type",
        "value_key",
        unique=True,
        postgresql_where=text("is_identity and channel_type = 'email'"),
    ),
    Index(
        "ix_contact_channels_shared_email",
        "value_key",
        "id",
        postgresql_where=text("channel_type = 'email' and not is_identity"),
    ),
    comment="E-mail and phone of a person. A personal e-mail identifies whoever had it first; shared mailboxes "
    "identify nobody.",
)

company_person_roles = Table(
    "company_person_roles",
    metadata,
    bigint_id(),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("role_title", Text),
    Column("role_key", Text),
    Column("role_category", Text, nullable=False),
    Column("seniority", Text),
    Column("is_decision_maker", Boolean, nullable=False, server_default=text("false")),
    Column("is_current", Boolean, nullable=False, server_default=text("true")),
    Column("observed_on", Date),
    Column("target_function", Text),
    Column("target_match", Text),
    Column("source_system", Text, nullable=False),
    written_by(),
    created_at(),
    updated_at(),
    Column("ended_on", Date),
    Column("ended_because", Text),
    Column("is_doubted", Boolean, nullable=False, server_default=text("false")),
    Column(
        "ended_recorded_at",
        DateTime(timezone=True),
        comment="When the role was found to have ended; NULL: it has not, or it came so.",
    ),
    CheckConstraint("role_key <> ''", name="role_key_not_empty"),
    CheckConstraint(
        "role_category in ('c_level', 'marketing', 'sales', 'partnerships', 'other')", name="role_category"
    ),
    CheckConstraint(
        "ended_because in ('newer_title', 'same_role', 'newer_role_elsewhere', 'job_change', 'successor', 'left', "
        "'corrected')",
        name="ended_because",
    ),
    CheckConstraint("target_match in ('exact', 'same_function', 'above')", name="target_match"),
    CheckConstraint("(target_function is null) = (target_match is null)", name="target"),
    UniqueConstraint("company_id", "person_id", "role_key", postgresql_nulls_not_distinct=True),
    Index("ix_company_person_roles_person_id", "person_id"),
    comment="Who holds which role where. observed_on: the day of the evidence. ended_on: the day of what ended it. "
    "is_doubted: newer evidence speaks against it, not clearly enough to end it. role_standing() says how it stands on "
    "a day. target_function and target_match say which function a role was found for, and how closely its title fits.",
)

merge_candidates = Table(
    "merge_candidates",
    metadata,
    bigint_id(),
    Column("entity_type", Text, nullable=False),
    Column("left_id", BigInteger, nullable=False),
    Column("right_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    written_by(),
    created_at(),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    CheckConstraint("entity_type in ('company', 'person')", name="entity_type"),
    CheckConstraint("status in ('open', 'merged', 'distinct')", name="status"),
    CheckConstraint("left_id < right_id", name="ordered_pair"),
    UniqueConstraint("entity_type", "left_id", "right_id"),
    comment="Pairs that may be one company or person, with the evidence; a person decides. decided_by of an open pair: "
    "who put it off, at decided_at.",
)

name_key_rules = Table(
    "name_key_rules",
    metadata,
    Column("entity_type", Text, primary_key=True),
    Column("rules", Integer, nullable=False),
    updated_at(),
    CheckConstraint("entity_type in ('company', 'person')", name="entity_type"),
    comment="By which version of the rules the name keys of all companies and of all persons were made; those of older "
    "versions are made again after the migrations.",
)

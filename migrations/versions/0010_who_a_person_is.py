"""How well roles match what was looked for; briefings of namesakes.

Revision: 0010, after 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEY = "org_id, person_full_name, person_current_company_name, client_company_name"
_FOLDED_KEY = "org_id, text_key(person_full_name), text_key(person_current_company_name), text_key(client_company_name)"
_INDEXES = {"idx_person_intel_briefings_dedup": _KEY, "uq_person_intel_briefings_key": _FOLDED_KEY}
_ROLES = (
    "Who holds which role where. target_function and target_match say which function a role was found for, and how "
    "closely its title fits."
)
_CHANNELS = (
    "E-mail and phone of a person. A personal e-mail identifies one person; shared mailboxes identify nobody.",
    "E-mail and phone of a person. A personal e-mail identifies whoever had it first; shared mailboxes identify "
    "nobody.",
)
_BRIEFINGS = (
    "What deep research says of a person, seen from a client: one row per person, company and client of an org, the "
    "newest.",
    "What deep research says of a person, seen from a client: one row per person, company and client of an org, the "
    "newest. Namesakes with different LinkedIn URLs have a row each.",
)


def upgrade() -> None:
    op.execute(
        """
alter table company_person_roles
    add column target_function text,
    add column target_match text,
    add constraint ck_company_person_roles_target_match
        check (target_match in ('exact', 'same_function', 'above')),
    add constraint ck_company_person_roles_target
        check ((target_function is null) = (target_match is null))"""
    )
    op.create_table_comment("company_person_roles", _ROLES)
    op.execute(
        "create index ix_contact_channels_shared_email on contact_channels (value_key, id) "
        "where channel_type = 'email' and not is_identity"
    )
    op.create_table_comment("contact_channels", _CHANNELS[1], existing_comment=_CHANNELS[0])
    for name, key in _INDEXES.items():
        op.execute(f"drop index {name}")
        op.execute(
            f"create unique index {name} on person_intel_briefings ({key}, person_linkedin_url) nulls not distinct"
        )
    op.create_table_comment("person_intel_briefings", _BRIEFINGS[1], existing_comment=_BRIEFINGS[0])


def downgrade() -> None:
    op.create_table_comment("person_intel_briefings", _BRIEFINGS[0], existing_comment=_BRIEFINGS[1])
    # Of namesakes the one researched last stays: the older key has room for one.
    op.execute(
        """
delete from person_intel_briefings
where id not in (
    select distinct on (
        org_id, text_key(person_full_name), text_key(person_current_company_name), text_key(client_company_name)
    ) id
    from person_intel_briefings
    order by
        org_id, text_key(person_full_name), text_key(person_current_company_name), text_key(client_company_name),
        researched_at desc, id
)"""
    )
    for name, key in _INDEXES.items():
        op.execute(f"drop index {name}")
        op.execute(f"create unique index {name} on person_intel_briefings ({key}) nulls not distinct")
    op.create_table_comment("contact_channels", _CHANNELS[0], existing_comment=_CHANNELS[1])
    op.execute("drop index ix_contact_channels_shared_email")
    op.drop_table_comment("company_person_roles", existing_comment=_ROLES)
    op.execute("alter table company_person_roles drop column target_match, drop column target_function")

"""When and why a role is over, which ones are doubted, and how what is known of a role stands on a day.

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BEFORE = (
    "Who holds which role where. target_function and target_match say which function a role was found for, and how "
    "closely its title fits."
)
_AFTER = (
    "Who holds which role where. observed_on: the day of the evidence. ended_on: the day of what ended it. is_doubted: "
    "newer evidence speaks against it, not clearly enough to end it. role_standing() says how it stands on a day. "
    "target_function and target_match say which function a role was found for, and how closely its title fits."
)

# Inlined into queries, so it has no search_path of its own; every name in it is pg_catalog's.
_ROLE_STANDING = """
create function role_standing(
    is_current boolean, is_doubted boolean, observed_on date, as_of date default (now() at time zone 'utc')::date
) returns text language sql stable parallel safe as $$
    select case
        when is_current is null then null
        when not is_current then 'ended'
        when is_doubted then 'doubted'
        when observed_on >= as_of - make_interval(
            months => coalesce(nullif(current_setting('prospecting.unconfirmed_after_months', true), '')::int, 18)
        ) then 'current'
        else 'unconfirmed'
    end
$$"""

# What ended the roles that are over, as far as other roles and confirmed changes say it; of the others it was a person.
_NEWER_TITLES = """
update company_person_roles as r
set ended_because = 'newer_title', ended_on = newer.observed_on
from (
    select o.id, min(n.observed_on) as observed_on
    from company_person_roles as o
    join company_person_roles as n
        on n.company_id = o.company_id and n.person_id = o.person_id and n.observed_on > o.observed_on
    where not o.is_current and n.role_title is not null
    group by o.id
) as newer
where r.id = newer.id"""
_JOB_CHANGES = """
update company_person_roles as r
set ended_because = 'job_change', ended_on = moved.observed_on
from (
    select o.id, max(j.observed_on) as observed_on
    from job_changes as j
    join company_person_roles as f on f.id = j.from_role_id
    join company_person_roles as o on o.company_id = f.company_id and o.person_id = f.person_id
    where j.status = 'confirmed' and not o.is_current and o.ended_because is null
      and (o.observed_on is null or o.observed_on < j.observed_on)
    group by o.id
) as moved
where r.id = moved.id"""


def upgrade() -> None:
    op.add_column("company_person_roles", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("company_person_roles", sa.Column("ended_because", sa.Text(), nullable=True))
    op.add_column(
        "company_person_roles",
        sa.Column("is_doubted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_company_person_roles_ended_because"),
        "company_person_roles",
        "ended_because in ('newer_title', 'same_role', 'newer_role_elsewhere', 'job_change', 'successor', 'left', "
        "'corrected')",
    )
    op.execute(_NEWER_TITLES)
    op.execute(_JOB_CHANGES)
    op.create_table_comment("company_person_roles", _AFTER, existing_comment=_BEFORE)
    op.execute(_ROLE_STANDING.strip())


def downgrade() -> None:
    op.execute("drop function role_standing")
    op.create_table_comment("company_person_roles", _BEFORE, existing_comment=_AFTER)
    op.drop_constraint(op.f("ck_company_person_roles_ended_because"), "company_person_roles")
    op.drop_column("company_person_roles", "is_doubted")
    op.drop_column("company_person_roles", "ended_because")
    op.drop_column("company_person_roles", "ended_on")

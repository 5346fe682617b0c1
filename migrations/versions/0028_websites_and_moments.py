"""A website that users save leads to the domain it says; since when a fact is known is a fact whose change is noted.

Revision: 0028, after 0027
"""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_BEFORE = """
           '.' || substring(website_url from '^https?://([^/?#:@]+)(?:[:/?#]|$)') not like '%.' || domain, true"""
# "https://acme.com:x@evil.com" and "https://evil.com\\.acme.com" lead to evil.com. An underscore of a domain stands for
# itself, which it does not in a pattern of LIKE.
_AFTER = """
           right(
               '.' || substring(website_url from '^https?://([a-z0-9._-]+)(?::[0-9]+)?(?:[/?#]|$)'), length(domain) + 1
           ) <> '.' || domain, true"""


def _refuse_unusable(is_elsewhere: str) -> str:
    return f"""
create or replace function refuse_unusable(domain text, website_url text, moment timestamptz, ahead interval)
returns void language plpgsql stable as $$
begin
    if coalesce(domain !~ '^[a-z0-9_-]+(\\.[a-z0-9_-]+)+$' or length(domain) > 253, true) then
        raise exception 'account_domain is not a domain in lower case'
            using errcode = 'invalid_parameter_value';
    end if;
    if website_url is not null
       and coalesce({is_elsewhere}
       ) then
        raise exception 'website_url is not on account_domain' using errcode = 'invalid_parameter_value';
    end if;
    if coalesce(moment < timestamptz '2000-01-01 00:00:00+00' or moment > clock_timestamp() + ahead, true) then
        raise exception 'the time lies in the future, or long ago' using errcode = 'invalid_parameter_value';
    end if;
end
$$"""


_FACTS = {
    "events": ("start_dt",),
    "persons": ("linkedin_url",),
    "company_person_roles": ("company_id", "person_id", "is_current"),
}
_MOMENTS = {
    "events": ("dates_recorded_at",),
    "persons": ("linkedin_recorded_at",),
    "company_person_roles": ("created_at", "ended_recorded_at"),
}
# Of touchpoints both are compared with what they were.
_TOUCHPOINT_MOMENTS = (
    (
        "select id, conversation_id, sent_at, responded_at, response_recorded_at, created_at, ",
        "select id, conversation_id, sent_at, responded_at, response_recorded_at, created_at, sent_recorded_at, ",
    ),
    (
        "select conversation_id, sent_at, responded_at, response_recorded_at, created_at, side,\n",
        "select conversation_id, sent_at, responded_at, response_recorded_at, created_at, sent_recorded_at, side,\n",
    ),
    (
        "lag(created_at) over both_sides as old_created_at\n",
        "lag(created_at) over both_sides as old_created_at,\n"
        "                       lag(sent_recorded_at) over both_sides as old_sent_recorded_at\n",
    ),
    (
        "and n.old_responded_at is null then",
        "and n.old_created_at = n.created_at\n"
        "                                  and n.old_sent_recorded_at is not distinct from n.sent_recorded_at\n"
        "                                  and n.old_responded_at is null then",
    ),
    (
        "(n.conversation_id, n.sent_at, n.responded_at) is distinct from\n"
        "                  (n.old_conversation_id, n.old_sent_at, n.old_responded_at)",
        "(n.conversation_id, n.sent_at, n.responded_at, n.created_at, n.sent_recorded_at) is distinct from\n"
        "                  (n.old_conversation_id, n.old_sent_at, n.old_responded_at, n.old_created_at,\n"
        "                   n.old_sent_recorded_at)",
    ),
)


def _note_engagement(*, moments: bool) -> str:
    earlier = runpy.run_path(str(Path(__file__).with_name("0022_what_was_known_when.py")))
    function: str = earlier["_NOTE_ENGAGEMENT"].strip()
    for before, after in _TOUCHPOINT_MOMENTS if moments else ():
        if before not in function:
            raise LookupError(f"0022 has changed: {before}")
        function = function.replace(before, after)
    return function


def _note_changed_facts(columns_of: dict[str, tuple[str, ...]]) -> None:
    for table, columns in columns_of.items():
        old, new = (", ".join(f"{side}.{column}" for column in columns) for side in ("old", "new"))
        op.execute(f"drop trigger note_changed_fact on {table}")
        op.execute(
            f"create trigger note_changed_fact after update of {', '.join(columns)} on {table} for each row "
            f"when (({old}) is distinct from ({new})) execute function note_changed_fact()"
        )


def upgrade() -> None:
    op.execute(_refuse_unusable(_AFTER))
    op.execute(_note_engagement(moments=True))
    _note_changed_facts({table: (*columns, *_MOMENTS[table]) for table, columns in _FACTS.items()})


def downgrade() -> None:
    _note_changed_facts(_FACTS)
    op.execute(_note_engagement(moments=False))
    op.execute(_refuse_unusable(_BEFORE))

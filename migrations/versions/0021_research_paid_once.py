"""Research: which operations were answered for an entity and when; one row per page of a website.

Revision: 0021, after 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What the runs that entities were last learnt from have answered is known to be answered.
_ANSWERED = """
with answers as (
    select e.id, a.what, max(a.ended_at) as ended_at
    from research_entities as e
    join step_results as s on s.pipeline_run_id = e.source_pipeline_run_id
    cross join lateral (
        select
            s.ended_at,
            s.result_operation_id || '|' || case
                when s.result_operation_id in ('company.derive.intel_briefing', 'person.derive.intel_briefing')
                    then coalesce(text_key(s.output_payload #>> '{operation_result,output,client_company_name}'), '')
                else ''
            end as what
    ) as a
    where s.status = 'succeeded'
      and s.result_operation_id is not null
      and coalesce(jsonb_typeof(s.output_payload #> '{operation_result,output}'), 'null') <> 'null'
    group by e.id, a.what
)
update research_entities as e
set answered = found.answered
from (select id, jsonb_object_agg(what, ended_at) as answered from answers group by id) as found
where e.id = found.id
"""

# Of a user's research of one page (http or https, any query) the newest stays, as if it had replaced the others.
_PAGES = (
    r"""
create temporary table pages on commit drop as
select id, page, first_value(id) over newest as kept_id
from (
    select
        id, user_id, extracted_at, created_at,
        'https://' || regexp_replace(
            regexp_replace(website_url, '^https?://|\?.*$', '', 'g'), '^([^/]+)/$', '\1'
        ) as page
    from prospect_intelligence
) as research
window newest as (partition by user_id, page order by extracted_at desc, created_at desc, id)
""",
    """
update accounts as a
set last_prospect_intelligence_id = p.kept_id
from pages as p
where p.id = a.last_prospect_intelligence_id and p.id <> p.kept_id
""",
    "delete from prospect_intelligence as r using pages as p where p.id = r.id and p.id <> p.kept_id",
    """
update prospect_intelligence as r
set website_url = p.page
from pages as p
where p.id = r.id and r.website_url <> p.page
""",
)


def upgrade() -> None:
    op.add_column(
        "research_entities",
        sa.Column("answered", JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")),
    )
    op.execute(
        "comment on column research_entities.answered is "
        '\'When each operation was last answered: {"<operation id>|<client, as text_key() has it>": time}; without a '
        "client for operations whose answer does not depend on one.'"
    )
    op.execute(_ANSWERED)
    for statement in _PAGES:
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("research_entities", "answered")

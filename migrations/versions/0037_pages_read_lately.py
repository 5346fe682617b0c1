"""Pages that live agents read are kept for a while, so that no site is asked for the same page again and again.

Revision: 0037, after 0036
"""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_PAGES = """
create table web_pages (
    url text not null,
    final_url text not null,
    status integer not null,
    media_type text not null,
    content bytea not null,
    fetched_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint pk_web_pages primary key (url),
    constraint ck_web_pages_url check (length(url) <= 2000)
)"""
_COMMENT = """
comment on table web_pages is 'Pages of the web and robots.txt files that live agents read, as they came, until they '
'expire.'"""


def upgrade() -> None:
    op.execute(_PAGES)
    op.execute(_COMMENT)
    op.execute("create index ix_web_pages_expires_at on web_pages (expires_at)")
    op.execute("grant select, insert, update, delete on web_pages to prospecting_app")


def downgrade() -> None:
    op.execute("drop table web_pages")

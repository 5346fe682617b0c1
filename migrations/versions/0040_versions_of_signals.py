"""Every configuration of a signal is a version of it, and an execution says which one it ran; who is not asked about.

Revision: 0040, after 0039
"""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_VERSIONS = """
create table signal_versions (
    signal_id uuid not null,
    version integer not null,
    type text not null,
    configuration jsonb not null,
    written_by bigint default nullif(current_setting('prospecting.task_attempt', true), '')::bigint,
    created_at timestamptz not null default now(),
    constraint pk_signal_versions primary key (signal_id, version),
    constraint fk_signal_versions_signal_id foreign key (signal_id) references signals (id) on delete cascade,
    constraint ck_signal_versions_version check (version >= 1)
)"""
_COMMENT = """
comment on table signal_versions is 'Every type and configuration that a signal has had, and those that were only '
'tried. The one that equals the row in signals is published: its schedule runs it. Versions never change.'"""
# What signals stored before this had been is not known: what they are now is their first version.
_FIRST_VERSIONS = """
insert into signal_versions (signal_id, version, type, configuration, written_by, created_at)
select id, 1, type, configuration, written_by, updated_at from signals"""
_NOTE_VERSION = """
create function note_signal_version() returns trigger language plpgsql as $$
begin
    insert into signal_versions (signal_id, version, type, configuration)
    select new.id, coalesce(max(v.version), 0) + 1, new.type, new.configuration
    from signal_versions as v
    where v.signal_id = new.id
    having not coalesce(bool_or(v.type = new.type and v.configuration = new.configuration), false);
    return null;
end
$$"""
_NOT_ERASING = "current_setting('prospecting.erasing', true) is distinct from 'on'"
_TRIGGERS = (
    "create trigger note_version after insert on signals for each row execute function note_signal_version()",
    "create trigger note_changed_version after update of type, configuration on signals for each row "
    "when ((old.type, old.configuration) is distinct from (new.type, new.configuration) "
    f"and {_NOT_ERASING}) execute function note_signal_version()",
    f"create trigger append_only before update on signal_versions for each statement when ({_NOT_ERASING}) "
    "execute function refuse_change('versions never change; store another one')",
)
_SKIP_REASONS = "'sponsors_named', 'no_sponsors', 'over_limit'"
_GATE_REASONS = "'suppressed', 'erased', 'not_a_company', 'domain_in_doubt', 'already_known'"


def upgrade() -> None:
    op.execute(_VERSIONS)
    op.execute(_COMMENT)
    op.execute("grant select, insert, update, delete on signal_versions to prospecting_app")
    op.execute("grant select on signal_versions to prospecting_reader")
    op.execute(_FIRST_VERSIONS)
    op.execute(_NOTE_VERSION)
    for trigger in _TRIGGERS:
        op.execute(trigger)
    op.execute("alter table signal_executions add column signal_version integer, add column overrides jsonb")
    op.execute(
        "alter table signal_executions add constraint fk_signal_executions_signal_id_signal_version "
        "foreign key (signal_id, signal_version) references signal_versions (signal_id, version) on delete cascade"
    )
    op.execute(
        "comment on column signal_executions.overrides is 'What was given for this execution alone in place of the "
        "configuration of the version; NULL: nothing.'"
    )
    _allow(f"{_SKIP_REASONS}, {_GATE_REASONS}")


def downgrade() -> None:
    op.execute(
        "update signal_execution_entities set skip_reason = null "
        "where skip_reason not in ('sponsors_named', 'no_sponsors', 'over_limit')"
    )
    _allow(_SKIP_REASONS)
    op.execute("alter table signal_executions drop column overrides, drop column signal_version")
    op.execute("drop trigger note_changed_version on signals")
    op.execute("drop trigger note_version on signals")
    op.execute("drop table signal_versions")
    op.execute("drop function note_signal_version()")


def _allow(reasons: str) -> None:
    op.execute("alter table signal_execution_entities drop constraint ck_signal_execution_entities_skip_reason")
    op.execute(
        "alter table signal_execution_entities add constraint ck_signal_execution_entities_skip_reason "
        f"check (skip_reason in ({reasons}))"
    )

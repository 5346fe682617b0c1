"""Refreshing features: what is known about each account now (``account_signals``) and was known at the start of each
month (``account_feature_snapshots``), for the accounts that changed since the previous refresh.

Triggers note every change in ``account_changes`` with its transaction. A refresh reads them from its previous watermark
on: the oldest transaction that was not finished when the previous refresh started. So no change is missed, however long
its transaction took, and a change that is read twice is computed twice to the same values.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from sqlalchemy import Connection, RowMapping, Table, column, func, select, table, tuple_
from sqlalchemy.dialects.postgresql import insert

from prospecting.parsing.hosts import MAIL, PORTAL, hosts_of
from prospecting.parsing.ownership import is_mailbox_of_anybody
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.schema.features import account_feature_snapshots, account_signals
from prospecting.persistence.statements import statement
from prospecting.scoring.engagement import WEIGHTS
from prospecting.scoring.seats import SEATS

log = logging.getLogger(__name__)

SOURCE_SYSTEM = "prospect_research"
# What the SQL that computes features takes from Python, where it is said once. Decimal: SQL rounds exact numbers.
_COMPUTING: dict[str, Any] = {
    "slot_types": list(SEATS),
    **{f"{kind}_weight": Decimal(str(weight)) for kind, weight in WEIGHTS.items()},
}


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far changes were read: up to which transaction of which database, as of when, for how many months."""

    database: str
    transaction: int
    as_of: AwareDatetime
    snapshot_months: int

    def as_dict(self) -> dict[str, Any]:
        """As JSON; ``of`` reads it."""
        return {**asdict(self), "as_of": self.as_of.isoformat()}

    @classmethod
    def of(cls, stored: object) -> Watermark | None:
        """The watermark that ``as_dict`` gave; ``None`` for anything else."""
        with suppress(ValidationError):
            return TypeAdapter(cls).validate_python(stored)
        return None


@dataclass(frozen=True, slots=True)
class Refresh:
    """An open refresh. ``previous`` is ``None`` when all accounts are refreshed; ``scope`` says which and why.

    ``params`` is what it was started with. ``not_trained_because``, ``not_recommended_because``: why its run trained no
    model, and why its list is empty or was not made.
    """

    id: int
    scope: str
    previous: Watermark | None
    watermark: Watermark
    params: Mapping[str, Any] = field(default_factory=dict)
    not_trained_because: str | None = None
    not_recommended_because: str | None = None

    @property
    def as_of(self) -> datetime:
        """The moment the features are of."""
        return self.watermark.as_of

    @property
    def months(self) -> list[datetime]:
        """The moments that snapshots are kept of."""
        return month_starts(self.as_of, self.watermark.snapshot_months)

    @property
    def new_months(self) -> list[datetime]:
        """The moments among them that no account has a snapshot of yet."""
        if self.previous is None:
            return self.months
        return [month for month in self.months if month not in _months_of(self.previous)]


@dataclass(frozen=True, slots=True)
class DomainRange:
    """Accounts from ``first_domain`` to ``last_domain``, both included, as the database sorts text."""

    first_domain: str
    last_domain: str


@dataclass(frozen=True, slots=True)
class Chunk(DomainRange):
    """A part of a refresh. ``first_number``: the number of its first account, counting from 1."""

    first_number: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Counters:
    """The numbers of what a refresh looked at and wrote; rows that were right already are not written again."""

    accounts_changed: int = 0
    signals_written: int = 0
    snapshots_written: int = 0
    companies_failed: int = 0

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def total(cls, counters: Iterable[Mapping[str, int]]) -> Counters:
        """The sum over chunks."""
        chunks = list(counters)
        return cls(**{counter.name: sum(chunk[counter.name] for chunk in chunks) for counter in fields(cls)})


def month_starts(as_of: datetime, months: int) -> list[datetime]:
    """The starts (UTC) of the last ``months`` months up to ``as_of``, oldest first."""
    latest = as_of.astimezone(UTC).year * 12 + as_of.astimezone(UTC).month - 1
    return [datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC) for number in range(latest - months + 1, latest + 1)]


def _months_of(watermark: Watermark) -> list[datetime]:
    return month_starts(watermark.as_of, watermark.snapshot_months)


# ------------------------------------------------------------------------------------------------- runs of refreshes
def start_refresh(
    connection: Connection,
    *,
    airflow_run_id: str,
    params: Mapping[str, Any],
    watermark: object,
    snapshot_months: int,
    full: bool = False,
    is_nightly: bool = True,
) -> Refresh:
    """Open the refresh of an Airflow run; opening it again starts it over.

    ``watermark`` is what ``Watermark.as_dict`` gave at the end of the previous refresh, or ``None``. When it is
    unusable here, all accounts are refreshed and ``scope`` says why. Changes before it were read and are forgotten; by
    a refresh that does not belong to the nightly DAG (``is_nightly`` is false) only as far as the DAG has read, too.
    """
    found = connection.execute(statement("feature_refreshes/current_watermark")).mappings().one()
    now = Watermark(**found, snapshot_months=snapshot_months)
    previous = Watermark.of(watermark)
    why_all = _why_all(previous, now, full=full, is_first=watermark is None)
    if previous is None or why_all:
        previous, scope = None, f"all accounts: {why_all}"
    else:
        scope = f"accounts changed since {previous.as_of:%Y-%m-%d %H:%M:%S} UTC"
        forget = "feature_refreshes/forget_changes" if is_nightly else "feature_refreshes/forget_changes_all_have_read"
        connection.execute(statement(forget), {"transaction": previous.transaction})
    refresh_id: int = connection.execute(
        statement("feature_refreshes/start_refresh"),
        {
            "airflow_run_id": airflow_run_id,
            "params": to_json(dict(params)),
            "scope": scope,
            "previous_watermark": to_json(previous.as_dict()) if previous else None,
            "watermark": to_json(now.as_dict()),
            "as_of": now.as_of,
        },
    ).scalar_one()
    return Refresh(refresh_id, scope, previous, now, params)


def _why_all(previous: Watermark | None, now: Watermark, *, full: bool, is_first: bool) -> str | None:
    if full:
        return "asked for"
    if previous is None:
        return "no refresh has finished before" if is_first else "the watermark is not readable"
    if previous.database != now.database:
        return "the watermark is of another database"
    if previous.transaction > now.transaction or previous.as_of > now.as_of:
        return "the watermark is ahead of the database, which was restored from a backup"
    return None


def find_refresh(connection: Connection, refresh_id: int) -> Refresh:
    """The stored refresh with this id. Raises ``LookupError`` when there is none."""
    row = connection.execute(statement("feature_refreshes/find_refresh"), {"refresh_id": refresh_id}).mappings().first()
    watermark = Watermark.of(row["watermark"]) if row else None
    if row is None or watermark is None:
        raise LookupError(f"No feature refresh {refresh_id} is stored; see the table feature_refreshes")
    return Refresh(
        row["id"],
        row["scope"],
        Watermark.of(row["previous_watermark"]),
        watermark,
        row["params"],
        row["not_trained_because"],
        row["not_recommended_because"],
    )


def find_refresh_of_run(connection: Connection, airflow_run_id: str) -> RowMapping | None:
    """The row of an Airflow run's refresh, or ``None``."""
    values = {"airflow_run_id": airflow_run_id}
    return connection.execute(statement("feature_refreshes/find_refresh_of_run"), values).mappings().first()


def find_last_watermark(connection: Connection) -> object:
    """The watermark of the newest refresh of all that had changed, whoever ran it; ``None`` when there is none."""
    return connection.execute(statement("feature_refreshes/last_watermark")).scalar_one_or_none()


def finish_refresh(
    connection: Connection, refresh_id: int, counters: Counters, *, status: str, error: str | None = None
) -> None:
    """Close a refresh with what it did; ``status`` is ``completed`` or ``failed``."""
    values = {"refresh_id": refresh_id, "status": status, "error": error, **counters.as_dict()}
    connection.execute(statement("feature_refreshes/finish_refresh"), values)


def explain_training(connection: Connection, refresh_id: int, why: str | None) -> None:
    """Keep why the run of a refresh trained no model; ``None`` when it did."""
    connection.execute(statement("feature_refreshes/explain_training"), {"refresh_id": refresh_id, "why": why})


def explain_list(connection: Connection, refresh_id: int, why: str | None) -> None:
    """Keep why the run of a refresh recommends nobody, or made no list; ``None`` when it recommends somebody."""
    connection.execute(statement("feature_refreshes/explain_list"), {"refresh_id": refresh_id, "why": why})


# --------------------------------------------------------------------------------------------------------- refreshing
def plan_chunks(
    connection: Connection, refresh: Refresh, *, chunk_size: int, part: DomainRange | None = None
) -> list[Chunk]:
    """Create the accounts that are new. Returns the accounts to look at (of ``part``), in chunks of ``chunk_size``."""
    _remove_mail_hosts(connection)
    _find_changed(connection, refresh, part)
    connection.execute(statement("feature_refreshes/skip_mail_hosts"), _mail_hosts())
    connection.execute(statement("feature_refreshes/insert_accounts"))
    values = {"chunk_size": chunk_size, "every_account": bool(refresh.new_months), **_bounds(part)}
    chunks = connection.execute(statement("feature_refreshes/account_chunks"), values).mappings()
    return [Chunk(**chunk) for chunk in chunks]


def _mail_hosts() -> dict[str, list[str]]:
    return {"mail_hosts": list(hosts_of(MAIL)), "portals": list(hosts_of(PORTAL))}


def _remove_mail_hosts(connection: Connection) -> None:
    """Remove accounts at hosts of mailboxes, but for the companies that run them: who is behind one, nobody can say."""
    at_mail_hosts = connection.execute(statement("feature_refreshes/accounts_at_mail_hosts"), _mail_hosts())
    domains = [domain for domain, name in at_mail_hosts if is_mailbox_of_anybody(domain, name)]
    if domains:
        lock_keys(connection, "account", domains)
        connection.execute(statement("feature_refreshes/remove_accounts"), {"domains": sorted(domains)})
        log.warning("%d accounts were hosts of mailboxes, which are no accounts, and were removed", len(domains))


def refresh_chunk(connection: Connection, refresh: Refresh, chunk: DomainRange) -> Counters:
    """Compute the features of the changed accounts of a chunk and write what differs.

    A second call without news writes nothing. Whoever saves research on these accounts meanwhile waits, and the other
    way round, so that neither overwrites what the other knows.
    """
    connection.execute(statement("feature_refreshes/more_memory"))
    _find_changed(connection, refresh, chunk)
    failed = _save_companies(connection)
    domains = connection.execute(statement("feature_refreshes/changed_domains")).scalars().all()
    lock_keys(connection, "account", domains)
    connection.execute(statement("feature_refreshes/link_accounts"))
    connection.execute(statement("feature_refreshes/restore_research"))
    signals = snapshots = 0
    if domains:
        prepare_targets(connection)
        connection.execute(statement("feature_refreshes/target_signals"), {"as_of": refresh.as_of})
        compute_features(connection)
        signals = _write(connection, account_signals, ("account_domain",))
    if refresh.months:
        prepare_targets(connection)
        months = {"months": refresh.months, "new_months": refresh.new_months}
        connection.execute(statement("feature_refreshes/target_snapshots"), {**_bounds(chunk), **months})
        compute_features(connection)
        snapshots = _write(connection, account_feature_snapshots, ("account_domain", "as_of"))
        snapshots += connection.execute(statement("feature_refreshes/forget_snapshots")).rowcount
    return Counters(len(domains), signals, snapshots, failed)


def _bounds(part: DomainRange | None) -> dict[str, str | None]:
    """Bind parameters of statements about a range of accounts; without one, about all."""
    return {"first_domain": part.first_domain if part else None, "last_domain": part.last_domain if part else None}


def _find_changed(connection: Connection, refresh: Refresh, part: DomainRange | None) -> None:
    connection.execute(statement("feature_refreshes/changed_table"))
    connection.execute(statement("feature_refreshes/clear_changed"))
    values: dict[str, Any] = _bounds(part)
    if refresh.previous is None:
        connection.execute(statement("feature_refreshes/all_changed"), values)
    else:
        since = {"transaction": refresh.previous.transaction, "previous_as_of": refresh.previous.as_of}
        connection.execute(statement("feature_refreshes/changed_since"), values | since | {"as_of": refresh.as_of})
    connection.execute(statement("feature_refreshes/analyze_changed"))


def _save_companies(connection: Connection) -> int:
    """Save the companies of accounts that have a name but no company yet. Returns how many could not be saved."""
    unlinked = connection.execute(statement("feature_refreshes/unlinked_accounts")).mappings().all()
    if not unlinked:
        return 0
    rows = [_company(account) for account in unlinked]
    return len(upsert_companies(connection, rows, source_system=SOURCE_SYSTEM).failures)


def _company(account: RowMapping) -> CompanyRow:
    # The domain identifies the account; its website may have been a page of it.
    return CompanyRow(name=account["company_name"], website_url=account["account_domain"])


def prepare_targets(connection: Connection) -> None:
    """Make room for what features are computed for (``feature_targets``) and their values (``computed_features``)."""
    connection.execute(statement("feature_refreshes/target_table"))
    connection.execute(statement("feature_refreshes/computed_table"))
    connection.execute(statement("feature_refreshes/clear_targets"))


def compute_features(connection: Connection) -> None:
    """Compute the features of every row of ``feature_targets``, as of its moment, into ``computed_features``."""
    connection.execute(statement("feature_refreshes/analyze_targets"))
    connection.execute(statement("feature_refreshes/compute_features"), _COMPUTING)


def _write(connection: Connection, target: Table, key: Sequence[str]) -> int:
    """Insert or update what differs. The columns are the target's, so that a new feature is named only once."""
    own = {"id", "written_by", "created_at", "updated_at"}
    names = [c.name for c in target.columns if c.name not in own]
    values = [name for name in names if name not in key]
    computed = table("computed_features", *map(column, [*names, "is_known"]))
    rows = select(*(computed.c[name] for name in names)).order_by(*(computed.c[name] for name in key))
    if "as_of" in key:
        rows = rows.where(computed.c.is_known)
    stored = insert(target).from_select(names, rows)
    new = stored.excluded
    changes = {name: new[name] for name in [*values, "written_by"]} | {"updated_at": func.now()}
    differs = tuple_(*(target.c[name] for name in values)).is_distinct_from(tuple_(*(new[name] for name in values)))
    write = stored.on_conflict_do_update(index_elements=list(key), set_=changes, where=differs)
    return connection.execute(write, execution_options={"preserve_rowcount": True}).rowcount

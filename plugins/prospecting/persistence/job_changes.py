"""Job changes: somebody who was seen at one company is seen at another one since.

The role at the old company ends when the evidence comes (``roles``), which opens its seats. What goes along with the
person is proposed (``find_job_changes``); what roles say clearly confirms itself (``confirm_evident``), about the rest
a person decides (``decide_job_change``). Once confirmed, the person holds no job at the old company any more, and their
contact goes along to the new one:

- without being its primary contact, and with ``job_changed_at``;
- what was being talked about at the old company is paused (``metadata``: ``paused_because``), and stays there, as all
  history does;
- e-mail addresses of the old company are ``stale`` channels, and the contact has none of them any more: whoever writes
  to contacts cannot write to it.

A person has to decide when the newer role is a seat beside a job (``side_seat``), has no title (``no_title``), is one
of several of the same day (``several_companies``), or when no profile says who the person is (``no_profile``). Until
then the old role is doubted, but for a seat beside it. Once dismissed, both roles are held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from prospecting.persistence.database import lock_keys
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.roles import settle_all_roles, settle_roles_of
from prospecting.persistence.statements import statement

Decision = Literal["confirmed", "dismissed"]
Status = Literal["proposed", "confirmed", "dismissed"]
Reason = Literal["side_seat", "no_title", "several_companies", "no_profile"]


class JobChange(BaseModel):
    """A job change as stored. ``reason``: why a person decides about it; ``None`` when it is clear by itself."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    person_id: int
    from_role_id: int
    to_role_id: int
    observed_on: date
    status: Status
    reason: Reason | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """How many proposals are new or other than before, how many were taken back, and how many roles turned out to be
    over, doubted or held that were something else before."""

    proposed: int = 0
    withdrawn: int = 0
    settled: int = 0

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


def find_job_changes(connection: Connection) -> Found:
    """Propose a change for every job whose holder is seen elsewhere since; take back proposals that are outdated.

    Settles the roles of everybody first (``settle_all_roles``): companies and people were merged since, and rows
    written by hand. Only roles of a known day count. Nothing follows from two roles of one day, nor for seats on
    boards, of advisers and of investors: those are held beside a job, as is a role for which a change to it was
    dismissed. Finding again without news writes nothing.
    """
    # One at a time: another finder would take back what this one is about to propose.
    _lock(connection)
    settled = settle_all_roles(connection)
    connection.execute(statement("job_changes/choose_moves"))
    withdrawn = connection.execute(statement("job_changes/withdraw_changes")).rowcount
    proposed = connection.execute(statement("job_changes/propose_changes")).rowcount
    return Found(proposed, withdrawn, settled)


def _lock(connection: Connection, *, shared: bool = False) -> None:
    lock_keys(connection, "job_change", ["find"], shared=shared)


def confirm_evident(connection: Connection, *, decided_by: str, limit: int = 500) -> int:
    """Confirm up to ``limit`` proposed changes that no person has to decide about. Returns how many; 0 when done."""
    ids = connection.execute(statement("job_changes/evident_changes"), {"limit": limit}).scalars().all()
    if ids:
        _decide(connection, ids, "confirmed", decided_by)
    return len(ids)


def decide_job_change(connection: Connection, change_id: UUID, decision: Decision, decided_by: str) -> JobChange:
    """Decide about a proposed change: ``confirmed``, with what follows, or ``dismissed``. Returns it as it is then.

    ``decided_by``: who decided, as an id. The same decision again changes nothing. Raises ``LookupError`` for an
    unknown change, ``ValueError`` for another decision than was made before, or one that there is not.
    """
    if decision not in get_args(Decision):
        raise ValueError(f"A job change is decided with one of {', '.join(get_args(Decision))}")
    if not decided_by.strip():
        raise ValueError("Say who decided about the job change: decided_by is empty")
    # Whoever finds changes locks roles before changes, whoever decides does the other way round.
    _lock(connection, shared=True)
    found = _find(connection, change_id)
    if found.status == decision:
        return found
    if found.status != "proposed":
        raise ValueError(
            f"The job change {change_id} was {found.status} already, and what followed is not undone by deciding "
            "again: see docs/runbooks/accounts.md, A job change was wrong"
        )
    _decide(connection, [change_id], decision, decided_by.strip())
    return _find(connection, change_id)


def _find(connection: Connection, change_id: UUID) -> JobChange:
    row = connection.execute(statement("job_changes/lock_change"), {"id": change_id}).mappings().first()
    if row is None:
        raise LookupError(f"No job change {change_id} is stored; see the table job_changes")
    return JobChange.model_validate(dict(row))


def _decide(connection: Connection, ids: Sequence[UUID], decision: Decision, decided_by: str) -> None:
    values = {"ids": list(ids), "decision": decision, "decided_by": decided_by}
    connection.execute(statement("job_changes/decide_changes"), values)
    if decision == "confirmed":
        _follow(connection, ids)
    else:
        _settle(connection, ids)


def _settle(connection: Connection, ids: Sequence[UUID]) -> None:
    people = connection.execute(statement("job_changes/people_of_changes"), {"ids": list(ids)}).scalars().all()
    settle_roles_of(connection, people)


def _follow(connection: Connection, ids: Sequence[UUID]) -> None:
    """Let everything follow that follows from confirmed changes: companies, persons, contacts, conversations are locked
    in this order."""
    connection.execute(statement("job_changes/move_table"))
    connection.execute(statement("job_changes/address_table"))
    connection.execute(statement("job_changes/clear_moves"))
    connection.execute(statement("job_changes/stage_moves"), {"ids": list(ids)})
    connection.execute(statement("job_changes/lock_companies"))
    _settle(connection, ids)
    connection.execute(statement("job_changes/stage_addresses"))
    connection.execute(statement("job_changes/make_stale"))
    connection.execute(statement("job_changes/move_contacts"))
    connection.execute(statement("job_changes/pause_conversations"))


def query_job_changes(
    connection: Connection, *, status: Status | None = None, limit: int = 100
) -> Page[dict[str, Any]]:
    """The newest changes (with this status): names of person and companies, both titles, and all of ``JobChange``."""
    values = {"status": status, "limit": limit}
    return page_of(connection.execute(statement("job_changes/query_changes"), values).mappings().all())

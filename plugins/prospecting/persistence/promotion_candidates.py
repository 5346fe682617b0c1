"""The transaction's own list of people who may become contacts: who is in scope, and what speaks against each.

The same questions are asked when a list is planned and when it is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.title.ranks import SENIORITIES
from prospecting.parsing.titles import matches_target
from prospecting.persistence import suppressions
from prospecting.persistence.contact_queries import SENIORITY_LEVELS
from prospecting.persistence.statements import statement

LEVELS = {"levels": list(SENIORITIES)}
"""The bind parameter of statements that put people in order."""


@dataclass(frozen=True, slots=True)
class PromotionScope:
    """Whom a promotion looks at. Everything left out means all.

    ``worst_rank`` is a rank of ``parsing.tiers``: companies count that have a tier of this rank, or a better one, at an
    event of the chosen executions. ``seniorities`` are those of ``contacts``, ``functions`` target functions as signals
    have them. Holders of seats are looked at whatever their title. With ``require_channel``, who has neither e-mail nor
    LinkedIn profile does not become a contact; with ``confirmed_only``, nor does who was seen in the role too long ago.
    """

    signal_ids: tuple[UUID, ...] = ()
    execution_ids: tuple[UUID, ...] = ()
    worst_rank: int | None = None
    company_ids: tuple[int, ...] = ()
    seniorities: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    max_per_company: int = 5
    include_seats: bool = True
    require_channel: bool = True
    confirmed_only: bool = False


def prepare(connection: Connection) -> None:
    """Make the temporary tables, or empty them when this transaction has them already."""
    for table in ("promotions/company_table", "promotions/candidate_table", "promotions/address_table"):
        connection.execute(statement(table))
    for clear in ("promotions/clear_companies", "promotions/clear_candidates", "promotions/clear_addresses"):
        connection.execute(statement(clear))


def stage(connection: Connection, scope: PromotionScope) -> None:
    """List everybody in scope, each with the best of their roles."""
    every_execution = not scope.signal_ids and not scope.execution_ids
    company_ids = list(scope.company_ids) or None
    chosen = {
        "every_execution": every_execution,
        "execution_ids": list(scope.execution_ids),
        "signal_ids": list(scope.signal_ids),
        "company_ids": company_ids,
        "worst_rank": scope.worst_rank,
    }
    connection.execute(statement("promotions/choose_companies"), chosen)
    connection.execute(statement("promotions/analyze_companies"))
    seniorities = [seniority for seniority, level in SENIORITY_LEVELS.items() if level in scope.seniorities] or None
    connection.execute(statement("promotions/stage_people"), {"seniorities": seniorities})
    if scope.functions:
        titles = connection.execute(statement("promotions/candidate_titles")).scalars()
        fitting = [title for title in titles if any(matches_target(title, wanted) for wanted in scope.functions)]
        connection.execute(statement("promotions/keep_titles"), {"titles": fitting})
    if scope.include_seats:
        holders = {"every_company": every_execution and scope.worst_rank is None, "company_ids": company_ids}
        connection.execute(statement("promotions/stage_seat_holders"), holders)
    connection.execute(statement("promotions/analyze_candidates"))
    connection.execute(statement("promotions/keep_best_roles"), LEVELS)


def judge(connection: Connection, *, require_channel: bool, confirmed_only: bool) -> None:
    """Conclude a verdict on each listed person from what is known now of them and their addresses.

    Until the transaction ends nobody suppresses any of the addresses. To be called once per transaction, after locking
    people and contacts; ``judge_again`` looks at those without a verdict once more.
    """
    connection.execute(statement("promotions/stage_addresses"))
    addresses = connection.execute(statement("promotions/candidate_addresses")).scalars().all()
    if suppressed := suppressions.reasons(connection, addresses):
        values = {"emails": list(suppressed), "reasons": list(suppressed.values())}
        connection.execute(statement("promotions/note_suppressed"), values)
    rules = {"require_channel": require_channel, "confirmed_only": confirmed_only}
    connection.execute(statement("promotions/judge"), rules)


def judge_again(connection: Connection, *, require_channel: bool, confirmed_only: bool) -> int:
    """Look once more at those who were to become contacts and did not. Returns how many that are."""
    left: int = connection.execute(statement("promotions/judge_again")).rowcount
    if left:
        values = {"require_channel": require_channel, "confirmed_only": confirmed_only}
        connection.execute(statement("promotions/judge"), values)
    return left

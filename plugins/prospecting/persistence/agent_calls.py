"""The ledger of agent calls, and the token buckets that limit their rate.

A *scope* is whoever pays: normally ``execution:<uuid>``. Money is ``Decimal`` US dollars. Functions take a
connection and never commit; ``prospecting.agents.ledger`` decides in which order they are called and what is
committed when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.erased_identities import screen
from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer in the ledger: the row's id, the bytes exactly as they came, and what was paid for them."""

    call_id: int
    content: bytes
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class StoredRefusal:
    """The sentence with which a question was refused, and the HTTP status, if there was one."""

    message: str
    http_status: int | None


@dataclass(frozen=True, slots=True)
class Spending:
    """The part of its budget a scope has used, reservations of calls whose cost is unknown included.

    ``unpriced`` of the calls were made at a price that is not known: more was spent. ``in_flight`` of them are being
    answered, and ``in_flight_usd`` of what is spent is reserved for these. ``unbilled`` calls failed and
    cost nothing.
    """

    calls: int
    spent_usd: Decimal
    unpriced: int = 0
    unbilled: int = field(default=0, compare=False)
    in_flight: int = field(default=0, compare=False)
    in_flight_usd: Decimal = field(default=Decimal(0), compare=False)


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One agent's calls in one scope.

    ``calls`` went outside (``succeeded + failed + abandoned + in_flight``), ``reused`` did not. ``cost_usd`` is what
    is known to be spent, ``unsettled_usd`` the reservations of calls whose cost is not known; ``unpriced`` calls were
    made at a price that is not known. Latency in ms. ``model_rounds``, ``searches`` and ``pages`` are the requests
    outside that the calls took, failed ones too.
    """

    agent: str
    calls: int
    succeeded: int
    reused: int
    failed: int
    abandoned: int
    in_flight: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    unsettled_usd: Decimal
    unpriced: int
    average_latency_ms: int | None
    longest_latency_ms: int | None
    model_rounds: int = 0
    searches: int = 0
    pages: int = 0


def find_answer(connection: Connection, *, scope: str, request_key: str, ttl_seconds: int = 0) -> StoredAnswer | None:
    """The answer to a question that ``scope`` already has.

    With ``ttl_seconds`` > 0: the newest unexpired answer *another* scope paid for and got within that time.
    """
    if ttl_seconds > 0:
        row = connection.execute(
            statement("agent_calls/find_answer_elsewhere"),
            {"scope": scope, "request_key": request_key, "ttl_seconds": ttl_seconds},
        ).first()
    else:
        row = connection.execute(
            statement("agent_calls/find_answer_in_scope"), {"scope": scope, "request_key": request_key}
        ).first()
    return None if row is None else StoredAnswer(row.id, bytes(row.response), row.cost_usd or Decimal(0))


def find_outcome(
    connection: Connection, *, scope: str, request_key: str, former_keys: Sequence[str] = ()
) -> StoredAnswer | StoredRefusal | None:
    """The outcome of a question of ``scope`` that stands: its answer, also under one of its ``former_keys``, else its
    refusal.
    """
    values = {"scope": scope, "request_key": request_key, "former_keys": list(former_keys)}
    row = connection.execute(statement("agent_calls/find_outcome"), values).one_or_none()
    if row is None:
        return None
    if row.status == "failed":
        return StoredRefusal(row.error_message, row.http_status)
    return StoredAnswer(row.id, bytes(row.response), row.cost_usd or Decimal(0))


def query_answers(connection: Connection, *, scope: str, agent: str) -> list[tuple[dict[str, Any], bytes]]:
    """The requests to one agent that ``scope`` has usable answers to, with the raw answers, in the order asked."""
    rows = connection.execute(statement("agent_calls/answers_of_agent"), {"scope": scope, "agent": agent})
    return [(row.request, bytes(row.response)) for row in rows]


def mark_unusable(connection: Connection, call_ids: Sequence[int], *, reason: str, detail: str) -> None:
    """Note that answers could not be used: no other scope takes them over, this one does not pay for them again.

    ``detail`` must be free of personal data.
    """
    values = {"call_ids": list(call_ids), "reason": clean_text(reason), "detail": clean_text(detail)}
    connection.execute(statement("agent_calls/mark_unusable"), values)


def find_response(connection: Connection, call_id: int) -> bytes | None:
    """The raw answer of a call; ``None`` when the call does not exist or has no answer."""
    found = connection.execute(statement("agent_calls/find_response"), {"call_id": call_id}).scalar_one_or_none()
    return None if found is None else bytes(found)


def is_truncated(connection: Connection, call_id: int) -> bool:
    """True when the answer of a call was cut off in the middle."""
    return bool(connection.execute(statement("agent_calls/is_truncated"), {"call_id": call_id}).scalar_one_or_none())


def find_answer_time(connection: Connection, call_id: int) -> datetime | None:
    """When a call was answered; ``None`` when the call does not exist or has no answer."""
    found: datetime | None = connection.execute(
        statement("agent_calls/answered_at"), {"call_id": call_id}
    ).scalar_one_or_none()
    return found


def reuse_answer(connection: Connection, *, scope: str, call_id: int) -> int:
    """Copy another scope's answer into ``scope`` as a ``reused`` row that costs nothing; returns its id."""
    new_id: int = connection.execute(
        statement("agent_calls/reuse_answer"), {"scope": scope, "call_id": call_id}
    ).scalar_one()
    return new_id


def find_shared_research(
    connection: Connection, *, org_id: UUID, scope: str, request_key: str, max_age_seconds: float
) -> RowMapping | None:
    """Deep research on a question that another submission of the org pays for: id, external_id, response.

    ``response`` is ``None`` while it is under way, else the answer, at most so many seconds old.
    """
    values = {"org_id": org_id, "scope": scope, "request_key": request_key, "max_age_seconds": max_age_seconds}
    return connection.execute(statement("agent_calls/find_shared_research"), values).mappings().one_or_none()


def lock_scope(connection: Connection, scope: str) -> None:
    """Make budget decisions of one scope wait for each other until the transaction ends.

    Whoever needs several of these locks takes them in one order: the scope's, then the day's.
    """
    connection.execute(statement("agent_calls/lock_scope"), {"scope": scope})


def query_spending(
    connection: Connection, scope: str, *, provider: str | None = None, outlasting: Sequence[str] = ()
) -> Spending:
    """Calls made and dollars spent or reserved by ``scope``, at ``provider`` alone if one is given.

    Calls to the providers ``outlasting`` are not in flight: they take too long to wait for. Take ``lock_scope`` before
    deciding on it.
    """
    values = {"scope": scope, "provider": provider, "outlasting": list(outlasting)}
    return Spending(**connection.execute(statement("agent_calls/spending"), values).one()._mapping)


def query_spending_today(
    connection: Connection, *, provider: str | None = None, outlasting: Sequence[str] = ()
) -> Spending:
    """The same of all scopes since midnight (UTC), at ``provider`` alone or at all of them but the catalog."""
    values = {"provider": provider, "outlasting": list(outlasting)}
    return Spending(**connection.execute(statement("agent_calls/spending_today"), values).one()._mapping)


def find_usual_cost(connection: Connection, *, provider: str, agent: str, version: str) -> Decimal | None:
    """US dollars that 95 of 100 recent answers of this version of an agent stay within; ``None`` when there are less
    than 20 to judge by.
    """
    values = {"provider": provider, "agent": agent, "version": version}
    usual: Decimal | None = connection.execute(statement("agent_calls/usual_cost"), values).scalar_one()
    return usual


def query_unpriced_providers(connection: Connection, scope: str) -> set[str]:
    """The providers whom ``scope`` asked at a price that is not known."""
    return set(connection.execute(statement("agent_calls/unpriced_providers"), {"scope": scope}).scalars())


def find_first_failure(connection: Connection, scope: str) -> tuple[str, str] | None:
    """The first call of ``scope`` that failed, as kind of error and sentence; ``None`` when none did."""
    row = connection.execute(statement("agent_calls/first_failure"), {"scope": scope}).one_or_none()
    return None if row is None else (row.error_kind, row.error_message)


def is_cancelled(connection: Connection, scope: str) -> bool:
    """True when ``scope`` is an execution that somebody has cancelled: it asks nothing more."""
    found: bool = connection.execute(statement("agent_calls/is_cancelled"), {"scope": scope}).scalar_one()
    return found


def open_call(
    connection: Connection,
    *,
    scope: str,
    agent: str,
    provider: str,
    request_key: str,
    request: dict[str, Any],
    reserved_usd: Decimal,
    version: str | None = None,
) -> int:
    """Record the intent to call; returns the row's id. ``version`` is that of the agent.

    NUL and lone surrogates in ``request`` are replaced.
    """
    call_id: int = connection.execute(
        statement("agent_calls/open_call"),
        {
            "scope": scope,
            "agent": agent,
            "provider": provider,
            "version": version,
            "request_key": request_key,
            "request": to_json(request),
            "reserved_usd": reserved_usd,
        },
    ).scalar_one()
    return call_id


def find_unfinished(connection: Connection, *, scope: str, request_key: str) -> RowMapping | None:
    """The newest call of a question without an outcome: id, external_id (``None``: nobody knows of it), started_at."""
    return (
        connection.execute(statement("agent_calls/find_unfinished"), {"scope": scope, "request_key": request_key})
        .mappings()
        .one_or_none()
    )


def note_external_id(connection: Connection, call_id: int, external_id: str) -> None:
    """Record under which number the other side works on a call that takes longer than a request."""
    connection.execute(
        statement("agent_calls/note_external_id"), {"call_id": call_id, "external_id": clean_text(external_id)}
    )


def finish_call(
    connection: Connection,
    call_id: int,
    *,
    response: bytes,
    latency_ms: int | None,
    input_tokens: int | None,
    output_tokens: int | None,
    cost_usd: Decimal | None,
    ttl_seconds: int,
    truncated: bool = False,
) -> bool:
    """Record the answer, without people who asked to be forgotten; without ``latency_ms``, the latency is the time
    since the call was opened. ``cost_usd`` ``None``: the price is not known, so the reservation keeps counting. A
    ``truncated`` answer, which was cut off in the middle, is no other scope's.

    A call that was declared abandoned gets its answer after all. Returns False, and records the cost alone, when its
    scope has got another answer to the question by now; an outcome that was recorded before stays as it is. Raises
    ``IntegrityError`` when the other answer is being recorded at the same moment: repeat the transaction.
    """
    cost = {
        "call_id": call_id,
        "latency_ms": latency_ms,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cost_usd": cost_usd,
    }
    answer = {"response": screen(connection, response), "ttl_seconds": ttl_seconds, "truncated": truncated}
    if connection.execute(statement("agent_calls/finish_call"), cost | answer).rowcount == 1:
        return True
    connection.execute(statement("agent_calls/supersede_call"), cost)
    return False


def fail_call(
    connection: Connection,
    call_id: int,
    *,
    error_kind: str,
    error_message: str,
    latency_ms: int | None = None,
    http_status: int | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cost_usd: Decimal | None = None,
) -> bool:
    """Record a failure. ``cost_usd`` ``None``: unknown whether it was billed, so its reservation keeps counting.

    ``error_message`` must be free of personal data, prompts and secrets. Returns False when the call has an outcome.
    """
    failed: int = connection.execute(
        statement("agent_calls/fail_call"),
        {
            "call_id": call_id,
            "error_kind": error_kind,
            "error_message": clean_text(error_message),
            "http_status": http_status,
            "latency_ms": latency_ms,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cost_usd": cost_usd,
        },
    ).scalar_one()
    return failed == 1


def abandon_unfinished(connection: Connection, *, scope: str, request_key: str) -> int:
    """Close the ``started`` calls of a question as ``abandoned``; returns how many. Only for the holder of its lock.

    What their steps cost is what they cost, unless one of these was in flight: then the reservation keeps counting.
    """
    closed: int = connection.execute(
        statement("agent_calls/abandon_unfinished"), {"scope": scope, "request_key": request_key}
    ).scalar_one()
    return closed


def abandon_lost(connection: Connection, *, outlasting: Sequence[str] = ()) -> int:
    """Close all ``started`` calls whose worker is gone as ``abandoned``; returns how many.

    A worker holds the lock of its question until the outcome is recorded. Calls to the providers ``outlasting`` go on
    without their worker and stay.
    """
    closed: int = connection.execute(
        statement("agent_calls/abandon_lost"), {"outlasting": list(outlasting)}
    ).scalar_one()
    return closed


def try_lock_question(connection: Connection, *, scope: str, request_key: str) -> bool:
    """Take the lock of one question for as long as the database *session* lives; False when somebody else has it."""
    locked: bool = connection.execute(
        statement("agent_calls/try_lock_question"), {"scope": scope, "request_key": request_key}
    ).scalar_one()
    return locked


def unlock_question(connection: Connection, *, scope: str, request_key: str) -> None:
    """Give the lock of one question back."""
    connection.execute(statement("agent_calls/unlock_question"), {"scope": scope, "request_key": request_key})


def keep_session_alive(connection: Connection) -> None:
    """Make the server probe this session, so that locks of a machine that vanished are released in minutes."""
    connection.execute(statement("agent_calls/keep_session_alive"))


def query_call_summary(connection: Connection, scope: str) -> list[CallSummary]:
    """One line per agent that ``scope`` asked, by agent name."""
    rows = connection.execute(statement("agent_calls/call_summary"), {"scope": scope})
    return [CallSummary(**row._mapping) for row in rows]


def take_token(connection: Connection, *, provider: str, capacity: float, refill_per_second: float) -> float:
    """Take a token from a provider's bucket; returns the seconds to wait before asking again, 0 when it was taken.

    The bucket is created full. A changed ``capacity`` or ``refill_per_second`` holds from the next token on.
    Commit at once: the bucket's row stays locked until then.
    """
    wait: float = connection.execute(
        statement("agent_calls/take_token"),
        {"provider": provider, "capacity": capacity, "refill_per_second": refill_per_second},
    ).scalar_one()
    return wait


def query_cost(connection: Connection, call_ids: Sequence[int]) -> Decimal:
    """The cost of these calls when they were made, in US dollars; reusing a stored answer does not change it."""
    cost: Decimal = connection.execute(
        statement("agent_calls/cost_of_calls"), {"call_ids": list(call_ids)}
    ).scalar_one()
    return cost


def count_answers_of_backfill(connection: Connection, *, scope: str, attempts: Sequence[int]) -> RowMapping:
    """How many ``answers`` about seats a run (its scope, its task tries) has, their ``cost_usd``, and how many
    ``copies`` of them other scopes have.
    """
    values = {"scope": scope, "attempts": list(attempts)}
    return connection.execute(statement("agent_calls/count_answers_of_backfill"), values).mappings().one()


def take_back_answers(connection: Connection, *, scope: str, attempts: Sequence[int]) -> None:
    """Keep a run's answers about seats from being replayed or reused; what they cost stays. Again changes nothing."""
    values = {"scope": scope, "attempts": list(attempts)}
    connection.execute(statement("agent_calls/take_back_answers"), values)

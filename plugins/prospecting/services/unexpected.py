"""Errors nobody expected: what costs one company or event, and what concerns everything.

A defect of one answer must not take the others of its task along. What would hit the next one as well (a lost database,
a full disk) has to end the task's try, and so has an error that hit every one: that is a bug, and no answer's.
"""

from __future__ import annotations

import logging
import traceback

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from prospecting.agents.errors import AgentError
from prospecting.persistence.batches import describe
from prospecting.services.interruption import Interrupted

log = logging.getLogger(__name__)

REASON = "unexpected_error"
"""The reason in ``rejected_records``."""

_OVER_A_LIMIT = "54"  # an index row too large, a text too long: psycopg counts these among the operational errors


class UnexpectedError(AgentError):
    """An error nobody expected, where the errors of agents are recorded: its text has no values."""

    kind = REASON


def concerns_one(error: Exception) -> bool:
    """True when an error may be the fault of the company or event at hand, False when the next would meet it, too."""
    if isinstance(error, (AgentError, Interrupted, OSError, MemoryError)):
        return False
    if not isinstance(error, SQLAlchemyError):
        return True
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith(_OVER_A_LIMIT) or not isinstance(error, (OperationalError, InterfaceError))


def describe_unexpected(error: Exception) -> str:
    """A sentence without values: the class of an error, for one of the database also which constraint."""
    if isinstance(error, DBAPIError):
        return f"{type(error).__name__}: {describe(error)[1]}"
    return f"{type(error).__name__}; the task's log says where"


def log_unexpected(source: str, error: Exception) -> None:
    """Log where an error happened, without its text, which may repeat somebody's data."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: unexpected: %s\n%s", source, describe_unexpected(error), where)

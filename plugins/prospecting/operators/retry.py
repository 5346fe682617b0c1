"""Retry by kind of error, not by count: waiting mends a rate limit, nothing but a person mends a wrong key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryPolicy
from airflow.sdk.definitions.retry_policy import RetryDecision
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

if TYPE_CHECKING:
    from airflow.sdk import Context

# Longer waits than this are the scheduler's business, not one task's.
_LONGEST_DELAY = 900.0


class RetryByKind(RetryPolicy):
    """Decides from the exception.

    ============================================  =====================================================
    rate limit, outage, timeout of an agent        retry; as late as the other side asks (Retry-After)
    wrong key or model, quota, budget, bad request  fail at once
    database unreachable or lost a race            retry
    bad data, bad params, a bug                    fail at once for data and params; else Airflow's own rule
    ============================================  =====================================================
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        from pydantic import ValidationError
        from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError

        from prospecting.agents.errors import AgentError

        if isinstance(exception, AgentError):
            if not exception.retryable:
                return RetryDecision.fail(f"{exception.kind}: trying again cannot help")
            if exception.retry_after is not None:
                delay = timedelta(seconds=min(max(exception.retry_after, 1.0), _LONGEST_DELAY))
                return RetryDecision.retry(delay, f"{exception.kind}: asked to wait {delay.total_seconds():.0f} s")
            return RetryDecision.retry(reason=f"{exception.kind}: may pass")
        if isinstance(exception, (OperationalError, InterfaceError)):
            return RetryDecision.retry(reason="database unavailable or busy")
        if isinstance(exception, (DataError, IntegrityError, ProgrammingError, ValidationError, LookupError)):
            return RetryDecision.fail(f"{type(exception).__name__}: the same input fails the same way")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """The policy has no settings; workers take it from the DAG file."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> RetryByKind:
        return cls()


@contextmanager
def refusals_fail_at_once() -> Iterator[None]:
    """Turn what a service refuses with a sentence into ``AirflowFailException``: asked again, it refuses again.

    A service refuses with a plain ``ValueError`` or ``LookupError``. Their subclasses (``KeyError``, ...) are bugs, and
    keep their traceback. What somebody has cancelled is skipped.
    """
    from prospecting.agents.errors import Cancelled

    try:
        yield
    except Cancelled as cancelled:
        raise AirflowSkipException(str(cancelled)) from None
    except (ValueError, LookupError) as refusal:
        if type(refusal) not in (ValueError, LookupError):
            raise
        raise AirflowFailException(str(refusal)) from None

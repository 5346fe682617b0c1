"""Why a call to an agent failed, in kinds that decide what happens next.

Messages name the remedy and never carry personal data, prompts or secrets.
"""

from __future__ import annotations

LONGEST_WAIT = 31 * 86_400.0
"""Seconds. A plan starts again within a month; who asks for more has got a clock or a unit wrong."""


def sensible_wait(seconds: float | None) -> float | None:
    """``seconds`` if somebody could wait that long: not negative, not beyond ``LONGEST_WAIT``, a number at all."""
    return seconds if seconds is not None and 0 <= seconds <= LONGEST_WAIT else None


class AgentError(Exception):
    """A call failed. ``kind`` goes to the ledger; ``retryable`` decides whether the task tries again."""

    kind = "error"
    retryable = False

    def __init__(self, message: str, *, http_status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.retry_after = sensible_wait(retry_after)
        """Seconds the other side asked us to wait, if it did, and said something sensible."""
        self.provider: str | None = None
        """Whose call failed, once its circuit has seen it: an answer may fail by the search that it needed."""


class RateLimited(AgentError):
    """429, or our own token bucket did not fill in time."""

    kind = "rate_limited"
    retryable = True


class AgentUnavailable(AgentError):
    """5xx, refused connections, broken answers on the wire."""

    kind = "unavailable"
    retryable = True


class CircuitOpen(AgentUnavailable):
    """The provider failed so often that it is left alone for a while: nobody was asked."""


class AgentTimeout(AgentError):
    """No answer in time."""

    kind = "timeout"
    retryable = True


class AuthenticationFailed(AgentError):
    """401 or 403, or no key at all: only a person can fix that."""

    kind = "authentication"


class Misconfigured(AgentError):
    """404, or a model nobody has heard of: the connection leads nowhere. Only a person can fix that."""

    kind = "configuration"


class QuotaExceeded(AgentError):
    """The provider's plan is used up; trying again only costs time."""

    kind = "quota"


class RequestRefused(AgentError):
    """The provider will not answer this request (400, 422, refusal)."""

    kind = "refused"


class BudgetExceeded(AgentError):
    """The execution's own budget does not allow another call."""

    kind = "budget"


class Cancelled(AgentError):
    """Somebody has cancelled what the question belongs to: nothing more is asked."""

    kind = "cancelled"


class NoSuchData(AgentError):
    """The provider cannot know this kind of thing at all (the catalog has no funding rounds)."""

    kind = "no_such_data"

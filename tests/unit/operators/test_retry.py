"""Which failures are tried again, and when."""

from __future__ import annotations

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.exceptions import AirflowFailException
from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError

from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    BudgetExceeded,
    NoSuchData,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from prospecting.operators.retry import RetryByKind, refusals_fail_at_once
from prospecting.services.signal_params import Schedule
from prospecting.tasks.defaults import default_args

DRIVER_ERROR: tuple[str, dict[str, str], Exception] = ("select", {}, Exception("the driver's own"))


def invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Schedule(day=0)
    return caught.value


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (RateLimited("slow down"), RetryAction.RETRY),
        (AgentUnavailable("down"), RetryAction.RETRY),
        (AgentTimeout("late"), RetryAction.RETRY),
        (AuthenticationFailed("wrong key"), RetryAction.FAIL),
        (QuotaExceeded("used up"), RetryAction.FAIL),
        (RequestRefused("no"), RetryAction.FAIL),
        (BudgetExceeded("spent"), RetryAction.FAIL),
        (NoSuchData("never heard of"), RetryAction.FAIL),
        (AgentError("broken catalog"), RetryAction.FAIL),
        (OperationalError(*DRIVER_ERROR), RetryAction.RETRY),
        (InterfaceError(*DRIVER_ERROR), RetryAction.RETRY),
        (DataError(*DRIVER_ERROR), RetryAction.FAIL),
        (IntegrityError(*DRIVER_ERROR), RetryAction.FAIL),
        (ProgrammingError(*DRIVER_ERROR), RetryAction.FAIL),
        (LookupError("no such execution"), RetryAction.FAIL),
        (KeyError("id"), RetryAction.FAIL),
        (invalid(), RetryAction.FAIL),
        (RuntimeError("who knows"), RetryAction.DEFAULT),
        (OSError("disk"), RetryAction.DEFAULT),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_the_kind_of_error_decides(error: Exception, action: RetryAction) -> None:
    assert RetryByKind().evaluate(error, 1, 3).action is action


@pytest.mark.parametrize(("asked", "granted"), [(7.5, 7.5), (0.0, 1.0), (3600.0, 900.0)])
def test_a_provider_says_when_to_come_back(asked: float, granted: float) -> None:
    decision = RetryByKind().evaluate(RateLimited("slow down", retry_after=asked), 1, 3)
    assert decision.retry_delay is not None
    assert decision.retry_delay.total_seconds() == granted


def test_without_a_wish_the_tasks_own_delay_holds() -> None:
    assert RetryByKind().evaluate(AgentUnavailable("down"), 1, 3).retry_delay is None


def test_reasons_carry_no_text_of_the_error() -> None:
    """Reasons are shown to everybody; a driver's text may hold a row."""
    for error in (IntegrityError(*DRIVER_ERROR), AuthenticationFailed("Key secret-7"), RateLimited("x", retry_after=3)):
        reason = RetryByKind().evaluate(error, 1, 3).reason
        assert reason
        assert not {"secret-7", "driver", "select"} & set(reason.replace("'", " ").split())


def test_the_policy_survives_serialisation() -> None:
    policy = RetryByKind()
    assert isinstance(RetryByKind.deserialize(policy.serialize()), RetryByKind)


def test_defaults_can_be_replaced_one_by_one() -> None:
    usual, patient = default_args(), default_args(retries=9)
    assert (usual.pop("retries"), patient.pop("retries")) == (3, 9)
    assert usual.keys() == patient.keys()
    assert isinstance(usual["retry_policy"], RetryByKind)


@pytest.mark.parametrize("refusal", [ValueError("No such thing"), LookupError("No such thing")])
def test_what_a_service_refuses_fails_at_once(refusal: Exception) -> None:
    with pytest.raises(AirflowFailException, match="No such thing") as failed, refusals_fail_at_once():
        raise refusal
    assert failed.value.__cause__ is None


@pytest.mark.parametrize("bug", [KeyError("id"), UnicodeError("odd"), RateLimited("slow down"), invalid()])
def test_what_nobody_meant_stays_what_it_is(bug: Exception) -> None:
    with pytest.raises(type(bug)), refusals_fail_at_once():
        raise bug

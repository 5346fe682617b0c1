"""What is left open when nobody knew enough, and what it cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

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
from prospecting.agents.ledger import LedgerAnswer
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.agents.waterfall import WaterfallResult


def errors(*found: AgentError) -> dict[str, AgentError]:
    return {f"live:p{number}": error for number, error in enumerate(found)}


@pytest.mark.parametrize(
    ("found", "position"),
    [
        ([], None),
        ([RequestRefused("no"), NoSuchData("never heard of")], None),
        ([RateLimited("slow down")], 0),
        ([RequestRefused("no"), AgentTimeout("late"), AgentUnavailable("down")], 1),
        ([AuthenticationFailed("key"), AgentUnavailable("down")], 1),
        ([BudgetExceeded("spent"), QuotaExceeded("used up"), NoSuchData("never heard of")], 0),
        ([AgentError("broken catalog"), RequestRefused("no")], 0),
    ],
    ids=[
        "nobody failed",
        "nobody has it",
        "one",
        "may pass, first",
        "may pass before mended",
        "mended, first",
        "others",
    ],
)
def test_what_may_pass_by_itself_comes_before_what_somebody_must_mend(
    found: list[AgentError], position: int | None
) -> None:
    expected = None if position is None else found[position]
    assert WaterfallResult(errors=errors(*found)).unsettled is expected
    assert WaterfallResult(errors=errors(*found), answered_by="catalog").unsettled is None


def test_the_cost_is_that_of_all_tries() -> None:
    broken_off = RateLimited("slow down")
    broken_off.__cause__ = SpentBeforeFailure(input_tokens=1, output_tokens=1, cost_usd=Decimal("0.07"))
    result = WaterfallResult(
        answers={
            "catalog": LedgerAnswer(b"", 1, False, Decimal(0)),
            "live": LedgerAnswer(b"", 2, False, Decimal("0.25")),
        },
        errors=errors(broken_off, AgentUnavailable("down")),
    )
    assert result.cost_usd == Decimal("0.32")
    assert WaterfallResult().cost_usd == 0

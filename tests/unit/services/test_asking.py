"""Many questions at once: in order, so many and no more, and none any more when that is no use."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from prospecting.agents.errors import AgentUnavailable, AuthenticationFailed, BudgetExceeded
from prospecting.services.asking import Asked, AskedAtOnce, AskingErrors


class Crowd:
    """Answers numbers; knows how many are being asked at once, and who was asked."""

    def __init__(self, failing: dict[int, BaseException] | None = None) -> None:
        self.failing = failing or {}
        self.asked: list[int] = []
        self.ended = 0
        self.most = 0
        self.threads: set[int] = set()
        self._running = 0
        self._lock = threading.Lock()
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, number: int) -> str:
        with self._lock:
            self.asked.append(number)
            self.threads.add(threading.get_ident())
            self._running += 1
            self.most = max(self.most, self._running)
        # Those that were asked first take longest.
        time.sleep(0.02 if number % 8 else 0.06)
        if number:
            self.may_end.wait(30)
        with self._lock:
            self._running -= 1
            self.ended += 1
        if error := self.failing.get(number):
            raise error
        return f"answer {number}"


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    found = Crowd()
    yield found
    found.may_end.set()


def test_so_many_at_once_and_in_order(crowd: Crowd) -> None:
    with AskedAtOnce(range(40), crowd, max_in_flight=8) as asked:
        assert [one.result for one in asked] == [f"answer {number}" for number in range(40)]
    assert crowd.most == 8
    assert sorted(crowd.asked) == [*range(40)]


@pytest.mark.parametrize(("items", "at_once"), [(5, 1), (1, 8), (0, 8)])
def test_without_company_the_caller_asks_itself(crowd: Crowd, items: int, at_once: int) -> None:
    with AskedAtOnce(range(items), crowd, max_in_flight=at_once) as asked:
        assert len(list(asked)) == items
    assert crowd.threads <= {threading.get_ident()}


def test_the_first_goes_alone() -> None:
    crowd = Crowd({0: AuthenticationFailed("wrong key")})
    with AskedAtOnce(range(40), crowd, max_in_flight=8, stops=lambda one: one.error is not None) as asked:
        assert [one.item for one in asked if not one.is_left_out] == [0]


def test_answers_that_wait_to_be_saved_are_few(crowd: Crowd) -> None:
    with AskedAtOnce(range(100), crowd, max_in_flight=2) as asked:
        answers = iter(asked)
        assert len([next(answers), next(answers)]) == 2
        time.sleep(0.5)  # whoever saves is slow
        assert 5 < len(crowd.asked) <= 9


def test_nothing_more_is_asked_after_an_error_that_all_would_meet() -> None:
    crowd = Crowd({9: AuthenticationFailed("wrong key")})
    with AskedAtOnce(range(100), crowd, max_in_flight=4, stops=lambda one: one.error is not None) as asked:
        came = list(asked)
    assert [one.item for one in came] == [*range(100)]
    assert len(crowd.asked) < 20
    left_out = [one.item for one in came if one.is_left_out]
    assert sorted([*crowd.asked, *left_out]) == [*range(100)]
    # What was on its way is paid for, and handed over.
    assert sum(one.result is not None for one in came) == len(crowd.asked) - 1


def test_told_to_halt_it_asks_nothing_more(crowd: Crowd) -> None:
    with AskedAtOnce(range(50), crowd, max_in_flight=4, is_halted=lambda: len(crowd.asked) >= 4) as asked:
        assert sum(not one.is_left_out for one in asked) <= 8


def test_what_ends_a_thread_ends_nobody_else_and_hangs_nothing() -> None:
    crowd = Crowd({2: SystemExit("out of memory")})
    with AskedAtOnce(range(30), crowd, max_in_flight=3) as asked:
        came = list(asked)
    assert isinstance(came[2].error, SystemExit)
    assert came[-1].is_left_out


@pytest.mark.parametrize(("error", "is_waited_for"), [(ValueError(), True), (KeyboardInterrupt(), False)])
def test_whoever_leaves_waits_for_what_is_paid_for_unless_the_process_ends(
    crowd: Crowd, error: BaseException, is_waited_for: bool
) -> None:
    crowd.may_end.clear()
    end = threading.Timer(0.3, crowd.may_end.set)
    with suppress(type(error)), AskedAtOnce(range(30), crowd, max_in_flight=4) as asked:
        threading.Thread(target=lambda: list(asked), daemon=True).start()
        while len(crowd.asked) < 4:
            time.sleep(0.01)
        end.start()
        raise error
    assert (crowd.ended == len(crowd.asked)) is is_waited_for
    end.join()


def test_of_errors_that_stop_a_wrong_key_is_told_before_a_budget() -> None:
    errors = AskingErrors(is_last_try=False)
    assert not errors.add(AgentUnavailable("down"))
    assert errors.add(BudgetExceeded("spent"))
    assert errors.add(AuthenticationFailed("wrong key"))
    assert errors.add(BudgetExceeded("spent"))
    assert isinstance(errors.first, AuthenticationFailed)
    assert errors.is_final


def test_an_outcome_is_an_answer_an_error_or_neither() -> None:
    assert Asked(1).is_left_out
    assert not Asked(1, result=b"").is_left_out
    assert not Asked(1, error=ValueError()).is_left_out

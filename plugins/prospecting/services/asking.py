"""Asks about many things in one task: several at once, and what follows when agents cannot be asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Annotated, Generic, Self, TypeVar

from pydantic import Field

from prospecting.agents.errors import AgentError, BudgetExceeded

T = TypeVar("T")
R = TypeVar("R")

MAX_IN_FLIGHT = 8
"""Questions that one task asks at once, unless it is told otherwise."""

InFlight = Annotated[int, Field(ge=1, le=32)]

# Answers that came before their turn, by question in flight: one slow question does not hold the others up, and no more
# are kept in memory than that.
_AHEAD = 4


@dataclass(slots=True)
class AskingErrors:
    """Collects the errors of one task's questions.

    An error that may pass does not stop the rest: it is raised at the end, so that the task is retried and the answers
    that did come are replayed at no cost. An error that only a person can mend stops the asking at once: the next
    question would fail the same way. What is on its way by then is waited for and kept.
    """

    is_last_try: bool
    delayed: AgentError | None = None
    stopped_by: AgentError | None = None

    def add(self, error: AgentError) -> bool:
        """Take an error in. Returns True when it is final: no later try of this task asks the question again."""
        if not error.retryable:
            # Whatever else was on its way: a wrong key is worth more words than a budget that is used up.
            if self.stopped_by is None or isinstance(self.stopped_by, BudgetExceeded):
                self.stopped_by = error
            return True
        self.delayed = self.delayed or error
        return self.is_last_try

    @property
    def first(self) -> AgentError | None:
        """The error to end the task with: what stopped it, else the first that was delayed."""
        return self.stopped_by or self.delayed

    @property
    def is_final(self) -> bool:
        """True when no later try of this task goes on with what is left."""
        return self.first is not None and (self.stopped_by is not None or self.is_last_try)


@dataclass(frozen=True, slots=True)
class Asked(Generic[T, R]):
    """The outcome of asking about one item: a ``result``, an ``error``, or neither when it was not asked any more."""

    item: T
    result: R | None = None
    error: BaseException | None = None

    @property
    def is_left_out(self) -> bool:
        return self.result is None and self.error is None


class AskedAtOnce(Generic[T, R]):
    """Asks about items in threads, up to ``max_in_flight`` at once, and yields what came of it in the items' order.

    The block around it saves in its own thread, one after the other, while others are being asked:

        with AskedAtOnce(companies, ask, max_in_flight=8, stops=is_fatal) as asked:
            for one in asked: ...

    The first item is asked about alone: a wrong key, or a service that is down, costs one request and not eight.
    ``ask`` returns something other than ``None``, or raises. Nothing more is asked once ``stops`` says True of an
    outcome, ``is_halted`` says so, or the block ends; what is in flight then is waited for, since it is paid for. Only
    what ends the process (Ctrl-C, a timeout of the task) waits for nothing: the threads die with the process. With one
    item, or one at once, everything is asked in the caller's thread.
    """

    def __init__(
        self,
        items: Sequence[T],
        ask: Callable[[T], R],
        *,
        max_in_flight: int = MAX_IN_FLIGHT,
        stops: Callable[[Asked[T, R]], bool] = lambda asked: False,
        is_halted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._items = items
        self._ask = ask
        self._stops = stops
        self._is_halted = is_halted
        # A plain flag: a lock could be held by the very code that a signal handler interrupts.
        self._is_stopped = False
        self._threads = [
            threading.Thread(target=self._work, name=f"asking {number}", daemon=True)
            for number in range(min(max_in_flight, len(items)))
            if min(max_in_flight, len(items)) > 1
        ]
        self._handed_out = 0
        self._todo: SimpleQueue[tuple[int, T] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, Asked[T, R]]] = SimpleQueue()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopped = True
        for _ in self._threads:
            self._todo.put(None)
        if kind is None or issubclass(kind, Exception):
            for thread in self._threads:
                thread.join()

    def __iter__(self) -> Iterator[Asked[T, R]]:
        if not self._threads:
            yield from map(self._outcome, self._items)
            return
        early: dict[int, Asked[T, R]] = {}
        for turn in range(len(self._items)):
            # The first goes alone, until it is saved.
            self._hand_out(turn + (_AHEAD * len(self._threads) if turn else 1))
            while turn not in early:
                number, asked = self._done.get()
                early[number] = asked
            yield early.pop(turn)

    def _hand_out(self, until: int) -> None:
        """Let the threads have the items before number ``until``."""
        for number in range(self._handed_out, min(until, len(self._items))):
            self._todo.put((number, self._items[number]))
            self._handed_out = number + 1

    def _work(self) -> None:
        while (task := self._todo.get()) is not None:
            number, item = task
            self._done.put((number, self._outcome(item)))

    def _outcome(self, item: T) -> Asked[T, R]:
        if self._is_stopped or self._is_halted():
            return Asked(item)
        try:
            asked: Asked[T, R] = Asked(item, result=self._ask(item))
        except Exception as error:
            asked = Asked(item, error=error)
        except BaseException as error:
            if not self._threads:
                raise
            # It ends the task, which is for the caller's thread to do.
            self._is_stopped = True
            return Asked(item, error=error)
        if self._stops(asked):
            self._is_stopped = True
        return asked

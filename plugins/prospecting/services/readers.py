"""Readers of answers, and the process in which long ones are read: ``python -m prospecting.services.readers``.

The process takes pickled requests from its standard input and writes pickled outcomes to its standard output, one after
the other, until the input ends (see ``prospecting.services.reading``, which starts it). It knows no secrets and
no database.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from prospecting.parsing.briefings import read_answer
from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.events import parse_events
from prospecting.parsing.payload import PayloadError, extract_json
from prospecting.parsing.records import ContactRecord, EventRecord, Parsed, Rejected, SponsorRecord
from prospecting.parsing.sponsor.past import parse_past_sponsors
from prospecting.parsing.sponsors import parse_sponsors

T = TypeVar("T")

MAX_RECORDS = 5_000
"""Records of one answer that are used: events, companies (those named with its events together), people."""
MAX_REJECTED = 500
"""Records of one answer that could not be read and are kept one by one; the others are counted."""


def read_events(answer: Any) -> Parsed[EventRecord]:
    """The events in an answer; of events and of sponsors named with them, the first ``MAX_RECORDS`` each."""
    parsed = within_limits(parse_events(answer), "events")
    left = MAX_RECORDS
    events = []
    for event in parsed.items:
        events.append(replace(event, sponsors=event.sponsors[:left]) if len(event.sponsors) > left else event)
        left -= len(events[-1].sponsors)
    if cut := sum(len(event.sponsors) for event in parsed.items) - (MAX_RECORDS - left):
        parsed.rejected.append(_over_limit(cut, "sponsors named with events", MAX_RECORDS))
    unreadable = list(accumulate((len(event.rejected_sponsors) for event in events), initial=0))
    parsed.items = [
        event if before + len(event.rejected_sponsors) <= MAX_REJECTED
        else replace(event, rejected_sponsors=event.rejected_sponsors[: max(0, MAX_REJECTED - before)])
        for event, before in zip(events, unreadable, strict=False)
    ]  # fmt: skip
    if unreadable[-1] > MAX_REJECTED:
        parsed.rejected.append(_over_limit(unreadable[-1] - MAX_REJECTED, "unusable sponsors", MAX_REJECTED))
    return parsed


def read_sponsors(answer: Any) -> Parsed[SponsorRecord]:
    """The first ``MAX_RECORDS`` companies in an answer."""
    return within_limits(parse_sponsors(answer), "companies")


def read_contacts(answer: Any) -> Parsed[ContactRecord]:
    """The first ``MAX_RECORDS`` people in an answer."""
    return within_limits(parse_contacts(answer), "people")


def read_json(text: str) -> Any:
    """The best JSON value in a text; ``Rejected`` when there is none."""
    try:
        return extract_json(text)
    except PayloadError as error:
        return Rejected(error.reason, str(error))


def within_limits(parsed: Parsed[T], noun: str) -> Parsed[T]:
    """The first records of an answer; how many there are beyond is one rejection, ``over_limit``."""
    items, rejected = parsed.items[:MAX_RECORDS], parsed.rejected[:MAX_REJECTED]
    if len(parsed.items) > len(items):
        rejected.append(_over_limit(len(parsed.items) - len(items), noun, MAX_RECORDS))
    if len(parsed.rejected) > MAX_REJECTED:
        rejected.append(_over_limit(len(parsed.rejected) - MAX_REJECTED, "unusable records", MAX_REJECTED))
    return Parsed(items, rejected)


def _over_limit(count: int, noun: str, limit: int) -> Rejected:
    return Rejected("over_limit", f"{count:,} more {noun}: of one answer, {limit:,} are kept", {"count": count})


READERS: dict[str, Callable[..., Any]] = {
    "events": read_events,
    "sponsors": read_sponsors,
    "past_sponsors": lambda answer: parse_past_sponsors(answer)[:MAX_RECORDS],
    "contacts": read_contacts,
    "briefing": lambda answer, kind, known: read_answer(kind, answer, known),
    "json": read_json,
}
"""Each takes an answer, and what else it has to know."""


# ------------------------------------------------------------------------------------------------------- the process
Failure = tuple[str, str, str]
"""Why an answer could not be read: reason, sentence, and where in the code; nothing of the answer."""


def serve(requests: BinaryIO, outcomes: BinaryIO) -> None:
    """Read answers until ``requests`` ends. A request is (reader, answer, more arguments, seconds of CPU time).

    An outcome is (result, ``None``) or (``None``, ``Failure``). The kernel ends the process when a request takes more
    CPU time, also inside a compiled library.
    """
    while True:
        try:
            reader, answer, more, cpu_seconds = pickle.load(requests)
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            outcome = pickle.dumps((READERS[reader](answer, *more), None))
        except Exception as error:
            outcome = pickle.dumps((None, describe_failure(error)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        outcomes.write(outcome)
        outcomes.flush()


def describe_failure(error: Exception) -> Failure:
    """A reader's exception without its text, which may repeat the answer."""
    if isinstance(error, MemoryError):
        return "out_of_memory", "Reading the answer takes more memory than it may", ""
    where = "".join(traceback.format_tb(error.__traceback__))
    return "unexpected_error", f"{type(error).__name__} while the answer was read", where


def main() -> None:
    """Serve on standard input and output, within ``argv[1]`` bytes of memory."""
    for end in (signal.SIGINT, signal.SIGTERM):  # meant for a whole group: this process ends with its parent
        signal.signal(end, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), resource.RLIM_INFINITY))
    with suppress(OSError):  # Linux: when memory is short, this process goes first, and not the worker
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no outcome
    serve(sys.stdin.buffer, outcomes)


if __name__ == "__main__":
    main()

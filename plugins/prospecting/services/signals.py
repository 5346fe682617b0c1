"""The decisions of signal execution: which events fit, which people are chosen, how an execution ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from prospecting.parsing.event.kinds import same_kind
from prospecting.parsing.locations import location_matches
from prospecting.parsing.records import ContactRecord, EventRecord, Location
from prospecting.parsing.titles import DEGREES, classify_title, seniority_rank, target_match
from prospecting.services.signal_params import SignalParams


def event_misfit(event: EventRecord, configuration: SignalParams) -> tuple[str, str] | None:
    """The reason why an event is not what was asked for, as (reason, sentence); ``None`` when it fits.

    Unknown values are not held against an event: without a date, a place or a number of attendees it is kept.
    """
    first, last = configuration.date_from, configuration.date_to
    start = event.start
    end = event.end if event.date_precision in ("month", "year") else event.start
    if first and end and end < first:
        return "too_early", f"It starts before {first}"
    if last and start and start > last:
        return "too_late", f"It starts after {last}"
    minimum = configuration.min_attendees
    if minimum is not None and event.attendees is not None and event.attendees < minimum:
        return "too_small", f"It has fewer than {minimum} attendees"
    maximum = configuration.criteria.max_attendees
    if maximum is not None and event.attendees is not None and event.attendees > maximum:
        return "too_large", f"It has more than {maximum} attendees"
    if (wanted := configuration.criteria.event_type) and event.event_type and not same_kind(event.event_type, wanted):
        return "other_type", f"It is no {wanted}"
    where = event.location
    is_known = bool(where) or where.online
    if configuration.locations and is_known and not _lies_in(where, configuration.locations):
        return "elsewhere", f"It is not in {', '.join(configuration.locations)}"
    return None


def upcoming_first(events: Sequence[EventRecord], today: date) -> list[EventRecord]:
    """Events that are not over on ``today``, then those without a date, then those that are over; else in their order.

    An event known by its month or year alone is over when that is.
    """

    def place(event: EventRecord) -> int:
        last_day = event.end or event.start
        return 1 if last_day is None else 2 if last_day < today else 0

    return sorted(events, key=place)


def _lies_in(where: Location, locations: Iterable[str]) -> bool:
    return any(location_matches(where, wanted) for wanted in locations)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Somebody to keep: the target function that the title matches best, and how well (one of ``DEGREES``).

    Both are ``None`` when no target functions are asked for.
    """

    contact: ContactRecord
    target: str | None
    degree: str | None


def choose_people(
    contacts: Iterable[ContactRecord], target_functions: Sequence[str], limit: int
) -> tuple[list[Chosen], list[tuple[ContactRecord, str, str]]]:
    """At most ``limit`` people in a target function, and the others with (reason, sentence).

    Target functions take turns, in their order, so that three of one do not push out the only one of another. Each
    takes those who match it best, then the most senior, then the first named. Everybody belongs to the target function
    they match best, of equal ones to the one that fewer match; they stand for the others as well, which pass a turn:
    beside a CEO and CFO comes somebody for the third function before another CFO. Without target functions everyone is
    in one. Reasons of the others: ``past_role`` (over or ending), ``other_function``, ``over_limit``.
    """
    matches: list[list[Chosen]] = []
    others = []
    for contact in contacts:
        if classify_title(contact.title).is_past:
            others.append((contact, "past_role", "The title is of a role that is over or ending"))
        elif found := _matches(contact, target_functions):
            matches.append(found)
        else:
            others.append((contact, "other_function", f"The title is none of {', '.join(target_functions)}"))
    in_turns = _in_turns(matches, target_functions or (None,))
    others += [
        (chosen.contact, "over_limit", f"Only {limit} people per company are kept") for chosen in in_turns[limit:]
    ]
    return in_turns[:limit], others


def _matches(contact: ContactRecord, target_functions: Sequence[str]) -> list[Chosen]:
    if not target_functions:
        return [Chosen(contact, None, None)]
    return [
        Chosen(contact, target, match.degree)
        for target in target_functions
        if (match := target_match(contact.title, target))
    ]


def _in_turns(matches: Sequence[Sequence[Chosen]], targets: Sequence[str | None]) -> list[Chosen]:
    """One of the ``matches`` of each person, the targets taking turns."""
    candidates = Counter(chosen.target for found in matches for chosen in found)
    queues: dict[str | None, list[tuple[Chosen, set[str | None]]]] = {target: [] for target in targets}
    for found in matches:
        best = min(found, key=lambda chosen: (_preference(chosen), candidates[chosen.target]))
        stands_for = {other.target for other in found if other.degree == best.degree}
        queues[best.target].append((best, stands_for))
    for queue in queues.values():
        queue.sort(key=lambda entry: _preference(entry[0]))
    in_turns: list[Chosen] = []
    covered: Counter[str | None] = Counter()
    for turn in range(len(matches)):
        for target, queue in queues.items():
            # Somebody chosen before may stand for this one, too.
            if covered[target] <= turn and queue:
                chosen, stands_for = queue.pop(0)
                in_turns.append(chosen)
                covered.update(stands_for)
    # Those whose functions passed more turns than there are.
    return in_turns + [entry[0] for turn in zip_longest(*queues.values()) for entry in turn if entry]


def _preference(chosen: Chosen) -> tuple[int, int]:
    degree = DEGREES.index(chosen.degree) if chosen.degree in DEGREES else 0
    return degree, seniority_rank(classify_title(chosen.contact.title).seniority)


def execution_status(
    counts: Mapping[str, int],
    failed_tasks: int,
    max_error_share: float,
    reason: str | None = None,
    cause: Mapping[str, str] | None = None,
) -> tuple[str, dict[str, Any] | None]:
    """(status, error) from what was saved and what went wrong.

    ``reason`` is the most frequent one, ``cause`` the first: ``kind`` and ``message``, which names its remedy.

    ``completed`` without any error; ``failed`` when nothing was saved because of failures, or when errors are more
    than ``max_error_share`` of everything found; ``completed_with_errors`` in between.
    """
    saved = counts["events"] + counts["companies"] + counts["persons"]
    errors = counts["rejected"]
    if not errors and not failed_tasks:
        return "completed", None
    parts = []
    if failed_tasks:
        parts.append(f"{failed_tasks} tasks failed")
    if over_budget := counts.get("over_budget"):
        parts.append(f"{over_budget} questions not asked, as the budget was used up")
    if errors:
        most_often = f"; most often: {reason}" if reason and (cause is None or reason != cause["message"]) else ""
        parts.append(f"{errors} records or calls could not be used (see rejected_records){most_often}")
    first = f". First cause ({cause['kind']}): {cause['message']}" if cause else ""
    error = {
        "message": ", ".join(parts) + first,
        "first_cause": dict(cause) if cause else None,
        "failed_tasks": failed_tasks,
        "rejected_records": errors,
        "agent_failures": counts["agent_failures"],
    }
    # An agent that cannot know this kind of thing says so; that is an answer, not a failure.
    failures = errors - counts["unanswerable"]
    nothing_for_failures = not saved and (failed_tasks or counts["agent_failures"])
    too_many = failures > max_error_share * (failures + saved)
    return ("failed" if nothing_for_failures or too_many else "completed_with_errors"), error

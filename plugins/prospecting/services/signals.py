"""The decisions of signal execution: which events fit, which people are chosen, how an execution ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prospecting.parsing.locations import location_matches
from prospecting.parsing.records import ContactRecord, EventRecord, Location
from prospecting.parsing.titles import classify_title, matches_target, seniority_rank
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
    where = event.location
    is_known = bool(where) or where.online
    if configuration.locations and is_known and not _lies_in(where, configuration.locations):
        return "elsewhere", f"It is not in {', '.join(configuration.locations)}"
    return None


def _lies_in(where: Location, locations: Iterable[str]) -> bool:
    return any(location_matches(where, wanted) for wanted in locations)


def choose_people(
    contacts: Iterable[ContactRecord], target_functions: Sequence[str], limit: int
) -> tuple[list[ContactRecord], list[tuple[ContactRecord, str, str]]]:
    """Those in a target function, most senior first, at most ``limit``; and the others with (reason, sentence).

    Without target functions everyone is in one.
    """
    chosen, others = [], []
    for contact in contacts:
        if not target_functions or _is_in_one_of(contact.title, target_functions):
            chosen.append(contact)
        else:
            others.append((contact, "other_function", f"The title is none of {', '.join(target_functions)}"))
    chosen.sort(key=lambda contact: seniority_rank(classify_title(contact.title).seniority))
    others += [(contact, "over_limit", f"Only {limit} people per company are kept") for contact in chosen[limit:]]
    return chosen[:limit], others


def _is_in_one_of(title: str | None, target_functions: Sequence[str]) -> bool:
    return bool(title) and any(matches_target(title, target) for target in target_functions)


def execution_status(
    counts: Mapping[str, int], failed_tasks: int, max_error_share: float, reason: str | None = None
) -> tuple[str, dict[str, Any] | None]:
    """(status, error) from what was saved and what went wrong; ``reason`` is the most frequent one, for people.

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
    if errors:
        most_often = f"; most often: {reason}" if reason else ""
        parts.append(f"{errors} records or calls could not be used (see rejected_records){most_often}")
    error = {
        "message": ", ".join(parts),
        "failed_tasks": failed_tasks,
        "rejected_records": errors,
        "agent_failures": counts["agent_failures"],
    }
    # An agent that cannot know this kind of thing says so; that is an answer, not a failure.
    failures = errors - counts["unanswerable"]
    nothing_for_failures = not saved and (failed_tasks or counts["agent_failures"])
    too_many = failures > max_error_share * (failures + saved)
    return ("failed" if nothing_for_failures or too_many else "completed_with_errors"), error

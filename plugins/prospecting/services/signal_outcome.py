"""Tells people in sentences how an execution went: why little was found, and what was not asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from prospecting.scoring.identity_gate import Verdict
from prospecting.services.closing_lines import number
from prospecting.services.signal_params import AgentFamily, SignalParams, SignalType

_IN_WORDS = {
    "elsewhere": "in another place",
    "too_early": "before the window",
    "too_late": "after the window",
    "too_small": "too small",
    "too_large": "too large",
    "other_type": "of another kind",
    "other_stage": "of another stage",
    "other_position": "with other open positions",
    "other_seniority": "with positions of another seniority",
    "other_department": "with positions in other departments",
    "other_size": "of another size",
    "other_technology": "without the technologies",
    "other_function": "in another function",
    "past_role": "in a role of the past",
    "other_kind": "of another kind (company_kinds)",
    "not_current": "of another year, or not confirmed",
    "venue": "venues",
    "other_company": "at another company",
    "over_limit": "over a limit",
    "over_budget": "not asked about, as the budget was used up",
    "no_data": "answers without any",
    "erased": "people who asked to be forgotten",
}
_HELD_BACK = {
    Verdict.already_known: "where everybody wanted is known and was seen lately (fresh_days)",
    Verdict.domain_in_doubt: "whose domain is in doubt: decide about the pairs in doubt",
    Verdict.not_a_company: "that are no companies",
    Verdict.suppressed: "with a suppressed domain",
    Verdict.erased: "with the name of somebody who asked to be forgotten",
}
_SHOWN_REASONS = 3


def explain_outcome(
    configuration: SignalParams, counts: Mapping[str, int], filtered: Mapping[tuple[str, str], int]
) -> list[str]:
    """Sentences about an execution: what it did not find, with the likely reason, and each limit that took effect.

    ``counts`` are those of ``query_execution_counts``, ``filtered`` those of ``query_filter_counts``. Empty when
    everything that was found was asked about, and something was found at every step.
    """
    return [note for _, note in _notes(configuration, counts, filtered)]


def explain_kinds(
    configuration: SignalParams, counts: Mapping[str, int], filtered: Mapping[tuple[str, str], int]
) -> dict[str, list[str]]:
    """The same sentences by what they are about: ``events``, ``companies``, ``persons``.

    A kind of which nothing was found has a sentence, whatever the reason is.
    """
    notes: dict[str, list[str]] = {"events": [], "companies": [], "persons": []}
    for kind, note in _notes(configuration, counts, filtered):
        notes[kind].append(note)
    for kind, why in (
        ("events", "Only signals about conferences look for events."),
        ("companies", _no_companies(configuration, counts)),
        ("persons", _nobody(configuration, counts)),
    ):
        if not counts[kind] and not notes[kind]:
            notes[kind].append(why)
    return notes


def _no_companies(configuration: SignalParams, counts: Mapping[str, int]) -> str:
    if not counts["events"]:
        return "Without an event there is no sponsor to look for."
    if not configuration.extract_sponsors:
        return "The signal does not ask for sponsors (extract_sponsors)."
    return "No sponsor is saved."


def _nobody(configuration: SignalParams, counts: Mapping[str, int]) -> str:
    if not counts["companies"]:
        return "Without a company there is nobody to ask about."
    return f"None of {number(counts['companies'], 'company', 'companies')} has been asked about."


def _notes(
    configuration: SignalParams, counts: Mapping[str, int], filtered: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, str]]:
    is_conference = configuration.type is SignalType.conference
    if is_conference and not counts["events"]:
        yield "events", _nothing("events", f"for {_keywords(configuration)}", "event", configuration, filtered)
    elif is_conference and configuration.extract_sponsors:
        yield from (("companies", note) for note in _about_sponsors(configuration, counts, filtered))
    elif not is_conference and not counts["companies"]:
        note = _nothing("companies", f"for {_keywords(configuration)}", "company", configuration, filtered)
        yield "companies", note
    if counts.get("over_budget"):
        note = f"{number(counts['over_budget'], 'question')} not asked: the budget was used up"
        yield "companies" if is_conference else "persons", f"{note}; run again with a larger one."
    if over := filtered.get(("event", "over_limit")):
        limit = configuration.limits.max_events
        yield "events", f"{number(over, 'more event')} left out: limits.max_events is {limit}."
    if counts["companies"]:
        yield from (("persons", note) for note in _about_people(configuration, counts, filtered))


def closing_line(stats: Mapping[str, Any]) -> str:
    """One line about what an execution found, from its stored stats."""
    people = stats.get("contactsDiscovered", 0)
    found = [
        (stats.get("eventsDiscovered", 0), stats.get("newEvents", 0), "event", "events"),
        (stats.get("companiesFound", 0), stats.get("newCompanies", 0), "company", "companies"),
        (people, stats.get("newContacts", 0), "person", "people"),
    ]
    totals = ", ".join(number(total, *nouns) for total, _, *nouns in found)
    if unconfirmed := people - stats.get("contactsConfirmed", people):
        totals += f" ({unconfirmed} unconfirmed)"
    if not any(total for total, *_ in found):
        return "Found nothing."
    if not any(new for _, new, *_ in found):
        return f"Nothing new: {totals} found, all of them known already; no duplicates."
    return f"Found {totals}; new: {', '.join(number(new, *nouns) for _, new, *nouns in found)}."


def explain_standings(standings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Sentences about the people of an execution who may not hold the role any more they were found in.

    ``standings`` are those of ``query_standing_counts``.
    """
    return [
        f"{_people(row['people'])} {why}; seen {_seen(row['first_seen'], row['last_seen'])}."
        for standing, why in _NOT_SURE.items()
        for row in standings
        if row["standing"] == standing
    ]


_NOT_SURE = {
    "unconfirmed": "unconfirmed: what says so is old",
    "doubted": "doubted: there is newer evidence of something else",
    "ended": "in a role that is over since",
}


def _people(count: int) -> str:
    return number(count, "person", "people")


def _seen(first: date | None, last: date | None) -> str:
    """ "2020-02", "2019-11 to 2020-02"; the days without a date say nothing."""
    if first is None or last is None:
        return "on an unknown day"
    days = list(dict.fromkeys(f"{day:%Y-%m}" for day in (first, last)))
    return " to ".join(days)


def _about_sponsors(
    configuration: SignalParams, counts: Mapping[str, int], filtered: Mapping[tuple[str, str], int]
) -> list[str]:
    notes = []
    events = number(counts["events"], "event")
    if not counts["companies"]:
        if configuration.agents is AgentFamily.catalog:
            notes.append(f"{events}, none with sponsors in the catalog; live agents would look outside.")
        else:
            notes.append(f"{events}, and no sponsor of any was found{_left_out('sponsor', filtered)}.")
    skipped = counts["events_named"] + counts["events_without"]
    waiting = counts["events"] - counts["events_asked"] - skipped
    if counts["events_named"]:
        notes.append(
            f"{number(counts['events_named'], 'event')} not asked about: enough sponsors were named with the event."
        )
    if counts["events_without"]:
        notes.append(f"{number(counts['events_without'], 'event')} not asked about: said to have no sponsors.")
    if waiting > 0:
        notes.append(f"{number(waiting, 'event')} left without an answer about sponsors; see the agents' failures.")
    return notes


def _about_people(
    configuration: SignalParams, counts: Mapping[str, int], filtered: Mapping[tuple[str, str], int]
) -> list[str]:
    notes = []
    companies = number(counts["companies"], "company", "companies")
    others, unfit = counts.get("companies_of_other_kinds", 0), counts.get("companies_unfit", 0)
    held_back = {verdict: count for verdict in _HELD_BACK if (count := filtered.get(("company", verdict), 0))}
    left_out = counts["companies_over_limit"] + sum(held_back.values()) + others + unfit
    if held_back:
        reasons = ", ".join(f"{count:,} {_HELD_BACK[verdict]}" for verdict, count in held_back.items())
        notes.append(f"{number(sum(held_back.values()), 'company', 'companies')} not asked about: {reasons}.")
    if counts["companies_over_limit"]:
        notes.append(
            f"{companies} found, {counts['companies'] - left_out} of them chosen to ask about: "
            f"limits.max_companies is {configuration.limits.max_companies}."
        )
    if others:
        kinds = " and ".join(kind.replace("_", " ") for kind in configuration.company_kinds)
        notes.append(f"{number(others, 'company', 'companies')} not asked about: of another kind than {kinds}.")
    if unfit:
        noun = number(unfit, "company", "companies")
        notes.append(f"{noun} not asked about: of another size, elsewhere, or without the technologies (criteria).")
    waiting = counts["companies"] - counts["companies_asked"] - left_out
    if waiting > 0:
        unasked = number(waiting, "company", "companies")
        notes.append(f"{unasked} left without an answer about people; see the agents' failures.")
    if not counts["persons"] and counts["companies_asked"]:
        asked = number(counts["companies_asked"], "company", "companies")
        wanted = ", ".join(configuration.target_functions)
        note = f"{asked} asked about, and nobody found who is {wanted}{_left_out('person', filtered)}"
        if configuration.agents is AgentFamily.catalog:
            note += "; the catalog knows chief executives of large US companies in 2020, live agents would look outside"
        notes.append(f"{note}.")
    return notes


def _nothing(
    noun: str, what_for: str, record_type: str, configuration: SignalParams, filtered: Mapping[tuple[str, str], int]
) -> str:
    note = f"No {noun} were found {what_for}{_left_out(record_type, filtered)}"
    if configuration.agents is AgentFamily.catalog:
        note += "; live agents would look outside the catalog"
    return f"{note}."


def _keywords(configuration: SignalParams) -> str:
    return number(len(configuration.event_keywords), "keyword")


def _left_out(record_type: str, filtered: Mapping[tuple[str, str], int]) -> str:
    """ "; left out: 8 in another place, 4 too small" for what was found and did not fit."""
    reasons = [(reason, count) for (kind, reason), count in filtered.items() if kind == record_type]
    if not reasons:
        return ""
    shown = ", ".join(f"{count} {_IN_WORDS.get(reason, reason)}" for reason, count in reasons[:_SHOWN_REASONS])
    return f"; left out: {shown}"

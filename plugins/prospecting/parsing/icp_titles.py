"""Job titles of a company's ideal buyers, from an agent's answer.

Titles come as objects or plain text, in a list, by title or by buyer role, in whatever envelope. A buyer role is
``champion``, ``evaluator`` or ``decision_maker``; those who hold the budget or sign are decision makers, technical
buyers and reviewers are evaluators. Influencers, users, gatekeepers and sponsors are none of the three: their titles
are kept, their role is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from prospecting.parsing.fields import KeyMap, clean_text, first_text, load_or_reject, phrases
from prospecting.parsing.names import vocabulary
from prospecting.parsing.payload import Payload, PayloadError, canonical_key, load
from prospecting.parsing.plaintext import split_marker
from prospecting.parsing.records import Parsed, Rejected

MAX_TITLE = 300
"""Characters; what is longer is prose."""

BUYER_ROLES = ("champion", "evaluator", "decision_maker")

FIELDS = KeyMap(
    title=("job_title", "role_title", "title_name", "position", "job"),
    name=(),
    buyer_role=("buyer_type", "buying_role", "buyer", "role_in_purchase", "persona_type", "type"),
    role=(),
    persona=(),
    reasoning=(
        "rationale", "reason", "why", "justification", "explanation", "reasons", "relevance", "description", "notes",
    ),
)  # fmt: skip

_TITLE_LISTS = vocabulary(
    "titles jobtitles icptitles icpjobtitles extractedtitles targettitles personas buyerpersonas buyers buyertitles "
    "targetpersonas roles jobroles titledetails"
)
_ENVELOPES = vocabulary(
    "output outputs content contents result results data response answer payload items parallelrawresponse"
)
_ROLE_OF = {
    spelling: role
    for role, spellings in {
        "champion": """champion internalchampion mainchampion primarychampion potentialchampion advocate
        internaladvocate""",
        "evaluator": """evaluator technicalevaluator mainevaluator primaryevaluator keyevaluator technicalbuyer assessor
        reviewer technicalreviewer""",
        "decision_maker": """decisionmaker maindecisionmaker primarydecisionmaker keydecisionmaker finaldecisionmaker
        executivedecisionmaker ultimatedecisionmaker decider economicbuyer financialbuyer budgetowner budgetholder
        approver finalapprover signer signatory""",
    }.items()
    for word in spellings.split()
    for spelling in (word, f"{word}s")
}
_OTHER_GROUPS = vocabulary(
    "influencer influencers user users enduser endusers gatekeeper gatekeepers blocker blockers sponsor sponsors "
    "executivesponsor executivesponsors other others"
)
_WANTED = frozenset({*_TITLE_LISTS, "title", "jobtitle", "buyerrole", "champions", "evaluators", "decisionmakers"})
_PLACEHOLDERS = phrases(
    "title|job title|job titles|role|position|name|unknown title|no title|none identified|example|example title|sample"
    "|other|others|test|not publicly available|no titles found|any|all"
)
_MAX_DEPTH = 8
_LONGEST_READ = 700
_MAX_LINES_TEXT = 100_000
_MAX_ROLE = 100
_ROLE_NOTE = re.compile(r"\s*[(\[]([^()\[\]]{1,40})[)\]]\s*\Z")
_BETWEEN_ROLES = re.compile(r"[/,;|&+()\[\]]|\band\b|\bor\b", re.IGNORECASE)
_QUOTES = '*_`"“”«» \t'


@dataclass(frozen=True, slots=True)
class IcpTitle:
    """A job title worth selling to. ``title_normalized`` is the title in lower case: what tells two of them apart."""

    title: str
    title_normalized: str
    buyer_role: str | None = None
    reasoning: str | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A title as it came, with what was around it."""

    title: Any
    buyer_role: str | None = None
    reasoning: Any = None
    raw: Any = None


def parse_icp_titles(raw: Any) -> Parsed[IcpTitle]:
    """Titles in ``raw`` (text, bytes, object, list or ``None``), in order, each once; gaps are filled by repetitions.

    A title is one line, without list markers and emphasis, of at most ``MAX_TITLE`` characters. Reasons of rejection:
    ``missing_title``, ``placeholder`` ("N/A", "Job title"), ``not_a_title`` (no letter in it), ``too_long``,
    ``not_an_object``, ``truncated``, ``no_data``, ``unparseable``, ``too_large``. Never raises on content.
    """
    loaded = load_or_reject(raw, _WANTED)
    if loaded is None:
        return Parsed()
    if isinstance(loaded, Rejected):
        return Parsed(rejected=[loaded])
    parsed: Parsed[IcpTitle] = Parsed()
    known: dict[str, int] = {}
    recognised = False
    for value in loaded.values:
        found = None if isinstance(value, str) else _candidates(value, loaded, None, _MAX_DEPTH)
        recognised = recognised or found is not None or not value
        for candidate in found or ():
            _collect(parsed, known, candidate)
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))
    if not recognised:
        parsed.rejected.append(Rejected("no_data", "The answer holds no job titles.", raw))
    return parsed


def buyer_role(value: object) -> str | None:
    """One of ``BUYER_ROLES`` in any usual spelling ("Decision Maker", "economic buyer"), or ``None``.

    Of several ("champion / evaluator") the first known one counts.
    """
    if isinstance(value, (list, tuple)):
        return next((role for member in value[:10] if isinstance(member, str) and (role := buyer_role(member))), None)
    if not isinstance(value, str) or len(value) > _MAX_ROLE:
        return None
    whole = _ROLE_OF.get(canonical_key(value))
    parts = (_ROLE_OF.get(canonical_key(part)) for part in _BETWEEN_ROLES.split(value))
    return whole or next((role for role in parts if role), None)


# --- finding -----------------------------------------------------------------------------------------------------

_Found = Iterator[_Candidate | Rejected]


def _candidates(value: Any, loaded: Payload, role: str | None, depth: int) -> _Found | None:
    """The titles in a value that may be anything; ``None`` when nothing says that it holds titles."""
    if not depth:
        return None
    if isinstance(value, (list, tuple)):
        return _in_list(value, loaded, role, depth)
    if isinstance(value, str):
        return _in_text(value, role, depth)
    return _in_object(value, loaded, role, depth) if isinstance(value, Mapping) else None


def _in_object(item: Mapping[Any, Any], loaded: Payload, role: str | None, depth: int) -> _Found | None:
    fields = FIELDS.read(item)
    found = _in_lists(item, fields, loaded, role, depth) or _in_groups(item, loaded, depth)
    if found is not None:
        return found
    envelopes = [key for key in item if canonical_key(key) in _ENVELOPES]
    found = _in_members(item, envelopes, loaded, role, depth)
    if found is not None:
        return found
    if "title" in fields or (_role_in(fields) and _title_in(fields) is not None):
        return _from_record(item, fields, loaded, role)
    if any(isinstance(info, Mapping) and _role_in(FIELDS.read(info)) for info in item.values()):
        return _by_title(item, loaded, role, depth)
    others = [key for key, value in item.items() if isinstance(value, Mapping) or _is_list_of_titles(value)]
    found = _in_members(item, [key for key in others if key not in envelopes], loaded, role, depth)
    if found is None and any(canonical_key(key) in _TITLE_LISTS for key in item):
        return iter(())  # {"titles": []}: nothing was found, which is an answer
    return found


def _in_lists(
    item: Mapping[Any, Any], fields: Mapping[str, Any], loaded: Payload, role: str | None, depth: int
) -> _Found | None:
    """From ``{"titles": [...]}``; a role beside the list is that of all its titles."""
    lists = [
        value
        for key, value in item.items()
        if (name := canonical_key(key)) in _TITLE_LISTS
        and (name.endswith("titles") or "title" not in fields)
        and value
        and _is_container(value)
    ]
    if not lists:
        return None
    shared = _role_in(fields) or role
    return (found for value in lists for found in _in_titles(value, loaded, shared, depth - 1))


def _in_groups(item: Mapping[Any, Any], loaded: Payload, depth: int) -> _Found | None:
    """From ``{"champions": [...], "decision_makers": [...]}``; influencers and the like count only beside those."""
    groups = [(canonical_key(key), value) for key, value in item.items() if _is_container(value)]
    if not any(key in _ROLE_OF for key, _ in groups):
        return None
    known = [(key, value) for key, value in groups if key in _ROLE_OF or key in _OTHER_GROUPS]
    return (found for key, value in known for found in _in_titles(value, loaded, _ROLE_OF.get(key), depth - 1))


def _in_members(
    item: Mapping[Any, Any], keys: list[Any], loaded: Payload, role: str | None, depth: int
) -> _Found | None:
    found = [members for key in keys if (members := _candidates(item[key], loaded, role, depth - 1)) is not None]
    return chain.from_iterable(found) if found else None


def _in_titles(value: Any, loaded: Payload, role: str | None, depth: int) -> _Found:
    """From a value that is known to hold titles: keys of objects and lines of text are titles too."""
    if not depth:
        yield Rejected("unparseable", "Titles are nested too deeply.", None)
    elif isinstance(value, str):
        found = _in_text(value, role, depth)
        yield from found if found is not None else _in_lines(value, role)
    elif isinstance(value, Mapping):
        fields = FIELDS.read(value)
        found = _in_lists(value, fields, loaded, role, depth) or _in_groups(value, loaded, depth)
        if found is None and "title" in fields:
            found = _from_record(value, fields, loaded, role)
        yield from found if found is not None else _by_title(value, loaded, role, depth)
    else:
        yield from _in_list(value, loaded, role, depth)


def _in_list(values: Any, loaded: Payload, role: str | None, depth: int) -> _Found:
    for member in values:
        if isinstance(member, str):
            yield _Candidate(member, role, raw=member)
        elif isinstance(member, Mapping):
            fields = FIELDS.read(member)
            found = _in_lists(member, fields, loaded, role, depth) if depth > 1 else None
            if found is None and _title_in(fields) is None and depth > 1:
                found = _in_object(member, loaded, role, depth - 1)
            yield from found if found is not None else _from_record(member, fields, loaded, role)
        elif isinstance(member, (list, tuple)) and depth > 1:
            yield from _in_list(member, loaded, role, depth - 1)
        else:
            yield Rejected("not_an_object", "A title is neither an object nor text.", member)


def _in_text(text: str, role: str | None, depth: int) -> _Found | None:
    """From text with JSON in it."""
    if "{" not in text and "[" not in text:
        return None
    try:
        inner = load(text, _WANTED)
    except PayloadError:
        return None
    values = [value for value in inner.values if not isinstance(value, str)]
    found = [members for value in values if (members := _candidates(value, inner, role, depth - 1)) is not None]
    if found and inner.truncated:
        found.append(iter([Rejected("truncated", "The answer ends in the middle; what was complete is kept.")]))
    return chain.from_iterable(found) if found else None


def _in_lines(text: str, role: str | None) -> _Found:
    for line in text[:_MAX_LINES_TEXT].splitlines():
        if line.strip():
            yield _Candidate(line, role, raw=line)


def _by_title(item: Mapping[Any, Any], loaded: Payload, role: str | None, depth: int) -> _Found:
    """From ``{"VP Sales": {"buyerRole": ...}, "CFO": "decision_maker"}``; a list under a key holds titles itself."""
    for key, info in item.items():
        if isinstance(info, (list, tuple)) and depth > 1:
            yield from _in_list(info, loaded, role, depth - 1)
        elif isinstance(info, Mapping):
            fields = FIELDS.read(info)
            yield from _from_record(info, fields if "title" in fields else {**fields, "title": key}, loaded, role)
        else:
            named = buyer_role(info)
            yield _Candidate(key, named or role, None if named else info, raw=key)


def _from_record(item: Mapping[Any, Any], fields: Mapping[str, Any], loaded: Payload, role: str | None) -> _Found:
    if loaded.open_ids and loaded.is_open(item):
        yield Rejected("truncated", "A title is incomplete because the answer ends in the middle.", item)
        return
    title = _title_in(fields)
    if title is None:
        yield Rejected("missing_title", "An object holds no job title.", item)
        return
    for each in title if isinstance(title, (list, tuple)) else [title]:
        yield _Candidate(each, _role_in(fields) or role, fields.get("reasoning"), item)


def _title_in(fields: Mapping[str, Any]) -> Any:
    """The title of a record; its "role" or "persona" is one when that names no buyer role."""
    if "title" in fields:
        return fields["title"]
    stated = (fields[key] for key in ("role", "persona") if key in fields)
    return next((value for value in stated if buyer_role(value) is None), fields.get("name"))


def _role_in(fields: Mapping[str, Any]) -> str | None:
    stated = (buyer_role(fields.get(key)) for key in ("buyer_role", "role", "persona"))
    return next((role for role in stated if role), None)


def _is_container(value: Any) -> bool:
    return isinstance(value, (list, tuple, Mapping, str))


def _is_list_of_titles(value: Any) -> bool:
    """True when a list under an unknown key holds titles: objects with a title and a buyer role."""
    if not isinstance(value, list):
        return False
    records = [FIELDS.read(member) for member in value[:20] if isinstance(member, Mapping)]
    return any("title" in fields and _role_in(fields) for fields in records)


# --- reading -----------------------------------------------------------------------------------------------------


def _collect(parsed: Parsed[IcpTitle], known: dict[str, int], candidate: _Candidate | Rejected) -> None:
    record = candidate if isinstance(candidate, Rejected) else _record(candidate)
    if isinstance(record, Rejected):
        parsed.rejected.append(record)
        return
    index = known.setdefault(record.title_normalized, len(parsed.items))
    if index == len(parsed.items):
        parsed.items.append(record)
        return
    first = parsed.items[index]
    parsed.items[index] = replace(
        first, buyer_role=first.buyer_role or record.buyer_role, reasoning=first.reasoning or record.reasoning
    )


def _record(candidate: _Candidate) -> IcpTitle | Rejected:
    given = first_text(candidate.title, _LONGEST_READ)
    title, noted = _without_note(_bare(given)) if given else ("", None)
    if not given or title.casefold() in _PLACEHOLDERS or not clean_text(title):
        return Rejected("placeholder", "A title only stands for a missing one.", candidate.raw)
    if not any(character.isalpha() for character in title):
        return Rejected("not_a_title", "A title has no letter in it.", candidate.raw)
    if len(title) > MAX_TITLE or len(given) == _LONGEST_READ:  # cut, so that only list markers may have been read
        return Rejected("too_long", f"A title is longer than {MAX_TITLE} characters: that is prose.", candidate.raw)
    return IcpTitle(title, title.lower(), candidate.buyer_role or noted, _reasoning(candidate.reasoning))


def _bare(text: str) -> str:
    """``text`` without list marker, emphasis and quotes."""
    previous = None
    while text != previous:
        previous, text = text, split_marker(text)[0].strip(_QUOTES)
    return text


def _without_note(title: str) -> tuple[str, str | None]:
    """ "VP Sales (champion)" as title and role; other remarks belong to the title."""
    note = _ROLE_NOTE.search(title)
    role = buyer_role(note[1]) if note else None
    return (title[: note.start()], role) if note and role else (title, None)


def _reasoning(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        return clean_text(" ".join(text for member in value[:20] if (text := first_text(member))))
    return first_text(value)

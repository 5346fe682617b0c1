"""Prose that says that nothing was found, so that the lists behind it are advice and sources, not records.

The vocabulary is in ``refusal/``: ``words``, and ``languages`` for other languages than English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from prospecting.parsing.plaintext import heading_of, split_marker, table_cells
from prospecting.parsing.refusal import languages as foreign
from prospecting.parsing.refusal.words import (
    ABILITY,
    ANY_COMPANIES,
    ASKS,
    BASIS,
    CLOSED,
    ELSE,
    ENTERS,
    EVENT_LIKE,
    EVENT_WORDS,
    FAILED,
    FIRST_PERSON,
    FOLLOWS,
    FOUND,
    GONE,
    GOOD_NEWS,
    HAS_NOT,
    HEADER,
    IN_SPITE,
    INSTRUCTION,
    LABELLED,
    LEADING_VERB,
    MENTIONS,
    NAMES,
    NEGATED_NOUN,
    NEGATED_VERB,
    NEGATION,
    NO_SEARCH,
    NONE_OF_THEM,
    NOT_CURRENT,
    NOT_PUBLISHED,
    NOT_THESE,
    NOTHING,
    OF_OTHERS,
    OF_THESE,
    ONLY_NOTHING,
    OTHER_ROLES,
    PARTIAL,
    PEOPLE_WORDS,
    PERSON_LIKE,
    RECORD_LIKE,
    RETRACTS,
    SAYS_KIND,
    SAYS_PUBLISHED,
    SAYS_SEARCHED,
    SENTENCE_END,
    SOURCE,
    SPONSOR_LIKE,
    SPONSOR_WORDS,
    TIER_HEADING,
    TO_COME,
    WHAT_WAS_FOUND,
)

_ENDS = (".", "!", "?", ":", ";", "。", "：", "！", "？")
_MAX_RECORD = 12  # words of a record on a line of its own
_MIN_SENTENCE = 9  # words; a shorter line without an end may be a name
_LOOKED_AT = 20_000  # characters; who found nothing says so early
_MAX_LINE = 2_000
_YEAR = re.compile(r"\b20\d\d\b")
_YET = re.compile(r"\b(?:yet|so far|has not been|have not been|haven't been|hasn't been)\b", re.IGNORECASE)
_WERE = re.compile(r"\b(?:were|was|sponsored|included|had)\b", re.IGNORECASE)
_OBJECT_END = re.compile(
    r"\b(?:for|on|at|from|in|of the|about|regarding|among|within|via|using|through|with|that|which|to"
    r"|associated|related|by|working)\b|,\s(?:try|check|consider|please|you|so|as|because|since)\b"
)
_QUOTES = str.maketrans("’‘´`", "''''")


class _Denial(IntEnum):
    """How much a sentence denies."""

    NOTHING = 0
    PART = 1
    MEANS = 2  # what was needed to look: a page, a tool, a fact about the question
    ALL = 3


class Kind(Enum):
    """The kind of records that was asked for."""

    SPONSORS = "sponsors"
    PEOPLE = "people"
    EVENTS = "events"


_KIND_WORDS = (
    (Kind.PEOPLE, PEOPLE_WORDS),
    (Kind.SPONSORS, SPONSOR_WORDS),
    (Kind.EVENTS, EVENT_WORDS),
)


_RECORDS_LIKE: dict[Kind | None, re.Pattern[str]] = {
    Kind.PEOPLE: PERSON_LIKE,
    Kind.SPONSORS: SPONSOR_LIKE,
    Kind.EVENTS: EVENT_LIKE,
}


class _Sense(Enum):
    """The kinds of things that a sentence says follow it."""

    RECORDS = "records"
    OTHER_TIMES = "what was true once, or may be true"
    ADVICE = "advice, sources, questions"


@dataclass(slots=True)
class _Passage:
    """Prose, and the list, if any, that it leads in."""

    prose: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    is_table: bool = False
    is_plain: bool = False  # without bullets, under a line with a colon

    @property
    def leads_in(self) -> bool:
        """True when the last sentence before the list belongs to it: it is a heading, a question or ends in a colon."""
        return bool(self.prose) and not self.prose[-1].endswith((".", "!"))

    @property
    def is_led_in(self) -> bool:
        """True when a line with a colon stands before the list."""
        return bool(self.prose) and self.prose[-1].endswith((":", "："))

    @property
    def is_of_instructions(self) -> bool:
        """True when every item of a list tells to do something: a verb in front of "the", "your", "for" …"""
        return len(self.items) > 1 and not self.is_table and all(map(INSTRUCTION.match, self.items[:20]))

    def is_of_records(self, about: Kind | None) -> bool:
        """True when the list shows by itself that it holds records of a kind: posts, tiers, dates."""
        record_like = _RECORDS_LIKE.get(about, RECORD_LIKE)
        return any(record_like.search(item[:400]) for item in self.items[:20])


def says_nothing_found(text: str, about: Kind | None = None) -> bool:
    """True when the prose of an answer says that nothing, or nothing confirmed and current, was found.

    Bullets behind it are then advice, sources, next steps, questions, or what was true last year. False when only a
    part is missing ("No platinum sponsors found. Gold: Acme") and when records are announced in spite of it ("I
    couldn't find the full list, but here are the confirmed sponsors:"). Holds for sponsors, people and events alike;
    ``about`` tells what was asked for: that an event has no sponsors says nothing about the event, and a list of
    speakers is none of sponsors. After a full denial, a list counts when the line above names its kind, or its items
    show it by posts, tiers or dates; "These are outdated." behind a list takes it back.
    """
    reading = _Reading(about)
    has_records = False
    for passage in _passages(text[:_LOOKED_AT]):
        if has_records and any(RETRACTS.match(sentence) for _, sentence in _sentences(passage)):
            return True
        has_records = has_records or reading.has_records(passage)
    return not has_records and reading.is_of_nothing


def last_sentence(line: str) -> str:
    """The last sentence of a line, which is the one that leads in what is below it."""
    return next((part for part in reversed(SENTENCE_END.split(line[:_MAX_LINE])) if part.strip()), line)


def sentences_of(line: str) -> list[str]:
    """The sentences of a line, split also in front of "but" and behind a colon."""
    return [sentence for part in SENTENCE_END.split(line[:_MAX_LINE]) if (sentence := part.strip())]


def is_doubted(sentence: str) -> bool:
    """True for a sentence that holds a negation of anything."""
    return bool(NEGATION.search(GOOD_NEWS.sub("", sentence.translate(_QUOTES))))


def announces_records(sentence: str, about: Kind) -> bool:
    """True for a sentence that says that records follow, confirmed and current ones of the kind asked for."""
    sentence = sentence[:_MAX_LINE].translate(_QUOTES)
    return not (_denial(sentence) or _is_of_others(sentence, about)) and _sense(sentence, None) is _Sense.RECORDS


class _Reading:
    """The passages of an answer, read one after the other."""

    def __init__(self, about: Kind | None) -> None:
        self._about = about
        self._named = next((words for kind, words in _KIND_WORDS if kind is about), SAYS_KIND)
        self._denied: str | None = None
        self._degree = _Denial.NOTHING
        self._at_other_times = False
        self._announced = False  # that records follow
        self._doubted = False  # by a negation of anything
        self._sentences = 0
        self._has_doubtful = False  # a list that nothing announces, before anything was denied
        self._only_advice: bool | None = None  # every list is one of advice, and no prose can be records

    @property
    def is_of_nothing(self) -> bool:
        """True when nothing of what was read is a record."""
        missing = _Denial.MEANS if self._has_doubtful else _Denial.PART
        return self._degree > missing or bool(self._only_advice)

    def _note(self, sentence: str) -> None:
        self._sentences += 1
        self._doubted = self._doubted or is_doubted(sentence)

    def _names_them(self, sentence: str, line: str) -> bool:
        """True for a sentence with a word for the records asked for, or their number; "however:" is only its end."""
        naming = sentence if " " in sentence else line
        return bool(self._named.search(naming) or NAMES.search(naming))

    def _announces_what_is_there(self, passage: _Passage, sentence: str, line: str) -> bool:
        """True for "However, the site shows:" and "What I did find:", which may lead in remarks after a full denial."""
        is_open = self._degree < _Denial.ALL or self._names_them(sentence, line)
        if self._denied is not None and IN_SPITE.match(sentence) and not ELSE.search(sentence):
            return bool(is_open or passage.is_of_records(self._about))
        is_open = self._degree < _Denial.MEANS or self._names_them(sentence, line)
        return bool(is_open and WHAT_WAS_FOUND.search(sentence))

    def _is_neutral(self, passage: _Passage) -> bool:
        """True when the line above a list neither names the kind asked for nor says what is missing."""
        sentence = last_sentence(passage.prose[-1])
        return not (self._named.search(sentence) or _denial(sentence))

    def has_records(self, passage: _Passage) -> bool:
        """Read a passage; True when it has records."""
        sense = self._sense_of(passage)
        if passage.is_of_instructions:
            sense = _Sense.ADVICE
        if self._only_advice is not False and (passage.items or any(map(_may_be_name, passage.prose))):
            leads_in = passage.leads_in or passage.is_of_instructions
            is_advice = sense is _Sense.OTHER_TIMES or (
                sense is _Sense.ADVICE and not passage.is_of_records(self._about)
            )
            self._only_advice = leads_in and is_advice and not any(map(_may_be_name, passage.prose))
        if self._denied is None:
            if sense is not _Sense.RECORDS and passage.items and _denies_all(passage.items[0]):
                self._denied, self._degree = passage.items[0], _Denial.ALL
                return False
            if not passage.items or sense not in (None, _Sense.RECORDS):
                return False  # what is missing may be said afterwards
            unsaid = sense is None and not self._announced and not passage.is_of_records(self._about)
            if not (unsaid and passage.is_led_in and self._is_neutral(passage)):
                return True
            if self._doubted or self._sentences > 1:
                self._denied, self._degree = passage.prose[-1], _Denial.ALL
            self._has_doubtful = True
            return False
        if sense is _Sense.RECORDS or (passage.is_table and sense is None and HEADER.search(passage.items[0])):
            return True
        if sense is None and self._degree < _Denial.ALL and passage.is_of_records(self._about):
            return True
        if passage.items and (sense is not None or (passage.is_led_in and self._is_neutral(passage))):
            self._degree = _Denial.ALL  # advice after a part was missing: there was nothing else to say
        return False

    def _sense_of(self, passage: _Passage) -> _Sense | None:
        """The sense of the last sentence of a passage that has one."""
        sense: _Sense | None = None
        announced = False  # before anything was denied
        for line, sentence in _sentences(passage):
            self._note(sentence)
            if denial := _denial(sentence):
                is_label = sentence.endswith(":") and not line.endswith(":")  # "Not found: tiers"
                if (is_label and not self._named.search(line)) or (
                    self._about is Kind.EVENTS and _is_of_an_event(sentence)
                ):
                    denial = _Denial.PART
                rest = sentence.rpartition(", ")[2]  # "Although there is no list, a release confirms these sponsors:"
                self._denied, self._degree = self._denied or line, max(self._degree, denial)
                in_spite = (
                    rest != sentence
                    and not _denial(rest)
                    and (_sense(rest, sentence) is _Sense.RECORDS or self._announces_what_is_there(passage, rest, rest))
                )
                sense = _Sense.RECORDS if in_spite or announced else None
                if sentence.endswith(":") and GONE.search(sentence):
                    sense = _Sense.OTHER_TIMES
                continue
            meant = _sense(sentence, self._denied)
            if meant is None and self._announces_what_is_there(passage, sentence, line):
                meant = _Sense.RECORDS
            leads = meant is _Sense.RECORDS or (meant is None and bool(OTHER_ROLES.search(sentence)))
            if leads and self._denied and _is_of_others(sentence, self._about):
                meant = _Sense.ADVICE
            is_told = (
                self._degree < _Denial.ALL or passage.is_of_records(self._about) or self._names_them(sentence, line)
            )
            if meant is _Sense.RECORDS and not is_told:
                meant = None
            if self._at_other_times and TIER_HEADING.fullmatch(sentence):
                meant = _Sense.OTHER_TIMES
            if meant is not None:
                sense, self._at_other_times = meant, meant is _Sense.OTHER_TIMES
            if meant is _Sense.RECORDS:
                self._only_advice, self._announced = False, True
            announced = self._denied is None and meant is _Sense.RECORDS and bool(FOUND.search(sentence))
        return sense


def _is_of_others(sentence: str, about: Kind | None) -> bool:
    """True when a sentence is about records of another kind only."""
    if about is None:
        return False
    kinds = {kind for kind, named in _KIND_WORDS if named.search(sentence)}
    if kinds and about not in kinds and (about, *kinds) not in _TOGETHER:
        return True
    return OTHER_ROLES.search(sentence) is not None or (
        about is Kind.SPONSORS and ANY_COMPANIES.match(sentence) is not None
    )


def _is_of_an_event(sentence: str) -> bool:
    """True when what is missing are the sponsors of an event, not events: "no sponsors for this event"."""
    return bool(SPONSOR_WORDS.search(sentence)) and not EVENT_WORDS.search(_THIS_EVENT.sub("", sentence))


def _sentences(passage: _Passage) -> Iterator[tuple[str, str]]:
    """Each sentence of a passage with the line it is of."""
    for line in passage.prose:
        for part in SENTENCE_END.split(_SOURCED.sub("", line)):
            if sentence := part.strip():
                yield line, sentence


def _passages(text: str) -> Iterator[_Passage]:
    passage = _Passage()
    fenced = follows = False
    for raw in text.splitlines():
        line = " ".join(raw[:_MAX_LINE].translate(_QUOTES).split()) if raw[:3] != "```" else raw[:3]
        if line.startswith(("```", "~~~")):
            fenced = not fenced
            continue
        if not line or fenced:
            follows = False
            continue
        cells = table_cells(line)
        stripped, marked = split_marker(line)
        is_below = (follows and passage.is_plain) if passage.items else passage.is_led_in
        is_plain = is_below and not marked and cells is None and _is_plain_item(line)
        follows = True
        if cells is not None or (marked and not heading_of(line)) or _is_record(line) or is_plain:
            passage.is_plain = is_plain
            passage.items.append(stripped)
            passage.is_table = passage.is_table or cells is not None
            continue
        if passage.items:
            if raw[:1].isspace() and not heading_of(line):
                continue  # belongs to the item above
            yield passage
            passage = _Passage()
        emphasised = _EMPHASISED.fullmatch(line)
        passage.prose.append(emphasised[2] if emphasised else heading_of(line) or line)
    yield passage


def _may_be_name(line: str) -> bool:
    """True for a line of prose that begins with a name, or is no sentence and no heading above a list."""
    if line.startswith(("**", "__", "[")):
        return True
    return not line.endswith(_ENDS) and len(line.split()) < _MIN_SENTENCE and not ELSE.search(line)


def _is_plain_item(line: str) -> bool:
    """True for a line that may be an item of a list without bullets: short, no sentence, and nothing missing."""
    return not (line.endswith(_ENDS) or len(line.split()) > _MAX_RECORD or heading_of(line) or _denial(line))


def _denies_all(item: str) -> bool:
    return not RECORD_LIKE.search(item[:400]) and _denial(item) is _Denial.ALL


def _is_record(line: str) -> bool:
    """True for a line without a marker that is part of a record: "Date: March 3", "**AnvilConf** — March 3"."""
    short = line.startswith(("**", "[")) or (len(line.split()) <= _MAX_RECORD and not line.endswith(_ENDS))
    return bool(LABELLED.match(line)) or (short and bool(RECORD_LIKE.search(line[:400])))


def _denial(sentence: str) -> _Denial:
    if ONLY_NOTHING.fullmatch(sentence) or foreign.ONLY_NOTHING.fullmatch(sentence):
        return _Denial.ALL
    if "(" in sentence and not sentence.startswith("("):
        sentence = _BRACKETED.sub("", sentence)  # "Sponsors (tiers not available):"
    label, colon, value = sentence.partition(":")
    if colon and ONLY_NOTHING.fullmatch(value):  # "Silver: none so far", "CFO: not found"
        return _Denial.ALL if SAYS_KIND.search(label) and not PARTIAL.search(label) else _Denial.PART
    degree = max(_negated(sentence), _foreign_denial(sentence))
    if degree < _Denial.ALL and CLOSED.search(sentence):
        degree = max(degree, _Denial.PART if PARTIAL.search(sentence) else _Denial.ALL)
    if not_these := NOT_THESE.search(sentence):
        degree = max(degree, _Denial.PART if PARTIAL.search(not_these[0]) else _Denial.ALL)
    if degree < _Denial.MEANS and (ASKS.search(sentence) or foreign.ASKS.search(sentence)):
        degree = _Denial.MEANS
    if degree < _Denial.PART and (
        FAILED.search(sentence) or TO_COME.search(sentence) or foreign.TO_COME.search(sentence)
    ):
        degree = _Denial.PART if _PARTLY.search(sentence) else _Denial.MEANS
    is_of_these = OF_THESE.search(sentence) and not _NONE_OF_THEM.search(sentence)
    return min(degree, _Denial.PART) if is_of_these else degree


_NONE_OF_THEM = re.compile(NONE_OF_THEM, re.IGNORECASE)
_IS_NEGATED = re.compile(r"\b(?:no|none|not|without|neither)\b[^,;:]*$", re.IGNORECASE)
_PASSIVE = re.compile(r"(?:is|are|was|were) ", re.IGNORECASE)
_EMPHASISED = re.compile(r"([*_])(?![*_\s])(.+)(?<![*_])\1")
_THIS_EVENT = re.compile(
    r"\b(?:the|this|these|that|those|each|either|both|its) (?:\w+ )?(?:event|conference)s?\b", re.I
)
_TOGETHER = {(Kind.SPONSORS, Kind.EVENTS), (Kind.PEOPLE, Kind.EVENTS)}
"""Without an event there are neither sponsors nor speakers of it."""
_BRACKETED = re.compile(r"\s?\([^()]*+\)")
_SOURCED = re.compile(r"(?<=\S)\s?\([^()]*:\s[^()]*+\)")
_PARTLY = re.compile(r"\b(?:some|one of|certain|a few|parts? of|several|linkedin)\b", re.IGNORECASE)


def _negated(sentence: str) -> _Denial:
    degree = _Denial.NOTHING
    for pattern in (NEGATED_VERB, NEGATED_NOUN, NOTHING, NOT_PUBLISHED):
        for match in pattern.finditer(sentence):
            if GOOD_NEWS.match(match[0]):
                continue
            denied = _DEGREES[pattern](sentence, match)
            kept_out = denied is _Denial.MEANS and ENTERS.match(match["what"])  # "unable to access the website"
            if denied and not kept_out and PARTIAL.search(_object_of(sentence, match)):
                denied = _Denial.PART
            degree = max(degree, denied)
    return degree


def _verb_denied(sentence: str, match: re.Match[str]) -> _Denial:
    what, before = match["what"], sentence[: match.start()]
    about = bool(SAYS_KIND.search(what) or SAYS_KIND.search(before))
    able = ABILITY.match(match[0]) and SAYS_KIND.search(what) and not NO_SEARCH.match(what)
    if able or SAYS_SEARCHED.search(what) or SAYS_PUBLISHED.search(what) or HAS_NOT.match(what):
        if about:
            return _Denial.ALL
        speaks = FIRST_PERSON.search(before) or not before.strip(" ,*_")
        acts = LEADING_VERB.match(what.lstrip()) or HAS_NOT.match(what)
        return _Denial.MEANS if speaks and acts else _Denial.NOTHING
    said = MENTIONS.match(what)
    denies = about and said and (SOURCE.search(before) or what[said.end() :].startswith((" any ", " its ", " their ")))
    return _Denial.ALL if denies else _Denial.NOTHING


def _noun_denied(_sentence: str, match: re.Match[str]) -> _Denial:
    return _Denial.ALL if SAYS_KIND.search(match["what"][:80]) else _Denial.NOTHING


def _nothing_denied(sentence: str, match: re.Match[str]) -> _Denial:
    what = match["what"]
    denies = (
        SAYS_PUBLISHED.search(what)
        or SAYS_SEARCHED.search(what)
        or SAYS_SEARCHED.search(sentence[: match.start()])
        or (MENTIONS.match(what) and SAYS_KIND.search(what))
    )
    return _Denial.ALL if denies else _Denial.NOTHING


def _publication_denied(sentence: str, match: re.Match[str]) -> _Denial:
    return _Denial.ALL if SAYS_KIND.search(sentence[: match.start()]) else _Denial.NOTHING


_DEGREES = {
    NEGATED_VERB: _verb_denied,
    NEGATED_NOUN: _noun_denied,
    NOTHING: _nothing_denied,
    NOT_PUBLISHED: _publication_denied,
}


def _foreign_denial(sentence: str) -> _Denial:
    part = sentence[:600]
    if any(negation.search(part) and whole.search(part) for negation, whole in foreign.DENIALS) or (
        not sentence.isascii() and foreign.WITHOUT_BLANKS.search(sentence)
    ):
        return _Denial.PART if foreign.PARTIAL.search(sentence) else _Denial.ALL
    return _Denial.NOTHING


def _object_of(sentence: str, match: re.Match[str]) -> str:
    """The words about what is missing: up to the place where it was looked for."""
    what = match["what"]
    verb = LEADING_VERB.match(what.lstrip()) if match.re is NEGATED_VERB else None
    if verb and " " in (rest := what.lstrip()[verb.end() :].strip()):
        what = rest  # "complete" in "unable to complete the request"
    about = _OBJECT_END.split(what, maxsplit=1)[0]
    if SAYS_KIND.search(about) or (match.re is NOTHING and about.strip()):
        return about
    return f"{sentence[max(0, match.start() - 80) : match.start()]} {what}"


def _sense(sentence: str, denied: str | None) -> _Sense | None:
    """The things a sentence announces; ``None`` when it announces none."""
    given, sentence = sentence, BASIS.sub("", _BRACKETED.sub("", sentence))
    announced, other = FOLLOWS.search(sentence), ELSE.search(sentence)
    if announced and _IS_NEGATED.search(sentence, 0, announced.start()) and _PASSIVE.match(announced[0]):
        announced = None
    if announced and "nothing" in sentence:
        return None  # "The site shows a heading with nothing below"
    is_current = not NOT_CURRENT.search(sentence)
    if denied and (announced or sentence.endswith((":", "："))) and _is_earlier(given, denied):
        return _Sense.OTHER_TIMES
    if OF_OTHERS.search(sentence) or (denied and foreign.WERE.search(sentence)):
        return _Sense.OTHER_TIMES
    if foreign.NOT_CURRENT.search(sentence) or (announced and not is_current and SAYS_KIND.search(sentence)):
        return _Sense.OTHER_TIMES
    if announced and is_current and (not other or announced.start() < other.start() or FOUND.search(sentence)):
        return _Sense.RECORDS
    if foreign.ELSE.search(sentence):
        return _Sense.ADVICE
    if foreign.FOLLOWS.search(sentence) or foreign.IN_SPITE.match(sentence):
        return _Sense.RECORDS
    if not other and not sentence.endswith("?"):
        return None
    times = not is_current and SAYS_KIND.search(sentence)
    return _Sense.OTHER_TIMES if times else _Sense.ADVICE


def _is_earlier(sentence: str, denied: str) -> bool:
    """True for "2025 sponsors:" after "The 2026 sponsors are unknown", and "In 2025 they were:" after "not yet"."""
    then, now = _YEAR.search(sentence), _YEAR.findall(denied)
    if then is None:
        return False
    return then[0] < max(now) if now else bool(_YET.search(denied) and _WERE.search(sentence))

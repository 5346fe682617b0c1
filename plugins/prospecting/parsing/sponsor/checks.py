"""Reasons why something listed as a sponsor is none: texts in place of a name, venues, past and possible sponsors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from prospecting.parsing.names import vocabulary, words
from prospecting.parsing.payload import canonical_key
from prospecting.parsing.placeholders import stands_for_nothing
from prospecting.parsing.records import Rejected
from prospecting.parsing.sponsor.words import LOWER_CASE_PLACEHOLDERS, MAX_NAME, PLACEHOLDERS, REFUSAL, STATUS
from prospecting.parsing.tiers import MAX_TIER, canonical_tier, words_of_key

_VENUE_TIER = re.compile(
    r"(?:(?:official|main|host(?:ing)?|event|conference|partner|exclusive|the|our) )*"
    r"(?:venue|hotel|location|accommodation|conference cent(?:er|re))s?"
    r"(?: (?:and|&|/) (?:venue|hotel|location|accommodation)s?)?"
    r"(?: (?:partner|host|provider|supporter|owner|sponsor))?"
)
_VENUE_NAME = vocabulary(
    """
    hotel hotels hostel inn resort motel suites venue center centre hall halls arena stadium auditorium theatre theater
    teatro palace palais palacio museum convention ballroom library lodge castle kongresshaus kongresszentrum
    congress congresscenter messe expo campus fairgrounds fairground opera marriott hilton hyatt sheraton radisson
    novotel mercure westin intercontinental ramada
    """
)
_NOT_CURRENT = re.compile(
    r"(?:(?:our|the|some|other|notable|all|list|of) )*"
    r"(?:past|previous|former|prior|historical|last year(?:['’]?s)?|previous years?(?:['’]?s?)?|potential|possible"
    r"|likely|probable|prospective|hypothetical|typical|speculative|rumou?red|suggested|recommended|not confirmed"
    r"|unconfirmed|declined|withdrawn)"
    r"(?: (?:\d{4}|event|conference|edition|year(?:['’]s)?|gold|platinum|silver|bronze|diamond|title|main|media"
    r"|confirmed|known|major|notable|industry|corporate))*"
    r"(?: (?:sponsors?|partners?|exhibitors?|supporters?|companies|sponsorships?|targets?|candidates?))?"
    r"(?: \(?\d{4}\)?)?"
)
_PROSE = re.compile(
    r"(?i:reach out|sign up|get in touch|let me|feel free|would you|do you|are you|can you|could you|should i|shall i"
    r"|if you|want to|note that|based on|according to|interested in) \S"
    r"|\d{1,2}:\d\d\b"  # a line of a programme
    r"|(?i:become (?:an? |our )?(?:\w+ )?(?:sponsor|exhibitor|partner|member|speaker)s?\b)"
    r"|(?i:become|meet|thank|download|apply|register|who|what|which|how|when|where|why|try|consider|explore|compile"
    r"|provide|draft|attend|subscribe|set up|use|run|request|inquire|enquire|call|message|look|go|click|open|search)"
    r" (?:an?|the|our|your|my|their|this|these|those|you|is|are|was|were|to|in|for|out|any|with|up|at|on|of|into)"
    r"(?: (?!(?:the|an?) [A-Z])[a-z]|$)"
)
_COUNTED = re.compile(
    r"(?:and |plus |& )?(?:various|several|multiple|numerous|many|other|additional|local|\d+\+)(?: (?!and\b)\S+)?"
    r" (?:businesses|firms|start-?ups|agencies|vendors|brands|universities|institutions|industry leaders|sponsors"
    r"|companies|organi[sz]ations|partners|exhibitors)"
    r"|(?:the |a )?(?:full|complete|official|final|detailed)? ?(?:sponsors?|exhibitors?|partners?)? ?list\b.*"
    r"|(?:see|view|show|browse|load|all) (?:all |our |the |more |full )*(?:sponsors?|exhibitors?|partners?|list)"
    r"|(?:more |sponsor )?details? (?:pending|unavailable|unknown|to follow|tb[acd])"
    r"|(?:check|visit|see|source|link|website|via|url|from|at)s?:? https?:.*|(?:yes|true|false|many|available|n\.?a\.?)"
)
_QUOTES = "\"'“”„«‘’"
_MAX_SPOKEN = 80
_MIN_SENTENCE = 10
"""Characters and blanks: a longer name that ends like a sentence is one."""
_ADDRESS = re.compile(r"\w@\w[\w-]*+\.\w")
_QUESTION = re.compile(r"\s[a-z][^?]*+\?$")
_NUMBERED = re.compile(r"(?:sponsor|exhibitor|organi[sz]ation|partner)s?(?: name)? ?#?(?:\d{1,3}|[a-z])")


def name_refusal(name: str) -> Rejected | None:
    """Why ``name`` is not the name of a sponsor; ``None`` when it may be one."""
    if len(name) > MAX_NAME:
        return Rejected("name_too_long", f"A sponsor's name has more than {MAX_NAME} characters.", name)
    if len(name) > _MAX_SPOKEN and name.endswith((".", "!", "?", "。")) and name.count(" ") >= _MIN_SENTENCE:
        return Rejected("placeholder", "A sentence stands in place of a sponsor's name.", name)
    folded = name.casefold().strip(" .:*…")
    if folded in PLACEHOLDERS or name.strip(" .:*…") in LOWER_CASE_PLACEHOLDERS or _NUMBERED.fullmatch(folded):
        return Rejected("placeholder", "A sponsor's name only stands for a missing one.", name)
    if REFUSAL.match(name) or _COUNTED.fullmatch(folded) or stands_for_nothing(name):
        return Rejected("placeholder", "A sponsor's name only stands for a missing one.", name)
    if (
        _PROSE.match(name.lstrip(_QUOTES))
        or ("?" in name and _QUESTION.search(name))
        or ("@" in name and _ADDRESS.search(name))
    ):
        return Rejected("placeholder", "Advice or a question stands in place of a sponsor's name.", name)
    return None


def tier_refusal(tier: str, name: str) -> Rejected | None:
    """Why somebody of this tier is no sponsor of the event; ``tier`` as it was written."""
    reason = _tier_reason(tier)
    if reason == "venue" and tier.casefold().strip().rstrip("s").endswith("sponsor") and not is_venue_name(name):
        return None  # who pays for the rooms
    if reason == "venue":
        return Rejected("venue", "The venue of the event is listed as a sponsor.")
    if reason == "not_current":
        return not_current(None)
    return None


def not_current(raw: Any) -> Rejected:
    """The rejection of a sponsor of another year, or of a possible one."""
    return Rejected("not_current", "Listed as a sponsor of another year or as a possible one.", raw)


def is_said_not_current(sponsor: Mapping[Any, Any]) -> bool:
    """True for a sponsor whose object says so itself: "status": "past", "confirmed": false."""
    for key, value in sponsor.items():
        if value is False or isinstance(value, str):
            name = canonical_key(key)
            if name in STATUS and (value is False or is_of_other_times(value[:MAX_TIER])):
                return value is not False or name not in ("status", "sponsorshipstatus")
    return False


def is_of_other_times(label: str) -> bool:
    """True for labels of lists whose sponsors are another year's, or possible ones: "past_sponsors", "Potential"."""
    return _tier_reason(label) == "not_current"


@lru_cache(maxsize=8_192)
def _tier_reason(tier: str) -> str | None:
    text = " ".join(words_of_key(tier).casefold().strip(" :*#-").split())
    if _NOT_CURRENT.fullmatch(text):
        return "not_current"
    return "venue" if _VENUE_TIER.fullmatch(text) or _VENUE_TIER.fullmatch(canonical_tier(tier) or "") else None


def is_venue_name(name: str) -> bool:
    """True for names of hotels, halls and convention centers."""
    return not _VENUE_NAME.isdisjoint(words(name))

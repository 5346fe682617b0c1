"""Sponsors named in sentences: "The sponsors include Acme, Globex and Initech", in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prospecting.parsing.sponsor.entries import Entry
from prospecting.parsing.sponsor.lines import is_plain_name, read_entry, split_names
from prospecting.parsing.sponsor.words import OTHER_TIMES, REFUSAL

_LOOKED_AT = 20_000  # characters
_TIER = (
    r"(?:headline|principal|lead|premier|title|presenting|diamond|platinum|gold|silver|bronze|titanium|media|community"
    r"|main)"
)
_KIND = r"(?:sponsors?|exhibitors?|partners?)"
_END = r"(?:\.[\"”']?\s|[.\"”']{0,2}$|;)"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"\b(?:(?P<tier>{_TIER}) )?{_KIND}\b[^.:\n]{{0,60}}?(?:\binclude[sd]?|\bare|\bwere|\bis|\bwas"
        rf"|:)(?: (?:named|listed))?(?:\s?:)?\s+"
        rf"(?P<names>[^.]{{3,400}}?)(?:{_END}|,? and (?=(?:the|its|our) (?:{_TIER} )?{_KIND} (?:is|are)\b))",
        rf"\bsponsored by (?P<names>[^.:]{{3,400}}?){_END}",
        rf"(?:^|[.!?:] )(?P<names>[^.:\n]{{3,300}}?),? (?:are|is)(?: (?:both|all|the|an?|our|its"
        rf"|(?:listed|named|confirmed|announced) as|official|confirmed|current"
        rf"|only|two|three|four|five|main|event)){{0,3}}(?: (?P<tier>{_TIER}))? (?:sponsors?|sponsoring)\b",
        rf"\b(?:lists|names|mentions|shows|credits|thanks|features|confirms|identifies) (?P<names>[^.:\n]{{3,400}}?)"
        rf" as (?:(?:the|its|an?|official|confirmed|event|main) ){{0,3}}(?:(?P<tier>{_TIER}) )?{_KIND}\b",
        r"\b(?:sponsoren|partnern?|ausstellern?|patrocinador[ea]s|patrocinatori|sponsors?|partenaires|sponsorzy)\b"
        r"[^.:\n]{0,60}?\b(?:gehören|zählen|sind|heißen|son|incluyen|são|incluem|sono|includono|sont|incluent"
        r"|figurent|figuran|se encuentran|estão"
        rf"|comprennent|zijn)\b:? (?P<names>[^.:\n]{{3,400}}?){_END}",
        r"(?:スポンサー|赞助商|贊助商|赞助企业)(?:企業|公司)?(?:は|包括|有|为|是)[：:]?\s*(?P<names>[^。\n]{2,400}?)(?:です|になります|等)?(?:。|$)",
    )
)  # fmt: skip
_FOREIGN_AND = re.compile(r" (?:und|et|y|e|och|en|og) (?=[^,]*$)")
_WIDE_COMMA = re.compile(r"[、，]|(?<=[\w)])(?:と|和|及|以及)(?=[A-Za-z0-9])|(?<=[A-Za-z0-9)])(?:と|和|及|以及)")
_SENTENCE = re.compile(r"(?:the|this|that|these|those|its|our|all|some|many|several|no|i|we|they|it|there)\b ?", re.I)


def introduced(text: str) -> Iterator[Entry]:
    """The sponsors of the sentences of a text that name several, or one with its tier."""
    text = text[:_LOOKED_AT].replace("**", "")
    for pattern in _PATTERNS:
        found: list[Entry] = []
        for match in pattern.finditer(text):
            if REFUSAL.search(match[0]) or OTHER_TIMES.search(text[max(0, match.start() - 60) : match.end()]):
                continue
            found += _named(match)
        if found:
            yield from found
            return


def _named(match: re.Match[str]) -> list[Entry]:
    listed = _WIDE_COMMA.sub(", ", _FOREIGN_AND.sub(" and ", match["names"].strip(" \"“”'"), count=1))
    tier = match.groupdict().get("tier")
    entries = [read_entry(name, tier, match[0]) for name in split_names(listed, loose_and=True)]
    named = all(entry.name and is_plain_name(entry.name) and not _is_said(entry.name) for entry in entries)
    return entries if named and (len(entries) > 1 or any(entry.tier for entry in entries)) else []


def _is_said(name: str) -> bool:
    """True for "The organizers" and "It", which are words of a sentence; "The Linux Foundation" is a name."""
    match = _SENTENCE.match(name)
    return match is not None and not name[match.end() :][:1].isupper()

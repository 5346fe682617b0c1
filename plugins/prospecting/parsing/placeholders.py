"""Texts in the place of a name that name nothing: admissions, announcements, counts, templates, instructions, code.

They hold for companies, people and events alike; what only stands for no person or no sponsor stays with the kind.
Real names come close ("Unknown Worlds", "TBC Bank", "No Starch Press", "50 Partners", "See Tickets"), so a word alone
is hardly ever enough: it takes the word and what it says about a record.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from prospecting.parsing.fields import PLACEHOLDERS, phrases
from prospecting.parsing.names import vocabulary

_LOOKED_AT = 400  # characters; a name is shorter

_PHRASES = PLACEHOLDERS | phrases(
    "and more|and others|and many more|and many others|many more|among others|and counting|more to come|see more"
    "|show more|load more|read more|view all|see all|etc|et al|others|n/a n/a|null null|none none|undefined undefined"
    "|unknown unknown|vacant|currently vacant|vacancy|unfilled|open position|position open|position vacant|role vacant"
    "|vacant position|vacant role|open role|open vacancy|now hiring|currently hiring|we are hiring|we're hiring"
    "|recruiting|recruitment in progress|search in progress|search underway|search ongoing|placeholder|dummy"
    "|lorem ipsum|lorem ipsum dolor|no name|not sure|i don't know|don't know|does not exist|doesn't exist"
    "|your name here|your company here|your logo here|your brand here|your name|your company|your event|insert name"
    "|name here|company here|available upon request|available on request|upon request|on request|details to follow"
    "|to follow|stay tuned|watch this space|check back soon|check back later|page not found|404 not found|error 404"
    "|not found 404|404 error|access denied|access forbidden|forbidden|bad gateway|internal server error|server error"
    "|just a moment|rate limit exceeded|too many requests|service unavailable|request timeout|[object object]"
    "|object object|no title|untitled|undefined null|redacted|name withheld|withheld|anonymized|anonymised"
    "|nicht gefunden|nicht angegeben|non trouvé|no encontrado|no encontrada|non trovato|não encontrado|niet gevonden"
    "|keine angabe|keine angaben|k.a|k. a|nicht bekannt|nicht verfügbar|wird noch bekannt gegeben|unbekannt"
    "|próximamente|por confirmar|por definir|por anunciar|no disponible|desconocido|sin datos|à venir|à confirmer"
    "|à définir|à déterminer|non disponible|non communiqué|inconnu|em breve|a definir|a confirmar|não disponível"
    "|não informado|desconhecido|da definire|da confermare|non disponibile|sconosciuto|nader te bepalen|onbekend"
    "|未定|暂无|待定|未公布|暂未公布|無し|该信息不可用|不明|非公開|なし|неизвестно|не указано|нет данных"
)

_RECORDS = (
    r"(?:sponsors?|sponsorships?|exhibitors?|partners?|company|companies|organi[sz]ations?|brands?|vendors?"
    r"|supporters?|events?|conferences?|summits?|trade shows?|contacts?|people|persons?|executives?|officers?|leaders?"
    r"|leadership|decision[- ]?makers?|individuals?|speakers?|names?|records?|results?|data|information|info|details"
    r"|match(?:es)?|entry|entries|holders?)"
)
_MANY = (
    r"(?:sponsors|exhibitors|partners|companies|organi[sz]ations|brands|vendors|supporters|events|conferences|contacts"
    r"|executives|decision[- ]?makers|speakers|names|attendees|people|organi[sz]ers|members|participants)"
)
_OUTCOME = (
    r"(?:found|available|identified|identifiable|listed|confirmed|announced|known|provided|specified|disclosed"
    r"|verified|verifiable|published|located|named|released|given|stated|mentioned|detected|determined|returned"
    r"|assigned|appointed|revealed|discovered|recorded|applicable|public|match|matched|exist)"
)
_RESEARCH = (
    r"(?:verify|confirm|find|identify|determine|locate|access|retrieve|provide|disclose|obtain|fetch|load|parse"
    r"|comply|assist|help with|list|publish|announce|name|specify|reveal|exist|apply|mention|establish|ascertain)"
)
_TO_COME = (
    r"(?:announced|confirmed|determined|decided|hired|appointed|filled|advised|disclosed|revealed|verified|identified"
    r"|updated|published|released|finali[sz]ed|defined|assigned|recruited|provided|selected)"
)
_CODE_TAGS = (
    r"(?:script|img|iframe|svg|style|object|embed|link|meta|form|input|body|head|html|video|audio|math|base|textarea)"
)


class _Kind(NamedTuple):
    words: frozenset[str]
    signs: re.Pattern[str] | None
    patterns: tuple[re.Pattern[str], ...]


def _kind(words: str, signs: str | None, *patterns: str) -> _Kind:
    return _Kind(vocabulary(words), re.compile(signs) if signs else None, tuple(map(re.compile, patterns)))


# Each kind has words and signs; a text without any of them matches none of its patterns. Patterns are tried on folded
# text without surrounding quotes, full stops and blanks.
_KINDS = (
    # Nothing was found.
    _kind(
        """
        no zero none nothing nobody not i i'm i've we we've we're there unable failed impossible possible cannot can't
        couldn't didn't doesn't don't isn't aren't wasn't weren't hasn't haven't hadn't unknown unnamed unidentified
        undisclosed unspecified unverified unavailable placeholder dummy fictional example sample
        """,
        r"^0 |n/a",
        rf"(?:there (?:is|are|was|were) )?(?:no|zero|0) (?:\S+ ){{0,5}}?{_RECORDS}(?: \S+){{0,4}}? {_OUTCOME}\b",
        rf"no (?:\S+ ){{1,4}}?(?:(?:is|are|was|were|has been|have been|could be|can be) )?{_OUTCOME}(?: yet| publicly"
        r"| at this time| online| so far)?$",
        r"no (?:(?:further|additional|other|more|public|publicly|current|confirmed|specific|known|verified|official"
        r"|named|relevant|matching|upcoming|suitable|such|available|listed|clear|dedicated) ){1,3}(?:\S+ ){0,2}?"
        rf"{_RECORDS}\b",
        rf"no (?:{_MANY}|results|data|information|info|records|matches|details|leadership)(?:$| (?:yet|at this time"
        r"|currently|available|for|in|on|were|was|have|has|could)\b)",
        rf"(?:none|nothing|nobody|no one)(?: \S+){{0,3}}? {_OUTCOME}\b",
        r"none (?:of (?:the(?! above [a-z])|these|them)|yet|at this time|so far|currently|this (?:year|time)"
        r"|for (?:now|this|20\d\d))\b",
        rf"not (?:\S+ ){{0,3}}?(?:{_OUTCOME}|sure|clear|certain|filled|hired)(?:$|[\s,;:.(])",
        rf"(?:i|we)(?:'m|'ve| am| was| have| had| were| are)? (?:\S+ ){{0,3}}?(?:unable|could not|couldn't|cannot|can't"
        rf"|did not|didn't|do not|don't|not able)(?: to)? (?:\S+ )?{_RESEARCH}\b",
        rf".*\b(?:unable|failed|impossible|not able|not possible) to (?:\S+ )?{_RESEARCH}\b",
        r".*\b(?:could|can|did|does|do|is|are|was|were|has|have|had)(?: ?not|n't)(?: (?:be|been|yet|publicly|currently"
        rf"|independently|reliably)){{0,3}} (?:{_RESEARCH}|{_OUTCOME})\b",
        rf"(?:unknown|unnamed|unidentified|undisclosed|unspecified|unverified|placeholder|dummy|fictional) "
        rf"(?:\S+ )?(?:{_RECORDS}|organi[sz]ers?|c[a-z]o|president|director|position|role|founder)$",
        rf"(?:example|sample) (?:{_RECORDS}|name|[a-z]+ name)$",
        r"(?:n/a|unknown|unspecified|undisclosed|unavailable|not (?:available|found|disclosed|specified|applicable))"
        r"\s*[-–—:(;,]",
    ),
    # It will be known later.
    _kind(
        "be soon tba tbc tbd t",
        None,
        rf".*\b(?:to|will|yet to|soon to|shall) be (?:\S+ )?{_TO_COME}\b",
        rf".*(?:^|[\s(–—-])(?:coming|{_TO_COME}|more) soon\)?$",
        r"t\.?b\.?[acd]\.?\s*(?:$|\(|[-–—:;,/]|(?:19|20)\d\d$)(?!.*\b(?:bank|group|global|corp\w*|inc|ltd|llc"
        r"|media)\b)",
        r".*(?:^|\s)[\[(]?tb[acd][\])]?$",
    ),
    # A number instead of names.
    _kind(
        """
        more others other additional further over about around nearly almost approximately approx least another plus
        sponsors exhibitors attendees contacts makers various several multiple numerous many dozens hundreds some
        number variety range
        """,
        r"\d\+",
        rf"(?:and|plus|\+|&|with)?\s*(?:over|about|around|nearly|almost|approximately|approx\.?|at least|up to"
        r"|more than|another|some)? ?\+?\d[\d,.]*k?\+? (?:more|others?|additional|further)"
        rf"(?: (?:\S+ ){{0,2}}{_MANY})?$",
        rf"(?:over|about|around|nearly|almost|approximately|approx\.?|at least|up to|more than|another|plus|\+)"
        rf" ?\d[\d,.]*k?\+? (?:\S+ ){{0,3}}?{_MANY}\b",
        rf"\d[\d,.]*k?\+ (?:\S+ ){{0,3}}?{_MANY}$",
        r"\d[\d,.]*k? (?:\S+ )?(?:sponsors|exhibitors|attendees|contacts|decision[- ]?makers)$",
        r"(?:and |plus |& )?(?:various|several|multiple|numerous|many|other|others|additional|more|dozens of"
        rf"|hundreds of|a number of|a variety of|a range of|some) (?:\S+ ){{0,3}}?{_MANY}$",
        r"(?:and|plus) (?:many |several |some |lots )?(?:more|others|additional)(?: \S+){0,3}$",
    ),
    # Nobody holds the post.
    _kind(
        "vacant open unfilled vacancy empty tba tbc tbd recruiting recruitment search hiring",
        None,
        r"(?:\S+ ){0,4}?(?:position|role|post|seat|office|vacancy|slot)s?(?: (?:is|are|currently|now|still|remains))"
        r"{0,2} (?:vacant|open|unfilled|empty|tb[acd])\b",
        r"(?:currently |temporarily )?(?:(?:vacant|unfilled)(?:\s*[-–—:,(]| (?:since|as of)\b)|(?:vacant|unfilled|open)"
        r" (?:position|role|post|seat|vacancy)(?:$|\s*[-–—:,(]))",
        r".*[-–—:,(]\s*(?:currently |position |role )?(?:vacant|unfilled|vacancy|open position)\)?$",
        r"(?:recruiting|recruitment|search|hiring)(?: \S+){0,3} (?:in progress|underway|under way|ongoing|pending)$",
    ),
    # A template that nobody filled in; "[solidcore]" is a company.
    _kind(
        """
        insert enter add type your protected companyname eventname sponsorname personname firstname lastname fullname
        """,
        r"[\[{<($%_]",
        r"\$\{|\{\{.*\}\}|%[sd]$|\$[a-z_]*(?:name|company|sponsor|event|person)$",
        r".*[\[{<(](?:[^\[\]{}<>()]{0,60}[\s_-])?(?:insert|name|your|first|last|redacted|placeholder|protected|unknown"
        r"|tb[acd]|n/a|withheld|title here|to be \w+|not \w+|none|null)(?:[\s_-][^\[\]{}<>()]{0,60})?[\]}>]",
        rf"[\[{{<](?:the )?(?:\S+ )?{_RECORDS}(?: \S+)?[\]}}>]$",
        r"(?:insert|enter|add|type) (?:\S+ ){0,3}?(?:name|company|sponsor|event|here)\b",
        r"your[ _](?:\S+[ _]){0,3}(?:here|name|logo)$",
        r"[a-z]+_(?:name|title|here|company)$|(?:company|event|sponsor|person|first|last|full)_?name$",
        r"\[?\s*e-?mail\s+protected\s*\]?$",
        r"(?:functions?\.)?(?:submit|record|save|store|report|provide|return|register|extract|list|get|fetch|find"
        r"|search"
        r"|create|output)_[a-z_]+$",
    ),
    # Somebody is told to look elsewhere.
    _kind(
        """
        see check visit refer consult contact search review browse look go monitor follow ask e email reach click
        verify find please kindly
        """,
        None,
        r"(?:please |kindly )?(?:see|check|visit|refer to|consult|contact|search|review|browse|look (?:at|up|for)|go to"
        r"|monitor|follow|ask|e-?mail|reach out to|click|verify|find)(?: \S+){0,6}? (?:websites?|web ?site|web ?page"
        r"|webpage|links?|organi[sz]ers?|sources?|urls?|lists?|linkedin|below|above|here|directly"
        r"|for (?:\S+ )?(?:details|more|info\w*|updates))(?:$|[,.;:)]| (?:for|to|and|or)\b)",
        r"please (?:see|check|visit|refer|consult|contact|verify|provide|note|let|click|specify|confirm|try|wait)\b",
    ),
    # Instructions to whoever reads, and code.
    _kind(
        """
        ignore disregard forget override bypass prompt jailbreak developer instructions ai you instead system
        assistant user human send forward e email exfiltrate post upload leak wire transfer delete drop reveal print
        output execute run union truncate alter select insert rm javascript error exception warning traceback
        cloudflare lorem lipsum
        """,
        r"[\"<>()$%=;|`#]|'\s*[:,]|--|://|\.\./|/etc|data:|inst\]|object\]",
        r".*\b(?:ignore|disregard|forget|override|bypass)(?: (?:all|any|the|your|my|these|those|of|every|and|prior"
        r"|previous|preceding|above|earlier|foregoing|system|other)){1,6}(?: \S+)? ?(?:instructions?|prompts?|rules?"
        r"|messages?|context|guidelines?|directions?|commands?|constraints?|polic(?:y|ies)|conversation|text|said)\b",
        r".*\b(?:ignore|disregard|forget) (?:the above|everything|all (?:previous|prior)|previous)\b",
        r".*\b(?:system prompt|jailbreak|developer mode|new instructions?:|your (?:real |actual )?instructions|as an ai"
        r"\b.{0,20}\bmodel|you are (?:now|an? (?:\S+ )?(?:assistant|ai|model|bot|agent))|instead (?:of|reply|respond"
        r"|output|say|print|return))\b",
        r".*(?:<\|\w+\|>|\[/?inst\]|###? ?(?:instruction|system|response)|^(?:system|assistant|user|human) ?:)",
        r".*\b(?:send|forward|e-?mail|exfiltrate|post|upload|leak|wire|transfer)\b.{0,60}\b(?:to|at)\b"
        r" \S*(?:@|https?:)",
        r".*\b(?:e-?mail|delete|drop|reveal|print|output|execute|run) (?:all|every|the|your|this) (?:\S+ )?"
        r"(?:data|tables?|records?|contacts?|database|prompts?|password|secrets?|keys?|code|command|following)\b",
        rf".*(?:<\s*/?\s*{_CODE_TAGS}\b|<!--|-->|<\?|<%|javascript\s*:|data:text/|\bon(?:error|load|click)\s*=)",
        r".*\b(?:alert|eval|exec|console\.log|document\.\w+|window\.\w+|__import__|string\.fromcharcode|popen)\(.*\)",
        r".*\b(?:prompt|confirm|system|sleep|print|fetch|require|import|benchmark|waitfor)\((?:\d*|['\"].*)\)",
        r".*(?:\b(?:or|and) ['\"]?\d+['\"]?\s*=\s*['\"]?\d|\bunion(?: all)? select\b|\b(?:drop|truncate|alter) table\b"
        r"|\bselect \*|\binsert into\b|\bdelete from\b|;\s*--|--\s*$|\$\{jndi:|\.\./\.\./|/etc/passwd"
        r"|\$\(.*\)|%0[ad]|\brm -rf\b)",
        r".*[\"']\s*[:,]\s*[\"'{\[]",  # a piece of JSON
        r"(?:error|exception|warning|traceback)\s?(?::|\d{3}\b)|.*\|\s*cloudflare$|.*\[object object\]",
        r"(?:lorem|lipsum) ",
    ),
)
_ANY_WORD = frozenset().union(*(kind.words for kind in _KINDS))
_ANY_SIGN = re.compile("|".join(kind.signs.pattern for kind in _KINDS if kind.signs))
_WORD = re.compile(r"[a-z']+")
_QUOTES = str.maketrans("’‘`´“”\u00a0", "''''\"\" ")


def stands_for_nothing(text: str) -> bool:
    """True for a text that is no name of anything, whatever kind of record it stands in.

    Takes cleaned text ("Unable to verify", "and 12 more", "TBA - sponsors will be announced", "[Event Name]",
    "Ignore previous instructions and …", "alert(1)"). Only the first few hundred characters are looked at.
    """
    return _stands_for_nothing(text[:_LOOKED_AT])


@lru_cache(maxsize=16_384)
def _stands_for_nothing(text: str) -> bool:
    folded = text.casefold()
    if not folded.isascii() or "`" in folded:
        folded = folded.translate(_QUOTES)
    folded = " ".join(folded.split()).strip(" .…,;:*'\"")
    if not folded or folded in _PHRASES or folded.strip("()[]<>{} .!?…") in _PHRASES:
        return True
    found = _WORD.findall(folded)
    if _ANY_WORD.isdisjoint(found) and not _ANY_SIGN.search(folded):
        return False
    return any(
        any(pattern.match(folded) for pattern in kind.patterns)
        for kind in _KINDS
        if not kind.words.isdisjoint(found) or (kind.signs and kind.signs.search(folded))
    )

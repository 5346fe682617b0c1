"""The area of a role: which part of a company it runs, in words that can be compared.

The last noun says what somebody does: "Product Marketing" is marketing, "Data Platform Engineering" engineering. What
serves another function is an area of its own: "Sales Operations" is neither sales nor operations, "Sales Engineering"
neither sales nor engineering.
"""

from __future__ import annotations

from dataclasses import dataclass

from prospecting.parsing.names import vocabulary
from prospecting.parsing.title.parts import REGION_WORDS
from prospecting.parsing.title.ranks import (
    ACRONYMS,
    CHIEF_FUNCTIONS,
    FUNCTION_WORDS,
    LEADERS,
    MODIFIER_RANKS,
    NOT_ENGINEERED,
    RANKS,
)
from prospecting.parsing.title.roles import Role, is_people_work, read_roles

_RANKS = (
    frozenset(MODIFIER_RANKS)
    | LEADERS
    | vocabulary(
        """vp director head manager supervisor superintendent foreman lead leader leaders managing_director
    general_director general_manager chief_of_staff chief officer executive executives decision_maker"""
    )
)
_PREPOSITIONS = vocabulary("of for in de des du di da do del della dei des der fur en")
_FILLERS = vocabulary(
    """senior junior global group the a an any all and team teams department dept organization organisation function
    division unit management leadership practice level staff non la le les el los attached"""
)
SOFT = REGION_WORDS | vocabulary(
    """enterprise enterprises smb smbs midmarket market markets small medium large major strategic named key inside
    outside field direct indirect corporate new existing b2b b2c sector public private"""
)
"""Words for regions and segments: they narrow an area without making it another one."""

# Words that say nothing beyond their function; the others name a part of it.
_GENERIC = vocabulary(
    """engineering software development developers technology technical research sales selling commercial marketing
    finance financial hr people people_operations personnel operations operating partnership partnerships partner
    partners alliance alliances customer_success customers legal security cybersecurity information_security infosec
    cyber data it information_technology design designers developer_relations devrel strategy product products r d"""
)
# Functions that serve others: with another function in front, they are an area of their own.
_SERVING = vocabulary("operations operating strategy analytics insights technology bi")
# Engineers of those who sell are not engineering.
_SOLD = frozenset({"sales", "marketing", "partnerships", "customer success"})
_SOLD_WORDS = vocabulary("solution solutions customer field value client")
_SERVED_BY_SUPPORT = frozenset({"sales", "marketing", "finance", "hr", "legal", "operations", "partnerships"})
_SERVICES = vocabulary(
    """enablement systems tools tooling training planning effectiveness excellence administration program programs
    programme programmes project projects pmo transformation readiness productivity automation intelligence governance
    reporting process processes development awareness education"""
)
_CORE_SERVICES = {
    "finance": vocabulary("planning reporting administration"),
    "strategy": vocabulary("planning development"),
    "operations": vocabulary("planning"),
    "data": vocabulary("governance intelligence"),
    "hr": vocabulary("development training administration"),
    "partnerships": vocabulary("development"),
    "engineering": vocabulary("development"),
}
_TWO_SIDED = vocabulary("commercial revenue")  # of sales only when they stand alone: not "Commercial Lending"
_SYNONYMS = {
    "purchasing": "procurement",
    "recruiting": "talent_acquisition",
    "recruitment": "talent_acquisition",
    "communication": "communications",
    "comptroller": "controller",
    "ai": "machine_learning",
    "ml": "machine_learning",
}
# Functions that share what serves them, and the word each goes by.
_NAMED_BY = {
    "sales": "sales",
    "marketing": "marketing",
    "customer success": "customer_success",
    "partnerships": "partnerships",
}


@dataclass(frozen=True, slots=True)
class Area:
    """A function, the words that name a part of it, what serves it if anything, and regions or segments."""

    function: str | None
    specific: frozenset[str] = frozenset()
    service: str | None = None
    soft: frozenset[str] = frozenset()

    @property
    def is_plain(self) -> bool:
        """True for a whole function."""
        return self.function is not None and not self.specific and self.service is None


def areas_of(role: Role) -> tuple[Area, ...]:
    """The areas a role runs: several when it names several ("Sales & Marketing"), none when it names none."""
    if role.chiefs:
        return tuple(area for chief in role.chiefs for area in _areas_of_chief(chief))
    found = [area for head, rest in _conjuncts(role) if (area := _area(head, rest))]
    last = found[-1] if found else None
    if last and last.service and last.function in _NAMED_BY:  # "Sales & Marketing Operations" are two operations
        found = [
            Area(area.function, frozenset({_NAMED_BY[area.function]}), last.service, area.soft)
            if area.is_plain and area.function in _NAMED_BY
            else area
            for area in found
        ]
    named = [area for area in found if area.function]
    unnamed = [area for area in found if not area.function]
    if len(unnamed) > 1:  # "Trust & Safety" is one
        words = frozenset().union(*(area.specific for area in unnamed))
        unnamed = [Area(None, words, None, frozenset().union(*(area.soft for area in unnamed)))]
    return tuple(named + [area for area in unnamed if area.specific])


def _areas_of_chief(chief: str) -> list[Area]:
    if known := CHIEF_FUNCTIONS.get(chief):
        return [Area(function) for function in known]
    area = _area([_SYNONYMS.get(word, word) for word in chief.split() if word != "chief"], [])
    return [area] if area else []


def _conjuncts(role: Role) -> list[tuple[list[str], list[str]]]:
    """(head words, words that qualify them) of each of the areas a role names."""
    found: list[tuple[list[str], list[str]]] = []
    separators = [separator for separator, _ in role.segments]
    for index, (separator, tokens) in enumerate(role.segments):
        head, rest = _chunks(tokens, role)
        if not head:
            continue
        is_listed = "&" in separators[index + 1 :] and _bears_function(head) and bool(found)
        if found and separator != "&" and not is_listed:
            found[-1][1].extend(head + rest)
        else:
            found.append((head, rest))
    return found


def _chunks(tokens: tuple[str, ...], role: Role) -> tuple[list[str], list[str]]:
    """The words of a segment that name an area, and those that qualify them."""
    before: list[str] | None = None
    chunks: list[list[str]] = [[]]
    named = _without_people(tokens, role)
    for token, following in zip(named, [*named[1:], ""], strict=True):
        if token in _RANKS:
            if before is None:
                before = [word for chunk in chunks for word in chunk]
                chunks = [[]]
        elif token in _PREPOSITIONS:
            if chunks[-1]:
                chunks.append([])
        elif token not in _FILLERS or following == "development":  # "Leadership Development"
            chunks[-1].append(_SYNONYMS.get(token, token))
    head, rest = chunks[0], [word for chunk in chunks[1:] for word in chunk]
    if before and (_bears_function(before) or not head):
        return before, head + rest
    return head, (before or []) + rest


def _without_people(tokens: tuple[str, ...], role: Role) -> list[str]:
    """``tokens`` with people and talent as the department where they mean it."""
    if not is_people_work(role.words):
        return list(tokens)
    return [{"people": "hr", "talent": "talent_acquisition"}.get(token, token) for token in tokens]


def _bears_function(words: list[str]) -> bool:
    return any(_function(words, index) for index in range(len(words)))


def _function(words: list[str], index: int) -> str | None:
    word = words[index]
    before = words[index - 1] if index else None
    if word == "strategic":
        return None
    if word == "development" and before in NOT_ENGINEERED:
        return None
    if word == "partner":
        return "partnerships" if len(words) > 1 else None
    function = FUNCTION_WORDS.get(word)
    return None if function == "executive" else function


def _area(head: list[str], rest: list[str]) -> Area | None:
    if head and rest and all(word in SOFT for word in head):
        head, rest = rest, head
    soft = frozenset(word for word in head + rest if word in SOFT)
    last = max((index for index in range(len(head)) if _function(head, index)), default=None)
    if last is None:
        if "strategic" in head:
            return Area("strategy", frozenset(head) - SOFT, None, soft)
        words = frozenset(head + rest) - SOFT
        return Area(None, words, None, soft) if words else None
    function = _function(head, last)
    word = head[last]
    others = [other for other in rest + head[:last] if other not in SOFT]
    tail = [other for other in head[last + 1 :] if other not in SOFT]
    if word in _TWO_SIDED and tail and tail[-1] not in _SERVICES:
        return Area(None, frozenset([*others, word, *tail]), None, soft)
    service = _service_behind(function, tail, [other for other in rest if other not in SOFT])
    if service:
        return Area(function, frozenset([*others, word, *tail]) - {service}, service, soft)
    served = _served(word, function, rest + head[:last])
    if served:
        return Area(served, frozenset(others), word, soft)
    specific = frozenset(
        other for other in [*others, word, *tail] if other not in _GENERIC or _is_foreign(other, function)
    )
    if word == "revenue":
        specific -= {word}
    return Area(function, specific, None, soft)


def _is_foreign(word: str, function: str | None) -> bool:
    """True for a generic word of another function, which tells a part: "Security Engineering"."""
    other = FUNCTION_WORDS.get(word)
    return other is not None and other != function


def _service_behind(function: str | None, tail: list[str], qualifiers: list[str]) -> str | None:
    """The word behind a function that says what serves it: "Sales Enablement", "Sales - Operations"."""
    core = _CORE_SERVICES.get(function or "", frozenset())
    found = [word for word in tail if word in _SERVICES and word not in core]
    if found:
        return found[-1]
    alone = qualifiers[0] if len(qualifiers) == 1 else ""
    if alone in _SERVICES - core or (alone in _SERVING and FUNCTION_WORDS.get(alone) != function):
        return alone
    return None


def _served(word: str, function: str | None, before: list[str]) -> str | None:
    """The function that another one, named by ``word``, serves: sales for "Sales Operations"."""
    qualifying = [other for index in range(len(before)) if (other := _function(before, index)) and other != function]
    if word in _SERVING and qualifying:
        return qualifying[-1]
    if function == "engineering":
        sold = [other for other in qualifying if other in _SOLD]
        by_customers = word.startswith("engineer") and before and before[-1] in _SOLD_WORDS
        return sold[-1] if sold else "sales" if by_customers else None
    if word == "support":
        return next((other for other in qualifying if other in _SERVED_BY_SUPPORT), None)
    if word == "presales":
        return "sales"
    return None


def is_only_a_title(title: str) -> bool:
    """True when every word of ``title`` belongs to a job title and one of them is a rank: "Directeur Financier".

    False for a name before or behind it, also where the name is such a word ("Marshall Field").
    """
    found = read_roles(title)
    tokens = [token for role in found.roles for token in role.words]
    is_known = not found.is_corrected and all(
        token in _RANKS or token in ACRONYMS or token in FUNCTION_WORDS or token in _FILLERS or token in _PREPOSITIONS
        for token in tokens
    )
    return is_known and any(token in RANKS for token in tokens)

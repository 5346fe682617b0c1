"""Takes a job title apart into the roles it names, each with a level, functions and the chief posts it holds.

"CEO & CFO" are two roles, "VP Sales, Europe" is one. Roles that are over are left out. An occupation whose noun is
a thing or a trade ("Chair Mender", "Head Waiter", "Chief Cook") has no level.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from prospecting.parsing.title.parts import REGION_WORDS, leads_part, leads_part_before, works_in_part
from prospecting.parsing.title.ranks import (
    ACRONYMS,
    AFTER_A_CHAIR,
    ATTRIBUTED,
    BEFORE_A_CHAIR,
    C_SUITE,
    CASTERS,
    CHAIRED,
    CHIEF_FUNCTIONS,
    CHIEF_WORDS,
    CONTROLLERS,
    DIRECTOR,
    DRIVERS,
    FUNCTION_WORDS,
    HEAD_LEVELS,
    INDIVIDUAL,
    LEADERS,
    LEAVING,
    MANAGER,
    MODIFIER_RANKS,
    NOT_ENGINEERED,
    NOW,
    PAST,
    PAST_BEFORE_A_RANK,
    PEOPLE_AFTER,
    PEOPLE_BEFORE,
    PREPOSITIONS,
    RANKED,
    RANKS,
    SENIORITIES,
    SPECIALITIES,
    STILL_SOMEBODY,
    SUPPORT,
    TRADES,
    TRADES_OF_CHIEFS,
    UNIFORMED,
)
from prospecting.parsing.title.words import MAX_TITLE, normal_form


@dataclass(frozen=True, slots=True)
class Role:
    """One role of a title: its words by segment, level, functions and the chief posts it names.

    A segment is (its joint with the one before: ``|``, ``&`` or nothing; words). ``is_of_part`` for the role of a
    region, a division or a subsidiary.
    """

    segments: tuple[tuple[str, tuple[str, ...]], ...]
    words: tuple[str, ...]
    level: str
    functions: frozenset[str]
    chiefs: tuple[str, ...] = ()
    is_support: bool = False
    is_of_part: bool = False


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of a title that are not over; ``is_past`` when it names roles and all are.

    ``is_corrected`` when a typing error was put right to read them.
    """

    roles: tuple[Role, ...] = ()
    is_past: bool = False
    is_corrected: bool = False


@lru_cache(maxsize=16_384)
def read_roles(title: str, *, as_written: bool = False) -> Roles:
    """The roles that ``title`` names, in order; a typing error is put right unless it is read ``as_written``."""
    form = normal_form(title[:MAX_TITLE], as_written=as_written)
    segments, has_past = _segments(form.text)
    parts = _joined(segments)
    # An assistant, in any part of the title, holds none of the other posts named: "Executive Assistant, CEO".
    is_support = any(not SUPPORT.isdisjoint(tokens) for part in parts for _, tokens in part)
    roles = _of_parts([_role(part, is_support=is_support) for part in parts])
    is_past = has_past and not any(_is_ranked(role.words) or STILL_SOMEBODY & set(role.words) for role in roles)
    return Roles(roles, is_past, form.is_corrected)


def _role(part: list[_Segment], *, is_support: bool) -> Role:
    tokens = [token for _, tokens in part for token in tokens]
    chiefs = [] if is_support or "intern" in tokens else _chiefs(tokens)
    functions = _functions(tokens, chiefs)
    lead_function = "general_director" in tokens and functions - {"executive"}
    if lead_function:  # "Geschäftsführer Vertrieb" leads sales, not the company
        chiefs = [chief for chief in chiefs if chief != "ceo"]
        functions = frozenset(lead_function)
    if "assistant" in tokens or "intern" in tokens:
        level = INDIVIDUAL
    elif lead_function:
        level = C_SUITE
    else:
        level = _level([token for token in tokens if not is_support or token not in LEADERS], chiefs, part)
    segments = tuple((sep, tuple(tokens)) for sep, tokens in part)
    leads = chiefs or (_names_leader(tokens) and functions <= {"executive"})
    is_of_part = _is_of_part(part) if leads else any(works_in_part(words) for _, words in part)
    return Role(segments, tuple(tokens), level, functions, tuple(chiefs), is_support, is_of_part)


def _is_of_part(part: list[_Segment]) -> bool:
    """True when the words around a chief's post, or a leader's, say which part of the company it leads."""
    for _, tokens in part:
        first = next((i for i, token in enumerate(tokens) if token in ACRONYMS or token in _LEADING), None)
        if first is None:
            if leads_part(tokens):
                return True
            continue
        end = first + 1
        if tokens[first] == "chief":
            end = tokens.index("officer", first) + 1 if "officer" in tokens[first:] else first + 2
        if leads_part_before(tokens[:first]) or leads_part(tokens[end:]):
            return True
    return False


def _of_parts(roles: list[Role]) -> tuple[Role, ...]:
    """``roles``, where what is said behind the last of two that are joined goes for both: "President & CEO, Europe"."""
    for index in range(len(roles) - 1, 0, -1):
        role, before = roles[index], roles[index - 1]
        joined = role.segments[0][0] == "&" and role.segments[-1][0] == "|" and _names_leader(role.words)
        is_another = not set(role.chiefs) & set(before.chiefs)  # "Group CEO & CEO, Europe"
        if role.is_of_part and joined and is_another and _names_leader(before.words):
            roles[index - 1] = replace(before, is_of_part=True)
    return tuple(roles)


def _names_leader(tokens: Sequence[str]) -> bool:
    return any(token in ACRONYMS or token in _LEADING for token in tokens)


# --- segments ----------------------------------------------------------------------------------------------------

_LEADING = LEADERS | {"chief", "managing_director"}
_Segment = tuple[str, list[str]]
_SEPARATOR = re.compile(r"([|&/])")
_JOINING = ("&", "/")


def _segments(text: str) -> tuple[list[_Segment], bool]:
    """The parts of a title between separators, without those that are over; and True when there were such."""
    pieces = _SEPARATOR.split(text)
    parts = [(pieces[index - 1] if index else "", pieces[index].split()) for index in range(0, len(pieces), 2)]
    parts = [part for part in parts if part[1]]
    found: list[_Segment] = []
    has_past = is_over = opens = False
    for index, (separator, words) in enumerate(parts):
        tokens = _resolved(words, parts[index + 1 : index + 2])
        if tokens[0] in NOW and len(tokens) > 1 and (tokens[1] in PAST or tokens[1] in LEAVING):
            tokens = tokens[1:]
        was_over = is_over
        is_over = is_over and (separator in _JOINING or opens)
        opens = False
        if tokens == ["former"] and separator == "&" and not is_over:  # "Glove Turner and Former"
            continue
        if is_over or _names_past(tokens, is_first=not found):
            has_past = True
            remaining = _after_now(tokens)
            is_over = not remaining and (tokens[0] in PAST or tokens[0] in PAST_BEFORE_A_RANK)
            if not remaining and separator != "&" and _says_only_past(tokens):  # "CEO (former)", "2015-2019: CEO"
                opens = is_over = not found and not was_over
                if not was_over:
                    _drop_last_role(found)
            tokens = remaining
        elif tokens[0] in NOW and found and len(tokens) > 1 and _is_ranked(tokens):  # "CTO (now CEO)"
            has_past = True
            _drop_last_role(found)
            tokens = tokens[1:]
        elif len(tokens) == 1 and tokens[0] in NOW:
            continue
        if tokens:
            found.append((separator if found else "", tokens))
    return [("&" if separator == "/" else separator, tokens) for separator, tokens in found], has_past


def _says_only_past(tokens: list[str]) -> bool:
    """True for a remark about the role before it, not about another one: "former", not "ex-Globex"."""
    return tokens[0] in LEAVING or all(token in PAST or token in MODIFIER_RANKS for token in tokens)


def _names_past(tokens: list[str], *, is_first: bool) -> bool:
    if tokens[0] in PAST or (not PAST.isdisjoint(tokens) and _is_ranked(tokens)):
        return True  # but a tube former forms tubes
    if tokens[0] in PAST_BEFORE_A_RANK and len(tokens) > 1:
        rest = tokens[1:]
        while rest and not _is_rank(rest[0]) and _may_stand_before_a_rank(rest[0]):
            rest = rest[1:]
        if rest and _is_rank(rest[0]):
            return True
    if tokens[-1] in LEAVING and len(tokens) > 1 and (_is_rank(tokens[-2]) or tokens[-2] in ("officer", "executive")):
        return True  # "CEO outgoing"
    return not is_first and tokens[0] in LEAVING and not _is_ranked(tokens)


def _may_stand_before_a_rank(token: str) -> bool:
    return token in FUNCTION_WORDS or token in MODIFIER_RANKS or token in REGION_WORDS or token in ("group", "global")


def _drop_last_role(found: list[_Segment]) -> None:
    """Takes away the role at the end, with what is joined to it by "and" or describes it."""
    while found:
        separator, tokens = found.pop()
        if separator not in _JOINING and _is_ranked(tokens):
            return


def _after_now(tokens: list[str]) -> list[str]:
    return next((tokens[i + 1 :] for i, token in enumerate(tokens) if token in NOW), [])


def _is_rank(token: str) -> bool:
    return token in RANKS


def _is_ranked(tokens: list[str] | tuple[str, ...]) -> bool:
    return not RANKED.isdisjoint(tokens)


def _joined(segments: list[_Segment]) -> list[list[_Segment]]:
    """The segments of each role: those without a rank of their own join the one they qualify."""
    roles: list[list[_Segment]] = []
    waiting: list[_Segment] = []
    for segment in segments:
        tokens = segment[1]
        if _is_ranked(tokens):
            roles.append([*waiting, segment])
            waiting = []
        elif roles and _qualifies(segment, roles[-1]):
            roles[-1].append(segment)
        else:
            waiting.append(segment)
    return roles + ([waiting] if waiting else [])


def _qualifies(segment: _Segment, segments: list[_Segment]) -> bool:
    separator, tokens = segment
    role = [token for _, words in segments for token in words]
    if all(token in MODIFIER_RANKS for token in tokens):
        return True
    if leads_part(tokens) and (separator == "|" or leads_part(segments[-1][1])):
        return True
    if "general_director" in role and separator == "|":
        return any(token in FUNCTION_WORDS for token in tokens)
    return not _chiefs(role) and not any(token in LEADERS for token in role)


def _resolved(tokens: list[str], following: list[_Segment]) -> list[str]:
    """``tokens`` with each chair as whoever presides, as the head of a department, or as a piece of furniture."""
    if "chair" not in tokens and "chairman" not in tokens:
        return tokens
    if tokens == ["chair"] and following and following[0][0] == "&" and following[0][1][-1] in TRADES:
        return tokens  # "Chair and Couch Maker"
    resolved = []
    chaired = not CHAIRED.isdisjoint(tokens)
    for index, token in enumerate(tokens):
        if token in ("chair", "chairman"):
            before = tokens[index - 1] if index else None
            after = tokens[index + 1] if index + 1 < len(tokens) else None
            if token == "chair" and after and after not in AFTER_A_CHAIR and after not in CHAIRED:
                resolved.append(token)
                continue
            of_a_subject = token == "chair" and before is not None and before not in BEFORE_A_CHAIR
            token = "head" if chaired or of_a_subject else "chairman"
        resolved.append(token)
    return resolved


# --- reading -----------------------------------------------------------------------------------------------------


def _chiefs(tokens: list[str]) -> list[str]:
    """The chief posts a role names as its own noun, acronyms and "Chief ... Officer" alike."""
    found: list[str] = []
    for index, token in enumerate(tokens):
        after = tokens[index + 1 : index + 2]
        if token in ACRONYMS and not _is_attribute(tokens[index + 1 :]):
            found.extend(ACRONYMS[token])
        elif token == "chief":
            span = tokens[index + 1 : index + 6]
            if "officer" in span:
                end = span.index("officer")
                if not _is_attribute(tokens[index + 2 + end :]) and not UNIFORMED & set(span[:end]):
                    found.append(_chief_post(span[:end]))
            elif after == ["executive"] and _may_follow_a_post(tokens[index + 2 :]):
                found.append("ceo")
    return found


def _may_follow_a_post(tokens: list[str]) -> bool:
    return not tokens or tokens[0] in ("of", "in", "attached") or leads_part(tokens)


def _is_attribute(following: list[str]) -> bool:
    """True when the post before ``following`` only describes another noun, as in "CEO coach"."""
    for token in following:
        if token in ("of", "in", "attached"):
            return False
        if token in ATTRIBUTED:
            return True
    return False


def _chief_post(described: list[str]) -> str:
    phrase = " ".join(described)
    known = CHIEF_WORDS.get(phrase)
    if known is None and described and not _is_specialised(described):  # "Chief Global Marketing Officer"
        known = CHIEF_WORDS.get(described[-1])
    return known or f"chief {phrase}".strip()


def _is_specialised(described: list[str]) -> bool:
    """True when the words before the last make another post: "Chief Medical Information Officer" is no CIO."""
    function = FUNCTION_WORDS.get(described[-1])
    return any(
        (FUNCTION_WORDS.get(word, function) != function and word != "strategic") or word in SPECIALITIES
        for word in described[:-1]
    )


def _leads(tokens: list[str]) -> bool:
    """True when a founder, owner, president, chair or partner is the noun of the role."""
    first = next((index for index, token in enumerate(tokens) if token in LEADERS), None)
    if first is None or _is_attribute(tokens[first + 1 :]):
        return False
    leader, before, after = tokens[first], tokens[:first], tokens[first + 1 :]
    if leader == "senior_partner":
        return not after or after[0] in PREPOSITIONS or _is_rank(after[0])
    if leader == "founder":
        return not before or before[-1] not in CASTERS
    if leader == "owner" and after[:1] == ["operator"]:
        return not DRIVERS & set(tokens)
    return True


def _level(tokens: list[str], chiefs: list[str], part: list[_Segment]) -> str:
    if chiefs:
        return C_SUITE
    words = set(tokens)
    clerk = words & {"controller", "comptroller"} and not words <= CONTROLLERS  # "Inventory Controller"
    levels = [HEAD_LEVELS[t] for t in tokens if t in HEAD_LEVELS and not (clerk and t.endswith("troller"))]
    if _leads(tokens):
        levels.append(C_SUITE)
    elif "chief" in words and not any(t in ACRONYMS for t in tokens) and not _is_of_a_trade("chief", part):
        levels.append(DIRECTOR)
    if "head" in words and "director" not in words and _is_of_a_trade("head", part):
        levels = [level for level in levels if level != DIRECTOR]
    if tokens == ["partner"] or {"general", "counsel"} <= words:
        levels.append(DIRECTOR)
    if tokens[:2] in (["team", "lead"], ["team", "leader"]):
        levels.append(MANAGER)
    return min(levels, key=SENIORITIES.index, default=INDIVIDUAL)


def _is_of_a_trade(rank: str, part: list[_Segment]) -> bool:
    """True when "head" or "chief" ranks somebody within a trade or is a thing: "Head Waiter", "Chief Cook"."""
    tokens = next(tokens for _, tokens in part if rank in tokens)
    if rank == "chief" and "officer" in tokens and UNIFORMED & set(tokens):
        return True
    after = tokens[tokens.index(rank) + 1 :][:1]
    if after == ["of"]:
        return False
    trades = TRADES_OF_CHIEFS if rank == "chief" else TRADES
    return not trades.isdisjoint(tokens) or (rank == "head" and after == ["start"])


def _functions(tokens: list[str], chiefs: list[str]) -> frozenset[str]:
    found: set[str] = set()
    for chief in chiefs:
        words = chief.split()
        found.update(CHIEF_FUNCTIONS.get(chief) or {FUNCTION_WORDS[w] for w in words if w in FUNCTION_WORDS})
    if not chiefs or "general_director" in tokens:
        found.update(
            FUNCTION_WORDS[token]
            for index, token in enumerate(tokens)
            if token in FUNCTION_WORDS
            and (token not in ACRONYMS or token == "general_director")
            and (token != "development" or not index or tokens[index - 1] not in NOT_ENGINEERED)
        )
        if is_people_work(tokens):
            found.add("hr")
        if "partner" in tokens and tokens != ["partner"] and "hr" not in found:
            found.add("partnerships")
        if "developer_relations" in tokens or "devrel" in tokens:
            found.discard("engineering")
    return frozenset(found)


def is_people_work(tokens: list[str] | tuple[str, ...]) -> bool:
    """True when "people" or "talent" means the department: "VP People", "Director of Talent", not "Talent Agent"."""
    for index, token in enumerate(tokens):
        if token in ("people", "talent"):
            before, after = tokens[index - 1 : index] if index else (), tokens[index + 1 : index + 2]
            if (before and before[0] in PEOPLE_BEFORE) or (after and after[0] in PEOPLE_AFTER):
                return True
    return False


def is_controller(words: frozenset[str] | set[str]) -> bool:
    """True when a controller keeps the books, rather than an inventory or the air traffic."""
    return words <= CONTROLLERS

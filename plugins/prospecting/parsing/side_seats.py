"""Tells seats that people hold beside their job from jobs: on a board, as adviser or investor, as fractional chief.

Such a seat says nothing about where somebody works. In doubt a title is a job: "Financial Advisor" is a trade, the
member of an executive board runs the company, and whoever is "CEO & Board Member" has a job.
"""

from __future__ import annotations

from prospecting.parsing.names import vocabulary
from prospecting.parsing.title.ranks import HEAD_LEVELS, OCCUPATIONS
from prospecting.parsing.title.roles import Role, read_roles

_BOARDS = vocabulary(
    """board boards trustee trustees ned advisory aufsichtsrat aufsichtsrats aufsichtsrates beirat beirats
    verwaltungsrat verwaltungsrats chairman"""
)
_MONEY = vocabulary("investor investors angel shareholder stockholder")
_ADVISERS = vocabulary("advisor adviser mentor")
_NOT_A_TRADE = vocabulary(
    """senior strategic special independent external informal startup startups start up board advisory angel investor
    founder founding executive member committee group of to the for at in and attached chief key trusted volunteer"""
)
_RUN_THE_COMPANY = vocabulary("executive management managing")
_SIDE_PARTNERS = vocabulary("venture limited advisory")
_NO_DIRECTORS = HEAD_LEVELS.keys() - {"director", "managing_director", "head"}
"""Ranks of jobs; directors and chairs may sit on a board and nowhere else."""


def is_side_seat(title: str | None) -> bool:
    """True when a title names nothing but seats on boards, of advisers, of investors or of fractional chiefs.

    False without a title.
    """
    roles = read_roles(title or "").roles
    return bool(roles) and all(_is_side_seat(role) for role in roles)


def _is_side_seat(role: Role) -> bool:
    words = frozenset(role.words)
    if role.chiefs and "fractional" in words:
        return True  # whoever is one for part of the time is one for several companies
    if role.chiefs or words & _NO_DIRECTORS or words & (OCCUPATIONS - _ADVISERS):
        return False
    if words & HEAD_LEVELS.keys() and role.functions - {"executive"} and "non" not in words:
        return False  # "Sales Director, Board Games"
    if words & _ADVISERS:
        return words - _ADVISERS <= _NOT_A_TRADE
    if words & _BOARDS:
        return "non" in words or not words & _RUN_THE_COMPANY
    if {"non", "managing_director"} <= words or {"independent", "director"} <= words:
        return True
    return bool(words & _MONEY and "relations" not in words) or ("partner" in words and bool(words & _SIDE_PARTNERS))

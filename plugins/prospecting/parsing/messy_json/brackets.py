"""Closing brackets that do not fit: the fewest changes that make them fit.

A bracket may have been left out, doubled, or be of the wrong kind. Only how many containers stay open matters, because
closing one adds nothing to its value.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

_MAX_RUN = 12  # closing brackets in a row that are weighed
_MAX_LEFT_OUT = 4
_MAX_NEIGHBOURS = 20
_CHANGE = 4
_LIKELY = 3


class Following(NamedTuple):
    """The kind of thing behind the brackets: a member of an object, an element of a list, or neither.

    ``key`` is the name of the member, or of the first member of an element that is an object.
    """

    kind: Literal["member", "element", "end"]
    key: str | None = None

    def fits(self, container: Any) -> bool:
        """True when a container can go on with what follows (``None``: there is no container)."""
        if self.kind == "end":
            return True
        return type(container) is (dict if self.kind == "member" else list)


def fitting_depth(stack: list[Any], brackets: str, following: Following) -> int:
    """How many of the open containers of ``stack`` (outermost first) stay open behind ``brackets``."""
    costs = {len(stack): 0}
    for bracket in brackets[:_MAX_RUN]:
        kind = dict if bracket == "}" else list
        reached: dict[int, int] = {}
        for depth, cost in costs.items():
            _lower(reached, depth, cost + _CHANGE)  # one too many
            if depth:
                _lower(reached, depth - 1, cost + _CHANGE * (type(stack[depth - 1]) is not kind))
            for left_out in range(1, min(_MAX_LEFT_OUT, depth - 1) + 1):
                if type(stack[depth - 1 - left_out]) is kind:
                    _lower(reached, depth - 1 - left_out, cost + _CHANGE * left_out)
        costs = reached
    ends: dict[int, int] = {}
    for depth, cost in costs.items():
        if following.kind == "end":
            _lower(ends, depth, cost + _CHANGE * depth)
            continue
        for left_out in range(min(_MAX_LEFT_OUT, depth) + 1):
            open_ = depth - left_out
            if open_ and following.fits(stack[open_ - 1]):
                _lower(ends, open_, cost + _CHANGE * left_out + affinity(stack, open_, following.key))
    return min(ends, key=lambda depth: (ends[depth], depth)) if ends else 0


def affinity(stack: list[Any], depth: int, key: str | None) -> int:
    """How badly ``key`` fits the innermost of ``depth`` open containers, judged by the keys of its neighbours."""
    if key is None:
        return 0
    top = stack[depth - 1]
    if type(top) is list:
        return -_LIKELY if _knows(top, key) else _LIKELY if top else 0
    if key in top:
        return _CHANGE
    return -_LIKELY if depth > 1 and type(stack[depth - 2]) is list and _knows(stack[depth - 2], key) else 0


def _knows(elements: list[Any], key: str) -> bool:
    return any(type(element) is dict and key in element for element in elements[:_MAX_NEIGHBOURS])


def _lower(costs: dict[int, int], depth: int, cost: int) -> None:
    if cost < costs.get(depth, cost + 1):
        costs[depth] = cost

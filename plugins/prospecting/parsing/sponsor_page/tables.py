"""Tables of sponsors: the columns that say what they hold."""

from __future__ import annotations

import re

from prospecting.parsing.page.tree import Element
from prospecting.parsing.sponsor.words import FIELDS
from prospecting.parsing.tiers import is_tier_label

_NAMES = re.compile(
    r"unternehmen|firma|empresa|entreprise|société|azienda|name|nombre|nom|sponsor(?:s|en)?|partners?|exhibitors?"
)
_TIERS = re.compile(r"stufe|kategorie|nivel|categoría|niveau|livello|paket")


def columns_of(rows: list[Element]) -> list[str | None]:
    """The field of each column by the heading above it: ``name``, ``tier``, ``website`` …; ``None`` for any other."""
    headings = [cell.text(60) for cell in rows[0].elements]
    return [_field_of(heading, position, rows) for position, heading in enumerate(headings)]


def _field_of(heading: str, position: int, rows: list[Element]) -> str | None:
    found = FIELDS.field_of(heading)
    if found and (found != "tier" or _are_tiers(rows[1:], position, heading)):
        return found
    if _NAMES.fullmatch(heading.casefold()):
        return "name"
    return "tier" if _TIERS.fullmatch(heading.casefold()) else None


def _are_tiers(rows: list[Element], position: int, title: str) -> bool:
    """True for a column of tiers; one called "category" may as well say what somebody makes."""
    if re.search(r"tier|level|sponsor|package", title, re.IGNORECASE):
        return True
    cells = [text for row in rows[:200] if len(row.elements) > position and (text := row.elements[position].text(80))]
    return 2 * sum(map(is_tier_label, cells)) > len(cells)

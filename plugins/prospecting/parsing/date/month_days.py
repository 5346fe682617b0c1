"""Dates with the name of a month: "Sep 29, 30, Oct 1, 2026", "28. Feb. bis 1. März 2027", "March - April 2025".

The folded text is cut into runs of days, months, years and what joins them. A day belongs to the month beside it, in
the order the run begins with; years complete the dates before and behind them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from prospecting.parsing.date.ranges import (
    FIRST_YEAR,
    LAST_YEAR,
    UNKNOWN,
    MonthDay,
    days_of_month,
    in_order,
    whole_months,
    with_years,
)
from prospecting.parsing.records import DateRange

_MONTH_NAMES = {
    1: """january jan januar janner januari janvier janv enero ene gennaio gen janeiro stycznia styczen ledna leden
    ocak tammikuuta tammikuu января январь ianuarie""",
    2: """february feb febr februar februari fevrier fevr fev febrero febbraio fevereiro lutego luty unora unor subat
    helmikuuta helmikuu февраля февраль februarie""",
    3: """march mar marz maerz marts maart mars marzo marco marca marzec brezna brezen mart maaliskuuta maaliskuu
    марта март martie""",
    4: """april apr avril avr abril abr aprile kwietnia kwiecien dubna duben nisan huhtikuuta huhtikuu апреля апрель
    aprilie""",
    5: "may mai mei maj mayo maggio maio maja kvetna kveten mayis toukokuuta toukokuu мая маи",
    6: "june jun juni juin junio giugno junho czerwca czerwiec cervna cerven haziran kesakuuta kesakuu июня июнь iunie",
    7: """july jul juli juillet juil julio luglio julho lipca lipiec cervence cervenec temmuz heinakuuta heinakuu июля
    июль iulie""",
    8: """august aug augustus augusti aout agosto ago sierpnia sierpien srpna srpen agustos elokuuta elokuu августа
    август""",
    9: """september sept sep septembre septiembre settembre setembro set wrzesnia wrzesien zari eylul syyskuuta
    syyskuu сентября сентябрь septembrie""",
    10: """october oct oktober okt octobre octubre ottobre outubro out pazdziernika pazdziernik rijna rijen ekim
    lokakuuta lokakuu октября октябрь octombrie""",
    11: """november nov novembre noviembre novembro listopada listopad kasim marraskuuta marraskuu ноября ноябрь
    noiembrie""",
    12: """december dec dezember dez decembre diciembre dic dicembre dezembro desember grudnia grudzien prosince
    aralik joulukuuta joulukuu декабря декабрь decembrie""",
}
MONTHS = {name: month for month, names in _MONTH_NAMES.items() for name in names.split()}
"""Names and short forms of months without accents, in lower case, to their numbers."""

_TOKEN = re.compile(
    r"(?P<word>[^\W\d_]++)(?![\d_])"
    r"|(?P<number>(?<![\w$€£])(?<!\d\.)\d++(?![\w%]))"
    r"|(?P<join>[-~/&+,])"
    r"|(?P<blank>[()'.]+)"
    r"|(?P<other>\w++|\S)"
)
_JOINING = frozenset(["and", "und", "et", "y", "e", "en", "i", "och", "og", "a", "or", "oder", "ou", "и", "ve", "ja"])
_SHORT_YEAR = re.compile(r"\b(\d{1,2})([-/ ])([a-z]{3,12}+)\2(\d\d)(?!\d)(?!\s*[-~]?\s*\d)")
_OTHER_DATES = re.compile(
    r"\b(?:deadline|due|early bird|submissions?|cfp|call for|previous(?:ly)?|originally|formerly|instead)\b"
    r"[^.;|()]{0,30}$"
)
_WORD = re.compile(r"\s*[-~]?\s*([a-z]+)")
_COUNTED = re.compile(r"\d{4}\s*[a-z]")
_ALTERNATIVES = frozenset({"or", "oder", "ou"})


class _Token(NamedTuple):
    kind: str
    number: int
    joint: str  # what stands before it, without blanks: "", "-", "~", "," and the like


class _Run(NamedTuple):
    """Days, months and years with nothing but joints between them."""

    start: int
    tokens: list[_Token]

    def has(self, kind: str) -> bool:
        return any(token.kind == kind for token in self.tokens)


class _Entry(NamedTuple):
    at: int
    month_at: int
    month: int
    day: int
    year: int | None


def read_named(text: str, hint: int | None) -> DateRange | None:
    """The first dates with days in the folded ``text``, else its first months; ``None`` when there are none.

    ``hint`` completes dates without a year, as does the only year that stands elsewhere in the text. Deadlines and
    former dates do not count, and alternatives ("4 or 5 May") are refused.
    """
    text = _SHORT_YEAR.sub(_with_century, text)
    runs, is_bare = _runs(text)
    dated = [run for run in runs if run.has("month") and not _OTHER_DATES.search(text, 0, run.start)]
    elsewhere = hint or _year_elsewhere(runs, text)
    for run in dated:
        if run.has("day") and (found := _days(run.tokens, hint if run.has("year") else elsewhere)):
            return found
    for run in dated:
        is_complete = run.has("year") or (is_bare and len(runs) == 1)
        if is_complete and not run.has("day") and (found := _months(run.tokens, hint)):
            return found
    return UNKNOWN if len(dated) < sum(run.has("month") for run in runs) else None


def _runs(text: str) -> tuple[list[_Run], bool]:
    """The runs of ``text``, and whether it holds nothing else."""
    runs: list[_Run] = []
    tokens: list[_Token] = []
    joint, is_bare = "", True
    for match in _TOKEN.finditer(text):
        found = match[0]
        kind = _kind(match.lastgroup or "other", found)
        if kind == "join":
            joint += found
        elif kind == "other":
            tokens, joint, is_bare = [], "", False
        elif kind != "blank":
            if not tokens:
                runs.append(_Run(match.start(), tokens))
            tokens.append(_Token(kind, MONTHS[found] if kind == "month" else int(found), joint))
            joint = ""
    return runs, is_bare


def _kind(group: str, found: str) -> str:
    if group == "word":
        return "month" if found in MONTHS else "join" if found in _JOINING else "other"
    if group == "number":
        return {1: "day", 2: "day", 4: "year"}.get(len(found), "other")
    return group


def _with_century(match: re.Match[str]) -> str:
    """ "15-Mar-25" with the whole year; "15 Mar 25 Apr" as it is."""
    word = _WORD.match(match.string, match.end())
    is_date = match[3] in MONTHS and not (word and word[1] in MONTHS)
    return f"{match[1]} {match[3]} 20{match[4]}" if is_date else match[0]


def _year_elsewhere(runs: list[_Run], text: str) -> int | None:
    """The only year of the text; a number that counts something ("2000 people") is none."""
    years: set[int] = set()
    for run in runs:
        counts = len(run.tokens) == 1 and _COUNTED.match(text, run.start)
        years.update(token.number for token in run.tokens if token.kind == "year" and not counts)
    year = years.pop() if len(years) == 1 else None
    return year if year and FIRST_YEAR <= year <= LAST_YEAR else None


def _days(tokens: list[_Token], hint: int | None) -> DateRange:
    if any(token.joint in _ALTERNATIVES for token in tokens):
        return UNKNOWN
    tokens, is_day_first = _relevant(tokens)
    entries = _entries(tokens, is_day_first)
    if not entries:
        return _months(tokens, hint) if any(token.kind == "year" for token in tokens) else UNKNOWN
    first, last = entries[0], entries[-1]
    given = next((entry.year for entry in entries if entry.year), hint)
    if first.month_at == last.month_at:
        is_last_month = last.at < last.month_at
        return days_of_month(last.year or given, first.month, first.day, last.day, is_last_month=is_last_month)
    if first.year is None and last.year is None:
        first = first._replace(year=given)
    return in_order(*with_years(_plain(first), _plain(last)))


def _plain(entry: _Entry) -> MonthDay:
    return entry.month, entry.day, entry.year


def _relevant(tokens: list[_Token]) -> tuple[list[_Token], bool]:
    """The tokens without numbers that are no days of a month ("2 days" behind a year), and whether days come first."""
    kinds = [token.kind for token in tokens]
    month = kinds.index("month")
    if "day" in kinds[:month] and tokens[month].joint == "," and kinds[month + 1 : month + 2] == ["day"]:
        tokens, kinds, month = tokens[month:], kinds[month:], 0  # "Vol. 5, March 3-5"
    last_month = len(kinds) - 1 - kinds[::-1].index("month")
    kept = list(tokens)
    for at in range(1, len(tokens)):
        if kinds[at] != "day" or at < last_month:
            continue
        is_last = at == len(tokens) - 1
        behind_year = kinds[at - 1] == "year" and not (is_last and tokens[at].joint in ("-", "~"))
        if (behind_year and "year" in kinds[last_month:at]) or (kinds[at - 1] == "day" and not tokens[at].joint):
            kept = tokens[:at]
            break
    return kept, "day" in kinds[:month]


def _entries(tokens: list[_Token], is_day_first: bool) -> list[_Entry]:
    """The days with their months, and with the years that stand behind them; a leading year is that of the first."""
    months = [at for at, token in enumerate(tokens) if token.kind == "month"]
    entries: list[_Entry] = []
    leading: int | None = None
    pairs = _pairs(tokens, months)
    for at, token in enumerate(tokens):
        if token.kind == "year":
            if entries:
                entries[-1] = entries[-1]._replace(year=entries[-1].year or token.number)
            else:
                leading = token.number
        elif token.kind == "day":
            before = [month for month in months if month < at]
            behind = [month for month in months if month > at]
            if pairs:
                owner = pairs[at]
            elif is_day_first or not before or _belongs_to_next(tokens, at):
                owner = behind[0] if behind else before[-1]
            else:
                owner = before[-1]
            entries.append(_Entry(at, owner, tokens[owner].number, token.number, None))
    if entries and leading and entries[0].year is None:
        entries[0] = entries[0]._replace(year=leading)
    return entries


def _pairs(tokens: list[_Token], months: list[int]) -> dict[int, int]:
    """Each day's month in "30-1 Oct/Nov" and "Oct/Nov 30-1"; nothing for dates written out."""
    days = [at for at, token in enumerate(tokens) if token.kind == "day"]
    if len(months) == len(days) == 2 and months[1] == months[0] + 1 and days[1] == days[0] + 1:
        return dict(zip(days, months, strict=True))
    return {}


def _belongs_to_next(tokens: list[_Token], at: int) -> bool:
    """True for the 1 of "Feb 28 - 1 March": the month right behind it has no day of its own."""
    behind = [token.kind for token in tokens[at + 1 : at + 3]]
    return behind[:1] == ["month"] and not tokens[at + 1].joint and behind[1:] != ["day"]


def _months(tokens: list[_Token], hint: int | None) -> DateRange:
    """One month, or the first to the last."""
    months: list[tuple[int, int | None]] = []
    leading: int | None = None
    for token in tokens:
        if token.kind == "month":
            months.append((token.number, None))
        elif token.kind == "year" and months:
            months[-1] = (months[-1][0], months[-1][1] or token.number)
        elif token.kind == "year":
            leading = token.number
    (month, year), (last_month, last_year) = months[0], months[-1]
    year = year or leading or (None if last_year else hint)
    if year is None and last_year:
        year = last_year - int(last_month < month)
    elif last_year is None and year:
        last_year = year + int(last_month < month)
    return whole_months(year, month, last_month, last_year) if year else UNKNOWN

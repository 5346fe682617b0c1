"""HTML from templates, with the same look on every page, and values the way people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
NOTHING = "–"
NAVIGATION = (
    ("/", "Overview"),
    ("/signals", "Signals"),
    ("/companies", "Companies"),
    ("/people", "People"),
    ("/recommended", "Recommended"),
    ("/briefings", "Briefings"),
    ("/approvals", "Approvals"),
    ("/review", "Review"),
    ("/models", "Models"),
    ("/ledger", "Ledger"),
    ("/api/docs", "API"),
)
"""Path and label of what the bar at the top leads to."""


@cache
def environment() -> Environment:
    """The templates, with everything escaped unless it is Markup, and unknown names refused."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=number,
        percent=percent,
        usd=usd,
        spent=spent,
        moment=moment,
        day=day,
        duration=duration,
        words=words,
        pretty=pretty,
        groupby_in_order=groupby_in_order,
    )
    made.globals["is_old"] = is_old
    return made


def page(request: Request, template: str, /, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template. It is given ``root``, the path of our own pages, and ``airflow``, that of Airflow's UI;
    ``here`` makes a link to the same page with some of its query changed."""
    root = root_of(request)
    content = (
        environment()
        .get_template(template)
        .render(
            request=request,
            root=root,
            airflow=root.rpartition("/")[0],
            navigation=NAVIGATION,
            person=getattr(request.state, "person", None),
            here=lambda **changes: here(request, **changes),
            **values,
        )
    )
    return HTMLResponse(content, status_code=status_code)


def root_of(request: Request) -> str:
    """The path below which our own pages are, such as ``/prospecting``, or ``/airflow/prospecting`` behind a proxy."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def here(request: Request, **changes: Any) -> str:
    """The query of this page with some parameters changed; ``None`` and ``""`` take one out. Starts with ``?``."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    given = [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
    return "?" + urlencode([*kept, *given])


def run_path(dag_id: str, run_id: str) -> str:
    """The path of a DAG run in Airflow's UI, below its root."""
    return f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


# ------------------------------------------------------------------ values
def number(value: float | None) -> str:
    """1234567 → ``1,234,567``."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share between 0 and 1 → ``42 %``."""
    return NOTHING if value is None else f"{float(value) * 100:.{digits}f} %"


def usd(value: float | None) -> str:
    """An amount of US dollars, with as many digits as it takes to see that it is not nothing."""
    if value is None:
        return NOTHING
    amount = float(value)
    return f"${amount:,.2f}" if amount == 0 or abs(amount) >= 0.1 else f"${amount:,.4f}"


def spent(value: float | None, unpriced: int | None) -> str:
    """An amount of US dollars, of which ``unpriced`` calls are not a part, as their price is not known."""
    if not unpriced:
        return usd(value)
    return f"at least {usd(value)}" if value else "unknown"


def moment(value: datetime | None) -> Markup | str:
    """A time; the browser shows it in the zone that the viewer has set in Airflow."""
    if value is None:
        return NOTHING
    return Markup('<time datetime="{}">{} UTC</time>').format(value.isoformat(), f"{value:%Y-%m-%d %H:%M}")


def day(value: date | None) -> str:
    """A calendar day."""
    return NOTHING if value is None else f"{value:%Y-%m-%d}"


def is_old(value: date | None) -> bool:
    """True for evidence of more than a year ago: what it says may have changed since."""
    return value is not None and (datetime.now(UTC).date() - value).days > 365


def duration(seconds: float | None) -> str:
    """``3 s``, ``12 min``, ``2 h 5 min``."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def words(value: object) -> str:
    """``completed_with_errors`` → ``completed with errors``."""
    return NOTHING if value in (None, "") else str(value).replace("_", " ")


def pretty(value: object) -> Markup:
    """JSON, indented, as text."""
    return escape(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def groupby_in_order(items: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Items by the value of an attribute, in the order in which the values first appear."""
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(getattr(item, attribute), []).append(item)
    return list(groups.items())

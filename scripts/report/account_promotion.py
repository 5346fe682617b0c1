"""The report of a promotion: who is on its list, what became of them, and how to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rich.console import Console
from sqlalchemy import Connection, Engine

from prospecting.persistence.promotions import (
    find_promotion,
    find_promotion_of_run,
    preview_promotion,
    query_items,
)
from prospecting.services.promotions import LIST_QUERY, preview_lines
from scripts.report.console import ROWS, company, month, print_heading, print_line, print_lines, print_table, terminal


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the promotion that an Airflow run worked on: its own, or the one it went on with."""
    opened = returned.get("start_promotion")
    with engine.connect() as connection:
        if opened:
            print_promotion(connection, UUID(opened["promotion_id"]))
        elif found := find_promotion_of_run(connection, run_id):
            print_promotion(connection, found.id)
        else:
            print_heading(terminal(), "Account promotion")
            print_line(terminal(), "The run opened no promotion; nobody became a contact.")


def print_promotion(connection: Connection, promotion_id: UUID, console: Console | None = None) -> None:
    """A promotion with the people on its list. Raises ``LookupError`` when there is none with this id."""
    out = console or terminal()
    promotion = find_promotion(connection, promotion_id)
    if promotion is None:
        raise LookupError(f"no promotion {promotion_id} is stored; see the table contact_promotions")
    print_heading(out, "Account promotion")
    decided = f"   {promotion.decision} by {promotion.decided_by or 'nobody in time'}" if promotion.decision else ""
    print_line(out, f"promotion {promotion.id}   ", (promotion.status, "bold"), decided)
    if promotion.error:
        print_line(out, promotion.error, style="yellow")
    print_lines(out, preview_lines(preview_promotion(connection, promotion_id)))
    for title, status in (("Proposed", "proposed"), ("Became contacts", "promoted"), ("Refused", "refused")):
        people = query_items(connection, promotion_id, status=status, limit=ROWS)
        print_table(
            out,
            title,
            ("company", "person", "title", "seen", "standing", *(("why",) if status == "refused" else ())),
            (
                (
                    company(p),
                    p["full_name"],
                    p["title"] or "",
                    month(p["seen_on"]),
                    p["standing"],
                    *((p["reason"] or "",) if status == "refused" else ()),
                )
                for p in people
            ),
            total=people.total,
        )
        if people.total > ROWS:
            print_line(out, "To see all of them, open the database with `make psql`, and ask:", before=1)
            print_lines(out, LIST_QUERY.format(promotion_id=promotion.id).splitlines())
    if promotion.status == "planned":
        conf = json.dumps({"promotion_id": str(promotion.id), "approved_by": "<your name>"})
        print_line(out, "Nobody has become a contact yet. To make contacts of those proposed:", before=1)
        print_line(out, f"make dag DAG=account_promotion CONF='{conf}'", soft_wrap=True)

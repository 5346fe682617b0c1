"""What could not be used is kept in part: nobody's answer fills the database, or keeps others from being noted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection

from prospecting.parsing.sponsors import parse_sponsors
from prospecting.persistence.rejected_records import (
    RejectedRow,
    forget_agent_failures,
    record_rejected,
    replace_rejected,
)
from tests.db.factories import count, new_execution, stored

HUGE = "Acme " * 200_000


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": [value]}
    return value


def test_a_huge_name_is_kept_in_part_with_its_size(connection: Connection) -> None:
    (rejected,) = parse_sponsors([{"name": HUGE, "tier": "Gold"}]).rejected
    record_rejected(connection, None, [RejectedRow.from_parse(rejected, "sponsor", "event 1")])
    (row,) = stored(connection, "rejected_records")
    assert row["raw"]["name"].startswith("Acme Acme")
    assert row["raw"]["name"].endswith(f"… [{len(HUGE)} characters]")
    assert row["raw"]["tier"] == "Gold"
    assert len(json.dumps(row["raw"])) < 3_000


@pytest.mark.parametrize(
    "raw",
    [HUGE, HUGE.encode(), [HUGE] * 100, {HUGE: HUGE}, deep(20_000), list(range(200_000)), {"id": 10**5_000}],
    ids=["text", "bytes", "texts", "key", "deep", "long", "number"],
)
def test_every_column_is_bounded_whatever_was_rejected(connection: Connection, raw: Any) -> None:
    execution = new_execution(connection)
    row = RejectedRow("parse", HUGE, HUGE, HUGE, raw, HUGE)
    for _ in range(2):
        record_rejected(connection, execution, [row])
    (kept,) = stored(connection, "rejected_records")
    assert len(json.dumps(kept["raw"])) < 60_000
    assert len(kept["detail"]) < 2_100
    for column in ("record_type", "reason", "source"):
        assert len(kept[column]) < 600
        assert kept[column].endswith(f"… [{len(HUGE)} characters]")


def test_a_long_source_is_found_again(connection: Connection) -> None:
    execution = new_execution(connection)
    row = RejectedRow("agent", "event", "timeout", "It took too long", None, HUGE)
    record_rejected(connection, execution, [row])
    replace_rejected(connection, execution, HUGE, [])
    assert count(connection, "rejected_records") == 0
    record_rejected(connection, execution, [row])
    forget_agent_failures(connection, execution, [HUGE])
    assert count(connection, "rejected_records") == 0

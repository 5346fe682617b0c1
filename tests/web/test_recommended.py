"""Recommended accounts: the list of a day, and what people answer to it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine, text

from prospecting.persistence.recommendations import suppress_account
from tests.db.factories import stored

pytestmark = pytest.mark.airflow

DAY, BEFORE = "2026-06-15", "2026-06-14"


@pytest.fixture
def listed(engine: Engine, world: dict[str, int]) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into account_recommendations (recommended_on, account_domain, rank, score, is_exploration, "
                "propensity, reasons, contact_id) "
                "select '2026-06-15'::date, 'acme.com', 1, 0.42, false, 1, array['Hires engineers'], id from contacts "
                "union all select '2026-06-15', 'zeta.io', 2, 0.03, true, 0.125, array['=cmd()'], null "
                "union all select '2026-06-14', 'zeta.io', 1, 0.03, false, 1, array['Alone'], null"
            )
        )


def test_the_newest_list_is_shown_with_reasons_and_whom_to_talk_to(viewer: httpx.Client, listed: None) -> None:
    page = viewer.get("/recommended").text
    for content in ("of 2026-06-15", "Hires engineers", "Jane Doe", "jane@acme.com", "drawn by chance", "12.5 %"):
        assert content in page, content
    assert "Alone" not in page
    assert "Contacted" not in page, "a viewer changes nothing"
    assert "Alone" in viewer.get(f"/recommended?on={BEFORE}").text
    assert "There is no list of that day" in viewer.get("/recommended?on=2001-01-01").text
    rows = list(csv.reader(io.StringIO(viewer.get("/recommended.csv").text.removeprefix("\ufeff"))))
    assert [row[2] for row in rows[1:]] == ["acme.com", "zeta.io"]
    assert rows[2][8] == "'=cmd()"


def test_nothing_is_recommended_yet(viewer: httpx.Client, engine: Engine) -> None:
    assert "ml_feature_refresh" in viewer.get("/recommended").text
    assert "No account is left alone" in viewer.get("/suppressed").text


@pytest.mark.parametrize("answer", ["contacted", "meeting_booked"])
def test_what_somebody_did_is_logged_once_as_theirs(
    user: httpx.Client, engine: Engine, listed: None, answer: str
) -> None:
    for _ in range(2):
        done = user.post(f"/recommended/{DAY}/acme.com/{answer}")
        assert done.status_code == 303, done.text
    assert "acme.com" in user.get(done.headers["location"].removeprefix("/prospecting")).text
    with engine.connect() as connection:
        (row,) = stored(connection, "user_interactions")
        assert stored(connection, "users", "id") == [{"id": row["user_id"]}]
    assert (row["account_domain"], row["interaction_type"]) == ("acme.com", answer)
    assert row["interaction_metadata"] == {"recommended_on": DAY}


def test_accounts_are_left_alone_and_taken_back(user: httpx.Client, engine: Engine, listed: None) -> None:
    def suppressed() -> list[tuple[str, bool]]:
        with engine.connect() as connection:
            rows = stored(connection, "account_suppressions", "*", "account_domain")
        return [(row["reason"], row["suppressed_until"] is None) for row in rows]

    assert user.post(f"/recommended/{DAY}/zeta.io/not_now").status_code == 303
    assert suppressed() == [("Not now, says user", False)]
    assert "Not now, says user" in user.get("/recommended").text
    assert user.post(f"/recommended/{DAY}/zeta.io/never").status_code == 303
    assert user.post(f"/recommended/{DAY}/zeta.io/not_now").status_code == 303
    assert suppressed() == [("Never, says user", True)], "never outlives not now"
    assert "zeta.io" in user.get("/suppressed").text
    assert "for good" in user.get("/suppressed").text
    assert "zeta.io" in user.get("/suppressed.csv").text
    assert user.post("/suppressed/zeta.io/undo").status_code == 303
    assert user.post("/suppressed/zeta.io/undo").status_code == 404
    assert suppressed() == []
    assert user.post(f"/recommended/{DAY}/acme.com/never").status_code == 303
    assert user.post(f"/recommended/{DAY}/acme.com/undo").status_code == 303
    assert suppressed() == []


def test_a_suppression_that_is_over_is_none(viewer: httpx.Client, engine: Engine, listed: None) -> None:
    with engine.begin() as connection:
        over = datetime.now(UTC) - timedelta(days=1)
        suppress_account(connection, account_domain="acme.com", reason="It is over", until=over)
    assert "It is over" not in viewer.get("/recommended").text + viewer.get("/suppressed").text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/recommended/{BEFORE}/acme.com/never", 404),
        (f"/recommended/{DAY}/acme.com/deal_won", 400),
        ("/recommended/today/acme.com/never", 400),
    ],
)
def test_what_cannot_be_meant_is_refused(user: httpx.Client, listed: None, path: str, code: int) -> None:
    assert user.post(path).status_code == code


def test_only_users_answer_and_only_from_our_pages(user: httpx.Client, viewer: httpx.Client, listed: None) -> None:
    path = f"/recommended/{DAY}/acme.com/never"
    origin = {"Origin": user.headers["Origin"]}
    assert viewer.post(path, headers=origin).status_code == 403
    assert user.post(path, headers={"Origin": "https://example.com"}).status_code == 403

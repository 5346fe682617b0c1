"""The digest of what is new, as its tasks send it: to whom, once, and what stays out of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from sqlalchemy import Engine, text

from prospecting.hooks.notifications import NotDelivered
from prospecting.persistence import signals
from prospecting.persistence.batches import Saved
from prospecting.tasks import news_digest as tasks
from tests.dags.runs import FIRST_RUN, TaskCaller
from tests.db.factories import add_companies, add_person, stored
from tests.stand_in.mail_server import OF_THE_SERVER, MailServer
from tests.stand_in.server import StandIn

DIGESTS = "channel, sent_at is not null as is_sent, counts"


@pytest.fixture
def slack() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def news(engine: Engine) -> None:
    """A signal found two companies and a person in the night before the run."""
    with engine.begin() as connection:
        bolt, acme = add_companies(connection, "Bolt & Söhne", "Acme {{ conn.prospecting_db.password }}")
        add_person(connection, acme, "Zelda Marker", "CEO")
        signal = signals.upsert_signal(connection, name="Ruby <b>", type="conference", configuration={})
        execution = signals.start_execution(connection, signal_id=signal, configuration={}, airflow_run_id="r 1")
        signals.link_entities(connection, execution, "company", [Saved(bolt, True), Saved(acme, True)])
        connection.execute(
            text(
                "update signal_executions set status = 'completed', completed_at = :at, "
                'stats = \'{"newCompanies": 7, "newContacts": 1}\''
            ),
            {"at": FIRST_RUN - timedelta(hours=3)},
        )


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(channel: str, where: Any) -> None:
        values: dict[str, Any] = {"password": f"{where}/services/T/B/hook-52c0de"}
        if channel == "smtp":
            values = {
                "host": "127.0.0.1",
                "port": where,
                "extra": {"to": "ann@acme.example", "from_email": "bot@acme.example", "security": "none"},
            }
        monkeypatch.setenv(
            f"AIRFLOW_CONN_PROSPECTING_{channel.upper()}", json.dumps({"conn_type": "generic", **values})
        )

    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://air.example/flow")
    return give


def test_nobody_is_told_who_is_not_named(call: TaskCaller, connect: Any) -> None:
    with pytest.raises(AirflowSkipException, match="neither a connection prospecting_smtp nor prospecting_slack"):
        call(tasks.find_channels)
    connect("slack_digest", "http://127.0.0.1:9")
    assert call(tasks.find_channels) == ["slack"]
    connect("smtp", 9)
    assert call(tasks.find_channels) == ["mail", "slack"]


@pytest.mark.usefixtures("news")
def test_news_are_told_once_by_each_channel_and_left_out_of_logs(
    call: TaskCaller, connect: Any, engine: Engine, slack: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connect("slack", slack.url)
    with MailServer() as server:
        connect("smtp", server.port)
        returned = [call(tasks.send_digest, channel) for channel in ("mail", "slack")]
        for channel, run_id in (("mail", "manual__1"), ("slack", "manual__2")):
            with pytest.raises(AirflowSkipException, match="Nothing is new"):
                call(tasks.send_digest, channel, run_id=run_id)
    (mail,) = server.messages
    assert returned == [{"companies": 7, "people": 1}] * 2
    assert mail["Subject"] == "New: 7 companies, 1 person"
    body: Any = mail.get_body(("html",))
    html = body.get_content()
    assert "Ruby &lt;b&gt;: 7 companies, 1 person (Acme {{ conn.prospecting_db.password }}, Bolt &amp; " in html
    assert "From Sun 22 Feb 00:00 to Sun 01 Mar 00:00 UTC." in html
    assert 'href="https://air.example/flow/prospecting/companies?signal=' in html
    (posted,) = slack.requests("slack")
    assert "Bolt &amp; Söhne" in posted["body"]["text"]
    for told in (html, posted["body"]["text"]):
        assert "Zelda" not in told
    said = "\n".join(each.getMessage() for each in caplog.records if each.name not in OF_THE_SERVER)
    assert "Digest 1 was sent: {'companies': 7, 'people': 1}" in said
    assert not [word for word in ("Söhne", "Ruby", "ann@acme", "hook-52c0de") if word in said]
    with engine.connect() as connection:
        assert stored(connection, "digests", DIGESTS) == [
            {"channel": channel, "is_sent": True, "counts": {"companies": 7, "people": 1}}
            for channel in ("mail", "slack")
        ]


@pytest.mark.usefixtures("news")
def test_what_could_not_be_sent_is_sent_later_and_known_again(call: TaskCaller, connect: Any, engine: Engine) -> None:
    connect("smtp", 9)
    with pytest.raises(NotDelivered, match="Connection prospecting_smtp: the server cannot be reached"):
        call(tasks.send_digest, "mail")
    with engine.connect() as connection:
        assert stored(connection, "digests", DIGESTS) == [{"channel": "mail", "is_sent": False, "counts": {}}]
    with MailServer() as server:
        connect("smtp", server.port)
        with pytest.raises(AirflowSkipException):
            call(tasks.send_digest, "mail", run_id="manual__2")
        call(tasks.send_digest, "mail", try_number=2)
        # As if it had been killed when the mail was taken, and that was not noted yet.
        with engine.begin() as connection:
            connection.execute(text("update digests set sent_at = null"))
        call(tasks.send_digest, "mail", try_number=3)
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(("html",)).get_content() == second.get_body(("html",)).get_content()

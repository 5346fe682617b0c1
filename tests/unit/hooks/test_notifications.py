"""Telling people by mail and in Slack: a mail server and a webhook that are real, and nobody who is not asked for."""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.models.connection import Connection as AirflowConnection
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prospecting.hooks import notifications
from prospecting.hooks.notifications import Channel, NotDelivered, channels_for, send, tell
from prospecting.hooks.slack import SlackHook
from prospecting.services.notifications import Kind, Line, Message
from tests.stand_in.mail_server import OF_THE_SERVER, MailServer
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

PASSWORD, TOKEN, TEXT = "smtp-pass-7f3a91", "T000/B000/hook-52c0de", "Grüße aus Köln"
MESSAGE = Message(Kind.failure, "Slot evaluation failed: Zürich", [Line(TEXT)])
SECRETS = (PASSWORD, TOKEN, "hook-52c0de", TEXT, "ann@acme.example")


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def slack(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture(autouse=True)
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What is logged, from the lowest level on; neither secrets nor words of messages, ever."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    records = [each for each in caplog.get_records("call") if each.name not in OF_THE_SERVER]
    logged = "\n".join(logging.Formatter().format(each) for each in records)
    assert not [word for word in SECRETS if word in logged]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give Airflow a connection."""

    def give(connection_id: str, **values: Any) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection_id.upper()}", json.dumps({"conn_type": "generic", **values}))

    return give


def mail(port: int, *, login: str | None = None, password: str | None = None, **extra: Any) -> dict[str, Any]:
    given = {"to": "ann@acme.example, bob@acme.example", "from_email": "bot@acme.example", "security": "none", **extra}
    return {"host": "127.0.0.1", "port": port, "login": login, "password": password, "extra": given}


def webhook(stand_in: StandIn, token: str = TOKEN) -> dict[str, Any]:
    return {"password": f"{stand_in.url}/services/{token}"}


def warnings(said: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in said.records if each.levelno > logging.DEBUG and "prospecting" in each.name]


def test_without_a_connection_nobody_is_told_and_nothing_is_said(said: pytest.LogCaptureFixture) -> None:
    assert channels_for(Kind.failure) == []
    assert tell(MESSAGE) == []
    assert [each.getMessage() for each in said.records if each.levelno > logging.DEBUG] == []
    with pytest.raises(NotDelivered, match="there is no connection prospecting_smtp"):
        send(Channel.mail, MESSAGE)


def test_one_connection_each_and_people_are_told(connect: Any, slack: StandIn) -> None:
    with MailServer(users={"bot": PASSWORD}) as server:
        connect("prospecting_smtp", **mail(server.port, login="bot", password=PASSWORD))
        connect("prospecting_slack", **webhook(slack))
        assert tell(MESSAGE) == [Channel.mail, Channel.slack]
        send(Channel.mail, MESSAGE, message_id="digest-1@prospecting.example")
    first, second = server.messages
    assert (first["Subject"], first["From"]) == (MESSAGE.subject, "bot@acme.example")
    assert first["X-Envelope"] == "ann@acme.example,bob@acme.example"
    body: Any = first.get_body(("html",))
    assert TEXT in body.get_content()
    assert second["Message-ID"] == "<digest-1@prospecting.example>"
    (posted,) = slack.requests("slack")
    assert posted["path"] == f"/services/{TOKEN}"
    assert TEXT in posted["body"]["text"]


def test_a_kind_of_message_may_have_a_connection_of_its_own(connect: Any, slack: StandIn) -> None:
    connect("prospecting_slack_failure", **webhook(slack, "T/B/ops"))
    assert [channels_for(kind) for kind in Kind] == [["slack"], [], [], []]
    connect("prospecting_slack", **webhook(slack))
    for kind in Kind:
        tell(Message(kind, "s", [Line("x")]))
    assert [each["path"].rpartition("/")[2] for each in slack.requests()] == ["ops", *["hook-52c0de"] * 3]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"port": 9}, "the server cannot be reached (ConnectionRefusedError): check host and port"),
        ({"password": "wrong"}, "the server refuses user and password (535): check login and password"),
        ({"to": "ann@acme.example"}, "the server refuses all recipients (550): check the extra to"),
        ({"to": ""}, "extra to is empty: give it the addresses that messages go to"),
        ({"to": ["Ann"]}, "extra to holds something that is no mail address, such as ops@example.com"),
        ({"from_email": None}, "extra from_email is empty: give it the address that messages come from"),
        ({"security": "tls"}, "extra security must be starttls, ssl or none"),
        ({"security": "starttls"}, "the server offers no STARTTLS, or no login: check the extra security"),
        (
            {"security": "ssl"},
            "no encrypted connection comes about: check port, the extra security, and the server's certificate",
        ),
    ],
)
def test_what_goes_wrong_with_mail_is_a_warning_with_a_remedy(
    connect: Any, said: pytest.LogCaptureFixture, changes: dict[str, Any], complaint: str
) -> None:
    with MailServer(users={"bot": PASSWORD}, refused=("ann@acme.example",)) as server:
        given = {"login": "bot", "password": PASSWORD, "port": server.port, **changes}
        connect("prospecting_smtp", **mail(given.pop("port"), **given))
        assert tell(MESSAGE) == []
        assert warnings(said) == [f"Connection prospecting_smtp: the message (failure) was not sent: {complaint}"]
    assert server.messages == []


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + dt.timedelta(days=36_500))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    path: Path = tmp_path_factory.mktemp("tls") / "pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_a_password_is_told_to_no_server_that_could_be_another(
    connect: Any, said: pytest.LogCaptureFixture, self_signed: ssl.SSLContext
) -> None:
    """STARTTLS is what happens when nobody says anything."""
    with MailServer(tls=self_signed) as server:
        connect("prospecting_smtp", **mail(server.port, login="bot", password=PASSWORD, security=None))
        assert tell(MESSAGE) == []
    assert "no encrypted connection comes about" in warnings(said)[0]


def test_slack_says_why_it_refuses(connect: Any, slack: StandIn, said: pytest.LogCaptureFixture) -> None:
    connect("prospecting_slack", **webhook(slack))
    slack.dial("slack", status=404, code="no_service")
    assert tell(MESSAGE) == []
    slack.dial("slack", status=500, code=f"<html>{TEXT}</html>")
    assert tell(MESSAGE) == []
    connect("prospecting_slack", password=" ")
    assert tell(MESSAGE) == []
    start = "Connection prospecting_slack: the message (failure) was not sent: "
    assert [each.removeprefix(start) for each in warnings(said)] == [
        "the webhook answers 404 no_service: check the URL in the password",
        "the webhook answers 500: check the URL in the password",
        "the password is empty: it must be the URL of the webhook",
    ]
    assert len(slack.requests()) == 2, "each message is posted once"


def test_the_client_of_slack_logs_nothing(connect: Any, slack: StandIn) -> None:
    """At the level of debugging it logs the address, which is a secret, and the text; of a retry the address always."""
    connect("prospecting_slack", **webhook(slack))
    client = SlackHook().client
    assert not client.logger.isEnabledFor(logging.CRITICAL)
    assert client.retry_handlers == []


def test_nobody_waits_for_servers_that_do_not_answer(
    connect: Any, said: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "TELL_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        connect("prospecting_smtp", **mail(port))
        connect("prospecting_slack", password=f"http://127.0.0.1:{port}/services/{TOKEN}")
        begin = time.monotonic()
        assert tell(MESSAGE) == []
        # Together, not one after the other; the servers' own patience is 10 seconds.
        assert time.monotonic() - begin < 5
    assert len(warnings(said)) == 2
    assert all("the server did not take it in time: check host and port" in each for each in warnings(said))


def test_the_buttons_send_a_test(monkeypatch: pytest.MonkeyPatch, slack: StandIn) -> None:
    def press(kind: str, **values: Any) -> tuple[bool, str]:
        form = AirflowConnection(conn_id="made9up", conn_type=kind, **values)
        monkeypatch.setenv("AIRFLOW_CONN_MADE9UP", form.get_uri())
        status, message = form.test_connection()
        assert "made9up" not in message
        return status, message

    with MailServer() as server:
        filled = mail(server.port)
        filled["extra"] = json.dumps(filled["extra"])
        assert press("prospecting_smtp", **filled) == (True, "The server took a message for 2 addresses")
    assert "test" in server.messages[0]["Subject"]
    assert press("prospecting_smtp", **filled) == (
        False,
        "the server cannot be reached (ConnectionRefusedError): check host and port (host: 127.0.0.1)",
    )
    assert press("prospecting_slack", **webhook(slack)) == (True, "Slack took a message for the channel of the webhook")
    slack.dial("slack", status=403)
    assert press("prospecting_slack", **webhook(slack)) == (
        False,
        "the webhook answers 403 invalid_token: check the URL in the password",
    )

"""How a message looks in a mail and in Slack, whatever its words are."""

from __future__ import annotations

import pytest

from prospecting.services.notifications import Kind, Line, Message, Part, as_html, as_mrkdwn

MESSAGE = Message(
    Kind.digest,
    "3 companies\nBcc: everybody@example.com",
    [
        Line("<b>Acme</b> & <!channel>"),
        Line("All of them", "https://air.example/a?b=c&d=|e"),
        Line("The run", "/dags/x"),
    ],
    [Part("Fundings <3", [Line("Müller\x00 & Söhne")])],
)


def test_words_are_words_in_a_mail() -> None:
    html = as_html(MESSAGE)
    assert MESSAGE.title == "3 companies Bcc: everybody@example.com"
    assert "<p>&lt;b&gt;Acme&lt;/b&gt; &amp; &lt;!channel&gt;</p>" in html
    assert '<a href="https://air.example/a?b=c&amp;d=|e">All of them</a>' in html
    assert "<p>The run (/dags/x)</p>" in html
    assert "<h3>Fundings &lt;3</h3>" in html
    assert as_html(Message(Kind.digest, "s", [Line('"x" onclick="y"', 'javascript:alert("y")')])).count("<a ") == 0


def test_words_address_nobody_in_slack() -> None:
    text = as_mrkdwn(MESSAGE)
    assert "&lt;b&gt;Acme&lt;/b&gt; &amp; &lt;!channel&gt;" in text
    assert "<https://air.example/a?b=c&amp;d=%7Ce|All of them>" in text
    assert "The run (/dags/x)" in text
    assert "\n\n*Fundings &lt;3*\n• Müller" in text


@pytest.mark.parametrize("length", [1_000, 1_001])
def test_long_lines_are_cut(length: int) -> None:
    html = as_html(Message(Kind.digest, "s" * length, [Line("x" * length)]))
    assert ("x" * 1_000 in html) is (length == 1_000)
    assert "s" * 201 not in html

"""Messages to people: their parts, as HTML for mail and in Slack's markup.

Words are escaped, for names of companies come from web pages: they make no tags, and address nobody in Slack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

_LONGEST_LINE = 1_000
_LONGEST_SUBJECT = 200
_WEB = ("http://", "https://")


class Kind(StrEnum):
    """The reasons for a message; each may have connections of its own."""

    failure = "failure"
    approval = "approval"
    deadline = "deadline"
    digest = "digest"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; ``url`` is where it leads to, a path when nobody knows under which address Airflow is reached."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under a heading."""

    heading: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its subject, lines, and parts below them."""

    kind: Kind
    subject: str
    lines: Sequence[Line]
    parts: Sequence[Part] = ()

    @property
    def title(self) -> str:
        """The subject in one line."""
        return shortened(self.subject, _LONGEST_SUBJECT)


def shortened(text: str, longest: int) -> str:
    """``text`` in one line of at most ``longest`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def as_html(message: Message) -> str:
    """The message as an HTML document."""
    blocks = [f"<h2>{escape(message.title)}</h2>", *(f"<p>{_html(line)}</p>" for line in message.lines)]
    for part in message.parts:
        items = "".join(f"<li>{_html(line)}</li>" for line in part.lines)
        blocks.append(f"<h3>{escape(part.heading)}</h3><ul>{items}</ul>")
    content = "\n".join(blocks)
    return f'<!doctype html><html><body style="font-family: sans-serif">\n{content}\n</body></html>'


def _html(line: Line) -> str:
    text = escape(shortened(line.text, _LONGEST_LINE))
    if line.url is None:
        return text
    if not line.url.startswith(_WEB):
        return f"{text} ({escape(line.url)})"
    return f'<a href="{escape(line.url)}">{text}</a>'


def as_mrkdwn(message: Message) -> str:
    """The message in the markup of Slack."""
    blocks = ["\n".join((f"*{_escaped(message.title)}*", *(_mrkdwn(line) for line in message.lines)))]
    for part in message.parts:
        blocks.append("\n".join((f"*{_escaped(part.heading)}*", *(f"• {_mrkdwn(line)}" for line in part.lines))))
    return "\n\n".join(blocks)


def _mrkdwn(line: Line) -> str:
    text = _escaped(shortened(line.text, _LONGEST_LINE))
    if line.url is None:
        return text
    # A bar would end the address.
    url = _escaped(line.url).replace("|", "%7C")
    return f"<{url}|{text}>" if line.url.startswith(_WEB) else f"{text} ({url})"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""Digests of what is new for the team: claimed, put into words, closed. Companies are named, people only counted.

A mail is out of reach of everything that is done here later, of an erasure too; names of people are on the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from sqlalchemy import Connection

from prospecting.persistence import approvals, digests, overview
from prospecting.persistence.digests import Digest, News
from prospecting.services.notifications import Kind, Line, Message, Part
from prospecting.services.runtime import Runtime

_WORDS = {
    "events": ("event", "events"),
    "companies": ("company", "companies"),
    "people": ("person", "people"),
    "seats": ("seat filled", "seats filled"),
    "accounts": ("recommended account", "recommended accounts"),
}
_MOST_LINES = 20

Address = Callable[[str], str]
"""The URL of a path in Airflow's UI."""


def claim(runtime: Runtime, *, channel: str, airflow_run_id: str, until: datetime) -> Digest | None:
    """The digest that the run is to send next by the channel, or ``None`` when there is none."""
    return runtime.write(
        lambda connection: digests.claim_digest(connection, channel=channel, airflow_run_id=airflow_run_id, until=until)
    )


def close(runtime: Runtime, digest: Digest, counts: dict[str, int]) -> None:
    """Note that the digest was sent."""
    runtime.write(lambda connection: digests.close_digest(connection, digest.id, counts=counts))


def message_id(digest: Digest) -> str:
    """The name by which mail programs recognise the digest when it comes twice; of another database it is another."""
    moment = f"{digest.since:%Y%m%dT%H%M%S%f}"
    return f"digest-{digest.id}-{moment}@prospecting.invalid"


def compose(runtime: Runtime, digest: Digest, address: Address) -> tuple[Message | None, dict[str, int]]:
    """The digest in words, and how much is new by kind; ``None`` when by now nothing is."""

    def read(connection: Connection) -> tuple[News, Part]:
        news = digests.query_news(connection, since=digest.since, until=digest.until)
        return news, _waiting(connection, address)

    news, waiting = runtime.read(read)
    if not (counts := news.counts):
        return None, counts
    parts = [_found(news, digest, address), _filled(news, address), _recommended(news, address)]
    return (
        Message(
            Kind.digest,
            f"New: {in_words(counts)}",
            [
                Line(f"From {digest.since:%a %d %b %H:%M} to {digest.until:%a %d %b %H:%M} UTC."),
                Line("All of it, with names, is in Airflow", address("/plugin/prospecting")),
            ],
            [part for part in (*parts, waiting) if part.lines],
        ),
        counts,
    )


def _found(news: News, digest: Digest, address: Address) -> Part:
    lines = []
    for row in news.found:
        counts = in_words({kind: row[kind] for kind in ("events", "companies", "people") if row[kind]})
        query = urlencode({"signal": row["id"], "since": f"{digest.since:%Y-%m-%d}"})
        names = _named(row["names"], row["companies"])
        lines.append(Line(f"{row['name']}: {counts}{names}", address(f"/prospecting/companies?{query}")))
    return Part("Found by signals", _first(lines))


def _filled(news: News, address: Address) -> Part:
    return Part(
        "Seats filled",
        [
            Line(
                f"{row['slot_type']}: {row['seats']:,}{_named(row['names'], row['seats'])}",
                address(f"/prospecting/companies?seat={quote(row['slot_type'])}-filled"),
            )
            for row in news.filled
        ],
    )


def _recommended(news: News, address: Address) -> Part:
    lines = [Line(row["name"], address("/prospecting/recommended")) for row in news.recommended]
    return Part("New among the recommended accounts", _first(lines))


def _waiting(connection: Connection, address: Address) -> Part:
    """Decisions that a run of Airflow waits for, and signals that fail."""

    def run(dag_id: str, run_id: str) -> str:
        return f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"

    decisions = [
        Line(
            f"{row['dag_id']} waits for a decision since {row['started_at']:%a %d %b}",
            address(f"{run(row['dag_id'], row['airflow_run_id'])}/required_actions"),
        )
        for row in approvals.query_undecided(connection)
        if row["airflow_run_id"]
    ]
    failing = [
        Line(
            f"The signal {row['name']} failed {row['failures']} {'time' if row['failures'] == 1 else 'times'} in a row",
            address(run("signal_execution", row["airflow_run_id"])) if row["airflow_run_id"] else None,
        )
        for row in overview.query_attention(connection).failing_signals
    ]
    return Part("Needs somebody", _first([*decisions, *failing]))


def in_words(counts: Mapping[str, int]) -> str:
    """Counts by kind of news, such as "7 companies, 1 person"."""
    # In one order, whatever has carried them: databases keep none of the names in JSON.
    return ", ".join(f"{counts[kind]:,} {words[counts[kind] != 1]}" for kind, words in _WORDS.items() if kind in counts)


def _named(names: Sequence[str], total: int) -> str:
    """Names in brackets with the number of the others, or nothing: ``" (Acme, Bolt and 3 more)"``."""
    if not names:
        return ""
    more = f" and {total - len(names):,} more" if total > len(names) else ""
    return f" ({', '.join(names)}{more})"


def _first(lines: list[Line]) -> list[Line]:
    left = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], Line(f"and {left:,} more")] if left > 0 else lines

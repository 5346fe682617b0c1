"""Roles: who holds one now. What follows from the evidence about roles is said here once, for all who write any.

A role is current until something ends it (``ended_because``, and since which day at the latest: ``ended_on``):

- ``newer_title``: the person is seen with another title at the company since;
- ``same_role``: another title of the same day is the better one for the same;
- ``newer_role_elsewhere``: the person, known by a profile, is seen in one job at another company since;
- ``job_change``: a person confirmed that they went elsewhere;
- ``successor``: somebody else holds the office, which is one person's, and was seen ``CLEARLY_NEWER_DAYS`` later;
- ``left`` and ``corrected``: somebody said so by hand, that the role is over or never was.

Evidence that is not clear enough ends nothing: the role is ``is_doubted``. All of this follows from the evidence as a
whole, so that it ends the same in whichever order it comes, and is settled in the transaction that brings it. What was
ended by hand stays so until there is evidence from after that.

How old evidence may be is another question, and answered when roles are read (``role_standing`` in the database).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict

from sqlalchemy import Connection

from prospecting.parsing.posts import read_post
from prospecting.parsing.title.words import MAX_TITLE
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement

CLEARLY_NEWER_DAYS = 90
"""How much later somebody has to be seen in an office to be a successor. Many a date is the day somebody asked, and two
sources that disagree within a quarter contradict each other."""


def settle_changed_roles(connection: Connection, titles: Iterable[str], *, is_large: bool = False) -> int:
    """Settle what follows from the roles that ``upsert_persons`` has written (``changed_roles``), with these titles.

    Returns how many roles changed by it. ``is_large``: worth telling the planner about.
    """
    offices = sorted({title.casefold() for title in titles if read_post(title).offices})
    if not _stage(connection, "roles/stage_changed", {"offices": offices}):
        return 0
    connection.execute(statement("roles/lock_mentioned"))
    return _settle(connection, is_large=is_large)


def settle_roles_of(connection: Connection, person_ids: Collection[int]) -> int:
    """Settle the roles of these people, who are locked in the order of their ids. Returns how many changed."""
    if not _stage(connection, "roles/stage_persons", {"person_ids": sorted(person_ids)}):
        return 0
    connection.execute(statement("roles/lock_persons"))
    return _settle(connection)


def settle_all_roles(connection: Connection) -> int:
    """Settle the roles of everybody: what was merged, or written by others, since. Returns how many changed.

    Leaves what was found about moves between companies in ``found_moves``, for the rest of the transaction.
    """
    _stage(connection, "roles/stage_everybody", {})
    return _settle(connection, is_large=True)


def _stage(connection: Connection, chosen: str, values: dict[str, object]) -> int:
    connection.execute(statement("roles/person_table"))
    connection.execute(statement("roles/clear_persons"))
    return connection.execute(statement(chosen), values).rowcount


def _settle(connection: Connection, *, is_large: bool = False) -> int:
    for table in ("roles/role_table", "roles/title_table", "roles/move_table", "roles/clear_roles"):
        connection.execute(statement(table))
    limits = {"max_title": MAX_TITLE}
    connection.execute(statement("roles/stage_own"), limits)
    _read_titles(connection)
    if connection.execute(statement("roles/stage_rivals"), limits).rowcount:
        _read_titles(connection)
        connection.execute(statement("roles/forget_others"))
        connection.execute(statement("roles/stage_beside"), limits)
        _read_titles(connection)
    if is_large:
        connection.execute(statement("roles/analyze"))
    connection.execute(statement("roles/find_moves"))
    values = {"clearly_newer_days": CLEARLY_NEWER_DAYS}
    return connection.execute(statement("roles/settle_roles"), values).rowcount


def _read_titles(connection: Connection) -> None:
    titles = connection.execute(statement("roles/unread_titles")).scalars().all()
    if titles:
        rows = [{"title": title, **asdict(read_post(title))} for title in titles]
        connection.execute(statement("roles/save_titles"), {"rows": to_json(rows)})

"""Compares the application database with what this checkout declares, and tries out row-level security.

    python -m scripts.verify_db [--all]

compares tables, columns, constraints, indexes, triggers, policies, grants, functions and roles, looks for what gets
past the policies (views, functions, rules, logins), and tries out who may see and change what, in a transaction that is
rolled back. Exit status 1 when something is missing, different or open, or when a trial does not end as it should.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError

from scripts import environment, interruption, local_postgres
from scripts.environment import SetupError

if TYPE_CHECKING:
    from prospecting.persistence.schema.declared import Key
    from scripts.access_trials import Trial

FIRST = ("prospect_intelligence", "prospect_intelligence_runs", "user_interactions", "accounts", "account_signals")
"""Shown object by object; of the other tables, how many there are of each kind."""
COUNTED = ("column", "constraint")
KINDS = ("table", *COUNTED, "index", "trigger", "row security", "policy", "grant")
OPENING_KINDS = {"policy", "grant", "default grant", "setting", "rule", "trigger", "unbound member"}
"""One of these that nobody declared lets somebody see or change more than they should: an error, not a note."""
OPENING_WORDS = (
    "with its owner's rights, ",
    "of another owner",
    "gets past the policies",
    "opens to",
    "before the policies",
)
"""What makes a function or a view one of them."""
NAME_LIMIT = 20


class Finding(NamedTuple):
    """An object as declared and as found; ``None``: not declared, not found."""

    key: Key
    expected: str | None
    found: str | None

    @property
    def status(self) -> str:
        """``ok``, ``missing``, ``different``, ``unexpected`` (an error) or ``extra`` (a note)."""
        if self.expected is None:
            return "unexpected" if self._is_opening else "extra"
        if self.found is None:
            return "missing"
        return "ok" if self.found == self.expected else "different"

    @property
    def _is_opening(self) -> bool:
        if self.key.kind in ("function", "view"):
            return any(words in (self.found or "") for words in OPENING_WORDS)
        return self.key.kind in OPENING_KINDS

    @property
    def is_wrong(self) -> bool:
        return self.status not in ("ok", "extra")

    @property
    def name(self) -> str:
        """For instance ``policy tasks_all on users``."""
        if not self.key.table:
            return self.label
        return f"{self.label} {'' if self.key.kind == 'table' else 'on '}{self.key.table}"

    @property
    def label(self) -> str:
        """For instance ``policy tasks_all``, below a heading that names the table."""
        return f"{self.key.kind} {self.key.name}".strip()


def compare(expected: Mapping[Key, str], found: Mapping[Key, str]) -> list[Finding]:
    """Every object of both, in order; for a table that nobody declared, only the table."""
    ours = {key.table for key in expected}
    keys = {*expected, *(key for key in found if key.table in ours or key.kind == "table")}
    return [Finding(key, expected.get(key), found.get(key)) for key in sorted(keys)]


def wrong_among(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that are wrong; for a missing table, only the table."""
    wrong = [finding for finding in findings if finding.is_wrong]
    missing = {finding.key.table for finding in wrong if finding.key.kind == "table" and finding.found is None}
    return [finding for finding in wrong if finding.key.kind == "table" or finding.key.table not in missing]


def revisions(connection: Connection) -> tuple[str, str | None]:
    """The migration of this checkout, and the one the database is at: ``None`` when it was never migrated."""
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(Config(environment.ROOT / "alembic.ini")).get_current_head()
    return str(head), MigrationContext.configure(connection).get_current_revision()


# ------------------------------------------------------------------ the whole
def run(url: str, out: Console, *, show_all: bool = False) -> bool:
    """Run ``verify`` on the database at ``url``.

    Raises:
        SetupError: also when it cannot be reached.
    """
    from prospecting.persistence.database import application_url, make_engine
    from prospecting.persistence.database_rights import missing_to_verify, unreachable

    engine = make_engine(application_url(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return verify(connection, out, show_all=show_all)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) is None:
            raise SetupError(unreachable(error.orig, engine.url)) from None
        reason = (str(error.orig).strip().splitlines() or ["no reason is given"])[0]
        with engine.connect() as connection:
            missing = missing_to_verify(connection)
        remedy = f". Have an administrator run, connected to it: {'; '.join(missing)}" if missing else ""
        raise SetupError(f"this login cannot verify the database: {reason}{remedy}") from None


def verify(connection: Connection, out: Console, *, show_all: bool = False) -> bool:
    """Print what is expected and what is found; returns True when they agree. The transaction is rolled back.

    Raises:
        SetupError: the database is at another migration than this checkout.
        DBAPIError: the login may not read the catalog of migrations, or create temporary tables.
    """
    from prospecting.persistence.access import AccessError
    from prospecting.persistence.schema.objects import ELSEWHERE, expected_objects, found_objects
    from scripts.access_trials import trials, try_out

    problems: list[str] = []
    try:
        _check_revision(connection, out)
        # Others who work on the database come first.
        connection.execute(
            text("select set_config('lock_timeout', '5s', true), set_config('statement_timeout', '60s', true)")
        )
        found = found_objects(connection)
        is_buildable = all(key in found for key in ELSEWHERE if key.kind in ("function", "role"))
        findings = compare(expected_objects(connection) if is_buildable else ELSEWHERE, found)
        _print_findings(out, findings, show_all=show_all)
        if is_buildable:
            problems = _print_trials(out, try_out(connection, trials()))
        else:
            problems = ["nothing else was looked at: tables, policies and grants need these functions and roles"]
    except AccessError as error:
        problems = [f"row-level security was not tried out: {error}"]
    finally:
        connection.rollback()
    wrong = wrong_among(findings)
    _print_result(out, wrong, problems)
    return not wrong and not problems


def _check_revision(connection: Connection, out: Console) -> None:
    who = connection.execute(
        text(
            "select current_setting('server_version') as version, current_database() as database, rolname as login, "
            "rolsuper or rolbypassrls as is_free from pg_roles where rolname = session_user"
        )
    ).one()
    expected, found = revisions(connection)
    out.print(f"PostgreSQL {who.version}, database {who.database}, login {who.login}", markup=False)
    out.print(f"migration: expected {expected}, found {found or 'none'}", markup=False)
    if who.is_free:
        out.print("This login is not bound by row-level security; the API must log in with another one.")
    if found is None:
        raise SetupError("the database was never migrated; run: make migrate")
    if found != expected:
        raise SetupError(
            f"the database is at migration {found}, this checkout at {expected}; run: make migrate (or update the "
            "checkout, when the database is ahead of it)"
        )


# ------------------------------------------------------------------ layout
def _print_findings(out: Console, findings: Sequence[Finding], *, show_all: bool) -> None:
    of_table: dict[str, list[Finding]] = {}
    for finding in findings:
        of_table.setdefault(finding.key.table, []).append(finding)
    declared = {finding.key.table for finding in findings if finding.key.kind == "table" and finding.expected}
    others = [table for table in of_table if table in declared and table not in FIRST]
    for table in (*(name for name in FIRST if name in declared), *(others if show_all else ())):
        _print_objects(out, table, _rows(of_table[table]))
    if not show_all:
        _print_counts(out, {table: of_table[table] for table in others})
        wrong = [_row(finding, finding.name) for finding in wrong_among(findings) if finding.key.table in others]
        _print_objects(out, "Not as declared", wrong)
    elsewhere = [finding for finding in findings if finding.key.table not in declared and finding.status != "extra"]
    _print_objects(out, "Functions, roles, schemas", [_row(finding, finding.name) for finding in elsewhere])
    notes = [finding for finding in findings if finding.status == "extra"]
    if members := [finding.key.name for finding in notes if finding.key.kind == "member"]:
        out.print(f"\nLogins that act for users: {'; '.join(members)}", markup=False, soft_wrap=True)
    if extra := [finding.name for finding in notes if finding.key.kind != "member"]:
        out.print(f"\nNot declared here, left alone: {_some(extra)}", markup=False)


def _rows(findings: Sequence[Finding]) -> list[tuple[str, str, str, str]]:
    """The objects of one table by kind; columns and constraints as counts, except for those that are wrong."""
    rows = []
    for kind in KINDS:
        of_kind = [finding for finding in findings if finding.key.kind == kind and finding.status != "extra"]
        if kind in COUNTED:
            there = sum(finding.status == "ok" for finding in of_kind)
            status = "ok" if there == len(of_kind) else "different"
            rows.append((status, f"{kind}s", str(len(of_kind)), str(there)))
            of_kind = [finding for finding in of_kind if finding.is_wrong]
        rows += [_row(finding, finding.label) for finding in of_kind]
    return rows


def _row(finding: Finding, label: str) -> tuple[str, str, str, str]:
    found = "as expected" if finding.status == "ok" else finding.found or "nothing"
    return finding.status, label, finding.expected or "nothing", found


def _print_objects(out: Console, title: str, rows: Sequence[tuple[str, str, str, str]]) -> None:
    _print_table(out, title, ("", "object", "expected", "found"), rows)


def _print_counts(out: Console, of_table: Mapping[str, Sequence[Finding]]) -> None:
    """One row per table: for each kind, how many of those declared are there."""
    kinds = [kind for kind in KINDS if kind not in ("table", "row security")]

    def rows() -> Iterator[Sequence[str]]:
        for table, findings in of_table.items():
            declared = Counter(finding.key.kind for finding in findings if finding.expected is not None)
            there = Counter(finding.key.kind for finding in findings if finding.status == "ok")
            status = next((finding.status for finding in findings if finding.is_wrong), "ok")
            security = next(finding.found for finding in findings if finding.key.kind == "row security")
            counts = (f"{there[kind]} of {declared[kind]}" if declared[kind] else "" for kind in kinds)
            yield status, table, *counts, security or "nothing"

    _print_table(out, "The other tables", ("", "table", *kinds, "row security"), list(rows()))


def _print_trials(out: Console, outcomes: Sequence[tuple[Trial, str]]) -> list[str]:
    """Print all of them; returns those that did not end as they should."""
    rows = [
        ("ok" if outcome == trial.expected else "different", trial.who, trial.what, trial.expected, outcome)
        for trial, outcome in outcomes
    ]
    _print_table(out, "Tried out, and rolled back", ("", "who", "does", "expected", "happened"), rows)
    return [f"{who} {what}: {outcome}" for status, who, what, _, outcome in rows if status != "ok"]


def _print_table(out: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for status, *cells in rows:
        table.add_row(f"[{'green' if status == 'ok' else 'red'}]{status}[/]", *(escape(cell) for cell in cells))
    out.print()
    out.print(f"{title} ({len(rows)})", style="bold", markup=False)
    out.print(table)


def _print_result(out: Console, wrong: Sequence[Finding], problems: Sequence[str]) -> None:
    out.print()
    if not wrong and not problems:
        out.print("Everything is as declared, and everybody sees what they should.", style="green")
        return
    if statements := put_back(wrong):
        out.print("The migrations ran, so this was changed afterwards. As the owner of the tables, put it back by:")
        for statement in statements:
            out.print(f"  {statement};", markup=False, soft_wrap=True)
        out.print()
    names = [f"{finding.name} is {finding.status}" for finding in wrong]
    out.print(f"Not as it should be: {_some([*names, *problems])}", style="red", markup=False, soft_wrap=True)
    out.print("What to do: docs/runbooks/access.md", markup=False)


# Rights that everybody has in a new database. Those of pg_catalog are an administrator's to take back.
_TAKE_BACK = {
    "database": "do $$ begin execute format('revoke temporary, create on database %I from public, prospecting_api', "
    "current_database()); execute format('grant temporary on database %I to prospecting_app', current_database()); "
    "end $$",
    "large objects to prospecting_api": "do $$ declare f regprocedure; begin for f in select oid from pg_proc where "
    "pronamespace = 'pg_catalog'::regnamespace and (proname ~ '^lo_' or proname in ('loread', 'lowrite')) loop "
    "execute format('revoke execute on function %s from public, prospecting_api', f); end loop; end $$",
}


def put_back(wrong: Sequence[Finding]) -> list[str]:
    """Statements that put back indexes, triggers, policies, grants and the switches of row-level security, and close
    what gets past them."""
    from prospecting.persistence.schema.access import API
    from prospecting.persistence.schema.objects import remedies

    known = remedies()
    found = []
    for finding in wrong:
        kind, table, name = finding.key
        if kind == "row security" and finding.expected is not None:
            enable = "enable" if finding.expected.startswith("enabled") else "disable"
            force = "force" if "forced" in finding.expected else "no force"
            found.append(f"alter table {table} {enable} row level security, {force} row level security")
            continue
        if kind == "grant" and (taken := _TAKE_BACK.get(table or name)):
            found.append(taken)
            continue
        if kind == "grant" and not table:
            found.append(f"revoke {finding.found} on {name.removesuffix(f' to {API}')} from public, {API}")
            continue
        if kind == "default grant":
            whose, _, objects = name.rpartition(" on ")
            found.append(f"alter default privileges for {whose} revoke all on {objects} from public, {API}")
        elif kind == "setting":
            setting, _, whose = name.partition(" of ")
            found.append(f"alter {whose} reset {setting}")
        elif kind == "rule":
            found.append(f"drop rule {name}")
        elif kind == "view" and (finding.found or "").startswith("with its owner's rights, "):
            found.append(f"alter view {name} set (security_invoker = true)")
        elif kind in ("policy", "trigger") and finding.found is not None:
            found.append(f"drop {kind} {name} on {table}")
        elif finding.status != "missing":
            continue
        if finding.key in known:
            found.append(known[finding.key])
    return found


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAME_LIMIT} more" if len(names) > NAME_LIMIT else ""
    return "; ".join(names[:NAME_LIMIT]) + more


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the application database with what is declared, and try out row-level security. Changes nothing."""
    parser = argparse.ArgumentParser(prog="verify_db", description=main.__doc__)
    parser.add_argument("--all", action="store_true", help="every object of every table, not only of the first five")
    options = parser.parse_args(arguments)
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    try:
        prepared = environment.prepare()
        return 0 if run(prepared.application_url, out, show_all=options.all) else 1
    except (SetupError, local_postgres.ServerError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(interruption.run(main))

"""The command `prospecting`: what an Airflow needs to be told once, the migration of the application database,
submissions of people whom Airflow is not to name, runs of the system that research ran in before, taking back what a
backfill run brought, merging two companies or persons, executions taken up again from their stored answers, and tokens
of the API.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from prospecting.resources import PACKAGE_FOLDER, bundle_folder, other_copies

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import DBAPIError

    from prospecting.agents.ledger import Ledger
    from prospecting.persistence.merging import EntityType
    from prospecting.services.runtime import Runtime

CONNECTION_ID = "prospecting_db"
_EPILOG = """\
in an Airflow that already runs:
  prospecting migrate --db-url postgresql://user:password@host:5432/prospecting
  airflow connections add prospecting_db --conn-uri postgresql://user:password@host:5432/prospecting
  airflow pools import "$(prospecting pools)"
  prospecting dags-folder --bundle      an entry for AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST
"""


class CommandFailed(Exception):
    """A command cannot do what it was asked; the message is for the terminal, and holds no password."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parsed = parser().parse_args(arguments)
    try:
        if "db_url" in parsed:
            print(_with_database(parsed, database_url(parsed.db_url)))
        else:
            print(_without_database(parsed))
    except (CommandFailed, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _without_database(parsed: argparse.Namespace) -> str:
    match parsed.command:
        case "dags-folder":
            return json.dumps(bundle_entry()) if parsed.bundle else str(bundle_folder() / "dags")
        case "pools":
            return str(bundle_folder() / "include" / "pools.json")
    return version_line()


def _with_database(parsed: argparse.Namespace, url: str) -> str:
    match parsed.command:
        case "submit":
            return submit(parsed.file, url)
        case "import-runs":
            return import_runs(parsed.files, url, dry_run=parsed.dry_run)
        case "take-back-backfill":
            return take_back_backfill(url, parsed.run_id, dag_id=parsed.dag, is_applied=parsed.apply)
        case "merge":
            pair = parsed.survivor_id, parsed.merged_id
            return merge(url, parsed.entity_type, *pair, decided_by=parsed.by, is_applied=parsed.apply)
        case "undo-merge":
            return undo_merge(url, parsed.merge_id, undone_by=parsed.by)
        case "reparse" | "replay":
            return take_up(url, parsed.command, parsed.execution_id, rows=parsed.rows, is_applied=parsed.apply)
        case "cancel":
            return cancel(url, parsed.execution_id)
        case "token":
            return token(parsed, url)
    return migrate(url)


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    result = argparse.ArgumentParser(
        prog="prospecting",
        description="Sets the prospecting bundle up in an Airflow that already runs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = result.add_subparsers(dest="command", required=True, metavar="command")
    migrate_ = commands.add_parser(
        "migrate",
        help="create or upgrade the tables of the application database",
        description="Creates or upgrades the tables of the application database: PostgreSQL 15 or newer, and never the "
        "database of Airflow itself. Running it again changes nothing.",
    )
    submit_ = commands.add_parser(
        "submit",
        help="store what is to be researched, and print the id for research_pipeline",
        description="Stores what is to be researched in the application database, and prints the id of the submission: "
        'trigger research_pipeline with {"submission_id": "<id>"}. Unlike in the configuration of a run, nobody reads '
        "names and addresses of people in Airflow then. Storing the same again prints the same id.",
    )
    submit_.add_argument(
        "file",
        metavar="FILE",
        help="JSON with org, operations or steps, entities, and the client; - for standard input",
    )
    import_ = commands.add_parser(
        "import-runs",
        help="import orgs, submissions, pipeline runs and step results of another database",
        description="Imports rows of orgs, companies, submissions, pipeline_runs and step_results, so that "
        "briefing_backfill can make briefings of them: SQL dumps (pg_dump --data-only, with COPY or --column-inserts) "
        "and JSON lines, also compressed with gzip. All of it is one transaction. Importing the same again changes "
        "nothing; of what is there already a newer state replaces an older one. Lines that cannot be taken are left "
        "out, and kept in rejected_records.",
    )
    import_.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help='a dump, or JSON lines: {"table": "orgs", "row": {...}}, or just rows in a file called by its table '
        "(orgs.jsonl)",
    )
    import_.add_argument("--dry-run", action="store_true", help="write nothing; count what an import would do")
    take_back_ = commands.add_parser(
        "take-back-backfill",
        help="take back what a run of slot_backfill brought, after a preview",
        description="Shows what taking back a run of slot_backfill would change and what would stay, in numbers; with "
        "--apply, does it: people and roles it brought go, requests wait as before, its answers are not used again. "
        "What somebody has changed since stays. Doing it again changes nothing. Exit code 1: no such run "
        "exists, it has not ended, or the database cannot be used.",
    )
    take_back_.add_argument(
        "run_id",
        metavar="RUN_ID",
        nargs="?",
        help="the id of the run in Airflow; without it the runs that can be taken back are listed",
    )
    take_back_.add_argument("--dag", metavar="DAG_ID", help="when several DAGs have a run of this id")
    take_back_.add_argument("--apply", action="store_true", help="do it; without this nothing is changed")
    merge_ = commands.add_parser(
        "merge",
        help="make one of two companies or two persons, after a preview",
        description="Shows in numbers what merging a company or person into another one would do; with --apply, does "
        "it: what refers to the one is the survivor's, and its id leads there. `prospecting undo-merge` undoes it. "
        "Exit code 1: they are one already, somebody has judged them to be distinct, there are no such two, or the "
        "database cannot be used.",
    )
    merge_.add_argument("entity_type", metavar="KIND", choices=("company", "person"), help="company or person")
    merge_.add_argument("survivor_id", metavar="SURVIVOR", type=int, help="the id of the one that stays")
    merge_.add_argument("merged_id", metavar="MERGED", type=int, help="the id of the one that is merged into it")
    undo_ = commands.add_parser(
        "undo-merge",
        help="undo a merge, or list the latest ones",
        description="Puts back what a merge changed. What somebody has changed since stays, and is counted. Exit code "
        "1: no such merge is on record, it was undone, a later one builds upon it, or the database cannot be used.",
    )
    undo_.add_argument(
        "merge_id",
        metavar="MERGE",
        type=int,
        nargs="?",
        help="the number of the merge; without it the latest are listed",
    )
    for command in (merge_, undo_):
        command.add_argument("--by", metavar="NAME", default="", help="who decides; needed to change anything")
    merge_.add_argument("--apply", action="store_true", help="do it; without this nothing is changed")
    tokens, again = _add_token(commands), _add_again(commands)
    for command in (migrate_, submit_, import_, take_back_, merge_, undo_, *again, *tokens):
        _add_db_url(command)
    folder = commands.add_parser(
        "dags-folder",
        help="print the folder of the DAGs",
        description="Prints the folder of the DAGs, the path of a DAG bundle.",
    )
    folder.add_argument("--bundle", action="store_true", help="print a bundle's configuration instead (JSON)")
    commands.add_parser("pools", help="print the file of the pools, for `airflow pools import`")
    commands.add_parser("version", help="print the version and where the package is imported from")
    return result


def _add_again(commands: Any) -> list[argparse.ArgumentParser]:
    reparse_ = commands.add_parser(
        "reparse",
        help="save the stored answers of an execution again, by the parsers and rules of today, after a preview",
        description="Shows what an execution would leave if its stored answers were saved by the parsers and rules of "
        "today: rows added, changed (old -> new) and gone from the result; with --apply, writes just that. Nobody is "
        "asked, nothing is spent. Rows of companies, people and events are never deleted. Doing it again changes "
        "nothing. Names of people are shown: keep the output out of logs. Exit code 1: there is no such execution, "
        "it is under way or has no answers, or the database cannot be used.",
    )
    replay_ = commands.add_parser(
        "replay",
        help="take the whole way of an execution again, with the questions of today, after a preview",
        description="As reparse, but everything is planned anew: keywords, events and companies to ask about, and the "
        "questions as today's rules and prompts put them. One without a stored answer is counted, with its usual "
        "price, and not asked; what only its older form brought is gone from the result. An execution of live agents "
        "needs their connections, for model and prompt are parts of a question: set AIRFLOW_CONN_PROSPECTING_LLM and "
        "AIRFLOW_CONN_PROSPECTING_SEARCH when they are stored in Airflow's own database.",
    )
    cancel_ = commands.add_parser(
        "cancel",
        help="cancel an execution while it runs",
        description="Cancels an execution: its tasks ask nothing more, calls in flight are waited for, and what it has "
        "found is kept. To go on with it later, trigger signal_execution with its id as resume_execution. Exit code 1: "
        "there is no such execution, or it has ended.",
    )
    for command in (reparse_, replay_, cancel_):
        command.add_argument("execution_id", metavar="EXECUTION", help="the id in signal_executions")
    for command in (reparse_, replay_):
        command.add_argument("--rows", metavar="N", type=int, default=20, help="rows to show of each table (20)")
        command.add_argument("--apply", action="store_true", help="do it; without this nothing is changed")
    return [reparse_, replay_, cancel_]


def _add_token(commands: Any) -> list[argparse.ArgumentParser]:
    token_ = commands.add_parser(
        "token",
        help="issue, list or revoke tokens of the API",
        description="Issues a token of the API and prints it, this once; lists tokens, or revokes one.",
    )
    actions = token_.add_subparsers(dest="action", required=True, metavar="action")
    issue_ = actions.add_parser("issue", help="print a new token")
    whose = issue_.add_mutually_exclusive_group(required=True)
    whose.add_argument("--org", metavar="ORG", help="id or slug of the org whose briefings it shows")
    whose.add_argument("--super", action="store_true", help="an administrator's: every org, and all that pages show")
    issue_.add_argument("--name", metavar="NAME", default="token", help="what or whom it is for, for the list")
    issue_.add_argument("--days", metavar="DAYS", type=int, help="how long it is good; without this it does not end")
    issue_.add_argument("--user", metavar="UUID", help="the user for whom research and interactions are saved with it")
    list_ = actions.add_parser("list", help="all tokens, without what they say")
    revoke_ = actions.add_parser("revoke", help="end a token at once")
    revoke_.add_argument("id", metavar="ID", help="as the list has it")
    return [issue_, list_, revoke_]


def _add_db_url(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--db-url",
        metavar="URL",
        help="postgresql://user:password@host:port/database; without it PROSPECTING_DB_URL, then the connection "
        f"{CONNECTION_ID} from AIRFLOW_CONN_PROSPECTING_DB or the secrets backend. Everybody on the machine can read "
        "the arguments of commands: prefer the environment for passwords",
    )


def bundle_entry() -> dict[str, object]:
    """An entry for Airflow's list of DAG bundles."""
    return {
        "name": "prospecting",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(bundle_folder() / "dags")},
    }


def version_line() -> str:
    """Version and folder, and a line for each copy of the package that is not used."""
    from prospecting.version import version

    unused = (f"not used: another copy in {copy}" for copy in other_copies())
    return "\n".join([f"prospecting {version()}, imported from {PACKAGE_FOLDER}", *unused])


def database_url(given: str | None) -> str:
    """The application database's URL, from the option, the environment or Airflow. Raises ``CommandFailed``."""
    if url := (given or os.environ.get("PROSPECTING_DB_URL", "")).strip():
        return url
    from airflow.sdk.exceptions import AirflowNotFoundException

    from prospecting.hooks.prospecting import ProspectingHook

    try:
        return ProspectingHook(prospecting_conn_id=CONNECTION_ID).engine.url.render_as_string(hide_password=False)
    except AirflowNotFoundException:
        raise CommandFailed(
            "no database: give --db-url, or set PROSPECTING_DB_URL or AIRFLOW_CONN_PROSPECTING_DB. Connections stored "
            "in Airflow's own database cannot be read here"
        ) from None
    except ValueError as error:
        raise CommandFailed(str(error)) from None


def migrate(url: str) -> str:
    """Bring the database at ``url`` to the version of this package; returns a line that says what was done.

    Raises ``CommandFailed``: no PostgreSQL, it does not answer, it refuses, or somebody else's tables are in it.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    from prospecting.persistence.database_rights import DatabaseUnusable

    target = _checked(url)
    try:
        before = _revision(target)
        _check_may_migrate(target)
        options = argparse.Namespace(x=[f"url={url}"])
        command.upgrade(Config(bundle_folder() / "alembic.ini", cmd_opts=options), "head")
        after = _revision(target)
    except DBAPIError as error:
        raise _failed(error, target) from None
    except DatabaseUnusable as error:
        raise CommandFailed(str(error)) from None
    except CommandError:
        raise CommandFailed(
            "the database has tables of something else (of Airflow itself?) or of a newer version of this package; the "
            "application database must be one of its own"
        ) from None
    state = f"is at version {after} already" if before == after else f"migrated from {before or 'empty'} to {after}"
    return f"{target.set(query={}).render_as_string(hide_password=True)} {state}"


def submit(file: str, url: str) -> str:
    """Store what the JSON in ``file`` asks for, without working on it; returns the submission's id.

    Raises ``CommandFailed``: the file cannot be read or asks for nothing that can be done, or the database refuses.
    """
    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError

    from prospecting.persistence.database import make_engine
    from prospecting.services.params import explain
    from prospecting.services.research_params import ResearchParams, submission_values
    from prospecting.services.runtime import Runtime
    from prospecting.services.submissions import open_submission

    engine = make_engine(_checked(url), pool_size=1)
    try:
        params = ResearchParams.model_validate(submission_values(_content(file)))
        return str(open_submission(Runtime(engine), params, source="prospecting submit").submission_id)
    except ValidationError as error:
        raise CommandFailed(explain(error, ResearchParams)) from None
    except (ValueError, LookupError) as error:
        raise CommandFailed(str(error)) from None
    except DBAPIError as error:
        raise _failed(error, engine.url) from None
    finally:
        engine.dispose()


def import_runs(files: Sequence[str], url: str, *, dry_run: bool) -> str:
    """Import what the dumps have of past runs; returns lines that say what was done.

    Raises ``CommandFailed``: a file cannot be read, or the database refuses.
    """
    from sqlalchemy.exc import DBAPIError

    from prospecting.persistence.database import make_engine
    from prospecting.services.run_imports import DumpFile, summary_lines
    from prospecting.services.run_imports import import_runs as import_dumps
    from prospecting.services.runtime import Runtime

    paths = [Path(file) for file in files]
    dumps = [DumpFile(path.name, path.name.partition(".")[0], partial(_opened, path)) for path in paths]
    engine = make_engine(_checked(url), pool_size=1)
    try:
        return "\n".join(summary_lines(import_dumps(Runtime(engine), dumps, dry_run=dry_run)))
    except (OSError, EOFError, zlib.error) as error:
        raise CommandFailed(f"a file cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except DBAPIError as error:
        raise _failed(error, engine.url) from None
    finally:
        engine.dispose()


def take_back_backfill(url: str, run_id: str | None, *, dag_id: str | None = None, is_applied: bool = False) -> str:
    """Take back a backfill run, or only say what that would change; without a run, list those there are.

    Returns lines with counts, and no names. Raises ``CommandFailed``: no such run exists, it has not ended, or the
    database refuses.
    """
    from sqlalchemy.exc import DBAPIError

    from prospecting.persistence.backfill_journal import query_runs
    from prospecting.persistence.database import make_engine
    from prospecting.services import backfill_take_back as service
    from prospecting.services.runtime import Runtime

    engine = make_engine(_checked(url), pool_size=1)
    runtime = Runtime(engine)
    try:
        if run_id is None:
            runs = runtime.read(query_runs)
            return "\n".join(map(service.describe_run, runs)) or "no backfill run has changed anything"
        run = service.find_run(runtime, run_id, dag_id)
        found = service.take_back(runtime, run) if is_applied else service.preview(runtime, run)
    except service.CannotBeTakenBack as error:
        raise CommandFailed(str(error)) from None
    except DBAPIError as error:
        raise _failed(error, engine.url) from None
    finally:
        engine.dispose()
    lines = [*service.describe(found, is_done=is_applied)]
    if not is_applied and not found.is_nothing:
        lines.append("Nothing was changed. The same with --apply does it.")
    return "\n".join(lines)


def merge(
    url: str, entity_type: EntityType, survivor_id: int, merged_id: int, *, decided_by: str, is_applied: bool = False
) -> str:
    """Merge a company or person into another one, or only say what that would do.

    Returns lines with counts, and no names. Raises ``CommandFailed``: they cannot be merged, or the database refuses.
    """
    from prospecting.services import merging as service

    def work(runtime: Runtime) -> list[str]:
        if is_applied:
            _check_name(decided_by)
            one = service.merge_companies if entity_type == "company" else service.merge_persons
            return [*service.describe_merged(one(runtime, survivor_id, merged_id, decided_by=decided_by))]
        preview = service.preview_merge(runtime, entity_type, survivor_id, merged_id)
        if preview.refusal:
            raise service.CannotBeMerged(preview.refusal)
        return [*service.describe_preview(preview), "Nothing was changed. The same with --apply --by NAME does it."]

    return "\n".join(_with_runtime(url, work))


def undo_merge(url: str, merge_id: int | None, *, undone_by: str) -> str:
    """Undo a merge; without one, list the latest.

    Returns lines with counts, and no names. Raises ``CommandFailed``: it cannot be undone, or the database refuses.
    """
    from prospecting.services import merging as service

    def work(runtime: Runtime) -> list[str]:
        if merge_id is None:
            return [*map(service.describe_merge, service.find_merges(runtime))] or ["nothing has been merged"]
        _check_name(undone_by)
        return [*service.describe_undone(merge_id, service.undo_merge(runtime, merge_id, undone_by=undone_by))]

    return "\n".join(_with_runtime(url, work))


def _check_name(name: str) -> None:
    if not name.strip():
        raise CommandFailed("--by: say who decides; it is stored with the merge")


def _with_runtime(url: str, work: Callable[[Runtime], list[str]]) -> list[str]:
    from sqlalchemy.exc import DBAPIError

    from prospecting.persistence.database import make_engine
    from prospecting.services.merging import CannotBeMerged, CannotBeUndone
    from prospecting.services.runtime import Runtime

    engine = make_engine(_checked(url), pool_size=1)
    try:
        return work(Runtime(engine))
    except (CannotBeMerged, CannotBeUndone) as error:
        raise CommandFailed(str(error)) from None
    except DBAPIError as error:
        raise _failed(error, engine.url) from None
    finally:
        engine.dispose()


def take_up(url: str, command: str, execution_id: str, *, rows: int, is_applied: bool = False) -> str:
    """Take an execution up again (``command``: ``reparse`` or ``replay``), or only show what that would change.

    Returns lines with up to ``rows`` rows of each table, names of people included. Raises ``CommandFailed``: it cannot
    be done, or the database refuses.
    """
    from prospecting.agents.errors import AgentError
    from prospecting.hooks.agents import AgentsHook
    from prospecting.services import past_executions as service
    from prospecting.services.executions import Execution

    def open_ledger(runtime: Runtime, execution: Execution) -> Ledger:
        hook = AgentsHook(provider=execution.configuration.agents.value)
        return hook.ledger(runtime, scope=execution.scope, budget=execution.budget)

    def work(runtime: Runtime) -> list[str]:
        if command == "reparse":
            found = service.reparse(runtime, wanted, is_applied=is_applied)
        else:
            found = service.replay(runtime, wanted, partial(open_ledger, runtime), is_applied=is_applied)
        lines = [*service.describe(found, rows_per_table=max(0, rows))]
        if found.changes and not found.is_written:
            lines[-1] += ". The same with --apply (APPLY=1 of make) does it."
        return lines

    wanted = _execution_id(execution_id)
    try:
        return "\n".join(_with_runtime(url, work))
    except (service.CannotBeTakenUp, LookupError, AgentError) as error:
        raise CommandFailed(str(error)) from None


def cancel(url: str, execution_id: str) -> str:
    """Cancel an execution while it runs.

    Raises ``CommandFailed``: there is none, it has ended, or the database refuses.
    """
    from prospecting.services.executions import cancel_execution

    def work(runtime: Runtime) -> list[str]:
        cancel_execution(runtime, wanted)
        return [f"{wanted} is cancelled: nothing more is asked for it, and what it has found is kept"]

    wanted = _execution_id(execution_id)
    try:
        return "\n".join(_with_runtime(url, work))
    except (LookupError, ValueError) as error:
        raise CommandFailed(str(error)) from None


def _execution_id(text: str) -> UUID:
    from uuid import UUID

    try:
        return UUID(text)
    except ValueError:
        raise CommandFailed(
            f"{json.dumps(text)} is no id of an execution: see signal_executions.id, or its page in Airflow"
        ) from None


def token(asked: argparse.Namespace, url: str) -> str:
    """Issue, list or revoke tokens of the API; returns what to print.

    Raises ``CommandFailed``: there is no such org or token, an option is out of range, or the database refuses.
    """
    from uuid import UUID

    from prospecting.persistence import api_tokens
    from prospecting.persistence.submissions import find_org

    def work(runtime: Runtime) -> list[str]:
        if asked.action == "list":
            return [*map(_token_line, runtime.read(api_tokens.list_tokens))] or ["no token was issued"]
        if asked.action == "revoke":
            token_id = UUID(asked.id)
            if not runtime.write(lambda connection: api_tokens.revoke_token(connection, token_id)):
                raise CommandFailed("there is no token of this id; `token list` shows them")
            return [f"{token_id} is revoked"]
        org_id = None if asked.super else runtime.read(lambda connection: find_org(connection, asked.org))
        if org_id is None and not asked.super:
            raise CommandFailed("there is no org with this id or slug; see the table orgs")
        user_id = UUID(asked.user) if asked.user else None
        issued = runtime.write(
            lambda connection: api_tokens.issue_token(
                connection, name=asked.name, org_id=org_id, user_id=user_id, days=asked.days
            )
        )
        print(f"id {issued.id}; the token is shown this once:", file=sys.stderr)
        return [issued.token]

    try:
        return "\n".join(_with_runtime(url, work))
    except ValueError as error:
        raise CommandFailed(str(error)) from None


def _token_line(row: RowMapping) -> str:
    times = {name: row[f"{name}_at"] for name in ("created", "expires", "last_used", "revoked")}
    told = [f"{name.replace('_', ' ')} {moment:%Y-%m-%d %H:%M}" for name, moment in times.items() if moment]
    whose = f"org {row['org'] or row['org_id']}" if row["org_id"] else "administrator"
    if row["user_id"]:
        whose += f", user {row['user_id']}"
    return f"{row['id']}  {row['name']}  {whose}  {', '.join(told)}"


def _opened(path: Path) -> TextIO:
    """The text of a file, compressed or not; what is not UTF-8 in it is replaced."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="\n")
    return path.open(encoding="utf-8", errors="replace", newline="\n")


def _content(file: str) -> object:
    try:
        return json.loads(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandFailed(f"the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise CommandFailed("the file is not JSON") from None


def _checked(url: str) -> URL:
    """The parsed URL. What is wrong with it is not repeated: parts of it may be a password that was not quoted."""
    from prospecting.persistence.database import application_url

    try:
        return application_url(url)
    except ValueError as error:
        raise CommandFailed(str(error)) from None


def _revision(url: URL) -> str | None:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import NullPool

    from prospecting.persistence.database import make_engine

    with make_engine(url, poolclass=NullPool).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _check_may_migrate(url: URL) -> None:
    from sqlalchemy import NullPool

    from prospecting.persistence.database import make_engine
    from prospecting.persistence.database_rights import check_may_migrate

    with make_engine(url, poolclass=NullPool).connect() as connection:
        check_may_migrate(connection)


def _failed(error: DBAPIError, url: URL) -> CommandFailed:
    """The message of PostgreSQL or its driver in one line, with what helps where no connection came about."""
    from prospecting.persistence.database_rights import unreachable

    if getattr(error.orig, "sqlstate", None) is None:
        return CommandFailed(unreachable(error.orig, url))
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return CommandFailed(f"the database cannot be used: {lines[0].strip()}")


if __name__ == "__main__":
    sys.exit(main())

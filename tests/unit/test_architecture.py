"""The rules of the house, read from the source: who may import whom, and what nobody may do."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "plugins" / "prospecting"
FLOORS = {
    name: height
    for height, name in enumerate(
        (
            "resources",
            "version",
            "parsing",
            "scoring",
            "persistence",
            "agents",
            "services",
            "hooks",
            "operators",
            "tasks",
            "dags",
        )
    )
}
FLOORS["web"] = FLOORS["tasks"]
"""dags -> tasks and web -> operators -> hooks -> services -> agents -> persistence -> scoring -> parsing; below all of
them the modules that find their files and say their version."""

INPUT_OUTPUT = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "httpx2", "psycopg", "psycopg2", "requests", "smtplib", "socket",
    "sqlite3", "ssl", "subprocess", "urllib.request", "urllib3",
}  # fmt: skip
METADATA_DATABASE = {"create_session", "provide_session", "NEW_SESSION", "DagRun", "DagModel", "TaskInstance", "XCom"}
# Names that moved with Airflow 3; the second column is where they are now.
MOVED = {
    "airflow.models": "airflow.sdk",
    "airflow.operators": "airflow.providers.standard.operators",
    "airflow.sensors": "airflow.sdk",
    "airflow.decorators": "airflow.sdk",
    "airflow.hooks": "airflow.sdk",
    "airflow.notifications": "airflow.sdk",
    "airflow.datasets": "airflow.sdk",
    "airflow.exceptions": "airflow.sdk.exceptions",
    "airflow.utils.task_group": "airflow.sdk",
    "airflow.utils.trigger_rule": "airflow.sdk",
    "airflow.utils.timezone": "airflow.sdk.timezone",
    "airflow.utils.context": "airflow.sdk",
    "airflow.utils.dates": "pendulum",
    "airflow.utils.session": "nothing: tasks have no access to the metadata database",
    "airflow.settings": "nothing: tasks have no access to the metadata database",
}
IN_THE_API_SERVER = {PACKAGE / "web" / "airflow_runs.py"}
"""Reads Airflow's metadata database, which the API server has open."""
IN_THE_SCHEDULER = {PACKAGE / "tasks" / "run_notes.py"}
"""Writes the note of a run in the transaction in which the scheduler ends it."""
VAGUE = {"util", "utils", "helper", "helpers", "common", "misc", "base", "shared"}
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def sources(*folders: Path) -> list[Path]:
    found = sorted(path for folder in folders for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
    assert found
    return found


CODE = sources(ROOT / "dags", ROOT / "plugins")
EVERYTHING = [
    *CODE,
    *(
        path
        for name in ("scripts", "migrations", "tests", "benchmarks", "chaos")
        for path in (ROOT / name).rglob("*.py")
    ),
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def _forget_trees() -> Iterator[None]:
    yield
    tree_of.cache_clear()


@cache
def imports(path: Path) -> list[tuple[str, int]]:
    """Every imported module, ``from a import b`` as ``a.b``; those only for type checking too."""
    return list(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def read_with(module: ast.Module) -> Iterator[ast.AST]:
    """What is carried out when the module is read: everything but the bodies of functions."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        inside = node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else []
        later = set(inside if isinstance(inside, list) else [inside])
        waiting += [child for child in ast.iter_child_nodes(node) if child not in later]


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def floor_of(path: Path) -> str | None:
    """The floor a file lives on; ``None`` for entry points, which may see everything."""
    if path.is_relative_to(ROOT / "dags"):
        return "dags"
    if path == PACKAGE / "resources.py":
        return path.stem
    if path.is_relative_to(PACKAGE) and path.parent != PACKAGE:
        return path.relative_to(PACKAGE).parts[0]
    return None


def test_every_floor_is_known() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(FLOORS)


def test_imports_only_go_down() -> None:
    upward, seen = [], 0
    for path in CODE:
        floor = floor_of(path)
        for module, line in imports(path):
            parts = module.split(".")
            if floor is None or parts[0] != "prospecting" or len(parts) < 2:
                continue
            seen += 1
            target = parts[1]
            if target != floor and FLOORS[target] >= FLOORS[floor]:
                upward.append(f"{name_of(path)}:{line} ({floor}) imports {module} ({target})")
    assert upward == []
    assert seen > 50


def test_nothing_imports_the_dags() -> None:
    assert [
        f"{name_of(path)}:{line}" for path in CODE for module, line in imports(path) if within(module, {"dags"})
    ] == []


@pytest.mark.parametrize(
    ("floors", "forbidden"),
    [
        ({"parsing", "scoring"}, {"airflow", "sqlalchemy", *INPUT_OUTPUT}),
        ({"persistence", "agents", "services"}, {"airflow"}),
        ({"dags"}, {"sqlalchemy", *INPUT_OUTPUT}),
    ],
    ids=[
        "pure floors do no input or output",
        "only hooks and what is above know Airflow",
        "dags do no input or output",
    ],
)
def test_floors_do_without(floors: set[str], forbidden: set[str]) -> None:
    paths = [path for path in CODE if floor_of(path) in floors]
    assert len(paths) > 1
    assert [
        f"{name_of(path)}:{line} imports {module}"
        for path in paths
        for module, line in imports(path)
        if within(module, forbidden)
    ] == []


def test_params_are_read_by_the_first_task_only() -> None:
    """Later tasks are told what they need, by the run's row or by arguments (decision 0010)."""
    reading: dict[str, list[str]] = {}
    for path in (path for path in CODE if floor_of(path) in ("tasks", "operators", "hooks")):
        for function in (n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef)):
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
            if "read_params" in names:
                reading.setdefault(path.stem, []).append(function.name)
            of_context = [
                ast.unparse(node)
                for node in ast.walk(function)
                if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "'params'"
                if "context" in ast.unparse(node.value)
            ]
            if of_context:
                assert (path.stem, function.name) == ("runs", "read_params"), of_context
    assert reading == {
        "account_events": ["start_recording"],
        "account_promotion": ["start_promotion"],
        "account_refresh": ["start_refresh"],
        "briefing_backfill": ["start_backfill"],
        "ml_feature_refresh": ["start_refresh"],
        # Who is to be erased is nowhere but in the params.
        "person_erasure": ["plan_erasure", "erase_person"],
        "research_pipeline": ["start_submission"],
        "signal_execution": ["start_execution"],
        "slot_backfill": ["plan_backfill"],
        "slot_evaluation": ["start_evaluation"],
    }


def test_nothing_reaches_into_the_metadata_database() -> None:
    """Real workers refuse it; ``dag.test()`` does not notice. The pages are in the API server, which has it open."""
    found = []
    for path in (path for path in CODE if path not in IN_THE_API_SERVER | IN_THE_SCHEDULER):
        tree = tree_of(path)
        used = {node.id: node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name)}
        used |= {node.attr: node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        found += [f"{name_of(path)}:{used[name]} uses {name}" for name in METADATA_DATABASE & set(used)]
        found += [
            f"{name_of(path)}:{line} imports {module}"
            for module, line in imports(path)
            if within(module, {"airflow.models", "airflow.settings", "airflow.utils.session", "airflow.utils.db"})
        ]
    assert found == []


def test_airflow_is_imported_from_where_it_lives_now() -> None:
    assert [
        f"{name_of(path)}:{line} imports {module}; now in {now}"
        for path in CODE
        if path not in IN_THE_API_SERVER | IN_THE_SCHEDULER
        for module, line in imports(path)
        for before, now in MOVED.items()
        if within(module, {before})
    ] == []


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Whatever folder ends up on the path: a file of that name would be imported instead."""
    roots = {ROOT, ROOT / "plugins", ROOT / "dags", ROOT / "scripts", ROOT / "tests"}
    top_level = [path for path in EVERYTHING if path.parent in roots or floor_of(path) is not None]
    assert [name_of(path) for path in top_level if path.stem in sys.stdlib_module_names] == []
    assert [name_of(path) for path in EVERYTHING if path.stem in {"signal", "types"}] == []


def test_names_say_what_is_inside() -> None:
    assert [name_of(path) for path in CODE if VAGUE & {path.stem, *path.relative_to(ROOT).parts}] == []


def test_package_files_hold_a_docstring_only() -> None:
    packages = [path for path in EVERYTHING if path.name == "__init__.py"]
    assert packages
    for path in packages:
        body = tree_of(path).body
        assert len(body) == 1, name_of(path)
        assert isinstance(body[0], ast.Expr), name_of(path)
        assert ast.get_docstring(tree_of(path)), name_of(path)


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in CODE if not ast.get_docstring(tree_of(path))]
    assert [name_of(path) for path in silent] == []


def test_docstrings_say_what_a_thing_is_or_does() -> None:
    vague = []
    for path in [*CODE, *(ROOT / "scripts").rglob("*.py")]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node) or "-"
                if text.split()[0] in {"What", "Whether", "Answers"}:
                    vague.append(f"{name_of(path)}:{getattr(node, 'lineno', 1)} {text[:40]}")
    assert vague == []


def test_nothing_is_left_unfinished() -> None:
    texts = [*EVERYTHING, *(ROOT / "include" / "sql").rglob("*.sql"), ROOT / "Makefile"]
    found = [
        f"{name_of(path)}:{number}"
        for path in texts
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_dag_files_are_thin_and_named_after_their_dag() -> None:
    for path in sources(ROOT / "dags"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 150, name_of(path)
        assert f'dag_id="{path.stem}"' in text, name_of(path)
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        assert [function.name for function in functions] == [path.stem], name_of(path)


def test_dag_files_compute_nothing_while_they_are_read() -> None:
    """A DAG file is read every few seconds: no clock, no variable, no connection, no environment."""
    changing = {"now", "utcnow", "today", "getenv", "environ", "get_connection", "Variable", "random", "uuid4"}
    for path in sources(ROOT / "dags"):
        tree = tree_of(path)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & changing, name_of(path)


def test_tests_look_at_the_clock_while_they_run_only() -> None:
    """A module is read long before its tests run, perhaps on the day before: see tests/clock.py."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources(ROOT / "tests")
        for node in read_with(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
    ]
    assert found == []

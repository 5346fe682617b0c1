"""Write docs/DAGs.md from what the DAG files say about themselves, so that the two cannot differ.

The files are read, not run: neither Airflow nor a database is needed. Params come from the Pydantic model that a
DAG hands to `airflow_params`.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path("docs") / "DAGs.md"
HEADER = """\
# DAGs

Generated from the DAGs' own documentation by `make docs`; the same text stands behind *Dag Docs* in the Airflow UI.

What runs by itself comes paused, and waits for its next time once it is [switched on](deployment.md#switching-on).
Params that cannot be used fail a DAG's first task, alone and with one sentence: everything after it is skipped, and
`params_accepted`, which runs nothing, fails the run. Objects among the params (`limits`, `budget`, `schedule`,
`min_confidence`) can be given whole, as JSON, or by their members, which are the fields of the trigger form; what is
given both ways must agree.
"""


@dataclass(frozen=True, slots=True)
class DagPage:
    """The contents of one DAG file: ids and texts as written. `params` is the model behind its trigger form, if any."""

    path: Path
    dag_id: str
    description: str
    schedule: str
    text: str
    params: type[BaseModel] | None


def read_dag(path: Path) -> DagPage:
    """Read one DAG file.

    Raises:
        ValueError: it has no docstring, or not exactly one function decorated with `@dag(dag_id="...")`.
    """
    module = ast.parse(path.read_text(encoding="utf-8"))
    text = ast.get_docstring(module)
    calls = [
        decorator
        for node in module.body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "dag"
    ]
    if not text or len(calls) != 1:
        raise ValueError(f"{path.name} needs a docstring and exactly one function decorated with @dag(...)")
    given = {keyword.arg: keyword.value for keyword in calls[0].keywords if keyword.arg}
    dag_id, description = (_literal(given.get(name)) for name in ("dag_id", "description"))
    if not dag_id:
        raise ValueError(f"{path.name} must name its dag_id literally")
    return DagPage(path, dag_id, description, _schedule(given.get("schedule")), text, _model(module, given))


def _literal(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _schedule(node: ast.expr | None) -> str:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return "when triggered"
    # When the first time is, once a DAG is switched on, is said for all of them at the top.
    return f"`{ast.unparse(node).replace(', run_immediately=NEVER_LATE', '')}`"


def _model(module: ast.Module, given: dict[str, ast.expr]) -> type[BaseModel] | None:
    """The class named in `params=airflow_params(Class)`, found through the file's own imports."""
    params = given.get("params")
    if not isinstance(params, ast.Call) or len(params.args) != 1 or not isinstance(params.args[0], ast.Name):
        return None
    name = params.args[0].id
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == name for alias in node.names):
            found: type[BaseModel] = getattr(importlib.import_module(node.module), name)
            return found
    raise ValueError(f"{name} is not imported where it is used")


def params_table(model: type[BaseModel]) -> str:
    """A Markdown table of the model's fields: name, default as JSON, meaning."""
    lines = ["| param | default | meaning |", "|---|---|---|"]
    for name, default, field in _params_of(model):
        shown = json.dumps(default.model_dump(mode="json") if isinstance(default, BaseModel) else default)
        meaning = " ".join((field.description or field.title or "").split())
        lines.append(f"| `{name}` | `{_cell(shown)}` | {_cell(meaning)} |")
    return "\n".join(lines)


def _params_of(model: type[BaseModel]) -> Iterator[tuple[str, object, FieldInfo]]:
    """Name, default and field of every param, in the order of the trigger form: objects come last."""
    from prospecting.services.grouped_params import groups_of  # on the path by now

    groups = groups_of(model)
    for name, field in model.model_fields.items():
        if name in groups:
            yield from ((member.param, member.default, member.field) for member in groups[name])
        else:
            yield name, field.get_default(call_default_factory=True, validated_data={}), field
    yield from ((name, None, model.model_fields[name]) for name in groups)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def render(pages: Sequence[DagPage]) -> str:
    """The whole document."""
    parts = [HEADER, "| DAG | runs | does |\n|---|---|---|"]
    parts[1] += "".join(
        f"\n| [`{page.dag_id}`](#{page.dag_id}) | {page.schedule} | {_cell(page.description)} |" for page in pages
    )
    for page in pages:
        parts.append(f"## {page.dag_id}\n\nFile: [`dags/{page.path.name}`](../dags/{page.path.name})\n\n{page.text}")
        if page.params is not None:
            parts.append(f"**All params of `{page.dag_id}`**\n\n{params_table(page.params)}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def generate(root: Path = ROOT) -> str:
    """The document for the DAG files of a checkout."""
    return render([read_dag(path) for path in sorted((root / "dags").glob("*.py"))])


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scripts.dag_docs [--check]`: write docs/DAGs.md, or only compare (exit code 1: stale)."""
    parser = argparse.ArgumentParser(prog="dag_docs", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")
    check = parser.parse_args(arguments).check
    package = str(ROOT / "plugins")
    if package not in sys.path:
        sys.path.insert(0, package)
    text = generate()
    target = ROOT / TARGET
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print(f"error: {TARGET} is not what the DAGs say; run: make docs", file=sys.stderr)
        return 1
    target.write_text(text, encoding="utf-8")
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

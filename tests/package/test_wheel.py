"""What is in the wheel, and that an installation finds all of it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from prospecting.persistence.statements import SQL_FOLDER, domain_statements
from prospecting.version import version
from tests.package.conftest import ROOT, Elsewhere


def files(folder: str) -> set[str]:
    """The files of a folder of the checkout, relative to the checkout."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found
    return found


def test_the_wheel_holds_the_package_and_the_files_of_the_bundle_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    metadata = {name for name in names if ".dist-info/" in name}
    package = {path.removeprefix("plugins/") for path in files("plugins/prospecting")}
    bundle = {f"prospecting/bundle/{path}" for name in ("dags", "include", "migrations") for path in files(name)}
    assert names - metadata == package | bundle | {"prospecting/bundle/alembic.ini"}
    assert {Path(name).name for name in metadata} >= {"METADATA", "entry_points.txt", "LICENSE", "NOTICE"}
    assert wheel.name == f"prospecting_bundle-{version()}-py3-none-any.whl"


def test_every_module_and_every_file_is_found_where_it_is_installed(elsewhere: Elsewhere) -> None:
    program = """
import importlib, json, pkgutil, sys
import prospecting
from prospecting import resources
names = [found.name for found in pkgutil.walk_packages(prospecting.__path__, "prospecting.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
from prospecting.agents import catalog, deep_research, live
from prospecting.persistence.statements import SQL_FOLDER, domain_statements
loaded = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
print(json.dumps({
    "modules": len(names),
    "files": sorted(file for file in loaded if "prospecting" in file),
    "installed": resources.is_installed(),
    "statements": {folder.name: len(domain_statements(folder.name)) for folder in SQL_FOLDER.iterdir()},
    "prompt": len(live.instructions("people")),
}))
"""
    found = json.loads(elsewhere.run(elsewhere.python, "-c", program))
    assert found["installed"]
    assert found["modules"] == len([path for path in files("plugins/prospecting") if path.endswith(".py")]) - 1
    assert all(file.startswith(f"{elsewhere.package}/") for file in found["files"])
    domains = {path.parent.name for path in SQL_FOLDER.glob("*/*.sql")}
    assert found["statements"] == {domain: len(domain_statements(domain)) for domain in domains}
    assert found["prompt"] > 100


def test_the_command_knows_its_files_and_its_version(elsewhere: Elsewhere) -> None:
    bundle = elsewhere.package / "bundle"
    assert (
        elsewhere.run(elsewhere.command, "version") == f"prospecting {version()}, imported from {elsewhere.package}\n"
    )
    assert elsewhere.run(elsewhere.command, "dags-folder") == f"{bundle / 'dags'}\n"
    assert elsewhere.run(elsewhere.python, "-m", "prospecting", "pools") == f"{bundle / 'include' / 'pools.json'}\n"


def test_what_the_installed_package_requires_is_there(elsewhere: Elsewhere) -> None:
    program = """
import importlib.metadata, json
from packaging.requirements import Requirement
wanted = [Requirement(each) for each in importlib.metadata.requires("prospecting-bundle")]
print(json.dumps([
    f"{each} but {found}" for each in wanted
    if not each.specifier.contains(found := importlib.metadata.version(each.name))
]))
"""
    assert json.loads(elsewhere.run(elsewhere.python, "-c", program)) == []

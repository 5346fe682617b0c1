"""Files besides the code are found in a checkout; tests/package looks for them in an installed wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prospecting import resources

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_has_its_files_beside_plugins() -> None:
    assert not resources.is_installed()
    assert resources.bundle_folder() == ROOT
    assert resources.resource_folder("sql") == ROOT / "include" / "sql"


def test_a_copy_without_its_files_is_named(tmp_path: Path) -> None:
    """Somebody copied the package into the plugins folder of their Airflow."""
    copy = tmp_path / "plugins" / "prospecting"
    copy.mkdir(parents=True)
    for name in ("__init__.py", "resources.py"):
        shutil.copy(resources.PACKAGE_FOLDER / name, copy)
    program = "from prospecting import resources; print(resources.PACKAGE_FOLDER); resources.resource_folder('sql')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(copy.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{copy}\n"
    assert "was copied without its files" in done.stderr


def test_other_copies_on_the_path_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "prospecting"
    other.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert resources.other_copies() == [], "a folder of that name is not a package"
    (other / "__init__.py").touch()
    assert resources.other_copies() == [other]
    link = tmp_path / "link"
    link.symlink_to(ROOT / "plugins")
    monkeypatch.syspath_prepend(str(link))
    assert resources.other_copies() == [other], "the same folder by another name is not another copy"

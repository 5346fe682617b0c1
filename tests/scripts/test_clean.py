"""What `make clean` removes, and what it asks before."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import clean
from scripts.locks import scheduler_lock

MADE = (".venv/bin/python", ".local/logs/x", "dist/x.whl", ".mypy_cache/x", "plugins/a/__pycache__/x.pyc", "build/x")
KEPT = (".git/objects/x", ".env", "plugins/a/code.py", "docs/x.md")
DATA = (".local/postgres/base/x", ".local/airflow/models/x")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "a checkout"
    for name in (*MADE, *KEPT):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    monkeypatch.setattr(clean, "ROOT", root)
    monkeypatch.delenv("YES", raising=False)
    return root


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def add_data(root: Path) -> None:
    for name in DATA:
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("")


def test_all_that_was_made_is_removed_and_nothing_else(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = checkout.with_name("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    (checkout / ".ruff_cache").symlink_to(elsewhere)
    assert clean.main() == 0
    assert files(checkout) == set(KEPT)
    assert (elsewhere / "file").exists(), "a link is removed, and not where it leads"
    assert not list(checkout.rglob("__pycache__"))
    assert "removed .venv, .local, dist, build" in capsys.readouterr().err
    assert clean.main() == 0
    assert "removed nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "yes", "is_removed"),
    [(None, "", False), (None, "1", True), ("", "", False), ("y", "", False), ("yes", "", True), (" YES ", "", True)],
)
def test_data_is_deleted_by_a_yes_alone(
    answer: str | None,
    yes: str,
    is_removed: bool,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_data(checkout)
    monkeypatch.setenv("YES", yes)
    monkeypatch.setattr("sys.stdin.isatty", lambda: answer is not None, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert clean.main() == (0 if is_removed else 1)
    assert files(checkout) == (set(KEPT) if is_removed else {*KEPT, *MADE, *DATA})
    said = capsys.readouterr().err
    if not is_removed and answer is None:
        assert "make clean YES=1" in said
    if answer is not None:
        assert "pg_dump" in said


def test_nothing_is_removed_below_what_works_there(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at_work = scheduler_lock(checkout)
    assert at_work.acquire(shared=True)
    assert clean.main() == 1
    assert "is at work in this folder" in capsys.readouterr().err
    at_work.release()
    (checkout / ".local" / "test-postgres").mkdir()
    (checkout / ".local" / "test-postgres" / "postmaster.pid").touch()
    (checkout / ".venv" / "bin" / "python").unlink()
    assert clean.main() == 1
    assert "run make stop first" in capsys.readouterr().err
    assert set(KEPT) < files(checkout)

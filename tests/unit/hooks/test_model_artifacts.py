"""Keeping model artifacts in a folder: once, whole, and found where the database says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from prospecting.hooks.model_artifacts import MOST_BYTES, ModelArtifacts
from prospecting.scoring.model_artifact import ArtifactError

DATA = b"header\n\x00\xffmodel"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW_VAR_MODEL_ARTIFACTS_PATH", f"file://{tmp_path}/models")
    return tmp_path / "models"


def test_what_is_stored_is_found(folder: Path) -> None:
    path, sha256 = ModelArtifacts().store("propensity", DATA)
    assert sha256 == hashlib.sha256(DATA).hexdigest()
    assert ModelArtifacts().fetch(path) == DATA
    assert [file.name for file in folder.rglob("*") if file.is_file()] == [f"{sha256}.model"]


def test_storing_again_changes_nothing(folder: Path) -> None:
    path, _ = ModelArtifacts().store("propensity", DATA)
    [file] = folder.rglob("*.model")
    before = file.stat()
    assert ModelArtifacts().store("propensity", DATA)[0] == path
    after = file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_what_a_killed_writer_left_is_completed(folder: Path) -> None:
    path, _ = ModelArtifacts().store("propensity", DATA)
    [file] = folder.rglob("*.model")
    file.write_bytes(DATA[:5])
    assert ModelArtifacts().store("propensity", DATA)[0] == path
    assert ModelArtifacts().fetch(path) == DATA


def test_a_missing_artifact_names_the_remedy(folder: Path) -> None:
    with pytest.raises(ArtifactError, match="model_artifacts_path"):
        ModelArtifacts().fetch(f"file://{folder}/none.model")


def test_what_is_too_large_for_a_model_is_not_read(folder: Path) -> None:
    path, _ = ModelArtifacts().store("propensity", DATA)
    [file] = folder.rglob("*.model")
    with file.open("r+b") as opened:
        opened.truncate(MOST_BYTES + 1)
    with pytest.raises(ArtifactError, match="restore the file, or train again"):
        ModelArtifacts().fetch(path)


def test_a_folder_that_is_given_comes_before_the_variable(folder: Path, tmp_path: Path) -> None:
    path, _ = ModelArtifacts(f"file://{tmp_path}/elsewhere").store("propensity", DATA)
    assert path.startswith(f"file://{tmp_path}/elsewhere/propensity/")
    assert not folder.exists()
    assert ModelArtifacts().fetch(path) == DATA, "found where it was stored, whatever the setting is by now"


@pytest.mark.parametrize("path", [None, ""])
def test_without_a_setting_it_is_a_folder_of_airflow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str | None
) -> None:
    monkeypatch.delenv("AIRFLOW_VAR_MODEL_ARTIFACTS_PATH", raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    assert str(ModelArtifacts(path).folder) == f"file://{tmp_path}/models"

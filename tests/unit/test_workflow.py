"""What checks a change elsewhere runs the same as here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from scripts.bootstrap import SUPPORTED

ROOT = Path(__file__).resolve().parents[2]


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_workflow_calls_the_script_everywhere_and_nothing_else() -> None:
    workflow = load(".github/workflows/ci.yml")
    job = workflow["jobs"]["test"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert job["strategy"]["matrix"]["system"] == ["ubuntu-latest", "macos-latest"]
    versions = [tuple(map(int, version.split("."))) for version in job["strategy"]["matrix"]["python"]]
    assert versions[0] == SUPPORTED[0]
    assert all(SUPPORTED[0] <= version < SUPPORTED[1] for version in versions)
    # The Python that was set up, and not another one of the machine.
    assert job["steps"][-1]["env"] == {"PYTHON": "${{ steps.python.outputs.python-path }}"}
    assert workflow["permissions"] == {"contents": "read"}


def test_hooks_before_a_commit_use_the_pinned_tools() -> None:
    (repository,) = load(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    entries = [hook["entry"] for hook in repository["hooks"]]
    assert [entry.split()[:3] for entry in entries] == [
        [".venv/bin/python", "-m", tool] for tool in ("ruff", "ruff", "mypy")
    ]
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}

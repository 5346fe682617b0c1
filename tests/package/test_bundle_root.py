"""The folder of the checkout as a DAG bundle: the DAGs of dags/ and nothing else, whatever lies beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
root = Path(sys.argv[1])
bag = BundleDagBag(dag_folder=root, bundle_path=root, bundle_name="root")
print(json.dumps({
    "dags": {dag_id: dag.fileloc for dag_id, dag in bag.dags.items()},
    "errors": bag.import_errors,
    "files": [stat.file for stat in bag.dagbag_stats],
}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This checkout, with an environment whose links lead in circles, and a Python file that nobody expects."""
    root = tmp_path / "checkout"
    root.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in (".venv", ".local", ".git"):
            (root / entry.name).symlink_to(entry)
    (root / ".venv" / "lib").mkdir(parents=True)
    (root / ".venv" / "lib64").symlink_to("lib")
    (root / ".venv" / "lib" / "round").symlink_to(root / ".venv")
    (root / "new_folder").mkdir()
    (root / "new_folder" / "dag.py").write_text("raise RuntimeError('airflow dag')\n")
    return root


@pytest.mark.airflow
def test_the_root_of_the_checkout_is_a_bundle_without_errors(checkout: Path, tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    variables |= {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(checkout / "plugins"),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(checkout)], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    ours = {path.stem: str(checkout / "dags" / path.name) for path in (ROOT / "dags").glob("*.py")}
    assert found["errors"] == {}
    assert found["dags"] == ours
    assert len(ours) == 12
    assert sorted(found["files"]) == sorted(f"dags/{dag_id}.py" for dag_id in ours), "nothing else was even looked at"

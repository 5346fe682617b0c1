"""How long each DAG file takes to import beyond ``import airflow.sdk``, in fresh processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.results import Results

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import runpy, sys, time
started = time.perf_counter()
import airflow.sdk
sdk = time.perf_counter() - started
started = time.perf_counter()
runpy.run_path(sys.argv[1])
print(sdk, time.perf_counter() - started)
"""


def run(results: Results, *, rows: int) -> None:
    """``rows`` is not used. The budget is 0.3 s beyond the SDK."""
    for path in sorted((ROOT / "dags").glob("*.py")):
        measured = [_measure(path) for _ in range(3)]
        sdk = statistics.median(pair[0] for pair in measured)
        file = statistics.median(pair[1] for pair in measured)
        results.add(f"parse dags/{path.name}", file, sdk, "import airflow.sdk", "<= 0.3 s")


def _measure(path: Path) -> tuple[float, float]:
    from scripts import environment

    prepared = environment.prepare()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        env=prepared.variables,
        capture_output=True,
        text=True,
        check=True,
    )
    sdk, file = done.stdout.split()[-2:]
    return float(sdk), float(file)

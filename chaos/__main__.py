"""`make chaos`: kill runs of every DAG, let them go on, compare them with a quiet run; TRIES=300 SEED=1 DAGS=...

DAGS are ids of DAGs or names of single scenarios, such as signal_execution-funding.

A fault that hits is a try. The same seed makes the same choices; --only repeats one trial of it and keeps its database.
"""

from __future__ import annotations

import argparse
import atexit
import itertools
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from chaos.faults import FAULTS
from chaos.report import Report
from chaos.scenarios import choose
from chaos.work import UP, Work, worker
from scripts.locks import FileLock

ROOT = Path(__file__).resolve().parents[1]


def end(processes: list[Any]) -> None:
    """Nothing outlives an interrupted command."""
    for process in processes:
        if process.is_alive():
            process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--tries", type=int, default=int(os.environ.get("TRIES") or 60), help="faults (default 60)")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1), help="default 1")
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 30), help="at most (30)")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or 2), help="at once (default 2)")
    parser.add_argument("--dags", nargs="*", default=(os.environ.get("DAGS") or "").split(), metavar="DAG")
    parser.add_argument("--faults", nargs="*", default=[], choices=list(FAULTS), metavar="FAULT")
    parser.add_argument("--only", type=int, help="the number of one trial")
    parser.add_argument("--up", action="store_true", help="also kill workers of a whole running Airflow (2 minutes)")
    parser.add_argument("--report", type=Path, default=Path(os.environ["REPORT"]) if os.environ.get("REPORT") else None)
    options = parser.parse_args()
    try:
        chosen = choose(options.dags)
    except ValueError as error:
        parser.error(str(error))
    lock = FileLock(ROOT / ".local" / "chaos.lock")
    if not lock.acquire(wait=False):
        parser.error("another make chaos is at work in this checkout")
    report = Report(options.seed)
    work = Work(options.seed, chosen, options.faults or list(FAULTS))
    jobs = 1 if options.only is not None else options.jobs
    deadline = time.monotonic() + options.minutes * 60
    context = multiprocessing.get_context("spawn")
    numbers, outcomes = context.SimpleQueue(), context.SimpleQueue()
    processes = [
        context.Process(target=worker, args=(ROOT / ".local" / "chaos" / str(job), work, numbers, outcomes))
        for job in range(jobs)
    ]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    atexit.register(end, processes)
    for process in processes:
        process.start()
    waiting: list[int | str] = [UP] if options.up else []
    more = iter([options.only]) if options.only is not None else itertools.count()
    under_way = 0
    while not report.failures:
        is_enough = report.hits >= options.tries or time.monotonic() > deadline
        while under_way < jobs and (waiting or not is_enough):
            number: int | str | None = waiting.pop() if waiting else next(more, None)
            if number is None:
                break
            numbers.put(number)
            under_way += 1
        if not under_way:
            break
        report.add(outcomes.get())
        under_way -= 1
    for _ in processes:
        numbers.put(None)
    if report.failures:
        end(processes)
    for process in processes:
        process.join()
    print(report.text())
    if options.report is not None:
        report.write(options.report)
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())

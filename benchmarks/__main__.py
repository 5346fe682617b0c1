"""`make bench`: runs all benchmarks, or those named: ``python -m benchmarks persistence parsing dags``."""

from __future__ import annotations

import argparse
import sys

from benchmarks import dags, parsing, persistence
from benchmarks.results import Results

SUITES = {"persistence": persistence.run, "parsing": parsing.run, "dags": dags.run}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; default: all")
    parser.add_argument("--rows", type=int, default=10_000, help="rows for bulk writes (default 10,000)")
    options = parser.parse_args()
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    results = Results()
    for name in options.suites or SUITES:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        SUITES[name](results, rows=options.rows)
    results.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

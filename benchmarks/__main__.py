"""`make bench`: runs all benchmarks, or those named.

python -m benchmarks persistence slots briefings features touchpoints account_graph accounts pages api asking parsing
reading dags
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import (
    account_graph,
    account_refresh,
    api,
    asking,
    briefings,
    dags,
    features,
    pages,
    parsing,
    persistence,
    reading,
    slots,
    touchpoints,
)
from benchmarks.results import Results

SUITES = {
    "persistence": persistence.run,
    "slots": slots.run,
    "briefings": briefings.run,
    "features": features.run,
    "touchpoints": touchpoints.run,
    "account_graph": account_graph.run,
    "accounts": account_refresh.run,
    "pages": pages.run,
    "api": api.run,
    "asking": asking.run,
    "parsing": parsing.run,
    "reading": reading.run,
    "dags": dags.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; default: all")
    parser.add_argument("--rows", type=int, default=10_000, help="rows for bulk writes (default 10,000)")
    parser.add_argument("--companies", type=int, default=300_000, help="companies for slots (default 300,000)")
    parser.add_argument("--results", type=int, default=20_000, help="step results for briefings (default 20,000)")
    parser.add_argument("--accounts", type=int, default=200_000, help="accounts for features (default 200,000)")
    parser.add_argument("--touchpoints", type=int, default=100_000, help="touchpoints at once (default 100,000)")
    parser.add_argument("--engaged", type=int, default=100_000, help="accounts with contacts (default 100,000)")
    parser.add_argument("--listed", type=int, default=1_000_000, help="companies on lists (default 1,000,000)")
    parser.add_argument("--requests", type=int, default=500, help="requests of each kind to the API (default 500)")
    parser.add_argument("--questions", type=int, default=200, help="questions to agents of each kind (default 200)")
    options = parser.parse_args()
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    results = Results()
    rows = {
        "slots": options.companies,
        "briefings": options.results,
        "features": options.accounts,
        "touchpoints": options.touchpoints,
        "accounts": options.engaged,
        "pages": options.listed,
        "api": options.requests,
        "asking": options.questions,
    }
    for name in options.suites or SUITES:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        SUITES[name](results, rows=rows.get(name, options.rows))
    results.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.stand_in --port 8765``: the stand-in in the foreground."""

from __future__ import annotations

import argparse
import sys

from tests.stand_in.server import StandIn


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stand_in", description="Speaks the outside contracts locally."
    )
    parser.add_argument("--port", type=int, default=8765, help="0 takes any free port (default: 8765)")
    parser.add_argument("--host", default="127.0.0.1")
    arguments = parser.parse_args()
    stand_in = StandIn(arguments.port, arguments.host)
    sys.stdout.write(
        f"Language model and operations at {stand_in.url}/v1, web search and deep research at {stand_in.url}; "
        "README.md says the rest\n"
    )
    sys.stdout.flush()
    stand_in.serve_forever()


if __name__ == "__main__":
    main()

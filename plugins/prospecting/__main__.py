"""`python -m prospecting`, the same as the command `prospecting`."""

from __future__ import annotations

import sys

from prospecting.cli import main

if __name__ == "__main__":
    sys.exit(main())

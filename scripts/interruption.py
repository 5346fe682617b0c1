"""Ctrl-C ends a command with one line and exit code 130, and the `make` that started it without complaints.

Standard library only: the set-up of the environment is interrupted as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable

INTERRUPTED = 128 + signal.SIGINT


def run(main: Callable[[], int]) -> int:
    """Call `main`; returns its exit code, or that of an interruption after saying so."""
    try:
        code = main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
        code = INTERRUPTED
    return exit_code() if code == INTERRUPTED else code


def exit_code() -> int:
    """The exit code of a command that was interrupted: 130, or 0 when a `make` has started it, whose code is 130 then.

    `make` calls a command that ends with 130 an error. So it is interrupted itself (by a terminal it has been already):
    it waits for its command, and ends as interrupted programs do. Its process id is in MAKE_PID.
    """
    with contextlib.suppress(ValueError, OSError):
        make = int(os.environ.pop("MAKE_PID", ""))
        if os.getpgid(make) == os.getpgrp():  # else another process has the number by now
            os.kill(make, signal.SIGINT)
            return 0
    return INTERRUPTED

"""Reads what is to be researched from a file, so that the configuration of a run names nobody."""

from __future__ import annotations

import json
from typing import Any

from airflow.sdk import ObjectStoragePath

MAX_BYTES = 50_000_000


def read_submission_file(path: str) -> Any:
    """The JSON at a path that workers can read: ``/data/people.json``, ``s3://aws_default@bucket/people.json``.

    Raises:
        LookupError: nothing is there, or it cannot be read.
        ValueError: it is a web address, too large, or not JSON. No message repeats anything of the content.
    """
    if path.lower().startswith(("http://", "https://")):
        raise ValueError("submission_file: a path or an object URL (s3://, gs://, file://), not a web address")
    try:
        with ObjectStoragePath(path).open("rb") as file:  # type: ignore[no-untyped-call]
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise LookupError("submission_file: nothing is there; workers look for it on their own machine") from None
    except (OSError, ValueError, ImportError) as error:
        raise LookupError(f"submission_file: it cannot be read ({type(error).__name__})") from None
    if len(content) > MAX_BYTES:
        raise ValueError(f"submission_file: it has more than {MAX_BYTES} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("submission_file: it is not JSON") from None

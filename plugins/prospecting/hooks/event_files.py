"""Finds and reads what mail providers sent, kept in files."""

from __future__ import annotations

from airflow.sdk import ObjectStoragePath

from prospecting.parsing.webhooks import MAX_SIZE
from prospecting.services.touchpoint_events import EventFile, UnreadablePayload


def find_event_files(path: str, *, first: str | None = None, last: str | None = None) -> list[EventFile]:
    """The file at a path that workers can read, or the files of that folder by name, from ``first`` to ``last``.

    A path is ``/data/events.json``, ``s3://aws_default@bucket/events``. Of a folder, what is in further folders and
    names that start with a dot or an underscore are left out. Raises ``LookupError`` when nothing is there or it cannot
    be listed, ``ValueError`` for a web address.
    """
    if path.lower().startswith(("http://", "https://")):
        raise ValueError("path: a path or an object URL (s3://, gs://, file://), not a web address")
    try:
        storage = ObjectStoragePath(path)
        if storage.is_file():
            return [_event_file(storage)]
        listed = storage.fs.ls(storage.path, detail=True)
    except FileNotFoundError:
        raise LookupError("path: nothing is there; workers look for it on their own machine") from None
    except (OSError, ValueError, ImportError) as error:
        raise LookupError(f"path: it cannot be listed ({type(error).__name__})") from None
    names = sorted(str(entry["name"]).rstrip("/").rpartition("/")[2] for entry in listed if entry["type"] == "file")
    return [
        _event_file(storage / name)
        for name in names
        if not name.startswith((".", "_")) and (first is None or name >= first) and (last is None or name <= last)
    ]


def _event_file(storage: ObjectStoragePath) -> EventFile:
    def read() -> bytes:
        try:
            with storage.open("rb") as file:  # type: ignore[no-untyped-call]
                content = bytes(file.read(MAX_SIZE + 1))
        except FileNotFoundError:
            raise UnreadablePayload("gone", "The file is gone; workers look for it on their own machine.") from None
        except (OSError, ValueError, ImportError) as error:
            raise UnreadablePayload("unreadable", f"The file cannot be read ({type(error).__name__}).") from None
        if len(content) > MAX_SIZE:
            detail = f"The file has more than {MAX_SIZE:,} bytes, which are not read; split it between two events."
            raise UnreadablePayload("too_large", detail)
        return content

    return EventFile(storage.name, read)

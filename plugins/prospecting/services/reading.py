"""Reads answers within bounds: no text, however it was made, holds a worker or costs more than itself.

Short answers are read in place. Longer ones are read by a process of their own (``prospecting.services.readers``),
which the kernel ends when it has used more CPU time than an answer of that length may take; CPU time, because a busy
machine must not refuse good answers. It is started with the first long answer of a task, serves until the task ends,
and is started again after it was ended. Threads cannot be interrupted and signals only reach the main thread; a
process can always be ended.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any, cast

from prospecting.parsing.briefings import BriefingAnswer, Kind
from prospecting.parsing.payload import MAX_TEXT
from prospecting.parsing.records import ContactRecord, EventRecord, Parsed, Rejected, SponsorRecord
from prospecting.parsing.sponsor.past import PastSponsor
from prospecting.services import readers
from prospecting.services.readers import READERS, Failure
from prospecting.services.reading_bounds import ReadingBounds

log = logging.getLogger(__name__)

UNREADABLE = frozenset({"took_too_long", "too_large", "out_of_memory", "reader_ended", "unexpected_error"})
"""Reasons of rejection that say nothing about what an answer holds: nobody could read it."""

_WALL_SECONDS = 60.0
_WALL_PER_CPU = 20
"""The last resort, for a process that does not get on without using CPU time: this many times its CPU time more."""
_MEMORY = 2 * 1024**3
_INHERITED = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "PYTHONHOME", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX",
)  # fmt: skip
"""The environment of the reading process: what Python needs. Connections and keys stay where they are."""


class Unreadable(Exception):
    """An answer could not be read. ``reason`` is one of ``UNREADABLE``; the text repeats nothing of the answer."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class AnswerReader:
    """Reads answers, long ones in a process of its own. Threads take turns."""

    def __init__(self, *, memory_bytes: int = _MEMORY) -> None:
        """``memory_bytes`` bound what the process may take."""
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process, when there is one."""
        return self._process.pid if self._process else None

    def read(self, reader: str, answer: Any, *more: Any, bounds: ReadingBounds) -> Any:
        """The result of ``READERS[reader]`` for an answer. Raises ``Unreadable``.

        Raises ``OSError`` when no process can be started: that is nothing an answer does.
        """
        size = _size(answer, bounds.longest)
        if size > bounds.longest:
            raise Unreadable("too_large", f"The answer has more than {bounds.longest:,} characters")
        answer = bytes(answer) if isinstance(answer, memoryview) else answer
        failure: Failure | None = None
        if size <= bounds.short:
            try:
                return READERS[reader](answer, *more)
            except Exception as error:
                failure = readers.describe_failure(error)
        else:
            cpu_seconds = bounds.cpu_seconds_for(size)
            try:
                request = pickle.dumps((reader, answer, more, cpu_seconds))
            except Exception as error:  # nested too deeply, or nothing that can be sent
                failure = readers.describe_failure(error)
            else:
                with self._lock:
                    result, failure = self._exchange(request, cpu_seconds)
        if failure is None:
            return result
        reason, detail, where = failure
        log.error("%s, %d characters long\n%s", detail, size, where)
        raise Unreadable(reason, detail)

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _exchange(self, request: bytes, cpu_seconds: float) -> tuple[Any, Failure | None]:
        process = self._started()
        assert process.stdin
        assert process.stdout
        late = threading.Timer(_WALL_SECONDS + _WALL_PER_CPU * cpu_seconds, process.kill)
        late.daemon = True
        late.start()
        try:
            process.stdin.write(request)
            process.stdin.flush()
            return cast("tuple[Any, Failure | None]", pickle.load(process.stdout))
        except (OSError, EOFError, pickle.UnpicklingError):
            is_late = not late.is_alive()
            ended_by = self._end()
        except BaseException:
            # Whatever it was, the next outcome would belong to this request.
            process.kill()
            self._end()
            raise
        finally:
            late.cancel()
        if is_late or ended_by == -signal.SIGPROF:
            raise Unreadable("took_too_long", f"Reading the answer takes more than {cpu_seconds:.3g} s of CPU time")
        raise Unreadable("reader_ended", f"The process that read the answer ended ({_describe_end(ended_by)})")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process and self._process.poll() is not None:
            self._end()
        if self._process is None:
            # The same modules as here, also where Airflow alone knows the folder they are in.
            path = os.pathsep.join(filter(os.path.isabs, sys.path))
            self._process = subprocess.Popen(
                [sys.executable, "-m", readers.__name__, str(self._memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _INHERITED if name in os.environ}
                | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
            )
        return self._process

    def _end(self) -> int | None:
        """End the process; returns its exit status, negative when a signal ended it."""
        process, self._process = self._process, None
        if process is None:
            return None
        _close_pipes(process)
        try:
            # The end of its output is seen a moment before its own.
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def leave_to_parent(self) -> None:
        """In a forked process: the reading process is the parent's, and whoever held the lock is not here."""
        self._lock = threading.Lock()
        if self._process is not None:
            _close_pipes(self._process)
            self._process.returncode = 0  # not ours to wait for
            self._process = None


_READER = AnswerReader()
os.register_at_fork(after_in_child=_READER.leave_to_parent)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        try:
            if pipe:
                pipe.close()
        except OSError:  # what was not written yet is for nobody any more
            pass


def _describe_end(status: int | None) -> str:
    if status is not None and status < 0:
        return signal.Signals(-status).name
    return f"status {status}"


def _size(answer: Any, enough: int) -> int:
    """Characters of a text, about as many of any other value; counting stops beyond ``enough``."""
    if isinstance(answer, (str, bytes, bytearray, memoryview)):
        return len(answer)
    size, pending = 0, [answer]
    while pending and size <= enough:
        item = pending.pop()
        size += 1
        if isinstance(item, (str, bytes, bytearray)):
            size += len(item)
        elif isinstance(item, Mapping):
            pending += item.keys()
            pending += item.values()
        elif isinstance(item, (list, tuple, set, frozenset)):
            pending += item
        else:
            size += 8
    return size


# ----------------------------------------------------------------------------------------------- for everybody
def read_events(answer: Any, bounds: ReadingBounds) -> Parsed[EventRecord]:
    """The events in an answer, with their sponsors; what could not be read, the whole answer perhaps, is rejected."""
    return cast("Parsed[EventRecord]", _parsed("events", answer, bounds))


def read_sponsors(answer: Any, bounds: ReadingBounds) -> Parsed[SponsorRecord]:
    """The companies in an answer; what could not be read, the whole answer perhaps, is rejected."""
    return cast("Parsed[SponsorRecord]", _parsed("sponsors", answer, bounds))


def read_past_sponsors(answer: Any, bounds: ReadingBounds) -> list[PastSponsor]:
    """The sponsors of earlier editions that an answer lists apart; none when it cannot be read."""
    try:
        return cast("list[PastSponsor]", _READER.read("past_sponsors", answer, bounds=bounds))
    except Unreadable:
        return []


def read_contacts(answer: Any, bounds: ReadingBounds) -> Parsed[ContactRecord]:
    """The people in an answer; what could not be read, the whole answer perhaps, is rejected."""
    return cast("Parsed[ContactRecord]", _parsed("contacts", answer, bounds))


def read_briefing(
    kind: Kind, answer: Any, known: Mapping[str, str], bounds: ReadingBounds
) -> BriefingAnswer | Rejected:
    """An answer as a briefing (see ``parsing.briefings.read_answer``), or why it is none."""
    try:
        return cast("BriefingAnswer | Rejected", _READER.read("briefing", answer, kind, dict(known), bounds=bounds))
    except Unreadable as unreadable:
        return Rejected(unreadable.reason, str(unreadable))


def read_json(text: str, bounds: ReadingBounds) -> Any:
    """The best JSON value in a text, ``Rejected`` when there is none. Raises ``Unreadable``."""
    return _READER.read("json", text, bounds=bounds)


def unreadable(parsed: Parsed[Any]) -> Rejected | None:
    """Why nobody could read an answer; ``None`` when it was read."""
    return next((why for why in parsed.rejected if why.reason in UNREADABLE and not parsed.items), None)


def _parsed(reader: str, answer: Any, bounds: ReadingBounds) -> Parsed[Any]:
    try:
        return cast("Parsed[Any]", _READER.read(reader, answer, bounds=bounds))
    except Unreadable as unreadable:
        return Parsed(rejected=[Rejected(unreadable.reason, str(unreadable), {"characters": _size(answer, MAX_TEXT)})])

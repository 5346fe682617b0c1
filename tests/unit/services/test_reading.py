"""Long answers are read by a process of their own, which any of them may end without harm to the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from prospecting.parsing.payload import MAX_TEXT
from prospecting.services import readers, reading
from prospecting.services.reading import AnswerReader, Unreadable
from prospecting.services.reading_bounds import USUAL, ReadingBounds

PLUGINS = Path(reading.__file__).parents[2]


def letters(number: int) -> str:
    """A made-up name for a number: distinct, and nothing but letters."""
    text = ""
    while number or len(text) < 4:
        number, digit = divmod(number, 20)
        text += "bcdfghjklmnpqrstvwxz"[digit] + "aeiou"[digit % 5]
    return text.capitalize()


LONG = 1_000
PEOPLE = json.dumps([{"name": f"Ada {'abcdefghij'[n % 10]}son", "title": "CEO"} for n in range(LONG)])
MANY = json.dumps([{"name": f"Ada {letters(n)}", "title": f"VP {n}"} for n in range(10_000)])
HURRY = ReadingBounds(cpu_seconds=0.02, cpu_seconds_per_million=0)


@pytest.fixture(scope="module")
def reader() -> Iterator[AnswerReader]:
    reader = AnswerReader()
    yield reader
    reader.close()


def names(reader: AnswerReader, answer: Any = PEOPLE, bounds: ReadingBounds = USUAL) -> list[str]:
    return [contact.full_name for contact in reader.read("contacts", answer, bounds=bounds).items]


def refusal(reader: AnswerReader, answer: Any, bounds: ReadingBounds = USUAL, name: str = "contacts") -> str:
    with pytest.raises(Unreadable) as caught:
        reader.read(name, answer, bounds=bounds)
    assert "Ada" not in str(caught.value)
    return caught.value.reason


@contextmanager
def once_busy(reader: AnswerReader, act: Callable[[psutil.Process], object]) -> Iterator[None]:
    """Does something to the process as soon as it works on what the block gives it to read."""
    process = psutil.Process(reader.pid)
    idle = process.cpu_times().user

    def watch() -> None:
        deadline = time.monotonic() + 90
        while process.cpu_times().user < idle + 0.05 and time.monotonic() < deadline:
            time.sleep(0.005)
        act(process)

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize("form", [str, str.encode, json.loads, lambda text: memoryview(text.encode())])
def test_it_makes_no_difference_where_an_answer_is_read(reader: AnswerReader, form: Any) -> None:
    in_place = ReadingBounds(short=MAX_TEXT)
    assert names(reader, form(PEOPLE)) == names(reader, form(PEOPLE), in_place) != []
    assert reader.pid is not None


def test_short_answers_need_no_process() -> None:
    reader = AnswerReader()
    assert names(reader, '[{"name": "Ada Lovelace", "title": "CEO"}]') == ["Ada Lovelace"]
    assert names(reader, [{"name": "Ada Lovelace", "title": "CEO"}]) == ["Ada Lovelace"]
    assert reader.pid is None


def test_an_answer_that_takes_too_long_is_given_up(reader: AnswerReader) -> None:
    assert refusal(reader, PEOPLE.replace("CEO", "CFO") * 5, HURRY) == "took_too_long"
    assert len(names(reader)) == 10, "the next one is read"


def test_time_is_that_of_the_processor(reader: AnswerReader) -> None:
    """A process that does not get on is not blamed: stopped for a while, it goes on within its bound."""
    names(reader)
    process = psutil.Process(reader.pid)
    process.suspend()
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(names, reader, PEOPLE, ReadingBounds(cpu_seconds=1.0, cpu_seconds_per_million=0))
        assert not found.done()
        time.sleep(1.2)
        process.resume()
        assert len(found.result()) == 10


def test_a_reader_that_is_killed_costs_its_answer(reader: AnswerReader) -> None:
    """As when memory is short, and the kernel chooses it."""
    names(reader)
    with once_busy(reader, lambda process: process.kill()):
        assert refusal(reader, MANY) == "reader_ended"
    assert len(names(reader)) == 10
    psutil.Process(reader.pid).kill()
    psutil.Process(reader.pid).wait()
    assert len(names(reader)) == 10, "one that was killed between two answers costs none"


def test_an_answer_that_takes_too_much_memory_is_given_up() -> None:
    reader = AnswerReader(memory_bytes=450 * 1024**2)
    assert refusal(reader, "[" + "{}," * 6_000_000 + "{}]", name="json") in ("out_of_memory", "reader_ended")
    assert len(names(reader)) == 10
    reader.close()


def test_what_cannot_be_read_at_all_is_refused(reader: AnswerReader) -> None:
    nested: list[Any] = []
    for _ in range(50_000):
        nested = [nested]
    assert refusal(reader, nested) == "unexpected_error"
    assert refusal(reader, "x" * 101, ReadingBounds(longest=100)) == "too_large"
    assert refusal(reader, {"a": ["x" * 60, {"b": "x" * 60}]}, ReadingBounds(longest=100)) == "too_large"
    assert USUAL.longest == MAX_TEXT
    assert USUAL.cpu_seconds_for(MAX_TEXT) == USUAL.most_cpu_seconds


def test_a_readers_exception_is_told_without_its_text(reader: AnswerReader, caplog: pytest.LogCaptureFixture) -> None:
    # A kind of briefing that does not exist is a KeyError with its name.
    for size in (1, 10_000):
        answer = json.dumps({"overview": {"revenue": 5, "founders": "Ada" * size}})
        with pytest.raises(Unreadable, match=r"^KeyError while the answer was read$") as caught:
            reader.read("briefing", answer, "Ada", {}, bounds=USUAL)
        assert caught.value.reason == "unexpected_error"
    assert caplog.text.count("in read_answer") == 2
    assert "Ada" not in caplog.text


def test_threads_take_turns(reader: AnswerReader) -> None:
    texts = [PEOPLE.replace("CEO", f"VP {number}") for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: reader.read("contacts", text, bounds=USUAL).items[0].title, texts))
    assert found == [f"VP {number}" for number in range(8)]


def test_a_task_that_is_told_to_end_ends(reader: AnswerReader) -> None:
    """And whatever its answer would have been is not taken for the next one's."""

    class Ended(BaseException):
        pass

    def end(signal_number: int, frame: object) -> None:
        raise Ended

    names(reader)
    before = signal.signal(signal.SIGUSR1, end)
    try:
        with once_busy(reader, lambda _: os.kill(os.getpid(), signal.SIGUSR1)), pytest.raises(Ended):
            names(reader, MANY.replace("Ada", "Bob"))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert names(reader)[0].startswith("Ada")


SCRIPT = """
import json, os, sys
sys.path.insert(0, sys.argv[1])  # as Airflow does with its folder for plugins
from prospecting.services import reading
from prospecting.services.reading_bounds import USUAL

people = json.dumps([{"name": "Ada Lovelace", "title": f"VP {n}"} for n in range(1000)])
found = reading.read_contacts(people, USUAL)
mine = reading._READER.pid
forked = os.fork()
if not forked:
    again = reading.read_contacts(people, USUAL)
    os._exit(0 if again == found and reading._READER.pid != mine else 1)
status = os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])
same = reading.read_contacts(people, USUAL) == found and reading._READER.pid == mine
print(json.dumps({"pid": mine, "found": len(found.items), "forked": status, "same": same}), flush=True)
sys.stdin.read()
os.kill(os.getpid(), 9)
"""


def test_it_belongs_to_its_task(tmp_path: Path) -> None:
    """It is found where Airflow alone knows the folder, has no secrets, is nobody else's, and ends with its parent."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"AIRFLOW_CONN_X": "secret"}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(PLUGINS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env=env,
    ) as parent:
        assert parent.stdin
        assert parent.stdout
        told = json.loads(parent.stdout.readline())
        assert told | {"pid": 0} == {"pid": 0, "found": 1, "forked": 0, "same": True}
        process = psutil.Process(told["pid"])
        assert "AIRFLOW_CONN_X" not in process.environ()
        process.send_signal(signal.SIGTERM)  # a group is told to end: the parent decides
        process.send_signal(signal.SIGINT)
        assert process.is_running()
        parent.stdin.close()
        process.wait(timeout=60)
        assert parent.wait(timeout=60) == -signal.SIGKILL


def test_its_limits_are_told_in_one_rejection() -> None:
    limit = readers.MAX_RECORDS
    many = [{"name": f"Ada {letters(number)}", "title": "CEO"} for number in range(limit + 3)]
    people = readers.read_contacts(many)
    assert (len(people.items), [why.raw for why in people.rejected]) == (limit, [{"count": 3}])
    companies = readers.read_sponsors([{"name": f"{letters(number)} Ltd"} for number in range(limit + 2)])
    assert (len(companies.items), [why.raw for why in companies.rejected]) == (limit, [{"count": 2}])
    sponsors = [{"name": f"{letters(number)} Ltd"} for number in range(limit // 2 + 5)]
    events = readers.read_events([{"name": f"Days of {letters(n)}", "sponsors": sponsors} for n in range(3)])
    assert [len(event.sponsors) for event in events.items] == [limit // 2 + 5, limit // 2 - 5, 0]
    assert [(why.reason, why.raw) for why in events.rejected] == [("over_limit", {"count": limit // 2 + 15})]
    nameless = readers.read_events([{"name": "Days", "sponsors": [{"tier": "Gold"}] * 700}, {"tier": 1}] * 2)
    assert sum(len(event.rejected_sponsors) for event in nameless.items) == readers.MAX_REJECTED

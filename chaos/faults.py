"""The faults: at a random moment of a run, or at a COMMIT.

A fault either ends the process that carries the run, as a machine that is gone does, or leaves it to cope.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy.exc import OperationalError

from chaos.airflow_runs import Attempt, DagRun
from chaos.billing import in_flight
from chaos.place import DATABASE, Place
from chaos.proxy import Side, Trap
from chaos.quiet import Quiet

GRACE = 5.0
"""Seconds between the SIGTERM and the SIGKILL of Airflow."""


@dataclass
class Story:
    """One trial while it goes on: what has hit so far, and which calls may be billed again because of it."""

    place: Place
    quiet: Quiet
    run: DagRun
    random: Random
    asks: tuple[str, ...] = ()
    """Dials of those who answer the run."""
    hits: list[str] = field(default_factory=list)
    lost_calls: set[str] = field(default_factory=set)
    commits_done: int = 0
    refused: int = 0
    """Answers that the provider worked for and did not deliver."""

    def hit(self, what: str) -> None:
        self.hits.append(what)
        self.note_calls()

    def note_calls(self) -> None:
        """Remember which calls are in flight now. Between a COMMIT's end and the note nothing else can begin."""
        for _ in range(50):
            try:
                with self.place.connection() as connection:
                    self.lost_calls |= in_flight(connection)
                    return
            except OperationalError:
                time.sleep(0.1)

    @property
    def commits_left(self) -> int:
        """How many COMMITs the run has still before it, if it goes on like the quiet one."""
        return max(3, len(self.quiet.commits) - self.commits_done)

    def commit(self) -> tuple[int, Side]:
        """The number of a COMMIT of the next attempt, at random, and a side of it."""
        return self.random.randint(1, self.commits_left), self.random.choice(("before", "after"))

    def wait_for_moment(self, attempt: Attempt, share: float = 1.0) -> bool:
        """Wait for a random moment of this share of what is left of the run; True when it has ended before.

        Between two COMMITs, whose number is chosen: how fast a run is depends on what else the machine does.
        """
        number = len(self.place.proxy.commits) + self.random.randint(0, int(self.commits_left * share))
        pause = self.random.uniform(0, 1.5 * self.quiet.seconds / max(1, len(self.quiet.commits)))
        while attempt.is_alive and len(self.place.proxy.commits) < number:
            time.sleep(0.002)
        return attempt.wait(pause)

    def start(self, trap: Trap | None = None, retry_delay: float = 0) -> Attempt:
        """Carry the run on, and come back when it works, or waits for one that was stopped in the middle of Airflow."""
        self.commits_done += len(self.place.proxy.commits)
        self.place.proxy.watch(trap)
        attempt = self.run.go_on(retry_delay)
        deadline = time.monotonic() + _LONG
        while attempt.is_alive and time.monotonic() < deadline and not self.place.proxy.busy.wait(0.02):
            pass
        return attempt


# -------------------------------------------------------------------------------------------------- the process ends
def kill(story: Story) -> None:
    """SIGKILL at a random moment."""
    attempt = story.start()
    if not story.wait_for_moment(attempt) and attempt.kill():
        story.hit("killed")


def kill_at_commit(story: Story) -> None:
    """SIGKILL when a COMMIT is on its way to the server, or its answer on the way back."""
    number, side = story.commit()
    box: list[Attempt] = []
    started = threading.Event()

    def act() -> None:
        started.wait()
        box[0].signal(signal.SIGKILL)

    trap = Trap(number, side, act)
    box.append(story.start(trap))
    started.set()
    box[0].wait(_LONG)
    if trap.sprung is not None:
        box[0].process.join()
        story.hit(f"killed {side} the commit of {trap.sprung}")


def terminate(story: Story) -> None:
    """SIGTERM as Airflow sends it, and SIGKILL if that was not enough; sometimes sooner, as other systems do."""
    attempt = story.start()
    if story.wait_for_moment(attempt) or not attempt.signal(signal.SIGTERM):
        return
    story.note_calls()
    attempt.wait(story.random.choice((0.2, 1.0, GRACE)))
    attempt.kill()
    story.hit("terminated")


def freeze(story: Story) -> None:
    """SIGSTOP until its heartbeat and leases are over and somebody else has taken over; then it wakes up.

    Its sessions are still there, or were ended meanwhile; the other one has finished, or is in the middle.
    """
    attempt = story.start()
    if story.wait_for_moment(attempt) or not attempt.signal(signal.SIGSTOP):
        return
    story.place.let_time_pass()
    story.hit("stopped")
    if is_cut := story.random.random() < 0.5:
        story.place.proxy.cut_all()
    successor = story.start()
    successor.wait(_OVERTAKEN if is_cut and story.random.random() < 0.5 else story.random.uniform(0.2, 3))
    attempt.signal(signal.SIGCONT)
    successor.wait(_LONG)
    successor.kill()
    attempt.wait(20)
    attempt.kill()


# ------------------------------------------------------------------------------------------------ the process copes
def cut_at_commit(story: Story) -> None:
    """The connection is gone when a COMMIT is on its way, or its answer: nobody knows whether it happened."""
    number, side = story.commit()
    trap = Trap(number, side, lambda: None)
    attempt = story.start(trap, retry_delay=0.2)
    attempt.wait(_LONG)
    if trap.sprung is not None:
        story.hit(f"cut off {side} the commit of {trap.sprung}")


def end_sessions(story: Story) -> None:
    """An administrator ends every session of the application, again and again."""
    _while_it_runs(story, lambda: _end_sessions(story), "sessions ended", times=3)


def restart_database(story: Story) -> None:
    """The database crashes and comes back, every few seconds."""
    _while_it_runs(story, story.place.server.restart_immediately, "database restarted", times=3)


def hold_snapshot(story: Story) -> None:
    """Somebody's old transaction is open all the time."""
    with story.place.server.held_snapshot(DATABASE):
        attempt = story.start()
        attempt.wait(_LONG)
        story.hit("snapshot held")


def fail_provider(story: Story) -> None:
    """Who answers is overloaded, broken, slow, or hangs up after the work was done: a model, a search, a site."""
    dials: list[dict[str, Any]] = [
        *({"status": status} for status in (500, 503, 529)),
        {"status": 429, "retry_after": 1},
        {"drop": True},
        {"delay": 1.0},
        {"drip": 0.15},
        {"truncate": 20},
        {"body": ""},
    ]
    name = story.random.choice(story.asks)
    if name != "pages":  # half a page is a page
        dials.append({"half": True})
    skip, times = story.random.randint(0, 8), story.random.randint(1, 2)
    dial = {**story.random.choice(dials), "skip": skip, "times": times}
    story.place.stand_in.dial(name, **dial)
    attempt = story.start(retry_delay=0.2)
    attempt.wait(_LONG)
    has_struck = story.place.stand_in.dials.has_struck(name)
    story.place.stand_in.dial(name)
    if not has_struck:  # nobody was asked so often
        return
    # Refused, or done and not delivered: it may be asked again.
    story.refused += times
    what = ", ".join(str(dial[key]) if key == "status" else key for key in dial if key not in _WHEN)
    story.hit(f"{name}: {what}")


def fill_disk(story: Story) -> None:
    """No room for a new page for a while; the tablespace of the trial is a small one of its own."""
    disk = story.place.disk
    assert disk is not None
    _while_it_runs(story, lambda: disk.full_for(story.random.uniform(0.2, 1.5)), "disk full", times=2)


_WHEN = ("skip", "times", "retry_after")
_LONG = 120.0
_OVERTAKEN = 20.0
"""Seconds for a second try to come to its end, unless it waits for what the first one has locked."""


def _while_it_runs(story: Story, act: Callable[[], None], what: str, *, times: int) -> None:
    attempt = story.start(retry_delay=1)
    for _ in range(times):
        if story.wait_for_moment(attempt, 1 / times):
            break
        story.note_calls()
        act()
        story.hit(what)
    attempt.wait(_LONG)
    attempt.kill()


def _end_sessions(story: Story) -> None:
    story.place.server.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
        "and pid <> pg_backend_pid() and backend_type = 'client backend'",
        DATABASE,
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """``times``: the most of them in one trial; ``ends``: the process; ``weight``: how often it is chosen."""

    strike: Callable[[Story], None]
    weight: int
    times: int = 1
    needs_agents: bool = False
    needs_disk: bool = False


FAULTS = {
    "SIGKILL": Fault(kill, 6, times=4),
    "SIGKILL at a COMMIT": Fault(kill_at_commit, 6, times=4),
    "SIGTERM": Fault(terminate, 3, times=3),
    "SIGSTOP and a second try": Fault(freeze, 4, times=2),
    "connection lost at a COMMIT": Fault(cut_at_commit, 3, times=3),
    "sessions ended": Fault(end_sessions, 2),
    "database restarted": Fault(restart_database, 2),
    "held snapshot": Fault(hold_snapshot, 1),
    "disk full": Fault(fill_disk, 1, needs_disk=True),
    "provider fails": Fault(fail_provider, 2, times=2, needs_agents=True),
}

"""Closing the runs that nobody works on any more: killed, out of memory, their machine lost.

Nothing that such a run wrote is lost, and closing it is no verdict: a task of the run that goes on after all opens it
again (``services/heartbeat.py``), and it ends with its true result.
"""

from __future__ import annotations

import logging

from prospecting.agents.parallel import PROVIDER
from prospecting.persistence import agent_calls, heartbeats
from prospecting.persistence.heartbeats import Closed
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

SILENT_MINUTES = 20
"""For how long a run may be silent. Longer than the longest pause before a retry (15 minutes), in which nobody beats;
whoever waits for a free slot of a pool for longer is closed, and opened again by the first task that gets one."""

MESSAGE = (
    "The run gave no sign of life for {minutes} minutes: its process was killed, or its machine lost. What it had "
    "written is kept. Clear its unfinished tasks in Airflow to go on from there, or trigger a new run"
)


def close_abandoned_runs(runtime: Runtime, *, silent_minutes: float = SILENT_MINUTES) -> Closed:
    """Fail runs, and abandon calls to agents, that gave no sign of life for ``silent_minutes``.

    Deep research goes on at the provider without us: its calls stay open until somebody fetches the answer.
    """
    closed = runtime.write(
        lambda connection: heartbeats.close_abandoned(
            connection,
            silent_seconds=silent_minutes * 60,
            message=MESSAGE.format(minutes=f"{silent_minutes:g}"),
            outlasting=[PROVIDER],
        )
    )
    if closed.total:
        log.warning(
            "Closed what gave no sign of life for %g minutes: %d signal executions, %d slot evaluations, "
            "%d feature refreshes, %d account refreshes, %d contact promotions, %d erasures, %d calls to agents",
            silent_minutes,
            closed.signal_executions,
            closed.slot_evaluations,
            closed.feature_refreshes,
            closed.account_refreshes,
            closed.contact_promotions,
            closed.erasures,
            closed.agent_calls,
        )
    return closed


def settle_lost_calls(runtime: Runtime) -> int:
    """Abandon the calls to agents whose worker is gone, however short a time ago. Returns how many.

    What was reserved for them keeps counting as spent: they may have been billed. Deep research goes on without us.
    """
    lost = runtime.write(lambda connection: agent_calls.abandon_lost(connection, outlasting=[PROVIDER]))
    if lost:
        log.warning("%d calls to agents lost their worker; they are abandoned, and their reservation counts", lost)
    return lost

"""The glue of ``news_digest``: who is told, and sending to each of them."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from prospecting.hooks.notifications import MAIL_CONNECTION_ID, SLACK_CONNECTION_ID, Channel, channels_for, send
from prospecting.operators.lineage import Tables, lineage
from prospecting.operators.links import airflow_url
from prospecting.services import digests
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.notifications import Kind
from prospecting.tasks.runs import current_run_id, current_runtime, label_instance

log = logging.getLogger(__name__)


@task
def find_channels() -> list[str]:
    """Returns the channels that have a connection; skips everything when there is none.

    Runs whose process was killed are closed before, so that they count as failed.
    """
    close_abandoned_runs(current_runtime())
    channels = [str(channel) for channel in channels_for(Kind.digest)]
    if not channels:
        raise AirflowSkipException(
            f"Nobody is to be told: there is neither a connection {MAIL_CONNECTION_ID} nor {SLACK_CONNECTION_ID}"
        )
    return channels


@task(map_index_template="{{ label }}")
@lineage(
    Tables(
        reads=(
            "account_recommendations",
            "account_suppressions",
            "accounts",
            "companies",
            "company_slot",
            "signal_execution_entities",
            "signals",
            "slot_transitions",
        ),
        writes=("digests",),
    )
)
def send_digest(channel: str) -> dict[str, int]:
    """Send what is new since the last digest of the channel, and a digest before it that was not sent.

    Returns how much was new, by kind; skips when nothing was. What is sent is neither logged nor returned.
    """
    label_instance(channel)
    context: Any = get_current_context()
    runtime, until = current_runtime(), context["dag_run"].run_after
    told: dict[str, int] = {}
    while digest := digests.claim(runtime, channel=channel, airflow_run_id=current_run_id(), until=until):
        message, counts = digests.compose(runtime, digest, airflow_url)
        if message is not None:
            send(Channel(channel), message, message_id=digests.message_id(digest))
            log.info("Digest %d was sent: %s", digest.id, counts)
        digests.close(runtime, digest, counts)
        told = {kind: told.get(kind, 0) + counts.get(kind, 0) for kind in told | counts}
    if not told:
        raise AirflowSkipException("Nothing is new since the last digest, or another run is sending it")
    return told

"""Events of mail providers: what became of the messages that were sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.exceptions import AirflowFailException

from prospecting.hooks import metrics
from prospecting.operators.lineage import Tables
from prospecting.operators.links import RejectedRecordsLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services.account_events_params import RecordEventsArguments

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.services.touchpoint_events import EventRecording


class RecordTouchpointEventsOperator(ProspectingOperator):
    """Records what mail providers reported in files: messages that were delivered, opened, clicked, answered, bounced.
    Touchpoints get the times, contacts who want no mail or whose address does not work get none, and an event whose
    message is not known yet waits for it. Events that could not be read, or that are about a message of another
    provider or recipient, go to ``rejected_records``. Each event counts once, however often it is recorded.

    Files stay where they are. One that cannot be read costs only itself: the task records the others and then fails,
    saying which one it was.

    Returns counts: ``files`` and ``unreadable`` ones; of ``events`` how many are ``new``, ``known``, ``refused``,
    ``rejected`` (unusable) and ``ignored`` (nothing follows from them); ``applied``, and ``waiting``.

    :param path: A payload as the provider sent it, or a folder of them, by path or in object storage
        (``s3://aws_default@bucket/events``).
    :param provider: Who sent the events, by the name that touchpoints have for it. Whoever can choose it can change
        what is known of that provider's messages: let it follow from where the files come from.
    :param format: ``sendgrid``, ``postmark``, or ``plain``: objects, also one a line, with kind, occurred_at,
        message_id or touchpoint_id, and where known event_id, recipient, url, reason.
    :param first_file: Of a folder, only the files from this name on.
    :param last_file: The name of the last file, included.
    :param chunk_size: How many events a transaction saves.

    .. code-block:: python

        RecordTouchpointEventsOperator(
            task_id="record_events",
            path="s3://aws_default@bucket/sendgrid/{{ ds }}",
            provider="sendgrid",
            format="sendgrid",
        )
    """

    template_fields: Sequence[str] = (
        *ProspectingOperator.template_fields,
        "path",
        "provider",
        "format",
        "first_file",
        "last_file",
        "chunk_size",
    )
    operator_extra_links = (RejectedRecordsLink(),)
    counted: ClassVar = {"new": metrics.TOUCHPOINT_EVENTS_NEW, "rejected": metrics.TOUCHPOINT_EVENTS_REJECTED}
    tables: ClassVar = Tables(
        reads=("touchpoints",),
        writes=(
            "touchpoint_events",
            "touchpoints",
            "contacts",
            "conversations",
            "conversation_transitions",
            "suppressed_addresses",
            "rejected_records",
        ),
        rows={"touchpoint_events": "new"},
    )

    def __init__(
        self,
        *,
        path: str,
        provider: str,
        format: str = "plain",
        first_file: str | None = None,
        last_file: str | None = None,
        chunk_size: int | str = 1_000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.provider = provider
        self.format = format
        self.first_file = first_file
        self.last_file = last_file
        self.chunk_size = chunk_size
        self._recording: EventRecording | None = None

    def execute(self, context: Context) -> dict[str, int]:
        """Record the files. Fails at once when nothing is at the path, at the end when a file could not be read."""
        from prospecting.hooks.event_files import find_event_files
        from prospecting.services.touchpoint_events import EventRecording

        arguments = self.read_arguments(RecordEventsArguments)
        with refusals_fail_at_once():
            files = find_event_files(arguments.path, first=arguments.first_file, last=arguments.last_file)
        self._recording = EventRecording(
            self.runtime(context),
            provider=arguments.provider,
            format=arguments.format,
            chunk_size=arguments.chunk_size,
        )
        recorded = self._recording.record(files)
        for line in recorded.lines():
            self.log.info("%s", line)
        if recorded.unreadable:
            ti: Any = context["ti"]
            # A task that fails returns nothing; what it recorded counts all the same.
            ti.xcom_push(key="return_value", value=recorded.as_dict())
            self._measure(recorded.as_dict())
            raise AirflowFailException(
                f"{recorded.unreadable} of {recorded.files} files could not be read; nothing of them was written, and "
                f"they stay where they are. {' '.join(self._recording.problems)}"
            )
        return recorded.as_dict()

    def on_kill(self) -> None:
        """End after the chunk at hand; what is saved is known when the task runs again."""
        if self._recording is not None:
            self._recording.stop()

"""Messages in a channel of Slack, from the Airflow connection that switches them on."""

from __future__ import annotations

import logging
import re
from typing import Any

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook

from prospecting.hooks.connection_trials import try_out
from prospecting.hooks.notifications import (
    SLACK_CONNECTION_ID,
    TEST_MESSAGE,
    WAIT_SECONDS,
    NotDelivered,
    within_seconds,
)
from prospecting.services.notifications import Message, as_mrkdwn

# The client logs addresses and texts; the address is a secret, the text may have names in it.
_SILENT = logging.Logger("silent", level=logging.CRITICAL + 1)


class SlackHook(SlackWebhookHook):
    """Posts messages to an incoming webhook: one attempt, and a few seconds for the answer.

    A connection of the type ``slackwebhook`` does as well.

    :param slack_webhook_conn_id: Connection with the webhook's URL as password.
    """

    conn_name_attr = "slack_webhook_conn_id"
    default_conn_name = SLACK_CONNECTION_ID
    conn_type = "prospecting_slack"
    hook_name = "Prospecting: Slack"

    def __init__(self, *, slack_webhook_conn_id: str = default_conn_name) -> None:
        super().__init__(
            slack_webhook_conn_id=slack_webhook_conn_id, timeout=WAIT_SECONDS, retry_handlers=[], logger=_SILENT
        )

    def deliver(self, message: Message, *, message_id: str | None = None) -> None:
        """Post the message; a webhook has no use for ``message_id``.

        Raises ``NotDelivered`` when the connection cannot be used or Slack refuses, else whatever ``urllib`` raises.
        """
        del message_id
        if not (self.get_connection(self.slack_webhook_conn_id).password or "").strip():
            raise NotDelivered("the password is empty: it must be the URL of the webhook")
        answer = self.client.send(text=as_mrkdwn(message), unfurl_links=False, unfurl_media=False)
        if answer.status_code != 200:
            # Slack says what is wrong in one word.
            word = f" {answer.body}" if re.fullmatch(r"[a-z_]{1,40}", answer.body or "") else ""
            raise NotDelivered(f"the webhook answers {answer.status_code}{word}: check the URL in the password")

    def test_connection(self) -> tuple[bool, str]:
        """Post a message that says it is a test, as the button *Test* of the form does."""
        return try_out(self, self.slack_webhook_conn_id, self._try_out)

    def _try_out(self, connection: Any) -> str:
        del connection
        try:
            within_seconds(lambda: self.deliver(TEST_MESSAGE))
        except NotDelivered as error:
            raise ValueError(str(error)) from None
        return "Slack took a message for the channel of the webhook"

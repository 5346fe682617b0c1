"""Operators of accounts: bring engagement and health up to date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from prospecting.operators.lineage import Tables
from prospecting.operators.links import AccountRefreshLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services.account_refresh_params import RefreshAccountsArguments

if TYPE_CHECKING:
    from airflow.sdk import Context


class RefreshAccountsOperator(ProspectingOperator):
    """Brings the engagement of contacts and the health of accounts up to date.

    Scores what contacts did, by touchpoints, and records how well accounts are cared for, as the health of the day.
    Without ``refresh_id``, the operator opens a refresh of its own, works through it chunk by chunk, and closes it.
    Waiting events, job changes, counters and the overview are left to the DAG account_refresh.

    Returns ``refresh_id`` and how much was done, for a whole refresh over all its tries: ``scores_changed``,
    ``healths_written``, ``contents_cleared``. Refreshing again on the same day without news writes nothing.

    :param refresh_id: Id of an open refresh to work on, as the DAG account_refresh does; closing it is left to whoever
        opened it. Empty: a refresh of its own.
    :param first_id: Of an open refresh, only the companies from this id on; 0 includes contacts without a company.
        Goes together with last_id.
    :param last_id: The id of the last company, included.
    :param company_ids: For a refresh of its own: only these companies, 04.04.01.NN.NNNNN.NNN or the plain number.
        Default: all, and contacts without a company. An empty list: none.
    :param keep_contents_days: For a refresh of its own: clear the contents of touchpoints that are older. Default: keep
        them.
    :param chunk_size: How many accounts a transaction refreshes.

    .. code-block:: python

        RefreshAccountsOperator(task_id="refresh_accounts", company_ids="{{ params.company_ids }}", outlets=[ACCOUNTS])
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "refresh_id",
        "first_id",
        "last_id",
        "company_ids",
        "keep_contents_days",
        "chunk_size",
    )
    operator_extra_links = (AccountRefreshLink(),)
    tables: ClassVar = Tables(
        reads=("companies", "conversations", "touchpoints", "touchpoint_participants"),
        writes=("contacts", "account_health_history", "touchpoints"),
        rows={"contacts": "scores_changed", "account_health_history": "healths_written"},
    )

    def __init__(
        self,
        *,
        refresh_id: int | str | None = None,
        first_id: int | str | None = None,
        last_id: int | str | None = None,
        company_ids: Sequence[int | str] | str | None = None,
        keep_contents_days: int | str | None = None,
        chunk_size: int | str = 50_000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.refresh_id = refresh_id
        self.first_id = first_id
        self.last_id = last_id
        self.company_ids = company_ids
        self.keep_contents_days = keep_contents_days
        self.chunk_size = chunk_size

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.services.account_refresh import refresh_accounts

        arguments = self.read_arguments(RefreshAccountsArguments)
        with refusals_fail_at_once():
            refresh_id, done = refresh_accounts(self.runtime(context), arguments)
        self.log.info("%s: %s", self.map_label or f"Account refresh {refresh_id}", done)
        return {"refresh_id": refresh_id, **done}

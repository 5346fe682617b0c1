"""The link from the tasks of the DAGs to the result of their run.

Operators bring links of their own (``prospecting.operators.links``); tasks that are functions have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prospecting.operators.links import RunPageLink
from prospecting.tasks.defaults import OWNER

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class ResultLink(RunPageLink):
    """The result of the run, with each task of the bundle that has no link of its own. The plugin registers it for all
    DAGs, as Airflow has no other way; it is empty, and not shown, with those of others."""

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """URL of the page in Airflow, or nothing."""
        is_ours = getattr(operator, "owner", None) == OWNER and not getattr(operator, "operator_extra_links", ())
        return super().get_link(operator, ti_key=ti_key) if is_ours else ""

"""Links from a task instance to what it did.

They lead to the page of the run, which is a tab of the DAG run in Airflow, or to the provider's page of a research.
A worker asks for the link when the task ends, so whatever a link needs, the operator keeps as an attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

RESULT_PAGE = "prospecting-result"
"""The name under which Airflow's UI shows the page of a run, as its tab *Result*."""


def airflow_url(path: str) -> str:
    """URL of a path in Airflow's UI: below ``[api] base_url`` where that is set, else the path itself."""
    return (conf.get("api", "base_url", fallback=None) or "").rstrip("/") + path


def run_path(dag_id: str, run_id: str) -> str:
    """Path of a DAG run in Airflow's UI."""
    return f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


class RunPageLink(BaseOperatorLink):
    """A link to the page of the DAG run; subclasses name what a person looks for there."""

    name = "Result"
    page = f"/plugin/{RESULT_PAGE}"
    """Path of the page below the run."""

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """URL of the page in Airflow."""
        del operator
        return airflow_url(f"{run_path(ti_key.dag_id, ti_key.run_id)}{self.page}")


class LedgerCallsLink(RunPageLink):
    """The calls this try made, in ``agent_calls``."""

    name = "Ledger calls"


class RejectedRecordsLink(RunPageLink):
    """Leads to the records that could not be used, in ``rejected_records``."""

    name = "Rejected records"


class ExecutionLink(RunPageLink):
    """The signal execution."""

    name = "Execution"


class EvaluationLink(RunPageLink):
    """The evaluation of seats, in ``slot_evaluations``."""

    name = "Slot evaluation"


class BriefingWritesLink(RunPageLink):
    """Leads to the outcome of each write, in ``briefing_writes``."""

    name = "Briefing writes"


class ModelCardLink(RunPageLink):
    """The card of the model that was trained, in ``ml_models``."""

    name = "Model card"


class FeatureRefreshLink(RunPageLink):
    """The feature refresh, in ``feature_refreshes``."""

    name = "Feature refresh"


class RecommendedAccountsLink(RunPageLink):
    """The list of the day, in ``account_recommendations``."""

    name = "Recommended accounts"


class PromotionLink(RunPageLink):
    """The list of people and what became of them, in ``contact_promotions`` and ``contact_promotion_items``."""

    name = "Promotion"


class AccountRefreshLink(RunPageLink):
    """The account refresh, in ``account_refreshes``, and what it found."""

    name = "Account refresh"


class ErasureLink(RunPageLink):
    """The erasure, in ``erasures``: who decided, and how many rows it concerned."""

    name = "Erasure"


class ProviderRunLink(BaseOperatorLink):
    """The provider's page of the deep research that was waited for last."""

    name = "Provider run"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """URL at the provider; empty when the task needed no research of its own."""
        del ti_key
        return str(getattr(operator, "provider_run_url", None) or "")

"""Making the list of the day."""

from __future__ import annotations

import logging

from sqlalchemy import Connection

from prospecting.persistence import feature_refreshes, recommendations
from prospecting.persistence.recommendations import Recommended
from prospecting.services.feature_params import RecommendArguments
from prospecting.services.features import NotDone, basis_of
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)


def recommend_accounts(runtime: Runtime, arguments: RecommendArguments) -> Recommended:
    """Make the list of the day; what ``arguments`` leave open is as the refresh was started.

    Raises ``NotDone`` when there is a list and it is to be kept: people work on it. The refresh keeps why nobody is
    recommended.
    """
    basis = basis_of(runtime, arguments.refresh_id)
    given = arguments.model_dump(exclude={"refresh_id"}, exclude_none=True)
    params = basis.params
    keep_existing = given.pop("keep_existing", params.follows_another_dag)
    choice = {
        "limit": params.recommendations,
        "exploration_share": params.exploration_share,
        "quiet_days": params.quiet_days,
        "min_icp_score": params.min_icp_score,
        **given,
    }

    def work(connection: Connection) -> Recommended | None:
        if keep_existing and recommendations.query_recommendations(connection, on=basis.today, limit=1):
            _explain(connection, arguments.refresh_id, kept)
            return None
        made = recommendations.recommend_accounts(connection, on=basis.today, as_of=basis.as_of, **choice)
        why = None
        if not made.count:
            reasons = {name: value for name, value in choice.items() if name != "exploration_share"}
            why = recommendations.find_why_nobody(connection, as_of=basis.as_of, **reasons)
            log.info("%s", why)
        _explain(connection, arguments.refresh_id, why)
        return made

    kept = f"The list of {basis.today} stands and is kept; trigger the DAG by hand to make another"
    recommended = runtime.write(work)
    if recommended is None:
        raise NotDone(kept)
    log.info("%s", recommended)
    return recommended


def _explain(connection: Connection, refresh_id: int | None, why: str | None) -> None:
    if refresh_id is not None:
        feature_refreshes.explain_list(connection, refresh_id, why)

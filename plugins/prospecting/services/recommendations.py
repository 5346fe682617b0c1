"""Making the list of the day."""

from __future__ import annotations

import logging

from sqlalchemy import Connection

from prospecting.persistence import recommendations
from prospecting.persistence.recommendations import Recommended
from prospecting.services.feature_params import RecommendArguments
from prospecting.services.features import NotDone, basis_of
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)


def recommend_accounts(runtime: Runtime, arguments: RecommendArguments) -> Recommended:
    """Make the list of the day; what ``arguments`` leave open is as the refresh was started.

    Raises ``NotDone`` when there is a list and it is to be kept: people work on it.
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

    def work(connection: Connection) -> Recommended:
        if keep_existing and recommendations.query_recommendations(connection, on=basis.today, limit=1):
            raise NotDone(f"The list of {basis.today} stands and is kept; trigger the DAG by hand to make another")
        return recommendations.recommend_accounts(connection, on=basis.today, as_of=basis.as_of, **choice)

    recommended = runtime.write(work)
    log.info("%s", recommended)
    return recommended

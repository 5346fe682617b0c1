"""Making the list of the day, and what people answer to it."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from sqlalchemy import Connection

from prospecting.persistence import feature_refreshes, recommendations
from prospecting.persistence.access import act_as_user
from prospecting.persistence.interactions import log_interaction
from prospecting.persistence.recommendations import Recommended
from prospecting.services.feature_params import RecommendArguments
from prospecting.services.features import NotDone, basis_of
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

NOT_NOW = timedelta(days=30)
"""For how long an account is left alone that somebody does not want now."""


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


# ------------------------------------------------------------------ what people answer
def log_outreach(
    connection: Connection,
    *,
    user_id: UUID,
    account_domain: str,
    kind: Literal["contacted", "meeting_booked"],
    recommended_on: date,
) -> None:
    """Log what a user did with an account of a day's list, as that user: from here on the transaction acts for them.

    The same user, account, kind and list are logged once, however often it is said. Raises ``ValueError`` for an
    address that is not a company's.
    """
    act_as_user(connection, user_id)
    said = uuid5(user_id, f"{recommended_on} {account_domain} {kind}")
    metadata = {"recommended_on": recommended_on.isoformat()}
    log_interaction(connection, user_id, account_domain, kind, metadata=metadata, interaction_id=said)


def leave_alone(connection: Connection, *, account_domain: str, by: str, is_for_good: bool) -> bool:
    """Recommend the account no more, for good or for ``NOT_NOW``. Returns True when that changed something.

    ``by`` is who decided. What was decided for good stays so when somebody says "not now".
    """
    if not is_for_good and recommendations.is_suppressed_for_good(connection, account_domain=account_domain):
        return False
    reason = f"{'Never' if is_for_good else 'Not now'}, says {by}"
    until = None if is_for_good else (datetime.now(UTC) + NOT_NOW).replace(hour=0, minute=0, second=0, microsecond=0)
    return recommendations.suppress_account(connection, account_domain=account_domain, reason=reason, until=until)

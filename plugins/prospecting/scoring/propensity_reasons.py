"""Why a model gives an account its probability, in words for sales people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prospecting.scoring.propensity import Model
from prospecting.scoring.propensity_features import FEATURE_NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Account = Mapping[str, float | None]
"""The features of one account by name; ``None`` where not known."""

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Aspect:
    """Features that say one thing together, and how to say it."""

    features: tuple[str, ...]
    words: Callable[[Account], str]


def reasons(model: Model, features: NDArray[np.float32]) -> list[list[str]]:
    """For each row of (n, features) what raises its probability most, such as "5 engineering roles open (+12 points)".

    A contribution is how much the probability falls when an aspect takes its typical values, in percentage points. At
    most three that make a point or more, the largest first. The model is asked once per aspect, so this is meant for
    accounts that somebody looks at.
    """
    import numpy as np

    probabilities = model.probabilities(features)
    gains = np.zeros((len(features), len(ASPECTS)))
    changed = features.copy()
    for number, aspect in enumerate(ASPECTS):
        positions = [FEATURE_NAMES.index(name) for name in aspect.features]
        if model.used[positions].any():
            changed[:, positions] = model.typical[positions]
            gains[:, number] = probabilities - model.probabilities(changed)
            changed[:, positions] = features[:, positions]
    points = np.round(100 * gains).astype(int)
    largest = np.argsort(-gains, axis=1, kind="stable")[:, :MOST_REASONS]
    return [
        [
            f"{ASPECTS[number].words(account)} (+{points[row, number]} points)"
            for number in largest[row]
            if points[row, number] > 0
        ]
        for row, account in enumerate(map(_account, features))
    ]


def points_of(reason: str) -> tuple[str, int | None]:
    """The words of one of the ``reasons``, and its points; None when it has none."""
    found = _POINTS.fullmatch(reason)
    return (found[1], int(found[2])) if found else (reason, None)


_POINTS = re.compile(r"(.*) \(([+-]\d+) points?\)", re.DOTALL)


def _account(values: NDArray[np.float32]) -> Account:
    return {name: None if value != value else value for name, value in zip(FEATURE_NAMES, values.tolist(), strict=True)}


# ------------------------------------------------------------------------------------------------------------- words
def _count(number: float | None, one: str, many: str | None = None) -> str:
    """``3 roles``, ``1 role``, ``no roles``."""
    many = many or f"{one}s"
    return f"no {many}" if not number else f"1 {one}" if number == 1 else f"{number:.0f} {many}"


def _ago(days: float | None) -> str:
    if days is None:
        return "never"
    if days < 0:
        return f"in {_count(-days, 'day')}" if days <= -1 else "today"
    return "today" if days < 1 else f"{_count(days // 1, 'day')} ago"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _yes_or_no(name: str, yes: str, no: str, unknown: str) -> Callable[[Account], str]:
    return lambda account: unknown if account[name] is None else yes if account[name] else no


def _counted(name: str, one: str, many: str | None = None) -> Callable[[Account], str]:
    return lambda account: _first_upper(_count(account[name], one, many))


def _icp_score(account: Account) -> str:
    score = account["icp_score"]
    return "No ICP score yet" if score is None else f"ICP score {score:.0f}"


def _technologies(account: Account) -> str:
    kind = _yes_or_no("has_modern_stack", "Modern technology", "No modern technology", "Technology not known")(account)
    return f"{kind}, {_count(account['technology_count'], 'tool')} named" if account["technology_count"] else kind


def _engineering_roles(account: Account) -> str:
    roles = account["engineering_role_count"]
    if roles:
        return _first_upper(f"{_count(roles, 'engineering role')} open")
    words = _yes_or_no("has_open_engineering_roles", "Engineering roles open", "No engineering roles open", "")
    return words(account) or ("Engineering roles not known" if roles is None else "No engineering roles open")


def _open_roles(account: Account) -> str:
    roles = account["total_open_roles"]
    return "Open roles not known" if roles is None else _first_upper(f"{_count(roles, 'role')} open in all")


def _size(account: Account) -> str:
    least, most = account["employees_min"], account["employees_max"]
    if least is None and most is None:
        return "Number of employees not known"
    if least is None:
        return f"At most {most:.0f} employees"
    return f"{least:.0f} or more employees" if most is None else f"{least:.0f} to {most:.0f} employees"


def _research(account: Account) -> str:
    if not account["research_run_count"]:
        return "Not researched yet"
    return f"Researched {_count(account['research_run_count'], 'time')}, last {_ago(account['days_since_research'])}"


def _failures(account: Account) -> str:
    failed = account["failed_run_count"]
    return f"Our research of it failed {_count(failed, 'time')}" if failed else "Our research of it never failed"


def _sponsoring(account: Account) -> str:
    if not account["sponsored_event_count"]:
        return "Sponsored no events"
    return (
        f"Sponsors {_count(account['sponsored_event_count'], 'event')}, latest {_ago(account['days_since_sponsoring'])}"
    )


def _signals(account: Account) -> str:
    hiring, funding = account["hiring_signal_count"], account["funding_signal_count"]
    found = [_count(hiring, "hiring signal")] * bool(hiring) + [_count(funding, "funding signal")] * bool(funding)
    return _first_upper(f"{' and '.join(found)}, last {_ago(account['days_since_signal'])}") if found else "No signals"


def _briefings(account: Account) -> str:
    people = account["person_briefing_count"]
    known = ["company"] * bool(account["company_briefing_count"]) + [_count(people, "person", "people")] * bool(people)
    known += [_count(account["icp_title_count"], "job title")] * bool(account["icp_title_count"])
    return f"Briefed: {', '.join(known)}" if known else "No briefings"


def _recent_activity(account: Account) -> str:
    # Losing a deal is an interaction, too; nobody should take it for interest.
    lost = ", lost deals counted" if account["deal_lost_count"] else ""
    for days in (30, 90):
        if account[f"interaction_count_{days}d"]:
            return _first_upper(f"{_count(account[f'interaction_count_{days}d'], 'interaction')} in {days} days{lost}")
    return f"Last interaction {_ago(account['days_since_interaction'])}{lost}"


def _engagement(account: Account) -> str:
    if not account["interaction_count"]:
        return "Nobody engaged yet"
    users = _count(account["engaged_user_count"], "user")
    opened = account["opened_research_count"]
    return f"Research opened {_count(opened, 'time')}; {users} engaged" if opened else f"{_first_upper(users)} engaged"


def _contact(account: Account) -> str:
    contacted = account["contacted_count"]
    how_often = f"Contacted {_count(contacted, 'time')}" if contacted else "Not contacted yet"
    since = account["days_since_contact"]
    return how_often if since is None else f"{how_often}, last touched {_ago(since)}"


def _contacts(account: Account) -> str:
    deciding = account["decision_maker_contact_count"]
    known = _first_upper(_count(account["contact_count"], "contact"))
    return f"{known}, {_count(deciding, 'decision maker')} among them" if deciding else known


def _conversations(account: Account) -> str:
    active = f"{_first_upper(_count(account['active_conversation_count'], 'active conversation'))}"
    return f"{active}, {_count(account['touchpoint_count_90d'], 'touchpoint')} in 90 days"


def _replies(account: Account) -> str:
    for days in (30, 90):
        if account[f"reply_count_{days}d"]:
            return _first_upper(f"{_count(account[f'reply_count_{days}d'], 'reply', 'replies')} in {days} days")
    since = account["days_since_reply"]
    return "No reply yet" if since is None else f"Last reply {_ago(since)}"


ASPECTS = (
    Aspect(("icp_score",), _icp_score),
    Aspect(("is_b2b_saas",), _yes_or_no("is_b2b_saas", "B2B SaaS", "Not B2B SaaS", "B2B SaaS or not is not known")),
    Aspect(("has_modern_stack", "technology_count"), _technologies),
    Aspect(("has_open_engineering_roles", "engineering_role_count"), _engineering_roles),
    Aspect(("total_open_roles",), _open_roles),
    Aspect(
        ("has_engineering_blog",),
        _yes_or_no("has_engineering_blog", "Engineering blog", "No engineering blog", "Engineering blog not known"),
    ),
    Aspect(("employees_min", "employees_max"), _size),
    Aspect(("has_funding",), _yes_or_no("has_funding", "Funded", "Not funded", "Funding not known")),
    Aspect(("research_run_count", "days_since_research"), _research),
    Aspect(("failed_run_count",), _failures),
    Aspect(("sponsored_event_count", "best_sponsor_tier_rank", "days_since_sponsoring"), _sponsoring),
    Aspect(("hiring_signal_count", "funding_signal_count", "days_since_signal"), _signals),
    Aspect(("slots_filled", "slots_open"), _counted("slots_filled", "executive known", "executives known")),
    Aspect(("company_briefing_count", "person_briefing_count", "icp_title_count", "days_since_briefing"), _briefings),
    Aspect(("interaction_count_30d", "interaction_count_90d", "days_since_interaction"), _recent_activity),
    Aspect(
        ("interaction_count", "viewed_count", "opened_research_count", "engaged_user_count", "engagement_score"),
        _engagement,
    ),
    Aspect(("contacted_count", "days_since_contact"), _contact),
    Aspect(
        ("meeting_booked_count",), _counted("meeting_booked_count", "meeting booked before", "meetings booked before")
    ),
    Aspect(("contact_count", "decision_maker_contact_count"), _contacts),
    Aspect(("active_conversation_count", "touchpoint_count_30d", "touchpoint_count_90d"), _conversations),
    Aspect(("reply_count_30d", "reply_count_90d", "days_since_reply"), _replies),
    Aspect(("deal_lost_count",), _counted("deal_lost_count", "deal lost before", "deals lost before")),
)
"""Every feature belongs to one of them."""

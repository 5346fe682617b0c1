"""Says when filters let nothing through: a typing error must not look like a quiet night."""

from __future__ import annotations

from prospecting.persistence.seats import Scope, has_companies
from prospecting.services.runtime import Runtime

FILTERS = {
    "company_ids": "id",
    "name_contains": "name",
    "industry": "primary_industry",
    "source_system": "source_system",
}
"""The filters of a scope by name, each with the column of ``companies`` that it is compared with."""


class NothingFits(LookupError):
    """There are filters, and no company passes all of them; the text names the filters and not their values."""


def refuse_filters_without_match(runtime: Runtime, scope: Scope) -> None:
    """Raise ``NothingFits`` when the scope has filters that no company passes. An empty list of ids asks for none."""
    if given_filters(scope) and not runtime.read(lambda connection: has_companies(connection, scope)):
        raise NothingFits(nothing_fits(scope))


def given_filters(scope: Scope) -> list[str]:
    """The names of the filters that narrow the scope."""
    return [name for name in FILTERS if getattr(scope, name)]


def nothing_fits(scope: Scope) -> str:
    """A sentence for a scope that has no company."""
    given = given_filters(scope)
    if not given:
        since = ": nothing has happened to any company since the last evaluation" if scope.only_changed else ""
        return f"There is nothing to evaluate{since}"
    columns = ", ".join(FILTERS[name] for name in given)
    together = " together" if len(given) > 1 else ""
    return (
        f"No company fits {' and '.join(given)}{together}: there is nothing to evaluate. Compare {columns} in companies"
    )


def nothing_waited(pending: int) -> str:
    """A sentence for a backfill that found no request to work on, with ``pending`` requests in the whole queue."""
    if not pending:
        return "No request is waiting"
    return (
        f"No request waits for the companies, seats and providers of this run; others that wait or are held: {pending}"
    )

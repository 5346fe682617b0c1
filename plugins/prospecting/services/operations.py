"""The operations of a step other than deep research: people we know, and whatever the operations service executes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import RowMapping

from prospecting.agents.ledger import Ledger
from prospecting.agents.operations_service import operation_search, read_operation_result
from prospecting.parsing.titles import matches_target
from prospecting.parsing.urls import company_domain
from prospecting.persistence.persons import query_people_of_company
from prospecting.persistence.research import StepToRun
from prospecting.services.operation_results import operation_result
from prospecting.services.runtime import Runtime

DEFAULT_LIMIT, LARGEST_LIMIT = 25, 1000


def list_people(runtime: Runtime, step: StepToRun) -> dict[str, Any]:
    """The people we know at a company, as the entities of a fan-out: those in ``target_functions`` when given.

    Those whose role is confirmed come first, then unconfirmed and doubted ones (``role_standing`` in the database);
    ``standings`` says how many of which are listed. How sure a role is, is no part of the entity: it would be asked
    about anew whenever that changes.

    Step configuration: ``target_functions`` (list), ``limit`` (25), ``decision_makers_only``, ``confirmed_only``.
    """
    named = (step.context.get(key) for key in ("domain", "company_domain", "target_company_domain", "website"))
    domain = next((found for value in named if (found := company_domain(value))), None)
    if domain is None:
        return operation_result(step, "failed", None, missing_inputs=["domain"])
    targets = [target for target in step.config.get("target_functions") or [] if isinstance(target, str)]
    limit = step.config.get("limit")
    limit = limit if isinstance(limit, int) and 0 < limit <= LARGEST_LIMIT else DEFAULT_LIMIT
    rows = runtime.read(lambda connection: query_people_of_company(connection, domain))
    chosen = [
        row
        for row in sorted(rows, key=_by_certainty)
        if (row["is_decision_maker"] or step.config.get("decision_makers_only") is not True)
        and (row["standing"] == "current" or step.config.get("confirmed_only") is not True)
        and (not targets or any(matches_target(row["title"] or "", target) for target in targets))
    ][:limit]
    people = [
        {
            "full_name": row["full_name"],
            "linkedin_url": row["linkedin_url"],
            "title": row["title"],
            "current_company_name": row["company_name"],
            "company_domain": row["domain"],
        }
        for row in chosen
    ]
    standings = Counter(row["standing"] for row in chosen)
    output = {"results": people, "result_count": len(people), "standings": dict(standings)}
    return operation_result(step, "found" if people else "not_found", output)


def _by_certainty(row: RowMapping) -> tuple[int, bool, int]:
    return ("current", "unconfirmed", "doubted").index(row["standing"]), not row["is_decision_maker"], row["person_id"]


def execute_elsewhere(step: StepToRun, ledger: Ledger, *, is_fresh: bool) -> dict[str, Any]:
    """Have the operations service execute a step; ``is_fresh`` asks although there is an answer."""
    fresh = {"fresh": str(step.step_result_id)} if is_fresh else {}
    answer = ledger.ask(
        operation_search(
            step.operation_id,
            step.entity_type,
            step.context,
            {**step.config, **fresh},
            pipeline_run_id=str(step.run_id),
            step_position=step.position,
        )
    )
    return operation_result(step, "found", None) | read_operation_result(answer.content)

"""The answer of a step's operation, in the form in which it is stored."""

from __future__ import annotations

from typing import Any

from prospecting.agents.deep_research import OPERATIONS
from prospecting.agents.errors import AgentError, BudgetExceeded
from prospecting.persistence.research import StepToRun


def operation_result(step: StepToRun, status: str, output: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """An operation result: ``status`` is ``found``, ``not_found`` or ``failed``."""
    return {
        "run_id": str(step.step_result_id),
        "operation_id": step.operation_id,
        "status": status,
        "output": output,
        "provider_attempts": [],
        "missing_inputs": [],
        **more,
    }


def describe_failure(step: StepToRun, error: AgentError) -> dict[str, Any]:
    """The arguments of ``fail_step`` for a step that could not be run: message, details and operation result."""
    code, phase = getattr(error, "code", error.kind), str(getattr(error, "phase", "execute"))
    attempt = {
        "status": "skipped" if phase == "config" or isinstance(error, BudgetExceeded) else "failed",
        "error": f"{code}: {error.http_status}" if error.http_status else code,
    }
    if step.operation_id in OPERATIONS:
        attempt = {"provider": "parallel", "action": OPERATIONS[step.operation_id].provider_action, **attempt}
    return {
        "message": f"Step {step.position} ({step.operation_id}), {phase}: {error}",
        "details": {"phase": phase, "code": code, "kind": error.kind, "http_status": error.http_status},
        "operation_result": operation_result(step, "failed", None, provider_attempts=[attempt]),
    }

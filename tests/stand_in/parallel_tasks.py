"""The Parallel Task API contract: ``/v1/tasks/runs`` and what is below it."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.stand_in.contract import Reply, Request
from tests.stand_in.made_up_research import content_for

RUNS = "/v1/tasks/runs"
PROCESSORS = {
    f"{name}{speed}"
    for name in ("lite", "base", "core", "core2x", "pro", "ultra", "ultra2x", "ultra4x", "ultra8x")
    for speed in ("", "-fast")
}
ACTIVE = {"queued", "running", "cancelling"}
MAX_INPUT_CHARS = 25_000
DEFAULT_POLLS = 2


@dataclass(slots=True)
class _Run:
    run_id: str
    processor: str
    input: Any
    metadata: dict[str, Any] | None
    rule: dict[str, Any]
    created_at: datetime
    polls: int = 0
    modified_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def status(self) -> str:
        """What a look at the run shows now; ``polls`` counts the looks before and including it."""
        before = self.rule.get("statuses")
        if before is None:
            before = ["running"] * (self.rule.get("polls", DEFAULT_POLLS) - 1)
        age = (datetime.now(UTC) - self.created_at).total_seconds()
        if age < self.rule.get("seconds", 0) or (self.polls <= len(before) and self.rule.get("polls") != 0):
            return before[min(self.polls, len(before)) - 1] if self.polls and before else "queued"
        return str(self.rule.get("status", "completed"))


class ParallelTasks:
    """Research that ends after some looks at it.

    A rule is ``{"contains": text in the input, "content": object or text, "type": "json" | "text", "status": how it
    ends ("completed", "failed", "cancelled"), "polls": at which look it has ended (2; 0: at once), "statuses": [what
    the looks before that one show], "seconds": how long it takes at least, "max_block": how many seconds ``/result``
    waits at most (0), "output": replaces the whole output, may be null, "create_status": refuses the run with this
    HTTP status, "after": how many runs exist before it counts}``; all keys are optional and the first matching rule
    counts. Without ``content`` the answer is made up from the question. Dials are ``parallel_create``,
    ``parallel_status`` and ``parallel_result``.
    """

    name = "parallel"

    def __init__(self) -> None:
        self._rules: list[dict[str, Any]] = []
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()

    def owns(self, request: Request) -> bool:
        return request.path == RUNS or request.path.startswith(f"{RUNS}/")

    def dial_name(self, request: Request) -> str:
        if request.path == RUNS:
            return "parallel_create"
        return "parallel_result" if request.path.endswith(("/result", "/input")) else "parallel_status"

    def script(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    def forget(self) -> None:
        """Forget every run."""
        with self._lock:
            self._runs.clear()

    def hurry(self) -> None:
        """Every run so far has ended at the next look, and well."""
        with self._lock:
            for run in self._runs.values():
                run.rule = {"polls": 0}

    def created(self) -> list[dict[str, Any]]:
        """Every run so far, oldest first, without looking at it."""
        with self._lock:
            return [
                {
                    "run_id": run.run_id,
                    "processor": run.processor,
                    "status": run.status,
                    "metadata": run.metadata,
                    "input": run.input,
                    "polls": run.polls,
                }
                for run in self._runs.values()
            ]

    def error(self, status: int, code: str | None) -> Reply:
        # As providers do, the message repeats what nobody should log.
        message = f"{code or 'The request failed'}: key sk-par-****, input began with the user's question"
        return Reply.json(
            {"type": "error", "error": {"ref_id": str(uuid.uuid4()), "message": message, "detail": None}}, status
        )

    def answer(self, request: Request) -> Reply:
        if not request.headers.get("x-api-key", "").strip():
            return self.error(401, "Unauthorized: invalid or missing credentials")
        if request.path == RUNS:
            return self._create(request.body) if request.method == "POST" else self.error(405, "Method not allowed")
        run_id, _, part = request.path.removeprefix(f"{RUNS}/").partition("/")
        with self._lock:
            run = self._runs.get(run_id)
        if request.method != "GET" or part not in ("", "result", "input"):
            return self.error(405, "Method not allowed")
        if run is None:
            return self.error(404, "Run failed or run id not found" if part == "result" else "Run id not found")
        if part == "result":
            return self._result(run, request.query.get("timeout", "600"))
        if part == "input":
            return Reply.json({"processor": run.processor, "metadata": run.metadata, "input": run.input})
        with self._lock:
            run.polls += 1
            run.modified_at = datetime.now(UTC)
        return Reply.json(_task_run(run))

    def _create(self, body: Any) -> Reply:
        body = body if isinstance(body, dict) else {}
        processor, given, metadata = body.get("processor"), body.get("input"), body.get("metadata")
        if not isinstance(processor, str) or not isinstance(given, str | dict) or not given:
            return self.error(422, "Request validation error: processor and input are required")
        if not _is_metadata(metadata):
            return self.error(422, "Request validation error: metadata")
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        if len(text) > MAX_INPUT_CHARS:
            return self.error(422, "Request validation error: input is too long")
        if processor not in PROCESSORS:
            return self.error(403, "Forbidden: invalid processor in request")
        rule = next((rule for rule in self._rules if self._counts(rule, text)), {})
        if rule.get("create_status"):
            return self.error(rule["create_status"], rule.get("code"))
        run = _Run(f"trun_{uuid.uuid4().hex}", processor, given, metadata, rule, datetime.now(UTC))
        with self._lock:
            self._runs[run.run_id] = run
        return Reply.json(_task_run(run), 202)

    def _counts(self, rule: dict[str, Any], text: str) -> bool:
        return rule.get("contains", "") in text and len(self._runs) >= rule.get("after", 0)

    def _result(self, run: _Run, timeout: str) -> Reply:
        if not re.fullmatch(r"\d+", timeout):
            return self.error(422, "Request validation error: timeout")
        until = time.monotonic() + min(float(timeout), run.rule.get("max_block", 0))
        while run.status in ACTIVE and time.monotonic() < until:
            time.sleep(0.02)
        if run.status in ACTIVE or run.status == "action_required":
            return self.error(408, "Request timed out; run still active")
        if run.status != "completed":
            return self.error(404, "Run failed or run id not found")
        return Reply.json({"run": _task_run(run), "output": _output(run)})


def _task_run(run: _Run) -> dict[str, Any]:
    status = run.status
    error = {"ref_id": str(uuid.uuid4()), "message": f"Could not research: {run.input}", "detail": None}
    return {
        "run_id": run.run_id,
        "interaction_id": run.run_id,
        "status": status,
        "is_active": status in ACTIVE,
        "warnings": None,
        "error": error if status == "failed" else None,
        "processor": run.processor,
        "metadata": run.metadata,
        "taskgroup_id": None,
        "created_at": run.created_at.isoformat().replace("+00:00", "Z"),
        "modified_at": run.modified_at.isoformat().replace("+00:00", "Z"),
    }


def _output(run: _Run) -> Any:
    if "output" in run.rule:
        return run.rule["output"]
    content = run.rule.get("content")
    if content is None:
        content = content_for(run.input)
    kind = run.rule.get("type", "text" if isinstance(content, str) else "json")
    fields = ["output"] if kind == "text" else list(content)
    basis = [
        {
            "field": name,
            "reasoning": f"Pages about the question agree on {name}.",
            "citations": [{"url": "https://pages.example/1", "title": "Page 1", "excerpts": ["An excerpt."]}],
            "confidence": "medium",
        }
        for name in fields
    ]
    return {"type": kind, "content": content, "basis": basis}


def _is_metadata(metadata: Any) -> bool:
    if metadata is None:
        return True
    return isinstance(metadata, dict) and all(
        len(key) <= 16 and isinstance(value, str | int | float) and len(str(value)) <= 512
        for key, value in metadata.items()
    )

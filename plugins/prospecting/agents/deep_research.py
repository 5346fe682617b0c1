"""The three deep research operations: what they need, what they ask, and how an answer becomes a step's output.

Nothing here calls anybody; ``prospecting.agents.parallel`` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from prospecting.agents.parallel import MAX_INPUT_CHARS, DeepResearchError, ResearchPhase
from prospecting.parsing import research_inputs
from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.parsing.payload import PayloadError, extract_json
from prospecting.parsing.research_inputs import INPUTS, Aliases, Inputs
from prospecting.persistence.database import clean_text
from prospecting.resources import resource_folder

PROMPTS_FOLDER = resource_folder("prompts")

_CUT_MARK = " [cut]"
_PROCESSOR = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
# Seconds between two looks where a step names a number of looks only.
_USUAL_INTERVAL = 20.0
_LONGEST_CAP = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class DeepResearch:
    """One operation; ``prospecting.parsing.research_inputs`` knows its inputs.

    ``prompt`` is the stem of its file in ``include/prompts``, ``provider_action`` the name of its attempts.
    """

    operation_id: str
    kind: Kind
    entity_type: Literal["company", "person"]
    processor: str
    provider_action: str
    prompt: str

    @property
    def required(self) -> Aliases:
        """The names of the inputs it needs, each with the keys it is read from, in order."""
        return INPUTS[self.kind].required

    @property
    def optional(self) -> Aliases:
        """The same of the inputs it can do without."""
        return INPUTS[self.kind].optional


OPERATIONS: dict[str, DeepResearch] = {
    each.operation_id: each
    for each in (
        DeepResearch(
            operation_id=OPERATION_IDS["icp_job_titles"],
            kind="icp_job_titles",
            entity_type="company",
            processor="pro",
            provider_action="deep_research_icp_job_titles",
            prompt="icp_job_titles",
        ),
        DeepResearch(
            operation_id=OPERATION_IDS["company"],
            kind="company",
            entity_type="company",
            processor="ultra",
            provider_action="deep_research_company_intel_briefing",
            prompt="company_intel_briefing",
        ),
        DeepResearch(
            operation_id=OPERATION_IDS["person"],
            kind="person",
            entity_type="person",
            processor="pro",
            provider_action="deep_research_person_intel_briefing",
            prompt="person_intel_briefing",
        ),
    )
}


def read_inputs(operation: DeepResearch, context: Mapping[str, Any]) -> Inputs:
    """The inputs of ``operation``, from what is known about an entity; blanks and anything but text count as absent."""
    return research_inputs.read_inputs(operation.kind, context)


@cache
def research_instructions(operation_id: str) -> str:
    """The instructions of an operation, ``include/prompts/<prompt>.md``: fixed text, the same for every entity."""
    return (PROMPTS_FOLDER / f"{OPERATIONS[operation_id].prompt}.md").read_text(encoding="utf-8")


def build_prompt(operation: DeepResearch, inputs: Inputs) -> str:
    """The instructions, and after them the inputs as one fenced block of JSON; at most 25,000 characters.

    Whatever users typed stays a JSON string, without the backtick that could end the block. When the whole is too
    long, the longest inputs are cut to one length, with a mark.
    """
    instructions = research_instructions(operation.operation_id).rstrip()
    values = {name: clean_text(value) for name, value in inputs.values.items()}
    whole = _prompt(instructions, values)
    if len(whole) <= MAX_INPUT_CHARS:
        return whole
    # The longest length for which it fits; the prompt grows with it.
    fits, too_long = 0, max(map(len, values.values()))
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if len(_prompt(instructions, _cut(values, middle))) <= MAX_INPUT_CHARS:
            fits = middle
        else:
            too_long = middle
    return _prompt(instructions, _cut(values, fits))


def _prompt(instructions: str, values: dict[str, str]) -> str:
    block = json.dumps(values, ensure_ascii=False, separators=(",", ":")).replace("`", "\\u0060")
    return f"{instructions}\n\n```json\n{block}\n```\n"


def _cut(values: dict[str, str], length: int) -> dict[str, str]:
    return {
        name: value if len(value) <= length else value[: max(0, length - len(_CUT_MARK))] + _CUT_MARK
        for name, value in values.items()
    }


def build_output(
    operation: DeepResearch,
    inputs: Inputs,
    *,
    run_id: str,
    processor: str,
    response: dict[str, Any],
    extract: Callable[[str], Any] = extract_json,
) -> dict[str, Any]:
    """The output of a step: where it comes from, the inputs (absent ones as ""), and the whole ``response``.

    A content that came as text is replaced by the object found in it; the text stays beside it as ``output.text``.
    ``extract`` finds it. Raises ``DeepResearchError`` as ``read_content`` does.
    """
    content = read_content(response, extract)
    if response["output"].get("content") is not content:
        answer = response["output"]
        response = {
            **response,
            "output": {**answer, "type": "json", "content": content, "text": answer["content"]},
        }
    names = (*operation.required, *operation.optional)
    values = {name: inputs.values.get(name, "") for name in names}
    origin = {"parallel_run_id": run_id, "processor": processor}
    raw = {"parallel_raw_response": response}
    if operation.kind == "icp_job_titles":
        return {**origin, **values, **raw}
    if operation.kind == "company":
        also = {"domain": values["target_company_domain"], "company_name": values["target_company_name"]}
        return {**origin, **values, **raw, **also}
    also = {
        "full_name": values["person_full_name"],
        "linkedin_url": values["person_linkedin_url"],
        "title": values["person_current_job_title"],
    }
    return {**origin, **values, **raw, **also}


def read_content(response: Any, extract: Callable[[str], Any] = extract_json) -> dict[str, Any]:
    """The findings: ``output.content`` of a result, as an object with something in it.

    A text is searched for JSON, by ``extract``. Raises ``DeepResearchError`` of the phase ``validation`` with the code
    ``no_output`` (none at all), ``empty_output`` (nothing in it), ``text_output`` (a text without an object) or
    ``wrong_output`` (a list or a value).
    """
    output = response.get("output") if isinstance(response, dict) else None
    content = output.get("content") if isinstance(output, dict) else None
    if content is None:
        raise _invalid("no_output", "holds no output")
    if not content or (isinstance(content, str) and not content.strip()):
        raise _invalid("empty_output", "is empty")
    if isinstance(content, dict):
        return content
    if not isinstance(content, str):
        raise _invalid("wrong_output", "is not an object")
    try:
        found = extract(content)
    except PayloadError:
        found = None
    if not isinstance(found, dict):
        raise _invalid("text_output", "is a text without a JSON object in it")
    if not found:
        raise _invalid("empty_output", "is empty")
    return found


def _invalid(code: str, what: str) -> DeepResearchError:
    return DeepResearchError(
        f"The result of the deep research {what}. It is kept with the call and used again; trigger with force_fresh to "
        "pay for a new one, perhaps with a stronger processor",
        phase=ResearchPhase.VALIDATION,
        code=code,
        kind="invalid",
    )


def step_settings(
    operation: DeepResearch, step_config: Mapping[str, Any] | None
) -> tuple[str, float | None, float | None]:
    """``(processor, cap_seconds, poll_interval)`` of a step; ``None`` where the connection's settings hold.

    Keys: ``processor``, ``max_poll_attempts``, ``poll_interval_seconds``; ``null`` is as good as absent. The cap is
    attempts times interval, 20 s when no interval is given. Raises ``DeepResearchError`` naming a key that is wrong.
    """
    config = step_config or {}
    processor = config.get("processor")
    if processor is None:
        processor = operation.processor
    if not isinstance(processor, str) or not _PROCESSOR.fullmatch(processor):
        raise _wrong_key(operation, "processor", 'the name of a processor, such as "pro"')
    interval, attempts = config.get("poll_interval_seconds"), config.get("max_poll_attempts")
    if interval is not None and not _is_positive(interval):
        raise _wrong_key(operation, "poll_interval_seconds", "a number of seconds above 0, at most a day")
    if attempts is None:
        return processor, None, None if interval is None else float(interval)
    if not _is_positive(attempts) or attempts != int(attempts):
        raise _wrong_key(operation, "max_poll_attempts", "a whole number above 0, at most 86,400")
    cap = attempts * (_USUAL_INTERVAL if interval is None else interval)
    if cap > _LONGEST_CAP:
        raise _wrong_key(operation, "max_poll_attempts", "so small that attempts times interval stay within a day")
    return processor, float(cap), None if interval is None else float(interval)


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST_CAP


def _wrong_key(operation: DeepResearch, key: str, expected: str) -> DeepResearchError:
    return DeepResearchError(
        f"The configuration of the step {operation.operation_id} is wrong: {key} must be {expected}",
        phase=ResearchPhase.CONFIG,
        code=f"invalid_{key}",
        kind="configuration",
    )

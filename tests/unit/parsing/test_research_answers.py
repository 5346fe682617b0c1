"""Research in an answer, and answers without any."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.briefings import BriefingAnswer, read_answer, read_raw
from prospecting.parsing.records import Rejected
from prospecting.parsing.research_answers import research_in, research_in_text
from tests.unit.parsing.bounded import bounded

BRIEFING = {
    "executive_summary": "Acme builds robots. " * 20,
    "history": [{"year": 2020, "event": "founded"}],
    "notes": None,
}
TEXT = json.dumps(BRIEFING)
USAGE = {"usage": {"input_tokens": 1_200, "output_tokens": 340}, "model": "m"}
KNOWN = {"company_domain": "acme.com", "client_company_name": "Globex"}

FOLLOWED = [
    TEXT + json.dumps(USAGE),
    TEXT + "\n" + json.dumps(USAGE),
    TEXT + ", [1, 2, 3]",
    TEXT + '\n{"sources": ["https://acme.com", "https://example.org/a-very-long-address"]}',
    TEXT + '\n{"appendix": "' + "long " * 500 + '"}',
    f"```json\n{TEXT}\n```\n\nUsage:\n```json\n{json.dumps(USAGE)}\n```",
    f"Here it is: {TEXT} Citations: {json.dumps({'citations': [{'url': 'https://acme.com', 'quote': 'x' * 300}]})}",
    json.dumps({"status": "ok", "request_id": "r1"}) + TEXT,
    f'I searched for {{"query": "Acme"}}. The result: {TEXT}',
    f"{TEXT}\n{{",
    f'{TEXT}\n{{"usage": {{"input_tokens": 12',
]
WRAPPED: list[Any] = [
    {"text": TEXT},
    {"result": {"text": TEXT}},
    {"content": [{"type": "text", "text": TEXT}]},
    {"choices": [{"message": {"role": "assistant", "content": TEXT}}]},
    {"choices": [{"message": {"tool_calls": [{"function": {"name": "submit_briefing", "arguments": TEXT}}]}}]},
    {"name": "submit_briefing", "arguments": BRIEFING},
    {"type": "tool_use", "name": "submit_briefing", "input": BRIEFING},
    {"candidates": [{"content": {"parts": [{"functionCall": {"name": "submit", "args": BRIEFING}}]}}]},
]
NONE: list[tuple[Any, str]] = [
    ({"text": "# report"}, "text_output"),
    ({"text": "# Acme\n\nAcme builds robots.", "citations": [{"url": "https://acme.com"}]}, "text_output"),
    ({"report": "# Acme"}, "text_output"),
    ({"content": "Acme builds robots."}, "text_output"),
    ({"message": "Acme builds robots.", "model": "m"}, "text_output"),
    ({"result": {"markdown": "# Acme"}}, "text_output"),
    ({"content": [{"type": "text", "text": "# Acme"}]}, "text_output"),
    ({"choices": [{"message": {"role": "assistant", "content": "# Acme"}}]}, "text_output"),
    ({"error": "rate limited"}, "error_output"),
    ({"error": {"code": 429, "message": "rate limited"}}, "error_output"),
    ({"error": "rate limited", "message": "Try again later", "status": 429}, "error_output"),
    ({"errors": ["rate limited"], "executive_summary": None}, "error_output"),
    ({"status": "failed", "message": "The run was cancelled"}, "error_output"),
    ({"result": {"error": "rate limited"}}, "error_output"),
    ({"executive_summary": None, "history": None}, "empty_output"),
    ({"executive_summary": "", "history": [], "posture": {"gaps": None, "notes": "N/A"}}, "empty_output"),
    ({"executive_summary": "Not available", "history": "No information found"}, "empty_output"),
    ({"company_name": "Acme", "domain": "acme.com", "titles": None}, "empty_output"),
    ({"found": False, "reason": "No reliable source"}, "empty_output"),
    ({"data": None}, "empty_output"),
    ({"output": {"content": None}}, "empty_output"),
    ({"output": {}}, "empty_output"),
]


@pytest.mark.parametrize("text", FOLLOWED)
def test_research_beside_other_values_is_that_research(text: str) -> None:
    assert research_in_text(text) == BRIEFING
    for answer in (text, text.encode(), {"output": {"content": text}}):
        read = read_answer("company", answer, KNOWN)
        assert isinstance(read, BriefingAnswer)
        assert read.raw == BRIEFING


@pytest.mark.parametrize("answer", WRAPPED, ids=repr)
def test_research_is_taken_out_of_what_carries_it(answer: Any) -> None:
    assert research_in(answer) == research_in_text(json.dumps(answer)) == BRIEFING
    assert read_raw({"output": {"content": answer}}) == BRIEFING
    for given_answer in (answer, json.dumps(answer)):
        read = read_answer("company", given_answer, KNOWN)
        assert isinstance(read, BriefingAnswer)
        assert read.raw == BRIEFING


@pytest.mark.parametrize(("answer", "reason"), NONE, ids=repr)
def test_what_is_no_research_is_rejected_with_its_reason(answer: Any, reason: str) -> None:
    for rejected in (
        research_in(answer),
        research_in_text(json.dumps(answer)),
        read_raw({"output": {"content": answer}}),
        read_answer("company", answer, KNOWN),
        read_answer("company", json.dumps(answer), KNOWN),
    ):
        assert isinstance(rejected, Rejected)
        assert (rejected.reason, rejected.raw) == (reason, None)
        assert "acme" not in rejected.detail.lower()


@pytest.mark.parametrize(
    "content",
    [
        BRIEFING,
        {"summary": "Robots"},
        {"a": 1},
        {"summary": "x", "error": None},
        {"summary": "x", "errors": ["one page could not be read"]},
        {"text": "# report", "titles": ["CISO"]},
        {"report": {"summary": "x"}},
        {"executive_summary": "No other company builds such robots, in the whole of the industry or out of it. " * 2},
        {"status": "failed", "reason": "x", "analysis": "The merger failed"},
    ],
    ids=repr,
)
def test_any_other_object_is_research(content: dict[str, Any]) -> None:
    assert research_in(content) is content
    assert research_in_text(json.dumps(content)) == content


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "error", "content", "output", "type", "name", "a"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_value_is_survived(value: Any) -> None:
    for found in (research_in(value), research_in_text(json.dumps(value))):
        assert isinstance(found, Rejected) or (isinstance(found, dict) and found)


@pytest.mark.parametrize(
    "text",
    [
        '{"text": ' * 100_000,
        '{"a": null}' * 90_000,
        json.dumps({"text": "{" * 900_000}),
        json.dumps({"a": [None] * 150_000}),
        "{" + ", ".join(f'"k{i}": ""' for i in range(70_000)) + "}",
    ],
    ids=["nested", "many", "brackets", "nulls", "keys"],
)
def test_a_megabyte_takes_a_second_at_most(text: str) -> None:
    with bounded():
        research_in_text(text)

"""Tool calls and message wrappers of the providers: what they carry is read, their names are not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.envelopes import unwrap
from prospecting.parsing.events import parse_events
from prospecting.parsing.sponsors import parse_sponsors

SPONSORS = {"sponsors": [{"name": "Acme", "tier": "Gold"}, {"name": "Globex"}]}
TEXT = json.dumps(SPONSORS)
FENCED = f"Here they are:\n```json\n{TEXT}\n```"
CALL = {"name": "submit_sponsors", "arguments": TEXT}
TOOL_USE = {"type": "tool_use", "id": "toolu_1", "name": "submit_sponsors", "input": SPONSORS}

ENVELOPES: dict[str, Any] = {
    "hermes": {"name": "submit_sponsors", "arguments": SPONSORS},
    "hermes, encoded": CALL,
    "hermes, encoded twice": {"name": "submit_sponsors", "arguments": json.dumps(TEXT)},
    "llama": {"name": "submit_sponsors", "parameters": SPONSORS},
    "llama, typed": {"type": "function", "name": "submit_sponsors", "parameters": SPONSORS},
    "args": {"function": "submit_sponsors", "args": SPONSORS},
    "kwargs": {"function": "submit_sponsors", "kwargs": SPONSORS},
    "openai completion": {
        "id": "chatcmpl-1", "object": "chat.completion", "usage": {},
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": CALL}]}}],
    },
    "openai content": {"choices": [{"message": {"role": "assistant", "content": FENCED}}]},
    "openai legacy": {"role": "assistant", "content": None, "function_call": CALL},
    "openai tool calls": {"tool_calls": [{"function": CALL}]},
    "openai list of calls": [{"id": "1", "type": "function", "function": CALL}],
    "openai response": {"id": "r", "object": "response", "output": [
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": TEXT}]}]},
    "openai response with a call": {"output": [
        {"type": "function_call", "call_id": "c", "status": "completed", **CALL}]},
    "openai thread": {"role": "assistant", "content": [{"type": "text", "text": {"value": TEXT, "annotations": []}}]},
    "openai parallel": {"tool_uses": [{"recipient_name": "functions.submit_sponsors", "parameters": SPONSORS}]},
    "anthropic tool use": {"type": "tool_use", "name": "submit_sponsors", "input": SPONSORS},
    "anthropic message": {
        "id": "msg_1", "type": "message", "role": "assistant", "stop_reason": "tool_use",
        "content": [{"type": "text", "text": "Let me record [these]."}, TOOL_USE],
    },
    "anthropic text": {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "Acme? [1]"}, {"type": "text", "text": FENCED}]},
    "anthropic content": [{"type": "text", "text": "ok"}, TOOL_USE],
    "gemini text": {"candidates": [{"content": {"parts": [{"text": FENCED}], "role": "model"}}]},
    "gemini call": {"candidates": [{"content": {"parts": [
        {"functionCall": {"name": "submit_sponsors", "args": SPONSORS}}], "role": "model"}}]},
    "gemini part": {"functionCall": {"name": "submit_sponsors", "args": SPONSORS}},
    "bedrock": {"stopReason": "tool_use", "output": {"message": {"role": "assistant", "content": [
        {"text": "Hm"}, {"toolUse": {"toolUseId": "t", "name": "submit_sponsors", "input": SPONSORS}}]}}},
    "cohere": {"message": {"role": "assistant", "tool_plan": "I will", "tool_calls": [
        {"id": "1", "type": "function", "function": CALL}]}},
    "ollama": {"model": "x", "message": {"role": "assistant", "content": TEXT}, "done": True},
    "langchain message": {"type": "ai", "content": TEXT, "additional_kwargs": {}},
    "langchain dump": {"lc": 1, "type": "constructor", "id": ["langchain"], "kwargs": {"content": TEXT}},
    "langchain calls": {"content": "", "tool_calls": [
        {"name": "submit_sponsors", "args": SPONSORS, "id": "1", "type": "tool_call"}]},
    "react": {"action": "submit_sponsors", "action_input": SPONSORS},
    "mcp result": {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": TEXT}]}},
    "mcp structured": {"content": [{"type": "text", "text": "ok"}], "structuredContent": SPONSORS},
    "mcp request": {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                    "params": {"name": "submit_sponsors", "arguments": SPONSORS}},
    "conversation": [
        {"role": "user", "content": "Who sponsors?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": CALL}]},
        {"role": "tool", "content": '{"ok": true}'},
        {"role": "assistant", "content": "Done."}],
    "function as key": {"submit_sponsors": SPONSORS},
    "message": {"role": "assistant", "content": TEXT},
}  # fmt: skip


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_what_an_envelope_carries(envelope: Any) -> None:
    assert unwrap(envelope) == SPONSORS
    for raw in (envelope, json.dumps(envelope), f"<tool_call>\n{json.dumps(envelope)}\n</tool_call>"):
        parsed = parse_sponsors(raw)
        assert [(sponsor.name, sponsor.tier) for sponsor in parsed.items] == [("Acme", "gold"), ("Globex", None)]
        assert not parsed.rejected


@pytest.mark.parametrize(
    "value",
    [
        SPONSORS, [SPONSORS], [{"name": "Acme", "tier": "Gold"}], {"name": "Acme", "type": "sponsor"},
        [{"text": "Acme"}], {"name": "Jane Doe", "role": "CTO"}, {"data": {"result": SPONSORS}}, {"content": TEXT},
        {"name": "Jane Doe", "role": "Assistant", "content": "x"}, {"message": "hi"}, {"error": "x"},
        {"name": "x", "type": "function"}, {"name": "Acme", "input": "yes", "tier": "Gold"}, {}, [], [[]], None, 3, "x",
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_envelope_stays_the_same_object(value: Any) -> None:
    assert unwrap(value) is value


def test_calls_beside_each_other_are_all_read() -> None:
    calls = [
        {"type": "tool_use", "id": str(number), "name": "record_contact", "input": {"name": name, "title": "CEO"}}
        for number, name in enumerate(["Jane Doe", "Bo Ray"])
    ]
    for raw in (calls, {"role": "assistant", "content": calls}, json.dumps(calls)):
        assert [person.full_name for person in parse_contacts(raw).items] == ["Jane Doe", "Bo Ray"]


@pytest.mark.parametrize(
    "raw",
    [
        {"name": "record_contacts", "arguments": {}},
        {"name": "record_contacts", "arguments": ""},
        {"type": "tool_use", "name": "record_contacts", "input": {}},
        {"name": "record_contacts"},
        {"type": "function", "function": {"name": "record_contacts", "description": "Records people.",
         "parameters": {"type": "object", "properties": {"name": {"type": "string"}}}}},
        '{"name": "record_contacts", "argum',
    ],
    ids=str,
)  # fmt: skip
def test_a_function_is_no_record(raw: Any) -> None:
    for parse in (parse_contacts, parse_sponsors, parse_events):
        assert not parse(raw).items


def test_a_call_of_people_and_of_events() -> None:
    people = {"name": "record_contacts", "arguments": {"contacts": [{"name": "Jane Doe", "title": "CEO"}]}}
    assert [person.full_name for person in parse_contacts(people).items] == ["Jane Doe"]
    events = {"type": "tool_use", "name": "save_events", "input": {"events": [{"name": "AnvilConf", "year": 2027}]}}
    assert [event.name for event in parse_events(events).items] == ["AnvilConf"]


def test_the_text_of_a_message_is_read_as_text() -> None:
    lines = {"role": "assistant", "content": "- Jane Doe, CEO\n- Bo Ray, CTO"}
    assert [person.full_name for person in parse_contacts(json.dumps(lines)).items] == ["Jane Doe", "Bo Ray"]
    refusal = {"role": "assistant", "content": "I could not find any executives. Try:\n- LinkedIn Sales Navigator"}
    parsed = parse_contacts(json.dumps(refusal))
    assert not parsed.items
    assert [item.reason for item in parsed.rejected] == ["no_data"]


def test_what_a_text_inside_left_open_is_no_record() -> None:
    cut = '{"contacts": [{"name": "Jane Doe", "title": "CEO"}, {"name": "Bo Ray", "ti'
    parsed = parse_contacts({"name": "record_contacts", "arguments": cut})
    assert [person.full_name for person in parsed.items] == ["Jane Doe"]
    assert [item.reason for item in parsed.rejected] == ["truncated"]


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.sampled_from(["assistant", "tool_use", TEXT]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["role", "content", "type", "name", "arguments", "input", "parts", "text", "choices", "message",
                     "tool_calls", "function", "output", "result", "candidates"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_never_raises(value: Any) -> None:
    unwrap(value)

"""Tool calls and message wrappers of model providers, taken off an answer that was recorded with them.

Read are OpenAI (chat completions, responses, assistants), Anthropic, Gemini, Bedrock, Cohere, Mistral, Ollama,
LangChain, Hermes and Llama tool calls, and MCP results. The name of a function is never part of what is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from prospecting.parsing.payload import Payload, PayloadError, canonical_key, load

_MAX_DEPTH = 8
_MAX_PARTS = 1_000


class _Absent:
    """No envelope, or one that holds nothing of the kind asked for."""


_ABSENT: Final = _Absent()

_CALL_NAMES = frozenset({"name", "tool", "toolname", "function", "functionname", "recipientname", "action", "method"})
_CALL_INPUTS = (
    "arguments", "args", "parameters", "params", "input", "kwargs", "toolinput", "actioninput", "toolargs",
    "toolarguments", "functionargs", "partialjson",
)  # fmt: skip
_CALL_EXTRAS = frozenset(
    {"type", "id", "callid", "index", "status", "tooluseid", "toolcallid", "caller", "thought", "thoughtsignature",
     "description", "strict", "cachecontrol", "version", "jsonrpc", "log", "messagelog"}
)  # fmt: skip
_CALL_TYPES = frozenset({"tooluse", "toolcall", "functioncall", "function", "servertooluse", "mcptooluse", "mcpcall"})
_CALL_HOLDERS = frozenset(
    {"function", "functioncall", "tooluse", "toolcall", "toolcalls", "tooluses", "functioncalls", "calls"}
)
_TEXT_TYPES = frozenset({"text", "outputtext", "inputtext"})
_SILENT_TYPES = frozenset(
    {"thinking", "redactedthinking", "reasoning", "toolresult", "functioncalloutput", "websearchcall", "refusal",
     "websearchtoolresult", "filesearchcall", "codeinterpretercall", "imageurl", "image", "mcplisttools"}
)  # fmt: skip
_ROLES = frozenset({"assistant", "model", "ai", "aimessage", "aimessagechunk", "chatbot", "bot"})
_OTHER_ROLES = frozenset({"user", "system", "developer", "human", "tool", "function", "humanmessage", "systemmessage"})
_WHOEVER = tuple(_ROLES | _OTHER_ROLES)
_AROUND = ("result", "response", "output", "data", "message", "body", "completion", "answer", "raw")
"""Keys under which an envelope may lie in another."""

_FUNCTION_KEY = re.compile(
    r"(?:functions?[._])?(?:submit|record|save|store|report|provide|return|register|emit|add|set|put|write|post|send"
    r"|extract|respond|answer|give|output|list|get|fetch|find|search|create)(?:[_-][a-z\d]|[A-Z])\w*"
)


def unwrap(value: Any) -> Any:
    """The content of a tool call or message; the very ``value`` when it is neither.

    Arguments and texts that are JSON in a string are decoded; other text is given as text. Several calls or parts
    give a list of what they carry; tool calls win over the text around them. A call without arguments gives ``[]``.
    In a conversation the last message of the model that carries data counts. Never raises.
    """
    return _Reader(frozenset()).unwrap(value)


def unwrap_payload(payload: Payload, wanted: frozenset[str] = frozenset()) -> Payload:
    """``payload`` with each of its values unwrapped; the very ``payload`` when there is nothing to unwrap.

    ``wanted`` are keys that mark the wanted value in a text inside. What such a text left open stays marked.
    """
    reader = _Reader(wanted)
    values = tuple(reader.unwrap(value) for value in payload.values)
    if all(new is old for new, old in zip(values, payload.values, strict=True)):
        return payload
    return Payload(values, payload.truncated or reader.truncated, payload.open_ids | reader.open_ids)


class _Reader:
    """Takes one answer out of its envelopes, remembering what the texts inside left open."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self.truncated = False
        self.open_ids: frozenset[int] = frozenset()

    def unwrap(self, value: Any) -> Any:
        found = self._unwrapped(value, _MAX_DEPTH)
        return value if isinstance(found, _Absent) else found

    def _unwrapped(self, value: Any, depth: int) -> Any:
        if not depth or not value:
            return _ABSENT
        if isinstance(value, list):
            return self._from_list(value, depth)
        if not isinstance(value, Mapping):
            return _ABSENT
        if len(value) > 40:
            return _ABSENT
        keys = {canonical_key(key): key for key in value}
        for read in (self._choices, self._message, self._call, self._holder, self._function_key, self._around):
            if not isinstance(found := read(value, keys, depth), _Absent):
                return found
        return _ABSENT

    def _from_list(self, values: list[Any], depth: int) -> Any:
        """Parts of a message, messages of a conversation, or several calls; any other list is no envelope."""
        if not all(_is_part(value) for value in values[:20]) or all(_is_bare_text(value) for value in values):
            return _ABSENT
        roles = [str(value.get("role", "")) if isinstance(value, Mapping) else "" for value in values]
        if not any(role in _OTHER_ROLES for role in roles):
            return self._parts(values, depth)
        last: Any = []
        for value, role in zip(reversed(values[-_MAX_PARTS:]), reversed(roles[-_MAX_PARTS:]), strict=True):
            found = self._unwrapped(value, depth - 1) if role in _ROLES else []
            if isinstance(found, (Mapping, list)) and found:
                return found
            last = last or (found if isinstance(found, str) else [])
        return last

    def _parts(self, values: Any, depth: int) -> Any:
        """The inputs of the calls among ``values``; failing these their texts, joined."""
        if isinstance(values, str):
            return self._decoded(values, depth)
        if isinstance(values, Mapping):
            values = [values]
        if not isinstance(values, list):
            return []
        calls: list[Any] = []
        texts: list[str] = []
        for value in values[:_MAX_PARTS]:
            if isinstance(value, str):
                texts.append(value)
                continue
            if not isinstance(value, Mapping) or value.get("thought") is True:
                continue
            keys = {canonical_key(key): key for key in value}
            if canonical_key(value.get(keys.get("type"), "")) in _SILENT_TYPES:
                continue
            text = value.get(keys.get("text"))
            if isinstance(text, Mapping):
                text = text.get("value")
            if isinstance(text, str):
                texts.append(text)
            elif not isinstance(found := self._unwrapped(value, depth - 1), _Absent):
                calls.append(found)
        if calls:
            return calls[0] if len(calls) == 1 else _merged(calls)
        joined = "\n".join(text for text in texts if text.strip())
        return self._decoded(joined, depth) if joined else []

    def _choices(self, value: Mapping[Any, Any], keys: dict[str, Any], depth: int) -> Any:
        """The first answer of a completion: its alternatives say the same again."""
        for name in ("choices", "candidates", "generations"):
            answers = value.get(keys.get(name))
            if not isinstance(answers, list) or not answers:
                continue
            first = answers[0][0] if isinstance(answers[0], list) and answers[0] else answers[0]
            if not isinstance(first, Mapping):
                continue
            for inner in ("message", "content", "delta"):
                if isinstance(first.get(inner), Mapping):
                    return self._message_of(first[inner], depth - 1)
            if isinstance(first.get("text"), str):
                return self._decoded(first["text"], depth)
        return _ABSENT

    def _message(self, value: Mapping[Any, Any], keys: dict[str, Any], depth: int) -> Any:
        """A message of a model; MCP and LangChain wrap theirs without a role."""
        role = value.get(keys.get("role"))
        if isinstance(role, str) and not {"content", "parts", "toolcalls", "functioncall"}.isdisjoint(keys):
            if role in _ROLES:
                return self._message_of(value, depth)
            return [] if role in _OTHER_ROLES else _ABSENT
        kind = canonical_key(value.get(keys.get("type"), ""))
        if kind in _ROLES and "content" in keys:
            return self._message_of(value, depth)
        if kind == "constructor" and isinstance(value.get("kwargs"), Mapping):
            return self._message_of(value["kwargs"], depth)
        if isinstance(value.get(keys.get("structuredcontent")), (Mapping, list)):
            return self._inner(value[keys["structuredcontent"]], depth)
        content = value.get(keys.get("content"))
        if isinstance(content, list) and content and all(_is_part(part) for part in content[:20]):
            return self._parts(content, depth)
        parts = value.get(keys.get("parts"))
        if isinstance(parts, list) and parts and len(keys) <= 2 and all(_is_part(part) for part in parts[:20]):
            return self._parts(parts, depth)
        output = value.get(keys.get("output"))
        if isinstance(output, list) and output and all(_is_output(item) for item in output[:20]):
            return self._parts(output, depth)
        if kind in _TEXT_TYPES and isinstance(value.get(keys.get("text")), (str, Mapping)):
            return self._parts([value], depth)
        return _ABSENT

    def _message_of(self, message: Mapping[Any, Any], depth: int) -> Any:
        """The content of a message: the inputs of its calls, else its content."""
        if not depth:
            return []
        keys = {canonical_key(key): key for key in message}
        for name in ("toolcalls", "functioncall"):
            calls = message.get(keys.get(name))
            if isinstance(calls, (list, Mapping)) and calls:
                return self._parts(calls, depth)
        extra = message.get(keys.get("additionalkwargs"))
        if isinstance(extra, Mapping) and extra.get("tool_calls"):
            return self._parts(extra["tool_calls"], depth)
        for name in ("parsed", "content", "parts"):
            content = message.get(keys.get(name))
            if name == "parsed" and isinstance(content, (Mapping, list)):
                return self._inner(content, depth)
            if isinstance(content, Mapping) and not _is_part(content):
                return self._inner(content, depth)
            if content:
                return self._parts(content, depth)
        return []

    def _call(self, value: Mapping[Any, Any], keys: dict[str, Any], depth: int) -> Any:
        """The input of one call; of the description of a tool, nothing."""
        if not _is_call(value, keys):
            return _ABSENT
        given = next((value[keys[name]] for name in _CALL_INPUTS if name in keys and value[keys[name]]), None)
        if isinstance(given, str):
            return self._decoded(given, depth)
        if (
            isinstance(given, Mapping)
            and given.get("type") == "object"
            and isinstance(given.get("properties"), Mapping)
        ):
            return []
        return self._inner(given, depth) if isinstance(given, (Mapping, list)) else []

    def _holder(self, value: Mapping[Any, Any], keys: dict[str, Any], depth: int) -> Any:
        """{"function": {…}}, {"toolUse": {…}}, {"tool_calls": […]}: the call lies one level deeper."""
        for name in _CALL_HOLDERS & keys.keys():
            inner = value[keys[name]]
            if isinstance(inner, Mapping):
                found = self._unwrapped(inner, depth - 1)
            elif isinstance(inner, list) and inner and all(_is_part(item) for item in inner[:20]):
                found = self._parts(inner, depth)
            else:
                continue
            if not isinstance(found, _Absent):
                return found
        return _ABSENT

    def _function_key(self, value: Mapping[Any, Any], _keys: dict[str, Any], depth: int) -> Any:
        """{"submit_sponsors": {…}}: the function's name as the only key."""
        if len(value) != 1:
            return _ABSENT
        ((name, given),) = value.items()
        if not isinstance(name, str) or not isinstance(given, Mapping) or not _FUNCTION_KEY.fullmatch(name[:200]):
            return _ABSENT
        return self._inner(given, depth)

    def _around(self, value: Mapping[Any, Any], keys: dict[str, Any], depth: int) -> Any:
        """An envelope in another one."""
        for name in _AROUND:
            inner = value.get(keys.get(name))
            if isinstance(inner, (Mapping, list)) and inner:
                found = self._unwrapped(inner, depth - 1)
                if not isinstance(found, _Absent):
                    return found
        return _ABSENT

    def _inner(self, value: Any, depth: int) -> Any:
        """``value``, without the envelope it may itself be."""
        found = self._unwrapped(value, depth - 1)
        return value if isinstance(found, _Absent) else found

    def _decoded(self, text: str, depth: int) -> Any:
        """The data in ``text``; the text when it holds none."""
        if depth <= 1 or not ("{" in text or "[" in text):
            return text if text.strip() else []
        try:
            loaded = load(text, self._wanted)
        except PayloadError:
            return text
        self.truncated = self.truncated or loaded.truncated
        self.open_ids |= loaded.open_ids
        values = [value for value in loaded.values if isinstance(value, (dict, list))]
        if not values:
            return text
        return self._inner(values[0] if len(values) == 1 else values, depth)


def _is_part(value: Any) -> bool:
    """True for an object that can only be a piece of a message: a text, a call, a thought, a message itself."""
    if not isinstance(value, Mapping) or len(value) > 20:
        return False
    keys = {canonical_key(key): key for key in value}
    kind = canonical_key(value[keys["type"]]) if isinstance(value.get(keys.get("type")), str) else ""
    if kind in _TEXT_TYPES:
        return "text" in keys
    if kind in _SILENT_TYPES or (kind in _CALL_TYPES and not _CALL_HOLDERS.isdisjoint({*keys, kind})):
        return True
    if "role" in keys and ("content" in keys or "parts" in keys or "toolcalls" in keys):
        return value[keys["role"]] in _WHOEVER
    if len(keys) == 1 and "text" in keys:
        return isinstance(value[keys["text"]], str)
    return _is_call(value, keys) or (len(keys) <= 4 and not _CALL_HOLDERS.isdisjoint(keys)) or "functioncall" in keys


def _merged(found: list[Any]) -> list[Any]:
    """The inputs of several calls, as one list."""
    return [inner for value in found for inner in (value if isinstance(value, list) else [value])]


def _is_bare_text(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and "text" in value


def _is_output(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    return canonical_key(item.get("type", "")) in _CALL_TYPES | _SILENT_TYPES | {"message"} or _is_part(item)


def _is_call(value: Mapping[Any, Any], keys: dict[str, Any]) -> bool:
    """True for {"name": "submit", "arguments": {…}} in any spelling; a record has no arguments."""
    inputs = [name for name in _CALL_INPUTS if name in keys]
    if not inputs:
        return False
    names = _CALL_NAMES & keys.keys()
    if not any(isinstance(value[keys[name]], str) for name in names):
        return False
    return keys.keys() <= names | {*inputs} | _CALL_EXTRAS

"""Turns whatever an agent returned into Python values.

Clean JSON costs one call of a compiled parser. Everything else (fences, prose, thoughts, broken or truncated JSON)
takes a slower path that is bounded: texts have a size cap, nesting a depth cap, and no character is read more than a
fixed number of times. Prose is never mistaken for data: "See [1]" holds no value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from json_repair import repair_json
from pydantic_core import from_json

from prospecting.parsing.messy_json.python_calls import with_plain_objects, without_calls
from prospecting.parsing.messy_json.reader import MAX_DEPTH, Effort, Malformed, read_value
from prospecting.parsing.messy_json.spelling import in_json_signs
from prospecting.parsing.messy_json.strings import holds_member

MAX_TEXT = 32_000_000
"""Characters; longer texts are refused unread."""
MAX_MESSY_TEXT = 1_500_000
"""Characters; what is not clean JSON is only searched up to this length."""

_MAX_ENCODINGS = 3  # JSON inside a JSON string inside a JSON string
_MAX_VALUES = 50_000  # candidates looked at in one text
_MAX_FAILURES = 2_000
_COST_OF_A_FAILURE = 40  # in tokens
_REREAD_ALLOWANCE = 200_000  # characters that may be read again after a false start
_MAX_REPAIR = 16_000  # characters; the repairer is quadratic on some texts
_MAX_REPAIRS = 4
_REPAIR_DEPTH = 40

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_OPENING = re.compile(r"[{\[]")
_QUOTE_OR_BRACE = re.compile(r"[{\"'“”‘’`]")
_BRACKET = re.compile(r"[{}\[\]]")
_FENCE = re.compile(r"^[ \t]*+(```|~~~)[^\n]*+", re.MULTILINE)
_JSON_LIKE = re.compile(r"""[{\[]\s*+(?:[{\["'“]|\w+["']?\s*:)""")
_ESCAPED_JSON = re.compile(r'[{\[](?:\s|\\n|\\t|\\r)*+(?:[{\[](?:\s|\\n|\\t|\\r)*+)?\\"')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_THOUGHT_NAMES = "think|thinking|thought|thoughts|reasoning|scratchpad|reflection"
_THOUGHT_OPEN = re.compile(rf"\s*<(?:{_THOUGHT_NAMES})>", re.IGNORECASE)
_THOUGHT_CLOSE = re.compile(rf"</(?:{_THOUGHT_NAMES})>", re.IGNORECASE)
_BETWEEN_VALUES = re.compile(r"[\s,;]*")
_NOT_KEY = re.compile(r"[\W_]+")


class PayloadError(ValueError):
    """There is no JSON value in the input. ``reason`` is ``empty``, ``no_data``, ``too_large`` or ``unsupported``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Payload:
    """The values found.

    ``values`` holds every value of equal rank in the order of the text (one, usually). ``truncated`` says that
    the text stopped inside the last of them; ``is_open`` tells which containers were still open then. ``sequence``
    says that the text is these values one after the other, with nothing else between.
    """

    values: tuple[Any, ...]
    truncated: bool = False
    open_ids: frozenset[int] = frozenset()
    sequence: bool = False

    @property
    def value(self) -> Any:
        """The best value: the one with the most in it."""
        return max(self.values, key=_extent)

    def is_open(self, container: Any) -> bool:
        """True when the text ended before this very object or list was complete."""
        return bool(self.open_ids) and id(container) in self.open_ids


@dataclass(frozen=True, slots=True)
class _Found:
    value: Any
    start: int
    end: int
    still_open: tuple[Any, ...] = ()
    rank: int = 0


def extract_json(text: Any, prefer: Collection[str] = ()) -> Any:
    """The best JSON value in messy text; raises ``PayloadError`` when there is none.

    ``prefer`` names keys that mark the wanted value (in any spelling: ``start_date`` also finds ``startDate``).
    Without a match the longest value wins. A text that consists of several values gives a list of them. In a
    truncated text, list elements that were not complete are left out.
    """
    loaded = load(text, prefer)
    if loaded.truncated:
        _drop_open(loaded)
    if loaded.sequence:
        return list(loaded.values)
    return loaded.value


def load(raw: Any, prefer: Collection[str] = ()) -> Payload:
    """Values from ``raw``: text or bytes are searched for JSON, objects and lists are taken as they are.

    Raises ``PayloadError`` for nothing, for text without JSON and for other types.
    """
    if isinstance(raw, (dict, list)):
        return Payload((raw,))
    if isinstance(raw, (tuple, set, frozenset)):
        return Payload((list(raw),))
    if raw is None:
        raise PayloadError("empty", "nothing was returned")
    if not isinstance(raw, (str, bytes, bytearray, memoryview)):
        raise PayloadError("unsupported", f"neither text nor an object: {type(raw).__name__}")
    return _load_text(as_text(raw), frozenset(map(canonical_key, prefer)), _MAX_ENCODINGS)


def as_text(raw: str | bytes | bytearray | memoryview) -> str:
    """Decoded text without byte-order mark; NUL and lone surrogates become U+FFFD (no database stores them)."""
    if len(raw) > MAX_TEXT:
        raise PayloadError("too_large", f"longer than {MAX_TEXT:,} characters")
    text = raw if isinstance(raw, str) else _decode(bytes(raw))
    text = text.removeprefix("\ufeff")
    if (text.isascii() and "\x00" not in text) or not _UNSTORABLE.search(text):
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def without_thoughts(text: str) -> str:
    """The answer behind a ``<think>…</think>`` passage; the text itself when there is none."""
    end = 0
    for match in _THOUGHT_CLOSE.finditer(text):
        end = match.end()
    answer = text[end:]
    return answer if answer.strip() else text


@lru_cache(maxsize=4_096)
def _canonical_key(key: str) -> str:
    return _NOT_KEY.sub("", key).casefold()


def canonical_key(key: object) -> str:
    """One spelling for ``startDate``, ``start_date``, ``Start Date`` and ``START-DATE``: ``startdate``."""
    text = key if isinstance(key, str) else str(key)[:80]
    return _canonical_key(text) if len(text) <= 80 else text[:80].casefold()


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    head = data[:200]
    if len(head) >= 4 and not head[0::2].strip(b"\x00"):
        return data.decode("utf-16-be", "replace")
    if len(head) >= 4 and not head[1::2].strip(b"\x00"):
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", "replace")
    broken = text.count("\ufffd")
    accented = sum(1 for character in text[:100_000] if character > "\x7f") - broken
    # One cut character among many good ones is damaged UTF-8; otherwise it is a single-byte encoding.
    if accented >= broken or (broken == 1 and text.endswith("\ufffd")):
        return text
    return data.decode("cp1252", "replace")


def _load_text(text: str, wanted: frozenset[str], encodings: int) -> Payload:
    stripped = text.strip()
    if not stripped:
        raise PayloadError("empty", "the text is empty")
    try:
        value = from_json(stripped, allow_inf_nan=False)
    except ValueError:
        return _load_messy(stripped, wanted, encodings)
    if isinstance(value, str):
        return _load_encoded(value, wanted, encodings)
    if "\\u0000" in stripped:
        value = scrub(value)
    return Payload((value,))


def _load_encoded(value: str, wanted: frozenset[str], encodings: int) -> Payload:
    """A JSON string: the JSON inside it when there is some, else the string."""
    if encodings and _OPENING.search(value):
        try:
            return _load_text(as_text(value), wanted, encodings - 1)
        except PayloadError:
            pass
    return Payload((as_text(value),))


def _load_messy(text: str, wanted: frozenset[str], encodings: int) -> Payload:
    answer = _in_json(without_calls(without_thoughts(text)))
    for piece in _likely_pieces(answer):
        try:
            value = from_json(piece, allow_inf_nan=False)
        except ValueError:
            continue
        if _is_data(value):
            return Payload((scrub(value),))
    if len(text) > MAX_MESSY_TEXT:
        raise PayloadError("too_large", f"no clean JSON, and longer than {MAX_MESSY_TEXT:,} characters")
    escaped = encodings and _is_escaped(answer)
    if escaped:
        answer = _without_escapes(answer)
    found = _find_values(answer, wanted)
    if not found and _THOUGHT_CLOSE.search(text):
        answer = _in_json(without_calls(text))
        found = _find_values(answer, wanted)
    lacking = not any(item.rank for item in found) if wanted else not found
    if encodings and lacking and not escaped and _ESCAPED_JSON.search(answer):
        found = _find_values(_without_escapes(answer), wanted) or found
    if not found:
        raise PayloadError("no_data", "the text holds no JSON")
    best = max(item.rank for item in found)
    chosen = [item for item in found if item.rank == best]
    if _THOUGHT_OPEN.match(answer):  # thoughts that were never closed: only the last word counts
        chosen = chosen[-1:]
    still_open = chosen[-1].still_open
    values = tuple(item.value for item in chosen)
    if "\\u" in answer:
        values = tuple(map(scrub, values))
    sequence = len(chosen) > 1 and _is_sequence(answer, chosen)
    return Payload(values, bool(still_open), frozenset(map(id, still_open)), sequence)


def _in_json(text: str) -> str:
    return in_json_signs(with_plain_objects(text))


def _is_escaped(text: str) -> bool:
    """True when most quotes of a text are escaped, so that it is JSON written for a string."""
    return text.count('\\"') * 10 >= text.count('"') * 9 and _ESCAPED_JSON.search(text) is not None


def _without_escapes(text: str) -> str:
    return _ESCAPE.sub(lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), text)


def _likely_pieces(text: str) -> Iterator[str]:
    """Where clean JSON usually sits: the only fenced block, or between the first and the last bracket."""
    fences = [match for match, _ in zip(_FENCE.finditer(text), range(3), strict=False)]
    if len(fences) == 2:
        yield text[fences[0].end() : fences[1].start()].strip()
    elif len(fences) > 2:
        return
    opening = _OPENING.search(text)
    if opening:
        end = text.rfind("}" if opening[0] == "{" else "]") + 1
        if end > opening.start():
            yield text[opening.start() : end]


def _find_values(text: str, wanted: frozenset[str]) -> list[_Found]:
    """Every object and array of ``text`` that can be read, outermost first, in order."""
    found: list[_Found] = []
    empty: list[_Found] = []
    position, failures, reread, repairs = 0, 0, _REREAD_ALLOWANCE, _MAX_REPAIRS
    effort = Effort.for_text(text)
    for _ in range(_MAX_VALUES):
        if failures >= _MAX_FAILURES or effort.tokens < 0:
            break
        opening = _OPENING.search(text, position)
        if not opening:
            break
        start = opening.start()
        candidate, stopped = _read_at(text, start, wanted, effort)
        if candidate is None and repairs and stopped - start < _MAX_REPAIR and _JSON_LIKE.match(text, start):
            repairs -= 1
            candidate = _repair_at(text, start, wanted)
        if candidate and candidate.still_open and not _is_data(candidate.value):
            empty = empty or [candidate]  # an opening bracket and nothing behind it: better values may follow
            candidate = None
        if candidate is None:
            failures += 1
            effort.tokens -= _COST_OF_A_FAILURE
            reread -= stopped - start
            position = start + 1 if reread > 0 else max(stopped, start + 1)
            continue
        position = candidate.end
        if _is_data(candidate.value):
            found.append(candidate)
        elif not candidate.value:
            empty = empty or [candidate]
    return found or empty


def _read_at(text: str, start: int, wanted: frozenset[str], effort: Effort) -> tuple[_Found | None, int]:
    """The value at ``start``, or ``None``; and how far the reader looked."""
    try:
        value, end, still_open = read_value(text, start, effort)
    except Malformed as error:
        # Deep nesting is hostile: go on behind it instead of diving in again one bracket further.
        if error.reason == "nested too deeply":
            return None, start + _REREAD_ALLOWANCE
        return None, error.position
    if still_open and not _is_data(value) and not (start == 0 or _JSON_LIKE.match(text, start)):
        return None, end
    return _Found(value, start, end, still_open, _rank(value, wanted)), end


def _repair_at(text: str, start: int, wanted: frozenset[str]) -> _Found | None:
    """A second opinion on a small broken region: repaired, shape checked, its open end marked when it has no end."""
    end, deepest = _balanced_end(text, start)
    region = text[start : end or start + _MAX_REPAIR + 1]
    if deepest > _REPAIR_DEPTH or len(region) > _MAX_REPAIR or ":" not in region:
        return None
    if not _QUOTE_OR_BRACE.search(region):
        return None  # "[Note: the page was cut off]"
    try:
        value = repair_json(region, return_objects=True, skip_json_loads=True)
    except Exception:  # it also fails with AssertionError and others on some texts: it cannot read them
        return None
    if type(value) is not (dict if text[start] == "{" else list) or not _is_data(value):
        return None
    if any(holds_member(inner) for inner in _strings(value)):
        return None
    return _Found(value, start, start + len(region), () if end else _last_path(value), _rank(value, wanted))


def _strings(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending.extend(item)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _balanced_end(text: str, start: int) -> tuple[int | None, int]:
    """Where the bracket at ``start`` is closed, counting brackets only, and the deepest nesting up to there."""
    depth = deepest = 0
    for match in _BRACKET.finditer(text, start, start + _MAX_REPAIR + 1):
        depth += 1 if match[0] in "{[" else -1
        deepest = max(deepest, depth)
        if depth <= 0:
            return match.end(), deepest
        if deepest > _REPAIR_DEPTH:
            break
    return None, deepest


def _last_path(value: Any) -> tuple[Any, ...]:
    """The containers along the last child: those a missing end may have cut. A scalar at the end of a list goes."""
    path: list[Any] = []
    while isinstance(value, (dict, list)) and len(path) < MAX_DEPTH:
        path.append(value)
        if isinstance(value, list) and value and not isinstance(value[-1], (dict, list)):
            value.pop()
            break
        value = (value[-1] if isinstance(value, list) else next(reversed(value.values()))) if value else None
    return tuple(path)


def _is_data(value: Any, depth: int = 3) -> bool:
    """True when a value found in prose is data: an object, or a list with text or objects; "[1]" is a citation."""
    if isinstance(value, dict):
        return bool(value)
    if isinstance(value, list) and depth:
        return any(isinstance(item, (str, dict)) or _is_data(item, depth - 1) for item in value[:100])
    return False


def _rank(value: Any, wanted: frozenset[str], depth: int = 2) -> int:
    """How well a value answers the question: 2 or 1 when it carries wanted keys (1: nested), else 0."""
    if not wanted or not depth:
        return 0
    if isinstance(value, dict):
        if any(canonical_key(key) in wanted for key in value):
            return depth
        children: Iterable[Any] = list(value.values())[:50]
    elif isinstance(value, list):
        children = [item for item in value[:20] if isinstance(item, (dict, list))]
        return max((_rank(item, wanted, depth) for item in children if isinstance(item, dict)), default=0)
    else:
        return 0
    return max((_rank(child, wanted, depth - 1) for child in children), default=0)


def _extent(value: Any) -> int:
    """How much a value holds, counted to a bounded depth and number of members."""
    total, pending = 0, [value]
    while pending and total < 10_000:
        item = pending.pop()
        total += 1
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item[:10_000])
        elif isinstance(item, str):
            total += len(item) // 20
    return total


def _is_sequence(text: str, found: list[_Found]) -> bool:
    """True when the text consists of these values one after the other (JSON lines)."""
    position = 0
    for item in found:
        if not _BETWEEN_VALUES.fullmatch(text, position, item.start):
            return False
        position = item.end
    return _BETWEEN_VALUES.fullmatch(text, position) is not None


def _drop_open(loaded: Payload) -> None:
    """Remove the list elements that the end of the text cut; enclosing objects stay."""
    pending = list(loaded.values)
    for _ in range(MAX_DEPTH * 2):
        if not pending:
            return
        item = pending.pop()
        children = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        last = children[-1] if children else None
        if not isinstance(last, (dict, list)) or not loaded.is_open(last):
            continue
        if isinstance(item, list):
            item.pop()
        else:
            pending.append(last)


def scrub(value: Any) -> Any:
    """The same value with NUL and lone surrogates in its strings replaced, in place."""
    if isinstance(value, str):
        return as_text(value)
    pending = [value]
    while pending:
        container = pending.pop()
        if isinstance(container, dict):
            for key in [key for key in container if isinstance(key, str) and _UNSTORABLE.search(key)]:
                container[as_text(key)] = container.pop(key)
            entries: Iterable[tuple[Any, Any]] = list(container.items())
        elif isinstance(container, list):
            entries = list(enumerate(container))
        else:
            continue
        for key, child in entries:
            if isinstance(child, str):
                if _UNSTORABLE.search(child):
                    container[key] = as_text(child)
            elif isinstance(child, (dict, list)):
                pending.append(child)
    return value

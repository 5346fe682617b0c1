"""Finding JSON in what agents answer: clean, wrapped, broken, truncated, hostile."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prospecting.parsing import payload
from prospecting.parsing.payload import PayloadError, extract_json, load

EVENTS = {"events": [{"name": "A", "date": "2025-03-15"}, {"name": "B", "date": None}]}
CLEAN = json.dumps(EVENTS)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CLEAN, id="clean"),
        pytest.param("\ufeff" + CLEAN, id="byte-order mark"),
        pytest.param(f"  \r\n{CLEAN}\n\n", id="blanks around"),
        pytest.param(f"```json\n{CLEAN}\n```", id="fence"),
        pytest.param(f"~~~json5\n{CLEAN}\n~~~", id="tilde fence"),
        pytest.param(f"```\n{CLEAN}", id="unclosed fence"),
        pytest.param(f"Sure! Here it is:\n{CLEAN}\nHope this helps.", id="prose around"),
        pytest.param(f"In {{braces}} and [1]: {CLEAN} and {{done}}.", id="braces before and after"),
        pytest.param(f'<think>maybe {{"events": [{{"name": "Draft"}}]}}</think>{CLEAN}', id="thoughts with a draft"),
        pytest.param(f'<think>{{"events": [{{"name": "Draft"}}]}} no, better {{so}}: {CLEAN}', id="unclosed thoughts"),
        pytest.param(f"some thoughts</think>\n{CLEAN}", id="thoughts without their beginning"),
        pytest.param(json.dumps(CLEAN), id="JSON in a JSON string"),
        pytest.param(json.dumps(json.dumps(CLEAN)), id="twice encoded"),
        pytest.param(CLEAN.replace('"', '\\"'), id="escaped quotes without the string"),
        pytest.param(str(EVENTS), id="Python literal"),
        pytest.param(CLEAN.replace("}", ",}").replace("]", ",]"), id="trailing commas"),
        pytest.param("{events: [{name: 'A', date: '2025-03-15'}, {name: 'B', date: null}]}", id="unquoted keys"),
        pytest.param(CLEAN.replace('"A"', "“A”").replace('"name"', "“name”"), id="curly quotes"),
        pytest.param(CLEAN.replace('"B",', '"B", // really\n').replace("[", "[ # list\n /* of */"), id="comments"),
        pytest.param(CLEAN.replace("null", "NaN"), id="NaN"),
        pytest.param(CLEAN.replace("null", "-Infinity"), id="infinity"),
        pytest.param(CLEAN.replace("}, {", "} {"), id="missing comma"),
        pytest.param(CLEAN.replace("}]}", "}, ...]}"), id="ellipsis"),
    ],
)
def test_finds_the_value(text: str) -> None:
    assert extract_json(text, prefer=["events"]) == EVENTS


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: text.encode(), id="utf-8"),
        pytest.param(lambda text: text.encode("utf-8-sig"), id="utf-8 with mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16 with mark"),
        pytest.param(lambda text: text.encode("utf-16-le"), id="utf-16-le"),
        pytest.param(lambda text: text.encode("utf-16-be"), id="utf-16-be"),
        pytest.param(lambda text: text.encode("latin-1"), id="latin-1"),
        pytest.param(lambda text: bytearray(text.encode()), id="bytearray"),
    ],
)
def test_decodes_bytes(encode) -> None:
    assert extract_json(encode('{"name": "Café München"}')) == {"name": "Café München"}


def test_damaged_utf8_costs_one_character() -> None:
    damaged = '{"name": "Café München Zürich'.encode() + b'\xff"}'
    assert extract_json(damaged) == {"name": "Café München Zürich\ufffd"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "x\x00y"}', {"a": "x\ufffdy"}),
        ('{"a": "x\\u0000y"}', {"a": "x\ufffdy"}),
        ('{"a": "x\ud800y"}', {"a": "x\ufffdy"}),
        ('{"a": "x\\ud800y"}', {"a": "x\ufffdy"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ("{'a': '\\ud83d\\ude00'}", {"a": "😀"}),
    ],
)
def test_replaces_what_no_database_stores(text: str, expected: object) -> None:
    assert extract_json(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": "he said "hi" to me", "b": 1}', {"a": 'he said "hi" to me', "b": 1}, id="inner quotes"),
        pytest.param('{"a": "say "hi""}', {"a": 'say "hi"'}, id="inner quote at the end"),
        pytest.param("{'a': 'O'Reilly'}", {"a": "O'Reilly"}, id="apostrophe"),
        pytest.param('{"a": "x\ny"}', {"a": "x\ny"}, id="raw line break"),
        pytest.param('{"n": 5,000+, "m": 5000+}', {"n": "5,000+", "m": "5000+"}, id="bare amounts"),
        pytest.param('{"a": , "b": 2}', {"a": None, "b": 2}, id="value left out"),
        pytest.param('{"a": [1, 2}', {"a": [1, 2]}, id="bracket left out"),
        pytest.param('{"a": tru', {}, id="cut literal"),
        pytest.param(r"{'a': 'Caf\xe9\xa0\U0001f600'}", {"a": "Café\xa0😀"}, id="Python escapes"),
        pytest.param('{"a" => "x", "b" = 1}', {"a": "x", "b": 1}, id="other colons"),
        pytest.param('{"a"："x"，"b"：1}', {"a": "x", "b": 1}, id="wide signs"),
        pytest.param("{`a`: `x`, `b`: 1}", {"a": "x", "b": 1}, id="backticks"),
        pytest.param("{&quot;a&quot;: &quot;x&quot;}", {"a": "x"}, id="entities"),
        pytest.param('{"a": "x" +\n "y"}', {"a": "xy"}, id="strings put together"),
        pytest.param("{'a': datetime.date(2027, 3, 5)}", {"a": "2027-03-05"}, id="Python date"),
        pytest.param("[A(x='y (z)', n=None), A(x='w')]", [{"x": "y (z)", "n": None}, {"x": "w"}], id="objects"),
        pytest.param("null", None, id="null"),
        pytest.param('"just text"', "just text", id="string"),
        pytest.param("Here you are: []", [], id="empty list in prose"),
    ],
)
def test_reads_odd_json(text: str, expected: object) -> None:
    assert extract_json(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "   ", "no data", "No sponsors found. See [1]", "see [1] and [2, 3]", "a {template} of {things}", "[x] done",
     "[Note: the page was cut off]",
     "[Acme](https://acme.com)", b"", None],
)  # fmt: skip
def test_prose_is_no_data(text: object) -> None:
    with pytest.raises(PayloadError):
        extract_json(text)


def test_errors_say_why() -> None:
    reasons = {}
    for name, raw in {"empty": None, "blank": " ", "prose": "hello", "other": 5.5, "huge": " " * 40_000_000}.items():
        with pytest.raises(PayloadError) as caught:
            load(raw)
        reasons[name] = caught.value.reason
    assert reasons == {
        "empty": "empty",
        "blank": "empty",
        "prose": "no_data",
        "other": "unsupported",
        "huge": "too_large",
    }


def test_wanted_keys_choose_the_value() -> None:
    text = 'config {"retries": 3, "timeout": 10, "verbose": true} result {"events": []} end'
    assert extract_json(text, prefer=["events"]) == {"events": []}
    assert extract_json(text) == {"retries": 3, "timeout": 10, "verbose": True}
    assert extract_json('x {"startDate": "2025"} y {"b": [1, 2, 3]}', prefer=["start_date"]) == {"startDate": "2025"}


def test_json_lines_are_a_list() -> None:
    assert extract_json('{"a": 1}\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]
    assert load('one {"a": 1} two {"a": 2}').values == ({"a": 1}, {"a": 2})


def test_truncated_text_keeps_complete_elements() -> None:
    loaded = load('{"events": [{"name": "A"}, {"name": "B", "spon')
    assert loaded.truncated
    assert loaded.is_open(loaded.value["events"][1])
    assert not loaded.is_open(loaded.value["events"][0])
    assert extract_json('{"events": [{"name": "A"}, {"name": "B", "spon') == {"events": [{"name": "A"}]}
    assert extract_json('["a", "b') == ["a"]
    assert extract_json('```json\n[{"a": 1}, {"a": 2\n```\nDone.') == [{"a": 1}]


def test_truncation_at_every_character_invents_nothing() -> None:
    items = [{"name": f"É {number}", "tags": ["x", "y"], "size": {"n": number}} for number in range(4)]
    text = json.dumps({"events": items}, ensure_ascii=False)
    ends = [
        text.index(json.dumps(item, ensure_ascii=False)) + len(json.dumps(item, ensure_ascii=False)) for item in items
    ]
    for cut in range(1, len(text)):
        value = extract_json(text[:cut])
        assert value.get("events", []) == items[: sum(end <= cut for end in ends)], text[:cut]


@given(JSON_VALUES)
def test_clean_json_is_read_as_it_is(value: object) -> None:
    text = json.dumps(value)
    if isinstance(value, str) or "\\u0000" in text:
        return
    assert extract_json(text) == json.loads(text)


@given(
    st.text() | st.binary(),
    st.lists(st.sampled_from("{}[]\",:\\'`<think>/*#“ \n") | st.text(max_size=3), max_size=60).map("".join),
)
@settings(max_examples=300)
def test_any_text_gives_a_value_or_a_payload_error(raw: str | bytes, brackets: str) -> None:
    for text in (raw, brackets):
        with contextlib.suppress(PayloadError):
            extract_json(text, prefer=["events"])


@given(
    st.dictionaries(
        st.sampled_from(["name", "date", "tags"]), st.text(max_size=8) | st.integers() | st.none(), min_size=1
    ),
    st.data(),
)
def test_mutated_json_never_breaks(item: dict[str, object], data: st.DataObject) -> None:
    text = json.dumps({"events": [item, item]})
    at = data.draw(st.integers(0, len(text) - 1))
    damage = data.draw(st.sampled_from(["", '"', "{", "}", "[", "]", ",", ":", "\\", "'", "\n", "//"]))
    with contextlib.suppress(PayloadError):
        extract_json(text[:at] + damage + text[at + 1 :])


LENGTH = payload.MAX_MESSY_TEXT - 10
HOSTILE = {
    "braces": "{",
    "brackets": "[",
    "quotes": '"',
    "nested keys": '{"a":',
    "unclosed lists": '["a,',
    "missing braces": '{"a":"b"',
    "comments": "[/*",
    "citations": "[1] ",
    "unquoted": "{a: ",
    "backslashes": '["\\',
    "fences": '```json\n{"a":\n',
    "thoughts": "<think>",
    "escapes": '{\\"a\\": ',
    "repairs": '{"events":[{"name" "x"; ',
    "small lists": "[[[[[[[[1]",
    "objects": '{"a":1}\n',
    "balanced": "[" * 127 + "]" * 127,
    "misfits": '{"a":[}',
    "lost quotes": '[{"a":"b},{"a":"c"},',
    "remarks": '{"k":"a" - x',
    "curly quotes": '["“”',
    "doubled quotes": '[""a',
    "calls": '```python\nf(x=[{"a":',
    "strings in a row": '["a" "b" ',
    "damaged objects": '{"a":"x","b":["y"},',
    "blanks": '{"a":"b"' + " " * 200,
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_ends(unit: str) -> None:
    """No recursion or memory error at the longest text that is read; anything quadratic would not come back."""
    text = (unit * (LENGTH // len(unit)))[:LENGTH]
    refusal, values = None, ()
    try:
        values = load(text, prefer=["events"]).values
    except PayloadError as error:
        refusal = error.reason
    assert values or refusal in {"no_data", "too_large", "unsupported"}


def test_many_links_are_no_data() -> None:
    with pytest.raises(PayloadError, match="no JSON"):
        load("See [Acme](https://acme.com) and [x] done. " * 5_000)


def test_size_limits() -> None:
    with pytest.raises(PayloadError, match="longer than"):
        load("{" * 10_000_000)
    clean = json.dumps([{"name": "A" * 90}] * 100_000)
    assert len(clean) > 10_000_000
    assert len(load(f"Here:\n```json\n{clean}\n```").value) == 100_000


@pytest.mark.parametrize(
    "text", ['{"n": ' + "9" * 5_000 + "}", '{"n": ' + "9" * 5_000 + ', "m": 1,}', "[" + "1" * 100_000 + ',"x"]']
)
def test_endless_numbers_are_no_error(text: str) -> None:
    assert load(text).values


def test_python_objects_pass_through() -> None:
    assert load(EVENTS).value is EVENTS
    assert load((1, 2)).value == [1, 2]

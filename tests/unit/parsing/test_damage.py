"""Damaged JSON: what is read is what the answer says, item by item, and fields never move between items."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from prospecting.parsing.payload import Payload, PayloadError, extract_json, load
from tests.unit.parsing.damage import KINDS, TEXTS_OF_A_KIND, Damaged, Score, damaged, score

WANTED = ("sponsors", "contacts", "events", "name")
TWO = [{"name": "Acme", "tier": "Gold"}, {"name": "Globex", "tier": "Silver"}]


def _load(text: str) -> Payload | None:
    try:
        return load(text, WANTED)
    except PayloadError:
        return None


def _scores(seed: int, texts: int = TEXTS_OF_A_KIND) -> Iterator[tuple[Damaged, Score]]:
    for case in damaged(seed, texts):
        yield case, score(case, _load(case.text))


def test_damage_costs_few_items_and_changes_hardly_any() -> None:
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    items = 0
    for case, result in _scores(2027):
        items += result.items
        wrong[case.kind] += result.wrong
        missed[case.kind] += result.missed
    assert items > 12_000
    assert wrong.total() <= 5, wrong
    assert missed.total() <= 25, missed


@pytest.mark.parametrize("seed", range(3))
def test_other_answers_fare_alike(seed: int) -> None:
    scores = [result for _, result in _scores(seed, 12)]
    items = sum(result.items for result in scores)
    assert sum(result.wrong for result in scores) <= items * 0.003
    assert sum(result.missed for result in scores) <= items * 0.006


def test_every_kind_of_damage_damages() -> None:
    clean = Counter(case.kind for case in damaged(1, 20) if _is_clean(case))
    assert all(clean[kind.__name__] <= 10 for kind in KINDS), clean


def _is_clean(case: Damaged) -> bool:
    try:
        return score(case, Payload((json.loads(case.text),))) == Score(len(case.truth), 0, 0)
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '{"sponsors":[{"name":"Acme","tier":"Gold"},{"name":"Globex","tier":"Silver"]}',
            {"sponsors": TWO},
            id="closer of an item left out",
        ),
        pytest.param('[{"name":"Acme","tier":"Gold"},"name":"Globex","tier":"Silver"}]', TWO, id="item not opened"),
        pytest.param('[{"name":"Acme"","tier":"Gold"},{"name":"Globex","tier":"Silver""}]', TWO, id="quotes too many"),
        pytest.param('[{"name":"Acme","tier":"Gold},{"name":"Globex","tier":"Silver"}]', TWO, id="closing quote lost"),
        pytest.param(
            '[{"name":"Acme","tier":"Gold"},{"name":"Globex","tier":"Silver}]', TWO, id="last closing quote lost"
        ),
        pytest.param(
            '[{"name":"Acme, "tier":"Gold"},{"name":"Globex","tier":"Silver"}]', TWO, id="quote lost before a key"
        ),
        pytest.param(
            '[{"name": "Jane Doe”, "title": "CTO”}, {"name": "Ann Lee", "title": "CFO"}]',
            [{"name": "Jane Doe", "title": "CTO"}, {"name": "Ann Lee", "title": "CFO"}],
            id="curly closing quotes",
        ),
        pytest.param(
            '[{""name"":""Acme""},{""name"":""Globex""}]', [{"name": "Acme"}, {"name": "Globex"}], id="doubled quotes"
        ),
        pytest.param(
            '[{"name":"Acme","tier":"Gold" (confirmed)},{"name":"Globex" [1],"tier":"Silver" - unverified}]',
            TWO,
            id="remarks behind values",
        ),
        pytest.param('[{"name":"Acme",tier":"Gold"},{name":"Globex","tier":"Silver"}]', TWO, id="keys unopened"),
        pytest.param('[{"name":"Acme","tier":Gold"},{"name":Globex","tier":"Silver"}]', TWO, id="values unopened"),
        pytest.param('[{"name":"Acme","tier":"Gold",{"name":"Globex","tier":"Silver"}]', TWO, id="item not closed"),
        pytest.param('[{"name":"Acme","tier":"Gold"}},{"name":"Globex","tier":"Silver"}]', TWO, id="closed twice"),
        pytest.param('[{"name":"Acme","tier":"Gold"},{"name":"Globex","tier":"Silver"]]', TWO, id="wrong closer"),
        pytest.param('[{"name" "Acme","tier":"Gold"},{"name":"Globex","tier" "Silver"}]', TWO, id="colons left out"),
        pytest.param(
            '{"sponsors":[{"name":"Acme","tags":["AI","cloud","tier":"Gold"},{"name":"Globex","tier":"Silver"}]}',
            {"sponsors": [{"name": "Acme", "tags": ["AI", "cloud"], "tier": "Gold"}, TWO[1]]},
            id="inner list not closed",
        ),
        pytest.param(
            '{"sponsors":[{"name":"Acme","tier":"Gold"},{"name":"Globex","tier":"Silver"], "total": 2}',
            {"sponsors": TWO, "total": 2},
            id="members of the wrapper behind a closer left out",
        ),
    ],
)
def test_damaged_but_complete(text: str, expected: object) -> None:
    loaded = load(text, WANTED)
    assert loaded.values == (expected,)
    assert not loaded.truncated


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ('[{"name":"Acme","tier":"Gold"},{"name":"Globex","tier":"Sil', TWO[:1]),
        ('[{"name":"Acme","tier":"Gold"},{"name":"Globex","ti', TWO[:1]),
        ('[{"name":"Acme","tier":"Gold"},{"name":"Globex",', TWO[:1]),
        ('[{"name":"Acme","tier":"Gold"},', TWO[:1]),
        ("[{'name':'Acme','tier':'Gold'},{'name':'Globex','tier':'Sil", TWO[:1]),
        ('[{"name":"Acme”,"tier":"Gold”},{"name":"Globex”,"tier":"Sil', TWO[:1]),
    ],
)
def test_a_text_that_stops_is_truncated(text: str, complete: list[object]) -> None:
    assert load(text).truncated
    assert extract_json(text) == complete


def test_items_are_complete_when_only_the_wrapper_is_open() -> None:
    loaded = load('{"sponsors":[{"name":"Acme","tier":"Gold"},{"name":"Globex","tier":"Silver"}]', WANTED)
    assert loaded.value == {"sponsors": TWO}
    assert not any(loaded.is_open(item) for item in loaded.value["sponsors"])


def test_values_that_would_hold_another_member_are_refused() -> None:
    text = '[{"name":"Acme" x "tier":"Gold"},{"name":"Globex","tier":"Silver"}]'
    assert '":"' not in "".join(str(value) for value in load(text, WANTED).values)


@pytest.mark.parametrize(
    "text",
    [
        '```python\nresult = record_contacts(contacts=[{"name": "Jane Doe"}])\n```',
        '```python\nclient.search("x", [{"name": "Jane Doe"}])\n```',
        '```py\nprint({"name": "Jane Doe"})\n```',
        '```python\nresult = record_contacts(contacts=[{"name": "Jane Doe"}, {"na',
        "```tool_code\nprint(search(queries=[{'name': 'Jane Doe'}]))\n```",
        'record_contacts(company="Acme", contacts=[{"name": "Jane Doe"}])',
        '```\nresult = await api.record(contacts=[{"name": "Jane Doe (CTO)"}])\n```',
    ],
)
def test_what_a_call_is_given_is_no_data(text: str) -> None:
    with pytest.raises(PayloadError):
        load(text, WANTED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('```python\nsponsors = [{"name": "Acme (UK)"}]\n```', [{"name": "Acme (UK)"}]),
        ("```python\n[{'name': 'Acme', 'tier': None}]  # from the (old) page\n```", [{"name": "Acme", "tier": None}]),
        ('callback({"name": "Acme"})', {"name": "Acme"}),
        ('Sponsors (as of today): [{"name": "Acme"}]', [{"name": "Acme"}]),
        ('```python\nrun(x=[{"name": "No"}])\n```\nThe result:\n```json\n[{"name": "Acme"}]\n```', [{"name": "Acme"}]),
    ],
)
def test_values_beside_calls_are_data(text: str, expected: object) -> None:
    assert load(text, WANTED).values == (expected,)


@pytest.mark.parametrize("text", ["``[{%'```json[:``` ", "[{%'```json[:```", '{"a":[[[[{:', "[{:'\":[", '{"a" [:"}'])
def test_what_no_reader_understands_is_no_error(text: str) -> None:
    assert _load(text) is None or _load(text).values

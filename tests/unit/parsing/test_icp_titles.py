"""Job titles of ideal buyers out of agents' answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.icp_titles import BUYER_ROLES, MAX_TITLE, IcpTitle, buyer_role, parse_icp_titles
from prospecting.parsing.records import Parsed

VP = {"title": "VP Sales", "buyerRole": "decision_maker", "reasoning": "Signs."}
OPS = {"title": "RevOps Manager", "buyerRole": "evaluator", "reasoning": "Compares."}
BOTH = [
    IcpTitle("VP Sales", "vp sales", "decision_maker", "Signs."),
    IcpTitle("RevOps Manager", "revops manager", "evaluator", "Compares."),
]
CONTENT = {
    "companyName": "Acme",
    "domain": "acme.com",
    "inferredProduct": "Workflow software",
    "buyerPersonaSummary": "Sales leaders champion.",
    "titles": [VP, OPS],
}
RESPONSE = {
    "run": {"run_id": "trun_1", "status": "completed"},
    "output": {
        "basis": [{"field": "titles", "reasoning": "r", "citations": [{"title": "A page", "url": "https://a.com"}]}],
        "type": "json",
        "content": CONTENT,
    },
}
KEYS = st.sampled_from(
    [
        "titles",
        "title",
        "buyerRole",
        "buyer_role",
        "reasoning",
        "name",
        "role",
        "persona",
        "content",
        "output",
        "data",
        "champions",
        "decision_makers",
        "influencers",
        "roles",
        "job_title",
    ]
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["VP Sales", "champion", "N/A", '{"titles": ["CFO"]}', "- CFO\n- CTO", "["]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), children, max_size=5),
    max_leaves=25,
)
TITLES = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.text(max_size=12) | st.sampled_from(["VP Sales", "vp  sales", "CFO"]),
            "buyerRole": st.none() | st.sampled_from([*BUYER_ROLES, "user"]),
            "reasoning": st.none() | st.text(max_size=12),
        }
    ),
    max_size=6,
)


def titles(raw: object) -> list[str]:
    return [item.title for item in parse_icp_titles(raw).items]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(CONTENT, id="content"),
        pytest.param(RESPONSE, id="whole response"),
        pytest.param([VP, OPS], id="list"),
        pytest.param({"output": {"content": [VP, OPS]}}, id="list as content"),
        pytest.param({"output": {"type": "text", "content": json.dumps(CONTENT)}}, id="JSON as content"),
        pytest.param({"icp": {"research": CONTENT}}, id="unknown wrappers"),
        pytest.param({"company": "Acme", "people_to_meet": [VP, OPS]}, id="unknown list"),
        *[
            pytest.param({key: [VP, OPS]}, id=key)
            for key in ("titles", "jobTitles", "icp_job_titles", "results", "data", "buyer personas")
        ],
        pytest.param(json.dumps(CONTENT), id="text"),
        pytest.param(json.dumps(RESPONSE).encode(), id="bytes"),
        pytest.param(
            f"Sure. Here are the titles:\n```json\n{json.dumps(CONTENT, indent=2)}\n```\nHappy selling!", id="prose"
        ),
        pytest.param(
            {
                "titles": {
                    "VP Sales": {"buyerRole": "decision maker", "reasoning": "Signs."},
                    "RevOps Manager": {"role": "evaluator", "why": "Compares."},
                }
            },
            id="by title",
        ),
        pytest.param(
            {
                "VP Sales": {"buyer_role": "decision_maker", "reasoning": "Signs."},
                "RevOps Manager": {"buyer_role": "evaluator", "reasoning": "Compares."},
            },
            id="by title, bare",
        ),
        pytest.param(
            {
                "decision_makers": [{"title": "VP Sales", "reasoning": "Signs."}],
                "evaluators": [{"title": "RevOps Manager", "reasoning": "Compares."}],
                "summary": "Two.",
            },
            id="by role",
        ),
        pytest.param(
            {"titles": {"Decision Makers": {"VP Sales": "Signs."}, "Evaluators": {"RevOps Manager": "Compares."}}},
            id="by role and title",
        ),
        pytest.param(
            {
                "titles": [
                    {"buyerRole": "economic buyer", "titles": [{"title": "VP Sales", "reasoning": "Signs."}]},
                    {"buyerRole": "Evaluator", "titles": [{"title": "RevOps Manager", "reasoning": "Compares."}]},
                ]
            },
            id="groups",
        ),
        pytest.param([VP, OPS, {"title": "vp  SALES"}], id="twice"),
        pytest.param({"titles": [VP, OPS], "data": [{"title": "Not read"}]}, id="named list before envelope"),
        pytest.param({"title": "Titles of Acme", "titles": [VP, OPS]}, id="titled list"),
        pytest.param({"title": "Titles of Acme", "content": CONTENT}, id="titled envelope"),
    ],
)
def test_wrappers(raw: object) -> None:
    assert parse_icp_titles(raw) == Parsed(BOTH)


@pytest.mark.parametrize(
    "item",
    [
        {"job_title": "VP Sales", "buyer_role": "decision_maker", "rationale": "Signs."},
        {"jobTitle": "VP Sales", "role": "Decision Maker", "reason": "Signs."},
        {"name": "VP Sales", "role": "decision-maker", "why": ["Signs."]},
        {"role": "VP Sales", "persona": "Decision makers", "justification": {"text": "Signs."}},
        {"Title": "**VP  Sales**", "Buyer Role": "Economic Buyer", "Reasoning": " Signs.\n"},
        {"title": "VP Sales (decision maker)", "reasoning": "Signs."},
        {"title": ["VP Sales"], "buyerRole": ["budget holder"], "reasoning": "Signs."},
        {"title": {"name": "VP Sales"}, "type": "approver", "explanation": "Signs."},
    ],
)
def test_key_and_value_variants(item: dict[str, object]) -> None:
    assert parse_icp_titles([item]) == parse_icp_titles({"titles": [item]}) == Parsed(BOTH[:1])


@pytest.mark.parametrize(
    "raw",
    [
        ["VP Sales", "CFO"],
        {"titles": ["1. VP Sales", "- **CFO**"]},
        {"titles": "- VP Sales\n- CFO\n"},
        {"titles": [["VP Sales"], ["CFO"]]},
        {"titles": {"Sales": ["VP Sales"], "Finance": ["CFO"]}},
        {"titles": {"VP Sales": None, "CFO": None}},
        '["VP Sales", "CFO"]',
        {"titles": '["VP Sales", "CFO"]'},
    ],
)
def test_plain_titles(raw: object) -> None:
    assert parse_icp_titles(raw) == Parsed([IcpTitle("VP Sales", "vp sales"), IcpTitle("CFO", "cfo")])


def test_titles_by_buyer_role() -> None:
    found = parse_icp_titles(
        {
            "champions": ["RevOps Lead"],
            "decision_makers": "CRO\nCFO",
            "influencers": ["Analyst"],
            "notes": ["Not a title"],
        }
    )
    assert [(item.title, item.buyer_role) for item in found.items] == [
        ("RevOps Lead", "champion"),
        ("CRO", "decision_maker"),
        ("CFO", "decision_maker"),
        ("Analyst", None),
    ]
    assert parse_icp_titles({"titles": {"CFO": "Budget owner", "CRO": "Feels the pain."}}).items == [
        IcpTitle("CFO", "cfo", "decision_maker"),
        IcpTitle("CRO", "cro", None, "Feels the pain."),
    ]


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ("champion", "champion"),
        ("Champions", "champion"),
        ("Internal Champion", "champion"),
        ("CHAMPION ", "champion"),
        ("evaluator", "evaluator"),
        ("Technical Evaluator", "evaluator"),
        ("technical buyer", "evaluator"),
        ("decision_maker", "decision_maker"),
        ("Decision-Maker", "decision_maker"),
        ("decisionMaker", "decision_maker"),
        ("Economic buyer", "decision_maker"),
        ("Budget Holder", "decision_maker"),
        ("final approver", "decision_maker"),
        ("Decision maker (economic buyer)", "decision_maker"),
        ("champion / evaluator", "champion"),
        ("User and Evaluator", "evaluator"),
        (["", "evaluator", "champion"], "evaluator"),
        ("decision maker, champion", "decision_maker"),
        ("influencer", None),
        ("end user", None),
        ("executive sponsor", None),
        ("gatekeeper", None),
        ("not a decision maker", None),
        ("", None),
        (None, None),
        (5, None),
        ({}, None),
        ([["champion"]], None),
        ("champion " * 50, None),
    ],
)
def test_buyer_roles(value: object, role: str | None) -> None:
    assert buyer_role(value) == role
    assert parse_icp_titles([{"title": "CFO", "buyerRole": value}]).items == [IcpTitle("CFO", "cfo", role)]


def test_repetitions_fill_gaps_and_change_nothing_else() -> None:
    raw = [
        {"title": "VP  Sales", "reasoning": "First."},
        {"title": "vp sales", "buyerRole": "champion", "reasoning": "Second."},
        {"title": "VP SALES", "buyerRole": "evaluator"},
        {"title": "Vice President of Sales"},
    ]
    assert parse_icp_titles(raw).items == [
        IcpTitle("VP Sales", "vp sales", "champion", "First."),
        IcpTitle("Vice President of Sales", "vice president of sales"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        " ",
        b"",
        [],
        {},
        "[]",
        "{}",
        {"titles": []},
        {"titles": None, "note": "none"},
        {"output": {"content": {"titles": []}}},
    ],
    ids=str,
)
def test_nothing_is_nothing(raw: object) -> None:
    assert parse_icp_titles(raw) == Parsed()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("I could not find any titles.", "no_data"),
        ({"companyName": "Acme", "domain": "acme.com"}, "no_data"),
        ({"name": "Acme", "description": "Anvils."}, "no_data"),
        ({"error": {"message": "rate limited"}}, "no_data"),
        ({"role": "assistant", "content": "Nothing found."}, "no_data"),
        ('"VP Sales"', "no_data"),
        (3, "unparseable"),
        ([3], "not_an_object"),
        ([None], "not_an_object"),
        ([{"reasoning": "x"}], "missing_title"),
        ([{"title": None, "buyerRole": "champion"}], "missing_title"),
        ([{"title": "N/A"}], "placeholder"),
        ([{"title": "Job title"}], "placeholder"),
        (["unknown"], "placeholder"),
        (["- "], "placeholder"),
        ([" "], "placeholder"),
        ([{"title": {}}], "placeholder"),
        (["?!/&"], "not_a_title"),
        (["2024"], "not_a_title"),
        ([{"title": 7}], "not_a_title"),
        (["x" * (MAX_TITLE + 1)], "too_long"),
        ([("x" * MAX_TITLE) + " y" * 400], "too_long"),
    ],
)
def test_rejections(raw: object, reason: str) -> None:
    parsed = parse_icp_titles(raw)
    assert parsed.items == []
    assert [item.reason for item in parsed.rejected] == [reason]


def test_the_longest_title_is_kept_whole() -> None:
    assert titles(["x" * MAX_TITLE]) == ["x" * MAX_TITLE]


def test_a_title_behind_many_list_markers_is_never_cut() -> None:
    assert [item.reason for item in parse_icp_titles(["- " * 300 + "x" * 290]).rejected] == ["too_long"]


def test_one_bad_item_costs_no_other() -> None:
    parsed = parse_icp_titles({"titles": [None, VP, {"title": ""}, 5, "N/A", OPS]})
    assert parsed.items == BOTH
    assert [item.reason for item in parsed.rejected] == [
        "not_an_object",
        "missing_title",
        "not_an_object",
        "placeholder",
    ]


def test_truncation_at_every_character_keeps_what_was_complete() -> None:
    text = json.dumps({"titles": [VP, OPS]})
    ends = [text.index(json.dumps(item)) + len(json.dumps(item)) for item in (VP, OPS)]
    for cut in range(1, len(text)):
        parsed = parse_icp_titles(text[:cut])
        assert parsed.items == BOTH[: sum(end <= cut for end in ends)], text[:cut]
        assert parsed.rejected


def test_odd_characters_are_made_storable() -> None:
    (found,) = parse_icp_titles([{"title": "VP\x00 Sa\u200bles\ud800", "reasoning": "a\x00b"}]).items
    assert "\x00" not in f"{found.title}{found.reasoning}"
    found.title.encode()
    assert found.title_normalized == found.title.lower()


def test_deep_and_wide_answers_end() -> None:
    deep: Any = ["VP Sales"]
    for _ in range(2_000):
        deep = {"data": deep, "output": {"result": [deep]}}
    assert parse_icp_titles(deep).items == []
    assert len(titles(["(" * 200 + f" VP {number}" + " -" * 500 for number in range(2_000)])) <= 2_000
    assert len(titles({"titles": [f"Title {'x' * (number % 50)} {number}" for number in range(20_000)]})) == 20_000


@given(ANYTHING)
def test_what_is_found_is_clean(raw: object) -> None:
    parsed = parse_icp_titles(raw)
    normalized = [item.title_normalized for item in parsed.items]
    assert len(set(normalized)) == len(normalized)
    for item in parsed.items:
        assert item.title == " ".join(item.title.split())
        assert item.title_normalized == item.title.lower()
        assert 0 < len(item.title) <= MAX_TITLE
        assert item.buyer_role in (*BUYER_ROLES, None)
        assert item.reasoning is None or item.reasoning.strip()
    assert all(rejected.reason and rejected.detail for rejected in parsed.rejected)


@given(st.text(max_size=300) | st.binary(max_size=100))
def test_never_raises_on_text(raw: str | bytes) -> None:
    parse_icp_titles(raw)


@given(TITLES)
def test_text_and_object_agree(items: list[dict[str, Any]]) -> None:
    text = json.dumps({"titles": items})
    assert parse_icp_titles(text).items == parse_icp_titles(json.loads(text)).items


@given(TITLES)
def test_reading_again_what_was_read_changes_nothing(items: list[dict[str, Any]]) -> None:
    found = parse_icp_titles(items).items
    again = [{"title": item.title, "buyer_role": item.buyer_role, "reasoning": item.reasoning} for item in found]
    assert parse_icp_titles(again) == Parsed(found)

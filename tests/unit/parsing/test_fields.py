"""Texts of fields without what is stuck to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.fields import clean_text, first_text

CATALOG = Path(__file__).parents[3] / "include" / "catalog"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Acme Cloud【4†source】", "Acme Cloud"),
        ("Gold [1]", "Gold"),
        ("Jane Doe【3†source】", "Jane Doe"),
        ("CTO [1]", "CTO"),
        ("Acme【4:0†source】", "Acme"),
        ("Acme 【1】", "Acme"),
        ("Acme [^2]", "Acme"),
        ("Acme [1][2], [3]", "Acme"),
        ("Acme [1, 2]", "Acme"),
        ("[1] Acme", "Acme"),
        ("Acme[†]", "Acme"),
        ("Acme (source)", "Acme"),
        ("Acme (Source: techcrunch.com)", "Acme"),
        ("Acme (sources: 1, 2)", "Acme"),
        ("Acme ([techcrunch.com](https://techcrunch.com/x))", "Acme"),
        ("Acme [[1]](https://x.com)", "Acme"),
        ("Acme [1](https://x.com) [2]", "Acme"),
        ("Acme [citation:3]", "Acme"),
        ("Acme [cite: 1, 2]", "Acme"),
        ("Acme [citation needed]", "Acme"),
        ("Acme [Source: https://acme.com/x]", "Acme"),
        ("Acme \ue200cite\ue202turn0search1\ue201", "Acme"),
        ("Acme citeturn0search3turn1news2", "Acme"),
        ("Acme :contentReference[oaicite:0]{index=0}", "Acme"),
        ("Acme <sup>1</sup>", "Acme"),
        ("https://acme.io [1]", "https://acme.io"),
        ("Runs X. [1] And Y [2].", "Runs X. And Y."),
    ],
)
def test_citations_are_no_text(value: str, text: str) -> None:
    assert clean_text(value) == first_text([value]) == first_text({"name": value}) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("**Acme**", "Acme"),
        ("***Acme***", "Acme"),
        ("*Acme*", "Acme"),
        ("__Acme__", "Acme"),
        ("`Acme`", "Acme"),
        ("<b>Acme</b>", "Acme"),
        ('<a href="https://acme.com">Acme</a>', "Acme"),
        ("Berlin<br/>Germany", "Berlin Germany"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("&nbsp;Acme&#8203;", "Acme"),
        ("**John Smith, MBA** – VP", "John Smith, MBA – VP"),
    ],
)
def test_markup_is_no_text(value: str, text: str) -> None:
    assert clean_text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        "[24]7.ai", "[x]cube LABS", "[solidcore]", "[Acme](https://acme.com)", "【公式】Acme", "【2026年】AI展",
        "E*TRADE", "M*A*S*H", "Yahoo!*", "j***@acme.com", "Jane <jane@acme.com>", "<https://acme.com>", "C++ & C#",
        "https://x.com/?a=1&copy=2", "Acme (Reference Labs)", "(Reference) Data Inc", "Johnson & Johnson",
        "Chief Executive Officer (CEO)", "<script>alert(1)</script>", "Node [Interactive]",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_stays(value: str) -> None:
    assert clean_text(value) == value


@pytest.mark.parametrize("value", ["[1]", "【3†source】", "**", "Unable to verify", "Not publicly available.", "`N/A`"])
def test_nothing_is_left(value: str) -> None:
    assert clean_text(value) is None


def test_names_of_the_catalog_stay() -> None:
    names = {
        value
        for file in CATALOG.glob("*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
        for key, value in json.loads(line).items()
        if key in ("name", "company", "company_name", "person", "title", "tier") and isinstance(value, str)
    }
    changed = {name for name in names if clean_text(name) != " ".join(name.split())}
    assert changed <= {"Deutsche Apotheker- und &Auml;rztebank"} | {name for name in names if not name.isascii()}


@given(st.text(alphabet=st.sampled_from("ab [](){}<>*_`&;#1【】†\ue200"), max_size=60))
def test_a_clean_text_is_one_line_without_blanks_around(value: str) -> None:
    text = clean_text(value)
    assert text is None or text == " ".join(text.split())

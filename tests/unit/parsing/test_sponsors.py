"""Sponsors out of agents' answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.records import Parsed, SponsorRecord
from prospecting.parsing.sponsor.lines import split_names
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.parsing.tiers import canonical_tier, is_tier, tier_rank

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Acme", "Gold", "- Acme"]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["sponsors", "name", "tier", "Gold", "tiers", "companies", "company", "website", "data", "exhibitors"]
            )
            | st.text(max_size=5),
            children,
            max_size=5,
        )
    ),
    max_leaves=25,
)


def pairs(parsed: Parsed[SponsorRecord]) -> list[tuple[str, str | None]]:
    return [(item.name, item.tier) for item in parsed.items]


def names(raw: object) -> list[str]:
    return [item.name for item in parse_sponsors(raw).items]


def reasons(raw: object) -> list[str]:
    return [item.reason for item in parse_sponsors(raw).rejected]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("- Acme", "Acme"), ("* Acme", "Acme"), ("• Acme", "Acme"), ("•Acme", "Acme"), ("– Acme", "Acme"),
        ("· Acme", "Acme"),
        ("  - Acme", "Acme"), ("\t* Acme", "Acme"), ("- Acme\r", "Acme"), ("-Acme", "Acme"), ("- [ ] Acme", "Acme"),
        ("1. Company A", "Company A"), ("10. Company B", "Company B"), ("1) Acme", "Acme"), ("(1) Acme", "Acme"),
        ("1)Acme", "Acme"),
        ("- 3M", "3M"), ("1. 7-Eleven", "7-Eleven"), ("- 1-800-Flowers", "1-800-Flowers"),
        ("4. 10x Genomics", "10x Genomics"),
        ("- Acme, Inc.", "Acme, Inc."), ("- Procter & Gamble", "Procter & Gamble"),
        ("- Johnson and Johnson", "Johnson and Johnson"),
        ("- Acme (formerly Foo)", "Acme"), ("- Alphabet (Google)", "Alphabet (Google)"), ("- **Acme**", "Acme"),
        ("- Acme [2]", "Acme"),
        ("- Silver Lake", "Silver Lake"), ("- Topaz", "Topaz"), ("- Global Partners", "Global Partners"),
        ("- c|side", "c|side"),
        ("- CARS - China Academy of Sciences", "CARS - China Academy of Sciences"),
        ("- Bain Partners", "Bain Partners"), ("- Yahoo!", "Yahoo!"), ("- Coca-Cola", "Coca-Cola"),
    ],
    ids=str,
)  # fmt: skip
def test_list_items(line: str, name: str) -> None:
    assert names(f"{line}\n- Zzz")[0] == name
    assert names([line])[:1] == [name]


@pytest.mark.parametrize(
    ("line", "name", "tier", "website"),
    [
        ("- Acme (Platinum)", "Acme", "platinum", None),
        ("- Acme - Gold sponsor", "Acme", "gold", None),
        ("- Acme — Gold", "Acme", "gold", None),
        ("- Acme: Gold", "Acme", "gold", None),
        ("- Acme [Gold]", "Acme", "gold", None),
        ("- Acme | Level 2", "Acme", "level 2", None),
        ("- Acme, Inc. (Media Partner)", "Acme, Inc.", "media partner", None),
        ("- **Acme** - Gold sponsor", "Acme", "gold", None),
        ("- **Acme** (Gold): makes anvils", "Acme", "gold", None),
        ("- **Acme**: makes anvils", "Acme", None, None),
        ("- Acme - makes anvils for coyotes", "Acme", None, None),
        ("- [Acme](https://acme.com)", "Acme", None, "https://acme.com"),
        ("- [**Acme**](https://acme.com) - Gold", "Acme", "gold", "https://acme.com"),
        ("- Acme (https://acme.com)", "Acme", None, "https://acme.com"),
        ("- Acme (acme.com) - Gold", "Acme", "gold", "https://acme.com"),
        ("- Acme - https://acme.com?utm_source=x", "Acme", None, "https://acme.com"),
        ("- Gold - Acme", "Acme", "gold", None),
    ],
)
def test_tiers_and_sites_in_a_line(line: str, name: str, tier: str | None, website: str | None) -> None:
    (record,) = parse_sponsors(line).items
    assert (record.name, record.tier, record.website) == (name, tier, website)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Gold Sponsors\n- Acme\n- Globex\n\nSilver:\n- Initech", id="plain headings"),
        pytest.param("## Gold\n- Acme\n- Globex\n## Silver Sponsors\n- Initech", id="markdown headings"),
        pytest.param("**Gold:**\n1. Acme\n2. Globex\n**Silver**\n3. Initech", id="bold headings"),
        pytest.param("- Gold\n  - Acme\n  - Globex\n- Silver\n  - Initech", id="nested bullets"),
        pytest.param("Gold sponsors: Acme, Globex\nSilver sponsors: Initech", id="one line each"),
        pytest.param("- **Gold:** Acme and Globex\n- **Silver:** Initech", id="bold labels"),
        pytest.param("Gold\nAcme\nGlobex\n\nSilver\nInitech", id="plain lines under headings"),
        pytest.param(
            "Here is the list:\n\nGold:\nAcme, Globex\n\nSilver:\nInitech\n", id="names in one line under headings"
        ),
        pytest.param(
            "| Company | Tier |\n|---|---|\n| Acme | Gold |\n| **Globex** | Gold |\n| Initech | Silver |", id="table"
        ),
        pytest.param("Company,Tier\nAcme,Gold\nGlobex,Gold\nInitech,Silver", id="comma-separated"),
        pytest.param("Acme,Gold\nGlobex,Gold\nInitech,Silver", id="comma-separated without header"),
        pytest.param({"Gold": ["Acme", "Globex"], "Silver": ["Initech"]}, id="object by tier"),
        pytest.param(
            {"sponsors": {"gold": ["Acme", {"name": "Globex"}], "silver": "Initech"}}, id="object by tier, wrapped"
        ),
        pytest.param({"gold_sponsors": ["Acme", "Globex"], "silverSponsors": ["Initech"]}, id="keys with tiers"),
        pytest.param(
            {"tiers": [{"name": "Gold", "sponsors": ["Acme", "Globex"]}, {"tier": "Silver", "companies": ["Initech"]}]},
            id="tiers",
        ),
        pytest.param({"Acme": "Gold", "Globex": "Gold", "Initech": "Silver"}, id="tiers by name"),
        pytest.param(["Gold: Acme, Globex", "Initech - Silver"], id="strings"),
        pytest.param(
            [
                {"companyName": "Acme", "level": "Gold Sponsor"},
                {"sponsor": "Globex", "sponsorship_level": "GOLD"},
                {"organization": "Initech", "type": "Silver"},
            ],
            id="objects",
        ),
        pytest.param(
            {
                "results": {
                    "sponsors": [
                        {"company": {"name": "Acme"}, "tier": "Gold"},
                        {"Company Name": "Globex", "Package": "gold"},
                        {"name": "Initech", "Tier": "Silver"},
                    ]
                }
            },
            id="nested objects",
        ),
    ],
)
def test_tiers(text: object) -> None:
    assert pairs(parse_sponsors(text)) == [("Acme", "gold"), ("Globex", "gold"), ("Initech", "silver")]
    if not isinstance(text, str):
        assert parse_sponsors(json.dumps(text)) == parse_sponsors(text)


@pytest.mark.parametrize(
    "raw",
    [["Acme", "Globex"], '["Acme", "Globex"]', "['Acme', 'Globex',]", {"sponsors": ["Acme", "Globex"]},
     {"companies": [{"name": "Acme"}, {"company": "Globex"}]},
     {"sponsors": "Acme, Globex"}, {"data": {"results": ["Acme", "Globex"]}}, "Acme, Globex", "Acme\nGlobex",
     "1.Acme\n2.Globex",
     "The sponsors include Acme and Globex.", "Sponsors:\n- Acme\n- Globex\n\nSources:\n- Wikipedia\n- https://x.org",
     "<think>- Foo\n- Bar</think>- Acme\n- Globex",
     {"events": [{"name": "RubyConf", "sponsors": ["Acme", "Globex"]}]}, 'Found: ["Acme", "Globex"] as of [1].',
     {"name": "RubyConf", "sponsors": ["Acme", "Globex"]},
     "Here are the sponsors:\n\n* Acme\n* Globex\n\nLet me know if you need more."],
    ids=str,
)  # fmt: skip
def test_plain_names(raw: object) -> None:
    assert pairs(parse_sponsors(raw)) == [("Acme", None), ("Globex", None)]


def test_plain_lines_are_never_cut() -> None:
    assert names("3M\n7-Eleven") == ["3M", "7-Eleven"]
    assert names(
        "We looked at several pages today and then\n3M\nwas mentioned once somewhere in the footer.\n- Acme"
    ) == ["Acme"]


def test_every_field() -> None:
    raw = {
        "name": "Acme",
        "tier": "Level 5",
        "website": "https://acme.com/?utm_source=x",
        "linkedin_url": "linkedin.com/company/acme/",
        "industry": "Anvils",
        "company_size": "11-50",
        "description": "Makes anvils",
    }
    (record,) = parse_sponsors([raw]).items
    assert record == SponsorRecord(
        "Acme",
        "level 5",
        "https://acme.com",
        "Level 5",
        "https://www.linkedin.com/company/acme",
        "Anvils",
        "11-50",
        "Makes anvils",
    )


def test_the_domain_names_a_nameless_sponsor() -> None:
    (record,) = parse_sponsors([{"website": "https://www.acme.com/about", "tier": "Gold"}]).items
    assert (record.name, record.tier) == ("acme.com", "gold")


def test_exhibitors_keep_their_kind() -> None:
    assert pairs(parse_sponsors({"sponsors": ["Acme"], "exhibitors": ["Globex"]})) == [
        ("Acme", None),
        ("Globex", "exhibitor"),
    ]


def test_duplicates_are_folded() -> None:
    raw = [
        {"name": "Acme", "tier": "Silver"},
        "Globex",
        {"name": "ACME, Inc.", "tier": "Gold Sponsors", "website": "acme.com"},
        {"name": "acme", "tier": "Bronze"},
    ]
    parsed = parse_sponsors(raw)
    assert parsed.items == [SponsorRecord("Acme", "gold", "https://acme.com", "Gold Sponsors"), SponsorRecord("Globex")]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "\n",
        [],
        {},
        {"sponsors": []},
        {"sponsors": None},
        {"reasoning": "nothing", "sponsors": None},
        "[]",
        '{"sponsors": []}',
    ],
    ids=str,
)
def test_nothing_is_nothing(raw: object) -> None:
    assert parse_sponsors(raw) == Parsed()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("No sponsors found", "no_data"),
        ("No sponsors were found for this event. See [1]", "no_data"),
        ("I could not find any sponsor information.", "no_data"),
        ("invalid", "unparseable"),
        ("Acme makes anvils and other heavy things for coyotes.", "unparseable"),
        ({"error": "rate limited"}, "no_data"),
        (7, "unparseable"),
        ([7], "not_an_object"),
        ([{"tier": "Gold"}], "missing_name"),
        (["N/A"], "placeholder"),
        (["Unknown Company"], "placeholder"),
        (["Sponsor"], "placeholder"),
        (["No sponsors listed"], "placeholder"),
        ([{"name": "TBD"}], "placeholder"),
        (["x" * 201], "name_too_long"),
    ],
)
def test_rejections(raw: object, reason: str) -> None:
    parsed = parse_sponsors(raw)
    assert not parsed.items
    assert [item.reason for item in parsed.rejected] == [reason]


def test_one_bad_item_costs_no_other() -> None:
    assert names([None, 5, "N/A", "Acme", {"x": 1}, ["Globex"], {"name": "Initech", "website": {"a": 1}}]) == [
        "Acme",
        "Globex",
        "Initech",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme, Globex, Initech", ["Acme", "Globex", "Initech"]),
        ("Acme, Globex, and Initech", ["Acme", "Globex", "Initech"]),
        ("Acme, Globex and Initech", ["Acme", "Globex", "Initech"]),
        ("Acme, Inc., Globex, LLC", ["Acme, Inc.", "Globex, LLC"]),
        ("Acme, Johnson and Johnson", ["Acme", "Johnson and Johnson"]),
        ("Acme (Berlin, Germany), Globex", ["Acme (Berlin, Germany)", "Globex"]),
        ("Acme; Foo, Bar & Co; Globex", ["Acme", "Foo, Bar & Co", "Globex"]),
        ("Acme and Globex", ["Acme and Globex"]),
        ("", []),
    ],
)
def test_split_names(text: str, expected: list[str]) -> None:
    assert split_names(text, loose_and=False) == expected


@pytest.mark.parametrize(
    ("label", "tier"),
    [
        ("Gold", "gold"), ("gold", "gold"), ("Gold Sponsors", "gold"), ("GOLD SPONSOR", "gold"),
        ("Level Gold", "gold"), ("Gold Tier", "gold"),
        ("Gold package", "gold"), ("gold_sponsors", "gold"), ("Level 5", "level 5"), ("Tier 1", "tier 1"),
        ("Diamond", "diamond"),
        ("Media Partner", "media partner"), ("Media Partners", "media partner"), ("Exhibitors", "exhibitor"),
        ("Sponsors", "sponsor"),
        ("Sponsored by", "sponsor"), ("Sponsors in 2025", "sponsor"),
        ("Wi-Fi & Rubyists on Rails Sponsor", "wi-fi & rubyists on rails"),
        ("Daytime Social (Saturday)", "daytime social (saturday)"), ("Capture the Flag Sponsor", "capture the flag"),
        ("WiFi", "wifi"),
        ("Kererū sponsors", "kererū"), ("Gold Online", "gold online"), ("N/A", None), ("", None), (None, None),
        ("x" * 81, None),
    ],
    ids=str,
)  # fmt: skip
def test_canonical_tier(label: str | None, tier: str | None) -> None:
    assert canonical_tier(label) == tier
    assert canonical_tier(tier) == tier


def test_the_label_stays_verbatim() -> None:
    (record,) = parse_sponsors([{"name": "Acme", "tier": "Ruby Committers' & Wi-Fi Sponsor"}]).items
    assert (record.tier, record.tier_label) == ("ruby committers' & wi-fi", "Ruby Committers' & Wi-Fi Sponsor")


def test_tier_rank_orders() -> None:
    order = [
        "title",
        "diamond",
        "platinum",
        "gold",
        "silver",
        "bronze",
        "level 1",
        "level 5",
        "lanyard",
        "media partner",
        "exhibitor",
        "sponsor",
        None,
    ]
    ranks = [tier_rank(tier) for tier in order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


@pytest.mark.parametrize(
    "text",
    [
        "Gold",
        "gold sponsors",
        "Level 2",
        "Media Partner",
        "Ume Sponsor",
        "Exhibitors",
        "Platinum & Diamond",
        "Gold Sponsors 2025",
    ],
)
def test_tiers_are_tiers(text: str) -> None:
    assert is_tier(text)


@pytest.mark.parametrize(
    "text",
    [
        "Acme",
        "Silver Lake",
        "Bain Partners",
        "Goldman Sachs",
        "Ruby Central",
        "No sponsors",
        "Here are the sponsors",
        "Acme - Gold sponsor",
        "",
        "Level Up",
    ],
)
def test_companies_are_no_tiers(text: str) -> None:
    assert not is_tier(text)


def test_truncation_at_every_byte_keeps_what_was_complete() -> None:
    items = [{"name": "Café Co", "tier": "Gold"}, "Globex", {"company": "Initech", "website": "initech.com"}]
    text = json.dumps({"tiers": [{"name": "Gold", "sponsors": items}]}, ensure_ascii=False).encode()
    ends = [text.index(part) + len(part) for part in (json.dumps(item, ensure_ascii=False).encode() for item in items)]
    whole = [item.name for item in parse_sponsors(text).items]
    assert whole == ["Café Co", "Globex", "Initech"]
    for cut in range(1, len(text)):
        parsed = parse_sponsors(text[:cut])
        assert [item.name for item in parsed.items] == whole[: sum(end <= cut for end in ends)], text[:cut]
        assert parsed.rejected or len(parsed.items) == len(whole)  # a closer left out is no truncation


@given(ANYTHING)
def test_never_raises_on_objects(raw: object) -> None:
    for record in parse_sponsors(raw).items:
        assert 0 < len(record.name) <= 200


@given(
    st.text(max_size=300)
    | st.binary(max_size=100)
    | st.lists(
        st.sampled_from(["- ", "Acme", "\n", "Gold", ":", " - ", "(", ")", "**", "|", ",", "1. ", "http://a.b"]),
        max_size=40,
    ).map("".join)
)
def test_never_raises_on_text(raw: str | bytes) -> None:
    parse_sponsors(raw)


@given(ANYTHING)
def test_text_and_object_agree(raw: object) -> None:
    text = json.dumps(raw, allow_nan=False) if json_safe(raw) else None
    if text is not None and isinstance(raw, (dict, list)) and "\\u0000" not in text:
        assert parse_sponsors(text).items == parse_sponsors(json.loads(text)).items


def json_safe(raw: object) -> bool:
    try:
        json.dumps(raw, allow_nan=False)
    except ValueError:
        return False
    return True


@given(
    st.lists(
        st.sampled_from(["Acme", "Globex, Inc.", "3M", "Procter & Gamble", "7-Eleven", "Café Co"]),
        min_size=1,
        unique=True,
    )
)
def test_reads_its_own_names_again(raw: list[str]) -> None:
    once = names(raw)
    assert once == raw
    assert names("\n".join(f"- {name}" for name in once)) == once
    assert names(once) == once


@pytest.mark.parametrize(
    "unit", ["- Acme (", "**", "| a ", "(", "Acme, ", "Gold: ", "- a - b ", "[a](", "no ", "sponsors are "]
)
def test_long_lines_end(unit: str) -> None:
    for text in (unit * 20_000, "- " + unit * 150, f"{unit}\n" * 5_000):
        parse_sponsors(text)


def test_a_single_line_with_a_tier_is_a_sponsor() -> None:
    assert [(s.name, s.tier) for s in parse_sponsors("Acme - Gold sponsor").items] == [("Acme", "gold")]
    assert [(s.name, s.tier) for s in parse_sponsors("Acme (Platinum)").items] == [("Acme", "platinum")]
    assert parse_sponsors("Acme is a company in Berlin").items == []


def test_plain_names_after_an_introduction() -> None:
    found = parse_sponsors("The sponsors are:\n\nAcme\nGlobex\nInitech").items
    assert [sponsor.name for sponsor in found] == ["Acme", "Globex", "Initech"]

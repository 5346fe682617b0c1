"""Sponsors in answers that are text for people: blocks, lists, tables, headings."""

from __future__ import annotations

import pytest

from prospecting.parsing.sponsor.lines import split_names
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.parsing.tiers import canonical_tier, is_tier
from tests.unit.parsing.bounded import bounded

GOLD_AND_SILVER = [("Acme", "gold"), ("Globex", "silver")]
TWO_GOLD = [("Acme", "gold"), ("Globex", "gold"), ("Initech", "silver")]
NO_TIERS = [("Acme", None), ("Globex", None)]


def pairs(raw: object) -> list[tuple[str, str | None]]:
    return [(item.name, item.tier) for item in parse_sponsors(raw).items]


@pytest.mark.parametrize(
    "text",
    [
        "1. **Acme**\n   - Tier: Platinum\n   - Website: https://acme.io\n"
        "2. **Globex**\n   - Tier: Gold\n   - Website: https://globex.com",
        "Here they are:\n\n1. **Acme**\n   - **Tier:** Platinum\n   - **Website:** https://acme.io\n\n"
        "2. **Globex**\n   - **Tier:** Gold\n   - **Website:** https://globex.com\n\nLet me know if you need more.",
        "1. **Acme**\n\n   - **Tier**: Platinum\n\n   - **Website**: https://acme.io\n\n"
        "2. **Globex**\n\n   - **Tier**: Gold\n\n   - **Website**: https://globex.com",
        "### 1. Acme\n- **Tier**: Platinum\n- **Website**: [acme.io](https://acme.io)\n\n"
        "### 2. Globex\n- **Tier**: Gold\n- **Website**: <https://globex.com>",
        "**1. Acme** (Platinum)\nWebsite: https://acme.io\n\n**2. Globex** (Gold)\nWebsite: https://globex.com",
        "Name: Acme\nTier: Platinum\nWebsite: https://acme.io\n\nName: Globex\nTier: Gold\nWebsite: https://globex.com",
        "Sponsor 1: Acme\nLevel: Platinum\nURL: acme.io\n---\nSponsor 2: Globex\nLevel: Gold\nURL: globex.com",
        "Acme\nTier: Platinum\nWebsite: https://acme.io\n\nGlobex\nTier: Gold\nWebsite: https://globex.com",
        "Acme\n- Tier: Platinum\n- Website: https://acme.io\n\nGlobex\n- Tier: Gold\n- Website: https://globex.com",
        "* **Acme**\n    * *Tier:* Platinum\n    * *Website:* https://acme.io\n"
        "* **Globex**\n    * *Tier:* Gold\n    * *Website:* https://globex.com",
        "## Platinum Sponsors\n1. **Acme**\n   - Website: https://acme.io\n   - Contact: Jane Doe\n"
        "## Gold Sponsors\n1. **Globex**\n   - Website: https://globex.com\n   - Founded: 1999",
        "- **Name:** Acme\n- **Tier:** Platinum\n- **Website:** https://acme.io\n\n"
        "- **Name:** Globex\n- **Tier:** Gold\n- **Website:** https://globex.com",
        "1. Acme – Tier: Platinum, Website: https://acme.io\n2. Globex – Tier: Gold, Website: https://globex.com",
        "- Name: Acme, Tier: Platinum, Website: https://acme.io\n- Name: Globex, Tier: Gold, Website: https://globex.com",
        "1. Acme (tier: Platinum, website: https://acme.io)\n2. Globex (tier: Gold, website: https://globex.com)",
        "- company: Acme\n  level: Platinum\n  url: acme.io\n- company: Globex\n  level: Gold\n  url: globex.com",
        'sponsors:\n  - name: "Acme"\n    tier: Platinum # confirmed\n    website: https://acme.io\n'
        "  - name: 'Globex'\n    tier: Gold\n    website: https://globex.com",
        "event: AnvilConf\ndate: 2026-03-03\nwebsite: https://anvilconf.io\nsponsors:\n"
        "  - tier: Platinum\n    name: Acme\n    website: acme.io\n"
        "  - tier: Gold\n    name: Globex\n    website: globex.com",
        "Acme:\n  tier: Platinum\n  website: https://acme.io\nGlobex:\n  tier: Gold\n  website: https://globex.com",
        "Acme | Platinum | https://acme.io\nGlobex | Gold | https://globex.com",
        "| Company | Tier | Website |\n|---|---|---|\n"
        "| [Acme](https://acme.io) | Platinum | acme.io |\n| **Globex** [1] | Gold [2] | globex.com |",
        "+---------+----------+-----------------+\n| Company | Tier     | Website         |\n"
        "+---------+----------+-----------------+\n| Acme    | Platinum | https://acme.io |\n"
        "| Globex  | Gold     | globex.com      |\n+---------+----------+-----------------+",
        "### Platinum\n| Company | Website |\n|---|---|\n| Acme | acme.io |\n"
        "### Gold\n| Company | Website |\n|---|---|\n| Globex | globex.com |",
        "Name | Tier | Website\nAcme | Platinum | https://acme.io\nGlobex | Gold | https://globex.com",
        "name;tier;website\nAcme;Platinum;acme.io\nGlobex;Gold;globex.com",
        '<ul>\n <li><a href="https://acme.io">Acme</a> (Platinum)</li>\n'
        ' <li><a href="https://globex.com">Globex</a> (Gold)</li>\n</ul>',
    ],
)  # fmt: skip
def test_blocks_and_tables_with_addresses(text: str) -> None:
    found = [(item.name, item.tier, item.website) for item in parse_sponsors(text).items]
    assert found == [("Acme", "platinum", "https://acme.io"), ("Globex", "gold", "https://globex.com")]


def test_an_empty_label_is_no_value() -> None:
    (record,) = parse_sponsors("1. **Acme**\n   - Tier: Platinum\n   - Website: Not available").items
    assert (record.name, record.tier, record.website) == ("Acme", "platinum", None)


@pytest.mark.parametrize(
    "text",
    [
        "| Tier | Sponsors |\n|---|---|\n| Gold | Acme, Globex |\n| Silver | Initech |",
        "| Gold | Acme, Globex |\n| Silver | Initech |",
        "| Sponsor Tier | Company Names |\n|---|---|\n| 🥇 Gold | Acme<br>Globex |\n| 🥈 Silver | Initech |",
        "Tier | Sponsors\n--- | ---\nGold | Acme and Globex\nSilver | Initech",
        "| Tier | Company |\n|---|---|\n| Gold | Acme |\n| | Globex |\n| Silver | Initech |",
        "| # | Company | Tier |\n|---|---|---|\n| 1 | Acme | Gold |\n| 2 | Globex | Gold |\n| 3 | Initech | Silver |",
        'Tier,Sponsor\nGold,"Acme, Globex"\nSilver,Initech',
        'Gold,"Acme, Globex"\nSilver,Initech',
        "Tier\tSponsors\nGold\tAcme, Globex\nSilver\tInitech",
        "🥇 Gold ($50,000): Acme, Globex\n🥈 Silver ($10,000): Initech",
        "🥇 **Gold Sponsors** ($50,000)\n• Acme\n• Globex\n\n🥈 **Silver** – $25K:\n• Initech",
        "**🏆 Gold Sponsors (€50.000):**\n- Acme\n- Globex\n\n**Silver (3)**\n- Initech",
        "🥇 **Gold** – Acme, Globex\n🥈 Silver: Initech",
        "- tier: Gold\n  sponsors:\n    - Acme\n    - Globex\n- tier: Silver\n  sponsors:\n    - Initech",
        "Tier: Gold\n- Acme\n- Globex\n\nTier: Silver\n- Initech",
        "### Tier 1: Gold\n- Acme\n- Globex\n### Tier 2: Silver\n- Initech",
        "## Gold\n### Acme\nMakes anvils.\n### Globex\n## Silver\n### Initech",
        "- **Acme (Gold):** Anvils.\n- **Globex** – Gold Sponsor. Data.\n- **Initech** – hosting company (Silver)",
        "1. Acme - A leading cloud provider (Gold)\n2. Globex - Data Platform (Gold)\n3. Initech - Consulting (Silver)",
        "- Acme (Gold Sponsor) – cloud\n- Globex, a data company (Gold)\n- Initech — a host; Silver sponsor",
        "The gold sponsors are Acme and Globex. The silver sponsor is Initech.",
        "AnvilConf is sponsored by Acme (Gold), Globex (Gold) and Initech (Silver).",
        "<h2>Gold</h2><ul><li>Acme</li><li>Globex</li></ul><h2>Silver</h2><ul><li>Initech</li></ul>",
        {"🥇 Gold ($50,000)": ["Acme", "Globex"], "🥈 Silver": ["Initech"]},
    ],
    ids=str,
)  # fmt: skip
def test_tiers_in_words_pictures_and_prices(text: object) -> None:
    assert pairs(text) == TWO_GOLD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name,tier,website\n"Acme, Inc.",Gold,acme.com', [("Acme, Inc.", "gold")]),
        ("name,tier,website\nAcme, Inc.,Gold,acme.com", [("Acme, Inc.", "gold")]),
        ('Sponsor,Tier\n"Baker, Smith & Co.",Gold', [("Baker, Smith & Co.", "gold")]),
        ("name,tier\nAcme,Gold\nGlobex,Silver\n\nHope this helps, thanks.", GOLD_AND_SILVER),
        ("| Gold | Silver |\n|---|---|\n| Acme | Globex |", GOLD_AND_SILVER),
        ("💎 Diamond\n- Acme\n🥉 Bronze\n- Globex", [("Acme", "diamond"), ("Globex", "bronze")]),
        ("sponsors: [Acme, Globex]", NO_TIERS),
        ("| Company |\n|---|\n| Acme |\n| Globex |", NO_TIERS),
        ("- Acme: Cloud hosting provider\n- Globex: Data platform", NO_TIERS),
        ("- Acme - Cloud Hosting\n- Globex - Data Platform", NO_TIERS),
        ("- Acme (cloud hosting)\n- Globex (data platform)", NO_TIERS),
        ("Acme - cloud hosting company\nGlobex - data platform", NO_TIERS),
        ("**Acme** – cloud hosting\n\n**Globex** – data platform", NO_TIERS),
        ("- Technology:\n  - Acme\n- Finance:\n  - Globex", NO_TIERS),
        ("- Acme\n- Globex\n- Website: https://anvilconf.io\n- Source: anvilconf.io", NO_TIERS),
        ("✅ Acme – Gold\n✅ Globex – Silver\n❌ Initech – Bronze", GOLD_AND_SILVER),
        ("- AnvilConf 2026\n  - **Acme** (Gold)\n  - **Globex** (Silver)", GOLD_AND_SILVER),
        ("- Acme\n  - Gold sponsor\n  - Cloud hosting\n- Globex\n  - Silver sponsor", GOLD_AND_SILVER),
        (
            "## AnvilConf\n- **Date:** March 3\n- **Website:** https://anvilconf.io\n\n### Sponsors\n- Acme (Gold)",
            [("Acme", "gold")],
        ),
        ("Gold: Acme\nSilver: Globex\nBronze: TBA", GOLD_AND_SILVER),
        ("No platinum sponsors found. Gold: Acme, Globex", TWO_GOLD[:2]),
        ("I couldn't find the full list, but here are the confirmed sponsors:\n- Acme\n- Globex", NO_TIERS),
        ("Based on my search, I found:\n- Acme\n- Globex", NO_TIERS),
        ("<sponsors><sponsor><name>Acme</name><tier>Gold</tier></sponsor><sponsor><name>Globex</name>"
         "<tier>Silver</tier></sponsor></sponsors>", GOLD_AND_SILVER),
        ("Sponsor   Tier\n-------   ------\nAcme      Gold\nGlobex    Silver", GOLD_AND_SILVER),
        ("The gold sponsor is Acme and the silver sponsor is Globex.", GOLD_AND_SILVER),
        ("➤ Acme ⇒ Gold\n➤ Globex ⇒ Silver", GOLD_AND_SILVER),
        ("Gold → Acme\nSilver → Globex", GOLD_AND_SILVER),
        ("(1) Acme / Gold\n(2) Globex / Silver", GOLD_AND_SILVER),
        ("Acme (Gold Sponsor, https://acme.io)\nGlobex (Silver, https://globex.com)", GOLD_AND_SILVER),
        ("a. Acme - Gold\nb. Globex - Silver", GOLD_AND_SILVER),
        ("i. Acme: Gold\nii. Globex: Silver", GOLD_AND_SILVER),
        ("Patrocinadores Oro\n- Acme\n\nPatrocinadores Plata\n- Globex", GOLD_AND_SILVER),
        ("**Gold-Sponsor**\n- Acme\n\n**Silber-Sponsoren**\n- Globex", GOLD_AND_SILVER),
        ("Acme¹\nGlobex²\n\n¹ Gold sponsor\n² Silver sponsor", NO_TIERS),
        ("Sponsors — Acme · Globex", NO_TIERS),
        ("Zu den Sponsoren gehören Acme und Globex.", NO_TIERS),
        ("Los patrocinadores del evento son Acme y Globex.", NO_TIERS),
        ("Les sponsors de l'événement sont Acme et Globex.", NO_TIERS),
        ("スポンサーはAcmeとGlobexです。", NO_TIERS),
        ("赞助商包括Acme、Globex。", NO_TIERS),
        ("- CARS - China Academy\n- Acme\n- Globex", [("CARS - China Academy", None), *NO_TIERS]),
    ],
    ids=str,
)  # fmt: skip
def test_lists_of_other_shapes(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert pairs(text) == expected


@pytest.mark.parametrize(
    "rest",
    [
        "Sources:\n- anvilconf.io\n- TechCrunch",
        "Past sponsors:\n- Oldco",
        "## Last year's sponsors\n- Oldco",
        "**Unconfirmed:**\n- Maybe Inc",
        "Would you like me to:\n- Find the decision makers?\n- Look for exhibitors?",
        "**Next steps**\n\n1. Identify decision makers\n2. Draft emails",
        "I could not identify:\n- Silver sponsors",
        "Sponsorship packages:\n- **Platinum** – logo on the website\n- Gold: $10,000",
    ],
)
def test_other_sections_hold_no_sponsors(rest: str) -> None:
    assert pairs(f"Sponsors:\n- Acme (Gold)\n- Globex (Silver)\n\n{rest}") == GOLD_AND_SILVER


def test_a_description_is_kept() -> None:
    (record,) = parse_sponsors("**Acme** – cloud hosting company (Gold)").items
    assert (record.name, record.tier, record.description) == ("Acme", "gold", "cloud hosting company")


@pytest.mark.parametrize(
    ("label", "tier"),
    [
        ("🥇 Gold ($50,000)", "gold"),
        ("Gold – €10.000", "gold"),
        ("Gold 10,000 EUR", "gold"),
        ("Gold ($5k–$10k+)", "gold"),
        ("1️⃣ Gold", "gold"),
        ("Tier 1: Gold", "gold"),
        ("a Gold sponsor", "gold"),
        ("Gold [1]", "gold"),
        ("Level 5", "level 5"),
    ],
)
def test_decorated_tiers(label: str, tier: str) -> None:
    assert canonical_tier(label) == tier
    assert is_tier(label) or "[" in label


@pytest.mark.parametrize("text", ["$50,000", "Become a sponsor", "anvilconf.io/sponsors", "cloud host; Gold sponsor"])
def test_what_is_no_tier(text: str) -> None:
    assert not is_tier(text)


@pytest.mark.parametrize(
    "raw",
    [
        '{"sponsors": ["Gold: A' + " " * 40_000 + 'B"]}',
        '{"sponsors": ["Gold: A' + "a;" * 400_000 + 'B"]}',
        "- Acme ><" + "<" * 400_000,
        "a\tb\n" * 90_000,
        "Gold: " + "Acme, " * 60_000,
        ("- " + "[a](" * 450 + "\n") * 200,
        "| a " * 90_000,
        "sponsors is is is is " * 18_000,
        "Acme → Gold => " * 25_000,
        "<name>x</name><" * 25_000,
    ],
    ids=lambda raw: raw[:24],
)
def test_hostile_text_takes_a_moment(raw: str) -> None:
    with bounded():
        parse_sponsors(raw)


def test_splitting_runs_of_blanks_is_linear() -> None:
    with bounded():
        assert split_names("Acme" + " " * 1_000_000 + "Inc, Globex etc.", loose_and=True) == ["Acme Inc", "Globex"]


def test_names_between_bars_are_several() -> None:
    parsed = parse_sponsors("Platinum Sponsors: Acme | Globex\nGold Sponsors: Initech | Hooli")
    assert [(item.name, item.tier) for item in parsed.items] == [
        ("Acme", "platinum"),
        ("Globex", "platinum"),
        ("Initech", "gold"),
        ("Hooli", "gold"),
    ]


def test_what_a_question_offers_is_no_sponsor() -> None:
    text = (
        "The confirmed sponsors include:\n* **Acme** (Platinum)\n* **Globex**\n\n"
        "Would you like me to look for more?\n- Speakers\n- Hotels nearby"
    )
    assert [item.name for item in parse_sponsors(text).items] == ["Acme", "Globex"]

"""People in text: lines, blocks, tables, and answers that say that there is nobody."""

from __future__ import annotations

import json

import pytest

from prospecting.parsing.contacts import parse_contacts
from tests.unit.parsing.bounded import bounded


def names(raw: object) -> list[str]:
    return [item.full_name for item in parse_contacts(raw).items]


@pytest.mark.parametrize(
    ("line", "name", "title", "company"),
    [
        ("Jane Doe, CEO", "Jane Doe", "CEO", None),
        ("Jane Doe - CTO at Acme", "Jane Doe", "CTO", "Acme"),
        ("1. **Jane Doe** — CEO", "Jane Doe", "CEO", None),
        ("- Jane Doe (CFO)", "Jane Doe", "CFO", None),
        ("* Jane Doe: VP of Sales", "Jane Doe", "VP of Sales", None),
        ("- Jane Doe - Chief Executive Officer, Acme", "Jane Doe", "Chief Executive Officer", "Acme"),
        ("• Jane Doe | Head of Marketing | Acme", "Jane Doe", "Head of Marketing", None),
        ("- Jane Doe", "Jane Doe", None, None),
        ("- CEO: Jane Doe", "Jane Doe", "CEO", None),
        ("CEO – Jane Doe", "Jane Doe", "CEO", None),
        ("**CEO:** Jane Doe", "Jane Doe", "CEO", None),
        ("- **CEO & Co-founder**: Jane Doe", "Jane Doe", "CEO & Co-founder", None),
        ("Chief Executive Officer (CEO): Jane Doe", "Jane Doe", "Chief Executive Officer (CEO)", None),
        ("VP of Sales - Jane Doe, since 2020", "Jane Doe", "VP of Sales", None),
        ("**Jane Doe, MBA** – VP of Marketing at Acme", "Jane Doe", "VP of Marketing", "Acme"),
        ("Jane Doe, MBA – VP of Marketing at Acme", "Jane Doe", "VP of Marketing", "Acme"),
        ("- **Jane Doe, CEO** at Acme", "Jane Doe", "CEO", "Acme"),
        ("- Doe, Jane – CEO", "Jane Doe", "CEO", None),
        ("- Jane Doe【4†source】, CEO [1]", "Jane Doe", "CEO", None),
        ("- **Jane Doe** (CEO): leads the company", "Jane Doe", "CEO", None),
        ("- **Jane Doe**\n  CEO, Acme", "Jane Doe", "CEO", "Acme"),
        ("**Jane Doe**\nCEO at Acme", "Jane Doe", "CEO", "Acme"),
        ("**CEO**\n- Jane Doe", "Jane Doe", "CEO", None),
        ("CEO:\n- Jane Doe", "Jane Doe", "CEO", None),
        ("- Name: Jane Doe, Title: CEO", "Jane Doe", "CEO", None),
        ("**Name:** Jane Doe | **Title:** CEO | **Company:** Acme", "Jane Doe", "CEO", "Acme"),
    ],
)
def test_lines(line: str, name: str, title: str | None, company: str | None) -> None:
    for raw in (line, f"Found:\n{line}\n", *([] if "\n" in line or "Name:" in line else [[line]])):
        (person,) = parse_contacts(raw).items
        assert (person.full_name, person.title, person.company) == (name, title, company)


def test_channels_in_a_line() -> None:
    (person,) = parse_contacts(
        "- **Jane Doe** - CEO (jane@acme.com) [LinkedIn](https://linkedin.com/in/jane-doe)"
    ).items
    assert (person.full_name, person.title) == ("Jane Doe", "CEO")
    assert (person.linkedin_url, person.email) == ("https://www.linkedin.com/in/jane-doe", "jane@acme.com")


def test_blocks_and_tables() -> None:
    blocks = (
        "1. **Jane Doe**\n   - Title: CEO\n   - **Email:** jane@acme.com\n"
        "   - LinkedIn: [profile](https://linkedin.com/in/jane-doe)\n2. **John Roe**\n   - Title: CTO\n"
    )
    people = parse_contacts(blocks).items
    assert [(person.full_name, person.title, person.email) for person in people] == [
        ("Jane Doe", "CEO", "jane@acme.com"),
        ("John Roe", "CTO", None),
    ]
    assert people[0].linkedin_url == "https://www.linkedin.com/in/jane-doe"
    assert names("Name: Jane Doe\nTitle: CEO\n\nName: John Roe\nTitle: CTO") == ["Jane Doe", "John Roe"]
    table = "| Name | Title |\n|---|---|\n| Jane Doe | CEO |\n| John Roe | CTO |"
    assert [(person.full_name, person.title) for person in parse_contacts(table).items] == [
        ("Jane Doe", "CEO"),
        ("John Roe", "CTO"),
    ]


def test_people_with_and_without_labelled_lines_stand_side_by_side() -> None:
    text = "1. **Jane Doe** — CEO\n   LinkedIn: https://linkedin.com/in/jd\n2. **Bob Ray** — CFO"
    found = parse_contacts(text).items
    assert [(person.full_name, person.title) for person in found] == [("Jane Doe", "CEO"), ("Bob Ray", "CFO")]
    assert found[0].linkedin_url == "https://www.linkedin.com/in/jd"


@pytest.mark.parametrize("address", ["jane@acme.com", "jane [at] acme [dot] com", "jane(at)acme.com"])
def test_an_address_in_a_line(address: str) -> None:
    (person,) = parse_contacts(f"1. **Jane Doe**, CEO – {address}").items
    assert (person.full_name, person.title, person.email) == ("Jane Doe", "CEO", "jane@acme.com")


@pytest.mark.parametrize(
    "text",
    [
        "### 1. Jane Doe\n- Title: CEO\n- Company: Acme\n\n### 2. John Roe\n- Title: CTO\n- Company: Acme",
        "- name: Jane Doe\n  title: CEO\n  company: Acme\n- name: \"John Roe\"\n  title: 'CTO'\n  company: Acme",
        'name,title,company\n"Doe, Jane",CEO,Acme\nJohn Roe,CTO,"Acme"',
        "| Role | Name | Company |\n|---|---|---|\n| CEO | **Jane Doe** | Acme |\n| CTO | John Roe [1] | Acme |",
        "**CEO**\n- Name: Jane Doe\n- Company: Acme\n\n**CTO**\n- Name: John Roe\n- Company: Acme",
        "### Jane Doe\nTitle: CEO\nCompany: Acme\n\n### John Roe\nTitle: CTO\nCompany: Acme",
        "Name\tTitle\tCompany\nJane Doe\tCEO\tAcme\nJohn Roe\tCTO\tAcme",
        "1. **Jane Doe**\n   - **Position:** CEO\n   - **Company:** Acme\n2. **John Roe**\n"
        "   - **Position:** CTO\n   - **Company:** Acme",
    ],
)
def test_headed_blocks_yaml_and_tables(text: str) -> None:
    assert [(person.full_name, person.title, person.company) for person in parse_contacts(text).items] == [
        ("Jane Doe", "CEO", "Acme"),
        ("John Roe", "CTO", "Acme"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1. **Jane Doe** (CEO)\n2. **John Roe** (CTO)", "Jane Doe (CEO), John Roe (CTO)",
        "Jane Doe, CEO; John Roe, CTO",
        "## CEO\nJane Doe\n\n## CTO\nJohn Roe", "CEO\nJane Doe\n\nCTO\nJohn Roe", "CEO：Jane Doe\nCTO：John Roe",
    ],
)  # fmt: skip
def test_a_post_beside_above_or_in_brackets(text: str) -> None:
    assert [(person.full_name, person.title) for person in parse_contacts(text).items] == [
        ("Jane Doe", "CEO"),
        ("John Roe", "CTO"),
    ]


@pytest.mark.parametrize(
    ("line", "name", "title"),
    [
        ("- 王小明 - 首席执行官", "王小明", "首席执行官"), ("- Jean Roux, PDG", "Jean Roux", "PDG"),
        ("- Genel Müdür: Ayşe Kaya", "Ayşe Kaya", "Genel Müdür"),
        ("- Ewa Lis, Dyrektor Finansowy", "Ewa Lis", "Dyrektor Finansowy"),
    ],
)  # fmt: skip
def test_posts_of_other_languages(line: str, name: str, title: str) -> None:
    assert [(person.full_name, person.title) for person in parse_contacts(line).items] == [(name, title)]


@pytest.mark.parametrize("text", ["## CEO\nNot found", "## CEO\nThe company does not publish its leaders.", "CFO: TBD"])
def test_a_post_without_a_name_below_is_nobody(text: str) -> None:
    assert not names(text)


def test_names_in_one_string() -> None:
    assert names({"contacts": "Jane Doe, CEO; Bo Ray, CTO"}) == ["Jane Doe", "Bo Ray"]
    assert names("Jane Doe,CEO,jane@acme.com\nBo Ray,CTO,bo@acme.com") == ["Jane Doe", "Bo Ray"]


@pytest.mark.parametrize(
    "text",
    [
        "No decision makers could be identified. Try:\n- LinkedIn Sales Navigator",
        "I could not find any decision makers at Acme.\n\nSuggestions:\n- Ann Arbor Chamber\n- Zoom Info",
        "Unfortunately, no contacts were found.\n\nSources checked:\n- Annual Report\n- Press Releases",
        "I was unable to verify any current executives. Former executives:\n- Jane Doe, CEO",
        "I couldn't identify any contacts. Would you like me to:\n- Search Crunchbase\n- Contact Jane Doe, CEO?",
        json.dumps({"role": "assistant", "content": "No people were found. Try:\n- LinkedIn Sales Navigator"}),
    ],
)
def test_who_found_nobody_names_nobody(text: str) -> None:
    parsed = parse_contacts(text)
    assert not parsed.items
    assert [item.reason for item in parsed.rejected] == ["no_data"]


@pytest.mark.parametrize("found", ['{"contacts": []}', '{"people": [], "reasoning": "nobody"}', "[]"])
def test_an_empty_list_is_an_answer(found: str) -> None:
    assert not parse_contacts(f"Result: {found}\n\nYou could try:\n- LinkedIn Navigator\n- Jane Doe, CEO").items


@pytest.mark.parametrize(
    "text",
    [
        "I couldn't find email addresses, but these people work at Acme:\n- Jane Doe, CEO\n- Bo Ray, CTO",
        "I could not identify the CMO.\n- CEO: Jane Doe\n- CTO: Bo Ray",
        "People:\n- Jane Doe, CEO\n- Bo Ray, CTO\n\nI found no other executives.\n\nSources:\n- Annual Report",
    ],
)
def test_who_lacks_a_part_names_the_rest(text: str) -> None:
    assert names(text) == ["Jane Doe", "Bo Ray"]


@pytest.mark.parametrize(
    "text",
    [
        "Jane Doe founded the company in 1999.",
        "- LinkedIn Sales Navigator",
        "- CFO: Vacant",
        "Sources:\n- Ann Lee, CEO",
    ],
)
def test_prose_advice_and_vacancies_are_nobody(text: str) -> None:
    assert not names(text)


@pytest.mark.parametrize(
    "piece", ["- Jane Doe, CEO\n", "CEO: ", "a – ", "[a](b)", "(", "**", "jane [at] ", "Title: CEO\n", "A, ", "| a "]
)
def test_long_texts_are_bounded(piece: str) -> None:
    with bounded():
        parse_contacts(piece * (1_000_000 // len(piece)))
        parse_contacts(piece * (390_000 // len(piece)))

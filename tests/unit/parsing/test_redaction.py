"""Taking a person out of texts, JSON and answers: in every spelling, and nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prospecting.parsing.redaction import REDACTED, Redactor
from prospecting.parsing.subjects import Subject, people_described, people_in_answer

PROFILE = "https://www.linkedin.com/in/jos%C3%A9-garc%C3%ADa-4711"
JOSE = Subject(
    names=frozenset({"Dr. José Q. García O'Brien", "Jörg Strauß"}),
    emails=frozenset({"jose@acme.com"}),
    profiles=frozenset({PROFILE}),
    phones=frozenset({"15550100123", "4711"}),
)

SPELLINGS = [
    "José García O'Brien",
    "JOSE GARCIA OBRIEN",
    "Garcia O’Brien, José",
    "O'Brien José García",
    "José M. García-O'Brien",
    "Jos\\u00e9 Garc\\u00eda O'Brien",
    "Jos\\\\u00e9\\\\u0020Garc\\\\u00eda O'Brien",
    "Jos&eacute;&nbsp;Garc&#237;a O&#39;Brien",
    "José Garcı́a O'Brien",
    "jose_garcia_o'brien",
    "Jorg Strauss",
    "STRAUSS, JÖRG",
    "jose@acme.com",
    "Jose@ACME.com",
    "jose%40acme.com",
    "jose [at] acme [dot] com",
    "https://de.linkedin.com/in/jos%C3%A9-garc%C3%ADa-4711",
    "LinkedIn.com/in/josé-garcía-4711",
    "https:\\/\\/www.linkedin.com\\/in\\/jose-garcia-4711",
    "josé-garcía-4711",
    "+1 (555) 010-0123",
    "15550100123",
]
OTHERS = [
    "Josef Garcia O'Brien",
    "Jose Garcia",
    "Garcia O'Brien",
    "José, García und O'Briens Freunde",
    "x.jose@acme.com",
    "jose@acme.com.au",
    "linkedin.com/in/jose-garcia-47112",
    "15550100123456",
    "Room 4711",
    "",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_found_and_what_is_around_it_stays(spelling: str) -> None:
    redactor = Redactor(JOSE)
    assert redactor.text(spelling) == REDACTED
    assert redactor.text(f"Ask {spelling}, soon. {spelling}") == f"Ask {REDACTED}, soon. {REDACTED}"
    assert redactor.value({"note": [f"({spelling})"], spelling: 1}) == {"note": [f"({REDACTED})"], REDACTED: 1}
    assert redactor.answer(f"\udcff {spelling}!".encode("utf-8", "surrogateescape")) == b"\xff [redacted]!"


@pytest.mark.parametrize("other", OTHERS)
def test_others_stay(other: str) -> None:
    redactor = Redactor(JOSE)
    value = {"note": [other], "more": {other: other}}
    assert redactor.text(other) is other
    assert redactor.value(value) is value


def test_a_name_of_one_word_counts_where_nothing_else_stands() -> None:
    redactor = Redactor(Subject(names=frozenset({"Cher"})))
    assert redactor.value(["Cher", "CHER ", "cher ami", "Le plus cher", {"name": "Cher", "title": "CEO"}]) == [
        REDACTED,
        REDACTED,
        "cher ami",
        "Le plus cher",
    ]


@pytest.mark.parametrize(
    ("described", "is_about"),
    [
        ({"name": "José García O'Brien"}, True),
        ({"firstName": "José García", "lastName": "O'Brien", "role": "CFO"}, True),
        ({"contact_name": "Pepe", "email": "jose@acme.com", "title": "CFO"}, False),
        ({"name": "J. O'Brien", "email": "jose@acme.com", "title": "CFO"}, True),
        ({"url": PROFILE, "title": "CFO"}, True),
        ({"name": "José García O'Brien", "linkedin": "linkedin.com/in/another"}, False),
        ({"name": "José García O'Brien", "email": "jose@hooli.com"}, False),
        ({"name": "José García O'Brien", "email": "j.obrien@acme.com"}, True),
        ({"name": "Acme", "domain": "acme.com", "email": "jose@acme.com"}, False),
        ({"company": "Acme", "ceo": "José García O'Brien"}, False),
    ],
)
def test_whom_an_object_describes(described: dict[str, Any], is_about: bool) -> None:
    redactor = Redactor(JOSE)
    assert redactor.is_about(described) is is_about
    people = {"people": [described, {"name": "Bo"}], "best": described}
    if is_about:
        assert redactor.value(people) == {"people": [{"name": "Bo"}], "best": {}}
        assert redactor.value(described) == {}
    elif redactor.is_namesake(described):
        assert redactor.value(people) is people, "somebody else of that name"
    else:
        left = redactor.value(people)["people"][0]
        assert left.keys() == described.keys()
        assert "[redacted]" in left.values()


def test_json_in_a_text_is_taken_as_json() -> None:
    people = [{"name": "José García O'Brien", "title": "CFO"}, {"name": "Bo", "title": "CEO"}]
    left = json.dumps([{"name": "Bo", "title": "CEO"}])
    for given_text, expected in (
        (json.dumps(people), left),
        (
            f"Here [1]:\n```json\n{json.dumps(people)}\n```\njose [at] acme [dot] com",
            f"Here [1]:\n```json\n{left}\n```\n{REDACTED}",
        ),
        ("\n".join(json.dumps(one) for one in people), f"{{}}\n{json.dumps(people[1])}"),
        (json.dumps({"content": json.dumps(people)}), json.dumps({"content": left})),
    ):
        assert Redactor(JOSE).text(given_text) == expected
        assert Redactor(JOSE).answer(given_text.encode()) == expected.encode()


def test_what_is_too_deep_is_gone_as_a_whole() -> None:
    deep: Any = "José García O'Brien"
    for _ in range(3_000):
        deep = [deep]
    assert Redactor(JOSE).value({"a": 1, "deep": deep}) == REDACTED


words = st.text(st.characters(codec="utf-8", exclude_characters="\\&%"), max_size=40)


@settings(max_examples=200)
@given(words, st.sampled_from(SPELLINGS), words)
def test_nothing_of_the_person_is_left(before: str, spelling: str, after: str) -> None:
    redactor = Redactor(JOSE)
    text = f"{before} {spelling} {after}"
    redacted = redactor.text(text)
    assert REDACTED in redacted
    assert redactor.text(redacted) == redacted, "once is enough"
    if redactor.text(before) == before and before[-1:].isspace():
        assert redacted.startswith(before)


def test_everybody_in_a_value_is_described() -> None:
    value = {
        "company": {"name": "Acme", "domain": "acme.com", "email": "info@acme.com"},
        "people": [
            {"full_name": "Jane Doe", "company": "Acme", "companyWebsite": "acme.com", "email": "jane@acme.com"},
            {"first_name": "Bo", "last_name": "Lee", "linkedin_url": "linkedin.com/in/bo-lee/en"},
            {"name": "CEO", "title": "CEO"},
        ],
        "note": "See https://www.linkedin.com/in/ann-poe, or write to ann@poe.org.",
    }
    found = list(people_described(value))
    assert {(one.company, one.website) for one in found if "Jane Doe" in one.subject.names} == {("Acme", "acme.com")}
    assert {name for one in found for name in one.subject.names} == {"Jane Doe", "Bo Lee"}
    assert {profile for one in found for profile in one.subject.profiles} == {
        "https://www.linkedin.com/in/bo-lee",
        "https://www.linkedin.com/in/ann-poe",
    }
    assert {email for one in found for email in one.subject.emails} >= {"jane@acme.com", "ann@poe.org"}
    in_answer = list(people_in_answer(f"Found:\n{json.dumps(value)}\nBye \xff".encode("latin-1")))
    assert {one.subject for one in found} == {one.subject for one in in_answer}

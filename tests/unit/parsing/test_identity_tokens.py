"""Telling entities of one list apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.identity_tokens import COMPANY_FIELDS, drop_duplicates, identity_tokens

ACME = "company:domain:acme.com"
ACME_PAGE = "company:linkedin:https://www.linkedin.com/company/acme"
JANE_PAGE = "person:linkedin:https://www.linkedin.com/in/jane"
VALUES = st.sampled_from(
    ["acme.com", "www.acme.com", "https://ACME.com/about", "globex.com", "linkedin.com/company/acme",
     "linkedin.com/in/jane", "https://uk.linkedin.com/in/Jane/", "jane@acme.com", "Jane@ACME.com", "info@acme.com", "",
     "N/A"]
) | st.none() | st.integers() | st.text(max_size=10)  # fmt: skip
ENTITIES = st.lists(
    st.dictionaries(
        st.sampled_from([*COMPANY_FIELDS, "person_linkedin_url", "email", "work_email", "name"]), VALUES, max_size=4
    ),
    max_size=8,
)
TYPES = st.sampled_from(["company", "person"])


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({"domain": "Acme.com"}, (ACME,)),
        ({"website": "https://www.acme.com/about?x=1"}, (ACME,)),
        ({"canonical_domain": "acme.com.", "domain": "www.acme.com", "company_website": "http://acme.com"}, (ACME,)),
        (
            {"target_company_domain": "acme.com", "company_linkedin_url": "linkedin.com/company/Acme/"},
            (ACME, ACME_PAGE),
        ),
        ({"website": "https://www.linkedin.com/company/acme/about"}, (ACME_PAGE,)),
        ({"linkedin_url": "https://www.linkedin.com/in/jane"}, ()),
        ({"domain": "", "website": None, "linkedin_url": 5}, ()),
        ({"domain": "http://", "company_domain": "WWW."}, ()),
        ({"website": "https://github.com/acme"}, ()),
        ({"email": "jane@acme.com"}, ()),
        ({"domain": "acme.com", "company_domain": "globex.com"}, (ACME, "company:domain:globex.com")),
    ],
)
def test_tokens_of_a_company(fields: dict[str, Any], tokens: tuple[str, ...]) -> None:
    assert identity_tokens("company", fields) == tokens


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({"linkedin_url": "https://uk.linkedin.com/in/Jane/?trk=y"}, (JANE_PAGE,)),
        ({"person_linkedin_url": "linkedin.com/in/jane", "email": "Jane@Acme.com"},
         ("person:email:jane@acme.com", JANE_PAGE)),
        ({"work_email": "mailto:jane@acme.com", "person_email": "jane@acme.com"}, ("person:email:jane@acme.com",)),
        ({"email": "info@acme.com"}, ()),
        ({"linkedin_url": "https://www.linkedin.com/company/acme"}, ()),
        ({"linkedin_url": "", "email": "none"}, ()),
        ({"domain": "acme.com"}, ()),
    ],
)  # fmt: skip
def test_tokens_of_a_person(fields: dict[str, Any], tokens: tuple[str, ...]) -> None:
    assert identity_tokens("person", fields) == tokens


@pytest.mark.parametrize("entity_type", ["", "place", "Company"])
def test_other_entities_have_none(entity_type: str) -> None:
    assert identity_tokens(entity_type, {"domain": "acme.com", "linkedin_url": "linkedin.com/in/jane"}) == ()


def test_one_profile_in_two_spellings_is_one_person() -> None:
    people = [
        {"linkedin_url": "https://www.linkedin.com/in/alex"},
        {"linkedin_url": "https://www.linkedin.com/in/alex/"},
    ]
    found = drop_duplicates("person", people)
    assert found.kept == [(0, people[0])]
    assert found.duplicates == [(1, "person:linkedin:https://www.linkedin.com/in/alex")]


def test_one_domain_in_two_spellings_is_one_company() -> None:
    found = drop_duplicates("company", [{"domain": "acme.com"}, {"domain": "www.acme.com"}])
    assert ([index for index, _ in found.kept], found.duplicates) == ([0], [(1, ACME)])


def test_entities_without_a_token_are_never_duplicates() -> None:
    found = drop_duplicates("person", [{"name": "Jane"}, {"name": "Jane"}, {}, {}, {"email": ""}, {"email": ""}])
    assert [index for index, _ in found.kept] == [0, 1, 2, 3, 4, 5]
    assert found.duplicates == []


def test_what_a_dropped_entity_adds_is_known_from_there_on() -> None:
    found = drop_duplicates(
        "company",
        [
            {"domain": "acme.com"},
            {"domain": "acme.com", "linkedin_url": "linkedin.com/company/acme"},
            {"linkedin_url": "linkedin.com/company/acme"},
            {"linkedin_url": "linkedin.com/company/globex"},
        ],
    )
    assert [index for index, _ in found.kept] == [0, 3]
    assert found.duplicates == [(1, ACME), (2, ACME_PAGE)]


@given(TYPES, ENTITIES)
def test_every_entity_is_kept_or_shares_a_token_with_an_earlier_one(kind: str, entities: list[dict[str, Any]]) -> None:
    found = drop_duplicates(kind, entities)
    kept, dropped = [index for index, _ in found.kept], [index for index, _ in found.duplicates]
    assert sorted(kept + dropped) == list(range(len(entities)))
    assert (kept, dropped) == (sorted(kept), sorted(dropped))
    tokens = [set(identity_tokens(kind, entity)) for entity in entities]
    for index, token in found.duplicates:
        assert token in tokens[index]
        assert any(token in earlier for earlier in tokens[:index])
    for index, entity in found.kept:
        assert entity is entities[index]
        assert not any(tokens[index] & earlier for earlier in tokens[:index])


@given(TYPES, ENTITIES)
def test_what_is_kept_holds_no_duplicates(kind: str, entities: list[dict[str, Any]]) -> None:
    kept = [entity for _, entity in drop_duplicates(kind, entities).kept]
    assert drop_duplicates(kind, kept).duplicates == []
    assert [entity for _, entity in drop_duplicates(kind, kept).kept] == kept


@given(TYPES, ENTITIES)
def test_tokens_are_sorted_unique_and_read_back_as_themselves(kind: str, entities: list[dict[str, Any]]) -> None:
    names = {"domain": "domain", "linkedin": "linkedin_url", "email": "email"}
    for entity in entities:
        tokens = identity_tokens(kind, entity)
        assert list(tokens) == sorted(set(tokens))
        for token in tokens:
            _, what, value = token.split(":", 2)
            assert identity_tokens(kind, {names[what]: value}) == (token,)


@pytest.mark.parametrize("fields", [None, 5, "acme.com", ["acme.com"]])
def test_what_is_no_object_has_none(fields: Any) -> None:
    assert identity_tokens("company", fields) == ()

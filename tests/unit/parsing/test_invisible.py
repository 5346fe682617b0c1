"""Characters that nobody sees split no identity, and are not kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.emails import is_placeholder_address, normalize_email
from prospecting.parsing.events import parse_events
from prospecting.parsing.fields import clean_text
from prospecting.parsing.identity_tokens import identity_tokens
from prospecting.parsing.invisible import visible
from prospecting.parsing.names import clean_company_name, clean_person_name, company_key, fold, person_key, words
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.parsing.urls import company_domain, linkedin_kind, normalize_domain, normalize_linkedin_url

LISTED = (
    "\x00\x07\x1b\x7f\x9b\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2063\u2066"
    "\u2069\u206f\u3164\ufe0e\ufe0f\ufeff\uffa0\ufff9\U000e0041\U000e0100"
)
INVISIBLE = st.sampled_from(LISTED) | st.characters(categories=["Cf"])
IDENTITIES: list[tuple[Callable[[str], object], str]] = [
    (company_key, "Acme Widgets GmbH & Co. KG"),
    (company_key, "株式会社メルカリ"),
    (company_key, "Photopea.com"),
    (person_key, "Dr. Zoë van der Berg-O’Neil, PhD"),
    (person_key, "山田 太郎"),
    (person_key, "محمد علي"),
    (fold, "Société Ｇénérale"),
    (lambda text: tuple(words(text)), "Société Générale 2"),
    (normalize_domain, "https://www.acme.co.uk/about"),
    (normalize_domain, "münchen.de"),
    (company_domain, "https://careers.acme.com/jobs?x=1"),
    (normalize_linkedin_url, "https://de.linkedin.com/in/jane-doe-42/"),
    (normalize_linkedin_url, "linkedin.com/in/josé-garcía"),
    (normalize_linkedin_url, "https://www.linkedin.com/company/acme"),
    (linkedin_kind, "https://www.linkedin.com/school/acme"),
    (normalize_email, "Jane.Doe@Acme.com"),
    (normalize_email, "Jane Doe <jane@acme.com>"),
    (normalize_email, "jane [at] acme [dot] com"),
    (is_placeholder_address, "firstname.lastname@acme.com"),
    (clean_company_name, "Acme Widgets, Inc."),
    (clean_person_name, "Zoë Doe-Smith"),
    (clean_text, "VP of Sales, São Paulo"),
]


def with_inserted(text: str, places: list[tuple[int, str]]) -> str:
    for place, character in places:
        at = place % (len(text) + 1)
        text = text[:at] + character + text[at:]
    return text


@given(
    st.sampled_from(IDENTITIES),
    st.lists(st.tuples(st.integers(0, 60), INVISIBLE), min_size=1, max_size=6),
)
def test_inserting_what_nobody_sees_changes_nothing(
    identity: tuple[Callable[[str], object], str], places: list[tuple[int, str]]
) -> None:
    read, text = identity
    # "\x1b[" would begin a sequence that takes text along.
    inserted = with_inserted(text, places).replace("\x1b[", "[").replace("\x1b]", "]")
    if read is clean_text:
        # A field keeps the trace of what cannot be stored.
        inserted = inserted.replace("\x00", "")
    assert read(inserted) == read(text) not in (None, "", ())


@given(st.sampled_from(["Jane", "josé-garcía", "李伟", "o'neil"]), st.lists(st.tuples(st.integers(0, 9), INVISIBLE)))
def test_percent_encoded_profiles_are_one_in_every_spelling(slug: str, places: list[tuple[int, str]]) -> None:
    expected = normalize_linkedin_url(f"https://www.linkedin.com/in/{slug}")
    assert expected
    for form in ("NFC", "NFD"):
        for spelled in (slug, slug.upper(), slug.title()):
            odd = with_inserted(unicodedata.normalize(form, spelled), places)
            assert normalize_linkedin_url(f"https://www.linkedin.com/in/{quote(odd)}/") == expected
            assert normalize_linkedin_url(f"HTTPS://LinkedIn.com/IN/{quote(odd).lower()}%C2%A0") == expected


@pytest.mark.parametrize(
    ("read", "one", "other"),
    [
        (person_key, "Jane\u00a0Doe", "Jane Doe"),
        (person_key, "Jane\u2028Doe", "Jane Doe"),
        (company_key, "Acme\u00a0Widgets\u202fInc.", "Acme Widgets Inc."),
        (clean_company_name, "Acme\u00a0Widgets", "Acme Widgets"),
        (clean_company_name, "Ac&#8203;me&shy; Widgets", "Acme Widgets"),
        (clean_person_name, "Ja&zwnj;ne Doe", "Jane Doe"),
        (clean_text, "VP&#xAD; of&nbsp;Sa&#8203;les", "VP of Sales"),
        (normalize_email, "ja&shy;ne@acme.com", "jane@acme.com"),
        (normalize_email, "mailto:ja%E2%80%8Bne@acme.com", "jane@acme.com"),
        (normalize_email, "\u00a0jane@acme.com\u00a0", "jane@acme.com"),
        (normalize_domain, "\u00a0acme.com\u00a0(main site)", "acme.com"),
        (person_key, "Ja\ufffdne Doe", "Jane Doe"),
    ],
)
def test_blanks_and_entities_split_no_identity(read: Callable[[str], object], one: str, other: str) -> None:
    assert read(one) == read(other) is not None


def test_the_list_has_every_format_character_and_every_control_that_is_no_blank() -> None:
    for number in range(0x110000):
        character = chr(number)
        category = unicodedata.category(character)
        if category == "Cf" or (category == "Cc" and not character.isspace()):
            assert visible(f"a{character}b") == "ab", hex(number)
        elif category[0] in "LNPSZ" and not visible(character):
            assert number in (0x115F, 0x1160, 0x3164, 0xFFA0), hex(number)  # fillers


@pytest.mark.parametrize(
    "dressed",
    ["\x1b[1;31mRuby\x1b[0m", "\x1b]8;;https://evil.example\x07Ruby\x1b]8;;\x1b\\", "\x1b[2J\x1b[HRuby", "Ru\x1bby"],
)
def test_a_terminal_s_sequences_are_no_part_of_a_text(dressed: str) -> None:
    assert visible(dressed) == clean_text(dressed) == clean_company_name(dressed) == "Ruby"


def test_records_are_kept_without_what_nobody_sees() -> None:
    odd = "\u202e\u200b\ufe0f\u2066\x07"
    (event,) = parse_events([{"name": f"Ruby{odd}Conf", "website": "https://ruby\u200bconf.org"}]).items
    assert (event.name, event.website) == ("RubyConf", "https://rubyconf.org")
    (sponsor,) = parse_sponsors([{"name": f"Ac{odd}me", "tier": f"Go{odd}ld"}]).items
    assert (sponsor.name, sponsor.tier_label) == ("Acme", "Gold")
    (person,) = parse_contacts(
        [{"name": f"Ja{odd}ne Doe", "title": f"VP{odd} Sales", "email": f"ja{odd}ne@acme.com"}]
    ).items
    assert (person.full_name, person.title, person.email) == ("Jane Doe", "VP Sales", "jane@acme.com")


def test_entities_of_a_list_are_recognised_whatever_nobody_sees_in_them() -> None:
    plain = {"email": "jane@acme.com", "linkedin_url": "https://linkedin.com/in/jane-doe"}
    odd = {"email": "jane\u200b@acme.com\ufeff", "linkedin_url": "https://linkedin.com/in/jane%E2%80%8B-doe"}
    assert identity_tokens("person", odd) == identity_tokens("person", plain) != ()
    assert identity_tokens("company", {"domain": "ac\u00adme.com"}) == ("company:domain:acme.com",)

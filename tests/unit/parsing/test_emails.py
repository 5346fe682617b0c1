from __future__ import annotations

from typing import Any

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.emails import is_placeholder_address, is_role_mailbox, normalize_email


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Jane.Doe@Acme.COM", "jane.doe@acme.com"),
        ("  jane@acme.com ", "jane@acme.com"),
        ("mailto:Jane%40acme.com?subject=Hi", "jane@acme.com"),
        ("Jane Doe <j@acme.com>", "j@acme.com"),
        ('"Doe, Jane" <j@acme.com>;', "j@acme.com"),
        ("jane+news@acme.com", "jane+news@acme.com"),
        ("jane@bücher.de", "jane@xn--bcher-kva.de"),
        ("jane@xn--bcher-kva.de", "jane@xn--bcher-kva.de"),
        ("jane@acme.com.", "jane@acme.com"),
    ],
)
def test_one_spelling(value: str, expected: str) -> None:
    assert normalize_email(value) == expected


@pytest.mark.parametrize(
    "value",
    ["", "jane", "@acme.com", "jane@", "a@b", "jane@localhost", "a b@acme.com", "x@y.com, z@y.com", "n/a", None, 3,
     b"j@a.com", "<a@b.com> <c@d.com>", "\ud800@acme.com", "jane@acme..com", "j" * 2_000 + "@acme.com"],
)  # fmt: skip
def test_rejects_what_is_not_one_address(value: Any) -> None:
    assert normalize_email(value) is None
    assert not is_role_mailbox(value)


@pytest.mark.parametrize(
    "local",
    ["info", "sales", "noreply", "no-reply", "do_not_reply", "sales-emea", "HR", "team+x", "contact.us", "support2"],
)
def test_shared_mailboxes_identify_nobody(local: str) -> None:
    assert is_role_mailbox(f"{local}@acme.com")


@pytest.mark.parametrize("local", ["jane", "jane.doe", "press.smith", "us", "informer", "salesman", "jdoe1"])
def test_people_are_no_shared_mailboxes(local: str) -> None:
    assert not is_role_mailbox(f"{local}@acme.com")


@given(st.one_of(st.none(), st.integers(), st.binary(), st.text(st.characters()), st.emails()))
def test_never_raises_and_is_idempotent(value: Any) -> None:
    result = normalize_email(value)
    assert result is None or (result == result.lower() and normalize_email(result) == result)
    assert is_role_mailbox(value) in (True, False)


@pytest.mark.parametrize(
    "value",
    [
        "[jane@acme.com](mailto:jane@acme.com)",
        "jane@acme.com (verified)",
        "jane [at] acme [dot] com",
        "jane(at)acme.com",
        "jane AT acme DOT com",
        "jane at acme dot com",
        "jane[at]acme[dot]com",
        "jane (at) acme (dot) com",
        "jane {at} acme {dot} com",
        "jane <at> acme <dot> com",
        "Email: jane@acme.com",
        "E-mail: jane@acme.com",
        "**jane@acme.com**",
        "`jane@acme.com`",
        "jane@acme.com [1]",
        "jane@acme.com【4†source】",
        "jane@acme.com, verified",
        "jane@acme.com - verified",
        "jane@acme.com verified",
        "jane @ acme.com",
        "jane AT acme.com",
        "jane@acme[dot]com",
        "<jane@acme.com>",
        "jane@acme.com (work) [2]",
        "[Email](mailto:jane@acme.com)",
        "mailto:jane@acme.com",
        "(jane@acme.com)",
        "jane&#64;acme.com",
        "Jane Doe <jane@acme.com> (verified)",
        "jane@acme.com (unverified)",
        "[jane@acme.com](jane@acme.com)",
        "jane@acme.com.",
        "[jane@acme.com]",
        "jane@acme.com;",
    ],
)
def test_addresses_in_other_words(value: str) -> None:
    assert normalize_email(value) == "jane@acme.com"
    assert not is_placeholder_address(value)


@pytest.mark.parametrize(
    "value",
    [
        "email_not_unlocked@domain.com",
        "firstname.lastname@acme.com",
        "имя.фамилия@acme.ru",
        "first.last@acme.com",
        "j***@acme.com",
        "name@company.com",
        "user@example.com",
        "xxx@acme.com",
        "{first}.{last}@acme.com",
        "[first].[last]@acme.com",
        "vorname.nachname@acme.de",
        "prenom.nom@acme.fr",
        "nombre.apellido@acme.es",
        "flast@acme.com",
        "first_last@acme.com",
        "firstname@acme.com",
        "f.lastname@acme.com",
        "j*****e@acme.com",
        "••••@acme.com",
        "jane.doe@example.com",
        "jane@company.com",
        "jane...@acme.com",
        "firstlast@acme.com",
        "<first>.<last>@acme.com",
        "not_available@acme.com",
        "noemail@acme.com",
        "unknown@acme.com",
        "xxxx.xxxx@acme.com",
        "jane.d###@acme.com",
        "user@mail.example.com",
        "john.doe@example.org",
        "*@acme.com",
        "voornaam.achternaam@acme.nl",
        "finitial.lastname@acme.com",
        "nome.cognome@acme.it",
        "firstinitiallastname@acme.com",
        "f.last@acme.com",
    ],
)
def test_placeholders_identify_nobody(value: str) -> None:
    assert is_placeholder_address(value)
    assert normalize_email(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "[email protected]",
        "[email protected]",
        "found at acme.com",
        "CEO at acme.com",
        "jane@acme.com (guessed)",
        "jane@acme.com (pattern)",
        "jane@acme.com or bob@acme.com",
        "jane@acme.com, bob@acme.com",
        "[jane@acme.com](mailto:bob@acme.com) and z@x.com",
        "not available",
        "jane at acme",
        "contact at the website dot com page",
        "@jane",
        "jane@acme.com bob@acme.com",
        "likely jane@acme.com",
        "see [team](https://acme.com/team)",
    ],
)
def test_guesses_and_other_texts_are_no_address(value: str) -> None:
    assert normalize_email(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "jane@acme.com",
        "maxx@acme.com",
        "foxx@acme.com",
        "nom@acme.fr",
        "foo@acme.com",
        "bar@acme.com",
        "last@acme.com",
        "initial@acme.com",
        "info@acme.com",
        "test@acme.com",
        "mail@acme.de",
        "email@acme.com",
        "m.ad@acme.com",
        "ad@acme.com",
        "o'brien@acme.com",
        "l@acme.com",
    ],
)
def test_addresses_that_come_close_to_a_placeholder(value: str) -> None:
    assert normalize_email(value) == value
    assert not is_placeholder_address(value)


_LOCALS = ["jane", "jane.doe", "j_d", "-j", "j-", "j..d", ".j", "j.", "j+x", "a--b", "q" * 64, "q" * 260, "o'neil", "0"]
_DOMAINS = [
    "acme.com", "acme", "acme.c", "acme.co.uk", "a-.com", "-a.com", "a--b.com", "ab--cd.com", "xn--bcher-kva.com",
    "xn--zzzz.com", "acme.xn--p1ai", "acme.test", "test.acme.com", "contest.com", "acme.invalid", "a.localhost",
    "acme.local", "local.com", "acme.onion", "acme.arpa", "acme.123", "1.2.3.4", "acme.c0m", "acme..com", "a_b.com",
    "a.b.c.d.e.f.g.com", f"{'q' * 63}.com", f"{'q' * 64}.com", ".".join(["q" * 60] * 4) + ".com", "acme.museum",
]  # fmt: skip


@pytest.mark.parametrize("domain", _DOMAINS)
@pytest.mark.parametrize("local", _LOCALS)
def test_an_address_is_what_the_standards_say(local: str, domain: str) -> None:
    try:
        found = validate_email(f"{local}@{domain}", check_deliverability=False)
    except EmailNotValidError:
        assert normalize_email(f"{local}@{domain}") is None
    else:
        assert normalize_email(f"{local}@{domain}") == f"{found.local_part}@{found.ascii_domain}"

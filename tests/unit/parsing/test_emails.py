from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.emails import is_role_mailbox, normalize_email


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

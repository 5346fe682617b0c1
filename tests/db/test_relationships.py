"""How contacts are connected: once per pair, whichever is named first, and whoever comes at the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.relationships import (
    Relationship,
    check_relationship,
    create_relationship,
    delete_relationship,
    get_colleagues,
    get_contact_relationships,
    get_relationship,
    update_relationship,
)
from tests.clock import from_now
from tests.db.engaging import add_contact, add_relationship
from tests.db.factories import add_companies, at_once, count, stored, versions

REVERSED = "Reverse relationship already exists between these contacts"


@pytest.fixture
def pair(connection: Connection, acme: int) -> tuple[UUID, UUID]:
    """Two contacts of a company."""
    return add_contact(connection, acme), add_contact(connection, acme, "Grace Hopper", title="CTO")


def test_a_relationship_is_found_from_both_ends(connection: Connection, pair: tuple[UUID, UUID]) -> None:
    ada, grace = pair
    assert get_relationship(connection, ada, grace) is None
    assert not check_relationship(connection, ada, grace)
    made = create_relationship(connection, ada, str(grace), "reports_to", "strong", " at work ", {"since": 2020})
    assert (made.contact_id_1, made.contact_id_2) == (ada, grace)
    assert (made.relationship_type, made.strength, made.context) == ("reports_to", "strong", "at work")
    assert (made.metadata, made.is_verified, made.confidence_score) == ({"since": 2020}, False, Decimal("0.50"))
    assert (made.other_end(ada), made.other_end(grace)) == (grace, ada)
    for one, other in ((ada, grace), (grace, ada)):
        assert get_relationship(connection, one, other) == made
        assert check_relationship(connection, str(one), str(other))
        assert get_contact_relationships(connection, one) == [made]
    assert get_contact_relationships(connection, uuid4()) == []


def test_a_pair_is_connected_once(connection: Connection, pair: tuple[UUID, UUID]) -> None:
    ada, grace = pair
    made = create_relationship(connection, ada, grace, "colleagues")
    before = versions(connection)
    assert create_relationship(connection, ada, grace, "colleagues", "strong", "again") == made
    with pytest.raises(ValueError, match=f"{REVERSED}: change relationship {made.id}, or delete it first"):
        create_relationship(connection, grace, ada, "colleagues")
    with pytest.raises(ValueError, match=f"connected by relationship {made.id} of another type already"):
        create_relationship(connection, ada, grace, "manager_of")
    assert versions(connection) == before


def test_plain_sql_cannot_reverse_a_pair_either(connection: Connection, acme: int, pair: tuple[UUID, UUID]) -> None:
    ada, grace = pair
    lin = add_contact(connection, acme, "Lin Lee")
    create_relationship(connection, ada, grace, "colleagues")
    other = create_relationship(connection, grace, lin, "colleagues")
    statements: list[tuple[str, dict[str, Any]]] = [
        (
            "insert into relationships (contact_id_1, contact_id_2, relationship_type) values (:g, :a, 'referral')",
            {"g": grace, "a": ada},
        ),
        ("update relationships set contact_id_2 = :a where id = :id", {"a": ada, "id": other.id}),
    ]
    for statement, values in statements:
        savepoint = connection.begin_nested()
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text(statement), values)
        savepoint.rollback()
        assert refused.value.orig.diag.message_primary == REVERSED  # type: ignore[union-attr]
        assert refused.value.orig.diag.constraint_name == "uq_relationships_pair"  # type: ignore[union-attr]
    # Changing anything else of it stays possible.
    connection.execute(text("update relationships set contact_id_1 = contact_id_1, strength = 'strong'"))


@pytest.mark.parametrize("in_both_directions", [False, True])
def test_two_at_once_make_one_relationship(engine: Engine, in_both_directions: bool) -> None:
    with engine.begin() as connection:
        (acme,) = add_companies(connection, "Acme")
        ada, grace = add_contact(connection, acme), add_contact(connection, acme, "Grace Hopper")

    def connect(connection: Connection, one: UUID, other: UUID) -> str:
        try:
            return str(create_relationship(connection, one, other, "colleagues").id)
        except ValueError as refused:
            return str(refused)[: len(REVERSED)]

    pairs = [(grace, ada) if in_both_directions and number % 2 else (ada, grace) for number in range(6)]
    found = at_once(engine, [lambda c, pair=pair: connect(c, *pair) for pair in pairs])  # type: ignore[misc]
    with engine.begin() as connection:
        (row,) = stored(connection, "relationships", "id")
    assert set(found) == ({str(row["id"]), REVERSED} if in_both_directions else {str(row["id"])})


def test_a_relationship_that_is_rolled_back_can_be_made_again(engine: Engine) -> None:
    with engine.begin() as connection:
        ada, grace = add_contact(connection, None), add_contact(connection, None, "Grace Hopper")
    with engine.connect() as connection:
        create_relationship(connection, ada, grace, "colleagues")
        connection.rollback()
    with engine.begin() as connection:
        create_relationship(connection, grace, ada, "colleagues")
        assert count(connection, "relationships") == 1


def test_colleagues_are_of_one_company_and_by_name(connection: Connection, acme: int, pair: tuple[UUID, UUID]) -> None:
    ada, grace = pair
    (globex,) = add_companies(connection, "Globex")
    lin = add_contact(connection, acme, "Lin Lee", status="bounced")
    others = [
        (add_contact(connection, globex, "Elsewhere Employed"), "colleagues"),
        (add_contact(connection, None, "Nowhere Employed"), "colleagues"),
        (add_contact(connection, acme, "Ann Manager"), "manager_of"),
    ]
    add_relationship(connection, lin, ada, strength="weak")
    add_relationship(connection, ada, grace, strength="strong")
    for other, kind in others:
        add_relationship(connection, ada, other, kind)
    assert get_colleagues(connection, ada) == [
        {
            "colleague_id": grace,
            "colleague_name": "Grace Hopper",
            "colleague_title": "CTO",
            "relationship_strength": "strong",
        },
        {
            "colleague_id": lin,
            "colleague_name": "Lin Lee",
            "colleague_title": None,
            "relationship_strength": "weak",
        },
    ]
    assert get_colleagues(connection, others[1][0]) == []
    assert len(get_contact_relationships(connection, ada)) == 5


def test_an_update_changes_what_is_given(connection: Connection, pair: tuple[UUID, UUID]) -> None:
    made = create_relationship(connection, *pair, "colleagues", context="at work")
    began = datetime.now(UTC)
    changes = {"strength": "strong", "context": None, "metadata": {"a": 1}, "confidence_score": 0.9}
    changed = update_relationship(connection, made.id, {**changes, "is_verified": True})
    assert {name: getattr(changed, name) for name in changes} == {**changes, "confidence_score": Decimal("0.90")}
    assert changed.is_verified
    assert changed.last_verified_at is not None
    assert began <= changed.last_verified_at <= datetime.now(UTC)
    before = versions(connection)
    for nothing_new in ({"is_verified": True, "strength": "strong"}, {}):
        assert update_relationship(connection, str(made.id), nothing_new) == changed
    assert versions(connection) == before
    assert get_relationship(connection, *pair) == changed


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"strength": "secret"}, "strength"),
    ({"strength": None}, "strength"),
    ({"relationship_type": "secret"}, "relationship_type"),
    ({"metadata": ["secret"]}, "metadata"),
    ({"metadata": None}, "metadata"),
    ({"confidence_score": 1.5}, "confidence_score"),
    ({"last_verified_at": timedelta(hours=1)}, "lies in the future"),
    ({"contact_id_1": uuid4()}, "contact_id_1"),
    ({"created_at": timedelta(0)}, "created_at"),
]


def test_unusable_values_are_refused(connection: Connection, pair: tuple[UUID, UUID]) -> None:
    made = create_relationship(connection, *pair, "colleagues")
    for changes, named in UNUSABLE:
        with pytest.raises(ValueError, match=named) as refused:
            update_relationship(connection, made.id, from_now(changes))
        assert "secret" not in str(refused.value), changes
    assert get_relationship(connection, *pair) == made


def test_who_is_not_there_cannot_be_connected(connection: Connection, pair: tuple[UUID, UUID]) -> None:
    ada, grace = pair
    with pytest.raises(ValueError, match="no relationship with itself"):
        create_relationship(connection, ada, ada, "colleagues")
    for kind, strength in (("secret", "weak"), ("colleagues", "secret")):
        with pytest.raises(ValueError, match=r"relationship_type|strength"):
            create_relationship(connection, ada, grace, kind, strength)
    with pytest.raises(ValueError, match="contact_id_1 is not a UUID"):
        create_relationship(connection, "secret", ada, "colleagues")
    nobody = UUID(int=1)
    with pytest.raises(LookupError, match=f"There is no contact {nobody}; it was deleted"):
        create_relationship(connection, ada, nobody, "colleagues")
    with pytest.raises(LookupError, match=f"No relationship {nobody}: it was deleted"):
        update_relationship(connection, nobody, {})
    assert count(connection, "relationships") == 0


def test_deleting_says_if_there_was_something(connection: Connection, pair: tuple[UUID, UUID]) -> None:
    made = create_relationship(connection, *pair, "colleagues")
    assert delete_relationship(connection, made.id)
    assert not delete_relationship(connection, str(made.id))
    again = create_relationship(connection, *reversed(pair), "colleagues")
    assert isinstance(again, Relationship)
    connection.execute(text("delete from contacts where id = :id"), {"id": pair[0]})
    assert not check_relationship(connection, *pair)

"""Who is the same company, and what becomes known of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.records import SponsorRecord
from prospecting.persistence.batches import Failure, Saved
from prospecting.persistence.companies import CompanyRow, find_current_company, upsert_companies
from prospecting.persistence.database import unit_of_work
from tests.db.factories import at_once, content, count, empty, ids, stored, versions


def save(connection: Connection, *rows: CompanyRow | tuple[str, str | None] | str) -> list[int]:
    """Ids of companies given as rows, as (name, website) or as names."""
    batch = [
        row if isinstance(row, CompanyRow) else CompanyRow(*row) if isinstance(row, tuple) else CompanyRow(row)
        for row in rows
    ]
    return ids(upsert_companies(connection, batch, source_system="test").saved)


def merge(connection: Connection, loser: int, winner: int) -> None:
    connection.execute(
        text("update companies set merged_into_id = :winner where id = :loser"), {"winner": winner, "loser": loser}
    )


SAME = [
    ("one name", "Acme", "Acme"),
    ("case, accents, punctuation, legal form", "Ácme, Inc.", "ACME LLC"),
    ("one domain in two spellings", ("Acme", "https://www.ACME.com/about?x=1"), ("Acme", "acme.com")),
    ("one domain, two names that fit it", ("Google LLC", "google.com"), ("Google Cloud", "google.com")),
    ("a careers page is the same site", ("Acme", "careers.acme.com"), ("Acme Careers", "acme.com")),
    ("a mention without a website", ("Acme", "acme.com"), "Acme"),
    ("a website that comes later", "Acme", ("Acme", "acme.com")),
    ("a website on a shared host identifies nobody", ("Acme", "https://facebook.com/acme"), "Acme"),
    ("an unusable website", ("Acme", "n/a"), ("Acme", "")),
]
DIFFERENT = [
    ("two names", "Acme", "Globex"),
    ("two domains", ("Acme", "acme.com"), ("Acme", "acme.org")),
    ("two companies without a website", ("Acme", ""), ("Globex", "")),
    ("two pages on a shared host", ("Acme", "https://facebook.com/acme"), ("Globex", "https://facebook.com/globex")),
]


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_same_company(
    connection: Connection, one: str | tuple[str, str], other: str | tuple[str, str], in_one_batch: bool
) -> None:
    found = save(connection, one, other) if in_one_batch else save(connection, one) + save(connection, other)
    assert found[0] == found[1]
    assert count(connection, "companies") == 1
    assert count(connection, "merge_candidates") == 0


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_different_companies(
    connection: Connection, one: str | tuple[str, str], other: str | tuple[str, str], in_one_batch: bool
) -> None:
    found = save(connection, one, other) if in_one_batch else save(connection, one) + save(connection, other)
    assert found[0] != found[1]
    assert [row["domain"] for row in stored(connection, "companies")] != ["", ""]


def test_a_company_adopts_its_first_domain_and_keeps_it(connection: Connection) -> None:
    (known,) = save(connection, "Acme")
    assert save(connection, ("Acme", "acme.com")) == [known]
    (second,) = save(connection, ("Acme", "acme.org"))
    assert second != known
    assert [row["domain"] for row in stored(connection, "companies", order="id")] == ["acme.com", "acme.org"]


def test_one_new_domain_is_adopted_by_one_of_two_like_names(connection: Connection) -> None:
    acme, cloud = save(connection, "Acme", "Acme Cloud")
    found = upsert_companies(
        connection, [CompanyRow("Acme", "acme.com"), CompanyRow("Acme Cloud", "acme.com")], source_system="test"
    )
    assert found.saved == [Saved(acme, False), Saved(acme, False)]
    assert stored(connection, "companies", "id, domain", "id") == [
        {"id": acme, "domain": "acme.com"},
        {"id": cloud, "domain": None},
    ]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_two_domains_of_one_name_are_on_record_with_the_evidence(connection: Connection, in_one_batch: bool) -> None:
    rows = (("Acme", "acme.com"), ("Acme Inc", "acme.org"))
    first, second = save(connection, *rows) if in_one_batch else [save(connection, row)[0] for row in rows]
    (pair,) = stored(connection, "merge_candidates")
    assert (pair["entity_type"], pair["left_id"], pair["right_id"]) == ("company", first, second)
    assert (pair["reason"], pair["status"]) == ("same_name_different_domain", "open")
    assert pair["evidence"]["name_key"] == "acme"
    assert sorted(pair["evidence"]["domains"]) == ["acme.com", "acme.org"]
    assert sorted(pair["evidence"]["names"]) == ["Acme", "Acme Inc"]


def test_a_decided_pair_is_not_opened_again(connection: Connection) -> None:
    save(connection, ("Acme", "acme.com"), ("Acme", "acme.org"))
    connection.execute(text("update merge_candidates set status = 'distinct'"))
    save(connection, ("Acme", "acme.com"), ("Acme", "acme.org"), "Acme")
    assert [row["status"] for row in stored(connection, "merge_candidates")] == ["distinct"]


def test_an_ambiguous_mention_means_the_company_known_longest(connection: Connection) -> None:
    (oldest,) = save(connection, ("Acme", "zzz.com"))
    save(connection, ("Acme", "aaa.com"), ("Acme", "bbb.com"))
    for _ in range(3):
        assert save(connection, "Acme") == [oldest]
    assert save(connection, ("Acme", "mmm.com"), "acme gmbh")[1] == oldest


def test_of_new_namesakes_the_first_named_is_known_longest(connection: Connection) -> None:
    first, _, ambiguous = save(connection, ("Acme", "zzz.com"), ("Acme", "aaa.com"), "Acme")
    assert ambiguous == first


def test_a_merged_company_answers_for_the_one_it_was_merged_into(connection: Connection) -> None:
    acme, globex = save(connection, ("Acme", "acme.com"), ("Globex", "globex.com"))
    merge(connection, acme, globex)
    before = versions(connection)
    assert save(connection, ("Acme", "acme.com"), "Acme", "Globex", ("Anything", "acme.com")) == [globex] * 4
    # What the mention is called does not matter: no row is made for it, and nothing is written to the one merged away.
    assert versions(connection) == before


def test_a_merged_company_without_a_domain_adopts_none(connection: Connection) -> None:
    acme, globex = save(connection, "Acme", ("Globex", "globex.com"))
    merge(connection, acme, globex)
    assert save(connection, "Acme") == [globex]
    (new,) = save(connection, ("Acme", "acme.com"))
    assert new not in (acme, globex)
    assert [row["domain"] for row in stored(connection, "companies") if row["id"] == acme] == [None]


def test_of_namesakes_the_one_not_merged_away_is_meant(connection: Connection) -> None:
    first, second = save(connection, ("Acme", "acme.com"), ("Acme", "acme.org"))
    merge(connection, first, second)
    assert save(connection, "Acme") == [second]


def test_a_new_namesake_of_one_merged_away_is_meant_at_once_and_later(connection: Connection) -> None:
    acme, globex = save(connection, "Acme", ("Globex", "globex.com"))
    merge(connection, acme, globex)
    assert save(connection, "Acme") == [globex]
    new, mentioned = save(connection, ("Acme", "acme.com"), "Acme")
    assert new == mentioned != globex
    assert save(connection, "Acme") == [new]


def test_gaps_are_filled_and_nothing_is_swapped_or_erased(connection: Connection) -> None:
    save(connection, CompanyRow("Acme", "acme.com", primary_industry="Rockets"))
    save(
        connection, CompanyRow("ACME GmbH", "https://acme.com/de", "linkedin.com/company/acme", "Anvils", "11-50", "d")
    )
    save(connection, CompanyRow("Acme", "acme.com"), CompanyRow("Acme", "acme.com", None, "", "", "  "))
    (row,) = stored(connection, "companies")
    assert (row["name"], row["name_key"], row["domain"]) == ("Acme", "acme", "acme.com")
    assert (row["primary_industry"], row["employee_range"], row["description"]) == ("Rockets", "11-50", "d")
    assert row["linkedin_url"] == "https://www.linkedin.com/company/acme"


def test_a_guessed_industry_gives_way_to_one_that_somebody_named(connection: Connection) -> None:
    def industry() -> tuple[str | None, bool]:
        (row,) = stored(connection, "companies")
        return row["primary_industry"], row["industry_is_guess"]

    def mention(industry: str | None, *, guess: bool = False) -> CompanyRow:
        return CompanyRow("Acme", "acme.com", primary_industry=industry, industry_is_guess=guess)

    save(connection, mention(None), mention("", guess=True))
    assert industry() == (None, False)
    save(connection, mention("Metal", guess=True))
    assert industry() == ("Metal", True)
    save(connection, mention("Money", guess=True), mention(None))
    assert industry() == ("Metal", True)
    before = versions(connection)
    save(connection, mention("Metal", guess=True))
    assert versions(connection) == before
    save(connection, mention("Money", guess=True), mention("Anvils"), mention("Rockets"))
    assert industry() == ("Anvils", False)
    save(connection, mention("Metal", guess=True), mention("Rockets"))
    assert industry() == ("Anvils", False)


def test_an_empty_text_leaves_room_for_a_value(connection: Connection) -> None:
    save(connection, CompanyRow("Acme", "", "", "", " ", ""))
    save(connection, CompanyRow("Acme", None, None, "Rockets", "11-50", "d"))
    (row,) = stored(connection, "companies")
    assert (row["primary_industry"], row["employee_range"], row["description"]) == ("Rockets", "11-50", "d")
    assert (row["domain"], row["website_url"], row["linkedin_url"]) == (None, None, None)


def test_in_a_batch_the_first_mention_that_knows_wins(connection: Connection) -> None:
    save(
        connection,
        CompanyRow("Acme", "acme.com"),
        CompanyRow("Acme", "acme.com", description="first"),
        CompanyRow("Acme", "acme.com", description="second", employee_range="1-10"),
    )
    (row,) = stored(connection, "companies")
    assert (row["description"], row["employee_range"]) == ("first", "1-10")


def test_a_persons_profile_is_no_company_profile(connection: Connection) -> None:
    save(connection, CompanyRow("Acme", None, "linkedin.com/in/jane"))
    assert stored(connection, "companies")[0]["linkedin_url"] is None


def test_a_company_without_a_name_is_refused_alone(connection: Connection) -> None:
    rows = [CompanyRow(name) for name in ("", "  ", "N/A", "---", "\x00", "x" * 600, "Acme")]
    result = upsert_companies(connection, rows, source_system="test")
    assert result.failures == [Failure(i, "missing_name", "The company has no usable name") for i in range(6)]
    assert result.saved[:6] == [None] * 6
    assert result.saved[6] is not None


def test_what_is_new_is_said_once(connection: Connection) -> None:
    result = upsert_companies(connection, [CompanyRow("Acme"), CompanyRow("ACME")], source_system="test")
    assert (result.created, [saved.is_new for saved in result.saved if saved]) == (1, [True, True])
    result = upsert_companies(connection, [CompanyRow("Acme"), CompanyRow("Globex")], source_system="test")
    assert (result.created, [saved.is_new for saved in result.saved if saved]) == (1, [False, True])


def test_from_sponsor_takes_everything_along(connection: Connection) -> None:
    sponsor = SponsorRecord("Acme", "gold", "https://acme.com", None, "linkedin.com/company/acme", None, "1-10", "d")
    row = CompanyRow.from_sponsor(sponsor, "Rockets", "https://anvilconf.io")
    assert row == CompanyRow(
        "Acme", "https://acme.com", "linkedin.com/company/acme", "Rockets", "1-10", "d", "https://anvilconf.io", True
    )
    named = CompanyRow.from_sponsor(SponsorRecord("Acme", industry="Anvils"), "Rockets")
    assert (named.primary_industry, named.industry_is_guess) == ("Anvils", False)
    assert not CompanyRow.from_sponsor(SponsorRecord("Acme")).industry_is_guess


def test_the_public_id_is_derived_from_the_id_and_grows_past_five_digits(connection: Connection) -> None:
    connection.execute(text("alter sequence companies_id_seq restart with 99999"))
    save(connection, "Acme", "Globex")
    assert [row["company_unique_id"] for row in stored(connection, "companies", order="id")] == [
        "04.04.01.99.99999.999",
        "04.04.01.00.100000.000",
    ]


def test_updated_at_moves_only_when_something_changed(engine: Engine) -> None:
    def times() -> dict[str, tuple[object, object]]:
        with engine.connect() as connection:
            rows = stored(connection, "companies")
        return {row["name"]: (row["updated_at"], row["written_by"]) for row in rows}

    with unit_of_work(engine) as connection:
        save(connection, "Acme", "Globex")
    before = times()
    with unit_of_work(engine) as connection:
        save(connection, CompanyRow("Acme", description="new"), "Globex")
    after = times()
    assert after["Acme"] > before["Acme"]
    assert after["Globex"] == before["Globex"]


# ------------------------------------------------------------------ any batches, twice, at once
NAMES = st.sampled_from(["Acme", "ACME Inc", "Globex", "Initech", "Umbrella"])
WEBSITES = st.sampled_from([None, None, "acme.com", "https://www.acme.com/x", "globex.com", "one.org", "two.org"])
ROWS = st.builds(
    CompanyRow,
    NAMES,
    WEBSITES,
    primary_industry=st.sampled_from([None, "", "Rockets", "Anvils"]),
    description=st.sampled_from([None, "a", "b"]),
)
BATCHES = st.lists(st.lists(ROWS, max_size=6), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_any_batches_again_change_nothing(shared_engine: Engine, batches: list[list[CompanyRow]]) -> None:
    with shared_engine.connect() as connection:
        first = [save(connection, *batch) for batch in batches]
        before = versions(connection)
        final = [save(connection, *batch) for batch in batches]
        assert versions(connection) == before
        # A batch alone may not have known yet what a later one brought; from then on every answer stands.
        assert [save(connection, *batch) for batch in batches] == final
        assert final == first
        domains = [row["domain"] for row in stored(connection, "companies") if row["domain"]]
        assert len(domains) == len(set(domains))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_each_batch_twice_is_each_batch_once(shared_engine: Engine, batches: list[list[CompanyRow]]) -> None:
    with shared_engine.connect() as connection:
        for batch in batches:
            save(connection, *batch)
        once = content(connection, "companies", "merge_candidates")
    with shared_engine.connect() as connection:
        for batch in batches:
            assert save(connection, *batch) == save(connection, *batch)
        assert content(connection, "companies", "merge_candidates") == once


def test_overlapping_batches_in_opposite_orders_at_once(engine: Engine) -> None:
    rows = [CompanyRow(f"Company {i}", f"company{i}.com" if i % 3 else None) for i in range(40)]
    aliases = [CompanyRow(f"Alias {i}", f"company{i}.com", description="d") for i in range(40) if i % 3]
    with unit_of_work(engine) as connection:
        save(connection, *rows)
        save(connection, *aliases)
        expected = content(connection, "companies")["companies"]
    chance = random.Random(7)
    for _ in range(4):
        empty(engine)
        batches = [rows, rows[::-1], rows + aliases, rows[20:] + rows[:20]]
        chance.shuffle(batches)
        answers = at_once(engine, [lambda connection, batch=batch: save(connection, *batch) for batch in batches])
        by_name = [
            dict(zip((row.name for row in batch), found, strict=True))
            for batch, found in zip(batches, answers, strict=True)
        ]
        assert all(found[row.name] == by_name[0][row.name] for found in by_name for row in rows)
        with engine.connect() as connection:
            assert content(connection, "companies")["companies"] == expected
            assert count(connection, "merge_candidates") == 0


def test_one_company_reached_by_different_keys_at_once(engine: Engine) -> None:
    """No key is common to both batches, so nothing but the order of row locks prevents a deadlock."""
    with unit_of_work(engine) as connection:
        save(connection, *[(f"Company {i}", f"company{i}.com") for i in range(60)])
    for field in ("primary_industry", "description", "employee_range"):
        by_domain = [CompanyRow(f"Other {i}", f"company{i}.com", **{field: "d"}) for i in range(60)]
        by_name = [CompanyRow(f"Company {i}", **{field: "d"}) for i in range(60)]
        at_once(
            engine,
            [
                lambda connection, rows=rows: save(connection, *rows)
                for rows in (by_domain, by_name[::-1], by_domain[::-1], by_name)
            ],
        )
        with engine.connect() as connection:
            assert count(connection, "companies") == 60
            assert {row[field] for row in stored(connection, "companies")} == {"d"}


def test_a_domain_that_arrives_twice_at_once_is_adopted_once(engine: Engine) -> None:
    for _ in range(5):
        empty(engine)
        with unit_of_work(engine) as connection:
            (known,) = save(connection, "Acme")
        answers = at_once(
            engine,
            [
                lambda connection, site=site: save(connection, ("Acme", site))
                for site in ("acme.com", "acme.org", "acme.com", "acme.org")
            ],
        )
        assert known in {answer[0] for answer in answers}
        with engine.connect() as connection:
            assert sorted(row["domain"] for row in stored(connection, "companies")) == ["acme.com", "acme.org"]
            assert count(connection, "merge_candidates") == 1


def test_the_name_shown_becomes_the_one_the_domain_spells(engine: Engine) -> None:
    first = CompanyRow("Acme's Developer Advocates", "https://acme-tools.com/advocates")
    better = CompanyRow("Acme Tools", "https://www.acme-tools.com")
    later = [CompanyRow("ACME TOOLS", "acme-tools.com"), CompanyRow("Acme Tools Cloud", "acme-tools.com"), first]
    shown = []
    for batch in ([first], [better], later, [first, better]):
        with engine.begin() as connection:
            upsert_companies(connection, batch, source_system="test")
            shown.append(connection.execute(text("select name, name_key from companies")).one())
    assert [name for name, _ in shown] == ["Acme's Developer Advocates", "Acme Tools", "Acme Tools", "Acme Tools"]
    assert len({key for _, key in shown}) == 1, "the key is identity and stays: the same mention means it tomorrow"


def test_the_current_company_is_the_one_it_was_merged_into(connection: Connection) -> None:
    loser, winner = save(connection, "Acme Limited Partners", "Acme")
    assert find_current_company(connection, loser) == loser
    merge(connection, loser, winner)
    assert [find_current_company(connection, company) for company in (loser, winner)] == [winner, winner]
    assert find_current_company(connection, winner + 1) is None

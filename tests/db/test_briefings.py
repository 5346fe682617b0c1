"""Briefings one at a time: who they are about, which research is current, where it comes from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.briefings import query_company_intel_briefings
from prospecting.persistence.database import TaskAttempt, unit_of_work
from tests.db.briefing_rows import RAW, UPSERTS, Upsert, at, company, each_table, icp, kept, person, raws
from tests.db.factories import (
    NASTY_TEXTS,
    a_run,
    a_submission,
    an_org,
    at_once,
    content,
    count,
    empty,
    hours,
    stored,
    versions,
)


@pytest.fixture
def acme(connection: Connection) -> UUID:
    return an_org(connection)


# ------------------------------------------------------------------------------------------------ one row per whom
@each_table
def test_the_row_is_answered_as_it_is_stored(connection: Connection, acme: UUID, table: str) -> None:
    answer = UPSERTS[table](connection, acme, parallel_run_id="trun_1", processor="ultra", researched_at=hours(1))
    assert [answer] == stored(connection, table)
    assert answer["raw_parallel_output"] == RAW
    assert (answer["parallel_run_id"], answer["processor"], answer["researched_at"]) == ("trun_1", "ultra", hours(1))
    assert answer["org_id"] == acme


def test_every_field_of_a_company_is_stored_as_given(connection: Connection, acme: UUID) -> None:
    given_texts = {
        "company_name": " Acme,  Inc. ",
        "client_company_name": "Globex",
        "client_company_description": "N/A",
    }
    row = company(connection, acme, **given_texts)
    assert {name: row[name] for name in given_texts} == given_texts


def test_every_field_of_a_person_is_stored_as_given(connection: Connection, acme: UUID) -> None:
    given_texts = {
        "person_full_name": "Dr. Jane  DOE",
        "person_current_company_name": "Acme",
        "person_current_job_title": "CEO",
        "client_company_name": "Globex",
        "client_company_description": "d",
        "customer_company_name": "Initech",
    }
    row = person(connection, acme, given_texts.pop("person_full_name"), **given_texts)
    assert {name: row[name] for name in given_texts} == given_texts
    assert row["person_full_name"] == "Dr. Jane  DOE"


@each_table
def test_blank_texts_are_unknown(connection: Connection, acme: UUID, table: str) -> None:
    blanks = dict.fromkeys(("parallel_run_id", "processor"), " \t\u00a0")
    if table == "person_intel_briefings":
        blanks |= dict.fromkeys(("person_current_company_name", "person_current_job_title", "client_company_name"), "")
        blanks |= dict.fromkeys(("client_company_description", "customer_company_name", "person_linkedin_url"), " ")
    elif table == "company_intel_briefings":
        blanks |= dict.fromkeys(("company_name", "client_company_name", "client_company_description"), "\n")
    else:
        blanks |= dict.fromkeys(("company_name", "company_description"), "")
    row = UPSERTS[table](connection, acme, **blanks)
    assert {name: row[name] for name in blanks} == dict.fromkeys(blanks)


SAME_DOMAIN = [
    "CoreWeave.com", "  https://WWW.CoreWeave.com/about?x=1 ", "coreweave.com/", "https://coreweave.com#f",
    "http://coreweave.com:443", "user:pw@CoreWeave.com", "coreweave.com.", "www.www.coreweave.com", "//coreweave.com",
    "https:///coreweave.com", "https://https://coreweave.com", "HTTPS://COREWEAVE.COM/",
]  # fmt: skip


@pytest.mark.parametrize("upsert", [company, icp], ids=["company", "icp"])
def test_any_spelling_of_a_domain_is_one_row(connection: Connection, acme: UUID, upsert: Upsert) -> None:
    rows = [upsert(connection, acme, spelling) for spelling in SAME_DOMAIN]
    assert {row["company_domain"] for row in rows} == {"coreweave.com"}
    assert len({row["id"] for row in rows}) == 1
    assert upsert(connection, acme, "bücher.de")["id"] == upsert(connection, acme, "xn--bcher-kva.de")["id"]


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "   ",
        "http://",
        "WWW.",
        "mailto:x@coreweave.com",
        "n/a",
        "localhost",
        "10.0.0.1",
        "\x00",
        "x" * 5000,
        None,
        5,
    ],
)
@pytest.mark.parametrize("upsert", [company, icp], ids=["company", "icp"])
def test_what_is_no_domain_is_refused_without_naming_it(
    connection: Connection, acme: UUID, upsert: Upsert, domain: Any
) -> None:
    with pytest.raises(ValueError, match=r"^company_domain has to be a company's own domain, such as acme\.com$"):
        upsert(connection, acme, domain)
    assert count(connection, "company_intel_briefings") + count(connection, "icp_job_titles") == 0


SAME_PROFILE = [
    "linkedin.com/in/x",
    "http://www.linkedin.com/in/X",
    "https://uk.linkedin.com/in/x",
    "www.linkedin.com/in/x/?trk=y",
]


def test_any_spelling_of_a_profile_is_stored_as_one(connection: Connection, acme: UUID) -> None:
    rows = [person(connection, acme, person_linkedin_url=spelling) for spelling in SAME_PROFILE]
    assert {row["person_linkedin_url"] for row in rows} == {"https://www.linkedin.com/in/x"}
    assert count(connection, "person_intel_briefings") == 1


@pytest.mark.parametrize("url", ["", "n/a", "linkedin.com", "https://www.linkedin.com/company/acme", "acme.com/in/x"])
def test_what_is_no_profile_is_unknown(connection: Connection, acme: UUID, url: str) -> None:
    assert person(connection, acme, person_linkedin_url=url)["person_linkedin_url"] is None


def test_an_unknown_client_is_one_client(connection: Connection, acme: UUID) -> None:
    for nobody in (None, "", "  "):
        company(connection, acme, client_company_name=nobody)
        person(connection, acme, client_company_name=nobody, person_current_company_name=nobody)
    company(connection, acme, client_company_name="Globex")
    person(connection, acme, person_current_company_name="Acme")
    assert count(connection, "company_intel_briefings") == 2
    assert count(connection, "person_intel_briefings") == 2


SAME_TEXT = ["SecurityPal", "securitypal ", "\tSECURITYPAL\n", "\u00a0SecurityPal", "Ｓecuritypal"]


def test_case_and_outer_blanks_make_no_second_row_and_the_client_is_spelled_as_it_was_last(
    connection: Connection, acme: UUID
) -> None:
    for number, spelling in enumerate(SAME_TEXT):
        company(connection, acme, client_company_name=spelling, **at(number))
        values = {"person_current_company_name": spelling, "client_company_name": spelling}
        person(connection, acme, ["Jim Higgins", "JIM HIGGINS", " jim higgins "][number % 3], **values, **at(number))
    (briefing,) = stored(connection, "company_intel_briefings")
    assert (briefing["client_company_name"], briefing["raw_parallel_output"]) == (SAME_TEXT[-1], {"hour": 4})
    (jim,) = stored(connection, "person_intel_briefings")
    assert (jim["person_full_name"], jim["person_current_company_name"]) == ("Jim Higgins", "SecurityPal")
    assert (jim["client_company_name"], jim["raw_parallel_output"]) == (SAME_TEXT[-1], {"hour": 4})
    before = versions(connection)
    company(connection, acme, client_company_name=SAME_TEXT[-1], **at(4))
    assert versions(connection) == before
    older = company(connection, acme, client_company_name="SECURITYPAL", **at(3.5))
    assert older["client_company_name"] == SAME_TEXT[-1], "older research does not say how the client is spelled"
    company(connection, acme, client_company_name="SecurityPal AI")
    assert count(connection, "company_intel_briefings") == 2


def test_orgs_do_not_share_briefings(connection: Connection, acme: UUID) -> None:
    globex = an_org(connection, "globex")
    for table, upsert in UPSERTS.items():
        assert upsert(connection, acme)["id"] != upsert(connection, globex)["id"]
        assert count(connection, table) == 2


# --------------------------------------------------------------------------------------------------- which is current
@each_table
def test_newer_research_replaces_and_what_it_replaces_is_kept(connection: Connection, acme: UUID, table: str) -> None:
    upsert = UPSERTS[table]
    first = upsert(connection, acme, **at(1))
    second = upsert(connection, acme, **at(2))
    assert (second["id"], second["raw_parallel_output"], second["researched_at"]) == (
        first["id"],
        {"hour": 2},
        hours(2),
    )
    assert kept(connection, table) == [(hours(1), {"hour": 1})]


@each_table
def test_older_research_changes_nothing_but_the_history(connection: Connection, acme: UUID, table: str) -> None:
    upsert = UPSERTS[table]
    before = upsert(connection, acme, **at(2), parallel_run_id="trun_2")
    after = upsert(connection, acme, **at(1), parallel_run_id="trun_1", processor=None)
    assert after == before
    assert kept(connection, table) == [(hours(1), {"hour": 1})]
    (line,) = stored(connection, f"{table}_history")
    assert line["record"]["parallel_run_id"] == "trun_1", "the line of history is about the older research"
    assert line["record"]["id"] == str(before["id"])
    assert (line["briefing_id"], line["org_id"]) == (before["id"], acme)


@each_table
def test_the_same_again_writes_nothing(connection: Connection, acme: UUID, table: str) -> None:
    upsert = UPSERTS[table]
    for number in (1, 3, 2):
        upsert(connection, acme, **at(number), processor="pro")
    before = versions(connection)
    for number in (1, 2, 3, 1):
        upsert(connection, acme, **at(number), processor="pro")
    upsert(connection, acme, raw_parallel_output={"hour": 3}, processor="pro")  # no date: the same is the same research
    assert versions(connection) == before


@each_table
def test_research_of_the_same_moment_is_corrected_by_the_last_write(
    connection: Connection, acme: UUID, table: str
) -> None:
    upsert = UPSERTS[table]
    upsert(connection, acme, researched_at=hours(1), raw_parallel_output={"v": 1})
    row = upsert(connection, acme, researched_at=hours(1), raw_parallel_output={"v": 2})
    assert (row["raw_parallel_output"], row["researched_at"]) == ({"v": 2}, hours(1))
    assert kept(connection, table) == [(hours(1), {"v": 1})]
    before = versions(connection)
    assert upsert(connection, acme, researched_at=hours(1), raw_parallel_output={"v": 2}) == row
    assert versions(connection) == before
    assert upsert(connection, acme, researched_at=hours(1), raw_parallel_output={"v": 1})["raw_parallel_output"] == {
        "v": 1
    }


@each_table
def test_research_that_says_the_same_later_is_newer_and_stays_known(
    connection: Connection, acme: UUID, table: str
) -> None:
    upsert = UPSERTS[table]
    upsert(connection, acme, researched_at=hours(1))
    assert upsert(connection, acme, researched_at=hours(2))["researched_at"] == hours(2)
    upsert(connection, acme, **at(3))
    assert [when for when, _ in kept(connection, table)] == [hours(1), hours(2)]
    before = versions(connection)
    for number in (1, 2):
        upsert(connection, acme, researched_at=hours(number))
    assert versions(connection) == before


@each_table
def test_force_puts_older_research_over_newer(connection: Connection, acme: UUID, table: str) -> None:
    upsert = UPSERTS[table]
    upsert(connection, acme, **at(2))
    row = upsert(connection, acme, **at(1), force=True)
    assert (row["raw_parallel_output"], row["researched_at"]) == ({"hour": 1}, hours(1))
    assert kept(connection, table) == [(hours(2), {"hour": 2})]
    before = versions(connection)
    upsert(connection, acme, **at(1), force=True)
    assert versions(connection) == before


@each_table
def test_without_a_date_research_is_of_when_its_run_finished_else_of_now(
    connection: Connection, acme: UUID, table: str
) -> None:
    upsert = UPSERTS[table]
    submission = a_submission(connection, acme)
    finished = a_run(connection, submission, finished_at=hours(5))
    running = a_run(connection, submission, status="running")
    assert upsert(connection, acme, source_pipeline_run_id=finished)["researched_at"] == hours(5)
    for values in ({"source_pipeline_run_id": running}, {}):
        row = upsert(connection, acme, raw_parallel_output={"v": len(values)}, **values)
        assert abs(row["researched_at"] - datetime.now(UTC)) < timedelta(minutes=5)
        assert row["raw_parallel_output"] == {"v": len(values)}


def test_of_one_moment_the_higher_run_is_newer(connection: Connection, acme: UUID) -> None:
    submission = a_submission(connection, acme)
    low, high = (a_run(connection, submission, id=UUID(int=number)) for number in (1, 2))
    for run in (high, low, high, low):
        row = company(
            connection, acme, raw_parallel_output={"run": str(run)}, researched_at=hours(1), source_pipeline_run_id=run
        )
        assert (row["source_pipeline_run_id"], row["raw_parallel_output"]) == (high, {"run": str(high)})
        assert row["researched_at"] == hours(1)
    without = company(connection, acme, raw_parallel_output={"run": ""}, researched_at=hours(1))
    assert without["raw_parallel_output"] == {"run": str(high)}


# --------------------------------------------------------------------------------------------------- gaps, provenance
def test_newer_research_keeps_what_it_does_not_say_of_the_company(connection: Connection, acme: UUID) -> None:
    known = {"company_name": "Acme", "client_company_description": "d"}
    company(connection, acme, **known, **at(1))
    row = company(connection, acme, company_name="ACME", **at(2))
    assert {name: row[name] for name in known} == {**known, "company_name": "ACME"}


def test_older_research_fills_gaps_and_swaps_nothing(connection: Connection, acme: UUID) -> None:
    person(connection, acme, person_current_job_title="CEO", **at(2))
    for _ in range(2):
        older = {"person_current_job_title": "CFO", "person_linkedin_url": "linkedin.com/in/jane"}
        row = person(connection, acme, **older, **at(1))
        assert row["person_current_job_title"] == "CEO"
        assert row["person_linkedin_url"] == "https://www.linkedin.com/in/jane"
        assert (row["raw_parallel_output"], row["researched_at"]) == ({"hour": 2}, hours(2))
    assert kept(connection, "person_intel_briefings") == [(hours(1), {"hour": 1})]


@each_table
def test_where_research_comes_from_is_never_that_of_other_research(
    connection: Connection, acme: UUID, table: str
) -> None:
    """Neither does what replaces it keep it, nor does what comes late fill it in."""
    upsert = UPSERTS[table]
    submission = a_submission(connection, acme)
    run, second_run = a_run(connection, submission), a_run(connection, submission)

    def origin(number: float, **values: Any) -> tuple[Any, ...]:
        row = upsert(connection, acme, **{**at(number), **values})
        named = ("source_submission_id", "source_pipeline_run_id", "parallel_run_id", "processor")
        return tuple(row[name] for name in named)

    assert origin(1, source_pipeline_run_id=run, parallel_run_id="trun_1", processor="pro") == (
        submission, run, "trun_1", "pro",
    ), "the run tells its submission"  # fmt: skip
    assert origin(2) == (None, None, None, None)
    assert origin(1.5, source_pipeline_run_id=run, parallel_run_id="trun_1", processor="pro") == (None,) * 4
    assert origin(3, source_submission_id=submission) == (submission, None, None, None)
    assert origin(4, source_pipeline_run_id=second_run, processor="ultra") == (submission, second_run, None, "ultra")
    assert origin(5, raw_parallel_output={"hour": 4}, parallel_run_id="trun_2") == (
        submission, second_run, "trun_2", "ultra",
    ), "the same research fills its gaps"  # fmt: skip
    assert origin(6, raw_parallel_output={"hour": 4}, parallel_run_id="trun_3") == (None, None, "trun_3", None), (
        "another run that says the same"
    )


@each_table
def test_one_deep_research_in_several_runs_of_a_submission_is_one(
    connection: Connection, acme: UUID, table: str
) -> None:
    submission = a_submission(connection, acme)
    first, second = (a_run(connection, submission, id=UUID(int=number)) for number in (1, 2))
    same = {"raw_parallel_output": {"a": 1}, "parallel_run_id": "trun_1", "processor": "pro"}
    upsert = UPSERTS[table]
    row = upsert(connection, acme, **same, source_pipeline_run_id=first, researched_at=hours(1))
    before = versions(connection)
    for number in (2, 0.5):
        again = upsert(connection, acme, **same, source_pipeline_run_id=second, researched_at=hours(number))
        assert again == row
    assert versions(connection) == before


@each_table
def test_a_briefing_outlives_the_submission_it_came_from(connection: Connection, acme: UUID, table: str) -> None:
    submission = a_submission(connection, acme)
    run = a_run(connection, submission)
    UPSERTS[table](connection, acme, source_pipeline_run_id=run, **at(1))
    connection.execute(text("delete from pipeline_runs"))
    assert [(row["source_submission_id"], row["source_pipeline_run_id"]) for row in stored(connection, table)] == [
        (submission, None)
    ]
    connection.execute(text("delete from submissions"))
    (row,) = stored(connection, table)
    assert (row["org_id"], row["source_submission_id"], row["raw_parallel_output"]) == (acme, None, {"hour": 1})


@each_table
def test_what_belongs_to_another_org_is_refused(connection: Connection, acme: UUID, table: str) -> None:
    upsert = UPSERTS[table]
    foreign = a_submission(connection, an_org(connection, "globex"))
    own, other = a_submission(connection, acme), a_submission(connection, acme)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"org_id": uuid4()}, "No org .* is stored"),
        ({"source_submission_id": foreign}, "No submission .* of the org"),
        ({"source_submission_id": uuid4()}, "No submission .* of the org"),
        ({"source_pipeline_run_id": a_run(connection, foreign)}, "No pipeline run .* of the org"),
        ({"source_pipeline_run_id": uuid4()}, "No pipeline run .* of the org"),
        (
            {"source_submission_id": own, "source_pipeline_run_id": a_run(connection, other)},
            "is not one of the submission",
        ),
    ]
    for values, message in refused:
        with pytest.raises(LookupError, match=message):
            upsert(connection, values.pop("org_id", acme), **values)
    assert count(connection, table) == 0
    upsert(connection, acme)  # the transaction goes on


@each_table
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"raw_parallel_output": {}}, "raw_parallel_output has to be an object"),
        ({"raw_parallel_output": None}, "raw_parallel_output has to be an object"),
        ({"raw_parallel_output": [RAW]}, "raw_parallel_output has to be an object"),
        ({"raw_parallel_output": "secret"}, "raw_parallel_output has to be an object"),
        ({"source_submission_id": "secret"}, "source_submission_id is not a UUID"),
        ({"source_pipeline_run_id": ""}, "source_pipeline_run_id is not a UUID"),
        ({"researched_at": datetime(2026, 1, 1)}, "researched_at has no time zone"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_stored_is_refused(
    connection: Connection, acme: UUID, table: str, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        UPSERTS[table](connection, acme, **values)
    assert "secret" not in str(refused.value)
    with pytest.raises(ValueError, match="org_id is not a UUID"):
        UPSERTS[table](connection, "acme")
    assert UPSERTS[table](connection, str(acme))["org_id"] == acme


@pytest.mark.parametrize("name", ["", " ", "N/A", "unknown", "\u00a0", "---", None, 7])
def test_a_person_needs_a_name(connection: Connection, acme: UUID, name: Any) -> None:
    with pytest.raises(ValueError, match=r"^person_full_name has to name a person$"):
        person(connection, acme, name)


def test_what_the_database_refuses_is_told_without_values_and_the_transaction_goes_on(
    connection: Connection, acme: UUID
) -> None:
    too_long_for_a_key = NASTY_TEXTS["long_random"]
    with pytest.raises(ValueError, match="The database refused the record") as refused:
        company(connection, acme, client_company_name=too_long_for_a_key)
    assert too_long_for_a_key[:20] not in str(refused.value)
    company(connection, acme)


@pytest.mark.parametrize("name", sorted(set(NASTY_TEXTS) - {"long_random"}))
def test_any_text_is_stored_once(connection: Connection, acme: UUID, name: str) -> None:
    nasty = NASTY_TEXTS[name]
    if len(nasty) > 2000:
        nasty = nasty[:2000]
    values = {"company_name": nasty, "client_company_name": nasty, "raw_parallel_output": {nasty: [nasty]}}
    first = company(connection, acme, **values, researched_at=hours(1))
    before = versions(connection)
    assert company(connection, acme, **values, researched_at=hours(1)) == first
    assert versions(connection) == before
    assert len(query_company_intel_briefings(connection, org_id=acme, client_company_name=nasty)) == 1


# ------------------------------------------------------------------------------------------------------ any order
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "company_name": st.sampled_from(["Acme", "ACME", ""]),
        "client_company_description": st.sampled_from(["d", "e"]),
        "processor": st.sampled_from(["pro", "ultra"]),
        "source": st.sampled_from(["submission", "run", "other run"]),
    },
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=FIELDS, second=FIELDS)
def test_two_research_runs_end_the_same_in_either_order(
    shared_engine: Engine, first: dict[str, Any], second: dict[str, Any]
) -> None:
    found = []
    for order in ((1, 2), (2, 1), (1, 2, 1, 2), (2, 1, 1)):
        with shared_engine.connect() as connection:
            org = an_org(connection)
            submission, other = (a_submission(connection, org, id=UUID(int=number)) for number in (1, 2))
            sources = {
                "submission": {"source_submission_id": submission},
                "run": {"source_pipeline_run_id": a_run(connection, submission, id=UUID(int=3))},
                "other run": {"source_pipeline_run_id": a_run(connection, other, id=UUID(int=4))},
            }
            for number in order:
                values = dict((first, second)[number - 1])
                company(connection, org, **sources.get(values.pop("source", ""), {}), **values, **at(number))
            columns = "source_submission_id, source_pipeline_run_id"
            found.append(
                (
                    content(connection, "company_intel_briefings"),
                    stored(connection, "company_intel_briefings", columns),
                    kept(connection, "company_intel_briefings"),
                )
            )
    assert found == [found[0]] * 4


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_in_any_order_the_newest_is_current_and_each_other_is_kept_once(
    shared_engine: Engine, order: list[int]
) -> None:
    for table, upsert in UPSERTS.items():
        with shared_engine.connect() as connection:
            org = an_org(connection)
            for number in order:
                upsert(connection, org, **at(number))
            newest, *others = sorted(set(order), reverse=True)
            assert raws(connection, table) == [{"hour": newest}]
            assert kept(connection, table) == [(hours(number), {"hour": number}) for number in reversed(others)]


# --------------------------------------------------------------------------------------------------------- at once
def test_two_at_once_make_one_row_and_the_newer_one_is_current(engine: Engine) -> None:
    for attempt in range(6):
        empty(engine)
        with unit_of_work(engine) as connection:
            org = an_org(connection)
        numbers = [1, 2, 3] if attempt % 2 else [3, 2, 1]
        for table, upsert in UPSERTS.items():
            at_once(
                engine,
                [
                    lambda connection, org=org, number=number, upsert=upsert: upsert(connection, org, **at(number))
                    for number in numbers
                ],
            )
            with engine.connect() as connection:
                assert raws(connection, table) == [{"hour": 3}]
                assert [raw for _, raw in kept(connection, table)] == [{"hour": 1}, {"hour": 2}]


@pytest.mark.parametrize("spellings", [("ΟΔΟΣ", "οδοσ"), ("Straße", "STRASSE"), ("É", "É"), ("İ", "i̇")])
def test_spellings_that_are_one_key_never_collide(engine: Engine, spellings: tuple[str, str]) -> None:
    """Whatever the database holds to be one name must wait for the same lock, or one writer would be refused."""
    for _ in range(3):
        empty(engine)
        with unit_of_work(engine) as connection:
            org = an_org(connection)
        at_once(
            engine,
            [lambda connection, org=org, name=name: person(connection, org, f"Jane {name}") for name in spellings * 2],
        )
        with engine.connect() as connection:
            keys = "count(distinct text_key(person_full_name)) as keys, count(*) as persons"
            assert {row["keys"] == row["persons"] for row in stored(connection, "person_intel_briefings", keys)} == {
                True
            }


def test_who_wrote_a_row_is_named(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        org = an_org(connection)
    for number in (1, 2):
        attempt = TaskAttempt("briefing_backfill", "manual__1", "backfill_submission", 0, number)
        with unit_of_work(engine, attempt) as connection:
            company(connection, org, **at(number))
    with engine.connect() as connection:
        first, second = (row["id"] for row in stored(connection, "task_attempts", order="try_number"))
        assert [row["written_by"] for row in stored(connection, "company_intel_briefings")] == [second]
        (line,) = stored(connection, "company_intel_briefings_history")
        assert (line["written_by"], line["record"]["written_by"]) == (second, first)

"""Saving what past and present steps found: what counts, what is left out and why, pages, waves, failures, dry runs."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, text

from prospecting.parsing.briefings import Kind, read_raw
from prospecting.persistence.briefings import (
    SaveCounts,
    save_briefings,
    upsert_company_intel_briefing,
    upsert_icp_job_titles,
    upsert_person_intel_briefing,
)
from prospecting.persistence.database import unit_of_work
from tests.db.factories import (
    NASTY_TEXTS,
    WRITERS,
    a_run,
    at_once,
    content,
    count,
    empty,
    hours,
    killed_midway,
    researched,
    stored,
    versions,
)
from tests.db.past_research import RESULTS, TABLES, WHO, Past, counts, each_kind, notes, raws


@pytest.fixture
def past(connection: Connection) -> Past:
    return Past(connection)


# ------------------------------------------------------------------------------------------------------ what is saved
@each_kind
def test_a_result_becomes_a_row_with_all_it_says(past: Past, kind: Kind) -> None:
    fields = {
        "company": {"company_name": "Acme", "client_company_name": "Globex", "client_company_description": "d"},
        "person": {
            "linkedin_url": "linkedin.com/in/jane",
            "title": "CEO",
            "person_current_company_name": "Acme",
            "client_company_name": "Globex",
            "customer_company_name": "Initech",
        },
        "icp_job_titles": {"company_name": "Acme", "company_description": "d"},
    }[kind]
    step = past.found(kind, {"titles": [{"title": "CISO"}]}, fields=fields)
    assert save_briefings(past.connection, kind, [step]) == counts(1, upserted=1)
    (row,) = stored(past.connection, TABLES[kind])
    expected: dict[str, Any] = {
        "company": {**fields, "company_domain": "acme.com"},
        "person": {
            "person_full_name": "Jane Doe",
            "person_linkedin_url": "https://www.linkedin.com/in/jane",
            "person_current_job_title": "CEO",
            "person_current_company_name": "Acme",
            "client_company_name": "Globex",
            "client_company_description": None,
            "customer_company_name": "Initech",
        },
        "icp_job_titles": {**fields, "company_domain": "acme.com", "extracted_titles": ["CISO"]},
    }[kind]
    expected |= {
        "org_id": past.org,
        "raw_parallel_output": {"titles": [{"title": "CISO"}]},
        "parallel_run_id": "trun_1",
        "processor": "pro",
        "source_submission_id": past.submission,
        "source_pipeline_run_id": past.run,
        "researched_at": hours(1),
    }
    assert {name: row[name] for name in expected} == expected
    assert notes(past.connection) == {step: (kind, "written", None, 1)}


def test_empty_texts_are_unknown_and_the_second_name_of_a_field_is_read(past: Past) -> None:
    output = researched(
        "company", "", {"a": 1}, target_company_domain="www.acme.com", company_name="", target_company_name="Acme"
    )
    nobody = {
        "full_name": " ",
        "person_full_name": "Jane Doe",
        "linkedin_url": "",
        "title": "",
        "person_current_job_title": "CEO",
    }
    save_briefings(past.connection, "company", [past.step("company", output)])
    save_briefings(past.connection, "person", [past.step("person", researched("person", "", {"a": 1}, **nobody))])
    (company,) = stored(past.connection, "company_intel_briefings")
    assert (company["company_domain"], company["company_name"]) == ("acme.com", "Acme")
    (person,) = stored(past.connection, "person_intel_briefings")
    assert (person["person_full_name"], person["person_current_job_title"]) == ("Jane Doe", "CEO")
    assert (company["client_company_name"], person["person_linkedin_url"]) == (None, None)


@pytest.mark.parametrize(
    ("step", "run", "expected"),
    [
        ({"finished_at": hours(1), "started_at": hours(0)}, {"finished_at": hours(9), "started_at": hours(8)}, 1),
        ({"finished_at": None, "started_at": hours(2)}, {"finished_at": hours(9), "started_at": hours(8)}, 9),
        ({"finished_at": None, "started_at": hours(2)}, {"finished_at": None, "started_at": hours(8)}, 2),
        ({"finished_at": None}, {"finished_at": None, "started_at": hours(8)}, 8),
        ({"finished_at": None, "created_at": hours(3)}, {"finished_at": None}, 3),
    ],
)
def test_research_is_as_old_as_the_best_time_known(
    past: Past, step: dict[str, Any], run: dict[str, Any], expected: int
) -> None:
    run_id = a_run(past.connection, past.submission, **run)
    save_briefings(past.connection, "company", [past.found("company", run=run_id, **step)])
    assert [row["researched_at"] for row in stored(past.connection, "company_intel_briefings")] == [hours(expected)]


# ------------------------------------------------------------------------------------------------- what is left out
ENVELOPE = {"run": {"run_id": "trun_1"}}
WITHOUT = [
    ("a status that is not found", {"result_status": "not_found"}, None, "not_found", False),
    ("a failed one", {"result_status": "failed"}, None, "not_found", False),
    ("a verified one", {"result_status": "verified"}, None, "not_found", False),
    ("no status", {"result_status": None}, None, "not_found", False),
    ("another operation", {"operation_id": "company.derive.other"}, None, "wrong_operation", False),
    ("an operation in another case", {"operation_id": "Company.Derive.Intel_Briefing"}, None, "wrong_operation", False),
    ("an operation with a blank", {"operation_id": "company.derive.intel_briefing "}, None, "wrong_operation", False),
    ("a longer operation", {"operation_id": "company.derive.intel_briefing.v2"}, None, "wrong_operation", False),
    ("no response", {}, {"parallel_raw_response": None}, "no_output", True),
    ("an empty response", {}, {"parallel_raw_response": {}}, "no_output", True),
    ("a response that is text", {}, {"parallel_raw_response": "{}"}, "no_output", True),
    ("empty content", {}, {"parallel_raw_response": {**ENVELOPE, "output": {"content": {}}}}, "empty_output", True),
    ("an empty list", {}, {"parallel_raw_response": {**ENVELOPE, "output": {"content": []}}}, "empty_output", True),
    ("blank text", {}, {"parallel_raw_response": {**ENVELOPE, "output": {"content": " \n"}}}, "empty_output", True),
    ("prose", {}, {"parallel_raw_response": {**ENVELOPE, "output": {"content": "Acme is big."}}}, "text_output", True),
    ("a list", {}, {"parallel_raw_response": {**ENVELOPE, "output": {"content": [1]}}}, "not_an_object", True),
    *(
        (f"{reason}, {place}", {}, {"parallel_raw_response": wrap(content)}, reason, True)
        for reason, content in (
            ("text_output", {"text": "# Acme\n" * 50, "citations": [{"quote": "long " * 50}]}),
            ("text_output", {"content": [{"type": "text", "text": "# Acme\n" * 50}]}),
            ("error_output", {"error": {"message": "rate limited " * 20}, "message": "Try again later " * 20}),
            ("empty_output", {"executive_summary": None, "history": {"a": None}, "notes": [""]}),
            ("empty_output", {"company_name": "Acme", "client_company_description": "long " * 50, "summary": None}),
        )
        for place, wrap in (
            ("in its envelope", lambda content: {**ENVELOPE, "output": {"content": content}}),
            ("bare", lambda content: content),
        )
    ),
    ("no domain", {}, {"domain": ""}, "no_domain", True),
    ("a domain that is none", {}, {"domain": "n/a"}, "no_domain", True),
    ("a domain of another type", {}, {"domain": ["acme.com"]}, "no_domain", True),
]


@pytest.mark.parametrize(
    ("columns", "output", "reason", "is_rejected"), [c[1:] for c in WITHOUT], ids=[c[0] for c in WITHOUT]
)
def test_what_cannot_be_a_briefing_is_left_out_with_its_reason(
    past: Past, columns: dict[str, Any], output: dict[str, Any] | None, reason: str, is_rejected: bool
) -> None:
    good = past.found("company", who="globex.com")
    bad = past.step("company", researched("company", "acme.com", {"a": 1}, **(output or {})), **columns)
    for _ in range(2):
        expected = counts(2, upserted=1, **{reason: 1})
        assert save_briefings(past.connection, "company", [bad, good], dry_run=True) == expected
        assert save_briefings(past.connection, "company", [bad, good]) == expected
        assert [row["company_domain"] for row in stored(past.connection, "company_intel_briefings")] == ["globex.com"]
        assert (notes(past.connection).get(bad) == ("company", "rejected", reason, 1)) == is_rejected
        assert (bad in notes(past.connection)) == is_rejected
        past.connection.execute(text("delete from company_intel_briefings"))
    assert not any("acme" in (row["detail"] or "") for row in stored(past.connection, "briefing_writes"))


@pytest.mark.parametrize("output", [None, [], "text", 5, {}])
def test_an_output_that_is_no_object_is_no_output(past: Past, output: Any) -> None:
    step = past.step("company", output)
    assert save_briefings(past.connection, "company", [step]) == counts(1, no_output=1)


@pytest.mark.parametrize(
    "payload", [None, "null", "{}", "[]", '"x"', '{"operation_result": null}', '{"operation_result": []}']
)
def test_any_payload_is_survived(past: Past, payload: str | None) -> None:
    step = past.step("company", None, output_payload=payload)
    assert save_briefings(past.connection, "company", [step]) == counts(1, wrong_operation=1)


@pytest.mark.parametrize("name", ["", "N/A", None, ["Jane"], "\u00a0"])
def test_a_person_without_a_name_is_left_out(past: Past, name: Any) -> None:
    step = past.step("person", researched("person", name, {"a": 1}))
    assert save_briefings(past.connection, "person", [step]) == counts(1, no_name=1)


def test_each_kind_takes_its_own_operation_only(past: Past) -> None:
    steps = {kind: past.found(kind) for kind in TABLES}
    for kind, table in TABLES.items():
        assert save_briefings(past.connection, kind, list(steps.values())) == counts(3, upserted=1, wrong_operation=2)
        assert count(past.connection, table) == 1
    assert {step: note[:2] for step, note in notes(past.connection).items()} == {
        step: (kind, "written") for kind, step in steps.items()
    }


def test_ids_of_nothing_are_counted_and_ids_twice_are_one(past: Past) -> None:
    step = past.found("company")
    assert save_briefings(past.connection, "company", []) == SaveCounts()
    assert save_briefings(past.connection, "company", [uuid4(), step, step]) == counts(2, upserted=1, gone=1)


# ---------------------------------------------------------------------------------------------------- shapes of answers
@pytest.mark.parametrize(
    "response",
    [
        {"run": {}, "output": {"type": "json", "basis": [], "content": {"a": 1}}},
        {"output": {"content": '{"a": 1}', "type": "text"}},
        {"output": {"content": 'Here it is:\n```json\n{"a": 1}\n```\nEnjoy.'}},
        {"a": 1},
        {"output": {"content": '{"a": 1} {"usage": {"tokens": 12}}'}},
        {"output": {"content": {"name": "submit_briefing", "arguments": {"a": 1}}}},
        {"output": {"content": {"text": '{"a": 1}'}}},
    ],
    ids=["envelope", "JSON as text", "JSON in prose", "bare", "followed by more", "a call", "JSON as a member"],
)
@each_kind
def test_the_briefing_is_found_in_every_shape(past: Past, kind: Kind, response: dict[str, Any]) -> None:
    output = researched(kind, WHO[kind], None, parallel_raw_response=response)
    assert save_briefings(past.connection, kind, [past.step(kind, output)]) == counts(1, upserted=1)
    assert raws(past.connection, kind) == [{"a": 1}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", " ", "x", '{"a": 1}', "[]"]),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.sampled_from("ab"), children, max_size=2),
    max_leaves=4,
)
RESPONSES = JSON | st.fixed_dictionaries(
    {"output": JSON | st.fixed_dictionaries({"content": JSON})}, optional={"run": JSON}
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(response=RESPONSES)
def test_what_is_stored_is_what_parsing_reads(shared_engine: Engine, response: Any) -> None:
    with shared_engine.connect() as connection:
        past = Past(connection)
        output = researched("company", "acme.com", None, parallel_raw_response=response)
        saved = save_briefings(connection, "company", [past.step("company", output)])
        expected = read_raw(response)
        if isinstance(expected, dict):
            assert (saved, raws(connection, "company")) == (counts(1, upserted=1), [expected])
        else:
            assert (saved, raws(connection, "company")) == (counts(1, **{expected.reason: 1}), [])


@pytest.mark.parametrize("name", sorted(set(NASTY_TEXTS) - {"nul", "lone_surrogate", "swapped_surrogates"}))
def test_any_text_survives(past: Past, name: str) -> None:
    nasty = NASTY_TEXTS[name]
    step = past.found("icp_job_titles", {nasty: nasty, "titles": [{"title": nasty}]}, fields={"company_name": nasty})
    assert save_briefings(past.connection, "icp_job_titles", [step]) == counts(1, upserted=1)
    before = versions(past.connection)
    assert save_briefings(past.connection, "icp_job_titles", [step]) == counts(1, unchanged=1)
    assert versions(past.connection) == before


# ------------------------------------------------------------------------------------------------------ again and again
@each_kind
def test_again_nothing_is_written(past: Past, kind: Kind) -> None:
    steps = [past.found(kind, {"n": number}, finished_at=hours(number % 4)) for number in range(6)]
    steps.append(past.step(kind, None))
    first = save_briefings(past.connection, kind, steps)
    assert first == counts(7, upserted=6, no_output=1)
    before = versions(past.connection)
    for order in (steps, steps[::-1], steps[3:]):
        again = save_briefings(past.connection, kind, order)
        assert (again.upserted, again.unchanged) == (0, len(order) - 1)
    for step in steps:
        save_briefings(past.connection, kind, [step])
    assert versions(past.connection) == before


@each_kind
def test_what_is_partly_there_is_completed(past: Past, kind: Kind) -> None:
    steps = [past.found(kind, {"n": number}) for number in range(4)]
    save_briefings(past.connection, kind, steps[2:3])
    assert save_briefings(past.connection, kind, steps) == counts(4, upserted=3, unchanged=1)
    assert raws(past.connection, kind) == [{"n": 3}]
    history = stored(past.connection, f"{TABLES[kind]}_history", "*", "researched_at")
    assert [line["record"]["raw_parallel_output"] for line in history] == [{"n": 0}, {"n": 1}, {"n": 2}]


@each_kind
def test_a_backfill_after_live_research_leaves_it_alone(past: Past, kind: Kind) -> None:
    old = past.found(kind, {"n": "old"}, finished_at=hours(1))
    live = past.found(kind, {"n": "live"}, finished_at=hours(2))
    save_briefings(past.connection, kind, [live])
    before = stored(past.connection, TABLES[kind])
    assert save_briefings(past.connection, kind, [old, live]) == counts(2, upserted=1, unchanged=1)
    assert stored(past.connection, TABLES[kind]) == before
    assert save_briefings(past.connection, kind, [old], force=True) == counts(1, upserted=1)
    assert raws(past.connection, kind) == [{"n": "old"}]


def test_a_step_that_ran_again_is_newer(past: Past) -> None:
    step = past.found("company", {"n": 1})
    save_briefings(past.connection, "company", [step])
    past.connection.execute(
        text(
            "update step_results set finished_at = finished_at + interval '1 hour', output_payload = "
            "jsonb_set(output_payload, '{operation_result,output,parallel_raw_response,output,content}', '{\"n\": 2}')"
        )
    )
    assert save_briefings(past.connection, "company", [step]) == counts(1, upserted=1)
    assert raws(past.connection, "company") == [{"n": 2}]
    assert notes(past.connection)[step] == ("company", "written", None, 1)


def test_a_save_killed_midway_leaves_nothing_and_the_next_is_complete(engine: Engine, database_url: str) -> None:
    killed_midway(database_url, "briefings")
    with engine.connect() as connection:
        assert not any(content(connection).values())
    with unit_of_work(engine, timeout_seconds=30) as connection:
        WRITERS["briefings"](connection)
        after_kill = content(connection)
    empty(engine)
    with unit_of_work(engine) as connection:
        WRITERS["briefings"](connection)
        assert content(connection) == after_kill


def test_overlapping_pages_at_once_end_as_one_after_the_other(engine: Engine) -> None:
    for _ in range(4):
        empty(engine)
        with unit_of_work(engine) as connection:
            past = Past(connection)
            letters = "ABCDEFGH"
            steps = {
                kind: [
                    past.found(kind, {"n": n}, f"{letters[n % 8]}ane Doe" if kind == "person" else f"{n % 8}.com")
                    for n in range(24)
                ]
                for kind in TABLES
            }
            for kind, ids in steps.items():
                save_briefings(connection, kind, ids[:8])
        for kind, ids in steps.items():
            # All of them judge by the rows there are: newer ones, older ones, and both, in opposite orders.
            pages = (ids[16:], ids[8:16], ids[::-1], ids)
            at_once(
                engine,
                [lambda connection, kind=kind, page=page: save_briefings(connection, kind, page) for page in pages],
            )
            with engine.connect() as connection:
                assert sorted(raw["n"] for raw in raws(connection, kind)) == list(range(16, 24))
                assert count(connection, f"{TABLES[kind]}_history") == 16
                assert {note[1] for note in notes(connection).values()} == {"written"}


# -------------------------------------------------------------------------------------------- many are as one by one
RESEARCH = st.fixed_dictionaries(
    {"who": st.sampled_from(["a.com", "b.com"]), "client": st.sampled_from([None, "Globex", " GLOBEX"])},
    optional={
        "company_name": st.sampled_from(["A", "B", ""]),
        "client_company_description": st.sampled_from(["d", "e"]),
        "parallel_run_id": st.sampled_from(["", "trun_2"]),
    },
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(RESEARCH, min_size=1, max_size=7), data=st.data())
def test_any_pages_end_like_upserts_one_by_one(
    shared_engine: Engine, runs: list[dict[str, Any]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(runs))))
    cuts = data.draw(st.lists(st.integers(0, len(order)), max_size=3).map(sorted))
    pages = [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    # Which of three fills a gap may depend on their order; which one is current never does.
    keys = [(research["who"], (research["client"] or "").strip().lower()) for research in runs]
    is_strict = max(map(keys.count, keys)) <= 2
    with shared_engine.connect() as connection:
        past = Past(connection)
        steps = [past.step("company", _output(number, research)) for number, research in enumerate(runs)]
        for page in pages:
            save_briefings(connection, "company", [steps[number] for number in page])
        saved = _rows(connection, is_strict), content(connection, "company_intel_briefings_history")
        before = versions(connection)
        save_briefings(connection, "company", steps)
        assert versions(connection) == before
    with shared_engine.connect() as connection:
        past = Past(connection)
        for number, research in enumerate(runs):
            output = _output(number, research)
            names = (
                "company_name",
                "client_company_name",
                "client_company_description",
                "parallel_run_id",
                "processor",
            )
            upsert_company_intel_briefing(
                connection,
                org_id=past.org,
                company_domain=output["domain"],
                raw_parallel_output={"n": number},
                researched_at=hours(number + 1),
                source_pipeline_run_id=past.run,
                **{name: output.get(name) for name in names},
            )
        assert saved == (
            _rows(connection, is_strict),
            content(connection, "company_intel_briefings_history"),
        )


def _rows(connection: Connection, is_strict: bool) -> list[dict[str, Any]]:
    columns = "company_domain, text_key(client_company_name) as client, raw_parallel_output, researched_at"
    more = ", company_name, client_company_description, parallel_run_id, processor" if is_strict else ""
    return stored(connection, "company_intel_briefings", columns + more, "1, 2")


def _output(number: int, research: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in research.items() if name not in ("who", "client")}
    return researched("company", research["who"], {"n": number}, client_company_name=research["client"], **rest)


def test_live_and_backfill_store_the_same_for_every_kind(shared_engine: Engine) -> None:
    found = []
    for is_backfill in (True, False):
        with shared_engine.connect() as connection:
            past = Past(connection)
            for kind, upsert in (
                ("company", upsert_company_intel_briefing),
                ("person", upsert_person_intel_briefing),
                ("icp_job_titles", upsert_icp_job_titles),
            ):
                raw = {"titles": ["CISO", "CTO"]}
                if is_backfill:
                    save_briefings(connection, kind, [past.found(kind, raw, finished_at=hours(1))])  # type: ignore[arg-type]
                else:
                    who = {"person_full_name": "Jane Doe"} if kind == "person" else {"company_domain": "acme.com"}
                    upsert(
                        connection,
                        org_id=past.org,
                        **who,
                        raw_parallel_output=raw,
                        parallel_run_id="trun_1",
                        processor="pro",
                        source_pipeline_run_id=past.run,
                        researched_at=hours(1),
                    )
            found.append(content(connection, *RESULTS))
    assert found[0] == found[1]
    assert len(found[0]["extracted_icp_job_title_details"]) == 2


@each_kind
def test_in_one_page_the_oldest_comes_first(past: Past, kind: Kind) -> None:
    """More about one company or person than one statement can merge."""
    steps = [past.found(kind, {"n": n, "titles": [f"Title {n}"]}, finished_at=hours(100 - n)) for n in range(20)]
    assert save_briefings(past.connection, kind, steps) == counts(20, upserted=20)
    assert [raw["n"] for raw in raws(past.connection, kind)] == [0]
    assert count(past.connection, f"{TABLES[kind]}_history") == 19
    if kind == "icp_job_titles":
        assert [row["title"] for row in stored(past.connection, "extracted_icp_job_title_details")] == ["Title 0"]


def test_steps_of_one_run_and_moment_are_decided_once(past: Past) -> None:
    steps = [past.found("company", {"n": n}, finished_at=hours(1)) for n in range(3)]
    save_briefings(past.connection, "company", steps)
    assert raws(past.connection, "company") == [{"n": 2}]
    assert [row["researched_at"] for row in stored(past.connection, "company_intel_briefings")] == [hours(1)]
    before = versions(past.connection)
    save_briefings(past.connection, "company", steps[::-1])
    assert versions(past.connection) == before


# -------------------------------------------------------------------------------------------------- looked up by key
LOADED: dict[Kind, str] = {
    "company": """insert into company_intel_briefings (org_id, company_domain, client_company_name, raw_parallel_output)
        select :org, 'company' || n || '.com', 'Globex', '{"a": 1}' from generate_series(1, 20000) as n""",
    "person": """insert into person_intel_briefings (org_id, person_full_name, client_company_name, raw_parallel_output)
        select :org, 'Jane ' || n, 'Globex', '{"a": 1}' from generate_series(1, 20000) as n""",
    "icp_job_titles": """insert into icp_job_titles (org_id, company_domain, raw_parallel_output)
        select :org, 'company' || n || '.com', '{"a": 1}' from generate_series(1, 20000) as n""",
}


@pytest.mark.parametrize("is_analyzed", [False, True])
@each_kind
def test_rows_are_looked_up_by_key_however_many_there_are(past: Past, kind: Kind, is_analyzed: bool) -> None:
    """Also before the tables have statistics, in the middle of a first backfill; and only those of the kind."""
    connection, table = past.connection, TABLES[kind]
    connection.execute(text(LOADED[kind]), {"org": past.org})
    connection.execute(
        text(
            f"insert into {table}_history (briefing_id, org_id, record, researched_at, digest) "
            f"select id, org_id, '{{}}', now(), id::text from {table}"
        )
    )
    if is_analyzed:
        connection.execute(text(f"analyze {table}, {table}_history, step_results"))
    steps = [past.found(kind, {"n": n}, f"Jane {n}" if kind == "person" else f"company{n}.com") for n in range(1, 40)]
    sent: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> None:
        sent.append((sql, parameters))

    event.listen(connection.engine, "before_cursor_execute", keep)
    try:
        assert save_briefings(connection, kind, steps) == counts(39, upserted=39)
    finally:
        event.remove(connection.engine, "before_cursor_execute", keep)
    looked_at = [sent_one for sent_one in sent if "over about" in sent_one[0] or "with planned" in sent_one[0]]
    assert len(looked_at) == 2
    for sql, parameters in looked_at:
        plan = connection.exec_driver_sql(f"explain {sql}", parameters).scalars().all()
        assert not [line for line in plan if re.search(rf"Seq Scan on {table}", line)], "\n".join(plan)
        assert any(re.search(rf"Index.* on {table}", line) for line in plan)
        assert not [line for line in plan for other in TABLES.values() if other != table and f" on {other}" in line]

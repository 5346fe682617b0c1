"""The output of deep research, as fields of the briefing tables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.briefings import (
    FIELDS,
    OPERATION_IDS,
    BriefingAnswer,
    BriefingFields,
    Kind,
    read_answer,
    read_fields,
    read_raw,
)
from prospecting.parsing.records import Rejected

KINDS: list[Kind] = ["company", "person", "icp_job_titles"]
COMPANY = {
    "parallel_run_id": "trun_1",
    "processor": "ultra",
    "client_company_name": "SecurityPal ",
    "client_company_description": "Answers questionnaires.",
    "target_company_name": "CoreWeave",
    "target_company_domain": "coreweave.com",
    "target_company_industry": "",
    "parallel_raw_response": {"output": {"content": {"a": 1}}},
    "domain": "https://WWW.CoreWeave.com/about?x=1",
    "company_name": "CoreWeave, Inc.",
}
PERSON = {
    "parallel_run_id": "trun_2",
    "processor": "pro",
    "client_company_name": "SecurityPal",
    "client_company_description": "",
    "customer_company_name": "",
    "person_full_name": "Jim Higgins",
    "person_linkedin_url": "https://uk.linkedin.com/in/Jim-Higgins/",
    "person_current_job_title": "CISO",
    "person_current_company_name": "Netskope",
    "full_name": "  Jim  HIGGINS",
    "linkedin_url": "",
    "title": "",
}
ICP = {
    "parallel_run_id": "trun_3",
    "processor": "pro",
    "company_name": "Acme",
    "domain": "acme.com",
    "company_description": "N/A",
}
EXAMPLES: dict[Kind, dict[str, Any]] = {"company": COMPANY, "person": PERSON, "icp_job_titles": ICP}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["{}", '{"a": 1}', "acme.com"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["output", "content", "domain", "full_name", "title"]) | st.text(max_size=3),
            children,
            max_size=4,
        )
    ),
    max_leaves=15,
)


def values(kind: Kind, output: dict[str, Any]) -> dict[str, str | None]:
    found = read_fields(kind, output)
    assert isinstance(found, BriefingFields)
    return found.values


def test_every_kind_has_its_operation_and_fields() -> None:
    assert set(OPERATION_IDS) == set(FIELDS) == set(KINDS)
    assert len(set(OPERATION_IDS.values())) == 3


def test_a_company_briefing() -> None:
    assert values("company", COMPANY) == {
        "company_domain": "coreweave.com",
        "company_name": "CoreWeave, Inc.",
        "client_company_name": "SecurityPal ",
        "client_company_description": "Answers questionnaires.",
        "parallel_run_id": "trun_1",
        "processor": "ultra",
    }


def test_a_person_briefing_falls_back_where_research_wrote_empty_text() -> None:
    assert values("person", PERSON) == {
        "person_full_name": "  Jim  HIGGINS",
        "person_linkedin_url": "https://www.linkedin.com/in/jim-higgins",
        "person_current_company_name": "Netskope",
        "person_current_job_title": "CISO",
        "client_company_name": "SecurityPal",
        "client_company_description": None,
        "customer_company_name": None,
        "parallel_run_id": "trun_2",
        "processor": "pro",
    }


def test_icp_job_titles() -> None:
    assert values("icp_job_titles", ICP) == {
        "company_domain": "acme.com",
        "company_name": "Acme",
        "company_description": "N/A",
        "parallel_run_id": "trun_3",
        "processor": "pro",
    }


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [("company", "domain", "target_company_domain"), ("icp_job_titles", "domain", "company_domain")],
)
@pytest.mark.parametrize(
    "unusable", ["", " ", None, 5, "http://", "WWW.", "acme", "x@acme.com", "https://linkedin.com/company/acme"]
)
def test_the_first_usable_domain_wins(kind: Kind, first: str, second: str, unusable: object) -> None:
    assert values(kind, {first: "acme.com", second: "globex.com"})["company_domain"] == "acme.com"
    assert values(kind, {first: unusable, second: "Globex.com"})["company_domain"] == "globex.com"
    rejected = read_fields(kind, {first: unusable, second: unusable})
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "no_domain"
    assert first in rejected.detail


@pytest.mark.parametrize(
    "name", ["", "  ", None, 5, "N/A", "unknown", "jim@acme.com", "https://linkedin.com/in/jim", "\ufeff ", "..."]
)
def test_a_person_needs_a_name(name: object) -> None:
    rejected = read_fields("person", {**PERSON, "full_name": name, "person_full_name": name})
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "no_name"
    assert "jim" not in f"{rejected.detail} {rejected.raw}".lower()
    assert values("person", {**PERSON, "full_name": name})["person_full_name"] == "Jim Higgins"


@pytest.mark.parametrize("url", ["https://www.linkedin.com/company/netskope", "N/A", "https://x.com/jim", 5, None])
def test_only_a_persons_profile_is_a_persons_profile(url: object) -> None:
    assert values("person", {"full_name": "Jim", "linkedin_url": url})["person_linkedin_url"] is None
    assert (
        values("person", {**PERSON, "linkedin_url": url})["person_linkedin_url"]
        == "https://www.linkedin.com/in/jim-higgins"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", [None, 5, True, [], ["x"], {}, {"x": 1}, "", " \n"])
def test_other_types_and_blank_text_are_none(kind: Kind, odd: object) -> None:
    found = values(
        kind,
        {
            **dict.fromkeys(key for keys in FIELDS[kind].values() for key in keys),
            "domain": "a.com",
            "full_name": "Jim",
            "processor": odd,
        },
    )
    assert found["processor"] is None
    assert [column for column, value in found.items() if value] == [next(iter(FIELDS[kind]))]


def test_text_is_made_storable() -> None:
    found = values("company", {"domain": "acme.com", "company_name": "Ac\x00me \ud800", "processor": "\ufeffpro"})
    assert (found["company_name"], found["processor"]) == ("Ac\ufffdme \ufffd", "pro")


def test_reading_does_not_change_the_output() -> None:
    before = json.dumps(EXAMPLES)
    for kind in KINDS:
        read_fields(kind, EXAMPLES[kind])
    assert json.dumps(EXAMPLES) == before


@given(st.sampled_from(KINDS), st.data())
def test_fields_are_complete_or_rejected(kind: Kind, data: st.DataObject) -> None:
    keys = sorted({key for keys in FIELDS[kind].values() for key in keys})
    output = data.draw(st.dictionaries(st.sampled_from(keys), JSON | st.sampled_from(["acme.com", "Jim Doe"])))
    found = read_fields(kind, output)
    if isinstance(found, Rejected):
        assert found.reason == ("no_name" if kind == "person" else "no_domain")
    else:
        assert list(found.values) == list(FIELDS[kind])
        assert all(value is None or (isinstance(value, str) and value.strip()) for value in found.values.values())


# --- the briefing itself -----------------------------------------------------------------------------------------

CONTENT = {"executive_summary": "x", "nested": {"a": [1]}}


@pytest.mark.parametrize(
    "response",
    [
        {"output": {"content": CONTENT}},
        {"run": {"run_id": "trun_1"}, "output": {"type": "json", "basis": [], "content": CONTENT}},
        {"output": {"type": "text", "content": json.dumps(CONTENT)}},
        {"output": {"type": "text", "content": f"Here it is:\n```json\n{json.dumps(CONTENT, indent=1)}\n```\nDone."}},
        CONTENT,
        {**CONTENT},
    ],
)
def test_the_content_is_the_briefing(response: Any) -> None:
    assert read_raw(response) == CONTENT


@pytest.mark.parametrize(
    "response",
    [
        {"summary": "x"},
        {"summary": "x", "output": None},
        {"summary": "x", "output": {"content": None}},
        {"summary": "x", "output": {}},
        {"summary": "x", "output": "text"},
        {"summary": "x", "error": None},
        {"summary": "x", "errors": ["one page could not be read"]},
        {"summary": None, "revenue": 5},
    ],
)
def test_without_content_the_whole_response_is_the_briefing(response: Any) -> None:
    assert read_raw(response) is response


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "no_output"),
        ({}, "no_output"),
        ([], "no_output"),
        ([CONTENT], "no_output"),
        ("text", "no_output"),
        (5, "no_output"),
        ({"output": {"content": {}}}, "empty_output"),
        ({"output": {"content": []}}, "empty_output"),
        ({"output": {"content": ""}}, "empty_output"),
        ({"output": {"content": " \n"}}, "empty_output"),
        ({"output": {"content": "A report in words."}}, "text_output"),
        ({"output": {"content": "{}"}}, "text_output"),
        ({"output": {"content": "[1, 2]"}}, "text_output"),
        ({"output": {"content": '[{"a": 1}]'}}, "text_output"),
        ({"output": {"content": [CONTENT]}}, "not_an_object"),
        ({"output": {"content": 0}}, "not_an_object"),
        ({"output": {"content": False}}, "not_an_object"),
    ],
)
def test_what_is_no_briefing_is_told_why(response: Any, reason: str) -> None:
    found = read_raw(response)
    assert isinstance(found, Rejected)
    assert (found.reason, found.raw) == (reason, None)
    assert found.detail


@given(JSON)
def test_a_briefing_is_never_empty(response: Any) -> None:
    for given_response in (response, {"output": response}, {"output": {"content": response}}):
        found = read_raw(given_response)
        assert isinstance(found, Rejected) or (isinstance(found, dict) and found)


# ------------------------------------------------------------------------------------------------------ any answer
FOUND = {"summary": "Robots"}
KNOWN = {"company_domain": "https://www.Acme.com/about", "client_company_name": "Globex"}
OUTPUT = {
    "domain": "acme.com",
    "company_name": "Acme",
    "parallel_run_id": "trun_1",
    "processor": "pro",
    "parallel_raw_response": {"run": {"run_id": "trun_2", "processor": "lite"}, "output": {"content": FOUND}},
}


@pytest.mark.parametrize(
    "answer",
    [
        FOUND,
        json.dumps(FOUND),
        f"Here it is:\n```json\n{json.dumps(FOUND)}\n```",
        json.dumps(FOUND).encode(),
        b"\xef\xbb\xbf" + json.dumps(FOUND).encode(),
        {"output": {"content": FOUND}},
        {"output": {"content": json.dumps(FOUND), "type": "text"}},
        json.dumps({"run": {}, "output": {"content": FOUND}}),
        {"parallel_raw_response": {"output": {"content": FOUND}}},
        {"operation_result": {"output": {"parallel_raw_response": FOUND}}},
    ],
    ids=repr,
)
def test_an_answer_is_read_in_every_shape(answer: Any) -> None:
    read = read_answer("company", answer, KNOWN)
    assert isinstance(read, BriefingAnswer)
    assert read.raw == FOUND
    assert (read.fields.values["company_domain"], read.fields.values["client_company_name"]) == ("acme.com", "Globex")


def test_the_output_of_a_step_says_whom_it_is_about() -> None:
    for answer in (OUTPUT, {"operation_result": {"output": OUTPUT}}, json.dumps(OUTPUT)):
        read = read_answer("company", answer, {})
        assert isinstance(read, BriefingAnswer)
        assert read.raw == FOUND
        assert read.fields.values == {
            "company_domain": "acme.com",
            "company_name": "Acme",
            "client_company_name": None,
            "client_company_description": None,
            "parallel_run_id": "trun_1",
            "processor": "pro",
        }


def test_the_asker_knows_better_than_the_answer() -> None:
    read = read_answer("company", OUTPUT, {"company_domain": "globex.com", "company_name": None})
    assert isinstance(read, BriefingAnswer)
    assert (read.fields.values["company_domain"], read.fields.values["company_name"]) == ("globex.com", "Acme")
    wrong = read_answer("company", {**OUTPUT, "target_company_domain": "acme.com"}, {"company_domain": "n/a"})
    assert isinstance(wrong, Rejected)
    assert wrong.reason == "no_domain", "the answer does not stand in for what was given"


def test_a_response_says_who_answered() -> None:
    response = OUTPUT["parallel_raw_response"]
    read = read_answer("person", response, {"person_full_name": "Jane Doe"})
    assert isinstance(read, BriefingAnswer)
    assert (read.fields.values["parallel_run_id"], read.fields.values["processor"]) == ("trun_2", "lite")


def test_fields_of_bare_content_are_not_mistaken_for_those_of_the_briefing() -> None:
    read = read_answer("person", {"title": "A report", "full_name": "Somebody Else"}, {"person_full_name": "Jane Doe"})
    assert isinstance(read, BriefingAnswer)
    assert read.fields.values["person_full_name"] == "Jane Doe"
    assert read.fields.values["person_current_job_title"] is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty_output"),
        (b" \n", "empty_output"),
        ("Acme is big.", "text_output"),
        ('[{"a": 1}, {"b": 2}]', "text_output"),
        ([FOUND], "not_an_object"),
        (17, "not_an_object"),
        (None, "not_an_object"),
        ({}, "no_output"),
        ({"output": {"content": {}}}, "empty_output"),
        ({"output": {"content": [1]}}, "not_an_object"),
        ({"parallel_raw_response": None}, "no_output"),
    ],
    ids=repr,
)
def test_what_is_no_briefing_is_rejected_with_its_reason(answer: Any, reason: str) -> None:
    read = read_answer("company", answer, KNOWN)
    assert isinstance(read, Rejected)
    assert read.reason == reason
    assert "acme" not in read.detail.lower()


def test_without_a_key_an_answer_is_rejected() -> None:
    for kind, reason in (("company", "no_domain"), ("person", "no_name"), ("icp_job_titles", "no_domain")):
        read = read_answer(kind, FOUND, {})  # type: ignore[arg-type]
        assert isinstance(read, Rejected)
        assert read.reason == reason


@given(JSON | st.text(max_size=30) | st.binary(max_size=30))
def test_any_answer_is_survived(answer: Any) -> None:
    read = read_answer("company", answer, KNOWN)
    assert isinstance(read, Rejected) or (isinstance(read.raw, dict) and read.raw)

"""What a research document says, however an agent wrote it."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.payload import PayloadError
from prospecting.parsing.prospect_research import (
    MAX_COUNT,
    EmployeeRange,
    ProspectResearch,
    parse_employee_range,
    prospect_document,
    read_prospect_research,
)

DOCUMENT: dict[str, Any] = {
    "companyName": "Acme, Inc.",
    "companyWebsite": "www.acme.com/?utm_source=x",
    "companyDescription": "Rockets as a service",
    "industry": "Aerospace",
    "isB2BSaaS": True,
    "techStack": {
        "primaryFramework": "Next.js",
        "frameworkConfidence": "high",
        "languages": ["TypeScript", "C++", "C#", "nextjs"],
        "isModernStack": True,
        "confidenceScore": 0.9,
    },
    "hiring": {
        "hasOpenEngineeringRoles": True,
        "engineeringRoleCount": 7,
        "totalOpenRoles": 20,
        "engineeringRoleTitles": ["Staff Engineer"],
        "confidenceScore": 0.8,
    },
    "engineeringCulture": {"hasEngineeringBlog": True, "engineeringBlogUrl": "https://acme.com/blog"},
    "companySize": {"estimatedEmployeeRange": "100-250", "growthIndicators": [], "fundingInfo": "Series B, $40M"},
    "thirdPartyTools": {"crm": "HubSpot", "analytics": ["Segment", {"name": "Mixpanel", "confidence": "low"}]},
    "icpScore": {"overallScore": 9, "priorityLevel": "High", "positiveSignals": []},
    "dataQuality": {},
    "extractedAt": "2026-01-15T10:00:00.123Z",
    "extractionDurationMs": 48213,
}
READ = ProspectResearch(
    company_name="Acme, Inc.",
    website="https://www.acme.com",
    is_b2b_saas=True,
    has_modern_stack=True,
    technology_count=7,
    has_open_engineering_roles=True,
    engineering_role_count=7,
    total_open_roles=20,
    has_engineering_blog=True,
    employees_min=100,
    employees_max=250,
    has_funding=True,
    icp_score=9,
    priority_level="high",
    extracted_at=datetime(2026, 1, 15, 10, 0, 0, 123_000, tzinfo=UTC),
    extraction_duration_ms=48213,
)


def in_snake_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in key).replace(
                "_b2_b_saa_s", "_b2b_saas"
            ): in_snake_case(item)
            for key, item in value.items()
        }  # fmt: skip
    return value


def test_a_whole_document() -> None:
    assert read_prospect_research(DOCUMENT) == READ


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(DOCUMENT),
        json.dumps(DOCUMENT).encode(),
        f"Here is what I found:\n```json\n{json.dumps(DOCUMENT, indent=1)}\n```\nAnything else?",
        in_snake_case(DOCUMENT),
        {f"{key} ".upper(): value for key, value in DOCUMENT.items()},
    ],
    ids=["text", "bytes", "prose", "snake case", "capitals"],
)
def test_other_ways_to_write_it(document: object) -> None:
    assert read_prospect_research(document) == READ


def test_a_flat_row_reads_as_what_it_was_made_of() -> None:
    row = {
        name: getattr(READ, name)
        for name in (
            "is_b2b_saas", "has_modern_stack", "technology_count", "has_open_engineering_roles",
            "engineering_role_count", "total_open_roles", "has_engineering_blog", "employees_min", "employees_max",
            "has_funding", "icp_score", "priority_level",
        )
    }  # fmt: skip
    found = read_prospect_research(row)
    assert {name: getattr(found, name) for name in row} == row


def test_nothing_known() -> None:
    assert read_prospect_research({}) == ProspectResearch()
    unknown = {
        "companyName": "Unknown",
        "isB2BSaaS": None,
        "techStack": {},
        "hiring": None,
        "companySize": {"fundingInfo": "N/A"},
    }
    assert read_prospect_research(unknown) == ProspectResearch()


@pytest.mark.parametrize("junk", ["yes", 3, [], ["x"], True, None, "", 1.5, {"hiring": {"hiring": {}}}, [{"a": 1}]])
def test_a_section_of_another_type_is_unknown(junk: Any) -> None:
    for section in ("hiring", "engineeringCulture", "techStack", "companySize"):
        found = read_prospect_research({**DOCUMENT, section: junk})
        assert found.company_name == "Acme, Inc."
        if section == "hiring":
            assert found.has_open_engineering_roles is found.engineering_role_count is found.total_open_roles is None
        elif section == "engineeringCulture":
            assert found.has_engineering_blog is None
        elif section == "techStack":
            assert found.has_modern_stack is None
        else:
            assert found.has_funding is None


@pytest.mark.parametrize(
    "nothing", [None, "", "no JSON here", b"", [], [1, 2], "[1, 2]", 7, 1.5, True, object(), '"text"']
)
def test_what_is_no_object_is_refused(nothing: object) -> None:
    for read in (read_prospect_research, prospect_document):
        with pytest.raises(PayloadError):
            read(nothing)


@pytest.mark.parametrize(
    ("given_flag", "expected"),
    [
        (True, True),
        (False, False),
        ("true", True),
        (" Yes ", True),
        ("FALSE", False),
        ("no", False),
        ("unknown", None),
        ("N/A", None),
        ("maybe", None),
        ("", None),
        (None, None),
        (1, None),
        (0, None),
        ([True], None),
        ({"value": True}, None),
    ],
)
def test_flags(given_flag: Any, expected: bool | None) -> None:
    assert read_prospect_research({"isB2BSaaS": given_flag}).is_b2b_saas is expected
    section = {"hiring": {"hasOpenEngineeringRoles": given_flag}}
    assert read_prospect_research(section).has_open_engineering_roles is expected


@pytest.mark.parametrize(
    ("given_count", "expected"),
    [
        (3, 3),
        (0, 0),
        ("0", 0),
        ("3", 3),
        ("12+", 12),
        (3.0, 3),
        ("about 1,200", 1200),
        ("~12", 12),
        ("5 open roles", 5),
        ("3-5", 3),
        ("1.5k", 1500),
        ("٣", 3),
        (MAX_COUNT, MAX_COUNT),
        (MAX_COUNT + 1, None),
        (10**400, None),
        ("9" * 400, None),
        (1e300, None),
        (float("nan"), None),
        (float("inf"), None),
        (-1, None),
        ("-1", None),
        (3.5, None),
        ("3.5", None),
        (True, None),
        (False, None),
        ("several", None),
        ("", None),
        (None, None),
        ([3], None),
        ({"count": 3}, None),
    ],
)
def test_counts(given_count: Any, expected: int | None) -> None:
    assert read_prospect_research({"hiring": {"engineeringRoleCount": given_count}}).engineering_role_count == expected
    assert read_prospect_research({"hiring": {"totalOpenRoles": given_count}}).total_open_roles == expected


def test_a_duration_may_be_a_fraction() -> None:
    assert read_prospect_research({"extractionDurationMs": 1234.56}).extraction_duration_ms == 1235
    assert read_prospect_research({"extractionDurationMs": -3}).extraction_duration_ms is None


@pytest.mark.parametrize(
    ("written", "least", "most"),
    [
        ("100-250", 100, 250),
        ("2-10", 2, 10),
        ("11–50", 11, 50),
        ("51 to 200 employees", 51, 200),
        ("between 50 and 100", 50, 100),
        ("250-100", 100, 250),
        ("1,000-5,000", 1000, 5000),
        ("1.000-5.000", 1000, 5000),
        ("1 000 - 5 000", 1000, 5000),
        ("1\u202f000–5\u202f000", 1000, 5000),
        ("1'000-5'000", 1000, 5000),
        ("1,000,000-2,000,000", 1_000_000, 2_000_000),
        ("1k-5k", 1000, 5000),
        ("1-2K", 1000, 2000),
        ("500-1k", 500, 1000),
        ("1.5k", 1500, 1500),
        ("500+", 500, None),
        ("500+ employees", 500, None),
        ("10K+", 10_000, None),
        ("10001+", 10_001, None),
        ("10,001+", 10_001, None),
        ("at least 200", 200, None),
        ("≥ 200", 200, None),
        ("50 or more", 50, None),
        ("over 500", 501, None),
        ("> 1k", 1001, None),
        ("<50", None, 49),
        ("under 50", None, 49),
        ("fewer than 50 people", None, 49),
        ("up to 50", None, 50),
        ("<= 50", None, 50),
        ("1000 or fewer", None, 1000),
        ("~120", 120, 120),
        ("about 120 people", 120, 120),
        ("120employees", 120, 120),
        (120, 120, 120),
        (120.0, 120, 120),
        ("self-employed", 1, 1),
        ("0-1 employees", 0, 1),
        ("200-500 (as of 2024)", 200, 500),
        ("Founded 2015, 50-100 employees", 50, 100),
        ("As of 2024, 120 employees", 120, 120),
    ],
)
def test_employee_ranges(written: Any, least: int | None, most: int | None) -> None:
    found = parse_employee_range(written)
    assert (found.min, found.max) == (least, most)
    research = read_prospect_research({"companySize": {"estimatedEmployeeRange": written}})
    assert (research.employees_min, research.employees_max) == (least, most)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "N/A",
        "unknown",
        "hundreds",
        "-5",
        -5,
        True,
        None,
        [],
        [50, 100],
        {},
        "9" * 300,
        "1.5",
        1.5,
        1e300,
        float("nan"),
        "x50",
    ],
)
def test_no_employee_range(written: Any) -> None:
    assert not parse_employee_range(written)


@given(st.integers(0, MAX_COUNT), st.integers(0, MAX_COUNT), st.sampled_from(["-", " - ", "–", " to "]), st.booleans())
def test_a_range_reads_back(one: int, other: int, joiner: str, with_separators: bool) -> None:
    written = joiner.join(f"{number:,}" if with_separators else str(number) for number in (one, other))
    assert parse_employee_range(written) == EmployeeRange(min(one, other), max(one, other))


SMALL_ALPHABET = st.text("0123456789.,'-+<>~k m()toandabouverx\u202f–", max_size=40)


@given(SMALL_ALPHABET | st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_any_range_is_in_order_and_fits(written: Any) -> None:
    found = parse_employee_range(written)
    for bound in (found.min, found.max):
        assert bound is None or (type(bound) is int and 0 <= bound <= MAX_COUNT)
    assert found.min is None or found.max is None or found.min <= found.max


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("Series B, $40M", True),
        ("Seed", True),
        ("Raised 5 million", True),
        ("Backed by a16z", True),
        ("publicly traded (NYSE)", True),
        ("Series B, amount undisclosed", True),
        ("Bootstrapped until 2021, then raised $10M Series A", True),
        ("bootstrapped", False),
        ("Founded in 2015, self-funded", False),
        ("No funding", False),
        ("No external funding raised", False),
        ("not funded", False),
        ("none", None),
        ("unknown", None),
        ("Not disclosed publicly", None),
        ("No funding information found", None),
        ("", None),
        (None, None),
        (5_000_000, None),
        ([], None),
        ({"stage": "Series A"}, None),
        (True, True),
    ],
)
def test_funding(remark: Any, expected: bool | None) -> None:
    assert read_prospect_research({"companySize": {"fundingInfo": remark}}).has_funding is expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, None),
        ({"techStack": {"primaryFramework": None, "isModernStack": True, "frameworkConfidence": "low"}}, None),
        ({"techStack": {"primaryFramework": "unknown", "backend": "Not detected"}}, None),
        ({"techStack": {"primaryFramework": "React"}}, 1),
        ({"techStack": ["React", "Node.js", "NodeJS", 3, None]}, 2),
        ({"techStack": {"a": "C++", "b": "C#", "c": "C"}}, 3),
        ({"techStack": {"a": "React", "notes": "They seem to like it", "evidence": ["https://acme.com"]}}, 1),
        ({"techStack": {"a": "The stack is a bit of everything, with some parts older than others"}}, None),
        (
            {
                "techStack": {"a": "React"},
                "thirdPartyTools": {"sourceControl": "GitHub", "accounting": ["Xero", "react"]},
            },
            3,
        ),
        ({"thirdPartyTools": {"hasStripe": True, "crm": {"name": "HubSpot", "confidence": "high"}}}, 1),
    ],
)
def test_technologies_are_counted_by_name(document: dict[str, Any], expected: int | None) -> None:
    assert read_prospect_research(document).technology_count == expected


@pytest.mark.parametrize(
    ("score", "expected", "is_unreadable"),
    [
        (1, 1, False),
        (10, 10, False),
        (8.0, 8, False),
        ("8", 8, False),
        ("8/10", 8, False),
        (None, None, False),
        ("", None, False),
        ("N/A", None, False),
        ({}, None, False),
        (0, None, True),
        (11, None, True),
        (-3, None, True),
        (7.5, None, True),
        ("7.5", None, True),
        (10**400, None, True),
        (float("nan"), None, True),
        (True, None, True),
        ("high", None, True),
        ([8], None, True),
    ],
)
def test_the_documents_own_score(score: Any, expected: int | None, is_unreadable: bool) -> None:
    found = read_prospect_research({"icpScore": {"overallScore": score}})
    assert found.icp_score == expected
    assert found.unreadable == (("icpScore.overallScore",) if is_unreadable else ())


@pytest.mark.parametrize(
    ("priority", "expected"), [("high", "high"), ("Medium", "medium"), (" LOW ", "low"), ("urgent", None), (3, None)]
)
def test_the_documents_own_priority(priority: Any, expected: str | None) -> None:
    assert read_prospect_research({"icpScore": {"priorityLevel": priority}}).priority_level == expected


@pytest.mark.parametrize(
    ("written", "expected", "is_unreadable"),
    [
        ("2026-01-15T10:00:00Z", datetime(2026, 1, 15, 10, tzinfo=UTC), False),
        ("2026-01-15T10:00:00+02:00", datetime(2026, 1, 15, 8, tzinfo=UTC), False),
        ("2026-01-15T10:00:00", datetime(2026, 1, 15, 10, tzinfo=UTC), False),
        ("2026-01-15", datetime(2026, 1, 15, tzinfo=UTC), False),
        (datetime(2026, 1, 15, 10, tzinfo=timezone(timedelta(hours=5))), datetime(2026, 1, 15, 5, tzinfo=UTC), False),
        (None, None, False),
        ("unknown", None, False),
        ("yesterday", None, True),
        ("0001-01-01T00:00:00+14:00", None, True),
        ("9999-12-31T23:59:59-14:00", None, True),
        (1_768_471_200_000, None, True),
    ],
)
def test_when_it_was_extracted(written: Any, expected: datetime | None, is_unreadable: bool) -> None:
    found = read_prospect_research({"extractedAt": written})
    assert found.extracted_at == expected
    assert found.extracted_at is None or found.extracted_at.tzinfo is UTC
    assert found.unreadable == (("extractedAt",) if is_unreadable else ())


def keys_of(value: Any) -> set[str]:
    return set(value) | {key for item in value.values() if isinstance(item, dict) for key in keys_of(item)}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from(["3+", "yes", "50-100", "\ud800", "\x00"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(sorted(keys_of(DOCUMENT))) | st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(DOCUMENT)), JUNK, max_size=8))
def test_no_content_raises(document: dict[str, Any]) -> None:
    found = read_prospect_research(document)
    for name in ("technology_count", "engineering_role_count", "total_open_roles", "employees_min", "employees_max",
                 "extraction_duration_ms"):  # fmt: skip
        number = getattr(found, name)
        assert number is None or (type(number) is int and 0 <= number <= MAX_COUNT)
    assert found.icp_score is None or (type(found.icp_score) is int and 1 <= found.icp_score <= 10)
    assert found.priority_level in (None, "high", "medium", "low")


def test_the_documented_document_is_read_in_full() -> None:
    path = Path(__file__).resolve().parents[3] / "include" / "examples" / "documents" / "prospect_research.json"
    research = read_prospect_research(json.loads(path.read_text(encoding="utf-8")))
    known = dataclasses.asdict(research)
    unknown = [name for name, value in known.items() if value is None]
    assert sorted(unknown) == ["icp_score", "priority_level"], "those are computed"


# ----------------------------------------------------------------------------------------- what surrounds a document
@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(DOCUMENT) + ' {"usage": {"tokens": 12}}',
        f"```json\n{json.dumps(DOCUMENT)}\n```\nSources:\n```json\n" + '{"sources": ["acme.com"]}\n```',
        {"name": "record_research", "arguments": json.dumps(DOCUMENT)},
        {"type": "tool_use", "name": "record_research", "input": DOCUMENT},
        {"choices": [{"message": {"role": "assistant", "content": json.dumps(DOCUMENT)}}]},
        {"text": json.dumps(DOCUMENT)},
    ],
    ids=["another value", "two fences", "arguments", "tool use", "completion", "text"],
)
def test_a_document_is_taken_out_of_what_surrounds_it(answer: object) -> None:
    assert read_prospect_research(answer) == READ


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "rate limited"},
        {"error": {"code": 429, "message": "rate limited"}},
        {"status": "error", "message": "No data"},
        {"text": "# Acme\nA report."},
        '{"text": "# Acme\\nA report."}',
        {"content": [{"type": "text", "text": "# Acme\nA report."}]},
    ],
    ids=repr,
)
def test_an_error_or_a_text_is_no_document(answer: object) -> None:
    with pytest.raises(PayloadError):
        prospect_document(answer)

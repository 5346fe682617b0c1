"""Reads the output of deep research as the fields of the briefing tables.

The research pipeline, the backfill of past runs and the operator for anybody's answer read through these functions, so
all of them store the same. Nothing here holds on to the research itself: that JSON stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prospecting.parsing.envelopes import unwrap
from prospecting.parsing.names import clean_person_name
from prospecting.parsing.payload import MAX_TEXT, PayloadError, as_text
from prospecting.parsing.records import Rejected
from prospecting.parsing.research_answers import research_in, research_in_text
from prospecting.parsing.urls import company_domain, linkedin_kind, normalize_domain, normalize_linkedin_url

Kind = Literal["company", "person", "icp_job_titles"]

OPERATION_IDS: dict[Kind, str] = {
    "company": "company.derive.intel_briefing",
    "person": "person.derive.intel_briefing",
    "icp_job_titles": "company.derive.icp_job_titles",
}

KINDS: dict[str, Kind] = {operation_id: kind for kind, operation_id in OPERATION_IDS.items()}

FIELDS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "company": {
        "company_domain": ("domain", "target_company_domain"),
        "company_name": ("company_name", "target_company_name"),
        "client_company_name": ("client_company_name",),
        "client_company_description": ("client_company_description",),
        "parallel_run_id": ("parallel_run_id",),
        "processor": ("processor",),
    },
    "person": {
        "person_full_name": ("full_name", "person_full_name"),
        "person_linkedin_url": ("linkedin_url", "person_linkedin_url"),
        "person_current_company_name": ("person_current_company_name",),
        "person_current_job_title": ("title", "person_current_job_title"),
        "client_company_name": ("client_company_name",),
        "client_company_description": ("client_company_description",),
        "customer_company_name": ("customer_company_name",),
        "parallel_run_id": ("parallel_run_id",),
        "processor": ("processor",),
    },
    "icp_job_titles": {
        "company_domain": ("domain", "company_domain"),
        "company_name": ("company_name",),
        "company_description": ("company_description",),
        "parallel_run_id": ("parallel_run_id",),
        "processor": ("processor",),
    },
}
"""Column to the keys of the operation's output that may hold it; the first usable value wins."""

KEYS: dict[Kind, tuple[str, ...]] = {
    "company": ("company_domain", "client_company_name"),
    "person": ("person_full_name", "person_current_company_name", "client_company_name"),
    "icp_job_titles": ("company_domain",),
}
"""The columns that say whom a briefing is about; the first of them is always known."""


@dataclass(frozen=True, slots=True)
class BriefingFields:
    """A value, or ``None``, for every column of ``FIELDS`` of one kind."""

    values: dict[str, str | None]


def read_fields(kind: Kind, output: Mapping[str, Any]) -> BriefingFields | Rejected:
    """The small columns of a briefing from an operation's ``output``; never raises on content.

    ``company_domain`` and ``person_linkedin_url`` are normalised, all other text stays as given (but for characters no
    database stores). Other types and blank text are ``None``: research writes "" for what it was not told.

    Rejected: ``no_domain`` when no candidate is a company's own domain (a page on a shared host is not), ``no_name``
    when no candidate names a person (blank, "N/A", an address).
    """
    values: dict[str, str | None] = {}
    for column, keys in FIELDS[kind].items():
        candidates = [text for key in keys if (text := _text(output.get(key)))]
        values[column] = _value(column, candidates)
    if "company_domain" in values and values["company_domain"] is None:
        return Rejected(
            "no_domain",
            f"The output holds no company's domain under {' or '.join(FIELDS[kind]['company_domain'])}; "
            "give the step one and run it again.",
        )
    if "person_full_name" in values and values["person_full_name"] is None:
        return Rejected(
            "no_name",
            f"The output holds no person's name under {' or '.join(FIELDS[kind]['person_full_name'])}; "
            "give the step one and run it again.",
        )
    return BriefingFields(values)


def _text(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return None
    text = as_text(value)
    return text if text.strip() else None


def _value(column: str, candidates: Iterable[str]) -> str | None:
    for text in candidates:
        if column == "company_domain":
            usable = normalize_domain(text) if company_domain(text) else None
        elif column == "person_linkedin_url":
            usable = normalize_linkedin_url(text) if linkedin_kind(text) == "person" else None
        elif column == "person_full_name":
            usable = text if clean_person_name(text) else None
        else:
            usable = text
        if usable:
            return usable
    return None


@dataclass(frozen=True, slots=True)
class BriefingAnswer:
    """An answer that is a briefing: its columns, and the research itself."""

    fields: BriefingFields
    raw: dict[str, Any]


def read_answer(kind: Kind, answer: Any, known: Mapping[str, str | None]) -> BriefingAnswer | Rejected:
    """Anybody's ``answer`` as a briefing: text with JSON in it, the provider's whole response, the output of an
    operation (an object with ``parallel_raw_response``), or the content itself. Never raises on content.

    ``known`` are columns that the asker knows: they take precedence over what the answer says. Rejected for the
    reasons of ``read_raw`` and ``read_fields``.
    """
    if isinstance(answer, (str, bytes, bytearray, memoryview)):
        try:
            answer = research_in_text(as_text(answer))
        except PayloadError as error:
            return Rejected(error.reason, f"The answer could not be read: {error}.")
    else:
        answer = _taken_out(answer)
    if isinstance(answer, Rejected):
        return answer
    result = answer.get("operation_result")
    output = result.get("output") if isinstance(result, dict) else answer
    if isinstance(output, dict) and "parallel_raw_response" in output:
        response = output["parallel_raw_response"]
    else:
        output, response = {}, answer
    raw = read_raw(response)
    if isinstance(raw, Rejected):
        return raw
    run = response.get("run")
    stated = {**_run_fields(run), **output} if isinstance(run, dict) else dict(output)
    for column, keys in FIELDS[kind].items():
        if known.get(column):
            stated |= {**dict.fromkeys(keys), keys[0]: known[column]}
    fields = read_fields(kind, stated)
    return fields if isinstance(fields, Rejected) else BriefingAnswer(fields, raw)


def _run_fields(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"parallel_run_id": run.get("run_id"), "processor": run.get("processor")}


def _taken_out(answer: Any) -> dict[str, Any] | Rejected:
    """``answer`` out of a model's message or call, if it is one; it is judged later."""
    inner = unwrap(answer)
    if inner is not answer:
        return research_in(answer)
    if not isinstance(answer, dict):
        return Rejected("not_an_object", "The answer is a list or a bare value; an object is expected.")
    return answer


def read_raw(response: Any) -> dict[str, Any] | Rejected:
    """The briefing itself in ``response``, the research provider's whole answer: always an object that says something.

    - ``output.content`` when that is an object; when it is text, the object written in it.
    - The whole response when there is no ``output.content``, or it is null: older runs stored the content bare.

    In either, a model's message or call gives what it carries. Rejected: ``no_output`` (nothing, or no object),
    ``empty_output`` (nothing but nulls, placeholders and what the question said, blank text), ``text_output`` (text
    without an object, also as the only member of one), ``error_output`` (an error instead of content),
    ``not_an_object`` (a list, a number). Never raises on content.
    """
    if not isinstance(response, dict) or not response:
        return Rejected("no_output", "The research returned nothing; run it again.")
    output = response.get("output")
    content = output.get("content") if isinstance(output, dict) else None
    if content is None:
        return research_in(response)
    return research_in_text(content) if isinstance(content, str) else research_in(content)

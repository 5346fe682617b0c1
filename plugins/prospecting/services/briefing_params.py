"""The params of the DAG ``briefing_backfill``, and the arguments of the operators for briefings: Pydantic models."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from prospecting.services.params import OptionalName, OptionalText


class BriefingKind(StrEnum):
    company = "company"
    person = "person"
    icp_job_titles = "icp_job_titles"


def _uuid(value: Any, otherwise: str) -> UUID:
    """A UUID in any of its spellings, the nil UUID included."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str):
        try:
            return UUID(value.strip())
        except ValueError:
            pass
    raise ValueError(otherwise)


def _org(value: Any) -> UUID | str:
    """An org's id in any spelling, or its slug."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise ValueError("whose briefings? Give the id or the slug of an org; see the table orgs")
    otherwise = "write the id or the slug of an org; see the table orgs"
    try:
        return _uuid(value, otherwise)
    except ValueError:
        if isinstance(value, str) and re.fullmatch(r"[^\s,]+", value.strip()):
            return value.strip()
        raise


def _submission_id(value: Any) -> UUID:
    return _uuid(value, "write the id of a submission as a UUID; see the table submissions")


def _listed(value: Any) -> Any:
    """Accept a single id and "a, b" for a list, also within one, nothing for an empty one; each id once, in order."""
    if value is None:
        return []
    if isinstance(value, (str, UUID)):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return value
    parts: list[Any] = []
    for item in value:
        parts += item.replace(",", " ").split() if isinstance(item, str) else [item]
    kept: dict[Any, Any] = {}
    for part in parts:
        try:
            kept.setdefault(_submission_id(part), part)
        except ValueError:
            kept.setdefault(repr(part), part)  # left to the validator, which says which one it is
    return list(kept.values())


_MAX_LIST = 40_000
"""Characters of a text with several ids, some thousand of them."""

# Plain texts in the trigger form; the validators say better than a schema what an id is.
Org = Annotated[
    UUID | Annotated[str, Field(max_length=200)],
    BeforeValidator(_org),
    WithJsonSchema({"type": ["string", "null"], "maxLength": 200}),
]
_SubmissionId = Annotated[
    UUID, BeforeValidator(_submission_id), WithJsonSchema({"type": "string", "maxLength": _MAX_LIST})
]
SubmissionIds = Annotated[list[_SubmissionId], BeforeValidator(_listed), Field(max_length=10_000)]


class BriefingBackfillParams(BaseModel):
    """Params of ``briefing_backfill``, and arguments of ``BackfillBriefingsOperator``."""

    model_config = ConfigDict(extra="forbid")

    kind: BriefingKind = Field(
        BriefingKind.company,
        title="Kind",
        description="company: company_intel_briefings. person: person_intel_briefings. icp_job_titles: the table of "
        "that name, with the single titles.",
    )
    # Empty in the form, so that nobody backfills another org by accident; the validator asks for it.
    org_id: Org = Field(
        None,
        validate_default=True,
        title="Org",
        description="Whose briefings: the id or the slug of an org; see the table orgs.",
        json_schema_extra={"examples": ["acme"]},
    )
    submission_ids: SubmissionIds = Field(
        default_factory=list,
        title="Submissions",
        description="Only results of these submissions of the org, one id per line. Empty: of all that have such "
        "results. For example, company: b8001673-d0a4-4c4f-824a-9904964d8400, 5d1cb2b3-bbf9-4582-a29f-3167d22dec51, "
        "31484f3a-5285-42ad-a8a9-892e79e9eabe; person: 35d818c4-2159-4e5d-89a7-dddf92470c57; icp_job_titles: "
        "0921f10b-890b-47ab-8ceb-b1986df51cbb.",
        max_length=10_000,
    )
    dry_run: bool = Field(False, title="Dry run", description="Write nothing; count what a backfill would do.")
    force: bool = Field(
        False,
        title="Force",
        description="Also over newer research; what is replaced stays in the history.",
    )
    page_size: int = Field(
        500,
        title="Results per page",
        description="Each page is one transaction.",
        ge=1,
        le=5_000,
        json_schema_extra={"section": "Limits"},
    )


class SaveBriefingArguments(BaseModel):
    """Arguments of ``SaveBriefingOperator``; the answer itself is read as it is."""

    model_config = ConfigDict(extra="forbid")

    kind: BriefingKind
    org_id: Org
    company_domain: OptionalName = None
    company_name: OptionalName = None
    company_description: OptionalText = Field(None, max_length=100_000)
    person_full_name: OptionalName = None
    person_linkedin_url: OptionalText = Field(None, max_length=2_000)
    person_current_company_name: OptionalName = None
    person_current_job_title: OptionalName = None
    client_company_name: OptionalName = None
    client_company_description: OptionalText = Field(None, max_length=100_000)
    customer_company_name: OptionalName = None
    researched_at: AwareDatetime | None = None
    source_system: OptionalName = None

    def known(self) -> dict[str, str]:
        """The columns of a briefing that the asker knows."""
        return {name: value for name, value in self if name in _COLUMNS and value is not None}


_COLUMNS = set(SaveBriefingArguments.model_fields) - {"kind", "org_id", "researched_at", "source_system"}

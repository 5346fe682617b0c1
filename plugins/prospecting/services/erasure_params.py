"""The params of ``person_erasure``, and the arguments of the operator that erases: one Pydantic model each.

They may be personal data. Nothing here is stored, or passed from task to task.
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from prospecting.services.bounded_json import NO_NAN
from prospecting.services.params import LARGEST_ID, OptionalName

_PERSON_UNIQUE_ID = re.compile(r"04\.04\.02\.\d\d\.(\d{5,18})\.\d{3}")
_MAX_ID = 100


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _person_number(value: Any) -> Any:
    """Accept ``04.04.02.NN.NNNNN.NNN`` or the plain number of a person."""
    if isinstance(value, str):
        found = _PERSON_UNIQUE_ID.fullmatch(value.strip())
        if found:
            number = int(found[1])
            if value.strip() == f"04.04.02.{number % 100:02d}.{number:05d}.{number % 1000:03d}":
                return number
        if re.fullmatch(r"\d{1,18}", value.strip()):
            return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("write a person's id as 04.04.02.NN.NNNNN.NNN, or as its plain number")


def _uuid(what: str, table: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            try:
                return UUID(value.strip())
            except ValueError:
                pass
        if value is None or isinstance(value, UUID):
            return value
        raise ValueError(f"the id of {what} is a UUID; see the table {table}")

    return BeforeValidator(read)


_BLANK = BeforeValidator(_blank_is_none)
_TEXT = WithJsonSchema({"type": ["string", "null"], "maxLength": _MAX_ID})
PersonId = Annotated[
    Annotated[int, Field(ge=1, le=LARGEST_ID)] | None,
    BeforeValidator(_person_number),
    _BLANK,
    WithJsonSchema(
        {"type": ["integer", "string", "null"], "minimum": 1, "maximum": LARGEST_ID, "maxLength": 40, **NO_NAN}
    ),
]
ContactId = Annotated[UUID | None, _uuid("a contact", "contacts"), _BLANK, _TEXT]
ErasureId = Annotated[UUID | None, _uuid("an erasure", "erasures"), _BLANK, _TEXT]


class SubjectFields(BaseModel):
    """Who is meant, in one way or in several that lead to one person."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    person: PersonId = Field(
        default=None,
        title="Person",
        description="Id of the person: 04.04.02.NN.NNNNN.NNN or the plain number; see the table persons.",
    )
    contact: ContactId = Field(
        default=None, title="Contact", description="Id of the contact who is meant; see the table contacts."
    )
    email: OptionalName = Field(
        default=None,
        title="E-mail",
        description="A personal address, of somebody stored or not. What is typed here stays in Airflow's own database "
        "with the run: delete the run afterwards, or give an id instead.",
    )
    linkedin_url: OptionalName = Field(
        default=None,
        title="LinkedIn URL",
        description="A profile, of somebody stored or not. It stays in Airflow's own database as an e-mail does.",
    )

    @model_validator(mode="after")
    def _somebody(self) -> SubjectFields:
        if all(value is None for value in self.subject().values()):
            raise ValueError("who is meant? give a person, a contact, an e-mail or a LinkedIn URL")
        return self

    def subject(self) -> dict[str, Any]:
        """Who is meant, for ``find_target``."""
        return {
            "person_id": self.person,
            "contact_id": self.contact,
            "email": self.email,
            "linkedin_url": self.linkedin_url,
        }


class PersonErasureParams(SubjectFields):
    """Params of ``person_erasure``: who is meant; and for a plan that was looked at, who approves of it."""

    dry_run: bool = Field(
        default=True,
        title="Dry run",
        description="Only count what would be erased, by table. Without it, somebody is asked to approve the plan, and "
        "then the person is erased for good.",
    )
    erasure_id: ErasureId = Field(
        default=None,
        title="Erasure",
        description="An erasure of this person that was planned before, to go on with; see the table erasures.",
        json_schema_extra={"section": "A plan that was looked at"},
    )
    approved_by: OptionalName = Field(
        default=None,
        title="Approved by",
        description="Who has looked at that plan and approves of it: nobody is asked then. In Airflow the name of the "
        "user who triggers the run.",
        json_schema_extra={"section": "A plan that was looked at"},
    )

    @model_validator(mode="after")
    def _fit_together(self) -> PersonErasureParams:
        if self.approved_by is not None and self.erasure_id is None:
            raise ValueError("approved_by needs erasure_id: what is approved has been planned and looked at before")
        return self

    @property
    def asks(self) -> bool:
        """True when somebody is to be asked, if that is possible: the plan is not all that is wanted."""
        return not self.dry_run


class ErasePersonArguments(SubjectFields):
    """Arguments of ``ErasePersonOperator``."""

    erasure_id: Annotated[UUID, _uuid("an erasure", "erasures")]
    approved_by: Annotated[str, Field(min_length=1, max_length=500)]

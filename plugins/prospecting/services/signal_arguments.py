"""The arguments of the operators for signals, as they are validated when an operator executes."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from prospecting.services.asking import InFlight
from prospecting.services.params import OptionalDate, OptionalName, RowId, Words


def _several(value: Any) -> Any:
    """Accept a single id, and "1, 2" for a list."""
    if isinstance(value, str):
        return [part for part in value.replace(",", " ").split() if part]
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return value


_Ids = Annotated[list[RowId], BeforeValidator(_several), Field(max_length=10_000)]
_Limit = Annotated[int, Field(ge=1, le=10_000)]


class ExecutionArguments(BaseModel):
    """Arguments that all steps of an execution take."""

    model_config = ConfigDict(extra="forbid")

    execution_id: UUID
    llm_conn_id: OptionalName = None
    search_conn_id: OptionalName = None


class DiscoverArguments(ExecutionArguments):
    """Arguments of ``DiscoverOperator``."""

    keyword: str = Field(min_length=1, max_length=200)


class ExtractSponsorsArguments(ExecutionArguments):
    """Arguments of ``ExtractSponsorsOperator``."""

    event_ids: _Ids
    max_in_flight: InFlight | None = None


class FindPeopleArguments(ExecutionArguments):
    """Arguments of ``FindPeopleOperator``."""

    company_ids: _Ids
    max_in_flight: InFlight | None = None


class SaveEventsArguments(BaseModel):
    """Arguments of ``SaveEventsOperator``; the answer itself is read as it is."""

    model_config = ConfigDict(extra="forbid")

    source_system: str = Field(min_length=1, max_length=100)
    execution_id: UUID | None = None
    limit: _Limit = 1_000


class SaveSponsorsArguments(SaveEventsArguments):
    """Arguments of ``SaveSponsorsOperator``."""

    event_id: RowId | None = None


class SaveContactsArguments(SaveEventsArguments):
    """Arguments of ``SaveContactsOperator``."""

    company_id: RowId
    target_functions: Words = Field(default_factory=list, max_length=100)
    observed_on: OptionalDate = None

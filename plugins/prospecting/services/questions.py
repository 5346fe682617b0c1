"""Questions to agents as plain values, validated: ``{"agent": "people", "company_name": "Acme"}``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from prospecting.agents.searches import CompanySearch, EventSearch, PeopleSearch, Search, SponsorSearch
from prospecting.services.bounded_json import BoundedObject
from prospecting.services.params import Calls, OptionalDate, OptionalName, OptionalProse, Usd, Words, explain

_KINDS: dict[Any, Any] = {
    bool: bool,
    str: Annotated[str, Field(min_length=1, max_length=2_000)],
    int: Annotated[int, Field(ge=1, le=10_000)],
    int | None: Annotated[int | None, Field(ge=0, le=1_000_000_000)],
    float | None: Annotated[float | None, Field(ge=0, le=1e14, allow_inf_nan=False)],
    str | None: OptionalProse,
    date | None: OptionalDate,
    tuple[str, ...]: Annotated[Words, Field(max_length=100)],
}
"""Validation of a search's field, by its type."""


def _model_of(search: type[Search]) -> type[BaseModel]:
    kinds = get_type_hints(search)
    fields: dict[str, Any] = {
        field.name: (_KINDS[kinds[field.name]], ... if field.default is dataclasses.MISSING else field.default)
        for field in dataclasses.fields(search)
    }
    return create_model(search.__name__, __config__=ConfigDict(extra="forbid"), **fields)


_SEARCHES: dict[str, type[Search]] = {
    search.agent: search for search in (EventSearch, SponsorSearch, CompanySearch, PeopleSearch)
}
_MODELS = {agent: _model_of(search) for agent, search in _SEARCHES.items()}


class AskAgentArguments(BaseModel):
    """Arguments of ``AskAgentOperator``."""

    model_config = ConfigDict(extra="forbid")

    question: BoundedObject
    provider: Annotated[str, Field(max_length=200)] = "catalog"
    scope: OptionalName = None
    max_usd: Usd = Decimal("5")
    max_calls: Calls = 1000
    llm_conn_id: OptionalName = None
    search_conn_id: OptionalName = None


def read_question(question: Mapping[str, Any]) -> Search:
    """The search that ``question`` means: ``agent``, and the fields of that agent's search.

    Raises ``ValueError`` that names the field and not its value.
    """
    agent = question.get("agent")
    if not isinstance(agent, str) or agent not in _SEARCHES:
        raise ValueError(f"question.agent must be one of {', '.join(_SEARCHES)}")
    model = _MODELS[agent]
    try:
        read = model.model_validate({name: value for name, value in question.items() if name != "agent"})
    except ValidationError as error:
        raise ValueError(f"The question to {agent} cannot be asked: {explain(error, model)}") from None
    return _SEARCHES[agent](**{name: tuple(value) if isinstance(value, list) else value for name, value in read})

"""The params of ``research_pipeline`` (trigger form and first task), and the arguments of the operators of research."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from prospecting.parsing.briefings import OPERATION_IDS
from prospecting.parsing.conditions import find_unknown_operators
from prospecting.services.bounded_json import BoundedObject, within_bounds
from prospecting.services.grouped_params import GroupedParams
from prospecting.services.params import (
    BudgetLimits,
    Calls,
    ConnectionId,
    OptionalName,
    OptionalText,
    Usd,
    Words,
    completed_budget,
)

MAX_STEPS = 50
MAX_ENTITIES = 100_000
MAX_INLINE_ENTITIES = 10_000
"""Entities in the configuration of a run: Airflow hands it to every task."""
SUBMISSION_FIELDS = frozenset(
    {"org", "operations", "steps", "entities", "client_company_name", "client_company_description"}
)
"""The params that say what is asked; the others say how a run goes about it."""

MaxAgeDays = Annotated[float, Field(ge=0, le=36_500)]
MAX_AGE_DAYS = 30.0
"""For how many days a briefing stands instead of asking, and paying, again."""

_OF_PEOPLE = ("full_name", "person_full_name", "first_name", "email", "work_email", "person_email")
LIST_PEOPLE = "company.list.people"


def _objects(value: Any) -> Any:
    """Accept nothing for an empty list, and one object for a list of one."""
    if value is None:
        return []
    return [value] if isinstance(value, dict) else value


def _flat(entity: dict[str, Any]) -> dict[str, Any]:
    """``{"entity_type": ..., "input": {...}}`` as one object."""
    given = entity.get("input")
    return {**{key: entity[key] for key in entity if key != "input"}, **given} if isinstance(given, dict) else entity


Objects = Annotated[list[BoundedObject], BeforeValidator(_objects)]


class BlueprintStep(BaseModel):
    """One step: its operation, on which condition it runs, and its configuration."""

    model_config = ConfigDict(extra="allow")

    operation_id: str = Field(min_length=1, max_length=200)
    position: int | None = Field(default=None, ge=1, le=1_000_000)
    is_enabled: bool = True
    step_config: BoundedObject = Field(default_factory=dict)
    condition: BoundedObject | None = None
    fan_out: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        """Accept a plain operation id, and ``enabled`` for ``is_enabled``."""
        if isinstance(value, str):
            return {"operation_id": value}
        if isinstance(value, dict) and "enabled" in value and "is_enabled" not in value:
            return {**{key: value[key] for key in value if key != "enabled"}, "is_enabled": value["enabled"]}
        return value

    @model_validator(mode="after")
    def _bounded_extras(self) -> Self:
        within_bounds(self.model_extra)
        return self

    @model_validator(mode="after")
    def _known_conditions(self) -> Self:
        for condition in (self.condition, self.step_config.get("condition")):
            if unknown := find_unknown_operators(condition):
                raise ValueError(
                    f"the condition uses unknown operators: {', '.join(unknown)}; allowed: all, any, not, exists, eq, "
                    "ne, lt, gt, lte, gte, contains, icontains, in"
                )
        return self


def _default_budget() -> BudgetLimits:
    """Enough for a few hundred companies: the list price of a company's briefing is 0.30 USD."""
    return BudgetLimits(max_usd=Decimal(100), max_calls=2_000)


class ResearchParams(GroupedParams):
    """Params of ``research_pipeline``: the id of a stored submission, or what to research for whom."""

    model_config = ConfigDict(extra="forbid")
    groups: ClassVar = {"budget": ""}

    submission_id: OptionalText = Field(
        None,
        title="Stored submission",
        description="Id of a submission (table submissions). It goes on where it stands; entities and steps below are "
        "ignored.",
        max_length=100,
        examples=["b8001673-d0a4-4c4f-824a-9904964d8400"],
    )
    submission_file: OptionalText = Field(
        None,
        title="Submission file",
        description="Path or object URL of a JSON file with org, operations or steps, entities and client, read by a "
        "worker. Recommended for people: whoever may see this run reads what is written below, also in the audit log.",
        max_length=2_000,
    )
    org: OptionalText = Field(
        None,
        title="Org",
        description="The org that the results belong to: its id or its slug. An unknown slug creates it.",
        max_length=200,
        examples=["acme"],
    )
    operations: Words = Field(
        default_factory=list,
        title="Operations",
        description="What to do for each entity, in this order.",
        max_length=MAX_STEPS,
        json_schema_extra={"examples": [*OPERATION_IDS.values(), LIST_PEOPLE]},
    )
    entities: Objects = Field(
        default_factory=list,
        title="Entities",
        description='Companies or persons: [{"company_name": "CoreWeave", "domain": "coreweave.com"}] or '
        '[{"full_name": "…", "company_name": "…", "linkedin_url": "…"}]. Better not people: see Submission file.',
        max_length=MAX_ENTITIES,
        json_schema_extra={"maxItems": MAX_INLINE_ENTITIES},
    )
    client_company_name: OptionalText = Field(
        None,
        title="Client",
        description="The company from whose point of view briefings are written; briefings need it.",
        max_length=500,
        examples=["SecurityPal"],
    )
    client_company_description: OptionalText = Field(
        None,
        title="What the client does",
        description="In a sentence or two; briefings need it.",
        max_length=10_000,
        json_schema_extra={"format": "multiline"},
    )
    steps: list[BlueprintStep] = Field(
        default_factory=list,
        title="Steps",
        description="Instead of operations, with conditions, fan-out and configuration: "
        '[{"operation_id": "company.list.people", "fan_out": true}, {"operation_id": "person.derive.intel_briefing"}].',
        max_length=MAX_STEPS,
        json_schema_extra={"section": "Steps in detail"},
    )
    retry_failed: bool = Field(
        True,
        title="Retry failed entities",
        description="Take up the failed entities of a stored submission at the step that failed. What was paid for is "
        "used again.",
        json_schema_extra={"section": "Asking again"},
    )
    max_age_days: MaxAgeDays = Field(
        MAX_AGE_DAYS,
        title="Reuse for days",
        description="Deep research that the org has of the same company or person, and for the same client, is not "
        "asked for again while it is at most so many days old, whichever submission it came from. 0: ask for "
        "everything. A step's own skip_if_fresh takes precedence.",
        json_schema_extra={"section": "Asking again"},
    )
    force_fresh: bool = Field(
        False,
        title="Force fresh",
        description="Ask and pay for everything again: no earlier answer, research under way, fresh entity or briefing "
        "is used.",
        json_schema_extra={"section": "Asking again"},
    )
    resubmit_lost: bool = Field(
        False,
        title="Submit lost research again",
        description="When a worker died while it was creating a deep research run, nobody knows whether the run "
        "exists. By default that is left to you; this pays for another one.",
        json_schema_extra={"section": "Asking again"},
    )
    budget: BudgetLimits = Field(
        default_factory=_default_budget,
        title="Budget",
        description="US dollars and calls of this submission, all its runs together; checked before every call. A "
        "plain number means dollars.",
        json_schema_extra={"section": "Budget"},
    )

    @field_validator("submission_id")
    @classmethod
    def _is_uuid(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return str(UUID(value.strip()))
        except ValueError:
            raise ValueError("a submission's id is a UUID; see the table submissions") from None

    @field_validator("steps", mode="before")
    @classmethod
    def _list_of_steps(cls, value: Any) -> Any:
        return [] if value is None else [value] if isinstance(value, (dict, str)) else value

    @field_validator("budget", mode="before")
    @classmethod
    def _complete_budget(cls, value: Any) -> Any:
        return completed_budget(value, _default_budget())

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.submission_id and self.submission_file:
            raise ValueError("give submission_id or submission_file, not both")
        if self.submission_id or self.submission_file:
            return self
        if not self.org:
            raise ValueError("give submission_id (a stored submission), or org, entities and operations")
        if not self.entities:
            raise ValueError('entities needs at least one, for example [{"company_name": "…", "domain": "…"}]')
        if not (self.operations or self.steps):
            raise ValueError(f'operations needs at least one, for example "{OPERATION_IDS["company"]}"')
        if self.operations and self.steps:
            raise ValueError("give operations or steps, not both")
        positions = [step["position"] for step in self.blueprint_steps()]
        if len(set(positions)) < len(positions):
            raise ValueError("two of the steps have the same position; without any, the order of the list counts")
        return self

    def values_with(self, content: Any) -> dict[str, Any]:
        """Values for this model: what ``content``, of a submission file, asks for, and how this run goes about it.

        Raises ``ValueError`` like ``submission_values``.
        """
        options = self.model_dump(exclude={*SUBMISSION_FIELDS, "submission_id", "submission_file"})
        return {**options, **submission_values(content)}

    def count_people(self) -> int:
        """How many of the entities are people, as far as their fields tell."""
        return sum(any(_flat(entity).get(name) for name in _OF_PEOPLE) for entity in self.entities)

    def blueprint_steps(self) -> list[dict[str, Any]]:
        """The steps as they are stored: plain operations are steps without conditions."""
        given = self.steps or [BlueprintStep(operation_id=operation) for operation in self.operations]
        return [
            {**step.model_dump(mode="json", exclude_unset=True), "position": step.position or number}
            for number, step in enumerate(given, 1)
        ]

    def entity_inputs(self) -> list[dict[str, Any]]:
        """The entities, each with the shared values that it does not have itself."""
        shared = {
            "client_company_name": self.client_company_name,
            "client_company_description": self.client_company_description,
        }
        shared = {name: value for name, value in shared.items() if value}
        return [
            {**shared, **{name: value for name, value in _flat(entity).items() if value not in (None, "")}}
            for entity in self.entities
        ]


def submission_values(content: Any) -> dict[str, Any]:
    """The values that a submission file has for ``ResearchParams``.

    Raises ``ValueError`` when ``content`` is not an object, or has fields that a submission does not have.
    """
    if not isinstance(content, dict):
        raise ValueError("a submission is a JSON object with org, operations or steps, and entities")
    if unknown := len(content.keys() - SUBMISSION_FIELDS):
        raise ValueError(f"{unknown} unknown fields in the submission; allowed: {', '.join(sorted(SUBMISSION_FIELDS))}")
    return dict(content)


class ResearchRunArguments(BaseModel):
    """The arguments of ``ResearchRunOperator``, rendered."""

    model_config = ConfigDict(extra="forbid")

    pipeline_run_id: UUID
    max_age_days: MaxAgeDays = MAX_AGE_DAYS
    force_fresh: bool = False
    resubmit_lost: bool = False
    max_usd: Usd | None = None
    max_calls: Calls | None = None
    parallel_conn_id: ConnectionId = "prospecting_parallel"
    operations_conn_id: ConnectionId = "prospecting_operations"


class DeepResearchArguments(BaseModel):
    """The arguments of ``DeepResearchOperator``, rendered."""

    model_config = ConfigDict(extra="forbid")

    org: str = Field(max_length=200)
    entity: BoundedObject
    operation: str = Field(max_length=200)
    client_company_name: OptionalText = Field(None, max_length=500)
    client_company_description: OptionalText = Field(None, max_length=10_000)
    processor: OptionalName = None
    max_usd: Usd | None = BudgetLimits.model_fields["max_usd"].default
    max_calls: Calls | None = BudgetLimits.model_fields["max_calls"].default
    max_age_days: MaxAgeDays = MAX_AGE_DAYS
    force_fresh: bool = False
    resubmit_lost: bool = False
    parallel_conn_id: ConnectionId = "prospecting_parallel"

    @field_validator("operation")
    @classmethod
    def _is_deep_research(cls, value: str) -> str:
        if value not in OPERATION_IDS.values():
            raise ValueError(f"unknown operation; allowed: {', '.join(OPERATION_IDS.values())}")
        return value

    @field_validator("entity")
    @classmethod
    def _is_somebody(cls, value: dict[str, Any]) -> dict[str, Any]:
        if not any(str("" if known is None else known).strip() for known in _flat(value).values()):
            raise ValueError('the entity is empty; give, for example, {"company_name": "…", "domain": "…"}')
        return value

    def research_params(self) -> ResearchParams:
        """The submission that is asked for: this entity, and this step."""
        config = {"step_config": {"processor": self.processor}} if self.processor else {}
        return ResearchParams.model_validate(
            {
                "org": self.org,
                "entities": [self.entity],
                "steps": [{"operation_id": self.operation, **config}],
                "client_company_name": self.client_company_name,
                "client_company_description": self.client_company_description,
            }
        )

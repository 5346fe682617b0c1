"""The configuration of a signal: one Pydantic model for the trigger form, the run row and every task.

The model makes the ``Param``s of ``signal_execution`` (``airflow_params``), validates what was triggered in the first
task, and is read back from the execution's row by all later ones.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from prospecting.parsing.locations import is_known_place
from prospecting.services.asking import MAX_IN_FLIGHT, InFlight
from prospecting.services.bounded_json import BoundedObject
from prospecting.services.grouped_params import GroupedParams
from prospecting.services.params import BudgetLimits, OptionalDate, OptionalText, Words
from prospecting.services.signal_criteria import Criteria

MAX_TARGET_FUNCTIONS = 20
MAX_DAYS = 3_650


class SignalType(StrEnum):
    conference = "conference"
    funding = "funding"
    hiring = "hiring"
    product_launch = "product_launch"
    acquisition = "acquisition"


class AgentFamily(StrEnum):
    catalog = "catalog"
    live = "live"


class Frequency(StrEnum):
    on_demand = "on-demand"
    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


class ScheduleChange(StrEnum):
    """Changes of a stored signal's schedule that run nothing."""

    clear = "clear"
    pause = "pause"
    resume = "resume"


class CompanyKind(StrEnum):
    company = "company"
    non_profit = "non_profit"
    government = "government"
    community = "community"
    venue = "venue"
    person = "person"


USUAL_KINDS = (CompanyKind.company, CompanyKind.non_profit)


def _kinds(value: Any) -> Any:
    """Each kind once; the usual ones when a form was left empty."""
    if value is None or value == []:
        return list(USUAL_KINDS)
    return (
        list(dict.fromkeys(value)) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value
    )


class Limits(BaseModel):
    """Limits of an execution."""

    model_config = ConfigDict(extra="forbid")

    max_events: int = Field(
        default=25,
        ge=1,
        le=1000,
        title="Events, at most",
        description="Shared evenly between the keywords; unused shares are passed on.",
    )
    max_sponsors_per_event: int = Field(
        default=100, ge=1, le=1000, title="Sponsors of an event, at most", description="The best tiers first."
    )
    enough_sponsors_per_event: int = Field(
        default=3,
        ge=1,
        le=1000,
        title="Sponsors that are enough",
        description="An event that was found with this many sponsors named is not asked about again.",
    )
    max_companies: int = Field(
        default=200,
        ge=1,
        le=5000,
        title="Companies, at most",
        description="So many of the companies found are asked about people, best sponsors first.",
    )
    max_people_per_company: int = Field(
        default=5,
        ge=1,
        le=25,
        title="People of a company, at most",
        description="Spread over the target functions.",
    )


def _weekday(value: Any) -> Any:
    """Accept the English name of a day, or its first three letters."""
    if isinstance(value, str) and len(value.strip()) >= 3:
        wanted = value.strip().casefold()
        for number, name in enumerate(calendar.day_name):
            if wanted in (name.casefold(), name[:3].casefold()):
                return number
        raise ValueError(f"write a day as one of {', '.join(calendar.day_name)}, or as 0 (Monday) to 6 (Sunday)")
    return value


class Schedule(BaseModel):
    """When a stored signal runs by itself: at ``time`` in ``timezone``, every day, week or month."""

    model_config = ConfigDict(extra="forbid")

    frequency: Frequency = Field(
        default=Frequency.daily,
        title="How often",
        description="Stores the signal with a schedule, by which the DAG signal_schedule starts it. Empty: the stored "
        "signal keeps the schedule it has, a new one has none. on-demand: it never starts by itself.",
    )
    weekday: Annotated[int, BeforeValidator(_weekday)] = Field(
        default=0,
        ge=0,
        le=6,
        title="Day of the week",
        description="For weekly. In JSON the name of the day, or a number: 0 is Monday, 6 is Sunday.",
        json_schema_extra={
            "enum": list(range(7)),
            "values_display": {str(number): name for number, name in enumerate(calendar.day_name)},
        },
    )
    day: int = Field(
        default=1,
        ge=1,
        le=31,
        title="Day of the month",
        description="For monthly; the last day when the month is shorter.",
    )
    time: Annotated[time_of_day, WithJsonSchema({"type": "string", "maxLength": 8})] = Field(
        default=time_of_day(6, 0), title="Time", description="Hours and minutes, for example 06:00, in the timezone."
    )
    timezone: str = Field(
        default="UTC",
        max_length=100,
        title="Timezone",
        description="An IANA timezone, for example Europe/Berlin.",
        examples=["UTC", "America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Berlin", "Asia/Tokyo"],
    )
    enabled: bool = Field(
        default=True,
        title="Switched on",
        description="Off: the schedule is kept, and starts nothing until it is on again.",
    )

    @field_validator("time", mode="before")
    @classmethod
    def _time_of_day(cls, value: Any) -> Any:
        """Numbers would be taken for seconds since midnight, and an offset would contradict ``timezone``."""
        if isinstance(value, (int, float)) or (
            isinstance(value, str) and not re.fullmatch(r"\d\d?:\d\d(:\d\d)?", value)
        ):
            raise ValueError('write the time of day as "06:00"; its zone goes into timezone')
        return value.zfill(5) if isinstance(value, str) and value.count(":") == 1 else value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not an IANA timezone; write for example Europe/Berlin or UTC")
        return value

    def latest_due_time(self, now: datetime) -> datetime | None:
        """The last moment at or before ``now`` (aware) when this schedule was due, in UTC; ``None`` when never.

        A local time that a clock change skips or repeats stays one due time.
        """
        return next((due for due in self._due_times(now, days=-1) if due <= now), None)

    def next_due_time(self, now: datetime) -> datetime | None:
        """The first moment after ``now`` (aware) when this schedule is due, in UTC; ``None`` when never."""
        return next((due for due in self._due_times(now, days=1) if due > now), None)

    def _due_times(self, now: datetime, *, days: int) -> Iterator[datetime]:
        """Due times from today on, or from today back, over two months: more than any schedule leaves out."""
        if self.frequency is Frequency.on_demand or not self.enabled:
            return
        zone = ZoneInfo(self.timezone)
        day = now.astimezone(zone).date()
        for _ in range(64):
            if self._is_due_on(day):
                yield datetime.combine(day, self.time.replace(tzinfo=None, fold=0), tzinfo=zone).astimezone(UTC)
            day += timedelta(days=days)

    def in_words(self) -> str:
        """``every Monday at 06:00, Europe/Berlin``."""
        if self.frequency is Frequency.on_demand:
            return "never by itself"
        every = {
            Frequency.daily: "every day",
            Frequency.weekly: f"every {calendar.day_name[self.weekday]}",
            Frequency.monthly: f"on day {self.day} of every month",
        }[self.frequency]
        return f"{every} at {self.time:%H:%M}, {self.timezone}{'' if self.enabled else ' (switched off)'}"

    def _is_due_on(self, day: date) -> bool:
        if self.frequency is Frequency.weekly:
            return day.weekday() == self.weekday
        if self.frequency is Frequency.monthly:
            last = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
            return day.day == min(self.day, last)
        return True


class SignalParams(GroupedParams):
    """Params of ``signal_execution``: a stored signal's id, or an inline configuration stored under its name."""

    model_config = ConfigDict(extra="forbid")
    groups: ClassVar = {"limits": "", "budget": "", "schedule": "schedule_", "criteria": ""}

    signal_id: OptionalText = Field(
        None,
        title="Stored signal",
        description="Id of a stored signal, to run it as it is stored. Agents, target functions, dates, limits and "
        "budget given with it hold for this run alone; a schedule becomes the signal's own; the rest is ignored.",
        max_length=100,
    )
    name: OptionalText = Field(
        None,
        title="Name",
        description="Stores this configuration as a signal; the same name later changes the stored one. Of one with a "
        "schedule this is a trial, and the schedule goes on running what it ran.",
        max_length=200,
        examples=["Ruby conferences in Europe"],
    )
    type: SignalType = Field(
        SignalType.conference,
        title="Type",
        description="conference: events, sponsors, people. funding, hiring, product_launch and acquisition: companies "
        "that show it, people (live agents only).",
    )
    description: OptionalText = Field(None, title="Description", max_length=2000)
    event_keywords: Words = Field(
        default_factory=list,
        title="Keywords",
        description="What the events (or the companies, products or positions) are about; every keyword is searched. "
        "One per line, for example: ruby, python, security, devops.",
        max_length=20,
    )
    locations: Words = Field(
        default_factory=list,
        title="Locations",
        description="Cities, regions, countries or continents; any of them will do. Empty: anywhere. One per line, "
        "for example: San Francisco, Germany, Europe, Online.",
        max_length=20,
    )
    date_from: OptionalDate = Field(
        None, title="From", description="First day an event may start on, or a company signal be from."
    )
    date_to: OptionalDate = Field(None, title="Until", description="Last day of the same. Empty: no limit.")
    min_attendees: int | None = Field(
        None,
        title="Attendees, at least",
        description="Events known to be smaller are left out; events of unknown size are kept.",
        ge=0,
        le=1_000_000_000,
    )
    industries: Words = Field(
        default_factory=list,
        title="Industries",
        description="Told to live agents; the first one is noted for new companies whose industry nobody knows.",
        max_length=20,
    )
    target_functions: Words = Field(
        default=["CEO", "CTO", "CMO"],
        title="Target functions",
        description="Who is worth talking to. People in other functions are noted as filtered, not saved. One per "
        "line, for example: CEO, CTO, CFO, VP Sales, Head of Engineering.",
        max_length=MAX_TARGET_FUNCTIONS,
        json_schema_extra={"section": "People"},
    )
    target_functions_from: OptionalText = Field(
        None,
        title="Target functions from research",
        description="Id or slug of an org: the job titles that its ICP research (research_pipeline) names most are "
        "added to the target functions, decision makers first.",
        max_length=200,
        json_schema_extra={"section": "People"},
    )
    discovery_prompt: OptionalText = Field(
        None,
        title="Discovery prompt",
        description="In your own words, for live agents.",
        max_length=4000,
        json_schema_extra={"section": "Agents", "format": "multiline"},
    )
    outreach_context: OptionalText = Field(
        None,
        title="Outreach context",
        description="What you offer; helps live agents to choose people.",
        max_length=4000,
        json_schema_extra={"section": "People", "format": "multiline"},
    )
    extract_sponsors: bool = Field(
        True, title="Extract sponsors", description="Without sponsors an execution ends with events."
    )
    agents: AgentFamily = Field(
        AgentFamily.catalog,
        title="Agents",
        description="catalog: shipped open data, free and offline. live: web search and a language model, paid; needs "
        "the connections prospecting_llm and prospecting_search.",
        json_schema_extra={"section": "Agents"},
    )
    company_kinds: Annotated[list[CompanyKind], BeforeValidator(_kinds)] = Field(
        default=[*USUAL_KINDS],
        title="Kinds of companies",
        description="Only these are asked about people. Who is not known to be anything else counts as a company. The "
        "others stay among what was found, and are noted as filtered.",
        max_length=len(CompanyKind),
        json_schema_extra={"section": "People", "examples": [kind.value for kind in CompanyKind]},
    )

    limits: Limits = Field(
        default_factory=Limits,
        title="Limits",
        description="Events per execution, shared evenly between the keywords, unused shares passed on; sponsors per "
        "event, and how many named with an event are enough not to ask about it again; companies per execution; people "
        "per company, spread over the target functions.",
        json_schema_extra={"section": "Limits"},
    )
    budget: BudgetLimits = Field(
        default_factory=BudgetLimits,
        title="Budget",
        description="US dollars and calls; checked before every call. A plain number means dollars.",
        json_schema_extra={"section": "Budget"},
    )
    max_in_flight: InFlight = Field(
        MAX_IN_FLIGHT,
        title="Questions at once",
        description="So many questions one task asks at the same time; what its provider takes in a minute still holds "
        "(calls_per_minute).",
        json_schema_extra={"section": "Agents"},
    )
    max_error_share: float = Field(
        0.5,
        title="Errors, at most",
        description="The execution fails when more than this share of what was found could not be used.",
        ge=0,
        le=1,
        json_schema_extra={"section": "Limits"},
    )
    schedule: Schedule | None = Field(
        None,
        title="Schedule",
        description='Store the signal with a schedule of its own, e.g. {"frequency": "weekly", "time": "06:00", '
        '"timezone": "Europe/Berlin", "weekday": 0}. The DAG signal_schedule then starts it.',
        json_schema_extra={"section": "Schedule"},
    )
    replace_scheduled: bool = Field(
        False,
        title="Change a scheduled signal",
        description="Another configuration under the name of a signal with a schedule, or another version of it, is a "
        "trial. On: it is published, which is what the schedule runs from now on.",
        json_schema_extra={"section": "Schedule"},
    )
    scheduled_for: datetime | None = Field(
        None,
        title="Scheduled for",
        description="Set by signal_schedule: the due time this execution stands for. Each due time is executed once.",
        json_schema_extra={"section": "Schedule"},
    )

    criteria: Criteria = Field(
        default_factory=Criteria,
        title="Criteria",
        description="What events, companies, rounds and open positions have to be like. What is not known of them is "
        "not held against them.",
        json_schema_extra={"section": "Criteria"},
    )
    next_days: int | None = Field(
        None,
        title="Next days",
        description="Events that start in the so many days from the day of the run on, in the timezone of the schedule "
        "(UTC without one). In place of From and Until.",
        ge=0,
        le=MAX_DAYS,
    )
    past_days: int | None = Field(
        None,
        title="Past days",
        description="The same of the days before the run; with both, from so many days before to so many after it.",
        ge=0,
        le=MAX_DAYS,
    )
    fresh_days: int = Field(
        30,
        title="Known for",
        description="Live agents are not asked about a company where every target function is known and was seen in so "
        "many days; who is known is part of the result. 0: ask in any case.",
        ge=0,
        le=MAX_DAYS,
        json_schema_extra={"section": "People"},
    )
    signal_version: int | None = Field(
        None,
        title="Version",
        description="With a stored signal: the version to run, in place of the published one. A trial, unless "
        "replace_scheduled publishes it.",
        ge=1,
        le=1_000_000_000,
        json_schema_extra={"section": "Stored signal"},
    )
    change_schedule: ScheduleChange | None = Field(
        None,
        title="Change its schedule",
        description="With a stored signal, and nothing is run: clear takes its schedule away, pause lets it start "
        "nothing, resume goes on. A new schedule is given below.",
        json_schema_extra={"section": "Stored signal"},
    )
    overrides: BoundedObject | None = Field(
        None,
        title="Only this run",
        description="With a stored signal, for programs: what holds for this run alone, also where it is the default "
        'of the form, for example {"agents": "catalog", "max_events": 25}.',
        json_schema_extra={"section": "Stored signal"},
    )
    resume_execution: OptionalText = Field(
        None,
        title="Go on with an execution",
        description="Id of an execution that has failed or was cancelled, to go on with it as it was configured: its "
        "answers are not paid for again. Everything else is ignored.",
        max_length=100,
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_nested(cls, data: Any) -> Any:
        """Accept ``configuration: {...}``, ``date_range: {start, end}``, a number as budget or as limit of events."""
        if not isinstance(data, dict):
            return data
        flat = {**data, **(data["configuration"] or {})} if isinstance(data.get("configuration"), dict) else dict(data)
        flat.pop("configuration", None)
        if flat.get("criteria") is None:
            flat.pop("criteria", None)
        window = flat.pop("date_range", None)
        if isinstance(window, dict):
            flat.setdefault("date_from", window.get("start"))
            flat.setdefault("date_to", window.get("end"))
        for name, number_means in (("budget", "max_usd"), ("limits", "max_events")):
            if isinstance(flat.get(name), (int, float)) and not isinstance(flat[name], bool):
                flat[name] = {number_means: flat[name]}
            elif flat.get(name) is None:
                flat.pop(name, None)
        return flat

    @field_validator("signal_id")
    @classmethod
    def _is_uuid(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                UUID(value)
            except ValueError:
                raise ValueError("a signal's id is a UUID; see the table signals") from None
        return value

    @field_validator("resume_execution")
    @classmethod
    def _is_execution(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                UUID(value)
            except ValueError:
                raise ValueError("an execution's id is a UUID; see the table signal_executions") from None
        return value

    @field_validator("locations")
    @classmethod
    def _are_places(cls, values: list[str]) -> list[str]:
        """An unknown place would leave out every event, without a word."""
        unknown = [value for value in values if not is_known_place(value)]
        if unknown:
            raise ValueError(
                f"{', '.join(map(repr, unknown))}: not a place we know; write a city (with its country when it is "
                "small), a region, a country, a continent, or Online"
            )
        return values

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        relative = [name for name in ("next_days", "past_days") if getattr(self, name) is not None]
        absolute = [name for name in ("date_from", "date_to") if getattr(self, name) is not None]
        if relative and absolute:
            raise ValueError(
                f"{' and '.join((*relative, *absolute))} say different things: give days from the run on (next_days, "
                "past_days) or dates (date_from, date_to), not both"
            )
        return self

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.resume_execution:
            return self
        if self.signal_id:
            if self.change_schedule and self.schedule:
                raise ValueError("give change_schedule or a schedule, not both")
            return self
        if needy := [name for name in ("signal_version", "change_schedule", "overrides") if getattr(self, name)]:
            raise ValueError(f"{', '.join(needy)}: of a stored signal; give its signal_id as well")
        if not self.name:
            raise ValueError("give signal_id (a stored signal), or a name and an inline configuration")
        if not self.event_keywords:
            raise ValueError('event_keywords needs at least one keyword, for example ["python"]')
        if not (self.target_functions or self.target_functions_from):
            raise ValueError('target_functions needs at least one function, for example ["CEO"]')
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("date_from lies after date_to")
        return self

    def ignored(self) -> list[str]:
        """The names of what was given beside ``signal_id`` and has no effect."""
        if self.signal_id is None:
            return []
        effective = {"signal_id", "schedule", *OF_ONE_RUN, *OVERRIDABLE}
        unset = SignalParams.model_validate({"signal_id": self.signal_id})
        return [
            name
            for name in SignalParams.model_fields
            if name not in effective and getattr(self, name) != getattr(unset, name)
        ]

    def in_window(self, today: date) -> Self:
        """The same with the dates that relative days mean on this day, in their place."""
        if self.next_days is None and self.past_days is None:
            return self
        window = {
            "date_from": today - timedelta(days=self.past_days or 0),
            "date_to": today + timedelta(days=self.next_days or 0),
        }
        return self.model_copy(update={**window, "next_days": None, "past_days": None})

    def events_for(self, keyword: str) -> int:
        """The number of events one keyword may bring at first: an even share of ``limits.max_events``, one at least.

        Shares need no agreement between keywords that are searched at the same time, and leave none of them out. What
        some leave unused is passed on afterwards (``pass_on_unused_shares``).
        """
        share, rest = divmod(self.limits.max_events, len(self.event_keywords))
        return max(1, share + (self.event_keywords.index(keyword) < rest))

    @property
    def fallback_industry(self) -> str | None:
        """The industry noted for new companies whose industry nobody knows."""
        return self.industries[0] if self.industries else None

    def stored_configuration(self) -> dict[str, Any]:
        """The part that is stored with the signal: all but its identity, its schedule, and what concerns one run."""
        return self.model_dump(mode="json", exclude={"signal_id", "schedule", *OF_ONE_RUN})


OF_ONE_RUN = (
    "scheduled_for", "replace_scheduled", "signal_version", "change_schedule", "overrides", "resume_execution",
)  # fmt: skip
"""Fields that concern one run, and are not stored with a signal."""
OVERRIDABLE = (
    "agents", "target_functions", "date_from", "date_to", "next_days", "past_days", "fresh_days", "limits", "budget",
)  # fmt: skip
"""Fields of a stored signal that may be something else in one run."""

"""Sponsors as found, and what becomes of them: records, one per company name, or the reasons they were rejected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from prospecting.parsing.company_signals import read_signals
from prospecting.parsing.fields import clean_text, first_text
from prospecting.parsing.names import clean_company_name, company_key
from prospecting.parsing.payload import Payload
from prospecting.parsing.records import Parsed, Rejected, SponsorRecord
from prospecting.parsing.sources import read_source
from prospecting.parsing.sponsor.checks import is_said_not_current, name_refusal, not_current, tier_refusal
from prospecting.parsing.sponsor.words import FIELDS, FORMERLY, HEADQUARTERS, LINK, MAX_NAME, NOT_A_TIER, URL
from prospecting.parsing.tiers import MAX_TIER, canonical_tier, tier_rank
from prospecting.parsing.urls import linkedin_kind, normalize_domain, normalize_linkedin_url, normalize_website


@dataclass(slots=True)
class Entry:
    """One sponsor as found, before checks."""

    name: str | None
    tier: str | None = None
    website: str | None = None
    description: str | None = None
    fields: Mapping[Any, Any] | None = None
    raw: Any = None


def entry_of_fields(
    value: Mapping[Any, Any], fields: dict[str, Any], tier: str | None, loaded: Payload, depth: int
) -> Iterator[Entry | Rejected]:
    """The sponsor whose object is ``value`` and whose fields are ``fields``, under ``tier`` when it names none."""
    if loaded.is_open(value):
        yield Rejected("truncated", "A sponsor is incomplete because the answer ends in the middle.", value)
        return
    if is_said_not_current(value):
        yield not_current(value)
        return
    inner = fields.get("name")
    if isinstance(inner, Mapping) and depth > 0:  # {"company": {"name": ...}, "tier": "Gold"}
        fields = {**fields, **FIELDS.read(inner)}
        if "tier" in (outer := FIELDS.read({key: item for key, item in value.items() if item is not inner})):
            fields["tier"] = outer["tier"]
    label = first_text(fields.get("tier"), MAX_TIER + 1)
    if label and label.casefold() in NOT_A_TIER:
        label = None
    name = first_text(fields.get("name"), MAX_NAME + 1)
    if not name and fields.get("name"):
        yield Rejected("placeholder", "A sponsor's name only stands for a missing one.", value)
        return
    extra: dict[str, Any] = {
        key: fields[key] for key in ("linkedin", "industry", "size", "description") if key in fields
    }
    if headquarters := first_text(HEADQUARTERS.read(value).get("headquarters"), 200):
        extra["headquarters"] = headquarters
    if signals := read_signals(value, name):
        extra["signals"] = signals
    if source := read_source(value):
        extra["source"] = source
    website = first_text(fields.get("website"))
    link = LINK.fullmatch(name) if name and name.startswith("[") else None
    if link:
        name, website = link[1], website or link[2]
    elif name and URL.fullmatch(name):
        name, website = None, website or name
    yield Entry(name, label or tier, website, fields=extra or None, raw=value)


Keyed = tuple[str, SponsorRecord]
"""A record, and the key of its company's name before it."""


def collect(found: Iterable[Entry | Rejected | Keyed], parsed: Parsed[SponsorRecord]) -> None:
    """Add to ``parsed`` what was found; entries of one company are folded into one record."""
    by_key: dict[str, int] = {}
    for entry in found:
        if type(entry) is tuple:
            key, record = entry
        else:
            checked = entry if isinstance(entry, Rejected) else record_of(cast("Entry", entry))
            if isinstance(checked, Rejected):
                parsed.rejected.append(checked)
                continue
            key, record = key_of(checked), checked
        if key in by_key:
            index = by_key[key]
            parsed.items[index] = _folded(parsed.items[index], record)
        else:
            by_key[key] = len(parsed.items)
            parsed.items.append(record)


def key_of(record: SponsorRecord) -> str:
    """The key at which two spellings of one company's name meet."""
    return company_key(record.name) or record.name.casefold()


def _folded(first: SponsorRecord, second: SponsorRecord) -> SponsorRecord:
    better = second if tier_rank(second.tier) < tier_rank(first.tier) else first
    return replace(
        first,
        tier=better.tier,
        tier_label=better.tier_label,
        website=first.website or second.website,
        linkedin_url=first.linkedin_url or second.linkedin_url,
        industry=first.industry or second.industry,
        employee_range=first.employee_range or second.employee_range,
        description=first.description or second.description,
        headquarters=first.headquarters or second.headquarters,
        signals=tuple(dict.fromkeys((*first.signals, *second.signals))),
        source=first.source or second.source,
    )


@lru_cache(maxsize=16_384)
def _named(name: str) -> SponsorRecord | Rejected:
    """The record of a sponsor of whom only the name is known."""
    if refusal := name_refusal(name):
        return refusal
    cleaned = clean_company_name(FORMERLY.sub("", name))
    if cleaned is None:
        return Rejected("placeholder", "A sponsor's name only stands for a missing one.", name)
    return SponsorRecord(cleaned)


@lru_cache(maxsize=8_192)
def _read_tier(label: str) -> tuple[str | None, str | None]:
    """The tier of a label, and the label as it is kept with it."""
    text = clean_text(label, MAX_TIER + 1)
    tier = canonical_tier(text) if text and text.casefold() not in NOT_A_TIER else None
    return tier, text if tier else None


def plain_record(fields: Mapping[str, str]) -> SponsorRecord | None:
    """The record of a sponsor whose ``fields`` are all plain texts; ``None`` when it would be rejected."""
    name = clean_text(fields["name"], MAX_NAME + 1)
    record = _named(name) if name else None
    if not isinstance(record, SponsorRecord):
        return None
    if len(fields) == 1:
        return record
    tier, label = _read_tier(fields["tier"]) if "tier" in fields else (None, None)
    if label and tier_refusal(label, record.name):
        return None
    website = clean_text(fields["website"]) if "website" in fields else None
    return _with_details(record, tier, label, normalize_website(website) if website else None, fields)


def record_of(entry: Entry) -> SponsorRecord | Rejected:
    """The entry checked and normalised, or the reason it is rejected."""
    website = normalize_website(entry.website) if entry.website else None
    name = entry.name or (normalize_domain(website) if website else None)  # the domain is all that is known
    if not name:
        return Rejected("missing_name", "A sponsor has no name.", entry.raw)
    record = _named(name)
    if isinstance(record, Rejected):
        return replace(record, raw=entry.raw)
    label = clean_text(entry.tier, MAX_TIER + 1) if entry.tier else None
    tier = canonical_tier(label)
    if not (tier or website or entry.description or entry.fields):
        return record
    if tier and label and (refusal := tier_refusal(label, record.name)):
        return replace(refusal, raw=entry.raw)
    label = label if tier else None
    if not entry.fields:
        return SponsorRecord(record.name, tier, website, label, description=entry.description)
    return _with_details(record, tier, label, website, entry.fields, entry.description)


def _with_details(
    record: SponsorRecord,
    tier: str | None,
    label: str | None,
    website: str | None,
    fields: Mapping[Any, Any],
    description: str | None = None,
) -> SponsorRecord:
    """``record`` with what the ``fields`` of its object say besides."""
    linkedin = first_text(fields.get("linkedin"))
    return SponsorRecord(
        record.name,
        tier,
        website,
        label,
        linkedin_url=normalize_linkedin_url(linkedin) if linkedin and linkedin_kind(linkedin) == "company" else None,
        industry=first_text(fields.get("industry"), 200),
        employee_range=first_text(fields.get("size"), 80),
        description=description or first_text(fields.get("description")),
        headquarters=fields.get("headquarters"),
        signals=fields.get("signals", ()),
        source=fields.get("source"),
    )

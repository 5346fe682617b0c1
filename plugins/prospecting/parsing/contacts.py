"""People from an agent's answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields as record_fields
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from prospecting.parsing.dates import parse_date_range
from prospecting.parsing.emails import normalize_email
from prospecting.parsing.fields import KeyMap, Walker, clean_text, first_text, load_or_reject, phrases
from prospecting.parsing.names import clean_person_name, company_key, person_key, vocabulary
from prospecting.parsing.payload import Payload, as_text, without_thoughts
from prospecting.parsing.plaintext import labelled, labelled_records, lines_of, split_marker, table_records, too_long
from prospecting.parsing.records import ContactRecord, Parsed, Rejected
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url

MAX_NAME = 200

FIELDS = KeyMap(
    name=("full_name", "person_name", "contact_name", "display_name", "person", "contact", "executive"),
    first=("first_name", "given_name", "forename", "firstname"),
    last=("last_name", "family_name", "surname", "lastname"),
    title=("job_title", "current_title", "title_role", "role", "role_title", "position", "current_position",
           "designation", "headline", "job", "occupation"),
    linkedin=("linkedin_url", "linkedin_profile", "linkedin_profile_url", "linkedin_link", "profile", "profile_url",
              "social", "url", "links", "socials", "social_links"),
    email=("email_address", "emails", "work_email", "business_email", "e_mail", "mail", "contact_email"),
    phone=("phone_number", "phones", "phone_numbers", "mobile", "telephone", "tel"),
    company=("company_name", "organization", "organisation", "employer", "current_company", "firm"),
    location=("location_text", "city", "based_in", "place"),
    bio=("biography", "about", "summary", "background", "description", "notes"),
    observed=("as_of", "observed_on", "observed_at", "last_verified", "updated_at", "date"),
)  # fmt: skip

_NAMED_LISTS = vocabulary(
    "contacts contact pocs poc people persons person decisionmakers keydecisionmakers executives leadership leaders "
    "team leadershipteam executiveteam managementteam management keycontacts keypeople employees staff officers "
    "speakers pointsofcontact prospects leads targets targetpersons profiles founders boardmembers"
)
_ENVELOPES = vocabulary(
    "results result data output outputs items list response payload content answer extracted findings company companies"
)
_EVIDENCE = frozenset({"title", "linkedin", "email", "phone"})
WANTED = frozenset(
    {
        *_NAMED_LISTS,
        "jobtitle",
        "linkedin",
        "linkedinurl",
        "email",
        "fullname",
        "firstname",
        "lastname",
        "title",
        "role",
        "position",
    }
)

_PLACEHOLDERS = phrases(
    "name|full name|first last|first name last name|firstname lastname|person|person name|contact|contact name"
    "|unknown person|unknown contact|not publicly available|not disclosed|anonymous|redacted|vacant|open position"
    "|no contact|no name|executive|decision maker|team member|employee|representative|spokesperson|human resources"
    "|sales|marketing|sales team|marketing team|hr|hr department|support|info|admin|title|leadership team"
    "|management team"
)
_TITLE_WORDS = re.compile(
    r"\b(?:c[a-z]o|chro|ciso|[es]?vp|chief|president|vice|director|head|manager|officer|founder|co-founder|cofounder"
    r"|owner|partner|lead|leader|engineer|developer|architect|analyst|consultant|advisor|chair|chairman|chairwoman"
    r"|chairperson|executive|principal|specialist|coordinator|supervisor|scientist|designer|recruiter|controller|treasurer"
    r"|secretary|counsel|assistant|associate|strategist|evangelist|advocate|marketing|sales|operations|finance|technology|product"
    r"|human resources|hr|people)\b",
    re.IGNORECASE,
)
_ONLY_TITLE = re.compile(
    r"(?:the\s+)?(?:c[a-z]o|chro|ciso|chief\b.*\bofficer|(?:executive |senior )?vice president\b.*"
    r"|[es]?vp\b.*|president|(?:managing |executive )?director|(?:head|director|vp|manager) of\b.*|founder"
    r"|co-founder|owner|chairman|general manager|managing partner"
    r"|(?:marketing|sales|hr|product|operations|finance) (?:director|manager|lead|head))",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s+[-–—|·:]\s+|\s*[—|;]\s*|:\s+|,\s+|\s+\((?=[^()]*\)\s*$)")
_TWO_NAMES = re.compile(r"\s*/\s*|\s+&\s+|\s+and\s+", re.IGNORECASE)
_AT = re.compile(r"\s+(?:at|@)\s+(?=[^\W\d_a-z]|\d)|,\s+(?=[^,]*$)")
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PROFILE = re.compile(r"<?(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/[^\s<>()\[\],;]+>?", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]+)\]\(\s*<?([^\s()<>]+)>?[^()]*\)")
_PHONE = re.compile(r"[+\d][\d\s().x/-]{5,}\d|\+?\d{7,15}")
_REFUSAL = re.compile(
    r"\b(?:no|none|not|unable|cannot|can't|couldn't|could not|didn't|don't)\b.{0,80}?"
    r"\b(?:contacts?|people|persons?|executives?|decision makers?|found|find|available"
    r"|identif\w*|information|data|results?)\b",
    re.IGNORECASE | re.DOTALL,
)


def parse_contacts(raw: Any) -> Parsed[ContactRecord]:
    """People in ``raw`` (text, bytes, object, list or ``None``), in order, each once.

    The same LinkedIn profile, or the same name without contradicting profiles or companies, is one person; missing
    fields are filled in. Unusable profiles and addresses become ``None``. Reasons for rejection: ``no_data``,
    ``unparseable``, ``too_large``, ``placeholder``, ``missing_name``, ``not_an_object``, ``truncated``. Never raises on
    content.
    """
    loaded = load_or_reject(raw, WANTED)
    if loaded is None:
        return Parsed()
    if isinstance(loaded, Rejected):
        return _parse_plain(raw, loaded)
    found: list[ContactRecord | Rejected] = []
    for value in loaded.values:
        if isinstance(value, str):
            return _parse_plain(value, Rejected("unparseable", "The answer is text, not data.", raw))
        for item in _WALKER.records(value):
            found.extend(_records(item, loaded))
    parsed = _collected(found)
    if loaded.truncated and not any(item.reason == "truncated" for item in parsed.rejected):
        parsed.rejected.append(Rejected("truncated", "The answer ends in the middle; what was complete is kept."))
    if not parsed.items and isinstance(raw, str) and raw.lstrip()[:1] not in ("{", "["):
        plain = _parse_plain(raw, Rejected("no_data", "The answer contains no person.", raw))
        return plain if plain.items else parsed
    return parsed


def _collected(found: list[ContactRecord | Rejected]) -> Parsed[ContactRecord]:
    parsed: Parsed[ContactRecord] = Parsed()
    by_profile: dict[str, int] = {}
    by_name: dict[str, list[int]] = {}
    for record in found:
        if isinstance(record, Rejected):
            parsed.rejected.append(record)
            continue
        namesakes = by_name.setdefault(person_key(record.full_name) or record.full_name.casefold(), [])
        index = by_profile.get(record.linkedin_url) if record.linkedin_url else None
        if index is None:
            index = next((known for known in namesakes[:50] if _may_be_one(parsed.items[known], record)), None)
        if index is None:
            index = len(parsed.items)
            parsed.items.append(record)
            namesakes.append(index)
        else:
            parsed.items[index] = _folded(parsed.items[index], record)
        if profile := parsed.items[index].linkedin_url:
            by_profile.setdefault(profile, index)
    return parsed


def _may_be_one(first: ContactRecord, second: ContactRecord) -> bool:
    """True when two records of one name may be one person: neither their profiles nor their companies differ."""
    if first.linkedin_url and second.linkedin_url:
        return first.linkedin_url == second.linkedin_url
    return not (first.company and second.company) or company_key(first.company) == company_key(second.company)


def _folded(first: ContactRecord, second: ContactRecord) -> ContactRecord:
    missing = {
        field.name: value
        for field in record_fields(first)
        if getattr(first, field.name) is None and (value := getattr(second, field.name)) is not None
    }
    return replace(first, **missing) if missing else first


@lru_cache(maxsize=1_024)
def _wrapper_grade(key: str) -> int:
    if key in _ENVELOPES:
        return 1
    return 2 if key in _NAMED_LISTS or key.endswith(("contacts", "executives", "people")) else 0


_WALKER = Walker(FIELDS, _wrapper_grade, _EVIDENCE, vocabulary("name fullname personname"))


def _records(item: Any, loaded: Payload) -> list[ContactRecord | Rejected]:
    """Normally one record; one each when two people share a line ("Ann Lee/Bo Ray"), then without contact data."""
    record = _record(item, loaded)
    if isinstance(record, Rejected) or not isinstance(item, Mapping):
        return [record]
    names = _TWO_NAMES.split(clean_text(FIELDS.read(item).get("name"), MAX_NAME) or "")
    people = [_person(name) for name in names if len(name.split()) > 1]
    if len(names) != 2 or len(people) != 2:
        return [record]
    shared = replace(record, linkedin_url=None, email=None, phone=None, bio=None)
    return [
        replace(shared, full_name=person[0], first_name=person[1], last_name=person[2])
        if person
        else Rejected("placeholder", "The person's name is a placeholder, or not a name.", item)
        for person in people
    ]


def _record(item: Any, loaded: Payload) -> ContactRecord | Rejected:
    if isinstance(item, str):
        read = _from_line(split_marker(item)[0])
        if read is None:
            return Rejected("placeholder", "The line contains no person's name.", item)
        return _contact(read, item)
    if not isinstance(item, Mapping):
        return Rejected("not_an_object", "A person is neither an object nor text.", item)
    if loaded.open_ids and loaded.is_open(item):
        return Rejected("truncated", "A person is incomplete because the answer ends in the middle.", item)
    fields = FIELDS.read(item)
    if isinstance(fields.get("name"), Mapping):  # {"name": {"first": ..., "last": ...}}
        inner = FIELDS.read(fields.pop("name"))
        fields = {**inner, **fields}
    if not fields:
        return Rejected("no_data", "The object contains no person.", item)
    return _contact(fields, item)


def _contact(fields: dict[str, Any], raw: Any) -> ContactRecord | Rejected:
    get = fields.get
    given_first, given_last = get("first"), get("last")
    first = clean_text(given_first, 100) if given_first else None
    last = clean_text(given_last, 100) if given_last else None
    given = get("name")
    name = clean_text(given, MAX_NAME + 1) if given is not None else None
    if name is None and (first or last):
        name = " ".join(part for part in (first, last) if part)
    if name is None:
        if given is not None or given_first or given_last:
            return Rejected("placeholder", "The person's name is a placeholder.", raw)
        return Rejected("missing_name", "A person has no name.", raw)
    person = _person(name)
    if person is None:
        return Rejected("placeholder", "The person's name is a placeholder, or not a name.", raw)
    linkedin, email = get("linkedin"), get("email")
    title, company, place, bio, phone = get("title"), get("company"), get("location"), get("bio"), get("phone")
    return ContactRecord(
        person[0],
        first_text(title, 300) if title else None,
        _linkedin(linkedin) if linkedin else None,
        _email(email) if email else None,
        first or person[1],
        last or person[2],
        first_text(company, 200) if company else None,
        _phone(phone) if phone else None,
        _place(place) if place else None,
        first_text(bio) if bio else None,
        _observed(get("observed")),
    )


@lru_cache(maxsize=16_384)
def _person(name: str) -> tuple[str, str | None, str | None] | None:
    folded = name.casefold().strip(" .:*[]()<>")
    if len(name) > MAX_NAME or folded in _PLACEHOLDERS or folded.startswith(("unknown ", "not ", "no ", "n/a")):
        return None
    if _ONLY_TITLE.fullmatch(folded):
        return None
    person = clean_person_name(name)
    return (person.full, person.first, person.last) if person else None


@lru_cache(maxsize=8_192)
def _profile(text: str) -> str | None:
    """A person's profile; a company's page belongs to nobody."""
    url = normalize_linkedin_url(text)
    return url if linkedin_kind(url) == "person" else None


def _linkedin(value: Any) -> str | None:
    if isinstance(value, str):
        return _profile(value)
    if isinstance(value, Mapping):
        candidates = [item for key, item in value.items() if "linkedin" in str(key).lower()] or list(value.values())
    elif isinstance(value, (list, tuple)):
        candidates = list(value)
    else:
        return None
    for candidate in candidates[:20]:
        text = first_text(candidate)
        if text and (url := _profile(text)):
            return url
    return None


def _email(value: Any) -> str | None:
    if isinstance(value, str):
        return normalize_email(value)
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, (list, tuple)):
        for member in value[:20]:
            for candidate in list(member.values())[:20] if isinstance(member, Mapping) else [member]:
                if isinstance(candidate, str) and (address := normalize_email(candidate)):
                    return address
    return None


def _phone(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = next((item for key, item in value.items() if "number" in str(key).lower()), None) or value
    text = first_text(value, 60)
    return text if text and sum(character.isdigit() for character in text) >= 5 else None


def _place(value: Any) -> str | None:
    if isinstance(value, Mapping):
        parts = [first_text(value.get(key), 100) for key in ("city", "region", "state", "country")]
        return ", ".join(part for part in parts if part) or first_text(value, 200)
    return first_text(value, 200)


def _observed(value: Any) -> date | None:
    """The day a fact was seen; the first day of a month or a year."""
    return parse_date_range(value).start if value is not None else None


def _from_line(text: str) -> dict[str, Any] | None:
    """Fields from "Jane Doe, CEO" or "**Jane Doe** — CTO at Acme (jane@acme.com)"; ``None`` without a name."""
    if not text or len(text) > 1_000:
        return None
    fields: dict[str, Any] = {}
    for link in _LINK.finditer(text):
        if _profile(link[2]):
            fields["linkedin"] = link[2]
    text = _LINK.sub(
        lambda link: "" if link[1].casefold() in {"linkedin", "profile", "linkedin profile"} else link[1], text
    )
    for key, pattern in (("linkedin", _PROFILE), ("email", _ADDRESS)):
        match = pattern.search(text)
        if match:
            fields.setdefault(key, match[0].strip("<>"))
            text = text.replace(match[0], "")
    text = re.sub(r"\b(?:linkedin|e-?mail)\s*:\s*", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\*\*|__|`", "", re.sub(r"\(\s*\)|\[\s*\]", "", text)).strip(" -–—|,;:")
    parts = _SPLIT.split(text, maxsplit=1)
    name, rest = parts[0].strip(" *_"), (parts[1].strip(" *_|,;-–—") if len(parts) > 1 else "")
    if text.endswith(")") and rest.endswith(")") and "(" not in rest:
        rest = rest[:-1]
    if not name or len(name.split()) > 6 or _person(name) is None:
        return None
    fields["name"] = name
    if rest:
        _read_title(fields, rest)
    return fields


def _read_title(fields: dict[str, Any], rest: str) -> None:
    pieces = _AT.split(rest, maxsplit=1)
    if len(pieces) == 2 and _TITLE_WORDS.search(pieces[0]) and not _TITLE_WORDS.search(pieces[1]):
        fields["title"] = pieces[0].strip(" ,|-–—")
        fields["company"] = re.split(r"\s+[-–—|]\s+|\s*[(|]", pieces[1], maxsplit=1)[0].strip(" .,")
    else:
        fields["title"] = re.split(r"\s+[|]\s+", rest, maxsplit=1)[0].strip(" .,|")


def _parse_plain(raw: Any, reason: Rejected) -> Parsed[ContactRecord]:
    """Tables, "Title: CEO" blocks and lists of "Jane Doe, CEO"; anything else is rejected with ``reason``."""
    if reason.reason not in ("no_data", "unparseable") or not isinstance(raw, (str, bytes, bytearray)):
        return Parsed(rejected=[reason])
    text = without_thoughts(as_text(raw))
    if refusal := too_long(text, raw):
        return Parsed(rejected=[refusal])
    lines = lines_of(text)
    records = [*table_records(lines, FIELDS)] or [*labelled_records(lines, FIELDS)]
    found: list[ContactRecord | Rejected] = []
    for record in records:
        heading = _from_line(record.get("name", "")) or {}
        labelled = {key: _unlinked(value) for key, value in FIELDS.read(record).items()}
        found.append(_contact({**labelled, **heading, **{k: v for k, v in labelled.items() if k != "name"}}, record))
    # People with and without labelled lines may be mixed; somebody found both ways becomes one record.
    by_line = [person for line in lines if (person := _line_record(line)) is not None]
    has_labels = any(isinstance(record, ContactRecord) for record in found)
    found = [*(person for person in by_line if isinstance(person, ContactRecord)), *found] if has_labels else by_line
    parsed = _collected(found)
    if not parsed.items and not parsed.rejected:
        parsed.rejected.append(
            Rejected("no_data", "The answer says that there is nobody.", raw)
            if _REFUSAL.search(text[:2_000])
            else reason
        )
    return parsed


def _unlinked(value: Any) -> Any:
    link = _LINK.search(value) if isinstance(value, str) else None
    return link[2] if link else value


def _line_record(line: str) -> ContactRecord | Rejected | None:
    """A person from a list item, or from a plain line when it gives a title; prose gives nobody."""
    text, marked = split_marker(line)
    read = None if labelled(text, FIELDS) else _from_line(text)
    if read is None:
        return None
    title = read.get("title")
    if not title and not marked:
        return None
    if title and not _TITLE_WORDS.search(title) and not marked:
        return None
    if len(read["name"].split()) < 2 or (not marked and (len(text.split()) > 15 or text.endswith("."))):
        return None
    return _contact(read, line)

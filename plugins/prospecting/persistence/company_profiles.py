"""Companies as accounts, one at a time: by id, by domain, by what they are called.

A company that was merged into another leads to that one everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from sqlalchemy import Connection

from prospecting.parsing.names import clean_company_name, company_key
from prospecting.parsing.prospect_research import parse_employee_range
from prospecting.parsing.urls import company_domain
from prospecting.persistence.account_fields import Given, Name, OptionalProse, OptionalText, Stored
from prospecting.persistence.checked_fields import JsonObject, PastTime, not_given
from prospecting.persistence.company_mentions import CompanyRow, identity_keys, read_mention
from prospecting.persistence.company_upserts import upsert_companies
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.searching import checked_limit, search_values
from prospecting.persistence.statements import statement

Size = Literal["small", "medium", "large", "enterprise"]
Tier = Literal["strategic", "tier1", "tier2", "tier3"]
CompanyKind = Literal["company", "non_profit", "government", "community", "venue", "person"]
AccountStatus = Literal["prospecting", "engaged", "customer", "churned"]

_SIZES: tuple[tuple[int, Size], ...] = ((50, "small"), (500, "medium"), (5_000, "large"))
"""Up to how many employees a company has a size."""

_ACCOUNT = {
    "size", "headquarters_location", "country", "account_tier", "account_status", "research_data", "last_researched_at",
}  # fmt: skip
_NO_SUCH = "No company {}: it was deleted, or the database is another one"


def _own_domain(value: str | None) -> str | None:
    domain = None if value is None else company_domain(value)
    if value is not None and domain is None:
        raise ValueError("it is not the address of a company's own website; give one such as acme.com, or none")
    return domain


def _usable_name(value: str) -> str:
    name = clean_company_name(value)
    if not name or not company_key(name):
        raise ValueError("it is no name of a company")
    return name


CompanyName = Annotated[Name, AfterValidator(_usable_name)]
Domain = Annotated[OptionalText, AfterValidator(_own_domain)]


class Company(Stored):
    """A company and what is kept of it as an account. Counts are kept by triggers.

    ``size`` is what somebody set, else what the number of employees says: ``small`` up to 50, ``medium`` up to 500,
    ``large`` up to 5,000, ``enterprise`` beyond; of a range, its upper end counts. ``kind`` is the kind of organisation
    where something tells it; without one it counts as a company.
    """

    id: int
    company_unique_id: str
    name: str
    domain: str | None
    industry: str | None
    size: Size | None
    description: str | None
    headquarters_location: str | None
    country: str | None
    research_data: dict[str, Any]
    account_tier: Tier | None
    account_status: AccountStatus
    total_contacts: int
    active_conversations: int
    last_researched_at: datetime | None
    created_at: datetime
    updated_at: datetime
    kind: CompanyKind | None


class NewCompany(Given):
    """A company to find or create. ``domain`` may be any address of its website."""

    name: CompanyName
    domain: Domain = None
    industry: OptionalText = None
    size: Size | None = None
    description: OptionalProse = None
    headquarters_location: OptionalText = None
    country: OptionalText = None
    research_data: JsonObject = Field(default_factory=dict)
    account_tier: Tier | None = None
    account_status: AccountStatus = "prospecting"
    last_researched_at: PastTime | None = None
    source_system: Name = "manual"


class CompanyUpdate(Given):
    """New values of a company; fields that are not given stay. ``None`` clears a field that may be empty."""

    name: CompanyName = not_given()
    domain: Domain = not_given()
    industry: OptionalText = None
    size: Size | None = None
    description: OptionalProse = None
    headquarters_location: OptionalText = None
    country: OptionalText = None
    research_data: JsonObject = not_given()
    account_tier: Tier | None = None
    account_status: AccountStatus = not_given()
    last_researched_at: PastTime | None = None
    kind: CompanyKind | None = None


class _Filters(Given):
    account_tier: Tier | None
    account_status: AccountStatus | None


def find_current_company(connection: Connection, company_id: int) -> int | None:
    """The id of a company, or of the one it was merged into; ``None`` when it does not exist."""
    found: int | None = connection.execute(
        statement("companies/find_current"), {"company_id": company_id}
    ).scalar_one_or_none()
    return found


# ----------------------------------------------------------------------------------------------------------- reading
def get_company_by_id(connection: Connection, company_id: int) -> Company | None:
    """The company of an id; ``None`` when there is none.

    ``research_data`` is what is stored with the company. Briefings belong to an org and are not mixed in here, and
    research of users, which only they may see, is nowhere.
    """
    current = find_current_company(connection, company_id)
    return None if current is None else _profiles(connection, [current])[0]


def get_company_by_domain(connection: Connection, domain: str) -> Company | None:
    """The company behind a domain or any address of its website, in any spelling, like ``get_company_by_id``.

    ``None`` for addresses on a host of many (a page on linkedin.com), and for what is no address.
    """
    found = _find_by_domain(connection, company_domain(domain))
    return None if found is None else _profiles(connection, [found])[0]


def list_companies(
    connection: Connection,
    account_tier: str | None = None,
    account_status: str | None = None,
    limit: int = 100,
    *,
    after_id: int = 0,
) -> list[Company]:
    """Companies of a tier and of a status, where given; those known longest first. ``limit`` is at most 1000.

    ``after_id``: of the company behind which the list goes on. Raises ``ValueError`` for an unknown tier or status, and
    a limit out of range.
    """
    filters = _Filters.model_validate({"account_tier": account_tier, "account_status": account_status})
    values = {**filters.model_dump(), "limit": checked_limit(limit), "after_id": after_id}
    return _profiles(connection, connection.execute(statement("companies/list_accounts"), values).scalars().all())


def search_companies(connection: Connection, term: str, limit: int = 20) -> list[Company]:
    """Companies with ``term`` in their name or domain: equal ones first, then by where it stands (start, a word, else).

    A name in another spelling ("Acme, Inc." for Acme GmbH) and an address of the website count as equal. Case does not
    matter. Reads every company: a few seconds for a million. Raises ``ValueError`` for an empty term, and a limit
    not within 1 to 1000.
    """
    values = search_values(term, limit) | {"domain": company_domain(term), "name_key": company_key(term) or None}
    return _profiles(connection, connection.execute(statement("companies/search"), values).scalars().all())


def _profiles(connection: Connection, ids: Sequence[int]) -> list[Company]:
    rows = connection.execute(statement("companies/profiles"), {"ids": list(ids)}).mappings() if ids else ()
    return [_company(dict(row)) for row in rows]


def _company(row: dict[str, Any]) -> Company:
    employees = row.pop("employee_range")
    return Company(**{**row, "size": row["size"] or size_of(employees)})


def size_of(employee_range: str | None) -> Size | None:
    """The size of a company of which only the number of employees is known, in any words; see ``Company``."""
    employees = parse_employee_range(employee_range)
    # "500+" and "over 500" are more than those of 500.
    number = employees.max if employees.max is not None else employees.min + 1 if employees.min is not None else None
    if number is None:
        return None
    return next((size for most, size in _SIZES if number <= most), "enterprise")


def _find_by_domain(connection: Connection, domain: str | None) -> int | None:
    if domain is None:
        return None
    found: int | None = connection.execute(
        statement("companies/find_by_domain"), {"domain": domain}
    ).scalar_one_or_none()
    return found


# ----------------------------------------------------------------------------------------------------------- writing
def create_company(connection: Connection, data: NewCompany | Mapping[str, Any]) -> Company:
    """Find or create a company by its domain, else by its name; ``data`` has the fields of ``NewCompany``.

    A company that is known already, also in another spelling of domain or name, keeps what is known of it: the given
    values fill what is unknown, entry by entry in ``research_data``, and overwrite nothing (``update_company`` does).
    Its status is unknown as long as it is ``prospecting``. A known domain decides, whatever the name. Create at most
    one company per transaction, before contacts (lock order).

    Raises ``ValueError`` for unusable values and unknown fields, and for a website that is somebody else's.
    """
    given = NewCompany.model_validate(data)
    company_id = _find_or_create(connection, given)
    connection.execute(statement("companies/lock_company"), {"id": company_id})
    account = given.model_dump(include=_ACCOUNT)
    connection.execute(statement("companies/fill_account"), {"id": company_id, "account": to_json(account)})
    return _profiles(connection, [company_id])[0]


def _find_or_create(connection: Connection, given: NewCompany) -> int:
    # Again, when somebody gave the domain to a company of another name between looking and writing.
    for _ in range(2):
        known = _find_by_domain(connection, given.domain)
        name = given.name if known is None else _profiles(connection, [known])[0].name
        with connection.begin_nested() as savepoint:
            row = CompanyRow(
                name,
                given.domain,
                primary_industry=given.industry,
                description=given.description,
                headquarters_location=given.headquarters_location,
                country=given.country,
            )
            result = upsert_companies(connection, [row], source_system=given.source_system)
            if result.failures:
                raise ValueError(f"{result.failures[0].detail}; give a company")
            (saved,) = result.saved
            assert saved is not None
            if given.domain is None or _find_by_domain(connection, given.domain) == saved.id:
                return saved.id
            savepoint.rollback()
    raise ValueError("The domain is not that of the company's own website; give its own, or none")


def update_company(connection: Connection, company_id: int, data: CompanyUpdate | Mapping[str, Any]) -> Company:
    """Change a company; ``data`` has fields of ``CompanyUpdate``. ``research_data`` is replaced as a whole.

    Raises ``LookupError`` for an unknown id, ``ValueError`` for unusable values, unknown fields (counts are kept by
    triggers), and a domain or name that is another company's.
    """
    given = CompanyUpdate.model_validate(data)
    changes = given.model_dump(exclude_unset=True)
    if "domain" in changes and given.domain is None:
        raise ValueError("A company keeps its domain, which identifies it; give another one, or leave it out")
    current = find_current_company(connection, company_id)
    if current is None:
        raise LookupError(_NO_SUCH.format(company_id))
    if changes.keys() & {"name", "domain"}:
        _lock_identity(connection, current, given)
    known = connection.execute(statement("companies/lock_company"), {"id": current}).one_or_none()
    if known is None:
        raise LookupError(_NO_SUCH.format(company_id))
    if "name" in changes:
        changes["name_key"] = company_key(given.name)
    if "domain" in changes and given.domain != known.domain:
        changes["website_url"] = f"https://{given.domain}"
    if "industry" in changes:
        changes |= {"primary_industry": changes.pop("industry"), "industry_is_guess": False}
    _refuse_others_identity(connection, current, changes, changes.get("domain", known.domain))
    connection.execute(statement("companies/update_account"), {"id": current, "changes": to_json(changes)})
    return _profiles(connection, [current])[0]


def _lock_identity(connection: Connection, company_id: int, given: CompanyUpdate) -> None:
    """Keep others from creating a company with the new name or domain meanwhile."""
    name = given.name or _profiles(connection, [company_id])[0].name
    mention = read_mention(0, CompanyRow(name, given.domain))
    lock_keys(connection, "company", identity_keys([mention] if mention else []))


def _refuse_others_identity(
    connection: Connection, company_id: int, changes: Mapping[str, Any], domain: str | None
) -> None:
    """Raise ``ValueError`` when a new domain, or the new name of a company without one, is another company's."""
    if "domain" in changes:
        name, values = "companies/other_of_domain", {"id": company_id, "domain": domain}
    elif "name_key" in changes and domain is None:
        name, values = "companies/other_of_name", {"id": company_id, "name_key": changes["name_key"]}
    else:
        return
    other = connection.execute(statement(name), values).scalars().first()
    if other is not None:
        raise ValueError(f"Company {other} has this name or domain already; update that one instead")

"""The words sponsors come with: fields, lists and wrappers around them, headings, and what stands for no sponsor."""

from __future__ import annotations

import re

from prospecting.parsing.fields import KeyMap, phrases
from prospecting.parsing.names import vocabulary

MAX_NAME = 200
"""Characters; a longer name is rejected."""

FIELDS = KeyMap(
    name=(
        "company_name", "sponsor_name", "organization_name", "organisation_name", "exhibitor_name", "partner_name",
        "company", "sponsor", "organization", "organisation", "exhibitor", "partner", "brand", "title",
    ),
    tier=(
        "sponsor_tier", "tier_name", "tier_label", "tier_level", "sponsorship_tier", "level", "sponsorship_level",
        "sponsor_level",
        "sponsor_type", "sponsorship_type", "sponsorship", "package", "sponsorship_package", "category", "badge",
        "type",
    ),
    website=("website_url", "company_website", "url", "homepage", "domain", "company_domain", "web", "site", "link"),
    linkedin=("linkedin_url", "company_linkedin", "linkedin_company_url", "linkedin_profile"),
    industry=("primary_industry", "sector", "industry_sector"),
    size=("employee_range", "company_size", "employees", "employee_count", "num_employees", "headcount"),
    description=("about", "summary", "notes", "details", "company_description"),
)  # fmt: skip
"""The fields of a sponsor given as an object or a row of a table."""

HEADQUARTERS = KeyMap(headquarters=("headquarters_location", "hq", "hq_location", "hq_city", "based_in", "country"))
"""The seat of a company, for objects only: the rows of a table have too many columns that are called so."""

LISTS: dict[str, str | None] = {
    "sponsors": None, "sponsorlist": None, "sponsorslist": None, "eventsponsors": None, "sponsorcompanies": None,
    "confirmedsponsors": None, "companies": None, "companynames": None, "sponsornames": None, "organizations": None,
    "organisations": None, "names": None, "members": None,
    "exhibitors": "exhibitor", "partners": "partner", "supporters": "supporter", "mediapartners": "media partner",
    "communitypartners": "community partner",
}  # fmt: skip
"""Keys of lists of sponsors, with the kind that those in it are when they have no tier."""

ENVELOPES = vocabulary(
    "results result data output outputs items list response payload content answer tiers levels packages groups "
    "categories sponsorshiptiers sponsorshiplevels sponsortiers sponsorsbytier bytier events event sponsorship "
    "conference extracted findings"
)
"""Keys of what may lie around such a list."""

WRAPPERS = ENVELOPES | LISTS.keys()

STATUS = vocabulary("status sponsorshipstatus confirmed isconfirmed current iscurrent")
"""Keys under which a sponsor's object says that it is one of the past, or a possible one."""

TIER_GROUPS = vocabulary(
    "tiers levels packages groups categories sponsorshiptiers sponsorshiplevels sponsortiers sponsorsbytier bytier"
)
"""Envelopes whose members are one tier each."""

META = vocabulary(
    "reasoning thoughts thinking explanation notes note summary sources source citations references urls confidence "
    "count total totalsponsors metadata meta status error message query eventname speakers organizers agenda topics "
    "year date location venue url website disclaimer warnings tags keywords"
)
"""Keys beside the sponsors, about the answer or the event."""

WANTED = frozenset(
    {*LISTS, *TIER_GROUPS, "sponsor", "tier", "companyname", "sponsorname", "company", "level", "exhibitor", "name",
     "platinum", "gold", "silver", "bronze", "diamond", "goldsponsors", "platinumsponsors", "silversponsors"}
)  # fmt: skip
"""Keys that tell the sponsors' JSON from other JSON in an answer."""

GENERIC_HEADINGS = vocabulary(
    "sponsor confirmed current event conference known identified key official list exhibitors partners company "
    "companies top notable named verified additional other others all following our featured major"
)
"""Headings above sponsors that name no tier."""

NOT_A_TIER = vocabulary("company companies organization organisation corporate business brand firm corporation vendor")
"""Values of fields like "type" that say what a sponsor is, not how prominently it sponsors."""

AND_NAMES = phrases(
    "johnson and johnson|procter and gamble|ernst and young|marks and spencer|standard and poor's|black and decker"
    "|barnes and noble|bang and olufsen|crate and barrel|dun and bradstreet|smith and nephew|rohde and schwarz"
    "|at and t|bed bath and beyond|price and waterhouse|marsh and mclennan|cooley and godward"
)
"""Single companies with an "and" in their name."""

PLACEHOLDERS = phrases(
    "sponsor|sponsors|sponsor name|sponsor company|company|company name|company names|unknown company|unknown sponsor"
    "|unnamed|organization|exhibitor|exhibitors|partner|partners|others|other|and more|and others|many more|etc"
    "|various|various sponsors|multiple sponsors|several|name|list of sponsors|see website|your company here"
    "|your logo here|example|sponsor list|exhibitor list|to be announced|full list|official website|event website"
    "|the official website|the event website|the organizer|organizer|organizers|venue|sponsorship opportunities"
    "|sponsorship opportunity|sponsorship prospectus|sponsor prospectus|sponsorship packages|sponsorship package"
    "|sponsor opportunities|sponsorship enquiries|sponsorship inquiries|sponsor registration|exhibitor registration"
    "|contact us|learn more|register now|buy tickets|get tickets|privacy policy|cookie policy|terms of service"
    "|terms of use|terms and conditions|code of conduct|all rights reserved|event agenda|floor plan"
)
"""Names that only stand for a missing one."""

LOWER_CASE_PLACEHOLDERS = vocabulary("more multiple pending unknown")
"""The same, unless they are written like names: "More" is a bank."""

DETAIL_LABELS = META | vocabulary(
    """
    contact contacts contactperson contactname keycontact email emails phone telephone founded foundedin founder
    founders headquarters headquarter hq address city country region ceo cto revenue funding booth boothnumber stand
    role involvement contribution benefits relevance relation relationship evidence verified verification reference
    remark remarks comment comments ticker stock stocksymbol product products focus offering offerings services
    specialty specialties why rationale reason background overview context highlights keyfacts announced since twitter
    x facebook instagram github logo logourl image slug id rank order number no sourceurl lastupdated updated language
    """
)
"""Labels of facts beside a sponsor's that no field keeps."""

EVENT_LABELS = vocabulary(
    """
    date dates when venue eventdate eventdates attendees attendance expectedattendees expectedattendance organizer
    organizers organiser organisers hostedby speakers agenda tickets registration startdate enddate topics eventtype
    veranstalter ort datum eintritt organisateur lieu organizador lugar fecha organizzatore luogo
    """
)
"""Labels of facts about an event: a block with one of them is no sponsor's."""

URL = re.compile(r"<?\bhttps?://[^\s<>()\[\]]+[^\s<>()\[\].,;:]>?", re.IGNORECASE)
LINK = re.compile(r"\[([^\[\]]++)\]\(\s*+<?([^\s()<>]++)>?[^()]*+\)")
DOMAIN = re.compile(r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
FORMERLY = re.compile(
    r"\s*\((?:formerly|previously|prev\.|now|aka|a\.k\.a\.|fka|f\.k\.a\.|ex-)\b[^()]*\)", re.IGNORECASE
)
REFUSAL = re.compile(
    r"\b(?:no|none|not|unable|cannot|can't|couldn't|could not|didn't|don't|doesn't|without|n/a)\b.{0,80}?"
    r"\b(?:sponsors?|sponsorship|exhibitors?|partners?|found|find|available|listed|identif\w*|announced|information"
    r"|data|results?)\b",
    re.IGNORECASE | re.DOTALL,
)
"""What says that there are no sponsors."""
OTHER_TIMES = re.compile(
    r"\b(?:past|previous(?:ly)?|former(?:ly)?|prior|last year\W?s?|potential|possible|likely|typical(?:ly)?"
    r"|usual(?:ly)?|prospective|speculative|unconfirmed|not confirmed|unverified|rumou?red|declined|vorjahr\w*"
    r"|frühere\w*|mögliche\w*|anterior\w*|pasad[oa]s?|passad[oa]s?|posibles?|possíve\w*|précédent\w*|anciens?|possibles?"
    r"|precedent\w*|passat[oi])\b|去年|往届|昨年|過去|潜在",
    re.IGNORECASE,
)
"""What says that sponsors are another year's, or possible ones."""

"""Tells whether a website is a company's own, by its name: a page about a company says nothing about who it is.

Nothing here raises. Doubt counts against ownership: a domain too few is found out later, a domain too many makes two
companies one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from prospecting.parsing.hosts import LISTS_MANY, MAIL, NEVER_THEIRS, is_mail_host, kinds_of_host
from prospecting.parsing.name.folding import fold, vocabulary, words
from prospecting.parsing.names import company_key
from prospecting.parsing.urls import Site, domain_of_page, domain_of_site, listed_host, read_page, site_of

# Words that two companies can have in common without having anything to do with each other.
_DESCRIPTIVE = vocabulary(
    """
    a ab ag agency ai alliance america american an analytics and app apps as asia asociacion associates association
    bank bv by capital care center centre cloud club co college com commerce communications community company
    computer computing conference consulting corp corporation cyber data de del dev developer developers development
    di digital do du e education electronics en energy engineering enterprise enterprises europe finance financial
    for foundation france fund games gbr germany gesellschaft global gmbh group health healthcare holding holdings
    inc india industries information innovation institute insurance intelligence international io it italia japan kk
    la lab labs le limited llc llp logistics ltd management marketing media medical mobile national net network
    networks new nl of online org partners pharma platform plc power pte pty real research ruby sa sarl sas school
    science sciences secure security service services social society software solution solutions spa srl studio
    studios support system systems team tech technologies technology telecom the uk und university us usa van
    ventures von web world y
    """
)
_JOINING = vocabulary("a an and at by de del di do du e en et for in la le of on the to und von y")
_LEGAL = vocabulary(
    "ag bv co company corp corporation gmbh inc incorporated kk limited llc llp ltd nv plc sa sas sl spa srl"
)
_MAX_NAMES = 50
_MIN_PART = 4
"""Letters that two joined names must share from the start on to be alike ("Salesforce", "SalesforceIQ")."""
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_MIN_MISSPELT, _MISSPELT = 6, 0.85
"""Letters of a name, and how much of two of them is the same, for one to be a slip of the pen."""

# Parts of a site where companies are listed, presented or reported on.
_LISTING_PATHS = vocabulary(
    """
    article articles biz brand brands businesses client clients companies company company-profile customer-stories
    customers directory entry exhibitor exhibitors exhibitor-list expo item list listing listings magazine member
    members news organisation organisations organization organizations partner partners portfolio post posts
    press-release press-releases profile profiles review reviews showcase sponsor sponsors sponsorship startup startups
    stories story supplier suppliers vendor vendors
    """
)
_EXHIBITORS = frozenset({"exhibitor", "exhibitors", "sponsor", "sponsors"})
_DATE_IN_PATH = re.compile(r"(?:19|20)\d\d")

RECRUITING = ("career", "careers", "hiring", "job", "jobs", "recruit", "recruiting", "recruitment", "talent")
_BEHIND = (*RECRUITING, "event", "events", "go", "hq", "now", "offer", "offers", "promo")
_BEFORE = (
    *("careersat", "discover", "get", "go", "hello", "hire", "jobsat", "join", "joinus", "lifeat", "meet", "try"),
    *("use", "with", "workat", "workfor"),
)
_ENDINGS = frozenset(RECRUITING)
_OFTEN_OWN = frozenset(
    ("discover", "event", "events", "get", "go", "hello", "hq", "join", "meet", "now", "try", "use", "with")
)
"""Words that companies put beside their name because the shorter domain is somebody else's."""
_MIN_STEM = 3


class Website(NamedTuple):
    """A company's website, and the domain that identifies it: each ``None`` where it is not the company's own."""

    url: str | None
    domain: str | None


_NOTHING = Website(None, None)


def read_website(value: object, name: str, event_website: object = None) -> Website:
    """The website of the company ``name``, and the domain that identifies it: both only as far as they are its own.

    A page of its own on a host of many (facebook.com/acme, a short link) gives no domain. Nothing comes from a page
    about it (an article, a directory, a list of exhibitors, a regulator), from a host of mailboxes, and from the host
    of the event that it was named with, ``event_website``; except for the company whose host that is.
    """
    page = read_page(value)
    if page is None:
        return _NOTHING
    url, site, segments = page
    if event_website and is_on_site_of(site, event_website) and not _is_named_like(name, site):
        return _NOTHING
    listed = listed_host(site)
    if listed.host:
        if _is_named_like(name, Site(listed.host, site.registered)):
            return Website(url, domain_of_site(site))
        if not listed.kinds.isdisjoint(LISTS_MANY):
            is_theirs = segments and listed.kinds.isdisjoint(NEVER_THEIRS) and _EXHIBITORS.isdisjoint(segments)
            return Website(url, None) if is_theirs else _NOTHING
    elif segments and _presents_somebody(segments, name) and not fits_domain(name, site.host):
        return _NOTHING
    return Website(url, domain_of_page(site, segments, listed))


def is_mailbox_of_anybody(domain: str, name: str | None) -> bool:
    """True for a host of mailboxes: of nothing else (gmail.com), or of a portal (web.de) that another company than
    ``name`` runs. A name that is the domain itself says nothing."""
    if not is_mail_host(domain) or MAIL in kinds_of_host(domain):
        return is_mail_host(domain)
    return name is None or name == domain or read_website(domain, name).domain != domain


def is_on_site_of(site: Site, website: object) -> bool:
    """True when ``site`` belongs to whoever ``website`` belongs to, under any ending (anvilconf.io, anvilconf.com).

    Listed hosts belong to nobody in particular.
    """
    other = site_of(website)
    if other is None or listed_host(other).host:
        return False
    mine, theirs = site.registered or site.host, other.registered or other.host
    return mine == theirs or (_label(mine) == _label(theirs) and len(_label(mine)) > _MIN_PART)


def _is_named_like(name: str, site: Site) -> bool:
    """True when the host is spelled like the name: "Anvil Conf" and anvilconf.io, but not "Anvil"."""
    host = site.registered or site.host
    label = _label(host)
    spelled = _words(name)
    return bool(spelled) and (
        company_key(name) in (label, re.sub(r"[^a-z0-9]", "", host))
        or (label in spelled and label not in _DESCRIPTIVE)
        or label in _initials(spelled)
        or (len(label) > _MIN_PART and label not in _DESCRIPTIVE and company_key(name).startswith(label))
    )


def _presents_somebody(segments: Sequence[str], name: str) -> bool:
    """True for the path of an article, of a list or an entry in it, or of a page that is named like the company."""
    if segments[-1] in _EXHIBITORS:
        return True
    if len(segments) == 1:
        return False
    if any(segment in _LISTING_PATHS for segment in segments[:-1]):
        return True
    if len(segments) > 2 and any(_DATE_IN_PATH.fullmatch(segment) for segment in segments[:-1]):
        return True
    key = company_key(name)
    return len(key) >= _MIN_PART and re.sub(r"[^a-z0-9]", "", segments[-1]) == key


@lru_cache(maxsize=16_384)
def fits_domain(name: str, domain: str) -> bool:
    """True when a company of this name may own the domain: "IBM", "Big Blue IBM", "International Business Machines"
    and ibm.com; "Palo Alto" and paloaltonetworks.com."""
    host = domain.removeprefix("www.")
    spelled = _words(name)
    key = company_key(name)
    if not key:
        return False
    labels = [_label(label) for label in host.split(".")[:-1]] + [re.sub(r"[^a-z0-9]", "", host)]
    return any(label and _fits_label(label, key, spelled) for label in labels)


def _fits_label(label: str, key: str, spelled: Sequence[str]) -> bool:
    if key == label or label in _initials(spelled):
        return True
    if _begins(key, label) or _begins(label, key):
        return True
    return (label in spelled and label not in _DESCRIPTIVE) or any(_begins(word, label) for word in spelled)


def are_alike(one: str, other: str) -> bool:
    """True when two names may mean one company: they share a word that tells something, or one abbreviates the other.

    "Acme Cloud" and "Acme, Inc." are alike; "Acme Cloud" and "Boreal Cloud" are not. Symmetric.
    """
    first, second = company_key(one), company_key(other)
    if first == second:
        return True
    if _begins(first, second) or _begins(second, first):
        return True
    if min(len(first), len(second)) >= _MIN_MISSPELT and SequenceMatcher(None, first, second).ratio() >= _MISSPELT:
        return True
    mine, theirs = _words(one), _words(other)
    if first in _initials(theirs) or second in _initials(mine):
        return True
    common = set(mine) & set(theirs)
    if not common:
        return False
    return not common <= _DESCRIPTIVE or set(mine) <= _DESCRIPTIVE or set(theirs) <= _DESCRIPTIVE


def _begins(part: str, whole: str) -> bool:
    return len(part) >= _MIN_PART and whole.startswith(part) and part not in _DESCRIPTIVE


def may_be_one_company(names: Sequence[str], domain: str) -> bool:
    """True when names that come with one domain may all mean one company; False: nobody can tell whose domain it is.

    Each has to be alike to another, or to fit the domain like another. Many names are never one company's.
    """
    if len(names) > _MAX_NAMES:
        return False
    groups: list[list[str]] = []
    for name in names:
        is_fitting = fits_domain(name, domain)
        near = [
            group
            for group in groups
            if any(are_alike(name, known) or (is_fitting and fits_domain(known, domain)) for known in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append([name, *(known for group in near for known in group)])
    return len(groups) < 2


def belongs_with(name: str, known_name: str, domain: str) -> bool:
    """True when a mention of a domain means the company that is known by it; False: another one, or nobody can tell.

    Names in different scripts cannot be compared; the domain decides when the known one fits it.
    """
    if are_alike(name, known_name) or fits_domain(name, domain):
        return True
    return _is_latin(name) != _is_latin(known_name) and fits_domain(known_name, domain)


def campaign_stem(domain: str) -> str | None:
    """The name that a domain for recruiting or for a campaign is made from, as the company's own domain would spell it.

    pinterestcareers.com -> pinterest, instacart.careers -> instacart; ``None`` for other domains.

    Many companies have such a domain and no other (getdbt.com): the stem means something only when it is known.
    """
    parts = _campaign_parts(domain)
    return parts[0] if parts else None


def is_surely_campaign(domain: str, name: str) -> bool:
    """True when the owner of this campaign domain, ``name``, has the domain that its stem spells, should it exist.

    A word for recruiting leaves no doubt. One that many put beside the name of their only domain does: Harvest of
    getharvest.com need not be that of harvest.com, unless the stem spells a name of several words (trynewrelic.com).
    """
    parts = _campaign_parts(domain)
    if parts is None:
        return False
    stem, beside = parts
    if beside not in _OFTEN_OWN:
        return True
    telling = [word for word in _without_recruiting(name) if word not in _LEGAL and word not in _JOINING]
    return len(telling) > 1 and not _DESCRIPTIVE.issuperset(telling) and campaign_key(name) == stem


def _campaign_parts(domain: str) -> tuple[str, str] | None:
    """The stem of a campaign domain, and the word that stands beside it."""
    label, _, ending = domain.partition(".")
    bare = label.replace("-", "")
    if ending in _ENDINGS:
        parts = bare, ending
    elif bare.endswith(_BEHIND):
        parts = min(((bare.removesuffix(word), word) for word in _BEHIND if bare.endswith(word)), key=_stem_length)
    elif bare.startswith(_BEFORE):
        parts = min(((bare.removeprefix(word), word) for word in _BEFORE if bare.startswith(word)), key=_stem_length)
    else:
        return None
    return parts if len(parts[0]) >= _MIN_STEM else None


def _stem_length(parts: tuple[str, str]) -> int:
    return len(parts[0])


def campaign_key(name: str) -> str:
    """The name key without a word for recruiting behind it: "Pinterest Careers" is Pinterest."""
    spelled = _without_recruiting(name)
    return company_key(" ".join(spelled)) if len(spelled) < len(_words(name)) else company_key(name)


def _without_recruiting(name: str) -> Sequence[str]:
    spelled = _words(name)
    while len(spelled) > 1 and spelled[-1] in _BEHIND:
        spelled = spelled[:-1]
    return spelled


@lru_cache(maxsize=16_384)
def _words(name: str) -> tuple[str, ...]:
    return tuple(words(_POSSESSIVE.sub("", name).replace("'", "").replace("’", "")))


def _initials(spelled: Sequence[str]) -> set[str]:
    """Abbreviations of a name of several words, with and without its small words and its legal form."""
    if len(spelled) < 2:
        return set()
    last = next((end for end in range(len(spelled), 1, -1) if spelled[end - 1] not in _LEGAL), 1)
    named = spelled[:last]
    found = {"".join(word[0] for word in part) for part in (named, [word for word in named if word not in _JOINING])}
    return {abbreviation for abbreviation in found if len(abbreviation) > 1}


def _label(host: str) -> str:
    label = host.partition(".")[0]
    if label.startswith("xn--"):
        import idna

        try:
            label = fold(idna.decode(label))
        except (idna.IDNAError, UnicodeError):
            return label
    return label.replace("-", "")


def _is_latin(name: str) -> bool:
    return any("a" <= character <= "z" for character in fold(name))

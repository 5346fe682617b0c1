"""One reading of domains, websites and LinkedIn addresses for the whole product.

Every function takes whatever an agent or a spreadsheet returned, never raises, and returns ``None`` for a value that
identifies nothing, so that an unusable value is never stored as an empty string. All functions are idempotent:
feeding a result back in returns it unchanged. Domains are written in punycode (ASCII), whatever form they came in.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from prospecting.parsing.hosts import ABOUT_OTHERS, MAIL, TENANT, kinds_of_host
from prospecting.parsing.invisible import visible
from prospecting.parsing.name.folding import vocabulary

if TYPE_CHECKING:
    from tldextract import TLDExtract

MAX_URL_LENGTH = 2_000

_SCHEMES = re.compile(r"^(?:https?:/*)+", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://+", re.IGNORECASE)
_NOT_A_WEB_SCHEME = re.compile(r"^(?:mailto|tel|sms|javascript|data|file|about|blob|urn):", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"^!?\[[^\]]*\]\(\s*<?([^\s<>]*?)>?\s*\)$")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*+")
_REMARK = re.compile(r"\s+[(\[|–—-].*$", re.DOTALL)  # "acme.com (main site)"
# An address that is already written as it should be; most are.
_CLEAN = re.compile(r"(https?)://([a-z0-9.-]++)(/[A-Za-z0-9._~/-]++)?")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_TRACKING_PARAMETERS = vocabulary(
    """
    _ga _gl _hsenc _hsmi dclid fbclid gad_source gbraid gclid gclsrc hsa_acc hsctatracking igshid li_fat_id mc_cid
    mc_eid mkt_tok msclkid oly_anon_id oly_enc_id originalsubdomain ref ref_src ref_url referrer s_cid si srsltid
    trk trkinfo ttclid twclid vero_id wbraid wickedid yclid
    """
)

# Labels that say which part of a site this is, not whose site it is.
_GENERIC_LABELS = vocabulary(
    """
    about app apps apply blog blogs book booking business career careers community company contact corp corporate
    dev developer developers docs documentation doc engineer engineering events forum get global go help hello hire
    hiring home info insights investor investors ir job jobs join landing learn link links m media mobile my new
    news newsroom offers online pages portal press promo recruit recruiting regional resources secure shop site
    status store support talent tech technology touch try web welcome wiki work www www1 www2 www3 apac emea eu intl
    ar at au be br ca ch cl cn co cz de dk en es fi fr gb hk hu id ie il in it ja jp ko kr latam mx my nl no nz pl
    pt ro ru se sg th tr tw ua uk us vn za zh
    """
)

_CORPORATE_PATHS = vocabulary(
    """
    about about-us careers contact customer-stories customers enterprise features home login metaverse newsroom
    press pricing security signup team
    """
)
_WITH_SUBDOMAINS = ABOUT_OTHERS | {MAIL, TENANT}
_FORWARDING_PATHS = {"google.com": frozenset({"url", "search", "maps", "amp"})}

_LINKEDIN_KINDS = {
    "in": "in",
    "pub": "in",
    "company": "company",
    "company-beta": "company",
    "school": "company",
    "showcase": "company",
}
_LINKEDIN_PLACEHOLDERS = frozenset({"unavailable", "dir", "login", "null", "none", "undefined", "n", "na", "unknown"})
# Member ids LinkedIn puts in the place of a slug; unlike slugs they are case-sensitive.
_LINKEDIN_MEMBER_ID = re.compile(r"AC[orw]AA[\w-]{15,}")


class Site(NamedTuple):
    """A host under a public suffix: lower-case, punycode, without ``www.``, and what of it somebody registered."""

    host: str
    registered: str | None
    """With hosted sub-domains as registered (foo.github.io); ``None`` for the suffix of a hosting service itself."""


class ListedHost(NamedTuple):
    """A host that says nothing about who a company is, with its kinds (see ``prospecting.parsing.hosts``)."""

    host: str
    kinds: frozenset[str]


NOT_LISTED = ListedHost("", frozenset())


class _Address(NamedTuple):
    """The parts of a web address; ``host`` is a checked ASCII host name, ``path`` and ``query`` are as given."""

    scheme: str  # "http", "https", or "" for any other
    host: str
    port: str
    path: str
    query: str
    site: Site
    is_clean: bool
    """True when it was written as it should be, except for its host."""


@lru_cache(maxsize=1)
def _suffixes() -> TLDExtract:
    """The public-suffix list as shipped with its package: the default would fetch it from the network."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=1)
def _suffix_names() -> frozenset[str]:
    return frozenset(_suffixes().tlds)


@lru_cache(maxsize=65_536)
def _site(host: str) -> Site | None:
    """The site of a host in lower-case ASCII; ``None`` when it is not under a public suffix."""
    bare = host.removeprefix("www.")
    suffix = bare.partition(".")[2]
    if suffix and "." not in suffix:  # most hosts: two labels, which need no more than a look at the list
        names = _suffix_names()
        if suffix in names and names.isdisjoint((bare, f"*.{bare}", f"*.{suffix}")):
            return Site(bare, bare)
    found = _suffixes()(host)
    name = host.removesuffix(f".{found.registry_suffix}").rpartition(".")[2] if found.registry_suffix else ""
    if not name or host == found.registry_suffix:
        return None
    shortest = len(name) + 1 + len(found.registry_suffix)
    while host.startswith("www.") and len(host) - 4 >= shortest:
        host = host[4:]
    registered = f"{found.domain}.{found.suffix}"
    return Site(host, registered if found.domain and len(registered) <= len(host) else None)


def _ascii_host(host: str) -> str | None:
    """``host`` in lower-case punycode without its trailing dot, or ``None`` when it is not a host name."""
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True, transitional=False).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    host = host.lower().rstrip(".")
    if len(host) > 253 or not _HOST.fullmatch(host):
        return None
    return host


def _unwrap(value: object) -> str:
    """The bare address in ``value``: markdown links, angle brackets, quotes and sentence punctuation removed."""
    return _unwrapped(visible(value[: MAX_URL_LENGTH * 2])) if isinstance(value, str) else ""


def _unwrapped(text: str) -> str:
    text = text.strip()
    if _CLEAN.fullmatch(text):
        return text
    link = _MARKDOWN_LINK.match(text)
    if link:
        text = link[1]
    return _REMARK.sub("", text).strip("<>\"'`“”‘’,; \t\r\n")


@lru_cache(maxsize=65_536)
def _parse(text: str) -> _Address | None:
    """Take an address apart, forgiving doubled schemes and slashes; ``None`` unless its host can be public."""
    clean = _CLEAN.fullmatch(text)
    if clean:
        scheme, host, path = clean.groups("")
        return _address(scheme, host, "", path, "", is_clean=True)
    if _NOT_A_WEB_SCHEME.match(text):
        return None
    schemes = _SCHEMES.match(text) or _OTHER_SCHEME.match(text)
    given = schemes[0].lower() if schemes else "https"
    scheme = "https" if given.startswith("https") else "http" if given.startswith("http") else ""
    rest = (text[schemes.end() :] if schemes else text).replace("\\", "/").lstrip("/")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    userinfo, at, host = authority.rpartition("@")
    if at and not schemes and ":" not in userinfo:
        return None  # an e-mail address
    host, _, port = host.partition(":")
    if port and not port.isdigit():
        return None
    remainder = rest[len(authority) :].partition("#")[0]
    path, _, query = remainder.partition("?")
    return _address(scheme, host, port, path, query)


def _address(scheme: str, host: str, port: str, path: str, query: str, *, is_clean: bool = False) -> _Address | None:
    ascii_host = _ascii_host(host)
    site = _site(ascii_host) if ascii_host else None
    return _Address(scheme, ascii_host, port, path, query, site, is_clean) if ascii_host and site else None


def normalize_domain(value: object) -> str | None:
    """The host of a web address or bare domain: lower-case, punycode, every leading ``www.`` removed.

    Scheme, credentials, port, path, query, fragment and trailing dot are removed. ``None`` for e-mail addresses, IP
    addresses, single labels, and anything not under a public suffix. ``www.`` stays where it is the registered name
    (www.com).
    """
    address = _parse(_unwrap(value))
    return address.site.host if address else None


class Page(NamedTuple):
    """A web address: normalised, its site, and the segments of its path, lower-case."""

    url: str
    site: Site
    segments: tuple[str, ...]


def read_page(value: object) -> Page | None:
    """A web address taken apart; ``None`` where ``normalize_website`` is ``None``."""
    return _page(value[: MAX_URL_LENGTH * 2]) if isinstance(value, str) else None


def site_of(value: object) -> Site | None:
    """The site of a web address or bare domain; ``None`` like ``normalize_domain``."""
    address = _parse(_unwrap(value))
    return address.site if address else None


def _segments(path: str) -> tuple[str, ...]:
    return tuple([segment.lower() for segment in path.split("/") if segment]) if path else ()


def company_domain(website: object) -> str | None:
    """The domain that identifies the company behind ``website``, or ``None`` when the address is somebody else's.

    Labels that name a part of the site are dropped (careers.acme.com, en.acme.com -> acme.com) while products keep
    theirs (aws.amazon.com). A page on a listed host (linkedin.com/company/x, bit.ly/x, an article, an entry of a
    directory, an applicant tracker) is ``None``, and so is a host of mailboxes; otherwise the listed host alone, or one
    of its corporate pages, is the company running it. Hosted sub-domains under a private public suffix (foo.github.io)
    are domains of their own. Where the company's name is known, ``prospecting.parsing.ownership`` decides better.
    """
    text = _unwrap(website)
    address = _parse(text) if len(text) <= MAX_URL_LENGTH else None
    if address is None:
        return None
    return domain_of_page(address.site, _segments(address.path), listed_host(address.site))


def domain_of_page(site: Site, segments: tuple[str, ...], listed: ListedHost) -> str | None:
    """Like ``company_domain``, for an address that has been taken apart."""
    return None if _is_shared(site, segments, listed) else domain_of_site(site)


def domain_of_site(site: Site) -> str:
    """The host of a site without the labels that only name a part of it."""
    host, registered = site
    while registered and host != registered:
        label, _, parent = host.partition(".")
        if label not in _GENERIC_LABELS and not re.fullmatch(r"(?:19|20)\d\d", label):
            break
        host = parent
    return host


def listed_host(site: Site) -> ListedHost:
    """The host in the list that a site is, or is a part of; ``NOT_LISTED`` when there is none."""
    host, registered = site
    own = kinds_of_host(host)
    if own:
        return ListedHost(host, own)
    if registered is None or host == registered:
        return NOT_LISTED
    parent = host.partition(".")[2]
    kinds = kinds_of_host(parent)
    is_regional = len(host) - len(parent) <= 3 or host.startswith(("m.", "mobile.", "touch.", "web."))
    if kinds and (is_regional or not kinds.isdisjoint(ABOUT_OTHERS)):
        return ListedHost(parent, kinds)
    kinds = kinds_of_host(registered)
    return NOT_LISTED if kinds.isdisjoint(_WITH_SUBDOMAINS) else ListedHost(registered, kinds)


def _is_shared(site: Site, segments: tuple[str, ...], listed: ListedHost) -> bool:
    host, registered = site
    if MAIL in listed.kinds:
        return True
    if TENANT in listed.kinds and host != registered:
        return bool(segments) or host.partition(".")[0] not in _GENERIC_LABELS
    if not segments:
        return False
    if segments[0] in _FORWARDING_PATHS.get(host, ()):
        return True
    if not listed.host or listed.kinds == {TENANT}:
        return False
    return segments != ("jobs",) and segments[0] not in _CORPORATE_PATHS


def normalize_website(value: object) -> str | None:
    """An absolute http(s) URL: scheme added (https), host lower-case, default port, fragment and tracking removed.

    ``https:///host`` and doubled schemes are repaired, credentials dropped, a bare ``/`` path left out, unsafe
    characters percent-encoded. ``None`` when there is no public host or the result exceeds ``MAX_URL_LENGTH``.
    """
    page = read_page(value)
    return page.url if page else None


@lru_cache(maxsize=65_536)
def _page(value: str) -> Page | None:
    text = value if _CLEAN.fullmatch(value) else _unwrap(value)
    # Controls may be left out of what identifies; a page at whose address they stand is none that can be visited.
    if not text or len(text) > MAX_URL_LENGTH or (text is not value and _UNSAFE.search(_unwrapped(value))):
        return None
    address = _parse(text)
    url = _website(text, address) if address and address.scheme else None
    return Page(url, address.site, _segments(address.path)) if url and address else None


def _website(text: str, address: _Address) -> str | None:
    if address.is_clean and address.path != "/" and text == f"{address.scheme}://{address.host}{address.path}":
        return text
    from w3lib.url import safe_url_string, url_query_cleaner

    port = int(address.port) if address.port and len(address.port) <= 5 else 0
    default = {"http": 80, "https": 443}[address.scheme]
    authority = address.host if port in (0, default) or port > 65_535 else f"{address.host}:{port}"
    path = "" if address.path == "/" else address.path
    url = f"{address.scheme}://{authority}{path}"
    if address.query:
        tracking = [name for name, _ in parse_qsl(address.query, keep_blank_values=True) if _is_tracking(name)]
        url = url_query_cleaner(f"{url}?{address.query}", tracking, remove=True, unique=False)
    url = safe_url_string(url.removesuffix("?"))
    return url if len(url) <= MAX_URL_LENGTH else None


def _is_tracking(name: str) -> bool:
    name = name.lower()
    return name.startswith("utm_") or name in _TRACKING_PARAMETERS


def page_address(value: object) -> str | None:
    """The one spelling of a page, whichever way it is asked for: like ``normalize_website``, with https and without a
    query.
    """
    url = normalize_website(value)
    if url is None:
        return None
    host, _, path = url.split("://", 1)[1].partition("?")[0].partition("/")
    return f"https://{host}/{path}" if path else f"https://{host}"


def normalize_linkedin_url(value: object) -> str | None:
    """The one spelling of a LinkedIn address: ``https://www.linkedin.com/in/<slug>`` or ``.../company/<slug>``.

    Country and mobile sub-domains, missing schemes, queries, trailing parts (``/in/x/de``, ``/company/x/jobs``), case
    and percent-encoding are folded; ``/pub/`` becomes ``/in/``, ``/school/`` and ``/showcase/`` become ``/company/``.
    ``None`` when it is not LinkedIn, or names neither a person nor a company.
    """
    text = _unwrap(value)
    address = _parse(text) if text and not _UNSAFE.search(text) else None
    if address is None or address.site.registered != "linkedin.com":
        return None
    segments = [segment for segment in address.path.split("/") if segment]
    if segments[:1] == ["mwlite"]:
        del segments[0]
    if len(segments) < 2:
        return None
    kind = _LINKEDIN_KINDS.get(segments[0].lower())
    slug = _linkedin_slug(segments)
    return f"https://www.linkedin.com/{kind}/{slug}" if kind and slug else None


def _linkedin_slug(segments: list[str]) -> str | None:
    slug = unicodedata.normalize("NFC", visible(unquote(segments[1]))).strip().rstrip(",;")
    if not _LINKEDIN_MEMBER_ID.fullmatch(slug):
        slug = unicodedata.normalize("NFC", slug.lower())
    if segments[0].lower() == "pub" and slug != "dir" and len(segments) >= 5:
        # /pub/jane-doe/1/234/567 is today's /in/jane-doe-5672341
        first, second, third = (part.lower() for part in segments[2:5])
        if all(re.fullmatch(r"[0-9a-z]{1,3}", part) for part in (first, second, third)):
            slug = f"{slug}-{third.zfill(3)}{second.zfill(3)}{first}"
    if slug in _LINKEDIN_PLACEHOLDERS or len(slug) > 200 or "�" in slug or re.search(r"[\s/\\?#%]", slug):
        return None
    return quote(slug, safe="-._~'&+,!()*:;=@$") if any(character.isalnum() for character in slug) else None


def linkedin_kind(url: object) -> str | None:
    """``"person"`` or ``"company"`` for a LinkedIn address in any spelling, else ``None``."""
    normalized = normalize_linkedin_url(url)
    if normalized is None:
        return None
    return "person" if "/in/" in normalized else "company"

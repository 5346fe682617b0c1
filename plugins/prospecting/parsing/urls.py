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

from prospecting.parsing.names import vocabulary

if TYPE_CHECKING:
    from tldextract import TLDExtract

MAX_URL_LENGTH = 2_000

_SCHEMES = re.compile(r"^(?:https?:/*)+", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://+", re.IGNORECASE)
_NOT_A_WEB_SCHEME = re.compile(r"^(?:mailto|tel|sms|javascript|data|file|about|blob|urn):", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"^!?\[[^\]]*\]\(\s*<?([^\s<>]*?)>?\s*\)$")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_REMARK = re.compile(r"\s+[(\[|–—-].*$", re.DOTALL)  # "acme.com (main site)"
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

# Hosts on which a path belongs to whoever rents, posts or shortens there.
_SHARED_HOSTS = vocabulary(
    """
    about.me airtable.com amzn.to angel.co apps.apple.com archive.org beacons.ai behance.net bio.link bit.ly
    bitbucket.org bluesky.social bsky.app buff.ly calendar.google.com calendly.com canva.com crunchbase.com cutt.ly
    dev.to discord.com discord.gg docs.google.com docs.gle drive.google.com dribbble.com dropbox.com eventbrite.com
    facebook.com fb.com fb.me flickr.com forms.gle forms.office.com g.co gist.github.com github.com gitlab.com
    glassdoor.com goo.gl gofundme.com hopin.com hubs.la hubs.ly indeed.com instagram.com is.gd issuu.com
    itunes.apple.com ko-fi.com kickstarter.com linkedin.com linktr.ee lnkd.in lu.ma luma.com maps.app.goo.gl
    maps.google.com mastodon.social medium.com meetup.com notion.so npmjs.com opencollective.com ow.ly patreon.com
    pinterest.com play.google.com pitchbook.com producthunt.com pypi.org qiita.com raw.githubusercontent.com rb.gy
    rebrand.ly reddit.com rubygems.org sched.com scribd.com sessionize.com shorturl.at sites.google.com slack.com
    slideshare.net soundcloud.com speakerdeck.com spotify.com open.spotify.com stackoverflow.com substack.com t.co
    t.me telegram.me threads.net ti.to tiktok.com tinyurl.com trello.com tumblr.com twitch.tv twitter.com
    typeform.com vimeo.com vk.com wa.me web.archive.org wellfound.com whatsapp.com wikidata.org wikipedia.org x.com
    xing.com youtu.be youtube.com zoominfo.com
    """
)

# Services that give each customer a sub-domain that is not the customer's own domain: applicant tracking, ticketing.
_TENANT_HOSTS = vocabulary(
    """
    applytojob.com ashbyhq.com bamboohr.com breezy.hr eventbrite.ca eventbrite.co.uk eventbrite.com
    eventbrite.com.au eventbrite.de eventbrite.es eventbrite.fr eventbrite.ie eventbrite.it eventbrite.nl
    glassdoor.com greenhouse.io hire.trakstar.com icims.com indeed.com jobvite.com lever.co myworkdayjobs.com
    personio.com personio.de pinpointhq.com recruitee.com sched.com smartrecruiters.com teamtailor.com typeform.com
    wikipedia.org workable.com
    """
)

_CORPORATE_PATHS = vocabulary(
    """
    about about-us careers contact customer-stories customers enterprise features home login metaverse newsroom
    press pricing security signup team
    """
)
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


class _Address(NamedTuple):
    """The parts of a web address; ``host`` is a checked ASCII host name, ``path`` and ``query`` are as given."""

    scheme: str  # "http", "https", or "" for any other
    host: str
    port: str
    path: str
    query: str


@lru_cache(maxsize=1)
def _suffixes() -> TLDExtract:
    """The public-suffix list as shipped with its package: the default would fetch it from the network."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=16_384)
def _registrable(host: str, private: bool = False) -> str | None:
    """The part of ``host`` somebody registered; ``private`` counts foo.github.io as registered by foo."""
    found = _suffixes()(host, include_psl_private_domains=private)
    return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else None


def _ascii_host(host: str) -> str | None:
    """``host`` in lower-case punycode without its trailing dot, or ``None`` when it is not a host name."""
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True, transitional=False).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    host = host.lower().rstrip(".")
    if not host or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return None
    return host


def _unwrap(value: object) -> str:
    """The bare address in ``value``: markdown links, angle brackets, quotes and sentence punctuation removed."""
    if not isinstance(value, str):
        return ""
    text = value[: MAX_URL_LENGTH * 2].strip()
    link = _MARKDOWN_LINK.match(text)
    if link:
        text = link[1]
    return _REMARK.sub("", text).strip("<>\"'`“”‘’,; \t\r\n")


@lru_cache(maxsize=16_384)
def _parse(text: str) -> _Address | None:
    """Take an address apart, forgiving doubled schemes and slashes; ``None`` unless its host can be public."""
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
    ascii_host = _ascii_host(host)
    if ascii_host is None or _registrable(ascii_host) is None:
        return None
    remainder = rest[len(authority) :].partition("#")[0]
    path, _, query = remainder.partition("?")
    return _Address(scheme, ascii_host, port, path, query)


def _without_www(host: str) -> str:
    while host.startswith("www.") and _registrable(host[4:]):
        host = host[4:]
    return host


def normalize_domain(value: object) -> str | None:
    """The host of a web address or bare domain: lower-case, punycode, every leading ``www.`` removed.

    Scheme, credentials, port, path, query, fragment and trailing dot are removed. ``None`` for e-mail addresses, IP
    addresses, single labels, and anything not under a public suffix. ``www.`` stays where it is the registered name
    (www.com).
    """
    address = _parse(_unwrap(value))
    return _without_www(address.host) if address else None


def company_domain(website: object) -> str | None:
    """The domain that identifies the company behind ``website``, or ``None`` when the address is somebody else's.

    Labels that name a part of the site are dropped (careers.acme.com, en.acme.com -> acme.com) while products keep
    theirs (aws.amazon.com). A page on a shared host (linkedin.com/company/x, github.com/x, bit.ly/x, an applicant
    tracker) is ``None``; the shared host alone, or one of its corporate pages, is the company running it.
    Hosted sub-domains under a private public suffix (foo.github.io) are domains of their own.
    """
    text = _unwrap(website)
    return _company_domain(text) if len(text) <= MAX_URL_LENGTH else None


@lru_cache(maxsize=16_384)
def _company_domain(text: str) -> str | None:
    address = _parse(text)
    if address is None:
        return None
    host = _without_www(address.host)
    registered = _registrable(host, private=True)
    if registered is None:  # the suffix of a hosting service itself, such as github.io
        return host
    if _is_shared(host, registered, address.path):
        return None
    while host != registered:
        label, _, parent = host.partition(".")
        if label not in _GENERIC_LABELS and not re.fullmatch(r"(?:19|20)\d\d", label):
            break
        host = parent
    return host


def _is_shared(host: str, registered: str, path: str) -> bool:
    segments = [segment.lower() for segment in path.split("/") if segment]
    if registered in _TENANT_HOSTS and host != registered:
        return bool(segments) or host.partition(".")[0] not in _GENERIC_LABELS
    if not segments:
        return False
    if segments[0] in _FORWARDING_PATHS.get(host, ()):
        return True
    parent = host.partition(".")[2]
    regional = len(host) - len(parent) <= 3 or host.startswith(("m.", "mobile.", "touch.", "web."))
    rented = host in _SHARED_HOSTS or registered.startswith("eventbrite.")
    if not rented and not (regional and parent in _SHARED_HOSTS):
        return False
    return segments != ["jobs"] and segments[0] not in _CORPORATE_PATHS


def normalize_website(value: object) -> str | None:
    """An absolute http(s) URL: scheme added (https), host lower-case, default port, fragment and tracking removed.

    ``https:///host`` and doubled schemes are repaired, credentials dropped, a bare ``/`` path left out, unsafe
    characters percent-encoded. ``None`` when there is no public host or the result exceeds ``MAX_URL_LENGTH``.
    """
    text = _unwrap(value)
    if not text or len(text) > MAX_URL_LENGTH or _UNSAFE.search(text):
        return None
    return _website(text)


@lru_cache(maxsize=16_384)
def _website(text: str) -> str | None:
    address = _parse(text)
    if address is None or not address.scheme:
        return None
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


def normalize_linkedin_url(value: object) -> str | None:
    """The one spelling of a LinkedIn address: ``https://www.linkedin.com/in/<slug>`` or ``.../company/<slug>``.

    Country and mobile sub-domains, missing schemes, queries, trailing parts (``/in/x/de``, ``/company/x/jobs``), case
    and percent-encoding are folded; ``/pub/`` becomes ``/in/``, ``/school/`` and ``/showcase/`` become ``/company/``.
    ``None`` when it is not LinkedIn, or names neither a person nor a company.
    """
    text = _unwrap(value)
    address = _parse(text) if text and not _UNSAFE.search(text) else None
    if address is None or _registrable(address.host) != "linkedin.com":
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
    slug = unicodedata.normalize("NFC", unquote(segments[1])).strip().rstrip(",;")
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

"""One sponsor as a page shows it: the name in a heading, a logo or a link, and the website it leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from prospecting.parsing.names import company_key
from prospecting.parsing.ownership import are_alike, fits_domain
from prospecting.parsing.page.tree import Element, VisiblePage
from prospecting.parsing.sponsor_page.words import CALL, FILE_WORDS, GENERIC_LINK, LOGO_AROUND, NO_NAME
from prospecting.parsing.tiers import is_tier_label
from prospecting.parsing.urls import (
    Site,
    linkedin_kind,
    listed_host,
    normalize_linkedin_url,
    normalize_website,
    site_of,
)

_MAX_NAME = 100
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]{0,80}?url\(\s*['\"]?([^'\")]{1,1000})", re.IGNORECASE)
_SOURCES = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-srcset",
    "data-lazy-srcset",
    "src",
    "srcset",
)
_NO_WEBSITES = frozenset({"social", "documents", "event_platform", "store", "mail", "code", "link_shortener"})
_FORWARDED = re.compile(
    r"[?&](?:url|u|q|to|target|dest|destination|redirect|redirect_url|goto|link)=(https?(?::|%3a)[^&#]{4,2000})", re.I
)
_TRACKERS = frozenset({"click", "clicks", "trk", "track", "tracking", "ad", "ads", "adclick", "email"})
_PICTURE = re.compile(r"\.(?:png|svg|jpe?g|webp|gif|avif)\b", re.IGNORECASE)
_ICON_NAME = re.compile(
    r"(?:^|[-_/. ])(?:icons?|arrow|chevron|facebook|twitter|linkedin|instagram|youtube|github|mastodon|bluesky"
    r"|tiktok|xing"
    r"|rss|email|envelope|spacer|pixel|loader|spinner|placeholder|avatar|quote|play)(?:[-_.]|$)",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?:pdf|docx?|pptx?|zip|ics)(?:$|[?#])", re.IGNORECASE)
_DESCRIPTION = re.compile(r"\b(?:the|is|are|our|we|your|helps?|provides?|for|with|die|der|das|wir|ist|para|pour|les)\b")
_HASHED = re.compile(
    r"(?=[a-z]*\d)[0-9a-f]{6,}|\d{2,4}x\d{2,4}|\d+(?:px|w|h)?|e\d{10,}|scaled|(?=\w*\d)(?=\w*[a-z])\w{12,}"
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NAME_CLASS = re.compile(r"(?:^|[\s_-])(?:name|title|company|heading|brand)(?:$|[\s_-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture: the name its texts give, the name its file gives, and its address; each empty when there is none."""

    said: str
    file: str
    source: str

    @property
    def key(self) -> str:
        return company_key(self.said) or company_key(self.file) or self.source


@dataclass(frozen=True, slots=True)
class Target:
    """An outside website that a link leads to, and the words of the link; ``said`` is empty for "visit website"."""

    url: str
    site: Site
    said: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A sponsor as shown. ``has_logo``: with a picture; without a website and a picture it is a name alone."""

    name: str
    website: str | None
    linkedin_url: str | None = None
    has_logo: bool = False


@lru_cache(maxsize=4_096)
def bare_name(text: str) -> str:
    """A text of a logo or a link without what is not the name: "Acme logo" is "Acme"; empty when nothing is left."""
    text = given = " ".join(text.split()).strip(" \"'“”„·•|–—-:*")
    previous = None
    while text != previous:
        previous = text
        text = LOGO_AROUND.sub("", text).strip(" \"'“”„·•|–—-:*")
    if not text or len(text) > _MAX_NAME or not any(letter.isalnum() for letter in text):
        return ""
    if GENERIC_LINK.fullmatch(text) or CALL.search(text):
        return ""
    spaced = (
        text
        if " " in text
        else re.sub(r"[-_]+", " ", text)
        if re.search(r"_|-[a-z]", text) and text.islower()
        else text
    )
    parts = re.findall(r"[^\W_]+", spaced.casefold())
    if not parts or all(part in NO_NAME or part.isdigit() for part in parts):
        return ""
    if " " not in text and (spaced != text or text != given or re.search(r"(?:^|[-_])logo", text, re.IGNORECASE)):
        return name_of_file(text) or text if _is_file_name(given) else text
    return text


def _is_file_name(text: str) -> bool:
    """True for an alternative text that is the name of a file: "sandpiper.png", "acme-logo", "lumen-white"."""
    return " " not in text and bool(
        _PICTURE.search(text)
        or re.search(r"_|(?:^|-)logo|logo-|-[a-z]", text, re.IGNORECASE if "logo" in text.casefold() else 0)
    )


@lru_cache(maxsize=4_096)
def name_of_file(address: str) -> str:
    """The company that the file of a logo is named after; empty when it is named after nobody."""
    if address.startswith("data:"):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = unquote(parts.path)
    if parts.query and not _PICTURE.search(path):
        # A service that scales pictures: its query says which.
        path = next((value for _, value in parse_qsl(parts.query) if _PICTURE.search(value)), path)
    stem = re.sub(
        r"\.(?:png|svg|jpe?g|webp|gif|avif)\b.*$", "", path.rstrip("/").rpartition("/")[2], flags=re.IGNORECASE
    )
    if not stem or len(stem) > 80 or _ICON_NAME.search(stem):
        return ""
    stem = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", stem)
    words = [
        part
        for part in re.split(r"[\s_.,+()@-]+", stem)
        if part and part.casefold() not in FILE_WORDS and not _HASHED.fullmatch(part.casefold())
    ]
    words = [re.sub(r"(?i)(?<=\w{3})(?:logo|[-_]?logotype)$", "", part) for part in words]
    if not words or len(words) > 5 or all(part.casefold() in NO_NAME for part in words):
        return ""
    name = " ".join(words)
    return name.title() if name.islower() and len(name) > 3 else name.upper() if name.islower() else name


def logo_of(element: Element) -> Logo | None:
    """The picture that an element is: an image, a drawing with a title, or a background with a label."""
    said = ""
    if element.tag in ("img", "image", "amp-img"):
        source = next(
            (
                address
                for name in _SOURCES
                if (address := element.get(name).split(",")[0].split(" ")[0].strip())
                and not address.startswith("data:")
            ),
            "",
        )
        if element.get("width") in ("0", "1") or element.get("height") in ("0", "1"):
            return None
        said = next((bare for name in ("alt", "title", "aria-label") if (bare := bare_name(element.get(name)))), "")
        if _ICON_NAME.search(source.rpartition("/")[2]) and not said:
            return None
    elif element.tag == "svg":
        source = ""
        said = bare_name(
            element.get("aria-label") or next((t.text(_MAX_NAME) for t in element.elements if t.tag == "title"), "")
        )
    else:
        background = _BACKGROUND.search(element.get("style"))
        address = background[1] if background else element.get("data-bg") or element.get("data-background-image")
        is_labelled = element.get("role") == "img" and element.get("aria-label")
        if not address and not is_labelled:
            return None
        source = address or ""
        said = bare_name(element.get("aria-label") or element.get("title") or element.text(_MAX_NAME))
        if not said and element.children:
            return None  # the ground of a section
    file = name_of_file(source) if source else ""
    return Logo(said, file, source) if said or file or source else None


def target_of(element: Element, page: VisiblePage, own: Site | None) -> Target | None:
    """The outside website an ``a`` leads to; ``None`` for links within the site, to networks, files and tickets."""
    address = page.absolute(element.get("href")) if element.tag == "a" else None
    outside = _outside(address, own) if address else None
    if outside is None:
        return None
    said = element.text(_MAX_NAME + 1)
    if CALL.search(said):
        return None
    is_address = " " not in said and site_of(said) is not None
    return Target(*outside, "" if is_address else bare_name(said))


@lru_cache(maxsize=8_192)
def _outside(address: str, own: Site | None) -> tuple[str, Site] | None:
    forwarded = _FORWARDED.search(address)
    if forwarded:
        address = unquote(forwarded[1])
    site = site_of(address)
    if site is None or is_own(site, own) or _FILE.search(address):
        return None
    if site.host != site.registered and site.host.partition(".")[0] in _TRACKERS:
        return None
    listed = listed_host(site)
    path = urlsplit(address).path.strip("/")
    if not listed.kinds.isdisjoint(_NO_WEBSITES) and (path or not listed.kinds.isdisjoint({"social", "documents"})):
        return None
    url = normalize_website(address)
    return (url, site) if url else None


def is_own(site: Site, own: Site | None) -> bool:
    """True for a host of the event's own site."""
    if own is None:
        return False
    return site.host == own.host or (site.registered is not None and site.registered == own.registered)


def headings_in(element: Element) -> Iterator[str]:
    for found in element.walk():
        if found.tag in _HEADINGS or found.get("role") == "heading":
            text = found.text(_MAX_NAME + 1)
            if text:
                yield text


def read_card(element: Element, page: VisiblePage, own: Site | None, around: Target | None = None) -> Shown | None:
    """The sponsor that an element shows, if it shows one. ``around``: the link that the element lies in."""
    logos = [logo for found in element.walk() if (logo := logo_of(found))]
    targets = [target for found in element.walk() if (target := target_of(found, page, own))]
    if around is not None:
        targets.insert(0, around)
    name = _name(element, logos, targets)
    target = _best(targets, name)
    if not name and target is not None:
        file = next((logo.file for logo in logos if logo.file), "")
        name = file if file and fits_domain(file, target.site.host) else target.site.host
    if not name:
        name = next((logo.file for logo in logos if logo.file), "")
    if not name:
        return None
    return Shown(name, target.url if target else None, _linkedin(element), bool(logos))


def _name(element: Element, logos: list[Logo], targets: list[Target]) -> str:
    """The name in a card: a heading, else what its class calls a name, a logo's text, the words of a link, bold "
    "words."""
    said = [bare for text in headings_in(element) if (bare := bare_name(text))]
    if not said:
        said = [
            bare
            for found in element.walk()
            if (found.get("itemprop") == "name" or (_NAME_CLASS.search(found.get("class")) and found is not element))
            and not found.elements
            and (bare := bare_name(found.text(_MAX_NAME + 1)))
        ]
    if said:
        return said[0]
    alternatives = [logo.said for logo in logos if logo.said]
    links = [target.said for target in targets if target.said]
    for text in alternatives:
        if len(text) > 40 and _DESCRIPTION.search(text):
            continue
        return _rather(text, links, targets)
    captions = [
        bare_name(found.text(_MAX_NAME + 1)) for found in element.walk() if found.tag in ("figcaption", "caption")
    ]
    attributes = [
        bare_name(found.get(name))
        for found in element.walk()
        for name in ("aria-label", "title")
        if found.tag in ("a", "div", "li", "figure", "button", "article")
    ]
    bold = [bare_name(found.text(_MAX_NAME + 1)) for found in element.walk() if found.tag in ("strong", "b")]
    short = [
        bare_name(text)
        for found in element.walk()
        if found.tag in ("p", "span", "div", "small") and not found.elements
        if (text := found.text(61)) and len(text) <= 60 and text[-1] not in ".!?" and not is_tier_label(text)
    ]
    inside = [
        bare_name(text)
        for found in element.walk()
        if found.tag == "a" and (text := found.text(_MAX_NAME + 1)) and (" " in text or site_of(text) is None)
    ]
    for text in [*captions, *links, *attributes, *bold, *short, *inside]:
        if text and len(text) <= 80:
            return text
    own = element.text(_MAX_NAME + 1)
    if (" " not in own and site_of(own) is not None) or (own[-1:] in (".", "!", "?") and own.count(" ") > 1 and logos):
        return ""
    return bare_name(re.split(r"\s[–—|:-]\s|:\s", own)[0]) if own and len(own) <= _MAX_NAME else ""


def _rather(text: str, links: list[str], targets: list[Target]) -> str:
    """``text`` of a logo, or the words of a link when these are named like the website, and the logo is not."""
    for link in links:
        if link != text and len(link) <= 60 and any(fits_domain(link, target.site.host) for target in targets):
            return text if any(fits_domain(text, target.site.host) for target in targets) else link
    return text


def _best(targets: list[Target], name: str) -> Target | None:
    """The target that is the named company's website, else the first."""
    if not targets:
        return None
    named = [target for target in targets if name and fits_domain(name, target.site.host)]
    # A home page before an article of theirs.
    return min(named, key=lambda target: len(urlsplit(target.url).path.strip("/")), default=targets[0])


def _linkedin(element: Element) -> str | None:
    for found in element.walk():
        address = found.get("href") if found.tag == "a" else ""
        if "linkedin." in address and linkedin_kind(address) == "company":
            return normalize_linkedin_url(address)
    return None


def agrees(heading: str, logos: set[str], said: set[str], hosts: set[str]) -> bool:
    """True when a heading above a single logo is the name of who it is, not a label for it."""
    key = company_key(heading)
    names = {name for name in logos | said if name}
    if any(fits_domain(heading, host) for host in hosts):
        return True
    return any(company_key(name) in key or key in company_key(name) or are_alike(name, heading) for name in names)

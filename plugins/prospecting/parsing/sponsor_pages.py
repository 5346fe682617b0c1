"""Sponsors from an event's own page: headings tell tiers, logos and cards names, their links websites.

A page that is not recognisably a list of sponsors gives nothing. ``sponsor_page/`` has ``words`` (vocabulary),
``labels`` (headings and what they say), ``cards`` (one sponsor as shown), ``texts`` (names in plain text), ``tables``,
``summaries`` (what is in each element); ``page/tree.py`` what a visitor sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from prospecting.parsing.names import company_key
from prospecting.parsing.ownership import fits_domain
from prospecting.parsing.page.tree import Element, VisiblePage, read_html
from prospecting.parsing.records import SponsorRecord
from prospecting.parsing.sponsor.entries import Entry, record_of
from prospecting.parsing.sponsor_page.cards import (
    Shown,
    Target,
    agrees,
    bare_name,
    headings_in,
    is_own,
    logo_of,
    read_card,
    target_of,
)
from prospecting.parsing.sponsor_page.labels import (
    Label,
    attribute_label,
    heading_of,
    names_section,
    read_label,
    says_who_pays,
    spelled_tier,
    tier_inside,
)
from prospecting.parsing.sponsor_page.summaries import MANY, Summary, summarise
from prospecting.parsing.sponsor_page.tables import columns_of
from prospecting.parsing.sponsor_page.texts import IN_LINE, SEPARATED, lines_of, may_be_name, named_in
from prospecting.parsing.sponsor_page.words import (
    ABOVE_SPONSORS,
    BANNER,
    BENEFIT,
    CALL,
    GENERIC_LINK,
    OFFER,
)
from prospecting.parsing.tiers import is_tier_label, tier_rank
from prospecting.parsing.urls import site_of

_NEVER_SPONSORS = frozenset({"nav", "form", "dialog", "button", "menu"})
_APART = frozenset({"footer", "aside", "header"})
_UNLABELLED = 3
"""Sponsors that a page needs when only its title or address says that it lists them."""

_TEXTS = frozenset({"p", "li", "dd", "td", "div"})
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?")
_MAX_FOUND = 2_000
_MAX_LEAD = 4
"""Words in front of sponsors in a line: "Thanks to our sponsors"."""

_METALS_END = 50
"""The ranks of metals and their like are below."""

_MAX_BESIDE = 15
"""Characters beside a link in a block that is no sentence."""
_LINK_TO_SPONSORS = re.compile(
    r"sponsor|sponzor|patrocin|partner|parten|parceir|exhibitor|aussteller|supporter|unterst", re.I
)


@dataclass(frozen=True, slots=True)
class SponsorPage:
    """The sponsors a page lists, each once, in its order: those of its edition, and those of earlier ones.

    ``tier`` of a record is its canonical spelling, ``tier_label`` the page's words. ``links`` are pages of the same
    site that may list sponsors, the likeliest first.
    """

    sponsors: tuple[SponsorRecord, ...] = ()
    earlier: tuple[SponsorRecord, ...] = ()
    links: tuple[str, ...] = ()


def read_sponsor_page(html: str | bytes, url: str, *, year: int | None = None) -> SponsorPage:
    """The sponsors that the page at ``url`` lists. Never raises on content.

    ``year`` is that of the edition in question: lists of years before it are earlier ones. Without it, the latest year
    that the title or a heading above sponsors names.
    """
    return sponsors_of_page(read_html(html, url), year=year)


def sponsors_of_page(page: VisiblePage, *, year: int | None = None) -> SponsorPage:
    """Like ``read_sponsor_page``, for a page whose tree has been read."""
    reader = _Reader(page)
    reader.visit(page.body, None)
    found = reader.found
    if not any(one.is_labelled for one in found):
        shown = [one for one in found if one.shown.has_logo or one.shown.website]
        found = found if len(shown) >= _UNLABELLED else []
    found = _without_benefits(found)
    if not any(one.is_paid or one.shown.website for one in found):
        found = []
    named = [read_label(page.title, 0).year, *(one.year for one in found)]
    latest = year or max((number for number in named if number), default=None)
    records: dict[bool, dict[str, SponsorRecord]] = {False: {}, True: {}}
    for one in found:
        record = record_of(
            Entry(
                one.shown.name,
                one.tier,
                one.shown.website,
                fields={"linkedin": one.shown.linkedin_url} if one.shown.linkedin_url else None,
            )
        )
        if not isinstance(record, SponsorRecord):
            continue
        if spelled_tier(record.tier) is None:
            record = replace(record, tier=None, tier_label=None)
        is_earlier = one.is_earlier or bool(latest and one.year and one.year < latest)
        of_time = records[is_earlier]
        key = company_key(record.name) or record.name.casefold()
        of_time[key] = _folded(of_time[key], record) if key in of_time else record
    current = records[False]
    earlier = [record for key, record in records[True].items() if key not in current]
    return SponsorPage(tuple(current.values()), tuple(earlier), tuple(reader.links()))


def _folded(first: SponsorRecord, second: SponsorRecord) -> SponsorRecord:
    """Two mentions of one company: the better tier, and whatever only one of them tells."""
    better, other = (second, first) if tier_rank(second.tier) < tier_rank(first.tier) else (first, second)
    return replace(
        first,
        tier=better.tier,
        tier_label=better.tier_label,
        website=first.website or second.website,
        linkedin_url=better.linkedin_url or other.linkedin_url,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    shown: Shown
    tier: str | None
    is_labelled: bool
    is_earlier: bool
    year: int | None
    is_paid: bool
    """Something above says that they pay for the event, not only that they are partners."""


def _without_benefits(found: list[_Found]) -> list[_Found]:
    """Without names that are text alone, when one of them is in two tiers: they are what sponsors get."""
    alone = [one for one in found if not (one.shown.website or one.shown.has_logo)]
    pairs = {(one.shown.name, one.tier) for one in alone if not one.is_earlier}
    if len(pairs) == len({name for name, _ in pairs}):
        return found
    return [one for one in found if one.shown.website or one.shown.has_logo]


class _Reader:
    def __init__(self, page: VisiblePage) -> None:
        self._page = page
        self._own = site_of(page.url)
        self._headings: list[Label] = []
        self._containers: list[Label] = []
        self._summaries = summarise(page, self._own)
        self.found: list[_Found] = []
        path = re.sub(r"[-_/+.]", " ", urlsplit(page.url).path)
        first = next((e.text(200) for e in page.body.walk() if e.tag == "h1"), "")
        said = (path, page.title, first)
        self._is_list = any(ABOVE_SPONSORS.search(text) and not CALL.search(text) for text in said)
        self._is_paid = self._is_list and any(map(says_who_pays, said))
        self._is_offer = any(CALL.search(text) or OFFER.search(text) for text in said)

    def visit(self, element: Element, around: Target | None) -> None:
        """Go through an element: labels hold for what follows, cards are taken as a whole.

        ``around`` is the link that the element lies in.
        """
        if len(self.found) >= _MAX_FOUND or self._is_passed_over(element) or self._take_label(element):
            return
        headings, containers, before = list(self._headings), list(self._containers), len(self.found)
        self._enter(element)
        if (
            (element.tag == "table" and self._table(element))
            or (element.tag == "tr" and self._row(element))
            or (element.tag in _TEXTS and self._text(element))
        ):
            pass
        elif element is not self._page.body and self._is_card(element):
            self._take(element, around)
        else:
            inside = target_of(element, self._page, self._own) or around
            repeated = self._repeated(element)
            for child in element.children:
                if isinstance(child, str):
                    self._take_words(child)
                elif id(child) in repeated:
                    self._take_labelled(child, inside)
                else:
                    self.visit(child, inside)
        self._containers = containers
        if len(self.found) > before or element.tag in _APART:
            # Its headings were those of what it holds; a heading without any is that of what follows.
            self._headings = headings

    def _is_passed_over(self, element: Element) -> bool:
        if element.tag == "button" and self._summaries[id(element)].logos:
            return False
        if element.tag in _NEVER_SPONSORS or element.get("role") in ("navigation", "search", "dialog"):
            return True
        if element.tag == "a":
            return self._is_home(element)
        return bool(BANNER.search(f"{element.get('id')} {element.get('class')}")) and element is not self._page.body

    def _is_home(self, link: Element) -> bool:
        """True for a link to the first page of the event's own site, which is what its logo is."""
        address = self._page.absolute(link.get("href"))
        site = site_of(address) if address else None
        return bool(address and site and is_own(site, self._own) and not urlsplit(address).path.strip("/"))

    def _take_label(self, element: Element) -> bool:
        """Note an element that is a label and nothing else. Returns False for any other."""
        summary = self._summaries[id(element)]
        label = heading_of(element, self._page.language)
        if label is None or summary.hosts or (summary.logos and not label.is_sponsors and element.tag == "figcaption"):
            return False
        is_lone = element.tag != "th" or (element.parent is not None and len(element.parent.elements) == 1)
        if not is_lone or (element.tag in ("li", "th") and not label.is_sponsors):
            return False
        while self._headings and self._headings[-1].level >= label.level:
            self._headings.pop()
        self._headings.append(label)
        return True

    def _enter(self, element: Element) -> None:
        """Note what an element says about all that is in it."""
        if element.tag == "footer":
            self._headings = [Label("", 0.5, is_others=True)]
        elif element.tag == "aside":
            self._headings = []
        if element is self._page.body:
            return
        if names_section(element):
            self._containers.append(Label("", 9.6, is_sponsors=True))
        own = attribute_label(element, self._page.language)
        if own is not None:
            self._containers.append(own)

    def _take_words(self, text: str) -> None:
        """Note a tier before a colon, and "Sponsored by", for the rest of the line."""
        words = text.strip(" ,;·|•–-")
        if words.endswith(":") and is_tier_label(words[:-1]):
            self._containers.append(Label(words, 9, tier=words[:-1]))
        elif 0 < len(words.split()) <= _MAX_LEAD and says_who_pays(words) and not CALL.search(words):
            self._containers.append(Label(words, 9.6, is_sponsors=True))

    def _text(self, element: Element) -> bool:
        """Read a block of nothing but text for the names in it. Returns False when there are none.

        A line is "Gold: Acme, Globex and Initech", "Gold – Acme" or "Acme (Gold)"; below the heading of a tier, or as
        an item of a list of sponsors, a name or several.
        """
        lines = lines_of(element)
        if not lines:
            return False
        label = self._headings[-1] if self._headings else None
        found: list[tuple[str, str | None]] = []
        for line in lines:
            is_item = element.tag == "li"
            is_one = is_item or label is None or not label.is_tier
            read = named_in(line, self._page.language, is_item=is_item, is_one=is_one)
            if not read:
                return False
            found += read
        is_below = label is not None and label.is_sponsors and (len(found) > 1 or _is_own_tier(label))
        if not is_below and element.tag not in ("li", "dd", "td") and not all(tier for _, tier in found):
            return False
        for name, tier in found:
            self._add(Shown(name, None), tier)
        return True

    def _row(self, row: Element) -> bool:
        """Read a row of a name and its address. Returns False for any other."""
        cells = [cell for cell in row.elements if cell.tag == "td"]
        if not 2 <= len(cells) <= 4 or self._summaries[id(cells[0])].hosts or self._summaries[id(cells[0])].logos:
            return False
        name = cells[0].text(121)
        addresses = [text for cell in cells[1:] if (text := cell.text(200)) and _ADDRESS.fullmatch(text)]
        if len(addresses) != 1 or not may_be_name(name):
            return False
        links = [target for found in row.walk() if (target := target_of(found, self._page, self._own))]
        self._add(Shown(name, links[0].url if links else addresses[0]), None)
        return True

    def _take_labelled(self, element: Element, around: Target | None) -> None:
        containers = list(self._containers)
        own = attribute_label(element, self._page.language)
        if own is not None:
            self._containers.append(own)
        self._take(element, around)
        self._containers = containers

    def _is_card(self, element: Element) -> bool:
        """True when all that is in an element is one sponsor."""
        summary = self._summaries[id(element)]
        if (
            element.tag in ("body", "main", "section", "ul", "ol", "table", "tbody", "dl")
            and not summary.logos | summary.hosts
        ):
            return False
        if element.tag == "a":
            return bool(element.get("href")) and len(summary.logos) <= 2 and self._may_be_sponsor_link(element)
        if logo_of(element) is not None and not summary.hosts:
            return True
        if (
            len(summary.headings) == 1
            and 1 < len(summary.hosts) <= MANY
            and not (summary.labels or summary.items > 1 or len(summary.logos) > 1)
        ):
            heading = next(iter(headings_in(element)), "")
            return any(fits_domain(heading, host) for host in summary.hosts)
        several = max(map(len, (summary.logos, summary.headings, summary.hosts))) > 1
        if summary.is_divided or summary.items > 1 or several:
            return False
        if element.tag in ("li", "dd", "td") and not (summary.logos or summary.hosts or summary.headings):
            return self._is_name_alone(element) and may_be_name(element.text(121))
        if not (summary.logos or summary.hosts or summary.headings):
            return bool(re.search(r"name|sponsor|partner|company", element.get("class"), re.I)) and self._is_name_alone(
                element
            )
        if summary.headings:
            if not (summary.logos or summary.hosts):
                return False
            heading = next(iter(headings_in(element)), "")
            return bool(bare_name(heading)) and self._is_named_by(element, heading, summary)
        if not summary.logos and summary.hosts:
            # A sentence with a link in it; a line that is a link and a few words is a sponsor.
            text = element.text(400)
            return element.tag in ("li", "dd", "td", "article", "figure") and len(text) <= 300
        return True

    def _is_named_by(self, element: Element, heading: str, summary: Summary) -> bool:
        said = {name for name in summary.said if name and not GENERIC_LINK.fullmatch(name)}
        if agrees(heading, set(), said, summary.hosts):
            return True
        return not said and bool(
            element.tag in ("li", "article", "figure", "td")
            or re.search(r"card|item|sponsor|partner|company", element.get("class"), re.I)
        )

    def _is_name_alone(self, element: Element) -> bool:
        text = element.text(121)
        return (
            1 < len(text) <= 120
            and not is_tier_label(text)
            and not element.get("href")
            and text[-1] not in "!?"
            and not any(child.tag in ("a", "button") for child in element.walk())
        )

    def _may_be_sponsor_link(self, element: Element) -> bool:
        """True for a link that shows somebody: one outside, or one with a picture or a name to a page about them."""
        address = self._page.absolute(element.get("href"))
        if CALL.search(element.text(200)) or (address and CALL.search(re.sub(r"[-_/]", " ", urlsplit(address).path))):
            return False
        site = site_of(address) if address else None
        if address is None or site is None or target_of(element, self._page, self._own) is not None:
            return True
        if not is_own(site, self._own):
            return bool(self._summaries[id(element)].logos)
        return urlsplit(address).path.strip("/") != ""

    def _repeated(self, element: Element) -> set[int]:
        """The children that are one sponsor each because they are all built alike, whatever links their texts have."""
        groups: dict[str, list[Element]] = {}
        for child in element.elements:
            if child.tag in ("div", "li", "article", "figure", "td", "section"):
                groups.setdefault(f"{child.tag} {' '.join(child.get('class').split()[:2])}", []).append(child)
        forced: set[int] = set()
        for members in groups.values():
            summaries = [self._summaries[id(member)] for member in members]
            if len(members) < 2 or any(one.is_divided for one in summaries):
                continue
            is_card = [
                (len(one.headings) == 1 and len(one.logos) <= 1 and one.items <= (member.tag == "li"))
                or (not one.headings and len(one.logos) == 1)
                for one, member in zip(summaries, members, strict=True)
            ]
            if not all(is_card):
                continue
            named = [
                not one.headings
                or (not one.logos and not one.hosts and len(members) >= MANY)
                or self._is_named_by(member, next(iter(headings_in(member)), ""), one)
                for one, member in zip(summaries, members, strict=True)
            ]
            if sum(named) * 2 > len(named):
                forced.update(id(member) for member in members)
        return forced

    def _table(self, table: Element) -> bool:
        """Read a table whose columns say what they hold. Returns False for any other table."""
        rows = [row for row in table.walk() if row.tag == "tr"]
        if len(rows) < 2:
            return False
        columns = columns_of(rows)
        if "name" not in columns:
            return False
        for row in rows[1:]:
            cells = dict(zip(columns, row.elements, strict=False))
            cell = cells.get("name")
            if cell is None:
                continue
            tier = cells["tier"].text(80) if "tier" in cells else None
            summary = self._summaries[id(cell)]
            if len(summary.hosts) > 1 or len(summary.logos) > 1:
                before = list(self._containers)
                self._containers += [Label(tier, 9, tier=tier)] if tier else []
                for child in cell.elements:
                    self.visit(child, None)
                self._containers = before
                continue
            shown = read_card(row, self._page, self._own)
            in_cell = read_card(cell, self._page, self._own)
            if in_cell is None:
                continue
            website = in_cell.website or (shown.website if shown else None)
            if website is None and "website" in cells:
                text = cells["website"].text(200)
                website = text if site_of(text) else None
            self._add(Shown(in_cell.name, website, None, in_cell.has_logo), tier)
        return True

    def _take(self, element: Element, around: Target | None) -> None:
        for words in element.children if element.elements else ():
            if isinstance(words, str):
                self._take_words(words)
        shown = read_card(element, self._page, self._own, around)
        if shown is not None and not shown.has_logo and element.tag == "a" and self._is_in_prose(element):
            is_told = any(label.is_sponsors and _is_paid(label) for label in [*self._headings, *self._containers])
            shown = shown if is_told and not self._is_offer else None
        if shown is not None:
            shown = self._named_above(shown)
            self._add(shown, self._badge(element, shown.name), is_link=element.tag == "a")

    def _is_in_prose(self, link: Element) -> bool:
        """True for a link in a sentence, which may be about anybody unless a heading says about whom."""
        block = link.parent
        while block is not None and block.tag in IN_LINE:
            block = block.parent
        beside = block.children[:50] if block is not None else []
        return sum(len(text) for text in beside if isinstance(text, str)) > _MAX_BESIDE

    def _named_above(self, shown: Shown) -> Shown:
        """The sponsor by the name in the heading above it, where that is like its website."""
        label = self._headings[-1] if self._headings else None
        host = site_of(shown.website) if shown.website else None
        if label is None or host is None or label.level <= 1 or label.is_sponsors or label.is_others:
            return shown
        return replace(shown, name=label.text) if fits_domain(label.text, host.host) else shown

    def _badge(self, element: Element, name: str) -> str | None:
        """The tier that a card itself shows."""
        for found in element.walk():
            for text in found.children if found.tag in ("li", "p", "div", "td", "dd") else ():
                said = text.strip(" :()[]–—-|,") if isinstance(text, str) else ""
                if said and said != name and is_tier_label(said):
                    return said
            for part in SEPARATED.split(found.get("alt") or found.get("title")):
                if part != name and is_tier_label(part):
                    return part
            if inside := tier_inside(found.get("alt")):
                return inside
            if found is not element and (own := attribute_label(found, self._page.language)) and own.is_tier:
                return own.tier
            if not found.elements and found.tag not in ("a", "img"):
                text = found.text(60)
                if text and text != name and is_tier_label(text):
                    return text
        return None

    def _add(self, shown: Shown, tier: str | None, *, is_link: bool = False) -> None:
        labels = [*self._headings, *self._containers]
        is_sponsors, is_labelled = self._context()
        if not is_sponsors or self._is_event(shown):
            return
        if not (shown.website or shown.has_logo):
            if self._is_offer or any(label.is_call or OFFER.search(label.text) for label in self._headings):
                return  # what a tier costs, and what it comes with
            if BENEFIT.search(shown.name) or not self._says_sponsors(labels):
                return
            if not is_labelled and not tier:
                return
        if is_link and not shown.website and not shown.has_logo and not is_labelled:
            return
        year = next(
            (label.year for label in [*reversed(self._headings), *reversed(self._containers)] if label.year), None
        )
        self.found.append(
            _Found(
                shown,
                tier or self._tier(shown.name),
                is_labelled,
                any(label.is_earlier for label in labels),
                year,
                self._is_paid or any(label.is_sponsors and _is_paid(label) for label in labels),
            )
        )

    def _says_sponsors(self, labels: list[Label]) -> bool:
        """True when something above says that sponsors follow, not only who won gold."""
        return self._is_list or any(
            label.is_sponsors and (not label.text or ABOVE_SPONSORS.search(label.text)) for label in labels
        )

    def _is_event(self, shown: Shown) -> bool:
        """True for the event's own logo."""
        return not shown.website and self._own is not None and fits_domain(shown.name, self._own.host)

    def _context(self) -> tuple[bool, bool]:
        """Two answers: sponsors are listed here; a heading, not only the page, says so."""
        for label in reversed(self._headings):
            if label.is_others:
                return False, False
            if label.is_sponsors:
                return True, True
        if any(label.is_sponsors for label in self._containers):
            return True, True
        return self._is_list, False

    def _tier(self, name: str) -> str | None:
        explicit = [one.tier for one in reversed(self._containers) if one.tier and one.level < 9.5]
        if explicit:
            return explicit[0]
        above = None
        for label in reversed(self._headings):
            if label.tier and label.level > 1 and company_key(label.tier) != company_key(name):
                above = label.tier
                break
            if label.level <= 1:
                break
        weak = next((one.tier for one in reversed(self._containers) if one.tier), None)
        if above and (is_tier_label(above) or not weak):
            return above if spelled_tier(above) else weak
        return weak or above

    def links(self) -> list[str]:
        """Pages of the same site that may list sponsors, by what their links say."""
        ranked: dict[str, int] = {}
        for element in self._page.body.walk():
            address = self._page.absolute(element.get("href")) if element.tag == "a" else None
            if address is None:
                continue
            site = site_of(address)
            address = address.partition("#")[0]
            text, path = element.text(80), re.sub(r"[-_/+.]", " ", urlsplit(address).path)
            if site is None or not is_own(site, self._own) or CALL.search(text) or CALL.search(path):
                continue
            if not (_LINK_TO_SPONSORS.search(text) or _LINK_TO_SPONSORS.search(path)) or len(path.split()) > 6:
                continue
            rank = 0 if re.search("sponsor|patrocin", f"{text} {path}", re.I) else 1
            ranked[address] = min(ranked.get(address, 9), rank + (len(path.split()) > 3))
        return sorted(ranked, key=lambda address: ranked[address])[:10]


def _is_paid(label: Label) -> bool:
    return (
        not label.text
        or says_who_pays(label.text)
        or (label.is_tier and tier_rank(spelled_tier(label.tier)) < _METALS_END)
    )


def _is_own_tier(label: Label) -> bool:
    """True for the label of one tier: "Gold" and "Media partners", not "Our partners"."""
    tier = spelled_tier(label.tier) if label.is_tier else None
    return tier is not None and (" " in tier or tier_rank(tier) < _METALS_END)

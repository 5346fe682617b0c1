"""The different things in each element of a page: one logo, heading or host makes a card, several a list."""

from __future__ import annotations

from dataclasses import dataclass, field

from prospecting.parsing.page.tree import VisiblePage
from prospecting.parsing.sponsor_page.cards import logo_of, target_of
from prospecting.parsing.sponsor_page.labels import LINE, heading_of
from prospecting.parsing.urls import Site

MANY = 3
"""More different things than this in an element are not told apart."""


@dataclass(slots=True)
class Summary:
    """The different things in an element, as far as it matters whether there is one or there are several."""

    logos: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    headings: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    items: int = 0
    labels: int = 0
    badges: int = 0
    """Those of the labels that are lines with a tier, as cards have them beside a name."""

    @property
    def is_divided(self) -> bool:
        """True when a label in it is more than the badge of a card that has a heading of its own."""
        return self.labels > 0 and not (self.labels == self.badges == 1 and len(self.headings) == 1)


def summarise(page: VisiblePage, own: Site | None) -> dict[int, Summary]:
    """The summaries of all elements of a page, by ``id``. ``own`` is the site that the page is on."""
    summaries: dict[int, Summary] = {}
    # Those within before those around them.
    for element in reversed(list(page.body.walk())):
        summary = Summary()
        logo = logo_of(element)
        if logo is not None:
            summary.logos.add(logo.key)
            summary.said.add(logo.said or logo.file)
        target = target_of(element, page, own)
        if target is not None:
            summary.hosts.add(target.site.registered or target.site.host)
            summary.said.add(target.said)
        label = heading_of(element, page.language)
        if label is not None and (label.is_sponsors or label.is_others):
            summary.labels += 1
            summary.badges += label.level == LINE and label.is_tier
        elif element.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            summary.headings.add(element.text(101).casefold())
        if element.tag in ("li", "tr", "dd"):
            summary.items += 1
        for child in element.elements:
            below = summaries[id(child)]
            for within, more in (
                (summary.logos, below.logos),
                (summary.said, below.said),
                (summary.headings, below.headings),
                (summary.hosts, below.hosts),
            ):
                if len(within) <= MANY:
                    within |= more
            summary.items += below.items
            summary.labels += below.labels
            summary.badges += below.badges
        summaries[id(element)] = summary
    return summaries

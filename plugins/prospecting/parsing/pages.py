"""Text of a web page for a reader that pays by the word: lists whole, with logos and links; articles without the rest.

Extractors of main content drop what a list is made of (links, logos, short lines), so lists are written out whole.
Both leave out what nobody sees, see ``page/tree.py``.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from prospecting.parsing.page.tree import Element, VisiblePage, read_html
from prospecting.parsing.sponsor_page.cards import logo_of
from prospecting.parsing.urls import normalize_website

MAX_TEXT = 30_000
"""Characters of a page's text, unless another limit is given."""

_LIST_WORDS = re.compile(
    r"sponsor|partner|exhibitor|speaker|team|people|leadership|management|board|directory|members?\b|portfolio|customers|clients"
    r"|aussteller|referent|patrocin|ponente|expositor|parten|intervenant|equipe|équipe|vorstand|über-uns|about",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "legend",
        "main",
        "nav",
        "noscript",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
    ]
)
_SOURCES = ("alt", "title", "aria-label")
_MIN_ARTICLE = 600
_MAX_LABEL = 200


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as text: ``kind`` is ``list`` (all of it) or ``article`` (its main content).

    ``links`` are the addresses in ``text``, normalised, in order. ``is_cut``: there was more.
    """

    url: str
    title: str
    kind: Literal["list", "article"]
    text: str
    links: tuple[str, ...]
    is_cut: bool


def reduce_page(content: str | bytes, url: str, *, limit: int = MAX_TEXT) -> PageText:
    """The text of the page at ``url``, at most ``limit`` characters. Never raises on content.

    Headings begin with ``#``, items with ``-``; links are ``[text](address)``, pictures with a text ``![text]``. What
    stands in the page in place of such marks is not told from them: all of it is data.
    """
    return reduce_tree(read_html(content, url), limit=limit)


def reduce_tree(page: VisiblePage, *, limit: int = MAX_TEXT) -> PageText:
    """Like ``reduce_page``, for a page whose tree has been read."""
    article = None if _is_list(page) else _article(page)
    text = _Writer(page, limit + 1).write(article or page.body)
    is_cut = len(text) > limit or page.is_cut
    if len(text) > limit:
        text = text[:limit]
        opened = text.rfind("](")
        if ")" not in text[opened:] and opened >= 0:
            text = text[: text.rfind("[", 0, opened + 1)]  # no half of an address
    links = dict.fromkeys(link for found in _ADDRESS.findall(text) if (link := normalize_website(found)))
    return PageText(page.url, page.title, "article" if article else "list", text.strip(), tuple(links), is_cut)


_ADDRESS = re.compile(r"\]\((https?://[^\s()<>]+)\)")


def _is_list(page: VisiblePage) -> bool:
    """True when the page's address or title says that it lists something, or its text is mostly links and pictures."""
    if _LIST_WORDS.search(f"{urlsplit(page.url).path} {page.title}"):
        return True
    prose = sum(len(element.text(2_000)) for element in page.body.walk() if element.tag == "p")
    return prose < _MIN_ARTICLE


def _article(page: VisiblePage) -> Element | None:
    """The main content of a page; ``None`` when there is too little of it to be an article."""
    from resiliparse.extract.html2text import extract_plain_text

    main = extract_plain_text(
        _html(page.body), main_content=True, preserve_formatting="minimal_html", links=True, alt_texts=True
    )
    body = read_html(main, page.url).body
    return body if len(body.text(_MIN_ARTICLE)) >= _MIN_ARTICLE else None


def _html(root: Element) -> str:
    """A visible tree as HTML again."""
    parts: list[str] = []
    waiting: list[Element | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in node.attributes.items())
        parts.append(f"<{node.tag}{attributes}>")
        if node.tag not in _VOID:
            waiting.append(f"</{node.tag}>")
            waiting.extend(
                html.escape(child, quote=False) if isinstance(child, str) else child
                for child in reversed(node.children)
            )
    return "".join(parts)


_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class _Writer:
    """Writes a tree out as text, until there is more of it than anybody asked for."""

    def __init__(self, page: VisiblePage, limit: int) -> None:
        self._page = page
        self._limit = limit
        self._lines: list[str] = []
        self._line: list[str] = []
        self._length = 0

    def write(self, root: Element) -> str:
        self._element(root)
        self._end_line()
        lines: list[str] = []
        for line in self._lines:
            if not lines or line != lines[-1]:  # the same logo twice
                lines.append(line)
        return "\n".join(lines)

    def _element(self, element: Element) -> None:
        if self._length > self._limit:
            return
        tag = element.tag
        if tag == "a":
            self._link(element)
            return
        is_block = tag in _BLOCKS
        if is_block:
            self._end_line()
        if re.fullmatch(r"h[1-6]", tag):
            self._line.append("#" * int(tag[1]) + " ")
        elif tag == "li":
            self._line.append("- ")
        said = self._picture(element)
        if said:
            self._line.append(f" ![{said}] ")
        for child in element.children:
            if isinstance(child, str):
                self._line.append(child)
                self._length += len(child)
            else:
                self._element(child)
        if tag in ("td", "th"):
            self._line.append(" | ")
        if is_block:
            self._end_line()

    def _picture(self, element: Element) -> str:
        """The text of a picture; of a logo without one, the name its file has."""
        logo = logo_of(element) if element.tag not in ("svg", "a") else None
        if logo is None:
            return ""
        said = next((element.get(name) for name in _SOURCES if element.get(name)), "")
        return _one_line(said or logo.file)[:_MAX_LABEL]

    def _link(self, element: Element) -> None:
        text = _one_line(element.text(500))
        pictures = [said for found in element.walk() if (said := self._picture(found))]
        label = "" if text else _one_line(element.get("aria-label") or element.get("title"))
        said = " ".join(dict.fromkeys(words for words in [label, *pictures, text] if words))
        address = self._page.absolute(element.get("href"))
        url = normalize_website(address) if address else None
        if said or url:
            written = f"[{said}]({url})" if url and ")" not in url and "(" not in url else said
            self._line.append(f" {written} " if element.parent and element.parent.tag not in ("p", "span") else written)
            self._length += len(written)

    def _end_line(self) -> None:
        text = " ".join("".join(self._line).split())
        self._line = []
        if text.strip("#- |"):
            self._lines.append(text)


def _one_line(text: str) -> str:
    return " ".join(text.replace("[", "(").replace("]", ")").split())

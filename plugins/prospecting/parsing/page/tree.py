"""The tree of what a visitor sees of an HTML page: without scripts, comments and text that is hidden.

What nobody sees is where a page hides instructions for whoever reads it by machine.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from prospecting.parsing.invisible import visible

MAX_HTML = 3_000_000
"""Characters; what comes after them is not read."""

MAX_NODES = 40_000
_MAX_DEPTH = 150
"""Elements deeper in each other are read as if they lay side by side."""

_MAX_TEXT = 20_000
_MAX_ATTRIBUTE = 4_000

_NEVER_SEEN = frozenset(
    [
        "script",
        "style",
        "template",
        "head",
        "meta",
        "link",
        "title",
        "base",
        "object",
        "embed",
        "iframe",
        "param",
        "source",
        "track",
        "audio",
        "video",
        "map",
        "area",
        "canvas",
        "math",
        "dialog",
        "datalist",
        "select",
        "option",
        "input",
        "textarea",
        "progress",
        "meter",
        "frame",
        "frameset",
        "noframes",
    ]
)
_KEPT_ATTRIBUTES = frozenset(
    [
        "id",
        "class",
        "href",
        "src",
        "srcset",
        "alt",
        "title",
        "style",
        "role",
        "itemprop",
        "rel",
        "lang",
        "aria-label",
        "aria-labelledby",
        "colspan",
        "content",
    ]
)
_DROPPED_DATA = re.compile(r"data-(?:v-|react|test|aos|wf-|w-id|elementor|framer)")
_HIDDEN_STYLE = re.compile(
    r"""display\s*:\s*none | visibility\s*:\s*(?:hidden|collapse) | content-visibility\s*:\s*hidden
      | (?<![\w-])opacity\s*:\s*0?(?:\.0+)?\s*(?:;|!|$)
      | (?<![\w-])font-size\s*:\s*(?:0*(?:\.0+)?|0?\.[0-4]\d*|[01])(?:px|pt|em|rem|%)?\s*(?:;|!|$)
      | (?<![\w-])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)
      | (?:left|right|top|bottom|text-indent|margin-left|margin-top)\s*:\s*-\s*\d{3,}
      | transform\s*:[^;]{0,40}scale\(\s*0?(?:\.0+)?\s*\)
      | clip\s*:\s*rect\(\s*[01]?(?:px)?\s*[,\s]\s*[01]?(?:px)? | clip-path\s*:\s*inset\(\s*(?:50|100)%
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HIDDEN_CLASSES = frozenset(
    [
        "hidden",
        "d-none",
        "is-hidden",
        "hide",
        "visually-hidden",
        "visuallyhidden",
        "sr-only",
        "screen-reader-text",
        "screen-reader-only",
        "element-invisible",
        "invisible",
        "w-condition-invisible",
        "uk-hidden",
        "u-hidden",
        "offscreen",
    ]
)
_SHOWN_SOMEWHERE = re.compile(r"(?:^|\s)(?:[a-z0-9-]+:)+(?:block|flex|inline|inline-block|grid|visible)(?:\s|$)")
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;!]{1,60})", re.IGNORECASE)
_WHITE = re.compile(
    r"#f{3}(?:f(?:ff?)?)?(?:ff)?|#fefefe|white|rgba?\(\s*25[45]\s*[, ]\s*25[45]\s*[, ]\s*25[45][^)]*\)|transparent"
    r"|rgba\([^)]*,\s*0(?:\.0+)?\s*\)",
    re.IGNORECASE,
)


@dataclass(slots=True, eq=False)
class Element:
    """An element and what is in it, in order: texts and elements. Blanks of texts are folded."""

    tag: str
    attributes: Mapping[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute, empty when there is none."""
        return self.attributes.get(name, "")

    @property
    def elements(self) -> list[Element]:
        """The elements directly in this one."""
        return [child for child in self.children if isinstance(child, Element)]

    def walk(self) -> Iterator[Element]:
        """This element and all in it, in the order of the page."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.elements))

    def text(self, limit: int = _MAX_TEXT) -> str:
        """The text in it, blanks folded, at most so many characters."""
        parts: list[str] = []
        length = 0
        waiting: list[Element | str] = [self]
        while waiting and length < limit:
            node = waiting.pop()
            if isinstance(node, str):
                parts.append(node)
                length += len(node) + 1
            else:
                if node.tag not in _INLINE:
                    parts.append(" ")
                    waiting.append(" ")
                waiting.extend(reversed(node.children))
        return " ".join("".join(parts).split())[:limit]


_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "wbr",
    ]
)


@dataclass(frozen=True, slots=True)
class VisiblePage:
    """A page: its address, title, language ("de", or empty) and visible body. ``is_cut``: more than was read."""

    url: str
    title: str
    language: str
    body: Element
    is_cut: bool = False

    def absolute(self, address: str) -> str | None:
        """An address in the page as an absolute one; ``None`` for one that is not of the web."""
        address = address.strip()
        if not address or address.startswith("#") or len(address) > _MAX_ATTRIBUTE:
            return None
        try:
            found = urljoin(self.url, address)
        except ValueError:
            return None
        return found if found.lower().startswith(("http://", "https://")) else None


def read_html(html: str | bytes, url: str) -> VisiblePage:
    """The visible tree of a page at ``url``. Never raises on content; takes time in proportion to it."""
    from resiliparse.parse.html import HTMLTree

    if isinstance(html, bytes):
        html = _decoded(html[: 2 * MAX_HTML])
    is_cut = len(html) > MAX_HTML
    # A lone surrogate cannot be handed to the parser.
    tree = HTMLTree.parse(html[:MAX_HTML].encode("utf-8", "replace").decode("utf-8"))
    base = tree.head.query_selector("base[href]") if tree.head is not None else None
    if base is not None and base.get_attribute("href"):
        with contextlib.suppress(ValueError):
            url = urljoin(url, base.get_attribute("href"))
    root = tree.document.query_selector("html") if tree.document is not None else None
    language = (root.get_attribute("lang") or "") if root is not None else ""
    body = Element("body", {})
    if tree.body is not None:
        body = Element("body", _attributes(tree.body))
        is_cut = _fill(body, tree.body) or is_cut
    return VisiblePage(url, " ".join(visible(tree.title or "").split())[:500], language[:2].casefold(), body, is_cut)


def _decoded(content: bytes) -> str:
    """The text of a page: UTF-8 if it can be that, else what the page says or its bytes look like."""
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    try:
        # What is cut off in the middle of a letter at the end is no reason to doubt.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content)
    except UnicodeDecodeError:
        return str(bytes_to_str(content, detect_encoding(content) or "utf-8"))


def _fill(body: Element, node: Any) -> bool:
    """Copy what is visible below ``node`` into ``body``. Returns True when there are more nodes than are read."""
    waiting: list[tuple[Any, Element, int]] = [(node.first_child, body, 0)]
    count = 0
    while waiting:
        current, parent, depth = waiting.pop()
        while current is not None:
            count += 1
            if count > MAX_NODES:
                return True
            following = current.next
            name = current.tag if current.type == 1 else None
            if name is None:
                if current.type == 3:
                    _add_text(parent, current.value or "")
                current = following
                continue
            attributes = _attributes(current)
            is_name = name == "title" and parent.tag == "svg"
            if (name in _NEVER_SEEN and not is_name) or is_hidden(attributes):
                current = following
                continue
            if depth >= _MAX_DEPTH:
                element = parent
            else:
                element = Element(name, attributes, parent)
                parent.children.append(element)
            child = current.first_child
            if child is None:
                current = following
                continue
            if following is not None:
                waiting.append((following, parent, depth))
            current, parent, depth = child, element, depth + 1
    return False


def _add_text(parent: Element, value: str) -> None:
    text = visible(value[:_MAX_TEXT])
    folded = " ".join(text.split())
    if not folded:
        if text and parent.children and parent.children[-1] != " ":
            parent.children.append(" ")
        return
    parent.children.append(f"{' ' if text[0].isspace() else ''}{folded}{' ' if text[-1].isspace() else ''}")


def _attributes(node: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in node.attrs or ():
        name = name.lower()
        if name in _KEPT_ATTRIBUTES or name.startswith("data-") or name in ("hidden", "aria-hidden", "width", "height"):
            if name.startswith("data-") and _DROPPED_DATA.match(name):
                continue
            found[name] = visible((node.get_attribute(name) or "")[:_MAX_ATTRIBUTE])
    return found


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """True for an element that its own attributes hide from everybody who looks at the page."""
    if "hidden" in attributes and attributes["hidden"].casefold() != "until-found":
        return True
    if attributes.get("aria-hidden", "").casefold() == "true" and not _may_be_logo(attributes):
        return True
    style = attributes.get("style", "")
    if style and (_HIDDEN_STYLE.search(style) or _is_white_on_white(style)):
        return True
    classes = attributes.get("class", "")
    return bool(
        classes and not _HIDDEN_CLASSES.isdisjoint(classes.casefold().split()) and not _SHOWN_SOMEWHERE.search(classes)
    )


def _may_be_logo(attributes: Mapping[str, str]) -> bool:
    """Logos are hidden from screen readers, which read the name beside them, but not from the eye."""
    return bool(attributes.get("src") or attributes.get("data-src"))


def _is_white_on_white(style: str) -> bool:
    """Light text on nothing darker: with a dark background of its own, it would be read."""
    colours = {name.lower().partition("-")[0]: value.strip() for name, value in _COLOUR.findall(style)}
    text, ground = colours.get("color", ""), colours.get("background")
    if text.lower() == "transparent" or re.fullmatch(r"rgba\([^)]*,\s*0(?:\.0+)?\s*\)", text):
        return True
    return bool(_WHITE.fullmatch(text)) and ground is not None and bool(_WHITE.fullmatch(ground))

"""People in text: one line or list item, "Title: CEO" blocks and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prospecting.parsing.contact.words import (
    FIELDS,
    has_title_word,
    is_a_place_to_look,
    is_nobody,
    names_a_post,
    person_named,
)
from prospecting.parsing.markup import plain
from prospecting.parsing.names import clean_person_name
from prospecting.parsing.plaintext import heading_of, labelled, labelled_records, split_marker, table_records
from prospecting.parsing.title.areas import is_only_a_title
from prospecting.parsing.title.scripts import UNSPACED
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url

_MAX_LINE = 1_000

_SPLIT = re.compile(r"\s+[-–—|·:•]\s+|\s*[—|;]\s*|(?<!:)–\s+|:\s+|,\s+|\s+\((?=[^()]*\)\s*$)")
_BREAK = re.compile(r"\s+[-–—|·•]\s+|\s*[—|]\s*|\s?:\s+")
_BOLD = re.compile(r"(?:\*\*|__)(?!\s)([^*_]{2,200})(?:\*\*|__)[\s:,–—|-]*(.*)")
_AT = re.compile(r"\s+(?:at|@)\s+(?=[^\W\d_a-z]|\d)|,\s+(?=[^,]*$)")
_COMPANY_END = re.compile(r"\s+[-–—|]\s+|\s*[(|]")
_ADDRESS = re.compile(
    r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|[\w.+-]+\s?[\[({]at[\])}]\s?[\w-]+(?:\s?(?:[\[({]dot[\])}]|\.)\s?[\w-]+)+",
    re.IGNORECASE,
)
_PROFILE = re.compile(r"<?(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/[^\s<>()\[\],;]+>?", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]+)\]\(\s*<?([^\s()<>]+)>?[^()]*\)")
# A line without any of these holds no link, address or citation; most lines do not.
_MAY_HAVE_CHANNELS = re.compile(r"[@\[{【:]|\(at\)|linkedin", re.IGNORECASE)
_LABELS = re.compile(r"\b(?:linkedin|e-?mail)\s*:\s*", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(([^()]+)\)")
_NAME_ALONE = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}")  # no links, markup or separators to look for
_LOWER_CASE_END = re.compile(r"^[A-Z].* [a-zß-ÿ]{4,}$")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")
_MARKUP = re.compile(r"\*\*|__|`")
_OTHER_SECTION = re.compile(
    r"\b(?:sources?|references?|citations?|notes?|next steps?|steps|methodology|disclaimer|reasoning|limitations?"
    r"|suggestions?|recommend\w*|you (?:can|could|may|might)|try|where to|how to|search\w*|resources|options|questions?"
    r"|alternatives?|former|previous\w*|past|companies|sponsors|events|agenda|links)\b",
    re.IGNORECASE,
)
_PEOPLE_JOINT = re.compile(r";\s+|(?<=\)),\s+(?:and\s+)?")
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\s,;:!?]*(?: [^\s,;:!?]+){1,4}")
_INLINE = re.compile(r"\s*[|;,·•]\s*(?=(?:\*\*|__)?[^\W\d_][\w /-]{0,30}?(?:\*\*|__)?\s?:)")
_ROLE_BEHIND = re.compile(r"\(([^()]{2,120})\)\s*[:–—-]\s*(?:\S.*)?")
_PEOPLE = re.compile(
    r"\b(?:people|contacts?|executives?|leaders?|leadership|decision[- ]?makers?|team|officers)\b", re.I
)


def link_target(text: str) -> str:
    """The address of the first markdown link of a text; the text itself when it has none."""
    link = _LINK.search(text) if "](" in text else None
    return link[2] if link else text


def from_line(text: str) -> dict[str, Any] | None:
    """Fields from "Jane Doe, CEO", "**Jane Doe** — CTO at Acme (jane@acme.com)" or "CEO: Jane Doe".

    ``None`` for a line without a person's name.
    """
    if not text or len(text) > _MAX_LINE:
        return None
    if _NAME_ALONE.fullmatch(text):
        return {"name": text} if person_named(text) else None
    fields: dict[str, Any] = {}
    text = text.replace("：", ": ") if "：" in text else text
    if _MAY_HAVE_CHANNELS.search(text):
        text = _without_channels(text, fields)
    if "," in text and ", " not in text:
        text = text.replace(",", ", ")
    bold = _BOLD.match(text)
    text = _MARKUP.sub("", _EMPTY_BRACKETS.sub("", text)).strip(" -–—|,;:")
    if bold and (name := bold[1].strip(" :,")) and bold[2].strip(" -–—|,;:()") and not is_nobody(name):
        rest = _MARKUP.sub("", _EMPTY_BRACKETS.sub("", bold[2])).strip(" -–—|,;:")
        if has_title_word(name.partition(",")[2]):  # **Jane Doe, CEO** at Acme
            name, rest = _split(text)
        elif described := _ROLE_BEHIND.fullmatch(bold[2].strip()):  # **Jane Doe** (CEO): leads the company
            rest = described[1]
    else:
        name, rest = _split(text)
    if rest.startswith("("):
        bracketed = _IN_BRACKETS.fullmatch(rest)
        rest = bracketed[1] if bracketed else rest[1:] if ")" not in rest else rest
    if rest.endswith(")") and rest.count("(") < rest.count(")"):
        rest = rest[:-1]
    if not name or len(name.split()) > 7 or person_named(name) is None:
        return _post_first(text, fields)
    fields["name"] = name
    if rest:
        _read_title(fields, rest)
    return fields


def _without_channels(text: str, fields: dict[str, Any]) -> str:
    """``text`` without its links, profile and address, which go into ``fields``."""
    for link in _LINK.finditer(text):
        if linkedin_kind(normalize_linkedin_url(link[2])) == "person":
            fields["linkedin"] = link[2]
        elif link[2].lower().startswith("mailto:"):
            fields.setdefault("email", link[2])
    text = _LINK.sub(
        lambda link: (
            ""
            if link[1].casefold() in {"linkedin", "profile", "linkedin profile", "email", "e-mail"} or "@" in link[1]
            else link[1]
        ),
        text,
    )
    for key, pattern in (("linkedin", _PROFILE), ("email", _ADDRESS)):
        if match := pattern.search(text):
            fields.setdefault(key, match[0].strip("<>"))
            text = text.replace(match[0], "")
    return _LABELS.sub("", plain(text) if "【" in text or "[" in text else text)


def _split(text: str) -> tuple[str, str]:
    """The name and what is behind it; a degree behind a comma belongs to the name."""
    position = 0
    while cut := _SPLIT.search(text, position):
        name, rest = text[: cut.start()].strip(" *_"), text[cut.end() :].strip(" *_|,;-–—")
        if "," in cut[0] and _continues(name, rest):
            position = cut.end()
            continue
        return name, rest
    return text.strip(" *_"), ""


def _continues(name: str, rest: str) -> bool:
    """True when what is behind a comma belongs to the name: a degree, or the given name in "Doe, Jane"."""
    behind = _SPLIT.search(rest)
    piece = rest[: behind.start()] if behind else rest
    if has_title_word(piece) or len(piece) > 30:
        return False
    bare, whole = clean_person_name(name), clean_person_name(f"{name}, {piece}")
    if bare is None or whole is None:
        return False
    if " " in bare.full:
        return whole.full == bare.full
    return whole.full == f"{piece} {name}" and all(word[:1].isupper() for word in piece.split())


def _post_first(text: str, fields: dict[str, Any]) -> dict[str, Any] | None:
    """ "CEO: Jane Doe" or "VP of Sales – John Roe, since 2020"."""
    cut = _BREAK.search(text)
    if cut is None:
        return None
    title, rest = text[: cut.start()].strip(" *_"), text[cut.end() :].strip(" *_|,;-–—")
    if not title or not rest or not names_a_post(title):
        return None
    name, note = _split(rest)
    if len(name.split()) < 2 and not rest[:1].isupper() and not UNSPACED.search(name):
        return None
    if len(name.split()) > 7 or has_title_word(name) or person_named(name) is None:
        return None
    fields["name"], fields["title"] = name, title
    if note and not fields.get("company") and (at := re.fullmatch(r"(?:at|@)\s+(\S.*)", note)):
        fields["company"] = at[1]
    return fields


def _read_title(fields: dict[str, Any], rest: str) -> None:
    pieces = _AT.split(rest, maxsplit=1)
    if len(pieces) == 2 and has_title_word(pieces[0]) and not has_title_word(pieces[1]):
        fields["title"] = pieces[0].strip(" ,|-–—")
        fields["company"] = _COMPANY_END.split(pieces[1], maxsplit=1)[0].strip(" .,")
    else:
        fields["title"] = re.split(r"\s+[|]\s+", rest, maxsplit=1)[0].strip(" .,|")


def fields_of_blocks(lines: list[str]) -> list[tuple[dict[str, Any], Mapping[str, str]]]:
    """The people of tables, or of "Title: CEO" blocks, as fields and as they were written."""
    found: list[tuple[dict[str, Any], Mapping[str, str]]] = []
    for record in [*table_records(lines, FIELDS)] or [*labelled_records(_unrolled(lines), FIELDS)]:
        given = record.get("name", "")
        heading = from_line(given) or {}
        if ":" in given and not (heading and _is_full_name(heading)):
            continue  # a fact about something else
        labels = {key: link_target(value) for key, value in FIELDS.read(record).items()}
        others = {key: value for key, value in labels.items() if key != "name"}
        fields = {**labels, **heading, **others}
        above = record.get("heading")
        if "title" not in fields and above and names_a_post(above):
            fields["title"] = above
        found.append((fields, record))
    return found


def _unrolled(lines: list[str]) -> list[str]:
    """Lines of several labels ("Name: Jane Doe | Title: CEO") as a line for each."""
    unrolled: list[str] = []
    for line in lines:
        parts = _INLINE.split(split_marker(line)[0]) if line.count(":") > 1 else [line]
        several = len(parts) > 1 and all(labelled(part.strip(), FIELDS) for part in parts)
        unrolled.extend((part.strip() for part in parts) if several else (line,))
    return unrolled


def fields_of_lines(lines: list[str]) -> list[tuple[dict[str, Any], str]]:
    """The people of single lines: list items, or plain lines that give a title. Sentences are read by ``prose``.

    A post may stand above its holder ("CEO:", "- Jane Doe") or below ("**Jane Doe**", "CEO at Acme"). Items under a
    heading of something else (sources, next steps) are none.
    """
    if table_records(lines, FIELDS):
        lines = [line for line in lines if split_marker(line)[1]]  # rows are no lines of their own
    found: list[tuple[dict[str, Any], str]] = []
    skipping = False
    post: str | None = None
    last: dict[str, Any] | None = None  # somebody whose title may be on the next line
    pending: tuple[dict[str, Any], str] | None = None  # a plain line with a name alone: somebody if a title follows
    for line in _one_each(lines):
        text, marked = split_marker(line)
        if not text:
            last = pending = None
            post = post if marked else None
            continue
        heading = heading_of(line) or (text.rstrip(":").strip() if text.endswith(":") and not marked else None)
        if not marked and last is not None and not heading and _take_below(last, text):
            if pending:
                found.append(pending)
            pending = None
            continue
        last = pending = None
        if heading:
            skipping = bool(_OTHER_SECTION.search(heading)) and not _PEOPLE.search(heading)
            post = heading if names_a_post(heading) else None
        if skipping:
            continue
        read = None if labelled(text, FIELDS) else from_line(heading or heading_of(text) or text)
        if read is None or is_a_place_to_look(read["name"]) or not _is_full_name(read):
            post = text if not (read or marked or heading) and is_only_a_title(text) else post
            continue
        is_below = bool(post) and not heading and read["name"] == text and _CAPITALISED.fullmatch(text) is not None
        if is_below or _is_person(read, text, marked=marked):
            if (marked or is_below) and post:
                read.setdefault("title", post)
            found.append((read, line))
            last = read if "title" not in read else None
        elif "title" not in read and not text.endswith(".") and len(text) <= 80:
            last, pending = read, (read, line)
    return found


def _one_each(lines: list[str]) -> Iterator[str]:
    """``lines`` with a line for each of the people of "Jane Doe, CEO; John Roe, CTO"."""
    for line in lines:
        parts = _PEOPLE_JOINT.split(line) if (";" in line or ")," in line) and len(line) <= _MAX_LINE else [line]
        several = len(parts) > 1 and all(
            (read := from_line(split_marker(part)[0])) and has_title_word(read.get("title", "")) for part in parts
        )
        yield from parts if several else (line,)


def _is_full_name(read: Mapping[str, Any]) -> bool:
    """True for a name of two words, and for one in a script without blanks beside a title."""
    if _LOWER_CASE_END.search(read["name"]):
        return False  # "Nicht gefunden"
    return " " in read["name"].strip() or ("title" in read and UNSPACED.search(read["name"]) is not None)


def _is_person(read: dict[str, Any], text: str, *, marked: bool) -> bool:
    """True for a list item, and for a plain line that gives a title and is no sentence."""
    if marked:
        return True
    title = read.get("title")
    return bool(title and has_title_word(title)) and len(text.split()) <= 15 and not text.endswith(".")


def _take_below(person: dict[str, Any], text: str) -> bool:
    """Put a title, address or profile from the line below a name into ``person``; False when there is none."""
    labels = [label for part in _unrolled([text]) if (label := labelled(part, FIELDS))]
    if labels:
        for key, value in labels:
            if (field := FIELDS.field_of(key)) and field != "name":
                person.setdefault(field, link_target(value))
        return True
    channels: dict[str, Any] = {}
    rest = _MARKUP.sub("", _without_channels(text, channels)).strip(" *-–—|,;:")
    if rest and (len(rest) > 200 or not names_a_post(_AT.split(rest, maxsplit=1)[0])):
        return False
    for key, value in channels.items():
        person.setdefault(key, value)
    if rest and "title" not in person:
        _read_title(person, rest)
    return bool(rest or channels)

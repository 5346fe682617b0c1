"""Model answers, damaged in the ways models damage JSON, each with the items it still says.

A text is written token by token, so that each kind of damage knows what it hits; the truth is what a person would read.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from prospecting.parsing.payload import Payload

TEXTS_OF_A_KIND = 120

COMPANIES = (
    "Acme", "Acme Cloud", "Globex Corporation", "O'Reilly Media", "Johnson & Johnson", "AT&T", "Société Générale",
    "Smith, Jones & Co.", "C3.ai", "楽天グループ", "Yahoo!", "Müller GmbH & Co. KG", "Booz Allen (BAH)", "Levi's",
    "1Password", "7-Eleven, Inc.", "Ernst & Young: Berlin", "Яндекс", "Toys 'R' Us", "ООО Ромашка", "Umbrella",
    "Initech LLC", "Hooli", "Amazon Web Services (AWS)", "Stark Industries", "Wayne Enterprises", "Zalando SE",
    "São Paulo Tech", "x.ai", "Null Island",
)  # fmt: skip
PEOPLE = (
    "Jane Doe", "John O'Neil", "Ann Lee", "José García", "Müller, Anna", "Li Wei", "山田太郎", "Jean-Luc Picard",
    "D'Arcy Kay", "Martin Luther King, Jr.", "Zoë Ávila", "Øystein Dahl", "Иван Петров", "Ng Kok Wai",
    "Maria de la Cruz", "Bob Smith", "Carol Ng", "Dan Brown", "Eve Stone", "Frank Hall", "Grace Kim", "Heidi Klein",
    "Ivan Cole", "Judy Fox",
)  # fmt: skip
EVENTS = (
    "AnvilConf 2027", "PyCon DE & PyData", "KubeCon + CloudNativeCon", "Web Summit", "C++ Now", "Let's Talk DevOps",
    "JSConf: EU", "Data, AI & Cloud Day", "Berlin Buzzwords", "SaaStr Annual", "Øredev", "Devoxx België",
    "東京ゲームショウ", "Fintech Week", "Gartner IT Symposium/Xpo", "Money20/20", "Black Hat USA", "RSA Conference",
    "GOTO Chicago", "Strata", "QCon", "Voxxed Days",
)  # fmt: skip
TIERS = ("Gold", "Silver", "Platinum", "Gold, main stage", "Tier 1", "Partner: media", "Bronze (in kind)", "Diamond")
TITLES = ("CTO", "CFO", "VP, Engineering", "Head of R&D", "Director: Sales", "Chief People Officer", "Co-Founder & CEO")
TOPICS = ("AI", "cloud", "dev tools", "e-commerce", "data, ML", "O'Reilly", "fin:tech", "Größe", "5G", "robots")
NOTES = (
    "Found on the sponsor page, see the footer.",
    "It's listed twice: once as a partner, once as a sponsor",
    "Booth 12; talks on Monday and Tuesday",
    "Confirmed",
    "Verified on 2026-03-01",
    "Signed until 2027, then open",
)
CITIES = ("Berlin, Germany", "Portland, OR", "São Paulo, Brazil", "Online", "Bengaluru, India", "東京")


@dataclass(slots=True)
class Token:
    """``kind`` is open, close, key, string, scalar, colon or comma; ``item`` the number of the item it belongs to.

    ``container`` and ``index`` tell where a string's value is.
    """

    kind: str
    text: str
    item: int = -1
    depth: int = 0
    blank: str = ""
    container: Any = None
    index: Any = None

    def change(self, value: str) -> None:
        """Another value for a string, in the text without any escape."""
        self.text = f'"{value}"'
        self.container[self.index] = value


@dataclass(slots=True)
class Answer:
    """The tokens of a text and the items it says, by name."""

    tokens: list[Token]
    items: list[dict[str, Any]]
    before: str = ""
    behind: str = ""
    kept: set[int] = field(default_factory=set)

    def text(self) -> str:
        return self.before + "".join(token.text + token.blank for token in self.tokens) + self.behind

    def at(self, *kinds: str, inside: bool = True) -> list[int]:
        """Where tokens of these kinds are (only those of items, unless told otherwise)."""
        return [
            number
            for number, token in enumerate(self.tokens)
            if token.kind in kinds and (token.item >= 0 or not inside)
        ]


class Damaged(NamedTuple):
    """A damaged text and the items it says in full, by name."""

    kind: str
    text: str
    truth: dict[str, dict[str, Any]]


class Score(NamedTuple):
    """How many items the texts hold, how many were read with a value that is not theirs, and how many are lacking."""

    items: int
    wrong: int
    missed: int


def _sponsor(random_: random.Random, name: str) -> dict[str, Any]:
    item: dict[str, Any] = {"name": name, "tier": random_.choice(TIERS)}
    if random_.random() < 0.5:
        item["website"] = f"https://www.{random_.choice(['acme', 'globex', 'hooli'])}.com/a?b=1,2"
    if random_.random() < 0.4:
        item["employees"] = random_.choice([12, 4200, 0.5, None, 1e6])
    if random_.random() < 0.4:
        item["tags"] = random_.sample(TOPICS, random_.randint(0, 3))
    if random_.random() < 0.3:
        item["notes"] = random_.choice(NOTES)
    if random_.random() < 0.2:
        item["confirmed"] = random_.choice([True, False])
    if random_.random() < 0.2:
        item["hq"] = {"city": random_.choice(CITIES), "lat": round(random_.uniform(-90, 90), 3)}
    return item


def _contact(random_: random.Random, name: str) -> dict[str, Any]:
    item: dict[str, Any] = {"name": name, "title": random_.choice(TITLES)}
    if random_.random() < 0.6:
        item["email"] = random_.choice(["jane@acme.com", "info+x@globex.co.uk", None])
    if random_.random() < 0.4:
        item["linkedin_url"] = f"https://linkedin.com/in/p-{random_.randint(1, 999)}"
    if random_.random() < 0.3:
        item["confidence"] = random_.choice([0.9, 1, "high"])
    if random_.random() < 0.3:
        item["notes"] = random_.choice(NOTES)
    return item


def _event(random_: random.Random, name: str) -> dict[str, Any]:
    item: dict[str, Any] = {"name": name, "start_date": f"2026-0{random_.randint(1, 9)}-1{random_.randint(0, 9)}"}
    if random_.random() < 0.7:
        item["location"] = random_.choice(CITIES)
    if random_.random() < 0.4:
        item["attendees"] = random_.choice([500, 12000, None])
    if random_.random() < 0.4:
        item["topics"] = random_.sample(TOPICS, random_.randint(0, 3))
    if random_.random() < 0.4:
        item["partners"] = [
            {"label": company, "tier": random_.choice(TIERS)} for company in random_.sample(COMPANIES, 2)
        ]
    if random_.random() < 0.3:
        item["description"] = random_.choice(NOTES)
    return item


_SUBJECTS: tuple[tuple[str, tuple[str, ...], Callable[[random.Random, str], dict[str, Any]]], ...] = (
    ("sponsors", COMPANIES, _sponsor),
    ("contacts", PEOPLE, _contact),
    ("events", EVENTS, _event),
)


def answer(random_: random.Random) -> Answer:
    """A clean answer of two to six items, in one of several shapes and layouts."""
    word, names, make = random_.choice(_SUBJECTS)
    items = [make(random_, name) for name in random_.sample(names, random_.randint(2, 6))]
    shape = random_.choice(["list", "object", "object", "object with more", "nested"])
    value: Any = items
    if shape == "object":
        value = {word: items}
    elif shape == "object with more":
        value = {"reasoning": random_.choice(NOTES), word: items, "total": len(items)}
    elif shape == "nested":
        value = {"status": "ok", "result": {word: items}}
    tokens: list[Token] = []
    _write(value, tokens, {id(item): number for number, item in enumerate(items)}, -1, 0)
    _lay_out(tokens, random_.choice(["compact", "spaced", "indented"]))
    return Answer(tokens, items, kept=set(range(len(items))))


def _write(
    value: Any,
    tokens: list[Token],
    numbers: dict[int, int],
    item: int,
    depth: int,
    container: Any = None,
    index: Any = None,
) -> None:
    item = numbers.get(id(value), item)
    if isinstance(value, dict):
        tokens.append(Token("open", "{", item, depth))
        for count, (key, child) in enumerate(value.items()):
            if count:
                tokens.append(Token("comma", ",", item, depth + 1))
            tokens.append(Token("key", json.dumps(key, ensure_ascii=False), item, depth + 1))
            tokens.append(Token("colon", ":", item, depth + 1))
            _write(child, tokens, numbers, item, depth + 1, value, key)
        tokens.append(Token("close", "}", item, depth))
    elif isinstance(value, list):
        tokens.append(Token("open", "[", item, depth))
        for count, child in enumerate(value):
            if count:
                tokens.append(Token("comma", ",", item, depth + 1))
            _write(child, tokens, numbers, item, depth + 1, value, count)
        tokens.append(Token("close", "]", item, depth))
    else:
        kind = "string" if isinstance(value, str) else "scalar"
        tokens.append(Token(kind, json.dumps(value, ensure_ascii=False), item, depth, "", container, index))


def _lay_out(tokens: list[Token], layout: str) -> None:
    for number, token in enumerate(tokens):
        following = tokens[number + 1] if number + 1 < len(tokens) else None
        if layout == "compact" or following is None:
            continue
        if token.kind == "colon":
            token.blank = " "
        elif layout == "spaced":
            token.blank = " " if token.kind == "comma" else ""
        elif token.kind == "comma" or (token.kind == "open" and following.kind != "close"):
            token.blank = "\n" + "  " * (token.depth + (token.kind == "open"))
        elif following.kind == "close" and token.kind != "open":
            token.blank = "\n" + "  " * following.depth


def _quoted(token: Token, opening: str, closing: str) -> None:
    token.text = opening + token.text[1:-1] + closing


def omitted_last_closer(made: Answer, random_: random.Random) -> None:
    """One of the brackets at the end is left out, never all behind the last item."""
    last = [number for number in made.at("close", inside=False) if number >= len(made.tokens) - 4]
    tail = [number for number in last if all(token.kind == "close" for token in made.tokens[number:])]
    if len(tail) > 1:
        made.tokens[random_.choice(tail)].text = ""
    else:
        made.tokens[made.at("close")[-1]].text = ""


def omitted_inner_closer(made: Answer, random_: random.Random) -> None:
    """An item before the last, or a list or object in it, is not closed."""
    made.tokens[random_.choice(made.at("close")[:-1])].text = ""


def extra_closer(made: Answer, random_: random.Random) -> None:
    token = made.tokens[random_.choice(made.at("close"))]
    token.text *= 2


def wrong_closer(made: Answer, random_: random.Random) -> None:
    token = made.tokens[random_.choice(made.at("close"))]
    token.text = "]" if token.text == "}" else "}"


def lost_opener(made: Answer, random_: random.Random) -> None:
    """An object begins without its bracket."""
    made.tokens[random_.choice([number for number in made.at("open") if made.tokens[number].text == "{"])].text = ""


def quote_too_many(made: Answer, random_: random.Random) -> None:
    token = made.tokens[random_.choice(made.at("string"))]
    token.text += '"'


def lost_closing_quote(made: Answer, random_: random.Random) -> None:
    token = made.tokens[random_.choice(made.at("string"))]
    token.text = token.text[:-1]


def lost_opening_quote(made: Answer, random_: random.Random) -> None:
    token = made.tokens[random_.choice(made.at("string"))]
    token.text = token.text[1:]


def lost_quote_of_a_key(made: Answer, random_: random.Random) -> None:
    token = made.tokens[random_.choice(made.at("key"))]
    token.text = token.text[1:] if random_.random() < 0.5 else token.text[:-1]


def curly_quotes(made: Answer, random_: random.Random) -> None:
    for number in made.at("string", "key", inside=False):
        _quoted(made.tokens[number], "“", "”")


def curly_closing_quotes(made: Answer, random_: random.Random) -> None:
    places = made.at("string")
    for number in random_.sample(places, random_.randint(1, len(places))):
        _quoted(made.tokens[number], '"', "”")


def mixed_quotes(made: Answer, random_: random.Random) -> None:
    pairs = [("“", '"'), ('"', "”"), ("“", "“"), ("”", "”"), ("„", "“"), ('"', '"')]
    for number in made.at("string", "key", inside=False):
        _quoted(made.tokens[number], *random_.choice(pairs))


def doubled_quotes(made: Answer, random_: random.Random) -> None:
    kinds = random_.choice([("string", "key"), ("key",), ("string",)])
    for number in made.at(*kinds, inside=False):
        if len(made.tokens[number].text) > 2:
            _quoted(made.tokens[number], '""', '""')


def single_quotes(made: Answer, random_: random.Random) -> None:
    for number in made.at("string", "key", inside=False):
        _quoted(made.tokens[number], "'", "'")


def unquoted_keys(made: Answer, random_: random.Random) -> None:
    for number in made.at("key", inside=False):
        made.tokens[number].text = made.tokens[number].text[1:-1]


def missing_commas(made: Answer, random_: random.Random) -> None:
    for number in random_.sample(places := made.at("comma", inside=False), min(len(places), 2)):
        made.tokens[number].text = ""
        made.tokens[number].blank = made.tokens[number].blank or " "


def missing_colon(made: Answer, random_: random.Random) -> None:
    token = made.tokens[random_.choice(made.at("colon"))]
    token.text, token.blank = "", " "


def stray_commas(made: Answer, random_: random.Random) -> None:
    for number in random_.sample(places := made.at("comma"), min(len(places), 2)):
        made.tokens[number].text = ",,"
    for number in random_.sample(places := made.at("close"), min(len(places), 3)):
        if made.tokens[number - 1].kind != "open":
            made.tokens[number].text = "," + made.tokens[number].text


def comments(made: Answer, random_: random.Random) -> None:
    words = ["main sponsor", "see https://acme.com", "it's confirmed", 'listed as "Acme"', "still open, ask: later"]
    for number in random_.sample(places := made.at("comma"), min(len(places), 3)):
        mark = random_.choice(["// {}\n", "# {}\n", "/* {} */"])
        made.tokens[number].blank = " " + mark.format(random_.choice(words)) + made.tokens[number].blank


def remark_behind_a_value(made: Answer, random_: random.Random) -> None:
    remarks = [" (confirmed)", " (see the site)", " - unverified", " [1]", " (as of 2026)", " <- main sponsor"]
    for number in random_.sample(places := made.at("string"), min(len(places), 2)):
        made.tokens[number].text += random_.choice(remarks)


def python_literals(made: Answer, random_: random.Random) -> None:
    for number in made.at("string", "key", inside=False):
        made.tokens[number].text = repr(json.loads(made.tokens[number].text))
    for number in made.at("scalar", inside=False):
        made.tokens[number].text = repr(json.loads(made.tokens[number].text))


def inner_quotes(made: Answer, random_: random.Random) -> None:
    for number in random_.sample(places := made.at("string"), min(len(places), 2)):
        token = made.tokens[number]
        form = random_.choice(['{} "X1" Ltd', 'The "{}" group', '"{}" as they say', 'known as "{}"'])
        token.change(form.format(json.loads(token.text)))


def line_breaks_in_strings(made: Answer, random_: random.Random) -> None:
    places = [number for number in made.at("string") if " " in made.tokens[number].text]
    for number in random_.sample(places, min(len(places), 3)):
        token = made.tokens[number]
        token.change(json.loads(token.text).replace(" ", random_.choice(["\n", "\n    ", "\t"]), 1))


def ellipsis_instead_of_more(made: Answer, random_: random.Random) -> None:
    end = made.at("close", inside=True)[-1]
    made.tokens[end].text += random_.choice([", ...", ",\n  ...", ", …", " ..."])


def truncated(made: Answer, random_: random.Random) -> None:
    """The text stops inside an item: the items before it are said, it itself is not."""
    number = random_.choice([place for place in made.at("key", "string", "comma", "colon") if place > 2])
    token = made.tokens[number]
    made.kept = {item for item in made.kept if item < token.item}
    cut = random_.randint(1, len(token.text))
    made.tokens = [*made.tokens[:number], Token(token.kind, token.text[:cut], token.item)]


def truncated_in_a_fence(made: Answer, random_: random.Random) -> None:
    truncated(made, random_)
    made.before = random_.choice(["Here you are:\n```json\n", "```json\n"])
    made.behind = random_.choice(["", "\n```", "\n```\nLet me know if you need more."])


def fence_and_prose(made: Answer, random_: random.Random) -> None:
    """Wrapped as usual, and damaged inside."""
    made.before = random_.choice(["Here are the results [1]:\n\n```json\n", "```\n", "Sure! It's {done}:\n"])
    made.behind = ("\n```" if "```" in made.before else "") + random_.choice(
        ["", "\nLet me know if you'd like more!", "\n\nSources:\n[1] https://acme.com", "\n- [x] checked twice"]
    )
    random_.choice([omitted_inner_closer, lost_closing_quote, curly_closing_quotes, missing_commas])(made, random_)


def concatenated_objects(made: Answer, random_: random.Random) -> None:
    separator = random_.choice(["\n", "", " ", ",\n", "\n\n", " and "])
    parts = [json.dumps(item, ensure_ascii=False, indent=random_.choice([None, 2])) for item in made.items]
    made.tokens = [Token("string", separator.join(parts))]


def escaped_json(made: Answer, random_: random.Random) -> None:
    text = json.dumps(made.text(), ensure_ascii=False)[1:-1]
    made.tokens = [Token("string", text if random_.random() < 0.5 else f'"{text}"')]


KINDS: tuple[Callable[[Answer, random.Random], None], ...] = (
    omitted_last_closer, omitted_inner_closer, extra_closer, wrong_closer, lost_opener, quote_too_many,
    lost_closing_quote, lost_opening_quote, lost_quote_of_a_key, curly_quotes, curly_closing_quotes,
    mixed_quotes, doubled_quotes, single_quotes, unquoted_keys, missing_commas, missing_colon, stray_commas,
    comments, remark_behind_a_value, python_literals, inner_quotes, line_breaks_in_strings,
    ellipsis_instead_of_more, truncated, truncated_in_a_fence, fence_and_prose, concatenated_objects,
    escaped_json,
)  # fmt: skip


def damaged(seed: int = 2027, texts: int = TEXTS_OF_A_KIND) -> Iterator[Damaged]:
    """``texts`` texts of every kind of damage."""
    for kind in KINDS:
        random_ = random.Random(f"{seed} {kind.__name__}")
        for _ in range(texts):
            made = answer(random_)
            kind(made, random_)
            truth = {item["name"]: item for number, item in enumerate(made.items) if number in made.kept}
            yield Damaged(kind.__name__, made.text(), truth)


def score(case: Damaged, loaded: Payload | None) -> Score:
    """Compare what was read with the truth: every complete object with a ``name`` counts as an item."""
    read: list[dict[str, Any]] = []
    pending = list(loaded.values) if loaded else []
    while pending:
        part = pending.pop()
        if isinstance(part, dict) and "name" not in part:
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, dict) and loaded and not loaded.is_open(part):
            read.append(part)
    wrong, right = 0, set()
    for item in read:
        truth = case.truth.get(name) if isinstance(name := item["name"], str) else None
        if truth is None or any(value is not None and value != truth.get(key) for key, value in item.items()):
            wrong += 1
        elif all(value is None or item.get(key) == value for key, value in truth.items()):
            right.add(name)
    return Score(len(case.truth), wrong, len(case.truth.keys() - right))

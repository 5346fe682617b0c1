"""Company and person names: keys that tell whether two spellings mean the same, and clean forms for display.

Keys are for comparing, never for showing. A key is empty only when the input holds nothing to compare; callers treat
an empty key as unknown. All functions take anything, never raise, and are idempotent.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_NAME_LENGTH = 200

_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n", "ŧ": "t"}
)
_DROPPED_MARKS = re.compile(r"[™®©℠℗]|[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]|\((?:tm|r|c)\)", re.IGNORECASE)
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = re.compile(r"['’‘`´ʼʻ]")
_PLACEHOLDERS = frozenset(
    """n/a|n.a.|n.a|na|none|null|nil|nan|undefined|unknown|unknown company|unknown person|unnamed|unspecified|tbd|tba
    |tbc|to be announced|to be confirmed|to be determined|not available|not applicable|not found|not known|not provided
    |not specified|no name|name|company|company name|full name|first last|anonymous|confidential|various|multiple|other
    |pending|missing|empty|test|-|--|?|???""".replace("\n", "")
    .replace("    ", "")
    .split("|")
)


def vocabulary(text: str) -> frozenset[str]:
    """The blank-separated words of ``text``: how this package writes its word lists."""
    return frozenset(text.split())


def fold(text: str) -> str:
    """``text`` lower-cased with Latin and Greek accents removed; other scripts keep their letters (NFKC).

    The one folding behind every comparison in the product: "Société" and "SOCIETE" are equal, "ガ" and "カ" are not.
    """
    return text.casefold() if text.isascii() else _fold_unicode(text)


def _fold_unicode(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()
    kept: list[str] = []
    base = ""
    for character in decomposed:
        if not unicodedata.combining(character):
            base = character
        elif base < "\u0400":
            continue
        kept.append(character)
    return unicodedata.normalize("NFKC", "".join(kept).translate(_LETTERS_WITHOUT_DECOMPOSITION))


def words(text: str) -> list[str]:
    """The words of ``text``, folded: runs of letters, digits and the marks that belong to them."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    # Vowel signs of Indic scripts are marks, not letters, but part of the word.
    spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in fold(text))
    return [word[next(i for i, c in enumerate(word) if c.isalnum()) :] for word in spaced.split() if _has_word(word)]


def _has_word(text: str) -> bool:
    return any(c.isalnum() for c in text)


def _is_placeholder(text: str) -> bool:
    return text.casefold().strip(" .*_[]()<>\"'") in _PLACEHOLDERS or text.casefold() in _PLACEHOLDERS


_MARKUP = re.compile(r"[&<>\[\]*_`]")


def _plain(value: object) -> str:
    """``value`` as one line of text: entities decoded, markdown and invisible characters removed."""
    if not isinstance(value, str) or len(value) > 10 * MAX_NAME_LENGTH:
        return ""
    if value.isascii() and value.isprintable() and not _MARKUP.search(value):
        return " ".join(value.split())
    text = html.unescape(value)
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Zl", "Zp") else c for c in text)
    text = re.sub(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"</?[a-zA-Z][^>]*>", " ", text)
    text = re.sub(r"\*\*|__|`", "", text)
    return " ".join(text.split())


# --- companies -----------------------------------------------------------------------------------------------------

# Words of the legal-form list that are more often part of a name, or that tell two companies apart.
_NOT_LEGAL = vocabulary(
    """
    3at aat ad at ay ba bl bm ca cic cio coop cpt da dat ec ee ei ent ep et etat ev fa fcp fie fop gie gp gte hb hf
    ij ik iks kb kd kf koop kt kv mb nl nuf obrt od og ok pc pp private ps pse psu pt qk sd sem sep ses sf sia sm sp
    ss stg tapui tdv teo tmi tov ud uk unlimited ultd unltd vat xk xt xxk zat
    """
)
_MORE_LEGAL = """ag & co kg|coltd|gesmbh|gmbh & co|gmbh & co kgaa|gmbh & co ohg|haftungsbeschränkt|inc ltd|
kabushiki kaisha|ltee|limitee|limitada|mbh|private limited|pvt|pty|pte|pvt limited|se|se & co kgaa|sp z oo|sp zoo|
societe anonyme|sociedad anonima|tbk|ug|ug haftungsbeschrankt|sa de cv|sapi de cv|s de rl de cv|sab de cv|cv|pjsc|pao|
as|a s|оао|ооо|зао|пао|ао|ae|ohg|kgaa|eg""".replace("\n", "").split("|")
_LEGAL_BEFORE = frozenset({"ооо", "оао", "зао", "пао", "ао", "ooo", "oao", "zao"})
# Chinese, Japanese and Korean forms are written without a space.
_LEGAL_ATTACHED = (
    "股份有限公司",
    "有限责任公司",
    "有限責任公司",
    "有限公司",
    "株式会社",
    "合同会社",
    "有限会社",
    "주식회사",
    "유한회사",
)


@lru_cache(maxsize=1)
def _legal_forms() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Legal forms as tuples of words, longest first, by their last word."""
    from cleanco.clean import get_unique_terms

    forms = {tuple(_company_words(term)) for term in [*get_unique_terms(), *_MORE_LEGAL]}
    by_last: dict[str, list[tuple[str, ...]]] = {}
    for form in forms:
        if form and not (len(form) == 1 and form[0] in _NOT_LEGAL):
            by_last.setdefault(form[-1], []).append(form)
    return {last: tuple(sorted(found, key=len, reverse=True)) for last, found in by_last.items()}


def _company_words(text: str) -> list[str]:
    """Words of a company name; letters written apart belong together (``A. B. C.`` is one word)."""
    text = _APOSTROPHES.sub("", _DROPPED_MARKS.sub("", text)).replace("&", " and ").replace("＆", " and ")
    joined: list[str] = []
    spelled = False
    for word in words(text):
        single = len(word) == 1 and word < "\u0530"
        if single and spelled:
            joined[-1] += word
        else:
            joined.append(word)
        spelled = single
    return joined


def company_key(name: object) -> str:
    """The key that all spellings of one company's name share; empty only when there is no letter or digit.

    Case, accents, punctuation, ``™®©``, a leading "The" and legal forms are folded ("Acme, Inc." and "ACME LLC" are
    "acme"), "&" equals "and", "A.B.C." equals "ABC". "Company" and "Co" count as legal forms, "Group", "Holdings" and
    place names do not. A name made of a legal form alone keeps it. Words are joined ("Exxon Mobil" is "ExxonMobil").
    """
    return _company_key(name[: 10 * MAX_NAME_LENGTH]) if isinstance(name, str) else ""


@lru_cache(maxsize=65_536)
def _company_key(name: str) -> str:
    tokens = _company_words(name)
    while _strip_one(tokens):
        pass
    key = "".join(tokens)
    changed = True
    while changed:
        changed = False
        for form in _LEGAL_ATTACHED:
            rest = key.removeprefix(form).removesuffix(form)
            if rest and rest != key:
                key, changed = rest, True
    return key


def _strip_one(tokens: list[str]) -> bool:
    """Remove one thing that does not identify from ``tokens``, leaving at least one word; True when there was one."""
    if len(tokens) < 2:
        return False
    if tokens[0] == "the" or tokens[0] in _LEGAL_BEFORE:
        del tokens[0]
        return True
    if tokens[-1] == "and":
        del tokens[-1]
        return True
    for form in _legal_forms().get(tokens[-1], ()):
        if len(form) < len(tokens) and tuple(tokens[-len(form) :]) == form:
            del tokens[-len(form) :]
            return True
    return False


_ABBREVIATED_FORM = re.compile(
    r"(?:\b(?:inc|corp|co|ltd|llc|bros|cos|jr|sr|intl|assn|mfg|plc|kg|bhd|pty|pvt|etc)|\w\.\w+|\b\w)\.$", re.IGNORECASE
)


def clean_company_name(value: object) -> str | None:
    """A company's name for display: one line, no markdown, bullets, surrounding quotes or trailing punctuation.

    Accents and the legal form stay. ``None`` for placeholders ("N/A", "TBD"), for text without letters or digits, and
    beyond ``MAX_NAME_LENGTH``: that is prose.
    """
    return _company_name(value) if isinstance(value, str) and len(value) <= 10 * MAX_NAME_LENGTH else None


@lru_cache(maxsize=65_536)
def _company_name(value: str) -> str | None:
    text = _plain(value)
    previous = None
    while text != previous:
        previous = text
        text = _cleaned_once(text)
    if not _has_word(text) or _is_placeholder(text) or len(text) > MAX_NAME_LENGTH:
        return None
    return text


def _cleaned_once(text: str) -> str:
    text = " ".join(html.unescape(text).split())
    text = re.sub(r"^(?:[-–—*•·‣◦▪►>#|]+\s+|[•·‣◦▪►*|]+)", "", text)
    text = re.sub(r"[\s,;:|*_–—]+$|\s-+$", "", text)
    if text.endswith(".") and not _ABBREVIATED_FORM.search(text):
        text = text.rstrip(". ")
    quoted = re.fullmatch(r"[\"“”„«]([^\"“”„«»]*)[\"“”»]|'([^']*)'|‘([^’]*)’", text)
    return (next(part for part in quoted.groups() if part is not None) if quoted else text).strip()


# --- people --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name for display. ``first`` or ``last`` is ``None`` when the name has one word."""

    full: str
    first: str | None = None
    last: str | None = None


_HONORIFICS = vocabulary(
    """
    mr mrs ms miss mx mister madam dr doctor prof professor sir dame rev reverend hon honorable honourable herr frau
    monsieur madame mme mlle señor señora sr sra don doña dott dottor ing dipl mag capt col gen lt sgt maj cmdr amb
    sen gov shri smt
    """
)
# These are names too ("Hon", "Gen", "Don"): titles only when written with a dot.
_HONORIFICS_WITH_DOT = vocabulary("hon gen don col maj mag ing sen sr sra amb capt gov ms lt rev") - {
    "ms",
    "rev",
}
_POST_NOMINALS = vocabulary(
    """
    jr sr ii iii iv phd dphil md mba cpa esq esquire pmp cfa cfp cissp cism cisa shrm scp shrmscp shrmcp phr sphr
    gphr jd llm llb msc bsc meng beng dds dvm rn pe pmi csm cma cia cpim obe mbe cbe kbe frs facs pharmd edd dba eit
    aia leed psyd mph mpa mph acca aca fca fcca cipd fcipd mcipd ca cscp junior
    """
)
# Surnames or given names as often as degrees: only after a comma or with dots.
_DOUBTFUL_POST_NOMINALS = vocabulary("ma ba bs ms ca do pe aca pa rn eit leed junior ed msc meng") - {"msc"}
_JOB_WORDS = vocabulary(
    """
    ceo cto cfo coo cmo cio cro cpo ciso chro vp svp evp avp president founder cofounder owner partner director
    manager head chief officer engineer developer consultant speaker chair chairman chairwoman chairperson at lead
    he she they him her
    """
)


_NICKNAMES = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|[\"“”„«»][^\"“”„«»]*[\"“”„«»]|(?<![^\s,])['‘][^'‘’]+['’](?![^\s,])"
)


def _without_nicknames(text: str) -> str:
    previous = None
    while text != previous:  # removing one may expose another
        previous, text = text, " ".join(_NICKNAMES.sub(" ", text).split())
    return text


def _is_post_nominal(token: str, after_comma: bool) -> bool:
    word = re.sub(r"[.\-]", "", fold(token))
    dotted = token.rstrip(".").count(".") > 0
    return word in _POST_NOMINALS | _DOUBTFUL_POST_NOMINALS and (
        after_comma or dotted or word not in _DOUBTFUL_POST_NOMINALS
    )


def _is_honorific(token: str) -> bool:
    word = fold(token).rstrip(".")
    parts = [part for part in re.split(r"[.\-]+", word) if part]
    if not parts or any(part not in _HONORIFICS_FOLDED for part in parts):
        return False
    return "." in token or not any(part in _HONORIFICS_WITH_DOT for part in parts)


_HONORIFICS_FOLDED = frozenset(fold(word) for word in _HONORIFICS)


def _name_tokens(text: str) -> list[str]:
    """The words of a person's name as written, in reading order, without titles, degrees and nicknames."""
    bare = _without_nicknames(text)
    # A name that is all nickname stays, without its quotes and brackets.
    text = bare if any(c.isalpha() for c in bare) else re.sub(r"[()\[\]{}\"“”„«»]|\B['‘’]|['‘’]\B", " ", text)
    text = re.split(r"\s[-–—|•·@]\s|\s*\|\s*", text.strip(" -–—|•·@"))[0]
    pieces = [piece.split() for piece in text.split(",") if any(c.isalpha() for c in piece)]
    if not pieces:
        return []
    kept = [pieces[0]]
    for piece in pieces[1:]:
        rest = list(piece)
        while rest and _is_post_nominal(rest[-1], after_comma=True):
            rest.pop()
        if rest and not any(word in _JOB_WORDS for word in words(" ".join(rest))):
            kept.append(rest)
    # "Doe, Jane" but not "Jane Doe, Berlin, Germany"
    tokens = kept[1] + kept[0] if len(kept) == 2 else kept[0]
    tokens = [token.strip(";:*_") for token in tokens]
    return _trimmed([token for token in tokens if any(c.isalnum() for c in token)])


def _trimmed(tokens: list[str]) -> list[str]:
    while len(tokens) > 1 and _is_honorific(tokens[0]):
        tokens = tokens[1:]
    while len(tokens) > 1 and _is_post_nominal(tokens[-1], after_comma=False):
        tokens = tokens[:-1]
    return tokens


def person_key(name: object) -> str:
    """The key that all spellings of one person's name share; empty only when there is no letter.

    Case, accents, honorifics, degrees, generation suffixes, nicknames in quotes or brackets and middle *initials* are
    dropped; full middle names stay. "Last, First" is reversed. Meant to be used together with the company: the
    key alone does not identify a person.
    """
    return _person_key(name[: 10 * MAX_NAME_LENGTH]) if isinstance(name, str) else ""


@lru_cache(maxsize=65_536)
def _person_key(name: str) -> str:
    text = _plain(name)
    if not any(c.isalpha() for c in text):
        return ""
    parts = words(_APOSTROPHES.sub("", " ".join(_name_tokens(text)))) or words(text)
    parts = _trimmed(parts)
    if len(parts) > 2:
        parts = [parts[0], *(part for part in parts[1:-1] if len(part) > 1 or part >= "\u0530"), parts[-1]]
    return " ".join(parts)


def clean_person_name(value: object) -> PersonName | None:
    """A person's name for display, split into first and last; titles, degrees and nicknames are left out.

    Spelling and case stay as given, "Doe, Jane" becomes "Jane Doe", a one-word name has no ``last``. ``None`` for
    placeholders, e-mail addresses, URLs, text without letters, and beyond ``MAX_NAME_LENGTH``.
    """
    text = _plain(value).strip("\"“”'‘’ ")
    if not text or len(text) > MAX_NAME_LENGTH or _is_placeholder(text) or "@" in text or "://" in text:
        return None
    return _person_name(text)


@lru_cache(maxsize=16_384)
def _person_name(text: str) -> PersonName | None:
    tokens = _name_tokens(text)
    full = " ".join(tokens).strip("\"“”'‘’ -–—,;")
    if not any(c.isalpha() for c in full) or _is_placeholder(full) or _is_honorific(full):
        return None
    if " " not in full:
        # "Ms. Doe" leaves a family name, "Madonna" a first name
        titled = any(_is_honorific(token) for token in _without_nicknames(text).split()[:1])
        return PersonName(full, None, full) if titled and full != text else PersonName(full, full)
    from nameparser import HumanName

    parsed = HumanName(full)
    first, last = str(parsed.first), str(parsed.last)
    return PersonName(full, first or full.split()[0], last or full.split()[-1])

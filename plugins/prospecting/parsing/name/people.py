"""Names of people: the key that tells whether two spellings mean the same one, and a clean form for display.

Keys are for comparing, never for showing. A key is empty only when the input holds no letter; callers treat an empty
key as unknown. All functions take anything, never raise, and are idempotent.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields
from functools import lru_cache

from prospecting.parsing.name.folding import (
    APOSTROPHES,
    MAX_NAME_LENGTH,
    fold,
    has_word,
    is_placeholder,
    plain_line,
    vocabulary,
    words,
)
from prospecting.parsing.title.spellings import FUNCTION_WORDS_ABROAD, RANK_WORDS, TITLE_WORDS_ABROAD

PERSON_KEY_RULES = 4
"""The version of the rules of ``person_key``: raise it whenever a key changes. Keys stored before are made again; those
of people who were erased cannot be, since only their hashes are left: anyone known by name alone may come back."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name for display. ``first`` or ``last`` is ``None`` when the name has one word."""

    full: str
    first: str | None = None
    last: str | None = None


_HONORIFICS = frozenset(
    fold(word)
    for word in vocabulary(
        """
        mr mrs ms miss mx mister madam dr doctor prof professor sir dame rev reverend hon honorable honourable herr
        frau monsieur madame mme mlle señor señora sr sra don doña dott dottor ing dipl mag capt col gen lt sgt maj
        cmdr amb sen gov shri smt univ habil magister drs dra profa mgr bc rndr mudr judr phdr mvdr ssa signor signora
        signorina sig ra senhor senhora dhr mevr mevrouw meneer ir adv er lic arq abg господин госпожа
        """
    )
)
# These are names too ("Hon", "Gen", "Don"): titles only when written with a dot.
_HONORIFICS_WITH_DOT = vocabulary(
    "hon gen don col maj mag ing sen sr sra amb capt gov lt univ habil dra drs mgr bc ssa sig ra ir adv er lic arq abg"
)
# What follows "Dr." in German: the faculty, in dotted words of lower case.
_FACULTIES = re.compile(r"(?:med|dent|vet|rer|nat|pol|oec|publ|phil|jur|iur|theol|ing|h|c|hc|techn|agr|sc|mult|univ)\.")
_UNSPACED = re.compile("[\u3040-\u9fff\uac00-\ud7a3]")  # scripts in which the family name comes first
# Behind a name in one of them.
_HONORIFIC_ENDING = re.compile("(?<=[\u3040-\u9fff\uac00-\ud7a3]{2})\\s?(?:先生|女士|小姐|教授|様|さん|氏|님|씨)$")
_PRONOUNS = vocabulary(
    "she her hers he him his they them theirs ze zir xe xem ella él elle elles il lui sie ihr er ihm any all"
)
_POST_NOMINALS = vocabulary(
    """
    jr sr ii iii iv phd dphil md mba cpa esq esquire pmp cfa cfp cissp cism cisa shrm scp shrmscp shrmcp phr sphr
    gphr jd llm llb msc bsc beng dds dvm rn pe pmi csm cma cia cpim obe mbe cbe kbe frs facs pharmd edd dba eit
    aia leed psyd mph mpa mph acca aca fca fcca cipd fcipd mcipd ca cscp junior
    """
)
# Surnames or given names as often as degrees: only after a comma or with dots.
_DOUBTFUL_POST_NOMINALS = vocabulary("ma ba bs ms ca do pe aca pa rn eit leed junior ed meng")
_ALL_POST_NOMINALS = _POST_NOMINALS | _DOUBTFUL_POST_NOMINALS
_DEGREES_BEHIND_A_COMMA = vocabulary(
    """
    med bed mfa bfa bba bcom mcom mbus mib msw lcsw lmft lpc aicp sres res hons cantab oxon diplom licsc mtech btech
    bsn msn dnp dsc scd mlis mps mm mma emba gemba mbachb mbbs bds frcs frcp sphri gphri phri gaicd maicd faicd qc kc
    psm pspo spc cspo csc drsc dipl diplkfm diplkffr diplingfh
    """
)
_JOB_WORDS = (
    vocabulary(
        """
    ceo cto cfo coo cmo cio cro cpo ciso chro vp svp evp avp president founder cofounder owner partner director
    manager head chief officer engineer developer consultant speaker chair chairman chairwoman chairperson at lead
    he she they him her
    """
    )
    | RANK_WORDS
)

# Job titles written before a name: words that make one, and words that only go with them.
_ROLES = vocabulary(
    """
    ceo cto cfo coo cmo cio cro cpo ciso chro cdo cso cco vp svp evp avp rvp gm pdg officer
    president presidente présidente président director directora directeur directrice direktor direktorin direttore
    diretor diretora manager managerin founder cofounder gründer gründerin mitgründer fondateur cofondateur fundador
    cofundador owner inhaber inhaberin partner chairman chairwoman chairperson counsel secretary treasurer controller
    geschäftsführer geschäftsführerin vorstand vorstandsvorsitzender vorstandsvorsitzende prokurist leiter leiterin
    gerente principal engineer developer architect analyst consultant designer scientist specialist coordinator
    recruiter advisor member директор менеджер руководитель президент основатель начальник
    """
)
# Posts in scripts without blanks between words.
_UNSPACED_POST = re.compile(
    "首席|总裁|總裁|总监|總監|总经理|總經理|董事|经理$|經理$|社長|部長$|部长$|取締役|責任者|创始人|創始人|대표이사|대표$|이사$|부장$|팀장$"
)
# Names too ("Edith Head", "Chief Joseph"): titles only before a function, "of" or "officer".
_ROLES_OF_SOMETHING = vocabulary("head chief lead")
_RANKS = vocabulary(
    """
    senior sr junior jr executive managing general deputy assistant associate acting interim global regional group
    zarządu vice co corporate founding former current new previous incoming outgoing board first stellvertretender
    """
)
_FUNCTIONS = vocabulary(
    """
    marketing sales engineering finance financial technology technical technologies information operations operating
    operational product products people human resources hr legal strategy strategic business development growth revenue
    commercial customer success experience service services support data analytics digital it security privacy risk
    compliance communications brand content design research innovation medical scientific science talent acquisition
    recruiting learning procurement purchasing supply chain logistics manufacturing quality partnerships alliances
    partner channel account accounts field demand generation events administrative administration accounting
    investor relations staff public affairs corporate transformation software platform infrastructure cloud devops ai
    vertrieb personal einkauf technik finanzen entwicklung ventas comercial général générale commercial marketing
    financiero operaciones creative art design culture program programme project country
    генеральный исполнительный технический финансовый коммерческий операционный главный
    """
)
_LINKS = vocabulary("of and for the de du des da do of für und y et e")
_ROLE_WORDS = frozenset(fold(word) for word in _ROLES | _ROLES_OF_SOMETHING) | RANK_WORDS
_FUNCTION_WORDS = frozenset(fold(word) for word in _FUNCTIONS) | FUNCTION_WORDS_ABROAD
_TITLE_WORDS = _ROLE_WORDS | _FUNCTION_WORDS | TITLE_WORDS_ABROAD | frozenset(fold(word) for word in _RANKS | _LINKS)
_SURE_ROLES = frozenset(fold(word) for word in _ROLES) | RANK_WORDS
_STARTS = _ROLE_WORDS | _FUNCTION_WORDS | frozenset(fold(word) for word in _RANKS)
_SHORT_TITLES = vocabulary("ceo cto cfo coo cmo cio cro cpo ciso chro vp svp evp avp")
# "Director Sales North America" is all title.
_AREAS = vocabulary(
    """
    north south east west central northern southern eastern western america americas americans europe asia pacific
    africa emea apac latam dach mena us usa uk eu united states kingdom germany france spain italy india china japan
    canada international worldwide middle region company inc team department
    """
)

# Two to six capitalised words, those between perhaps initials: most names.
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ][A-Za-zÀ-ÖØ-öø-ſ]*+(?:['’-][A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ſ]*+)*+"
_PLAIN = re.compile(rf"{_CAPITALISED}(?: (?:{_CAPITALISED}|[A-ZÀ-ÖØ-Þ]\.?)){{0,4}} {_CAPITALISED}")
_PLAIN_SEPARATORS = re.compile(r"['’.-]")
_NEVER_PLAIN = (
    _HONORIFICS
    | _HONORIFICS_WITH_DOT
    | _ALL_POST_NOMINALS
    | _DEGREES_BEHIND_A_COMMA
    | _SHORT_TITLES
    | _STARTS
    | frozenset(_LINKS)
)

_NICKNAMES = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|[\"“”„«»][^\"“”„«»]*[\"“”„«»]|(?<![^\s,])['‘][^'‘’]+['’](?![^\s,])"
)
_STOP = re.compile(r"(?<=[^\W\d_]{3})\.$")  # the end of a sentence; "Jr." and initials keep theirs
# In lower case they make a sentence of a name: "Jane Doe is the CEO".
_VERBS = vocabulary(
    """
    is was are were has have had will would can could should may might been being who which that this their with from
    not serves served leads led joined joins works worked runs founded left went became holds currently previously
    formerly
    """
)
_PART_BREAK = re.compile(r"\s[-–—|•·@]\s|\s*\|\s*|:\s+")


def _without_nicknames(text: str) -> str:
    previous = None
    while text != previous:  # removing one may expose another
        previous, text = text, " ".join(_NICKNAMES.sub(" ", text).split())
    return text


@lru_cache(maxsize=1)
def _known_acronyms() -> frozenset[str]:
    from nameparser.config.suffixes import SUFFIX_ACRONYMS

    return frozenset(re.sub(r"[.\-]", "", word) for word in SUFFIX_ACRONYMS)


@lru_cache(maxsize=1)
def _parsed_words() -> frozenset[str]:
    """The words to which nameparser gives a meaning of their own: titles, suffixes, particles, conjunctions."""
    from nameparser import Lexicon

    lexicon = Lexicon.default()
    values = (getattr(lexicon, field.name) for field in fields(lexicon))
    entries = [entry for value in values if isinstance(value, frozenset) for entry in value]
    return frozenset(
        word for entry in entries for word in (*words(entry), *entry.split(), _PLAIN_SEPARATORS.sub("", entry))
    )


@lru_cache(maxsize=4_096)
def _plain_words(text: str) -> frozenset[str] | None:
    """The folded words of a name, and their parts, that all are names: nothing in it is to be dropped or turned round.

    ``None`` for any other text, which has to be read with care.
    """
    if not _PLAIN.fullmatch(text):
        return None
    found = frozenset([*words(text), *_PLAIN_SEPARATORS.sub("", fold(text)).split()])
    return found if _NEVER_PLAIN.isdisjoint(found) else None


def _bare(token: str) -> str:
    return re.sub(r"[.\-]", "", fold(token))


def _is_post_nominal(token: str) -> bool:
    """True when a word behind a name without a comma is a degree or the like."""
    word = _bare(token)
    dotted = token.rstrip(".").count(".") > 0
    if dotted:
        return word in _ALL_POST_NOMINALS or word in _DEGREES_BEHIND_A_COMMA
    return word in _POST_NOMINALS and word not in _DOUBTFUL_POST_NOMINALS


def _are_pronouns(token: str) -> bool:
    """True for "she/her" and the like behind a name."""
    return "/" in token and all(word in _PRONOUNS for word in words(token))


def _is_degree(token: str, *, alone: bool, shouted: bool) -> bool:
    """True when a word behind a comma is a degree.

    ``alone``: a lone family name is before the comma, so that "D.C." are initials. ``shouted``: all is in capitals,
    which then say nothing.
    """
    word = _bare(token)
    if word in _ALL_POST_NOMINALS or (word in _DEGREES_BEHIND_A_COMMA and len(word) > 2):
        return True
    looks_like_one = (token.isupper() and not shouted) or "." in token.rstrip(".")
    if alone or not looks_like_one:
        return False
    return len(word) > 1 and (word in _known_acronyms() or all(part in _ALL_POST_NOMINALS for part in words(token)))


def _is_given_name(token: str, *, shouted: bool) -> bool:
    """True when a doubtful word behind a lone family name is the given name: "Royce, Ed", not "Royce, MA"."""
    return "." not in token and _bare(token) in _DOUBTFUL_POST_NOMINALS and (token.istitle() or shouted)


def _is_honorific(token: str) -> bool:
    word = fold(token).rstrip(".")
    parts = [part for part in re.split(r"[.\-]+", word) if part]
    if not parts or any(part not in _HONORIFICS for part in parts):
        return False
    return "." in token or not any(part in _HONORIFICS_WITH_DOT for part in parts)


def _only_title(text: str) -> bool:
    """True for a job title without a name: "VP Marketing", "Director Sales North America"."""
    parts = words(text)
    return any(part in _ROLE_WORDS for part in parts) and all(part in _TITLE_WORDS or part in _AREAS for part in parts)


def _names_title_words(text: str) -> bool:
    """True for text all of whose words occur in job titles: the "Sales" of "Vice President, Sales"."""
    return all(part in _TITLE_WORDS or part in _AREAS for part in words(text))


def _without_title(tokens: list[str]) -> list[str]:
    """``tokens`` without a job title before the name: "CEO Jane Doe", "VP of Marketing John Smith".

    Only when a full name of at least two words is left.
    """
    if not tokens or not _STARTS.intersection(words(tokens[0])):
        return tokens
    folded = [words(token) for token in tokens]
    size = 0
    while size < len(tokens) and all(part in _TITLE_WORDS for part in folded[size]):
        size += 1
    while size and all(part in _LINKS for part in folded[size - 1]):
        size -= 1  # "de" belongs to the name that follows
    title = [part for parts in folded[:size] for part in parts]
    sure = any(part in _SURE_ROLES for part in title) or (len(title) > 1 and title[0] in _ROLES_OF_SOMETHING)
    sure = sure or title[:2] == ["vice", "president"]
    rest = tokens[size:]
    if not sure or not 2 <= len(rest) <= 5 or any(_AREAS.intersection(parts) for parts in folded[size:]):
        return tokens
    return rest


def _name_tokens(text: str) -> tuple[list[str], int]:
    """The words of a person's name as written, in reading order, without titles, degrees and nicknames.

    With them, how many at the end are the family name because it was written first; 0 when nothing says so.
    """
    bare = _without_nicknames(text)
    # A name that is all nickname stays, without its quotes and brackets.
    text = bare if any(c.isalpha() for c in bare) else re.sub(r"[()\[\]{}\"“”„«»]|\B['‘’]|['‘’]\B", " ", text)
    parts = [part for part in _PART_BREAK.split(text.strip(" -–—|•·@:")) if any(c.isalpha() for c in part)]
    if len(parts) > 1 and _only_title(parts[0]):
        parts = [] if _names_title_words(parts[1]) else parts[1:]  # "CTO: Jane Doe"
    pieces = [piece.split() for piece in (parts[0] if parts else "").split(",") if any(c.isalpha() for c in piece)]
    if len(pieces) > 1 and _only_title(" ".join(pieces[0])):
        pieces = [] if _names_title_words(" ".join(pieces[1])) else pieces[1:]  # "CEO, Jane Doe"
    if not pieces:
        return [], 0
    shouted = text.isupper()
    kept = [pieces[0]]
    for piece in pieces[1:]:
        rest = list(piece)
        alone = len(kept) == 1 and len(_trimmed(kept[0])) == 1
        while rest and _is_degree(rest[-1], alone=alone, shouted=shouted):
            if alone and len(rest) == 1 and _is_given_name(rest[0], shouted=shouted):
                break
            rest.pop()
        # Letters in capitals behind a full name are a degree that no list knows.
        is_unknown_degree = len(rest) == 1 and not (alone or shouted) and re.fullmatch(r"[A-Z/-]{3,}", rest[0])
        if rest and not is_unknown_degree and not any(word in _JOB_WORDS for word in words(" ".join(rest))):
            kept.append(rest)
    kept = [[word for token in piece if has_word(word := token.strip(";:*_"))] for piece in kept]
    if len(kept) != 2:  # "Jane Doe, Berlin, Germany"
        return _trimmed(kept[0]), 0
    tokens = _trimmed(kept[1] + kept[0])
    family = len(_trimmed(kept[0]))
    return tokens, family if family < len(tokens) else 0


def _trimmed(tokens: list[str]) -> list[str]:
    """``tokens`` without titles before the name and degrees behind it; a word is always left."""
    before = None
    while tokens != before:
        before = tokens
        while len(tokens) > 1 and _is_honorific(tokens[0]):
            tokens = tokens[1:]
            while len(tokens) > 1 and _FACULTIES.fullmatch(tokens[0]):
                tokens = tokens[1:]
        while len(tokens) > 1 and (_is_post_nominal(tokens[-1]) or _are_pronouns(tokens[-1])):
            tokens = tokens[:-1]
        while len(tokens) > 2 and tokens[-1].casefold() in _SHORT_TITLES:
            tokens = tokens[:-1]
        tokens = _without_title(tokens)
    return tokens


def person_key(name: object) -> str:
    """The key that all spellings of one person's name share; empty only when there is no letter.

    Case, accents, honorifics, job titles, degrees, generation suffixes, nicknames in quotes or brackets and middle
    *initials* are dropped; full middle names stay. "Last, First" is reversed. Meant to be used together with the
    company: the key alone does not identify a person.
    """
    return _person_key(name[: 10 * MAX_NAME_LENGTH]) if isinstance(name, str) else ""


@lru_cache(maxsize=65_536)
def _person_key(name: str) -> str:
    # What could not be decoded, or stored (NUL), has become U+FFFD on the way here.
    text = _plain(name).replace("\ufffd", "")
    if not any(c.isalpha() for c in text):
        return ""
    if _plain_words(text):
        parts = words(APOSTROPHES.sub("", text))
    else:
        parts = _trimmed(words(APOSTROPHES.sub("", " ".join(_name_tokens(text)[0]))) or words(text))
    if len(parts) > 2:
        parts = [parts[0], *(part for part in parts[1:-1] if len(part) > 1 or part >= "\u0530"), parts[-1]]
    return " ".join(parts)


def _plain(value: object) -> str:
    text = plain_line(value)
    if text.isascii():
        return text
    # Emoji beside a name are decoration.
    text = "".join(" " if unicodedata.category(c) == "So" and c != "\ufffd" else c for c in text)
    return _HONORIFIC_ENDING.sub("", " ".join(text.split()))


def clean_person_name(value: object) -> PersonName | None:
    """A person's name for display, split into first and last; titles, degrees and nicknames are left out.

    Spelling and case stay as given, "Doe, Jane" and "CEO Jane Doe" become "Jane Doe", a one-word name has no ``last``.
    ``None`` for placeholders, job titles ("Current CMO"), e-mail addresses, URLs, text without letters, and beyond
    ``MAX_NAME_LENGTH``.
    """
    text = _plain(value).strip("\"“”'‘’ ")
    if not text or len(text) > MAX_NAME_LENGTH or is_placeholder(text) or "@" in text or "://" in text:
        return None
    return _person_name(text)


@lru_cache(maxsize=1)
def _particles() -> frozenset[str]:
    from nameparser import Lexicon

    return frozenset(Lexicon.default().particles)


def _split_at_particles(full: str) -> PersonName | None:
    """A name whose words are names, or particles between them, divided as nameparser would, at a tenth of its cost."""
    parts = full.split()
    special = [at for at, part in enumerate(parts) if not _parsed_words().isdisjoint([*words(part), part.casefold()])]
    if not special:
        return PersonName(full, parts[0], parts[-1])
    if special[0] == 0 or special[-1] == len(parts) - 1 or not all(parts[at] in _particles() for at in special):
        return None
    return PersonName(full, parts[0], " ".join(parts[special[0] :]))


@lru_cache(maxsize=16_384)
def _person_name(text: str) -> PersonName | None:
    plain = _plain_words(text)
    if plain and _parsed_words().isdisjoint(plain if text.isascii() else plain.union(text.casefold().split())):
        first, *_, last = text.split()
        return PersonName(text, first, last)
    tokens, family = _name_tokens(text)
    full = _STOP.sub("", " ".join(tokens).strip("\"“”'‘’ -–—,;"))
    if not any(c.isalpha() for c in full) or is_placeholder(full) or _is_honorific(full) or _only_title(full):
        return None
    if (not full.isascii() and _UNSPACED_POST.search(full)) or not _VERBS.isdisjoint(tokens):
        return None
    if " " not in full:
        # "Ms. Doe" leaves a family name, "Madonna" a first name
        titled = any(_is_honorific(token) for token in _without_nicknames(text).split()[:1])
        return PersonName(full, None, full) if titled and full != text else PersonName(full, full)
    if family:
        return PersonName(full, tokens[0], " ".join(tokens[-family:]))
    if (full.isascii() or not _UNSPACED.search(full)) and (name := _split_at_particles(full)):
        return name
    from nameparser import HumanName

    parsed = HumanName(full)
    first, last = str(parsed.first), str(parsed.last)
    if not first or not last:  # "Prince Upton" is no prince
        first, last = tokens[0], tokens[-1]
    return PersonName(full, first, last)

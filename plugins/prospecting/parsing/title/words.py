"""The words of job titles: every spelling, abbreviation and language brought to one vocabulary.

``normal_form`` writes a title in lower-case words, with ``|``, ``&`` and ``/`` between what may be separate roles and
``former`` where a role is over. The modules that read titles know these words only.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from prospecting.parsing.names import fold, vocabulary
from prospecting.parsing.title.ranks import FUNCTION_WORDS
from prospecting.parsing.title.scripts import UNSPACED, spaced
from prospecting.parsing.title.spellings import SPELLINGS
from prospecting.parsing.title.typos import corrected

MAX_TITLE = 300
"""Characters of a title that are read; no real one is longer."""

_REPLACEMENTS = {
    fold(" ".join(spelling.split())): word for word, spellings in SPELLINGS.items() for spelling in spellings.split("|")
}
# First word -> (the words of a spelling, what replaces them), longest first.
_BY_FIRST_WORD: dict[str, list[tuple[list[str], list[str]]]] = {}
for _spelling in sorted(_REPLACEMENTS, key=len, reverse=True):
    _BY_FIRST_WORD.setdefault(_spelling.split()[0], []).append((_spelling.split(), _REPLACEMENTS[_spelling].split()))

# --- time --------------------------------------------------------------------------------------------------------

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?:(?:19|20)\d\d|['’]\d\d)"
_DATE = rf"(?:(?:{_MONTH}|q[1-4]|\d\d?)[\s/.,]{{0,2}})?(?<!\d){_YEAR}(?:[/.]\d\d?)?"
_NOW = (
    r"(?:present|now|today|current(?:ly)?|date|ongoing|heute|actualidad|actuel|oggi|hoje|н\.?\s?в\.?|настоящее время)"
)
# A role with a first day only goes on; one with both, or with a last one, is over or will be.
_GOING_ON = re.compile(
    rf"\b(?:since|from|seit|ab|depuis|desde|dal|as of|effective|с)\s+{_DATE}(?!\s*(?:-|–|—|to|until|bis|till)\s*\d)"
    rf"(?:\s*(?:-|–|—|to)\s*{_NOW})?|{_DATE}\s*(?:[-–—]|to|bis|until|till)\s*{_NOW}\b"
)
_OVER = re.compile(
    rf"{_DATE}\s*(?:[-–—]|to|bis|until|till|through|thru|à|a)\s*(?:{_DATE}|\d\d\b)"
    rf"|\b(?:until|bis zum)\s+(?:(?:the|a|end|of|early|mid|late)\s+)*(?:{_DATE}|{_MONTH}(?![^\s)\]|,;])|q[1-4]\b|\d"
    r"|acqui|further|last|merger|next|retire|spring|succe|summer|autumn|fall\b|the\b|this|winter|year)[^|,;()\[\]]*"
    rf"|\b(?:till|thru|through|to|up to|bis|jusqu\S*|hasta|fino al?|ate|tot|do|до)\s+(?:the\s+)?(?:end of\s+)?"
    rf"(?:{_DATE}|{_MONTH}(?![^\s)\]|,;])|q[1-4]\b)[^|,;()\[\]]*"
    r"|\b(?:step(?:s|ped|ping)\s(?:down|aside|back)|(?:to|will)\s(?:step\s(?:down|aside|back)|leave|retire|depart|resign))"
    r"\b[^|,;()\[\]]*"
    rf"|\b(?:left|leaving|departed|departing|resigned|retired|retiring|quit)\s+"
    rf"(?:(?:in|on|at|by|as of|effective|the|end|of|early|mid|late)\s+)*(?:{_DATE}|{_MONTH}(?![^\s)\]|,;])|company\b)"
    r"[^|,;()\[\]]*|\b(?:no longer\b|now (?:at|with)\s)[^|,;()\[\]]*|\b(?:a\.\s?d|i\.\s?r|ret)\.(?!\w)"
)
_MAY_TELL_TIME = re.compile(
    r"\d\d|until|till|thru|through|step|leav|left|retir|resign|depart|quit|longer|now (?:at|with)|a\.\s?d\.|i\.\s?r\."
    r"|ret\.|\bbis\b|jusqu|hasta|fino|\bate\b|\bдо\b"
)

# --- writing -----------------------------------------------------------------------------------------------------

_RANKS = (
    "ceo cfo cto coo cmo cio cro cso cdo chro ciso cpo president chairman chair director owner founder manager officer "
    "chief executive principal partner head vp engineer captain"
)
_POSSESSIVE = re.compile(rf"[^|,;()/&]*\b(?:{_RANKS.replace(' ', '|')})(?:['’]s|s['’])\s+")
# "C E O", "H R"; between other single letters they are no word.
_LETTERS = re.compile(
    r"(?<!\b\w )\b(?:c h r o|c i s o|h r b p|[cs] [efitmors] o|c p o|[se] v p|v p|h r|p d g|d r h|d a f)\b(?! \w\b)"
)
_SINGLE_LETTER = re.compile(r"\b[a-z] [a-z]\b")
_IN_TRAINING = re.compile(r"\bin training\b(?! (?:&|of|for) )")
_R_AND_D = re.compile(r"\br\s*&\s*d\b")
_FP_AND_A = re.compile(r"\bfp\s*&\s*a\b|\bfinancial planning (?:&|and) analysis\b")
_DOTTED = re.compile(r"\b(?:[a-zа-я]\.\s?){2,}(?:[a-zа-я]\b)?")
_NUMBERS = re.compile(r"\b\d+(?:\s?/\s?\d+)?[\s-]?(?:hrs?|hours?)\b|\b\d+\b")
_DIGIT = re.compile(r"\d")
_NOT_OVER = re.compile(r"\bex[\s-]officio\b|\bpast[\s-]due\b")
_APOSTROPHES = re.compile(r"['’`]")
_SEPARATORS = re.compile(r"\s[-–—:]+\s|[,;|()\[\]{}•·–—、，；（）]")
_AT = re.compile(r"\s(?:@|at|bei|chez)\s[^|]*|@[^|]*")
_AT_WORK = re.compile(r"\b(?:at|bei|chez|with|of|from)\b")
# Where somebody worked before says nothing about the role they hold: "CEO, formerly at Globex".
_WORKED_AT = re.compile(r"\b(?:formerly|previously|former|previous|past|ex)\s(?:at|with|of|from|@)\s[^|]*")
_AND = re.compile(r"[&+]|\b(?:and|und|et|y|och|og|и|та)\b")
# "And" where it stands between two functions: elsewhere it is the "e" of "e-commerce".
_AND_BETWEEN = vocabulary("e i")
_NO_WORD = re.compile(r"[^\w&|/]|_")
_SENIOR_VP = re.compile(r"\bsenior vp\b|\bexecutive vp\b")
_CHIEF_OFFICER = re.compile(r"\b(cfo|cto) officer\b")
_TWO_CHIEFS = re.compile(r"\bchief (\w+(?: \w+)?) [&|/] (\w+(?: \w+)?) officer\b")
_CHIEF_AND = re.compile(r"\b(?:cfo|cto) & (\w+) officer\b")
_FOR_SOMEBODY = re.compile(r"\b(?:office of|to|assisting|supporting|reporting) .*$")
_FOR_A_HOLDER = re.compile(
    r"\b(?:for|(?:wife|husband|spouse|partner|son|daughter|brother|sister|friend|successor|driver) of)"
    r" (?:the )?(?:ceo|cfo|cto|coo|cmo|cio|cro|cso|cdo|chro|ciso|clo|cco|cao|cgo|cpo|cpto|ctpo|cdio|cfoo|chief"
    r"|president|founder|executive|vp|director)\b.*$"
)


class NormalForm(NamedTuple):
    """A title in this package's vocabulary, and whether a typing error was put right for it."""

    text: str
    is_corrected: bool = False


def normal_form(title: str, *, as_written: bool = False) -> NormalForm:
    """The title in this package's vocabulary: lower-case words, separators between what may be separate roles.

    A typing error is put right unless it is to be read ``as_written``.
    """
    text = _without_signs(fold(title[:MAX_TITLE]))
    if "&" in text:
        text = text.replace("people & culture", "people_operations")
        text = text.replace("learning & development", "talent_acquisition")
    if _SINGLE_LETTER.search(text):
        text = _LETTERS.sub(lambda found: found[0].replace(" ", ""), text)
    if "in training" in text:
        text = _IN_TRAINING.sub("intern", text)
    words = text.split()
    meant = None if as_written else corrected(words)
    words = meant or words
    respelled = _joined(_respelled(words))
    if respelled != words or meant:  # there are spellings made of spellings ("sr vp human resources partner")
        text = " ".join(_respelled(respelled))
    if "vp" in text:
        text = _SENIOR_VP.sub("vp", text)
    if "officer" in text:
        text = _CHIEF_OFFICER.sub(r"\1", text)
        text = _TWO_CHIEFS.sub(r"chief \1 officer & chief \2 officer", text)
        text = _CHIEF_AND.sub(lambda found: f"{found[0][:3]} & chief {found[1]} officer", text)
    # The rest says whom somebody works for, not who they are.
    return NormalForm(_FOR_A_HOLDER.sub(" attached", _FOR_SOMEBODY.sub(" attached", text)), meant is not None)


def _without_signs(text: str) -> str:
    """Words and separators alone, without dates, employers and possessives."""
    if not text.isascii() and UNSPACED.search(text):
        text = spaced(text)
    if _MAY_TELL_TIME.search(text):
        text = _OVER.sub(" | former | ", _GOING_ON.sub(" ", text))
    if "'" in text or "’" in text:
        text = _APOSTROPHES.sub("", _POSSESSIVE.sub(" ", text))
    if "&" in text or "financial planning" in text:
        text = _FP_AND_A.sub("fpa", _R_AND_D.sub("research development", text))
    text = _DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found[0]) + " ", text) if "." in text else text
    if _DIGIT.search(text):
        text = _NUMBERS.sub(" ", text)
    if "officio" in text or "past" in text:
        text = _NOT_OVER.sub(" ", text)
    return _separated(text)


def _separated(text: str) -> str:
    """Words and separators alone, without employers. Most titles have no sign in them, and need less reading."""
    has_signs = not text.replace(" ", "").isalpha()
    if has_signs:
        text = _SEPARATORS.sub(" | ", text.replace("/", " / "))
    if has_signs or _AT_WORK.search(text):
        text = _AT.sub(" ", f" {_WORKED_AT.sub(' ', text)} ")
    text = _AND.sub(" & ", text)
    return " ".join((_NO_WORD.sub(" ", text) if has_signs else text).split())


def _joined(words: list[str]) -> list[str]:
    """``words`` with "and" in more languages between two functions: "Finanza e Risorse Umane"."""
    if _AND_BETWEEN.isdisjoint(words):
        return words
    around = zip(["", *words], words, [*words[1:], ""], strict=False)
    return [
        "&" if word in _AND_BETWEEN and before in FUNCTION_WORDS and after in FUNCTION_WORDS else word
        for before, word, after in around
    ]


def _respelled(words: list[str]) -> list[str]:
    """``words`` with every spelling replaced, the longest first, from the left."""
    found: list[str] = []
    index = 0
    while index < len(words):
        for spelling, replacement in _BY_FIRST_WORD.get(words[index], ()):
            if words[index : index + len(spelling)] == spelling:
                found += replacement
                index += len(spelling)
                break
        else:
            found.append(words[index])
            index += 1
    return found

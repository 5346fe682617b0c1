"""One typing error in the title of a post: "Cheif Executive Officer", "Human Resorces Manager".

A word is corrected when it is one letter away from a word of ``_PAIRS`` (one too many, one missing, another one, two
swapped; never the first), stands beside the other word of such a pair, and is no word of a language itself: a "Chef"
stays one, whatever stands beside it.
"""

from __future__ import annotations

from prospecting.parsing.names import vocabulary

# Two words that stand beside each other in posts, apart from prepositions.
_PAIRS = frozenset(
    (first, second)
    for firsts, seconds in (
        ("chief", "executive financial finance people human hr"),
        ("executive financial finance people resources hr", "officer"),
        ("human", "resources resource capital"),
        ("vice", "president"),
        ("resources resource capital hr personnel finance financial", "manager director officer generalist"),
        ("financial finance corporate", "controller"),
        ("director manager head vp president", "finance human personnel hr"),
        ("managing executive", "director"),
        ("directeur", "financier general rh"),
        ("directrice", "financiere generale rh"),
        ("recursos", "humanos"),
        ("amministratore", "delegato"),
    )
    for first in firsts.split()
    for second in seconds.split()
)
_TARGETS = frozenset(word for pair in _PAIRS for word in pair if len(word) > 4)
# Posts by themselves, too long to be another word with one letter changed.
_ALONE = vocabulary(
    """geschaftsfuhrer geschaftsfuhrerin geschaeftsfuehrer geschaeftsfuehrerin vorstandsvorsitzender personalleiter
    personalleiterin finanzvorstand comptroller"""
)
# What the dictionaries of English, French, German, Italian, Portuguese and Spanish have within a letter of these.
_REAL_WORDS = vocabulary(
    """amministratori capita capitale capitali capitals capitan capitao capitas capitel capitol captal chef chie chiee
    chiefs chiei chiel chiem chien chier chies chiez comptrollers controler controlled controllera controllern
    controllero controllers corporale delegado delegano delegata delegate delegati delegator delegavo directer
    directeurs directora directors directory directrices direktor direktrice diretor direttrice disector esecutive
    executiva executives executivo exekutive fiance financa financed financee financer finances financez finanche
    financia financiai financiam financiar financias financie financiei financiem financiera financiered financieres
    financiero financiers financies financiez finanze finanzier finanziere geneal genera generable generai generala
    generalen generales generali generalisa generalisat generalise generalista generaliste generalists generals
    generar generare generas generat generate geschaftsfuhrern geschaftsfuhrers haman heman huma humai humain humana
    humanas humane humanes humano humans humant humar humas humat humean humian hunan hyman manage managea managed
    managee managen managera managern managers manages managez maneging manger manging maraging menager office
    officers offices officier peopled peopler peoples personne personnels personnes peuple
    prasident presidant presidenta presidente presidenti presidents recurso resourced ressource ressources
    vorstandsvorsitzende vorstandsvorsitzenden"""
)
_KNOWN = _TARGETS | _ALONE | _REAL_WORDS
_BY_FIRST_LETTER: dict[str, list[str]] = {}
for _target in sorted(_TARGETS | _ALONE):
    _BY_FIRST_LETTER.setdefault(_target[0], []).append(_target)
_BESIDE = vocabulary("of the for & /")


def corrected(words: list[str]) -> list[str] | None:
    """``words`` with the one that is mistyped put right; ``None`` when none is, or more than one."""
    found = [(index, word) for index in range(len(words)) if (word := _meant(words, index))]
    if len(found) != 1:
        return None
    index, word = found[0]
    return [*words[:index], word, *words[index + 1 :]]


def _meant(words: list[str], index: int) -> str | None:
    """The word that was meant by a mistyped one; ``None`` for a word that is not."""
    written = words[index]
    if written in _KNOWN or len(written) < 4:
        return None
    for target in _BY_FIRST_LETTER.get(written[0], ()):
        if abs(len(target) - len(written)) <= 1 and _is_one_letter_off(written, target):
            return target if target in _ALONE or _stands_in_a_phrase(words, index, target) else None
    return None


def _stands_in_a_phrase(words: list[str], index: int, target: str) -> bool:
    before = next((word for word in reversed(words[:index]) if word not in _BESIDE), "")
    after = next((word for word in words[index + 1 :] if word not in _BESIDE), "")
    return (before, target) in _PAIRS or (target, after) in _PAIRS


def _is_one_letter_off(one: str, other: str) -> bool:
    """True for two words, not alike, between which there is one letter more, less or changed, or two swapped."""
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, wanted = one[start:], other[start:]
    return (
        rest[1:] == wanted
        or rest == wanted[1:]
        or rest[1:] == wanted[1:]
        or (rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])
    )

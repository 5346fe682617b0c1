"""Names of companies: the key that tells whether two spellings mean the same one, and a clean form for display.

Keys are for comparing, never for showing. A key is empty only when the input holds nothing to compare; callers treat
an empty key as unknown. All functions take anything, never raise, and are idempotent.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from prospecting.parsing.invisible import visible
from prospecting.parsing.name.folding import MAX_NAME_LENGTH, has_word, is_placeholder, plain_line, vocabulary
from prospecting.parsing.name.legal_forms import ATTACHED, company_words, form_behind, forms_before

COMPANY_KEY_RULES = 3
"""The version of the rules of ``company_key``: raise it whenever a key changes. Keys stored before are made again."""

# Words that name no company: "SIA Engineering" and "UAB Medicine" are not companies called Engineering and Medicine,
# nor is "Booking.com" one called Booking.
_GENERIC = vocabulary(
    """
    about above academy account accounting action advance advisors agency air airlines airport alliance analytics
    and app apps art arts assets associates association auction auto aviation baby back backend bank banking battle
    beauty best bill bio bitcoin block blockchain blog board book booking books box brand bridge build builder
    business buy buyer cancer capital car care career careers cargo cars cart cash cast center central centre change
    channel character chart chat check chess church city class clean clear clinic clinical cloud club code coffee
    coin coins college commerce communications community company compare computer computing connect construction
    consultants consulting content control cook cooking copy core corporate country couple course craft create
    creative credit cruiser crypto current customer data date dating deal deals dental design dev developer
    development devices diagnostics dice diet digital direct directory doctor doctors domain domains door drive drop
    drug drugs dry eat edge education electric electronics email energy engine engineering enterprise enterprises
    entertainment equipment escape event events evident exchange expert express fact factor family fashion fast fax
    file files film finance financial find fire fit fitness flight flights flow fly focus food foods football form
    forms forum foundation frame free fresh friend friends fund funding future game games garden gas general gift
    gifts glass global go gold golf good great green grid ground group grow growth guide guru hair health healthcare
    help hire history hit holdings holiday home homes hospital hosting hotel hotels house housing hover ideas image
    images inbox industrial industries industry info information innovation insight insights institute insurance
    insure international internet invest investment investments invoice jet job jobs join joker judge juice key kids
    kitchen lab labs last law lawyer lead learn learning legal lending letter letters library life light lighting
    line linear link list live loan loans local logistics logo look love loyalty lunch magic mail mailbox make
    management manufacturing map maps marine mark market marketing markets master match material materials media
    medical medicine meet memory men mine mint mobile mobility monday money monitor mortgage motor motors move movie
    movies music name names national nature net network networks news next north notion nurse ocean office oil one
    online open orange order outlook overseas page paint paper parking part partner partners party path pay payment
    payments peak people permit pet pets pharma pharmacy phone photo photos plan planet platform play plus point
    poker port portal portugal post power predict press price prime print private pro product production products
    professional profit program project promo promoter property public publishing quick quote race radio rail rain
    rank rate reach read ready real realestate realtor rebel recipe recipes record recruiting recycling red register
    remote rent rental rentals report research reserve resource resources response restaurant retail retirement
    review reviews ride river road rocket room root route run sale sales salon save scan school schools science
    sciences score sea search season section secure security sell send sentry server service services share shared
    ship shipping shoes shop shopping short show sign signal simple site sites sky sleep small smart snow social
    socket software solar solution solutions sound source south space speed sport sports spot spring square staff
    stage stamps star start station status steel step stock stocks store stores story stream street student studio
    studios study style summit sun super supply support surf survey switch system systems table tag talent talk
    target tax taxi tea teach team tech technologies technology teen telecom temp temporal test text theater therapy
    think ticket tickets time times today tomorrow tool tools top touch tour tours town toys track trade trader
    trading traffic train training transfer transistor transport travel trip truck trust tutor university urban use
    vacation value vector venture ventures video videos view village vision visit voice vote walk wall want watch
    water wave way weather web wedding weddings weekend wholesale wifi wild win window wine wire women wood word
    wordpress work works world write yoga young zone
    """
)


# Top-level domains that companies carry in their names, and how many letters a name needs to be one without it:
# "Bolt" is not Bolt.new, nor "Mist" Mist.io.
_NAMING_DOMAINS = {"com": 5, "io": 7, "ai": 7}
_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?([\w-]+)\.(com|io|ai)/?(?=[\s,(]|$)", re.IGNORECASE)

# Forms that are one only by their dots or behind a comma: "Acme e.V.", "Smith & Jones, P.C.", "Acme, MB".
_MARKED_FORM = re.compile(r"[,\s](?:e\.\s?[vk]|p\.\s?[ac])\.?$|,\s?(?:mb|hb|kb|og|ad|pc|pa|gp)$", re.IGNORECASE)


def company_key(name: object) -> str:
    """The key that all spellings of one company's name share; empty only when there is no letter or digit.

    Case, accents, punctuation, ``™®©``, a "The" before or behind and legal forms before or behind are folded ("Acme,
    Inc.", "ACME LLC" and "UAB Acme" are "acme"), "&" equals "and", "A.B.C." equals "ABC". "Company" and "Co" count as
    legal forms, "Group", "Holdings" and place names do not. A name made of a legal form alone keeps it. Words are
    joined ("Exxon Mobil" is "ExxonMobil"). A name that is a domain ("Photopea.com") is the name without its ending,
    unless that is a common word ("Booking.com").
    """
    return _company_key(name[: 10 * MAX_NAME_LENGTH]) if isinstance(name, str) else ""


@lru_cache(maxsize=65_536)
def _company_key(name: str) -> str:
    name = visible(name).replace("\ufffd", "")
    if ("." in name or "," in name) and (marked := _MARKED_FORM.search(name := name.rstrip())):
        name = name[: marked.start()] if has_word(name[: marked.start()]) else name
    tokens = company_words(name)
    while _strip_one(tokens):
        pass
    if "." in name and (domain := _DOMAIN.match(name.lstrip())):
        tokens = _without_ending(tokens, domain[1], domain[2].casefold())
    key = "".join(tokens)
    if key.isascii():
        return key
    changed = True
    while changed:
        changed = False
        for form in ATTACHED:
            rest = key.removeprefix(form).removesuffix(form)
            if rest and rest != key:
                key, changed = rest, True
    return key


def _strip_one(tokens: list[str]) -> bool:
    """Remove one thing that does not identify from ``tokens``, leaving at least one word; True when there was one."""
    if len(tokens) < 2:
        return False
    if tokens[0] == "the":
        del tokens[0]
        return True
    if tokens[-1] in ("and", "the"):
        del tokens[-1]
        return True
    if form := form_behind(tokens):
        del tokens[-len(form) :]
        # Romanian companies are called S.C. Acme S.R.L.
        if tokens[0] == "sc" and form in (("srl",), ("sa",)) and len(tokens) > 1:
            del tokens[0]
        return True
    for form in forms_before(tokens):
        if not _GENERIC.issuperset(tokens[len(form) :]):
            del tokens[: len(form)]
            return True
    return False


def _without_ending(tokens: list[str], name: str, ending: str) -> list[str]:
    """``tokens`` of a name that begins with the domain ``name.ending``: without the ending when that is all of it."""
    named = company_words(name)
    if (
        [token for token in tokens if token not in ("http", "https", "www")] != [*named, ending]
        or len("".join(named)) < _NAMING_DOMAINS[ending]
        or _GENERIC.issuperset(named)
    ):
        return tokens
    return named


# Most names: nothing of them would be cut off.
_CLEAN = re.compile(
    r"[A-Za-z0-9]++(?:(?:, | & |[ .'/+-])[A-Za-z0-9]++)*+(?:(?<= Inc)\.|(?<= Ltd)\.|(?<= Co)\.|(?<= Corp)\.)?"
)
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
    if _CLEAN.fullmatch(value):
        return None if len(value) > MAX_NAME_LENGTH or is_placeholder(value) else value
    text = plain_line(value)
    previous = None
    while text != previous:
        previous = text
        text = _cleaned_once(text)
    if not has_word(text) or is_placeholder(text) or len(text) > MAX_NAME_LENGTH:
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

"""Tells companies from universities, authorities, user groups, hotels and people, by what they are called and where.

Precision first: what leaves doubt is ``None``, which counts as a company. A company taken for something else would be
lost without a word.
"""

from __future__ import annotations

import re
from functools import lru_cache

from prospecting.parsing.known_companies import is_known_name, known_company
from prospecting.parsing.name.folding import vocabulary
from prospecting.parsing.name.legal_forms import company_words, form_behind
from prospecting.parsing.name.likeness import is_given_name

COMPANY, NON_PROFIT, GOVERNMENT = "company", "non_profit", "government"
COMMUNITY, VENUE, PERSON = "community", "venue", "person"
KINDS = (COMPANY, NON_PROFIT, GOVERNMENT, COMMUNITY, VENUE, PERSON)

# ------------------------------------------------------------------------------------------------------- domains
_GOVERNMENT_LABELS = frozenset({"gov", "gob", "gouv", "govt", "mil", "fed", "nsn"})
"""Labels of a domain under which only authorities are registered: usa.gov, gov.uk, impots.gouv.fr."""
_GOVERNMENT_DOMAINS = ("admin.ch", "bund.de", "europa.eu", "gc.ca", "go.jp", "go.kr", "gv.at", "canada.ca")
_BELOW_GOVERNMENT = tuple(f".{domain}" for domain in _GOVERNMENT_DOMAINS)
_SCHOOL_DISTRICT = re.compile(r"(?:^|\.)k12\.[a-z]{2}\.us$")
_ACADEMIC = re.compile(r"\.(?:edu|(?:ac|edu)\.[a-z]{2})$")
_CHARITABLE_ENDINGS = ("charity", "church", "foundation", "ngo", "ong")

# --------------------------------------------------------------------------------------------------------- names
_REGISTERED_ASSOCIATION = re.compile(
    r"(?:^|[\s,])e\.\s?V\.?(?=$|[\s,)])|(?<=\s)eV(?=$|[,)])|\beingetragener verein\b|\bgGmbH\b|\bA(?:I)?SBL\b", re.I
)
_CHARITABLE_FORMS = {("ev",), ("eingetragener", "verein"), ("ggmbh",), ("gug",), ("asbl",), ("aisbl",), ("zs",)}
_SAYS_LITTLE = {("inc",), ("incorporated",), ("corp",), ("corporation",), ("co",), ("company",), ("ltd",), ("limited",)}
"""Legal forms that non-profits have as well (Python Software Foundation, Inc.)."""
_FOUNDATION = vocabulary("foundation stiftung fundacion fundacio fundacao fondation fondazione stichting")
_FOUNDATIONS_OF = vocabulary("for of for the inc north south america europe international usa uk canada australia")
_UNIVERSITY = vocabulary(
    "university universitat universitaet universite universidad universidade universita universiteit universitet "
    "universitetet uniwersytet univerzita hochschule fachhochschule"
)
_ASSOCIATION = vocabulary("association associazione asociacion associacao associacio verein vereniging")
_CIVIC_WORDS = vocabulary("alliance association coalition institute initiative society trust women girls")
_DENOMINATIONS = vocabulary(
    "ame anglican apostolic baptist catholic episcopal lutheran methodist orthodox presbyterian"
)
_NON_PROFIT = re.compile(
    r"community college|(?:girl|boy) scouts|(?:women|girls) who code|charitable (?:trust|fund)|red cross|united way"
    r"|ymca|ywca|church of .+|code for (?:america|all|japan|germany|africa|australia)|women in .+"
)
_MINISTRIES = (
    "defen[cs]e|education|finance|health|foreign|interior|home|justice|economy|economic|transport|transportation"
    "|agriculture|culture|labou?r|environment|energy|science|trade|commerce|state|treasury|veterans|homeland|housing"
    "|tourism|industry|public|digital|internal|external|information|social|the"
)
_GOVERNMENT = re.compile(
    rf"(?:the )?(?:u ?s |us |united states |federal )?(?:ministry|department|dept) (?:of|for) (?:{_MINISTRIES})\b.*"
    rf"|.+ (?:department|dept) (?:of|for) (?:{_MINISTRIES}|highways|motor|corrections|revenue|environmental)\b.*"
    r"|(?:the )?(?:city|county|town|borough|municipality|commonwealth|government|province|embassy|consulate general) of"
    r" (?!the sun|angels|london college).+"
    r"|.+ (?:city|county|borough|district|parish|town|shire|municipal) council"
    r"|.+ (?:police|fire|health|treasury|sheriff s?) (?:department|dept)|treasury department"
    r"|.+ county (?:public )?schools|.+ (?:public|unified) school district|.+ school district|.+ public schools"
    r"|.+ (?:county )?board of education|.+ sheriff s office|.+ state police|.+ public library"
    r"|(?:the )?(?:u ?s|united states|royal|.+ national) (?:army|navy|air force|marine corps|coast guard|space force)"
    r"(?: .+)?|.+ army national guard"
    r"|bundes(?:amt|agentur|anstalt|ministerium|republik)\b.*|landes(?:amt|hauptstadt|regierung)\b.*|stadt \w+"
    r"|landkreis \w+|(?:ville|mairie|conseil departemental) (?:de|d) .+|ayuntamiento de .+|comune di .+"
    r"|gobierno (?:de|del) .+|gemeente \w+|prefeitura (?:de|do|da) .+|generalitat de .+"
    r"|european (?:commission|parliament|union)|state of (?:alaska|california|colorado|florida|georgia|hawaii|illinois"
    r"|indiana|iowa|kansas|maine|maryland|michigan|minnesota|nevada|new jersey|new york|ohio|oregon|texas|utah|vermont"
    r"|virginia|washington|west virginia|wisconsin|israel)"
)
_COMMUNITY = re.compile(
    r".+ meet ?ups?(?: .+)?|.+ (?:user|users|usergroup|developer|developers) ?groups?|.+ usergroups?|.+ jug|gdg .+"
    r"|google developer (?:group|groups)(?: .+)?|(?:pyladies|rails ?girls|django ?girls|owasp|devopsdays)(?: .+)?"
    r"|meetup .+|.+ (?:community|local|student) chapter"
)
_RUBY_GROUP = re.compile(r"[\w .-]+\.rb", re.I)
_HALL = re.compile(
    r".+ (?:convention|conference|congress|exhibition|expo) (?:cent(?:er|re)|hall)|.+ hotel(?: and| &)?"
    r"(?: (?:conference|convention) cent(?:er|re)| and (?:spa|suites|resort|casino)| resort)?|.+ (?:concert|town) hall"
    r"|.+ (?:stadium|ballroom|auditorium|fairgrounds|kongresszentrum|kongresshaus|kongresshalle|stadthalle)"
    r"|(?:hilton|marriott|hyatt|sheraton|radisson|novotel|mercure|westin|ramada) .+"
    r"|(?:centro|palacio|palazzo|palais) (?:de|dei|des|di) (?:congresos|congressi|congres|convenciones).*"
    r"|hotel (?:de|del|della|du|le|la|the|am|im|zum|zur|adlon|ritz|plaza|grand|royal|park|palace) ?.*"
)
_NOT_A_HALL = vocabulary(
    "company group holdings hotels international jobs management software systems tech technologies technology "
    "worldwide"
)
_TELLING = (
    _FOUNDATION
    | _UNIVERSITY
    | _ASSOCIATION
    | _CIVIC_WORDS
    | vocabulary(
        """
        army auditorium ayuntamiento ballroom board centre center centro church city code college commission
        commonwealth comune consulate council county cross department dept devopsdays district djangogirls django
        embassy european fairgrounds federal fire force forces gdg gemeente generalitat gobierno google government
        group groups guard hall hilton hotel hyatt jug kongresshalle kongresshaus kongresszentrum landkreis library
        mairie marine marriott meet meetup meetups mercure ministry municipality navy novotel office owasp palacio
        palais palazzo parliament police prefeitura province pyladies radisson rails railsgirls ramada ritz schools
        scouts sheraton sheriff shire stadium stadt stadthalle state states town treasury union ups usergroup
        usergroups ville way westin who ymca ywca chapter conseil fund rb
        """
    )
)
"""Words without which no rule about names tells anything; nor does it without these parts of a word:"""
_TELLING_PARTS = ("bundes", "landes"), ("verein",)
_TITLE = vocabulary("dr prof mr mrs ms herr frau")
_DEGREE = re.compile(r"(?:dr|prof|mr|mrs|ms|herr|frau)\.?(?: [^\W\d_][\w'’.-]*){2,4}", re.I)
_NAME_OF_PERSON = re.compile(r"[^\W\d_][\w'’-]+(?: [^\W\d_]\.?)? [^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+)?")
_PERSONAL_ENDINGS = frozenset({"blog", "codes", "dev", "info", "io", "me", "name", "net", "page", "site", "xyz"})
_PARENTHESES = re.compile(r"\s*[(\[][^)\]]*[)\]]")


@lru_cache(maxsize=16_384)
def classify_company(name: str, domain: str | None = None, linkedin_url: str | None = None) -> str | None:
    """The kind (one of ``KINDS``) of what is called ``name``; ``None`` when nothing tells, and when signs disagree.

    ``domain`` is normalised, as is ``linkedin_url``: that of a person's profile tells as well.
    """
    bracketed = "(" in name or "[" in name
    spelled = company_words(_PARENTHESES.sub("", name) if bracketed else name) or company_words(name)
    if not spelled:
        return None
    form = form_behind(spelled)
    bare = spelled[: len(spelled) - len(form)] if form else spelled
    is_business = form is not None and form not in _CHARITABLE_FORMS and form not in _SAYS_LITTLE
    known = known_company(name, domain)
    found = _kind_by_domain(domain) or (known.kind if known else None) or _kind_by_name(name, bare, domain)
    if found in (None, COMMUNITY, VENUE, PERSON) and known is not None:
        found = known.kind or COMPANY if found in (COMMUNITY, PERSON) else found
    if found is None and _is_person(name, bare, domain, linkedin_url):
        found = PERSON
    if is_business:
        return COMPANY if found in (None, COMPANY, VENUE) else None
    if form in _SAYS_LITTLE and found in (None, PERSON, COMMUNITY):
        return COMPANY
    return found


def _kind_by_domain(domain: str | None) -> str | None:
    if not domain:
        return None
    labels = domain.split(".")
    if (
        not _GOVERNMENT_LABELS.isdisjoint(labels[-2:])
        or f".{domain}".endswith(_BELOW_GOVERNMENT)
        or ("k12." in domain and _SCHOOL_DISTRICT.search(domain))
    ):
        return GOVERNMENT
    if ((".edu" in domain or ".ac." in domain) and _ACADEMIC.search(domain)) or labels[-1] in _CHARITABLE_ENDINGS:
        return NON_PROFIT
    return None


def _kind_by_name(name: str, bare: list[str], domain: str | None) -> str | None:
    if _REGISTERED_ASSOCIATION.search(name):
        return NON_PROFIT
    begins, ends = _TELLING_PARTS
    if _TELLING.isdisjoint(bare) and not bare[0].startswith(begins) and not bare[-1].endswith(ends):
        return None
    text = " ".join(bare)
    if len(bare) == 1:
        if text.endswith("verein") and text != "verein":
            return NON_PROFIT
        return COMMUNITY if _COMMUNITY.fullmatch(text) or _RUBY_GROUP.fullmatch(name.strip()) else None
    if _GOVERNMENT.fullmatch(text):
        return GOVERNMENT
    if _is_non_profit(bare, text, domain):
        return NON_PROFIT
    if _COMMUNITY.fullmatch(text) or _RUBY_GROUP.fullmatch(name.strip()):
        return COMMUNITY
    if _HALL.fullmatch(text) and _NOT_A_HALL.isdisjoint(bare) and not is_known_name(name):
        return VENUE
    return None


def _is_non_profit(bare: list[str], text: str, domain: str | None) -> bool:
    if _NON_PROFIT.fullmatch(text):
        return True
    place = next((place for place, word in enumerate(bare) if word in _FOUNDATION), None)
    if place is not None:
        # Foundation Capital and Foundation Medicine are companies.
        behind = bare[place + 1 :]
        if not place:
            return bare[0] != "foundation"
        return not behind or behind[0] in _FOUNDATIONS_OF
    if not _UNIVERSITY.isdisjoint(bare):
        return True
    if bare[-1] == "college" or bare[0] == "college":
        return domain is None or domain.endswith((".org", ".edu"))
    if bare[-1] in _ASSOCIATION or bare[0] in _ASSOCIATION or bare[-1].endswith("verein"):
        return "national association" not in text
    if bare[-1] == "church" and not _DENOMINATIONS.isdisjoint(bare):
        return True
    return bool(domain) and str(domain).endswith(".org") and not _CIVIC_WORDS.isdisjoint(bare)


def _is_person(name: str, bare: list[str], domain: str | None, linkedin_url: str | None) -> bool:
    """True for somebody with a profile, a degree, or a domain of that name that a company would hardly have."""
    if bare[0] in _TITLE and _DEGREE.fullmatch(name.strip()):
        return not is_known_name(name)
    labels = (domain or "").split(".")
    has_own_domain = len(labels) > 1 and labels[-2] == "".join(bare) and labels[-1] in _PERSONAL_ENDINGS
    has_profile = linkedin_url is not None and "/in/" in linkedin_url
    return (
        (has_profile or (has_own_domain and is_given_name(bare[0])))
        and _NAME_OF_PERSON.fullmatch(name.strip()) is not None
        and not is_known_name(name)
    )

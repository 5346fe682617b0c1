"""Reads job titles: seniority, business functions, the seats they can fill, and which targets they match.

Titles are read as words, never as substrings: "Director" holds no CTO, "24-hr Support" no HR. A title is taken apart
into the roles it names ("CEO & CFO" are two), each with a level and functions.

Policies
- Seniority is the highest role's. Founders, owners, presidents, chairs and managing partners are ``C-Suite``; a
  managing director is a ``Director`` (banks have hundreds); "Head of" is ``Director``; a general manager is a
  ``Manager``.
- Somebody who only works for a holder (assistant, adviser, chief of staff, "office of the CEO"), who once was one
  (former, ex-, emeritus), or whose noun is another ("CEO coach") fills no seat.
- Presidents, owners, founders and managing directors do not fill the CEO seat: each may sit beside a CEO. Foreign
  titles that mean the chief executive (Geschäftsführer, PDG, Amministratore Delegato) do.
- Seat ranks: 1 plain holder, 2 co-holder, 3 interim or acting, 4 deputy, 5 fractional or designated. CFO continues with
  6 vice president of finance, 7 finance director or head, 8 controller, 9 treasurer. HR ranks by level: 1 chief, 2 vice
  president, 3 director or head, 4 manager, 5 business partner, 6 generalist, 7 specialist or coordinator, 8 other,
  9 intern; an interim or deputy holder comes one later.
- A bare "CPO" is product or people: it has both functions and matches both targets but takes no HR seat.
- Decision makers are ``C-Suite``, ``VP`` and ``Director``.

Functions: executive, engineering, product, marketing, sales, finance, hr, operations, partnerships, customer success,
legal, security, data, it, design, developer relations, strategy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from prospecting.parsing.names import fold, vocabulary
from prospecting.parsing.records import TitleClass

C_SUITE = "C-Suite"
VP = "VP"
DIRECTOR = "Director"
MANAGER = "Manager"
INDIVIDUAL = "Individual Contributor"

RULES = 1
"""The version of this module's seat rules. Raise it with every change of what fills which seat: titles are stored
with the version that classified them, and classified again when it changes."""

_SENIORITIES = (C_SUITE, VP, DIRECTOR, MANAGER, INDIVIDUAL)
_MAX_TITLE = 300

# --- spellings ---------------------------------------------------------------------------------------------------

# Word -> spellings that are replaced by it, longest first. The rest of this module knows the words only.
_SPELLINGS = {
    "ceo": """geschaftsfuhrer|geschaftsfuhrerin|geschaeftsfuehrer|geschaeftsfuehrerin|geschaftsfuhrender direktor|pdg
    |vorstandsvorsitzender|vorstandsvorsitzende|president directeur general|presidente directrice generale
    |directeur general|directrice generale|director general|directora general|diretor geral|diretora geral
    |diretor executivo|diretora executiva|presidente ejecutivo|consejero delegado|consejera delegada
    |amministratore delegato|amministratrice delegata|direttore generale|algemeen directeur|verkstallande direktor
    |administrerende direktor|administrerende direktør|toimitusjohtaja|prezes zarzadu|generalny direktor
    |principal executive officer""",
    "cfo": """directeur financier|directrice financiere|directeur administratif et financier|daf|director financiero
    |directora financiera|direttore finanziario|diretor financeiro|finanzvorstand|principal financial officer
    |chief financial|chief finance""",
    "cto": """directeur technique|directrice technique|director de tecnologia|director tecnico|direttore tecnico
    |diretor de tecnologia|chief technology|chief technical""",
    "chro": "drh|directeur des ressources humaines|directrice des ressources humaines|personalvorstand",
    "hr": """human resources|human resource|ressources humaines|recursos humanos|risorse umane|personalwesen
    |personalabteilung|rrhh|rh""",
    "head hr": "personalleiter|personalleiterin",
    "head sales": "vertriebsleiter|vertriebsleiterin",
    "head marketing": "marketingleiter|marketingleiterin",
    "head engineering": "entwicklungsleiter|entwicklungsleiterin",
    "senior": "sr|snr",
    "junior": "jr|jnr",
    "vp": """vice president|vice presidente|vice presidenta|vicepresident|vicepresidente|vizeprasident|vizeprasidentin
    |svp|senior vice president|sr vice president|evp|executive vice president|avp|assistant vice president|rvp|gvp|vps
    |assistant vp|associate vice president|associate vp|vice presidents|snr vp|executive vp|exec vp""",
    "director": """directors|dir|directeur|directrice|direktor|direktorin|directora|direttore|direttrice|diretor
    |diretora|assistant director""",
    "manager": "mgr|managers|gerente|responsable|assistant manager|general manager",
    "head": "leiter|leiterin|jefe|jefa|heads",
    "founder": "founders|grunder|grunderin|gruender|gruenderin|fondateur|fondatrice|fundador|fundadora|fondatore",
    "cofounder": """co founder|co founders|cofounders|mitgrunder|mitgrunderin|mitgruender|cofondateur|cofondatrice
    |cofundador|cofundadora|co fondateur|co fundador""",
    "owner": "inhaber|inhaberin|proprietor|propietario|proprietaire|co owner|coowner|owners",
    "not_an_owner": "product owner|process owner|service owner|account owner|application owner|system owner|data owner",
    "chair": "chairman|chairwoman|chairperson|executive chairman|executive chair|chair of the board",
    "managing_director": "managing director|executive director",
    "managing_partner": "managing partner|general partner|founding partner|senior partner",
    "president": "presidents|presidente|prasident|prasidentin",
    "chief_of_staff": "chief of staff|chief of the staff",
    "customer_success": """customer success|client success|customer experience|customer support|customer service
    |customer care|client services""",
    "business_development": "business development|biz dev|bizdev",
    "business_partner": "business partner|talent partner",
    "hrbp": "hr business partner|hr bp|hr partner|people business partner|people partner",
    "information_technology": "information technology|information systems|information system",
    "information_security": "information security|info sec|cyber security|it security",
    "product_marketing": "product marketing",
    "developer_relations": "developer relations|dev rel|developer advocate|developer advocacy|developer evangelist",
    "people_operations": "people operations|people ops|people culture|people experience",
    "talent_acquisition": """talent acquisition|talent management|talent development|talent operations|talent strategy
    |talent lead|talent specialist|talent coordinator|talent partner|head of talent|talent director|talent manager
    |talent recruiter|talent sourcer""",
    "machine_learning": "machine learning|artificial intelligence",
    "demand_generation": "demand generation|demand gen|lead generation",
    "public_relations": "public relations",
    "social_media": "social media",
    "account_executive": "account executive|account executives|key account|account manager|account management",
    "executive": "exec",
    "executives": "execs",
    "marketing": "mktg|mktng",
    "engineering": "eng|ingenierie|ingenieria|entwicklung",
    "operations": "ops|operaciones|betrieb",
    "technology": "tech|technologies|tecnologia",
    "sales": "vertrieb|ventes|ventas|vendite|vendas",
    "finance": "finanzen|finanzas|finances|finanza",
    "development": "dev",
    "deputy": "stellvertretender|stellvertretende|stv|adjoint|adjointe|adjunto|adjunta|vice",
    "interim": "interimistisch|interino|interina|ad interim",
    "fractional": "part time|outsourced|virtual|contract",
    "former": """formerly|ex|past|previous|previously|retired|ehemaliger|ehemalige|ancien|ancienne|antiguo|onetime
    |erstwhile""",
    "assistant": "asistente|assistenz|assistentin|assistente|assistante|secretary to|aide|ea",
    "intern": """internship|praktikant|praktikantin|stagiaire|becario|becaria|werkstudent|werkstudentin|trainee
    |apprentice""",
    "c_suite": "c suite|csuite|c level|clevel|c levels|cxo|executive leadership|executive team",
    "decision_maker": "decision maker|decision makers|decisionmaker|decisionmakers|key decision maker",
}
_REPLACEMENTS = {
    " ".join(spelling.split()): word for word, spellings in _SPELLINGS.items() for spelling in spellings.split("|")
}
_SPELLING = re.compile(
    r"(?<!\S)(?:" + "|".join(re.escape(s) for s in sorted(_REPLACEMENTS, key=len, reverse=True)) + r")(?!\S)"
)

# --- vocabulary --------------------------------------------------------------------------------------------------

_CHIEF_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "ceo": ("executive",),
    "cfo": ("finance",),
    "cto": ("engineering",),
    "coo": ("operations",),
    "cmo": ("marketing",),
    "cio": ("it",),
    "cro": ("sales",),
    "cso": ("strategy",),
    "cdo": ("data",),
    "chro": ("hr",),
    "ciso": ("security",),
    "clo": ("legal",),
    "cco": ("sales",),
    "cao": ("operations",),
    "cgo": ("marketing",),
    "chief product": ("product",),
    "chief people": ("hr",),
}
_ACRONYMS: dict[str, tuple[str, ...]] = {
    **{chief: (chief,) for chief in _CHIEF_FUNCTIONS if " " not in chief},
    "cpo": ("chief product", "chief people"),
    "cpto": ("chief product", "cto"),
    "ctpo": ("cto", "chief product"),
    "cdio": ("cio", "cdo"),
    "cfoo": ("cfo", "coo"),
}
# "Chief <words> Officer"
_CHIEF_WORDS = {
    "executive": "ceo",
    "financial": "cfo",
    "finance": "cfo",
    "technology": "cto",
    "technical": "cto",
    "operating": "coo",
    "operations": "coo",
    "marketing": "cmo",
    "brand": "cmo",
    "information": "cio",
    "information_technology": "cio",
    "it": "cio",
    "revenue": "cro",
    "sales": "cro",
    "strategy": "cso",
    "data": "cdo",
    "digital": "cdo",
    "analytics": "cdo",
    "hr": "chro",
    "people": "chief people",
    "people_operations": "chief people",
    "talent": "chief people",
    "information_security": "ciso",
    "security": "ciso",
    "legal": "clo",
    "commercial": "cco",
    "administrative": "cao",
    "growth": "cgo",
    "product": "chief product",
}

_FUNCTION_WORDS: dict[str, str] = {
    word: function
    for function, listed in {
        "executive": "ceo founder cofounder owner president chair managing_director managing_partner chief_of_staff",
        "engineering": """engineering engineer engineers software developer developers development devops sre architect
        architecture technology technical technologist backend frontend programmer platform infrastructure qa cto""",
        "product": "product products not_an_owner",
        "marketing": """marketing marketer brand branding growth demand_generation communications communication content
        seo sem advertising public_relations social_media product_marketing campaigns cmo""",
        "sales": "sales revenue business_development commercial account_executive selling seller bdr sdr presales cro",
        "finance": """finance financial accounting accountant controller comptroller treasurer treasury fpa tax audit
        auditor bookkeeper cfo""",
        "hr": """hr hrbp hris chro people_operations talent_acquisition recruiting recruiter recruiters recruitment
        personnel benefits compensation payroll workforce""",
        "operations": """operations operating logistics manufacturing facilities procurement purchasing supply plant
        production coo""",
        "partnerships": "partnership partnerships alliance alliances partners channel channels ecosystem",
        "customer success": "customer_success support customers",
        "legal": "legal counsel compliance attorney lawyer paralegal privacy",
        "security": "security cybersecurity infosec information_security ciso",
        "data": "data analytics analyst machine_learning ai ml bi scientist insights",
        "it": "it information_technology helpdesk sysadmin cio",
        "design": "design designer designers ux ui creative",
        "developer relations": "developer_relations devrel evangelist advocate community",
        "strategy": "strategy strategic cso",
    }.items()
    for word in listed.split()
}

_HEAD_LEVELS = {
    "vp": VP,
    "director": DIRECTOR,
    "head": DIRECTOR,
    "managing_director": DIRECTOR,
    "chief_of_staff": DIRECTOR,
    "controller": DIRECTOR,
    "comptroller": DIRECTOR,
    "treasurer": DIRECTOR,
    "manager": MANAGER,
    "supervisor": MANAGER,
    "superintendent": MANAGER,
    "foreman": MANAGER,
}
_LEADERS = vocabulary("founder cofounder owner president chair managing_partner c_suite")
# Nouns for people below managers; they tell roles apart, and make a "CEO" in front of them a mere attribute.
_OCCUPATIONS = vocabulary(
    """administrator advisor adviser agent analyst architect associate assistant attorney accountant clerk coach
    consultant coordinator counsel designer developer engineer evangelist generalist hrbp business_partner intern
    lawyer liaison mentor nurse programmer recruiter representative researcher scientist secretary specialist student
    supervisor teacher technician writer strategist sourcer chef not_an_owner"""
)
_ATTRIBUTED = _OCCUPATIONS | vocabulary(
    """advisory alumni award circle club community council forum magazine manager network office peer program
    programs relations roundtable search services staff summit support whisperer podcast succession"""
)
_MODIFIER_RANKS = {
    "co": 2,
    "acting": 3,
    "interim": 3,
    "deputy": 4,
    "associate": 4,
    "fractional": 5,
    "designate": 5,
    "elect": 5,
    "incoming": 5,
}
_PAST = vocabulary("former emeritus aspiring late wannabe")
_NOW = vocabulary("now current currently present")
_NO_HEADS = vocabulary("chef coach nurse teacher waiter cook barista gardener cashier")
_CONTROLLERS = vocabulary(
    """controller comptroller corporate financial finance group senior global company division divisional regional
    accounting of the vp director us north america europe international plant"""
)
_NOT_HR_SEATS = vocabulary(
    "engineer engineering developer software sales product hris agent technology marketing analyst"
)
_HIRING = vocabulary("recruiter recruiters recruiting recruitment talent_acquisition")  # also of engineers
_HR_WORKERS = vocabulary(
    """specialist coordinator recruiter recruiters sourcer administrator associate assistant representative clerk
    executive officer"""
)
_PEOPLE_AFTER = vocabulary("head vp director manager chief officer lead of")

_ACRONYM_ALTERNATIVES = "|".join([*_ACRONYMS, "chief", "president", "founder", "executive", "vp", "director"])

# Words a target may have beside its level without asking for more than the level.
_LEVEL_ALONE = vocabulary(
    """
    vp director head manager senior junior global group corporate regional team department level of the a an in for
    any all
    """
)


# --- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Role:
    """One role of a title: its words, level, functions, the chief posts it names and the seats it can fill."""

    words: tuple[str, ...]
    level: str
    functions: frozenset[str]
    chiefs: frozenset[str] = frozenset()
    slots: tuple[tuple[str, int], ...] = ()


def _normal_form(title: str) -> str:
    """The title in this module's vocabulary: lower-case words, ``|`` and ``&`` between what may be separate roles."""
    text = fold(title[:_MAX_TITLE])
    text = re.sub(r"\br\s*&\s*d\b", "research development", text)
    text = re.sub(r"\bfp\s*&\s*a\b", "fpa", text)
    text = re.sub(r"\b(?:[a-z]\.\s?){2,}(?:[a-z]\b)?", lambda found: re.sub(r"[.\s]", "", found[0]) + " ", text)
    text = re.sub(r"\b\d+(?:\s?/\s?\d+)?[\s-]?(?:hrs?|hours?)\b|\b\d+\b", " ", text)
    text = re.sub(r"['’`]", "", text)
    text = re.sub(r"\s[-–—:]+\s|[/,;|()\[\]{}•·–—]", " | ", text)
    text = re.sub(r"\s(?:@|at|bei|chez)\s[^|]*|@[^|]*", " ", f" {text} ")
    text = re.sub(r"[&+]|\b(?:and|und|et|y)\b", " & ", text)
    text = " ".join(re.sub(r"[^\w&|]|_", " ", text).split())
    text = text.replace("people & culture", "people_operations").replace("learning & development", "talent_acquisition")
    text = _SPELLING.sub(lambda found: _REPLACEMENTS[found[0]], text)
    # A second pass for spellings made of spellings ("sr vp human resources partner").
    text = _SPELLING.sub(lambda found: _REPLACEMENTS[found[0]], text)
    text = re.sub(r"\bsenior vp\b|\bexecutive vp\b", "vp", text)
    text = re.sub(r"\b(cfo|cto) officer\b", r"\1", text)
    text = re.sub(r"\bchief (\w+(?: \w+)?) [&|] (\w+(?: \w+)?) officer\b", r"chief \1 officer & chief \2 officer", text)
    text = re.sub(r"\b(?:cfo|cto) & (\w+) officer\b", lambda f: f"{f[0][:3]} & chief {f[1]} officer", text)
    # The rest says whom somebody works for, not who they are.
    text = re.sub(r"\b(?:office of|to|assisting|supporting|reporting) .*$", " attached", text)
    return re.sub(rf"\bfor (?:the )?(?:{_ACRONYM_ALTERNATIVES})\b.*$", " attached", text)


def _parts(text: str) -> list[list[str]]:
    """The words of each role: parts without a rank of their own join the one they qualify, past roles are dropped."""
    pieces = [piece.strip() for piece in re.split(r"([|&])", text)]
    parts: list[list[str]] = []
    past = False
    for index in range(0, len(pieces), 2):
        tokens = pieces[index].split()
        joined_by_and = index > 0 and pieces[index - 1] == "&"
        past = past and joined_by_and
        if past or any(token in _PAST for token in tokens):
            remaining = _after_now(tokens)
            past = bool(tokens) and not remaining and tokens[0] in _PAST
            if len(tokens) == 1 and parts and not joined_by_and:  # "CEO (former)"
                parts.pop()
                past = False
            tokens = remaining
        if tokens:
            parts.append(tokens)
    return _joined(parts)


def _after_now(tokens: list[str]) -> list[str]:
    return next((tokens[i + 1 :] for i, token in enumerate(tokens) if token in _NOW), [])


def _is_ranked(tokens: list[str]) -> bool:
    return any(
        t in _HEAD_LEVELS or t in _LEADERS or t in _OCCUPATIONS or t in _ACRONYMS or t == "chief" for t in tokens
    )


def _joined(parts: list[list[str]]) -> list[list[str]]:
    roles: list[list[str]] = []
    waiting: list[str] = []
    for tokens in parts:
        if _is_ranked(tokens):
            roles.append(waiting + tokens)
            waiting = []
        elif roles and (
            all(t in _MODIFIER_RANKS for t in tokens) or (not _chiefs(roles[-1]) and not _leads(roles[-1]))
        ):
            roles[-1] = roles[-1] + tokens
        else:
            waiting = waiting + tokens
    return roles + ([waiting] if waiting else [])


def _leads(tokens: list[str]) -> bool:
    return any(token in _LEADERS for token in tokens)


def _chiefs(tokens: list[str]) -> list[str]:
    """The chief posts a role names as its own noun, acronyms and "Chief ... Officer" alike."""
    found: list[str] = []
    for index, token in enumerate(tokens):
        after = tokens[index + 1 : index + 2]
        if token in _ACRONYMS and not _is_attribute(tokens[index + 1 :]):
            found.extend(_ACRONYMS[token])
        elif token == "chief":
            span = tokens[index + 1 : index + 6]
            if "officer" in span:
                end = span.index("officer")
                if not _is_attribute(tokens[index + 2 + end :]):
                    found.append(_chief_post(span[:end]))
            elif after == ["executive"] and tokens[index + 2 : index + 3] in ([], ["of"], ["in"], ["attached"]):
                found.append("ceo")
    return found


def _is_attribute(following: list[str]) -> bool:
    """True when the post before ``following`` only describes another noun, as in "CEO coach"."""
    before_preposition: list[str] = []
    for token in following:
        if token in ("of", "in", "attached"):
            break
        before_preposition.append(token)
    return any(token in _ATTRIBUTED for token in before_preposition)


def _chief_post(described: list[str]) -> str:
    phrase = " ".join(described)
    known = _CHIEF_WORDS.get(phrase) or (_CHIEF_WORDS.get(described[-1]) if described else None)
    return known or f"chief {phrase}".strip()


def _level(tokens: list[str], chiefs: list[str]) -> str:
    if chiefs:
        return C_SUITE
    clerk = set(tokens) & {"controller", "comptroller"} and not set(tokens) <= _CONTROLLERS  # "Inventory Controller"
    levels = [_HEAD_LEVELS[t] for t in tokens if t in _HEAD_LEVELS and not (clerk and t.endswith("troller"))]
    if _leads(tokens) and not _is_attribute(tokens[next(i for i, t in enumerate(tokens) if t in _LEADERS) + 1 :]):
        levels.append(C_SUITE)
    elif "chief" in tokens and not any(t in _ACRONYMS for t in tokens):
        levels.append(DIRECTOR)
    if "head" in tokens and set(tokens) & _NO_HEADS:
        levels = [level for level in levels if level != DIRECTOR]
    if tokens == ["partner"]:
        levels.append(DIRECTOR)
    if tokens[:2] in (["team", "lead"], ["team", "leader"]):
        levels.append(MANAGER)
    return min(levels, key=_SENIORITIES.index, default=INDIVIDUAL)


def _functions(tokens: list[str], chiefs: list[str]) -> frozenset[str]:
    found: set[str] = set()
    for chief in chiefs:
        words = chief.split()
        found.update(_CHIEF_FUNCTIONS.get(chief) or {_FUNCTION_WORDS[w] for w in words if w in _FUNCTION_WORDS})
    if not chiefs:
        found = {_FUNCTION_WORDS[token] for token in tokens if token in _FUNCTION_WORDS and token not in _ACRONYMS}
        if _is_people_work(tokens):
            found.add("hr")
        if "partner" in tokens and tokens != ["partner"] and "hr" not in found:
            found.add("partnerships")
        if "developer_relations" in tokens or "devrel" in tokens:
            found.discard("engineering")
    return frozenset(found)


def _is_people_work(tokens: list[str]) -> bool:
    """True when "people" or "talent" means the department: "VP People", "Director of Talent", not "Talent Agent"."""
    for index, token in enumerate(tokens):
        if token in ("people", "talent"):
            before, after = tokens[index - 1 : index] if index else [], tokens[index + 1 : index + 2]
            if (before and before[0] in _PEOPLE_AFTER) or (after and after[0] in _PEOPLE_AFTER | {"analytics"}):
                return True
    return False


def _slots(tokens: list[str], level: str, chiefs: list[str], functions: frozenset[str]) -> dict[str, int]:
    if set(tokens) & {"assistant", "chief_of_staff"}:
        return {}
    words = set(tokens)
    lowered = max((_MODIFIER_RANKS[t] for t in tokens if t in _MODIFIER_RANKS), default=1)
    found: dict[str, int] = {}
    if "ceo" in chiefs:
        found["CEO"] = lowered
    finance = _finance_rank(tokens, level, functions)
    if "cfo" in chiefs:
        found["CFO"] = lowered
    elif finance and lowered == 1:
        found["CFO"] = finance
    for_hr = bool(chiefs or words & _HIRING or not words & _NOT_HR_SEATS)
    if "hr" in functions and "cpo" not in words and for_hr:
        found["HR"] = _hr_rank(words, level) + (lowered > 1 and level != INDIVIDUAL)
    return found


def _finance_rank(tokens: list[str], level: str, functions: frozenset[str]) -> int | None:
    words = set(tokens)
    if words & {"controller", "comptroller"}:
        return 8 if words <= _CONTROLLERS else None
    if "treasurer" in words:
        return 9
    if not words & {"finance", "financial"} or functions != {"finance"}:
        return None
    return {VP: 6, DIRECTOR: 7}.get(level)


def _hr_rank(words: set[str], level: str) -> int:
    if "intern" in words or "student" in words:
        return 9
    by_level = {C_SUITE: 1, VP: 2, DIRECTOR: 3, MANAGER: 4}.get(level)
    if by_level:
        return by_level
    if words & {"hrbp", "business_partner"}:
        return 5
    if "generalist" in words:
        return 6
    return 7 if words & _HR_WORKERS else 8


@lru_cache(maxsize=16_384)
def _roles(title: str) -> tuple[_Role, ...]:
    parts = _parts(_normal_form(title))
    # An assistant, in any part of the title, holds none of the other posts named: "Executive Assistant, CEO".
    support = any(set(tokens) & {"assistant", "chief_of_staff"} for tokens in parts)
    roles = []
    for tokens in parts:
        chiefs = [] if support else _chiefs(tokens)
        level = _level([t for t in tokens if not support or t not in _LEADERS], chiefs)
        if set(tokens) & {"assistant", "intern"}:
            level = INDIVIDUAL
        functions = _functions(tokens, chiefs)
        slots = {} if support else _slots(tokens, level, chiefs, functions)
        roles.append(_Role(tuple(tokens), level, functions, frozenset(chiefs), tuple(sorted(slots.items()))))
    return tuple(roles)


def classify_title(title: object) -> TitleClass:
    """Seniority, functions, seats with ranks, category and decision power of a job title; see the module's policies.

    Anything that is not text, and text that names no role, is an individual contributor without functions.
    """
    roles = _roles(title[:_MAX_TITLE]) if isinstance(title, str) else ()
    seniority = min((role.level for role in roles), key=_SENIORITIES.index, default=INDIVIDUAL)
    functions = frozenset(function for role in roles for function in role.functions)
    slots: dict[str, int] = {}
    for role in roles:
        for slot, rank in role.slots:
            slots[slot] = min(rank, slots.get(slot, rank))
    return TitleClass(
        seniority=seniority,
        functions=functions,
        slots=slots,
        category=_category(functions, seniority),
        is_decision_maker=seniority in (C_SUITE, VP, DIRECTOR),
    )


def _category(functions: frozenset[str], seniority: str) -> str:
    """Marketing, sales and partnerships come before the level: a CMO is ``marketing``, a COO ``c_level``."""
    for function in ("marketing", "sales", "partnerships"):
        if function in functions:
            return function
    return "c_level" if seniority == C_SUITE else "other"


def seniority_rank(seniority: object) -> int:
    """0 for ``C-Suite`` to 4 for ``Individual Contributor``; 5 for anything else. Sorts the most senior first."""
    return _SENIORITIES.index(seniority) if isinstance(seniority, str) and seniority in _SENIORITIES else 5


# --- targets -----------------------------------------------------------------------------------------------------


def matches_target(title: object, target_function: object) -> bool:
    """True when somebody with this title is one of those a signal looks for.

    - A chief post ("CTO", "Chief Technology Officer") wants that very post, in either spelling.
    - "C-Suite" and "Decision maker" want the level; "Founder" includes co-founders, "President" and "Owner" the word.
    - A level with a function ("VP Sales", "Head of Growth") wants that function at that level *or above*: SVP Sales and
      Chief Revenue Officer satisfy "VP Sales", a sales director does not. A level alone ("VP") wants it or above; a
      level with words that name no function ("Director of Vendor Risk") wants those words as well.
    - A function alone ("Marketing") wants any title in it.
    - Other words must all occur in the title. Several targets in one ("CEO / CTO") are alternatives.
    """
    if not isinstance(title, str) or not isinstance(target_function, str):
        return False
    roles = _roles(title[:_MAX_TITLE])
    return any(_satisfies(roles, wanted) for wanted in _roles(re.sub(r"\bor\b", "|", target_function[:_MAX_TITLE])))


def _satisfies(roles: tuple[_Role, ...], wanted: _Role) -> bool:
    words = set(wanted.words)
    if "decision_maker" in words:
        return any(role.level in (C_SUITE, VP, DIRECTOR) for role in roles)
    if words & {"c_suite", "executives"} or words == {"executive"}:
        return any(role.level == C_SUITE for role in roles)
    if wanted.chiefs:
        return any(role.chiefs & wanted.chiefs for role in roles)
    if wanted.level == C_SUITE:
        leaders = words & _LEADERS
        leaders |= {"cofounder"} if "founder" in leaders else set()
        return any(role.level == C_SUITE and leaders & set(role.words) for role in roles)
    rank = seniority_rank(wanted.level)
    if wanted.functions:
        return any(seniority_rank(role.level) <= rank and role.functions & wanted.functions for role in roles)
    if wanted.level != INDIVIDUAL:
        named = words - _LEVEL_ALONE
        return any(seniority_rank(role.level) <= rank and named <= set(role.words) for role in roles)
    return bool(words) and any(words <= set(role.words) for role in roles)

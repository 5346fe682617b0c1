"""The words of job titles: every spelling, abbreviation and language brought to one vocabulary.

``normal_form`` writes a title in lower-case words, with ``|``, ``&`` and ``/`` between what may be separate roles and
``former`` where a role is over. The modules that read titles know these words only.
"""

from __future__ import annotations

import re

from prospecting.parsing.names import fold
from prospecting.parsing.title.scripts import UNSPACED, spaced

MAX_TITLE = 300
"""Characters of a title that are read; no real one is longer."""

# Word -> spellings that are replaced by it, longest first.
_SPELLINGS = {
    "ceo": """vorstandsvorsitzender|vorstandsvorsitzende|president directeur general|presidente directrice generale
    |consejero delegado|consejera delegada|amministratore delegato|amministratrice delegata|verkstallande direktor
    |administrerende direktor|administrerende direktør|toimitusjohtaja|prezes zarzadu|generalny direktor
    |principal executive officer|pdg|генеральный директор|гендиректор|ген директор|генеральний директор
    |главный исполнительный директор|председатель правления""",
    # Managing directors in law: chief executives unless a function says which part of the company they lead.
    "general_director": """geschaftsfuhrer|geschaftsfuhrerin|geschaeftsfuehrer|geschaeftsfuehrerin
    |geschaftsfuhrender direktor|directeur general|directrice generale|director general|directora general
    |diretor geral|diretora geral|diretor executivo|diretora executiva|presidente ejecutivo|direttore generale
    |algemeen directeur""",
    "cfo": """directeur financier|directrice financiere|directeur administratif et financier|daf|director financiero
    |directora financiera|direttore finanziario|diretor financeiro|finanzvorstand|principal financial officer
    |chief financial|chief finance|финансовый директор|директор по финансам|главный финансовый директор
    |фінансовий директор""",
    "cto": """directeur technique|directrice technique|director de tecnologia|director tecnico|direttore tecnico
    |diretor de tecnologia|chief technology|chief technical|технический директор|директор по технологиям
    |главный технический директор|технічний директор""",
    "coo": "операционный директор|директор по операциям|операційний директор",
    "cmo": "директор по маркетингу|маркетинговый директор|директор з маркетингу",
    "cio": "директор по информационным технологиям|директор по ит|ит директор|айти директор",
    "ciso": "директор по информационной безопасности",
    "cso": "директор по стратегии|директор по стратегическому развитию",
    "cdo": "директор по данным|директор по цифровой трансформации|директор по цифровым технологиям",
    "cco": "коммерческий директор|комерційний директор",
    "clo": "директор по правовым вопросам|директор по юридическим вопросам",
    "chief product officer": "директор по продукту|директор по продуктам",
    "chro": """drh|directeur des ressources humaines|directrice des ressources humaines|personalvorstand
    |директор по персоналу|директор по управлению персоналом|директор по кадрам|директор по человеческим ресурсам""",
    "deputy ceo": "заместитель генерального директора|зам генерального директора|замгендиректора",
    "acting ceo": """ио генерального директора|врио генерального директора
    |исполняющий обязанности генерального директора""",
    "hr": """human resources|human resource|human capital|ressources humaines|recursos humanos|risorse umane
    |personalwesen|personalabteilung|rrhh|rh|персонала|персоналу|кадров|кадрам""",
    "head hr": "personalleiter|personalleiterin",
    "head sales": "vertriebsleiter|vertriebsleiterin",
    "head marketing": "marketingleiter|marketingleiterin",
    "head engineering": "entwicklungsleiter|entwicklungsleiterin",
    "senior": "sr|snr",
    "junior": "jr|jnr",
    "vp": """vice president|vice presidente|vice presidenta|vicepresident|vicepresidente|vizeprasident|vizeprasidentin
    |svp|senior vice president|sr vice president|evp|executive vice president|avp|assistant vice president|rvp|gvp|vps
    |assistant vp|associate vice president|associate vp|vice presidents|snr vp|executive vp|exec vp|вице президент
    |віце президент""",
    "director": """directors|dir|directeur|directrice|direktor|direktorin|directora|direttore|direttrice|diretor
    |diretora|assistant director|директор""",
    "manager": "mgr|managers|gerente|responsable|assistant manager|менеджер",
    "general_manager": "general manager|general managers|gm|assistant general manager",
    "head": "leiter|leiterin|jefe|jefa|heads|руководитель|начальник|керівник",
    "founder": """founders|grunder|grunderin|gruender|gruenderin|fondateur|fondatrice|fundador|fundadora|fondatore
    |основатель|основательница|учредитель|засновник""",
    "cofounder": """co founder|co founders|cofounders|mitgrunder|mitgrunderin|mitgruender|cofondateur|cofondatrice
    |cofundador|cofundadora|co fondateur|co fundador|сооснователь|соучредитель|співзасновник""",
    "owner": "inhaber|inhaberin|proprietor|propietario|proprietaire|co owner|coowner|owners|владелец|собственник",
    "not_an_owner": """product owner|process owner|service owner|account owner|application owner|system owner
    |data owner|risk owner|control owner|platform owner|solution owner|epic owner|feature owner|asset owner
    |content owner|domain owner|capability owner|backlog owner|value stream owner""",
    "chairman": """chairwoman|chairperson|chairmen|executive chairman|executive chair|chair of the board|chairholder
    |председатель совета директоров|председатель""",
    "managing_director": "managing director|executive director|исполнительный директор|управляющий директор",
    "managing_partner": "managing partner|general partner|founding partner|управляющий партнер|управляющий партнёр",
    "senior_partner": "senior partner",
    "president": "presidents|presidente|prasident|prasidentin|президент",
    "chief_of_staff": "chief of staff|chief of the staff",
    "customer_success": """customer success|client success|customer experience|customer support|customer service
    |customer care|client services""",
    "business_development": "business development|biz dev|bizdev",
    "corporate_development": "corporate development|corp dev",
    "business_partner": "business partner",
    "hrbp": "hr business partner|hr bp|hr partner|people business partner|people partner",
    "information_technology": "information technology|information systems|information system|ит",
    "information_security": "information security|info sec|cyber security|it security",
    "data_center": "data center|data centre|data centers|data centres|datacenter|datacentre",
    "data_protection": "data protection|data privacy",
    "product_marketing": "product marketing",
    "developer_relations": "developer relations|dev rel|developer advocate|developer advocacy|developer evangelist",
    "people_operations": "people operations|people ops|people culture|people experience",
    "talent_acquisition": """talent acquisition|talent management|talent development|talent operations|talent strategy
    |talent attraction""",
    "machine_learning": "machine learning|artificial intelligence",
    "demand_generation": "demand generation|demand gen|lead generation",
    "public_relations": "public relations|pr",
    "social_media": "social media",
    "account_executive": "account executive|account executives|key account|account manager|account management",
    "sre": "site reliability",
    "ux": "user experience",
    "bi": "business intelligence",
    "revenue operations": "revops|rev ops|revenue ops",
    "executive": "exec",
    "executives": "execs",
    "marketing": "mktg|mktng|маркетинга|маркетингу",
    "engineering": "eng|ingenierie|ingenieria|entwicklung|разработки|разработке",
    "operations": "ops|operaciones|betrieb",
    "technology": "tech|technologies|tecnologia",
    "technical": "technischer|technische|technik",
    "sales": "vertrieb|ventes|ventas|vendite|vendas|verkauf|продаж|продажам",
    "commercial": "comercial|commerciale",
    "finance": "kaufmannischer|kaufmannische|finanzen|finanzas|finances|finanza|финансов|финансам",
    "development": "dev",
    "deputy": "stellvertretender|stellvertretende|stv|adjoint|adjointe|adjunto|adjunta|vice|заместитель|зам",
    "interim": "interimistisch|interino|interina|ad interim",
    "acting": "исполняющий обязанности|временно исполняющий обязанности|врио|ио",
    "fractional": "part time|outsourced|virtual|contract",
    "former": """formerly|ex|past|previous|previously|retired|retd|fmr|frmr|ehemaliger|ehemalige|ehemals|ancien|ancienne
    |antiguo|antigua|antigo|onetime|one time|erstwhile|immediate past|emerita|sortant|sortante|scheidender|scheidende
    |voormalig|tidligere|tidigare|byly|бывший|бывшая|экс|колишній""",
    "assistant": """asistente|assistenz|assistentin|assistente|assistante|secretary to|aide|ea|помощник|помощница
    |ассистент|секретарь""",
    "intern": """internship|praktikant|praktikantin|stagiaire|becario|becaria|werkstudent|werkstudentin|trainee
    |apprentice""",
    "of": "по",
    "c_suite": "c suite|csuite|c level|clevel|c levels|cxo|executive leadership|executive team",
    "decision_maker": "decision maker|decision makers|decisionmaker|decisionmakers|key decision maker",
}
_REPLACEMENTS = {
    fold(" ".join(spelling.split())): word
    for word, spellings in _SPELLINGS.items()
    for spelling in spellings.split("|")
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
    rf"|\b(?:till|thru|through|to|up to|bis|jusqu\S*|hasta|fino al?|ate|до)\s+(?:the\s+)?(?:end of\s+)?"
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
_AND = re.compile(r"[&+]|\b(?:and|und|et|y|и|та)\b")
_NO_WORD = re.compile(r"[^\w&|/]|_")
_SENIOR_VP = re.compile(r"\bsenior vp\b|\bexecutive vp\b")
_CHIEF_OFFICER = re.compile(r"\b(cfo|cto) officer\b")
_TWO_CHIEFS = re.compile(r"\bchief (\w+(?: \w+)?) [&|/] (\w+(?: \w+)?) officer\b")
_CHIEF_AND = re.compile(r"\b(?:cfo|cto) & (\w+) officer\b")
_FOR_SOMEBODY = re.compile(r"\b(?:office of|to|assisting|supporting|reporting) .*$")
_FOR_A_HOLDER = re.compile(
    r"\bfor (?:the )?(?:ceo|cfo|cto|coo|cmo|cio|cro|cso|cdo|chro|ciso|clo|cco|cao|cgo|cpo|cpto|ctpo|cdio|cfoo|chief"
    r"|president|founder|executive|vp|director)\b.*$"
)


def normal_form(title: str) -> str:
    """The title in this package's vocabulary: lower-case words, separators between what may be separate roles."""
    text = fold(title[:MAX_TITLE])
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
    text = _separated(text)
    if "&" in text:
        text = text.replace("people & culture", "people_operations")
        text = text.replace("learning & development", "talent_acquisition")
    words = text.split()
    respelled = _respelled(words)
    if respelled != words:  # there are spellings made of spellings ("sr vp human resources partner")
        text = " ".join(_respelled(respelled))
    if "vp" in text:
        text = _SENIOR_VP.sub("vp", text)
    if "officer" in text:
        text = _CHIEF_OFFICER.sub(r"\1", text)
        text = _TWO_CHIEFS.sub(r"chief \1 officer & chief \2 officer", text)
        text = _CHIEF_AND.sub(lambda found: f"{found[0][:3]} & chief {found[1]} officer", text)
    # The rest says whom somebody works for, not who they are.
    return _FOR_A_HOLDER.sub(" attached", _FOR_SOMEBODY.sub(" attached", text))


def _separated(text: str) -> str:
    """Words and separators alone, without employers. Most titles have no sign in them, and need less reading."""
    has_signs = not text.replace(" ", "").isalpha()
    if has_signs:
        text = _SEPARATORS.sub(" | ", text.replace("/", " / "))
    if has_signs or _AT_WORK.search(text):
        text = _AT.sub(" ", f" {_WORKED_AT.sub(' ', text)} ")
    text = _AND.sub(" & ", text)
    return " ".join((_NO_WORD.sub(" ", text) if has_signs else text).split())


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

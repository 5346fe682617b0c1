"""The words people come with: fields, lists and wrappers around them, job titles, and what stands for nobody."""

from __future__ import annotations

import re
from functools import lru_cache
from string import ascii_lowercase

from prospecting.parsing.fields import KeyMap, phrases
from prospecting.parsing.names import PersonName, clean_person_name, fold, vocabulary, words
from prospecting.parsing.placeholders import stands_for_nothing
from prospecting.parsing.title.areas import is_only_a_title
from prospecting.parsing.title.scripts import UNSPACED, spaced
from prospecting.parsing.title.spellings import RANK_WORDS

MAX_NAME = 200
"""Characters; a longer name is prose."""

FIELDS = KeyMap(
    name=("full_name", "person_name", "contact_name", "display_name", "person", "contact", "executive",
          "nombre_completo", "nom_complet", "nome_completo", "ad_soyad", "imie_i_nazwisko", "nombre", "nom", "nome",
          "naam", "ansprechpartner", "фио", "имя", "姓名", "氏名", "名前"),
    first=("first_name", "given_name", "forename", "firstname", "vorname", "prénom", "voornaam", "imię"),
    last=("last_name", "family_name", "surname", "lastname", "nachname", "nom_de_famille", "apellido", "apellidos",
          "cognome", "sobrenome", "achternaam", "nazwisko", "фамилия"),
    title=("job_title", "current_title", "title_role", "role", "role_title", "position", "current_position",
           "designation", "headline", "job", "occupation", "cargo", "puesto", "poste", "fonction", "funktion", "ruolo",
           "qualifica", "functie", "stanowisko", "должность", "職位", "职位", "职务", "役職", "unvan"),
    linkedin=("linkedin_url", "linkedin_profile", "linkedin_profile_url", "linkedin_link", "profile", "profile_url",
              "social", "url", "links", "socials", "social_links"),
    email=("email_address", "emails", "work_email", "business_email", "e_mail", "mail", "contact_email", "correo",
           "correo_electronico", "courriel", "邮箱", "почта"),
    phone=("phone_number", "phones", "phone_numbers", "mobile", "telephone", "tel", "telefon", "telefono", "telefone",
           "téléphone", "телефон", "电话"),
    company=("company_name", "organization", "organisation", "employer", "current_company", "firm", "firma",
             "unternehmen", "empresa", "entreprise", "azienda", "bedrijf", "компания", "公司", "会社"),
    location=("location_text", "city", "based_in", "place"),
    bio=("biography", "about", "summary", "background", "description", "notes"),
    observed=("as_of", "observed_on", "observed_at", "last_verified", "updated_at", "date"),
)  # fmt: skip
"""The fields of a person given as an object, a row of a table or a labelled block."""

NAMED_LISTS = vocabulary(
    "contacts contact pocs poc people persons person decisionmakers keydecisionmakers executives leadership leaders "
    "team leadershipteam executiveteam managementteam management keycontacts keypeople employees staff officers "
    "speakers pointsofcontact prospects leads targets targetpersons profiles founders boardmembers kontakte "
    "contactos contatos contatti contacten personen personas personnes dirigeants directivos ansprechpartner"
)
"""Keys of lists of people."""

ENVELOPES = vocabulary(
    "results result data output outputs items list response payload content answer extracted findings company companies"
)
"""Keys of what may lie around such a list."""

META = vocabulary(
    "reasoning thoughts thinking explanation notes note summary sources source citations references urls confidence "
    "count total metadata meta status error message query domain website industry disclaimer warnings"
)
"""Keys beside the people, about the answer or the company."""

EVIDENCE = frozenset({"title", "linkedin", "email", "phone"})
"""Fields that make an object with a name a person."""

WANTED = NAMED_LISTS | vocabulary("jobtitle linkedin linkedinurl email fullname firstname lastname title role position")
"""Keys that tell the people's JSON from other JSON in an answer."""

_TITLE_WORDS = (
    vocabulary(
        """
    chro ciso vp svp evp chief president vice director head manager officer founder cofounder owner partner lead leader
    engineer developer architect analyst consultant advisor chair chairman chairwoman chairperson executive principal
    specialist coordinator supervisor scientist designer recruiter controller treasurer secretary counsel assistant
    associate strategist evangelist advocate marketing sales operations finance technology product hr people vorstand
    vorstands prokurist prokuristin
    """
    )
    | {f"c{letter}o" for letter in ascii_lowercase}
    | RANK_WORDS
)

_PLACEHOLDERS = phrases(
    "name|full name|first last|first name last name|firstname lastname|person|person name|contact|contact name"
    "|unknown person|unknown contact|not publicly available|not disclosed|anonymous|redacted|vacant|open position"
    "|no contact|no name|executive|decision maker|team member|employee|representative|spokesperson|human resources"
    "|sales|marketing|sales team|marketing team|hr|hr department|support|info|admin|title|leadership team"
    "|management team|press office|investor relations|customer support|customer service|public relations"
    "|media relations|help desk|front desk|reception|linkedin|sales navigator|linkedin sales navigator|zoominfo"
    "|crunchbase|rocketreach|company website|official website|webmaster"
)
# Last words of the name of a group or a company.
_GROUPS = vocabulary("team department dept office committee board desk inbox hotline staff")
_COMPANIES = vocabulary("inc incorporated llc ltd limited gmbh corp corporation plc llp pty b.v s.a s.p.a")
_NOT_A_PERSON = re.compile(rf".*\b(?:{'|'.join(map(re.escape, sorted(_GROUPS | _COMPANIES)))})\.?")
_POST_ABBREVIATION = re.compile(r"\S+(?:'s|’s)? (?:CEO|CFO|COO|CTO|CMO|CIO|CISO|CSO|CPO|CRO|CDO|CHRO|CCO|SVP|EVP|VP)")
_POST_OF = re.compile(r"\s+(?:of|at|for|@|bei|chez|de)\s+|,\s+")
_ADDRESS_LIKE = re.compile(r"\b[\w-]+\.(?:com|io|org|net|ai|dev|co|de|uk|fr|eu|app|tech|cloud)\b", re.IGNORECASE)
_SITE = re.compile(
    r"\b(?:linkedin|sales navigator|zoominfo|rocketreach|crunchbase|lusha|pitchbook|glassdoor|websites?|web ?pages?"
    r"|press releases?|(?:annual|quarterly) reports?|news(?:letters?|room)|wikipedia|databases?|director(?:y|ies)"
    r"|(?:proxy|financial) statements?|sec filings?"
    r"|(?:team|about|leadership|company|contact|news|management|home) pages?"
    r"|(?:google|web|people|advanced|boolean) search(?:es)?|search (?:on|for|the)|(?:company|social) profiles?)\b",
    re.IGNORECASE,
)
_MASKED = re.compile(r"\w[*•●]{2}|[*•●]{2}\w|\w[*•●_]\w")
_MAX_WORDS = 10


def has_title_word(text: str) -> bool:
    """True for a text with a word of job titles, in any language, as opposed to other words behind a name."""
    found = words(text)
    if not _TITLE_WORDS.isdisjoint(found):
        return True
    if not text.isascii() and UNSPACED.search(text):
        return spaced(folded := fold(text)) != folded
    return "human" in found and "resources" in found


@lru_cache(maxsize=16_384)
def names_a_post(text: str) -> bool:
    """True for a post without a person: "Current CMO", "VP of Sales", "CEO of Acme", "Acme's CMO"."""
    if not has_title_word(text):
        return False
    if clean_person_name(text) is None or _POST_ABBREVIATION.fullmatch(text) or is_only_a_title(text):
        return True
    first = _POST_OF.split(text, maxsplit=1)[0]
    if first == text or not has_title_word(first) or clean_person_name(first) is not None:
        return False
    behind = text.rpartition(", ")[2]
    return behind == text or len(behind.split()) < 2 or clean_person_name(behind) is None  # "CEO, Jane Doe"


def is_nobody(name: str) -> bool:
    """True for a text in the place of a person's name that is none: a placeholder, a post, a team, a company.

    ``name`` is cleaned text. Masked names ("Jane D***") are nobody, too.
    """
    folded = name.casefold().strip(" .:*[]()<>")
    if folded in _PLACEHOLDERS or folded.startswith(("unknown ", "not ", "no ", "n/a")):
        return True
    parts = folded.split()
    if len(parts) > _MAX_WORDS or stands_for_nothing(name):
        return True
    if name.replace(" ", "").isalpha():  # most names; the patterns are for the others
        if parts[-1] in _GROUPS or parts[-1] in _COMPANIES:
            return True
    elif _MASKED.search(name) or _NOT_A_PERSON.fullmatch(folded) or _ADDRESS_LIKE.search(name):
        return True
    return names_a_post(name)


@lru_cache(maxsize=16_384)
def person_named(name: str) -> PersonName | None:
    """The person that ``name``, which is cleaned text, names; ``None`` for prose, a placeholder and a post."""
    return None if len(name) > MAX_NAME or is_nobody(name) else clean_person_name(name)


def is_a_place_to_look(name: str) -> bool:
    """True for what advice lists instead of people: "LinkedIn Sales Navigator", "Company website"."""
    return bool(_SITE.search(name))

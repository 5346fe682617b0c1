"""E-mail addresses: normalises them, and tells personal ones from shared mailboxes and placeholders."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from urllib.parse import unquote

from prospecting.parsing.invisible import visible
from prospecting.parsing.names import vocabulary

# Mailboxes read by whoever is on duty: those whose name in front of the @ consists of these words alone.
_ROLES = vocabulary(
    """
    abuse account accounting accounts admin administration administrator advertising alerts ap ar apply billing
    bookings bot bounce bounces business career careers ceo cfo community compliance conference contact contactus
    contracts cs cto customer customercare customers customerservice customersuccess daemon data datenschutz dev
    devnull devops donotreply dpo editor email enquiries enquiry event events faq feedback finance founders general
    gdpr hallo hello help helpdesk hi hiring hola hostmaster hr humanresources info information inbox inquiries
    inquiry invoice invoices invoicing investor investors ir it job jobs kontakt legal mail mailer mailerdaemon
    mailing maintenance marketing media members membership moderator news newsletter newsletters newsroom no noc
    noreply notification notifications office operations ops order orders organizer organizers partner partners
    partnership partnerships payments payroll people postmaster pr press privacy procurement public publicity
    purchasing receipts reception recruit recruiting recruitment registration relations reply request requests
    returns root sales security service services shop social spam speaker speakers sponsor sponsoring sponsors
    sponsorship sponsorships staff store subscribe success support sysadmin system talent team tech technical test
    ticket tickets undisclosed unsubscribe usenet uucp vendor vendors volunteer volunteers web webmaster welcome
    work www
    """
)
_QUALIFIERS = vocabulary(
    """
    and americas apac asia au br ca ch cn co com de desk dk do emea en es eu europe fr global hq in inc intl it jp
    latam na nl not online our se uk us usa the
    """
)
# What stands in front of the @ where an address only shows how addresses are made, in several languages.
_PATTERN_WORDS = vocabulary(
    """
    firstname lastname fname lname forename surname givenname familyname middlename fullname yourname firstinitial
    lastinitial finitial linitial vorname nachname familienname prenom nomdefamille nombre apellido apellidos
    primernombre cognome sobrenome voornaam achternaam imie nazwisko fornamn efternamn fornavn etternavn efternavn
    etunimi sukunimi keresztnev vezeteknev jmeno prijmeni soyad prenume имя фамилия отчество 姓 名
    """
)
# Words of such patterns that are also names or common: they count beside another word of a pattern.
_PATTERN_HALVES = vocabulary("first last f l initial initials name nom nome ad isim imya familiya nume middle m")
_FIRST_LAST = re.compile(r"(?:f|first|fname|firstname|firstinitial|givenname)[._-]?(?:last|lname|lastname|surname)")
_EMPTY_LOCALS = vocabulary(
    """
    name yourname youremail yourmail emailaddress youraddress user username someone somebody anyone nobody example
    sample placeholder dummy fake null none nil undefined unknown tbd tba redacted hidden masked withheld notavailable
    notfound notprovided notdisclosed unavailable noemail nomail emailprotected emailnotunlocked notunlocked
    lockedemail locked emaillocked emailunavailable emailnotavailable emailnotfound emailhidden catchall
    """
)
# Reserved by RFC 2606, or what documentation, forms and data vendors write in the place of a domain.
_EMPTY_DOMAINS = vocabulary(
    """
    example.com example.org example.net domain.com yourdomain.com mydomain.com thedomain.com emaildomain.com company.com
    yourcompany.com mycompany.com thecompany.com companyname.com companydomain.com companywebsite.com
    organization.com yourorganization.com website.com yourwebsite.com yoursite.com placeholder.com test.com domain.tld
    example.tld company.tld
    """
)

_SIMPLE = re.compile(r"[a-z\d.+_'-]++@[a-z\d-]++(?:\.[a-z\d-]++)++")
# What email_validator would return unchanged, unless the domain is one of special use.
_PLAIN = re.compile(
    r"(?=.{6,254}\Z)[a-z0-9_-]++(?:\.[a-z0-9_-]++)*+@"
    r"(?!\S*?--)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,24}"
)
_IN_BRACKETS = re.compile(r"<\s*+([^<>\s]+@[^<>\s]+)\s*+>")
_MARKDOWN = re.compile(r"\[[^\[\]]*+\]\(\s*+([^\s()<>]++)[^()]*+\)")
_LABEL = re.compile(r"(?:(?:work|business|corporate) )?e-?mail(?: address)?\s*+[:=]\s*+", re.IGNORECASE)
_REMARK = re.compile(
    r"""(?P<address>[^\s@<>()\[\],;【]{1,100}@[^\s@<>()\[\],;【]{1,200})[\s,;–-]*+
    (?P<note>(?:[(\[【][^()\[\]【】@]*+[)\]】]\s*+)++ | (?<=[\s,;–-])[a-z][a-z -]*+)""",
    re.IGNORECASE | re.VERBOSE,
)
_MADE_UP = re.compile(
    r"\b(?:pattern|format|guess|infer|likely|probab|presum|assum|estimat|example|typical|possib|generated|predicted"
    r"|constructed|derived|invalid|bounce|wrong|outdated|former|old)",
    re.IGNORECASE,
)
_AT_IN_BRACKETS = re.compile(r"\s*+[\[({<]\s?(?:at|@|ät|arroba)\s?[\])}>]\s*+", re.IGNORECASE)
_DOT_IN_BRACKETS = re.compile(r"\s*+[\[({<]\s?(?:dot|\.|punkt|punto|point)\s?[\])}>]\s*+", re.IGNORECASE)
_AT_SPELLED_OUT = re.compile(r"([a-z\d.+-]+(?: dot [a-z\d+-]+)*+) at ([a-z\d-]+(?: dot [a-z\d-]+)++)")
_AT_IN_CAPITALS = re.compile(r"([\w.+-]+(?: DOT [\w+-]+)*+) AT ([\w-]+(?:(?:\.| DOT )[\w-]+)++)")
_SPACED = re.compile(r"(\S+)\s*+@\s*+(\S+)")
_MASKED = re.compile(
    r"[*•…●■█×]|\.\.\.|#{2}|^x{3,}[.@_-]|^[\w.-]{0,3}x{3,}[\w.]{0,3}@|@x{3,}\.|[{}%$]|[\[<(][^\[\]<>()]*[\]>)]"
)
_UNMASKED = re.compile(r"[a-z0-9.@_-]++")
_NO_LETTERS = re.compile(r"[\W_\d]+")
_MAX_TEXT = 1_000


def normalize_email(value: object) -> str | None:
    """``value`` as a plain lower-case address with its domain in punycode, or ``None`` when it is not exactly one.

    Reads ``mailto:`` links, ``Jane Doe <jane@acme.com>``, ``[jane@acme.com](mailto:jane@acme.com)``, addresses with a
    remark ("jane@acme.com (verified)") or written against robots ("jane [at] acme [dot] com"), stray quotes and
    spaces. ``None`` for placeholders (``is_placeholder_address``) and for addresses that the remark calls guessed. The
    local part is lower-cased too: no mail service in use tells addresses apart by case. Nothing is looked up in DNS.
    Idempotent.
    """
    address = _address_in(value) if isinstance(value, str) and len(value) <= _MAX_TEXT else None
    return None if address is None or _is_placeholder(address) else address


def is_placeholder_address(value: object) -> bool:
    """True for an address that stands for a missing, locked or masked one, or for a pattern.

    ``email_not_unlocked@domain.com``, ``firstname.lastname@acme.com``, ``{first}.{last}@acme.com``,
    ``j***@acme.com``, ``user@example.com``. It reaches and identifies nobody, whoever it is given for.
    """
    if not isinstance(value, str) or len(value) > _MAX_TEXT or "@" not in value:
        return False
    address = _address_in(value)
    if address is not None:
        return _is_placeholder(address)
    text = visible(value).strip(" \t\r\n<>\"'“”‘’,;").lower().removeprefix("mailto:")
    return text.count("@") == 1 and " " not in text and bool(_MASKED.search(text))


@lru_cache(maxsize=16_384)
def _is_placeholder(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    if domain in _EMPTY_DOMAINS or domain.endswith((".example.com", ".example.org", ".example.net")):
        return True
    may_be_masked = "xxx" in address or not _UNMASKED.fullmatch(address)
    if (may_be_masked and _MASKED.search(address)) or _FIRST_LAST.fullmatch(local):
        return True
    words = [word for word in _NO_LETTERS.split(local) if word]
    if words and all(word in _PATTERN_WORDS or word in _PATTERN_HALVES for word in words):
        return any(word in _PATTERN_WORDS for word in words) or {"first", "last"} <= {*words}
    return local.replace(".", "").replace("_", "").replace("-", "") in _EMPTY_LOCALS


def _address_in(value: str) -> str | None:
    text = visible(value).strip()
    lower = text.lower()
    if _SIMPLE.fullmatch(lower):
        return _validated(lower)
    text = visible(html.unescape(text)) if "&" in text else text
    text = _LABEL.sub("", text, count=1)
    if links := _MARKDOWN.findall(text):
        addresses = {link for link in map(_without_scheme, links) if "@" in link}
        text = addresses.pop() if len(addresses) == 1 and "@" not in _MARKDOWN.sub("", text) else text
    bracketed = _IN_BRACKETS.findall(text)
    if len(bracketed) > 1:
        return None
    text = (bracketed[0] if bracketed else text).strip(" \t\r\n<>\"'`*_“”‘’,;")
    text = _spelled_out(_without_scheme(text))
    if remark := _REMARK.fullmatch(text):
        if _MADE_UP.search(remark["note"]):
            return None
        text = remark["address"]
    text = text.strip(" <>\"'`*_“”‘’()[],;").rstrip(".").lower()
    return _validated(text) if "@" in text else None


def _without_scheme(text: str) -> str:
    """The address of a ``mailto:`` link; other text as it is."""
    return (
        visible(unquote(text[7:].partition("?")[0], errors="replace")).strip()
        if text[:7].lower() == "mailto:"
        else text
    )


def _spelled_out(text: str) -> str:
    """ "jane [at] acme [dot] com" as an address; text without such words as it is."""
    text = _DOT_IN_BRACKETS.sub(".", text)
    if "@" in text and not _AT_IN_BRACKETS.search(text):
        spaced = _SPACED.fullmatch(text)
        return f"{spaced[1]}@{spaced[2]}" if spaced else text
    found = _AT_SPELLED_OUT.fullmatch(text) or _AT_IN_CAPITALS.fullmatch(text)
    if found:
        local, domain = (re.sub(" dot ", ".", part, flags=re.IGNORECASE) for part in found.groups())
        return f"{local}@{domain}"
    return _AT_IN_BRACKETS.sub("@", text)


@lru_cache(maxsize=1)
def _special_use() -> tuple[str, ...]:
    """How a domain ends at which nobody has an address: ``.test``, ``.invalid``, ``.local``."""
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return tuple(ending for name in SPECIAL_USE_DOMAIN_NAMES for ending in (f".{name}", f"@{name}"))


@lru_cache(maxsize=16_384)
def _validated(address: str) -> str | None:
    if _PLAIN.fullmatch(address) and not address.endswith(_special_use()):
        return address
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        return None
    domain = found.ascii_domain
    return f"{found.local_part}@{domain}".lower() if domain else None


def is_role_mailbox(email: object) -> bool:
    """True for a shared mailbox (``info@``, ``sales-emea@``, ``no-reply@``), which identifies nobody.

    False for anything that is not an address.
    """
    address = normalize_email(email)
    if address is None:
        return False
    local = address.rpartition("@")[0].partition("+")[0]
    words = [word for word in _NO_LETTERS.split(local) if word]
    if not words:
        return False
    known = all(word in _ROLES or word in _QUALIFIERS for word in words)
    return (known and any(word in _ROLES for word in words)) or "".join(words) in _ROLES

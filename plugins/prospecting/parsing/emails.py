"""E-mail addresses: normalises them, and tells personal ones from shared mailboxes."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

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
_IN_BRACKETS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_MAX_TEXT = 1_000


def normalize_email(value: object) -> str | None:
    """``value`` as a plain lower-case address with its domain in punycode, or ``None`` when it is not exactly one.

    Reads ``mailto:`` links, ``Jane Doe <jane@acme.com>`` and stray quotes or spaces. The local part is lower-cased too:
    no mail service in use tells addresses apart by case. Nothing is looked up in DNS. Idempotent.
    """
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        return None
    text = value.strip()
    bracketed = _IN_BRACKETS.findall(text)
    if len(bracketed) > 1:
        return None
    text = (bracketed[0] if bracketed else text).strip(" \t\r\n<>\"'`“”‘’()[],;")
    if text[:7].lower() == "mailto:":
        text = unquote(text[7:].partition("?")[0], errors="replace").strip()
    return _validated(text.rstrip(".").lower()) if "@" in text else None


@lru_cache(maxsize=16_384)
def _validated(address: str) -> str | None:
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
    words = [word for word in re.split(r"[\W_\d]+", local) if word]
    if not words:
        return False
    known = all(word in _ROLES or word in _QUALIFIERS for word in words)
    return (known and any(word in _ROLES for word in words)) or "".join(words) in _ROLES

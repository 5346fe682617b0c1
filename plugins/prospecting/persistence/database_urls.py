"""URLs of databases as people paste them: with special characters in the password, percent-encoded or not."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

EXPECTED = (
    "expected postgresql://user:password@host:5432/database, with special characters of user and password "
    "percent-encoded: @ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25, a blank %20"
)
_SCHEME = re.compile(r"(postgres(?:ql)?(?:\+\w+)?)://", re.IGNORECASE)
_HOST = r"(?:[\w.~-]|%[0-9A-Fa-f]{2})+|\[[0-9A-Fa-f:.%]+\]"
# Hosts and ports, one database, options; nothing of it has an @, but for the values of options.
_ADDRESS = re.compile(
    rf"(?:(?:{_HOST})?(?::\d{{1,5}})?(?:,(?:{_HOST})(?::\d{{1,5}})?)*)(?:/[^/?#@]*)?(?:\?[^#?]*=[^#?]*)?", re.ASCII
)
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_RESERVED = re.compile(r"[@/?#]")


def encoded_url(url: str) -> str:
    """``url`` with user and password percent-encoded, as every driver reads it; URLs of other products unchanged.

    A password that was pasted as it is counts as that if nothing else can be meant. Raises ``ValueError``, without
    repeating any of it, when something can, or when there is no address of a database behind the password.
    """
    url = url.strip()
    scheme = _SCHEME.match(url)
    if scheme is None:
        return url
    rest = url[scheme.end() :]
    user, password, address = _parts(rest)
    if user is None:
        return f"{scheme[0]}{address}"
    login = _encoded(user) if password is None else f"{_encoded(user)}:{_encoded(password)}"
    return f"{scheme[0]}{login}@{address}"


def _parts(rest: str) -> tuple[str | None, str | None, str]:
    """User, password, address. A password may have an ``@``; so may the value of an option, and nothing else."""
    if _ADDRESS.fullmatch(rest) and "@" not in rest.partition("?")[0]:
        return None, None, rest
    readings: set[tuple[str | None, str | None, str]] = set()
    for at in re.finditer("@", rest):
        login, address = rest[: at.start()], rest[at.end() :]
        user, colon, password = login.partition(":")
        # A user is a plain name; what has a slash before its colon is an address already.
        if _ADDRESS.fullmatch(address) and not re.search(r"[/?#@]", user):
            readings.add((user, password if colon else None, address))
    # Two readings: what is written by the rules counts.
    by_rules = {each for each in readings if not _RESERVED.search(each[1] or "")}
    if len(found := by_rules or readings) != 1:
        raise ValueError(f"the database URL cannot be read; {EXPECTED}")
    return found.pop()


def _encoded(text: str) -> str:
    """A user or password, encoded once: what is encoded in full stays, what is not encoded at all is."""
    has_codes = bool(_ENCODED.search(text))
    if has_codes and ("%" in _ENCODED.sub("", text) or _RESERVED.search(text)):
        raise ValueError(f"the password in the database URL is percent-encoded in part; {EXPECTED}")
    return quote(unquote(text) if has_codes else text, safe="")

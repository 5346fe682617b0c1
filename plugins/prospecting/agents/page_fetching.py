"""Fetches pages of the web from public addresses only, within limits of size, time and type.

An address comes from a model or from a page, so it may be anybody's trap: one that leads into our own network, a name
that means another address the second time it is looked up, a redirect, an answer without end. The name is looked up
once per connection, all addresses it has must be public, and the connection goes to the very address that was checked;
certificate and ``Host`` stay those of the name.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin, urlsplit

from prospecting.parsing.urls import normalize_website

if TYPE_CHECKING:
    import httpcore

USER_AGENT = "prospecting-bundle/1.0 (reads event and company pages; honours robots.txt)"
_PORTS = {"http": 80, "https": 443}
_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/markdown"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_IO_SECONDS = 10.0
"""No single wait for the other side is longer, whatever is left of the time for the page."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


class PageRefused(Exception):
    """A page that is not read; the text says why, for the model as for people, and repeats nothing of the page."""


class SiteStumbled(PageRefused):
    """The site broke off, or did not take the connection: a moment later it may answer."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How far one page may go: bytes after unpacking, seconds for all of it, redirects."""

    max_bytes: int = 2_000_000
    seconds: float = 20.0
    max_redirects: int = 4


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page as it came. ``url`` is where redirects led; ``is_cut``: it had more bytes than are read."""

    url: str
    status: int
    media_type: str
    content: bytes
    is_cut: bool = False


Resolve = Callable[[str, int], Iterable[str]]
"""The addresses of a host, as text."""


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host. Raises ``OSError`` when it has none."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def is_public(address: str) -> bool:
    """True for an IP address that anybody on the internet may be asked at; never for one that hides another in it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None or found.sixtofour is not None or found.teredo is not None:
            return False
        if found in _LOCAL_NAT64:
            return False
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not (
        found.is_multicast or found.is_reserved or found.is_loopback or found.is_link_local or found.is_unspecified
    )


def page_address(url: str) -> str:
    """The one spelling of a page's address that may be asked for. Raises ``PageRefused``.

    Only http and https at their own ports, a host with a name under a public suffix (no numbers, whichever way they are
    written), no credentials. What only tracks visitors is left out, so that nothing can be told by it.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise PageRefused("This is no address of a web page") from None
    if parts.scheme.lower() not in _PORTS:
        raise PageRefused("Only pages at http and https addresses can be read")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc or "\\" in url:
        raise PageRefused("An address with a user name in it is not read")
    if port not in (None, _PORTS[parts.scheme.lower()]):
        raise PageRefused("Only pages at the usual ports, 80 and 443, can be read")
    normalised = normalize_website(url)
    if normalised is None or urlsplit(normalised).hostname in (None, ""):
        raise PageRefused("Only pages of hosts with a public name can be read")
    return normalised


@dataclass(slots=True)
class PageFetcher:
    """Fetches pages. ``local_hosts`` is for trying things out: which host names are led to which address instead.

    ``{"devconf.example.com": "127.0.0.1:8765", "*": "127.0.0.1:8765"}`` reads the pages of these hosts (``*``: of all)
    there, without TLS and without the check for public addresses; empty, as it is unless somebody sets it, nothing is.
    """

    limits: FetchLimits = field(default_factory=FetchLimits)
    user_agent: str = USER_AGENT
    local_hosts: Mapping[str, str] = field(default_factory=dict)
    resolve: Resolve = resolve

    def fetch(
        self, url: str, *, may_follow: Callable[[str], None] | None = None, any_type: bool = False
    ) -> FetchedPage:
        """The page at ``url``, redirects followed. Raises ``PageRefused``, also for a site that does not answer.

        ``may_follow`` is called with every address before it is asked, and raises ``PageRefused`` to stop.
        ``any_type``: whatever the site says it is; without, HTML and plain text only.
        """
        deadline = time.monotonic() + self.limits.seconds
        address = page_address(url)
        for _ in range(self.limits.max_redirects + 1):
            if may_follow is not None:
                may_follow(address)
            page, location = self._get(address, deadline, any_type)
            if location is None:
                return page
            address = page_address(urljoin(address, location))
        raise PageRefused("The page only leads to other pages")

    def _get(self, url: str, deadline: float, any_type: bool) -> tuple[FetchedPage, str | None]:
        import httpcore

        scheme, target, host = self._target(url)
        backend = cast("httpcore.NetworkBackend", _CheckedBackend(self.resolve, deadline, is_local=host is not None))
        headers = [
            ("Host", urlsplit(url).netloc),
            ("User-Agent", self.user_agent),
            ("Accept", "text/html,application/xhtml+xml,text/plain;q=0.5"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Connection", "close"),
        ]
        try:
            with (
                httpcore.ConnectionPool(network_backend=backend, max_connections=1, retries=0) as pool,
                pool.stream("GET", f"{scheme}://{target}", headers=headers) as response,
            ):
                return self._read(url, response, deadline, any_type)
        except PageRefused:
            raise
        except (TimeoutError, httpcore.TimeoutException):
            raise PageRefused("The site did not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError):
            raise SiteStumbled("The site cannot be reached, or broke off its answer") from None
        except (OSError, ssl.SSLError, httpcore.UnsupportedProtocol):
            raise PageRefused("The site cannot be reached, or broke off its answer") from None
        except (ValueError, UnicodeError, zlib.error):
            raise PageRefused("The site answered something that is no page") from None

    def _target(self, url: str) -> tuple[str, str, str | None]:
        """Scheme and authority with path to connect to, and the local address if the host is led to one."""
        parts = urlsplit(url)
        rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        local = self.local_hosts.get(parts.hostname or "") or self.local_hosts.get("*")
        return ("http", f"{local}{rest}", local) if local else (parts.scheme, f"{parts.netloc}{rest}", None)

    def _read(
        self, url: str, response: httpcore.Response, deadline: float, any_type: bool
    ) -> tuple[FetchedPage, str | None]:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in _REDIRECTS and headers.get("location"):
            return FetchedPage(url, response.status, "", b""), headers["location"]
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status >= 400:
            return FetchedPage(url, response.status, media_type, b""), None
        if media_type not in _TYPES and not any_type:
            raise PageRefused("This is no page of text: only HTML and plain text can be read")
        content, is_cut = _unpacked(
            response.iter_stream(), headers.get("content-encoding", ""), self.limits.max_bytes, deadline
        )
        return FetchedPage(url, response.status, media_type, content, is_cut), None


def _unpacked(chunks: Iterable[bytes], encoding: str, most: int, deadline: float) -> tuple[bytes, bool]:
    """The bytes of an answer, unpacked no further than ``most``: what was packed small may be huge."""
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        unpack = None
    elif coding in ("gzip", "x-gzip", "deflate"):
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    else:
        raise PageRefused("The site packs its pages in a way that was not asked for")
    content = bytearray()
    for chunk in chunks:
        if time.monotonic() > deadline:
            raise PageRefused("The site did not answer in time")
        content += chunk if unpack is None else unpack.decompress(chunk, most + 1 - len(content))
        if len(content) > most:
            return bytes(content[:most]), True
    return bytes(content), False


class _CheckedBackend:
    """Connects for ``httpcore``: to public addresses only, and never later than the deadline."""

    def __init__(self, resolve: Resolve, deadline: float, *, is_local: bool) -> None:
        import httpcore

        self._resolve = resolve
        self._deadline = deadline
        self._is_local = is_local
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        addresses = [host] if self._is_local else self._public(host, port)
        failure: Exception | None = None
        for address in addresses[:3]:
            try:
                stream = self._inner.connect_tcp(address, port, _left(self._deadline), local_address, socket_options)
            except Exception as error:  # the next address may answer
                failure = error
                continue
            return cast("httpcore.NetworkStream", _TimedStream(stream, self._deadline))
        raise failure or OSError("no address")

    def _public(self, host: str, port: int) -> list[str]:
        addresses = list(self._resolve(host, port))
        if not addresses:
            raise OSError("no address")
        if not all(is_public(address) for address in addresses):
            raise PageRefused("Only pages at public addresses can be read")
        return addresses

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise PageRefused("Only pages at public addresses can be read")

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, max(0.0, self._deadline - time.monotonic())))


class _TimedStream:
    """A connection on which every wait ends at the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _TimedStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, _IO_SECONDS)

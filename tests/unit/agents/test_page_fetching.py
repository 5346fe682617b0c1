"""Pages are fetched from public addresses only, within limits, and with the leave of their sites."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prospecting.agents import page_fetching
from prospecting.agents.page_fetching import FetchLimits, PageFetcher, PageRefused, is_public, page_address
from prospecting.agents.page_reading import PageReader
from tests.stand_in.server import StandIn


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def fetcher(stand_in: StandIn) -> PageFetcher:
    return PageFetcher(FetchLimits(max_bytes=100_000, seconds=5.0), local_hosts={"*": stand_in.url.partition("//")[2]})


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://devconf.io/x", "gopher://devconf.io", "javascript:alert(1)",
        "data:text/html,x", "//devconf.io/",
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0177.0.0.1/", "http://0x7f000001/",
        "http://0x7f.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25eth0]/", "http://localhost/",
        "http://localhost./",
        "http://intranet/", "http://printer.local/", "http://metadata.google.internal/",
        "http://169.254.169.254/latest",
        "https://user:pass@devconf.io/", "https://devconf.io@evil.com/", "http://user@devconf.io/",
        "https://devconf.io\\@evil.com/",
        "https://devconf.io:8080/", "https://devconf.io:22/", "http://devconf.io:443/",
        "https://devconf.io:99999/", "https://",
        "https://①②⑦.⓪.⓪.①/", "", "not a url", "https://devconf.io/\x00",
    ],
)  # fmt: skip
def test_addresses_that_nobody_is_asked_at(url: str) -> None:
    with pytest.raises(PageRefused):
        page_address(url)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False), ("127.255.255.254", False), ("0.0.0.0", False), ("10.1.2.3", False), ("172.16.0.1",
        False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False), ("240.0.0.1", False), ("255.255.255.255", False), ("::", False), ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False), ("fc00::1", False), ("ff02::1", False), ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", False),
        ("64:ff9b::7f00:1", False), ("64:ff9b::a00:1", False), ("64:ff9b:1::5db8:d822", False), ("2002:7f00:1::",
        False),
        ("2002:5db8:d822::", False), ("2001:0:1::1", False), ("2001:db8::1", False), ("::7f00:1", False),
        ("nonsense", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, expected: bool) -> None:
    assert is_public(address) is expected


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere the second time it is looked up gains nothing: it is looked up once."""
    looked_up, connected = [], []
    monkeypatch.setattr(
        "httpcore.SyncBackend.connect_tcp", lambda self, host, *rest, **more: connected.append(host) or _refuse()
    )

    def rebinding(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["93.184.216.34"] if len(looked_up) == 1 else ["127.0.0.1"]

    with pytest.raises(PageRefused, match="cannot be reached"):
        PageFetcher(resolve=rebinding).fetch("https://rebind.example.com/")
    assert (looked_up, connected) == (["rebind.example.com"], ["93.184.216.34"])


def _refuse() -> None:
    raise OSError


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:10.0.0.1"], []])
def test_no_connection_is_made_for_a_name_with_an_address_that_is_not_public(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    monkeypatch.setattr("httpcore.SyncBackend.connect_tcp", lambda *all, **more: pytest.fail("a connection was made"))
    with pytest.raises(PageRefused):
        PageFetcher(resolve=lambda host, port: addresses).fetch("https://inside.example.com/")


def test_a_page_is_fetched_honestly(fetcher: PageFetcher, stand_in: StandIn) -> None:
    stand_in.script("pages", {"host": "devconf.io", "path": "/a", "html": "<h1>Hello</h1>", "gzip": True})
    page = fetcher.fetch("https://devconf.io/a?utm_source=secret#part")
    assert (page.url, page.status, page.media_type, page.content) == (
        "https://devconf.io/a", 200, "text/html", b"<h1>Hello</h1>",
    )  # fmt: skip
    (request,) = stand_in.requests("pages")
    assert request["headers"]["host"] == "devconf.io"
    assert request["headers"]["user-agent"].startswith("prospecting-bundle/")
    assert "cookie" not in request["headers"]
    assert request["query"] == {}


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd",
    "https://a:b@devconf.io/", "http://[::1]/",
     "https://devconf.io:8443/", "https://\x00/"],
)  # fmt: skip
def test_every_redirect_is_checked(fetcher: PageFetcher, stand_in: StandIn, location: str) -> None:
    stand_in.script("pages", {"path": "/go", "location": location.replace("\x00", "%00")})
    with pytest.raises(PageRefused):
        fetcher.fetch("https://devconf.io/go")
    assert len(stand_in.requests("pages")) == 1


def test_redirects_are_followed_so_far(fetcher: PageFetcher, stand_in: StandIn) -> None:
    stand_in.script(
        "pages", {"path": "/a", "location": "/b"}, {"path": "/b", "html": "there"}, {"path": "/c", "location": "/c"}
    )
    assert fetcher.fetch("https://devconf.io/a").url == "https://devconf.io/b"
    with pytest.raises(PageRefused, match="other pages"):
        fetcher.fetch("https://devconf.io/c")
    assert len(stand_in.requests("pages")) == 2 + 5


@pytest.mark.parametrize(
    ("rule", "dial", "reason"),
    [
        ({"html": "x", "type": "application/pdf"}, {}, "no page of text"),
        ({"html": "x", "type": "image/svg+xml"}, {}, "no page of text"),
        ({"html": "x"}, {"drop": True}, "cannot be reached"),
        ({"html": "x" * 5_000}, {"truncate": 10}, "cannot be reached"),
        ({"html": "x" * 100}, {"drip": 0.2}, "in time"),
        ({"html": "x"}, {"delay": 3.0}, "in time"),
    ],
)
def test_what_is_no_page(
    fetcher: PageFetcher, stand_in: StandIn, rule: dict[str, Any], dial: dict[str, Any], reason: str
) -> None:
    stand_in.script("pages", rule)
    stand_in.dial("pages", **dial)
    began = time.monotonic()
    with pytest.raises(PageRefused, match=reason):
        replace(fetcher, limits=FetchLimits(seconds=1.0 if "time" in reason else 20.0)).fetch("https://devconf.io/")
    if "time" in reason:
        assert time.monotonic() - began < 2.8


def test_no_page_is_larger_than_the_limit_however_it_is_packed(fetcher: PageFetcher, stand_in: StandIn) -> None:
    stand_in.script("pages", {"path": "/plain", "size": 3_000_000}, {"path": "/bomb", "size": 30_000_000, "gzip": True})
    for path in ("/plain", "/bomb"):
        page = fetcher.fetch(f"https://devconf.io{path}")
        assert (len(page.content), page.is_cut) == (100_000, True)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b" " * 50_000_000)
    content, is_cut = page_fetching._unpacked([bomb], "deflate", 1_000, time.monotonic() + 60)
    assert (len(content), is_cut) == (1_000, True)
    with pytest.raises(PageRefused):
        page_fetching._unpacked([b"x"], "br", 1_000, time.monotonic() + 60)


@pytest.mark.parametrize(
    ("robots", "path", "allowed"),
    [
        ({"text": "User-agent: *\nDisallow: /private"}, "/sponsors", True),
        ({"text": "User-agent: *\nDisallow: /private"}, "/private/x", False),
        ({"text": "User-agent: *\nDisallow: /\nAllow: /sponsors$"}, "/sponsors", True),
        ({"text": "User-agent: prospecting-bundle\nDisallow: /\n\nUser-agent: *\nAllow: /"}, "/sponsors", False),
        ({"text": "User-agent: other\nDisallow: /"}, "/sponsors", True),
        ({"status": 404, "text": ""}, "/sponsors", True),
        ({"status": 403, "text": ""}, "/sponsors", True),
        ({"status": 500, "text": ""}, "/sponsors", False),
        ({"text": "\x00\ufffd<html>"}, "/sponsors", True),
        ({"text": "User-agent: *\nDisallow: /sponsors", "type": "application/octet-stream"}, "/sponsors", False),
    ],
)
def test_robots_are_honoured(
    fetcher: PageFetcher, stand_in: StandIn, robots: dict[str, Any], path: str, allowed: bool
) -> None:
    stand_in.script("pages", {"path": "/robots.txt", **robots}, {"html": "<h1>Page</h1>"})
    reader = PageReader(fetcher)
    if allowed:
        assert reader.read(f"https://devconf.io{path}").content == b"<h1>Page</h1>"
    else:
        with pytest.raises(PageRefused, match=r"robots\.txt"):
            reader.read(f"https://devconf.io{path}")
    assert ("GET", path) in [(one["method"], one["path"]) for one in stand_in.requests("pages")] or not allowed


def test_a_redirect_to_another_site_asks_that_sites_robots(fetcher: PageFetcher, stand_in: StandIn) -> None:
    stand_in.script(
        "pages",
        {"host": "private.example.org", "path": "/robots.txt", "text": "User-agent: *\nDisallow: /"},
        {"path": "/robots.txt", "status": 404},
        {"host": "devconf.io", "path": "/go", "location": "https://private.example.org/page"},
    )
    with pytest.raises(PageRefused, match=r"robots\.txt"):
        PageReader(fetcher).read("https://devconf.io/go")
    assert ("private.example.org", "/page") not in [
        (one["headers"]["host"], one["path"]) for one in stand_in.requests("pages")
    ]

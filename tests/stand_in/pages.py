"""Pages of the web: whatever is asked for at another host name than the server's own."""

from __future__ import annotations

import gzip
import html
from typing import Any

from tests.stand_in.contract import Reply, Request

_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]", ""})
_MADE_UP = (".example.com", ".example.org", ".example.net")
_COMPANIES = ("Moreau Systems", "Okafor Data", "Lindqvist Cloud", "Tanaka Robotics", "Garcia Labs", "Novak Freight")


class Pages:
    """Web sites. A rule is ``{"host": name, "path": "/sponsors", "html": text}``; the first that fits counts.

    Without ``host`` or ``path`` a rule fits any. Instead of ``html``: ``location`` (a redirect), ``text`` (plain, for a
    robots.txt); besides ``status``, ``size`` (so many bytes of filler), ``type`` (the media type), ``gzip`` (packed).
    Without a rule, sites under example.com, .org and .net have a home page and a sponsor page; others have nothing.
    """

    name = "pages"

    def __init__(self) -> None:
        self._rules: list[dict[str, Any]] = []

    def owns(self, request: Request) -> bool:
        return request.method == "GET" and _host(request) not in _LOCAL

    def script(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    def error(self, status: int, code: str | None) -> Reply:
        return Reply(status, f"<h1>{code or status}</h1>".encode(), {"Content-Type": "text/html"})

    def answer(self, request: Request) -> Reply:
        host = _host(request)
        for rule in self._rules:
            if rule.get("host", host) == host and rule.get("path", request.path) == request.path:
                return _scripted(rule)
        if not host.endswith(_MADE_UP) or request.path not in ("/", "/sponsors"):
            return self.error(404, None)
        return _scripted({"html": _sponsors(host) if request.path == "/sponsors" else _home(host)})


def _host(request: Request) -> str:
    return request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")


def _scripted(rule: dict[str, Any]) -> Reply:
    if "location" in rule:
        return Reply(rule.get("status", 302), b"", {"Location": rule["location"]})
    body = rule.get("html", rule.get("text", "")).encode("utf-8", "surrogatepass") + b" " * rule.get("size", 0)
    media_type = rule.get("type", "text/plain" if "text" in rule else "text/html; charset=utf-8")
    headers = {"Content-Type": media_type}
    if rule.get("gzip"):
        body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
    return Reply(rule.get("status", 200), body, headers)


def _home(host: str) -> str:
    title = html.escape(host.partition(".")[0].replace("-", " ").title())
    return f'<title>{title}</title><nav><a href="/sponsors">Sponsors</a></nav><h1>{title}</h1><p>For everybody.</p>'


def _sponsors(host: str) -> str:
    first = sum(map(ord, host)) % len(_COMPANIES)
    chosen = [_COMPANIES[(first + number) % len(_COMPANIES)] for number in range(4)]
    tiers = "".join(
        f'<h2>{tier} sponsors</h2><a href="https://{_slug(name)}.example.com"><img src="/logo.svg" alt="{name}"></a>'
        for tier, name in zip(("Platinum", "Gold", "Silver", "Bronze"), chosen, strict=True)
    )
    return f"<title>Sponsors</title><h1>Our sponsors</h1>{tiers}"


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")

"""Plausible answers to our agents' questions, made up from the question and the same for the same question.

They come the way models answer: one in a fence, one with a sentence around it, one with a trailing comma. Web sites are
under names that nobody can own (RFC 2606), where the stand-in has pages.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date, timedelta
from typing import Any

_FIRST_NAMES = ("Ada", "Grace", "Linus", "Katherine", "Edsger", "Barbara", "Tim", "Radia")
# Under two names, for sites are asked one after the other when somebody owns them together.
_EVENTS = (("Summit", "example.org"), ("World Expo", "example.net"), ("Forum", None))
_LAST_NAMES = ("Moreau", "Okafor", "Lindqvist", "Tanaka", "Garcia", "Novak", "Haddad", "Weiss")


def answer_for(user_text: str) -> str:
    """The answer to a question of one of our agents, or a sentence without any data."""
    try:
        asked = json.loads(user_text)
        request, today = asked["request"], date.fromisoformat(asked["today"])
    except (ValueError, KeyError, TypeError):
        return "I could not find anything about that."
    if "event_name" in request:
        return _sponsors(request)
    if "signal_type" in request:
        return _companies(request, today)
    if "company_name" in request:
        return _people(request)
    if "keyword" in request:
        return _events(request, today)
    return "I could not find anything about that."


def _slug(text: str) -> str:
    """A label of a host name."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", ascii_only)[:60].strip("-") or "x"


def _site(name: str) -> str:
    """The site of a company."""
    return f"https://{_slug(name)}.example.com"


def _events(request: dict[str, Any], today: date) -> str:
    """Up to three events: two have a site, which lists sponsors; of the third one, nobody knows it."""
    keyword = request["keyword"].title()
    places = request.get("locations") or ["Berlin, Germany"]
    first = date.fromisoformat(request["starts_from"]) if request.get("starts_from") else today + timedelta(days=60)
    events = [
        {
            "name": f"{keyword} {kind}",
            "start_date": (first + timedelta(days=7 * number)).isoformat(),
            "end_date": (first + timedelta(days=7 * number + 2)).isoformat(),
            "location": places[number % len(places)],
            "venue": None,
            "website": f"https://{_slug(keyword)}-{_slug(kind)}.{under}" if under else None,
            "attendees": max(request.get("min_attendees") or 0, 500) * (number + 1),
            "type": "conference",
            "has_sponsors": True,
            "source_url": f"https://events.example.org/{_slug(keyword)}-{_slug(kind)}",
            "source_date": None,
            "evidence": f"{keyword} {kind} takes place in {places[number % len(places)]}",
            "sponsors": [],
        }
        for number, (kind, under) in enumerate(_EVENTS[: request.get("limit", 3)])
    ]
    return f"Here is what I found:\n\n```json\n{json.dumps({'events': events}, indent=2)}\n```\n"


def _sponsors(request: dict[str, Any]) -> str:
    start = sum(map(ord, request["event_name"]))
    sponsors = [
        {
            "name": f"{_LAST_NAMES[(start + number) % len(_LAST_NAMES)]} Systems Inc.",
            "tier": tier,
            "website": _site(f"{_LAST_NAMES[(start + number) % len(_LAST_NAMES)]} Systems"),
            "source_url": f"{request.get('website') or 'https://events.example.org'}/sponsors",
            "evidence": f"{tier} sponsor: {_LAST_NAMES[(start + number) % len(_LAST_NAMES)]} Systems Inc.",
        }
        for number, tier in enumerate(("Platinum", "Gold", "Silver"))
    ]
    return json.dumps({"sponsors": sponsors})[:-2] + ",]}"


def _companies(request: dict[str, Any], today: date) -> str:
    first = date.fromisoformat(request["starts_from"]) if request.get("starts_from") else today - timedelta(days=30)
    companies = []
    for number, name in enumerate(_LAST_NAMES[: min(request.get("limit", 3), 3)]):
        company = f"{name} {request['keyword'].title()} GmbH"
        day = min(first + timedelta(days=number), today)
        companies.append(
            {
                "name": company,
                "website": _site(f"{name} {request['keyword']}"),
                "industry": (request.get("industries") or [None])[0],
                "company_size": "51-200",
                "headquarters": (request.get("geographies") or ["Berlin, Germany"])[0],
                "source_url": f"https://news.example.org/{name.lower()}",
                "source_date": day.isoformat(),
                "evidence": f"{company} announced {request['signal_type'].replace('_', ' ')} last month",
                **_signal(request, company, day, number),
            }
        )
    return json.dumps({"companies": companies})


def _signal(request: dict[str, Any], company: str, day: date, number: int) -> dict[str, Any]:
    """A signal of a company, in the spellings of the press."""
    match request["signal_type"]:
        case "funding":
            return {
                "round": (request.get("funding_stages") or [("Series A", "Seed round", "Series B")[number]])[0],
                "amount": ("$12M", "EUR 3,5 Mio.", "12.5 million USD")[number],
                "announced_on": day.isoformat(),
                "investors": ["Northwind Ventures", "Fabrikam Capital"],
            }
        case "hiring":
            titles = request.get("positions") or ["Head of Security", "Data Engineer"]
            return {
                "open_positions": [
                    {"position": title, "department": "Engineering", "location": "Berlin", "posted_on": day.isoformat()}
                    for title in titles
                ]
            }
        case "product_launch":
            return {"product": f"{request['keyword'].title()} Cloud", "launched_on": day.isoformat()}
        case _:
            return {
                "acquirer": company,
                "target": f"{_LAST_NAMES[-1 - number]} Labs",
                "announced_on": day.isoformat(),
                "amount": "¥1.2bn",
            }


def _people(request: dict[str, Any]) -> str:
    company = request["company_name"]
    start = sum(map(ord, company))
    titles = request.get("target_functions") or ["Chief Executive Officer", "VP Marketing"]
    contacts = []
    for number, title in enumerate(titles[: request.get("limit", 5)]):
        first = _FIRST_NAMES[(start + number) % len(_FIRST_NAMES)]
        last = _LAST_NAMES[(start + 3 * number) % len(_LAST_NAMES)]
        contacts.append(
            {
                "name": f"{first} {last}",
                "title": title,
                "company": company,
                "linkedinUrl": f"https://www.linkedin.com/in/{first.lower()}-{last.lower()}-{_slug(company)}",
                "email": None,
                "source_url": f"{_site(company)}/team",
                "source_date": None,
                "evidence": f"{first} {last}, {title} of {company}",
            }
        )
    return f"These people work at the company. {json.dumps({'contacts': contacts})} Let me know if you need more!"

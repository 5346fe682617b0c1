"""Tells Airflow about the installed package: its types of connections, with their forms, its plugin, and its links.

Airflow calls `get_provider_info` through the entry point `apache_airflow_provider`, in every component.
"""

from __future__ import annotations

import logging
from typing import Any

from prospecting.resources import PACKAGE_FOLDER, is_installed, other_copies

log = logging.getLogger(__name__)

_HOOKS = "prospecting.hooks"
_LINKS = "prospecting.operators.links"
_PUBLISHED = "The published price of a known model when empty; 0 if it costs nothing"
_NO_LIMIT = "At most, of calls to this provider; no limit when empty"
_CALLS_PER_MINUTE = {
    "label": "Calls per minute",
    "description": "Rate limit shared by all workers; 60 when empty",
    "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
}


def get_provider_info() -> dict[str, Any]:
    """Returns what Airflow's schema of providers asks for. Warns when another copy of the package could be meant."""
    for copy in other_copies():
        log.warning(
            "The package prospecting is used from %s; the copy in %s is ignored. Remove one of them: uninstall "
            "prospecting-bundle, or take the other folder off the import path",
            PACKAGE_FOLDER,
            copy,
        )
    # A checkout has it in its plugins folder, and Airflow complains about a plugin that it meets twice.
    plugin = {"name": "prospecting", "plugin-class": "prospecting.plugin.ProspectingPlugin"}
    return {
        "package-name": "prospecting-bundle",
        "name": "Prospecting",
        "description": "Buying signals in, people worth talking to out",
        "connection-types": [
            _language_model(),
            _web_search(),
            _deep_research(),
            _operations_service(),
            _mail(),
            _slack(),
        ],
        "plugins": [plugin] if is_installed() else [],
        "extra-links": [
            f"{_LINKS}.{name}"
            for name in (
                "LedgerCallsLink",
                "RejectedRecordsLink",
                "ExecutionLink",
                "EvaluationLink",
                "BriefingWritesLink",
                "FeatureRefreshLink",
                "ModelCardLink",
                "RecommendedAccountsLink",
                "ProviderRunLink",
                "AccountRefreshLink",
                "PromotionLink",
                "ErasureLink",
            )
        ],
    }


def _form(host: str, **placeholders: str) -> dict[str, Any]:
    """A form with a base URL and an API key."""
    return {
        "hidden-fields": ["login", "schema", "port"],
        "relabeling": {"host": "Base URL", "password": "API key"},
        "placeholders": {"host": host, **placeholders},
    }


def _positive(label: str, description: str, kind: str = "number") -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": [kind, "null"], "exclusiveMinimum": 0}}


def _usd(label: str, description: str = "US dollars; 0 when empty") -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": ["number", "null"], "minimum": 0}}


def _count(label: str) -> dict[str, Any]:
    return {"label": label, "description": _NO_LIMIT, "schema": {"type": ["integer", "null"], "minimum": 0}}


def _language_model() -> dict[str, Any]:
    return {
        "connection-type": "prospecting_llm",
        "hook-class-name": f"{_HOOKS}.agents.AgentsHook",
        "hook-name": "Prospecting: language model",
        "ui-field-behaviour": _form("https://api.openai.com/v1"),
        "conn-fields": {
            "model": {
                "label": "Model",
                "description": "The model's name, as the service spells it",
                "schema": {"type": ["string", "null"]},
            },
            "api": {
                "label": "API",
                "description": "openai, also for all that is compatible (when empty), or anthropic",
                "schema": {"type": ["string", "null"], "enum": ["openai", "anthropic", None]},
            },
            "input_usd_per_million": _usd("US dollars per million input tokens", _PUBLISHED),
            "output_usd_per_million": _usd("US dollars per million output tokens", _PUBLISHED),
            "calls_per_minute": _CALLS_PER_MINUTE,
            "timeout_seconds": _positive("Timeout", "Seconds a question may take; 180 when empty"),
            "max_searches": _positive("Searches per question", "At most; 5 when empty", "integer"),
            "max_pages": {
                "label": "Pages read per question",
                "description": "At most, 0 for none; 5 when empty",
                "schema": {"type": ["integer", "null"], "minimum": 0},
            },
            "read_sponsor_pages": {
                "label": "Look for sponsors on the event's site first",
                "description": "Without the model, where the site lists them; true when empty",
                "schema": {"type": ["boolean", "null"]},
            },
            "user_agent": {
                "label": "User agent for pages",
                "description": "Who asks sites for their pages, best with a way to reach you",
                "schema": {"type": ["string", "null"]},
            },
            "max_input_tokens": _positive("Input tokens per question", "At most; 100,000 when empty", "integer"),
            "max_output_tokens": _positive("Output tokens per question", "At most; 8,000 when empty", "integer"),
            "max_usd_per_run": _usd("US dollars per run", _NO_LIMIT),
            "max_calls_per_run": _count("Calls per run"),
            "max_usd_per_day": _usd("US dollars per day", _NO_LIMIT),
            "max_calls_per_day": _count("Calls per day"),
            "ttl_seconds": {
                "label": "Reuse answers for",
                "description": "Seconds in which other executions may use an answer again; 7 days when empty",
                "schema": {"type": ["integer", "null"], "minimum": 0},
            },
        },
    }


def _web_search() -> dict[str, Any]:
    return {
        "connection-type": "prospecting_search",
        "hook-class-name": f"{_HOOKS}.web_search.WebSearchHook",
        "hook-name": "Prospecting: web search",
        "ui-field-behaviour": _form("https://api.tavily.com"),
        "conn-fields": {
            "api": {
                "label": "API",
                "description": "tavily (when empty) or brave",
                "schema": {"type": ["string", "null"], "enum": ["tavily", "brave", None]},
            },
            "usd_per_search": _usd("US dollars per search"),
            "calls_per_minute": _CALLS_PER_MINUTE,
        },
    }


def _deep_research() -> dict[str, Any]:
    return {
        "connection-type": "prospecting_parallel",
        "hook-class-name": f"{_HOOKS}.parallel.ParallelHook",
        "hook-name": "Prospecting: Parallel",
        "ui-field-behaviour": _form("https://api.parallel.ai"),
        "conn-fields": {
            "timeout_seconds": _positive("Timeout", "Seconds one request may take"),
            "poll_delays": {
                "label": "Poll delays",
                "description": "Seconds between looks at a run, such as [5, 10, 60]",
                "schema": {"type": ["array", "null"], "items": {"type": "number"}},
            },
            "wait_caps": {
                "label": "Longest waits",
                "description": 'Seconds by processor, such as {"pro": 900}; added to the defaults',
                "schema": {"type": ["object", "null"]},
            },
            "usd_per_run": {
                "label": "Prices",
                "description": 'US dollars by processor, such as {"pro": 0.1}; added to the published ones',
                "schema": {"type": ["object", "null"]},
            },
        },
    }


def _operations_service() -> dict[str, Any]:
    return {
        "connection-type": "prospecting_operations",
        "hook-class-name": f"{_HOOKS}.operations.OperationsHook",
        "hook-name": "Prospecting: operations",
        "ui-field-behaviour": _form("https://operations.example.com"),
        "conn-fields": {
            "timeout_seconds": _positive("Timeout", "Seconds one operation may take"),
            "usd_per_call": _usd("US dollars per call"),
            "calls_per_minute": _CALLS_PER_MINUTE,
        },
    }


def _mail() -> dict[str, Any]:
    return {
        "connection-type": "prospecting_smtp",
        "hook-class-name": f"{_HOOKS}.mail.MailHook",
        "hook-name": "Prospecting: mail",
        "ui-field-behaviour": {
            "hidden-fields": ["schema"],
            "relabeling": {"host": "Server", "login": "User"},
            "placeholders": {"host": "smtp.example.com", "port": "587"},
        },
        "conn-fields": {
            "to": {
                "label": "To",
                "description": "The addresses messages go to, separated by commas",
                "schema": {"type": ["string", "null"]},
            },
            "from_email": {
                "label": "From",
                "description": "The address messages come from; the user when empty",
                "schema": {"type": ["string", "null"]},
            },
            "security": {
                "label": "Security",
                "description": "starttls (port 587, when empty), ssl (port 465) or none (port 25)",
                "schema": {"type": ["string", "null"], "enum": ["starttls", "ssl", "none", None]},
            },
        },
    }


def _slack() -> dict[str, Any]:
    return {
        "connection-type": "prospecting_slack",
        "hook-class-name": f"{_HOOKS}.slack.SlackHook",
        "hook-name": "Prospecting: Slack",
        "ui-field-behaviour": {
            "hidden-fields": ["host", "login", "schema", "port"],
            "relabeling": {"password": "Webhook URL"},
            "placeholders": {"password": "https://hooks.slack.com/services/T…/B…/…"},
        },
        "conn-fields": {},
    }

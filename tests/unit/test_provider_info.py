"""What the installed package tells Airflow: types of connections, their forms, links."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from airflow.sdk import BaseOperatorLink, Connection

from prospecting.hooks.agents import live_settings
from prospecting.hooks.connection_extras import rate_limit
from prospecting.hooks.mail import recipients, security_of, sender_of
from prospecting.hooks.operations import operations_settings_from
from prospecting.hooks.parallel import parallel_settings_from
from prospecting.operators import links
from prospecting.provider_info import get_provider_info

INFO = get_provider_info()
TYPES: dict[str, dict[str, Any]] = {each["connection-type"]: each for each in INFO["connection-types"]}


def load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_airflow_accepts_it() -> None:
    for name, instance in {
        "provider_info.schema.json": INFO,
        "customized_form_field_behaviours.schema.json": {
            key.replace("-", "_"): value for each in TYPES.values() for key, value in each["ui-field-behaviour"].items()
        },
    }.items():
        schema = json.loads(files("airflow").joinpath(name).read_text())
        jsonschema.validate(instance, schema)


def test_every_type_is_its_hooks_own() -> None:
    """Airflow warns about a hook of another type; the type postgres belongs to the provider of PostgreSQL."""
    assert set(TYPES) == {
        "prospecting_llm",
        "prospecting_search",
        "prospecting_parallel",
        "prospecting_operations",
        "prospecting_smtp",
        "prospecting_slack",
    }
    for kind, each in TYPES.items():
        hook = load(each["hook-class-name"])
        assert (hook.conn_type, hook.hook_name) == (kind, each["hook-name"])
        assert hook.default_conn_name == kind
        assert getattr(hook(**{hook.conn_name_attr: "theirs"}), hook.conn_name_attr) == "theirs"


def test_every_link_is_there() -> None:
    known = {
        f"{item.__module__}.{name}"
        for name, item in vars(links).items()
        if isinstance(item, type) and issubclass(item, BaseOperatorLink) and item.__module__ == links.__name__
    }
    assert set(INFO["extra-links"]) == known - {f"{links.__name__}.RunPageLink"}
    assert all(issubclass(load(path), BaseOperatorLink) for path in INFO["extra-links"])


def connection(extra: dict[str, Any]) -> Connection:
    return Connection(
        conn_id="x", conn_type="generic", host="https://x.example", password="key", extra=json.dumps(extra)
    )


def mail_settings(extra: dict[str, Any]) -> Any:
    given = Connection(conn_id="x", conn_type="generic", login="us@x.example", extra=json.dumps(extra))
    return recipients(given), sender_of(given), security_of(given)


READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "prospecting_llm": lambda extra: (live_settings(connection(extra), connection({})), rate_limit(connection(extra))),
    "prospecting_search": lambda extra: (
        live_settings(connection({}), connection(extra)),
        rate_limit(connection(extra)),
    ),
    "prospecting_parallel": lambda extra: parallel_settings_from(connection(extra)),
    "prospecting_operations": lambda extra: (
        operations_settings_from(connection(extra)),
        rate_limit(connection(extra)),
    ),
    "prospecting_smtp": lambda extra: mail_settings(extra | {"to": extra.get("to") or "ops@x.example"}),
}
SAMPLES = {"string": "text", "number": 0.25, "integer": 3, "boolean": False, "array": [2], "object": {"pro": 7}}
FITTING = {"to": "ann@x.example", "from_email": "bot@x.example", "security": "none"}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, each in TYPES.items() for name in each["conn-fields"]]
)
def test_every_field_of_a_form_is_read_and_may_stay_empty(kind: str, name: str) -> None:
    field = TYPES[kind]["conn-fields"][name]
    type_, nothing = field["schema"]["type"]
    assert nothing == "null"
    assert field["label"]
    assert field["description"]
    read = READERS[kind]
    *_, sample, _ = field["schema"].get("enum", [SAMPLES[type_], None])
    assert read({name: FITTING.get(name, sample)}) != read({}), "nobody reads it"
    assert read({name: None}) == read({})


def test_another_copy_of_the_package_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        get_provider_info()
        assert caplog.messages == []
        (tmp_path / "prospecting").mkdir()
        (tmp_path / "prospecting" / "__init__.py").touch()
        monkeypatch.syspath_prepend(str(tmp_path))
        get_provider_info()
    (message,) = caplog.messages
    assert f"the copy in {tmp_path / 'prospecting'} is ignored" in message

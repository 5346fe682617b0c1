"""The process that those that carry runs are copies of: Airflow as the tests have it, and all that tasks import.

A process that has to import all that itself spends most of its life with it, and is mostly killed while importing.
"""

from __future__ import annotations

import importlib
import pkgutil

import prospecting
import tests.dags.nursery

OUTSIDE = ("openai", "pydantic_ai", "pydantic_ai.models.openai", "pydantic_ai.providers.openai_compatible", "psycopg")
LEFT_OUT = ("prospecting.cli", "prospecting.provider_info")

for name in OUTSIDE:
    importlib.import_module(name)
for module in pkgutil.walk_packages(prospecting.__path__, "prospecting."):
    if module.name not in LEFT_OUT:
        importlib.import_module(module.name)

__all__ = ["tests"]

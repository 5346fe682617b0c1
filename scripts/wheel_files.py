"""Carries the bundle's files in the wheel, inside the package; `prospecting.resources` finds them there.

An editable installation is a link to the checkout, which has them already.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = ("alembic.ini", "dags", "include", "migrations")


class WheelFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling for every wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel of the version `standard`; the other one is `editable`."""
        if version == "standard":
            build_data["force_include"].update({name: f"prospecting/bundle/{name}" for name in CARRIED})

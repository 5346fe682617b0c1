"""The version of the product, which is written down in `pyproject.toml` alone."""

from __future__ import annotations

import importlib.metadata
import tomllib

from prospecting.resources import bundle_folder, is_installed

DISTRIBUTION = "prospecting-bundle"


def version() -> str:
    """The installed wheel's version, or that of the checkout. Raises ``PackageNotFoundError`` for a bare copy."""
    project = bundle_folder() / "pyproject.toml"
    if is_installed() or not project.is_file():
        return importlib.metadata.version(DISTRIBUTION)
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])

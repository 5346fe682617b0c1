"""Finds the files the package needs besides its code: SQL, prompts, catalog, migrations, DAGs.

A checkout keeps them beside ``plugins/``; a wheel carries them inside the package, in ``prospecting/bundle``. Every
floor may import this module; it imports none.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE_FOLDER = Path(__file__).resolve().parent
_CARRIED = PACKAGE_FOLDER / "bundle"


def is_installed() -> bool:
    """True when this is an installed wheel, False in a checkout."""
    return _CARRIED.is_dir()


def bundle_folder() -> Path:
    """The folder that holds ``include/``, ``dags/``, ``migrations/`` and ``alembic.ini``.

    Raises ``FileNotFoundError`` when somebody copied the package without them.
    """
    folder = _CARRIED if is_installed() else PACKAGE_FOLDER.parents[1]
    if not (folder / "include").is_dir():
        raise FileNotFoundError(
            f"The package {PACKAGE_FOLDER} was copied without its files: {folder} has no folder include; install the "
            "wheel, or use the checkout as it is"
        )
    return folder


def resource_folder(name: str) -> Path:
    """The folder ``include/<name>``, such as ``sql``. Raises ``FileNotFoundError``."""
    return bundle_folder() / "include" / name


def other_copies() -> list[Path]:
    """Folders of other copies of this package on the import path. They are never imported, and may confuse people."""
    found = {Path(entry or ".", PACKAGE_FOLDER.name, "__init__.py").resolve() for entry in sys.path}
    return sorted(path.parent for path in found if path.parent != PACKAGE_FOLDER and path.is_file())

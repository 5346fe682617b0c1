"""Write THIRD-PARTY.md: every package that requirements*.txt pin, with the licence that its own metadata states.

What is installed here is read from here. The rest, needed on other systems or in the image only, stays as the file has
it, as what a version states does not change; of what is new, the wheel is fetched from the package index and read.
"""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "THIRD-PARTY.md"
# Who needs a package, by the file that pins it; the first one that does is named.
LISTS = {
    "requirements.txt": "the bundle",
    "requirements-image.txt": "the image",
    "requirements-dev.txt": "development",
}
# Wheels that exist for some of these only.
PYTHONS = ("3.12", "3.13", "3.11", "3.14")
HEAD = """<!-- Written by `make notice`; do not edit. -->
# Packages of others

Needed to run, deploy or develop this product, installed from the package index, and not part of it. The licence is what
the metadata of the package states; the text is in the package.

| package | version | licence | needed by |
| --- | --- | --- | --- |
"""

Pin = tuple[str, str]
"""Name, normalised, and version."""


def pinned(root: Path) -> dict[Pin, str]:
    """Every pin of the lists, with who needs it, by name."""
    found: dict[Pin, str] = {}
    for file, needed_by in LISTS.items():
        for name, version in re.findall(r"^([A-Za-z0-9][\w.-]*)==(\S+)", (root / file).read_text(), re.MULTILINE):
            found.setdefault((_normalized(name), version), needed_by)
    return dict(sorted(found.items()))


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


_LOOKED_UP = {"openlineage-sql": "Apache-2.0"}
"""Licences that the metadata do not state, by name: as the heads of the source files have them (SPDX)."""


def licence(metadata: Mapping[str, Any]) -> str:
    """The licence as core metadata (in JSON form) state it: an SPDX expression, else classifiers, else the first line
    of free text; else as looked up. Raises ``ValueError`` when there is none.
    """
    if expression := metadata.get("license_expression"):
        return str(expression)
    classifiers = [each for each in metadata.get("classifier", ()) if each.startswith("License :: ")]
    if names := [each.rpartition(" :: ")[2] for each in classifiers if each != "License :: OSI Approved"]:
        return " or ".join(names)
    if (text := str(metadata.get("license") or "").strip()) and text != "UNKNOWN":
        return text.splitlines()[0].strip()
    if known := _LOOKED_UP.get(_normalized(metadata["name"])):
        return known
    raise ValueError(f"{metadata['name']} {metadata['version']} states no licence: look it up before using it")


def installed(path: list[str] | None = None) -> dict[Pin, Mapping[str, Any]]:
    """Core metadata of everything that is installed here, or lies in the folders and wheels of ``path``."""
    found: dict[Pin, Mapping[str, Any]] = {}
    for distribution in importlib.metadata.distributions(path=sys.path if path is None else path):
        metadata = distribution.metadata.json
        found[_normalized(str(metadata["name"])), str(metadata["version"])] = metadata
    return found


def from_index(pin: Pin) -> Mapping[str, Any]:
    """Core metadata of a package that is not installed here. Raises ``LookupError`` when no wheel of it is offered."""
    for python in PYTHONS:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps", "--dest", folder]
            command += ["--only-binary", ":all:", "--python-version", python, "==".join(pin)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return installed([str(wheel) for wheel in Path(folder).iterdir()])[pin]
    raise LookupError(f"no wheel of {'=='.join(pin)} was found: {done.stderr.strip()}")


def written(text: str) -> dict[Pin, str]:
    """The licences in a file that was written before."""
    rows = re.findall(r"^\| \[([^\]]+)\]\(\S+\) \| (\S+) \| (.+) \| [^|]+ \|$", text, re.MULTILINE)
    return {(name, version): stated for name, version, stated in rows}


def document(needs: Mapping[Pin, str], licences: Mapping[Pin, str]) -> str:
    """The file: a row per pin."""
    rows = (
        f"| [{name}](https://pypi.org/project/{name}/{version}/) | {version} | {licences[name, version]} | {who} |"
        for (name, version), who in needs.items()
    )
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    """Write the file; returns the exit status."""
    needs = pinned(ROOT)
    known = written(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    known |= {pin: licence(metadata) for pin, metadata in installed().items() if pin in needs}
    known |= {pin: licence(from_index(pin)) for pin in needs.keys() - known.keys()}
    FILE.write_text(document(needs, known), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The whole part of a text that was cut off in the middle, when its writer ran out of tokens."""

from __future__ import annotations

import re

# An object, or a list of objects, lists or strings: who reads it sees what was still open at the end.
_DATA = re.compile(r"""\{|\[\s*+["'“\[]""")


def without_torn_line(text: str) -> str:
    """``text`` without its last line, which may stop in the middle of a name; JSON as it is.

    Half a name is a name to whoever reads lines, while the readers of JSON leave out the record that is incomplete.
    """
    return text if _DATA.search(text) else text[: text.rfind("\n") + 1]

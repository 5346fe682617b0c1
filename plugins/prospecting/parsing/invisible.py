"""Characters that nobody sees: left out before texts are compared, shown or kept.

They come with copied text and can be put there on purpose: two spellings that look alike would be two identities, and
a terminal would obey what it is only to print.
"""

from __future__ import annotations

import re

# "\x1b[1;31m" colours, "\x1b]8;;https://…\x07" links: nothing of such a sequence is text.
_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\[[0-?]{0,100}+[ -/]{0,10}+[@-~]?|\x1b\][^\x07\x1b\x9c\r\n]{0,2000}+(?:\x07|\x1b\\|\x9c)?"
)
# Controls except those that are blanks, all of Unicode's format characters (category Cf), and what it says to ignore
# where it is not supported (Default_Ignorable_Code_Point): fillers, selectors of variants, tags.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """``text`` without characters that nobody sees and sequences that a terminal obeys. Blanks of all kinds stay."""
    if text.isprintable() and text.isascii():
        return text
    if "\x1b" in text:
        text = _ESCAPE_SEQUENCE.sub("", text)
    return _INVISIBLE.sub("", text)

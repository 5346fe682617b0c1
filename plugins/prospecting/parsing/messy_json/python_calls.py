"""Code an agent writes instead of an answer: what a call is given is no data.

``result = record_contacts(contacts=[{"name": "Jane Doe"}])`` was never run and says nothing; a list that is assigned,
``sponsors = [{"name": "Acme"}]``, is an answer like any other, and so is a list of objects as Python prints them,
``[Sponsor(name='Acme')]``.
"""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]*+(```|~~~)[ \t]*+([^\s`~]*+)[^\n]*+\n?", re.MULTILINE)
_LANGUAGES = frozenset({"python", "py", "python3", "pycon", "ipython", "tool_code", "tool-code"})
_KEYWORD_CALL = re.compile(
    r"\s*+(?:[A-Za-z_][\w.]*+(?:\s*+,\s*+[A-Za-z_]\w*+)*+\s*+=\s*+)?+(?:await\s++)?+"
    r"(?!(?:if|for|while|with|in|and|or|not)\b)[A-Za-z_][\w.]*+\(\s*+[A-Za-z_]\w*+\s*+=(?!=)"
)
_TOKEN = re.compile(
    r"""\#[^\n]*+|\"{3}(?:[^"\\]++|\\.|"(?!""))*+(?:\"{3}|\Z)|'{3}(?:[^'\\]++|\\.|'(?!''))*+(?:'{3}|\Z)"""
    r"""|"(?:[^"\\\n]++|\\.)*+["\n]?|'(?:[^'\\\n]++|\\.)*+['\n]?|[()]""",
    re.DOTALL,
)
_LISTED_OBJECT = re.compile(r"\[\s*+[A-Z]\w*+\(\s*+[a-z_]\w*+\s*+=(?!=)")
_OF_OBJECT = re.compile(
    r"""'(?:[^'\\\n]++|\\.)*+'|"(?:[^"\\\n]++|\\.)*+"|(?P<opens>\b[A-Z]\w*+\((?=\s*+[a-z_]\w*+\s*+=(?!=)))"""
    r"""|(?<=[(,\s])(?P<key>[a-z_]\w*+)\s*+=(?!=)|[()]"""
)


def with_plain_objects(text: str) -> str:
    """``text`` with listed objects as JSON: ``[{"name": 'Acme'}]`` for ``[Sponsor(name='Acme')]``."""
    if not _LISTED_OBJECT.search(text):
        return text
    is_object: list[bool] = []  # of each open bracket

    def plain(match: re.Match[str]) -> str:
        if match["opens"] or match[0] == "(":
            is_object.append(bool(match["opens"]))
            return "{" if match["opens"] else "("
        if match[0] == ")":
            return "}" if is_object and is_object.pop() else ")"
        return f'"{match["key"]}":' if match["key"] and is_object and is_object[-1] else match[0]

    return _OF_OBJECT.sub(plain, text)


def without_calls(text: str) -> str:
    """The same text with blanks for the arguments of calls, where a text or a fenced block is code.

    A block is code when it is labelled Python, or begins with a call that has keyword arguments.
    """
    if "(" not in text:
        return text
    parts: list[str] = []
    position = 0
    for start, end, language in _blocks(text):
        if language in _LANGUAGES or _KEYWORD_CALL.match(text, start, end):
            parts.append(text[position:start])
            parts.append(_blank_arguments(text[start:end]))
            position = end
    parts.append(text[position:])
    return "".join(parts)


def _blocks(text: str) -> list[tuple[int, int, str]]:
    """Where the text between fences begins and ends, with its language; the text around them has none."""
    blocks: list[tuple[int, int, str]] = []
    start, language, fence = 0, "", ""
    for match in _FENCE.finditer(text):
        if fence and (match[1] != fence or match[2]):
            continue
        blocks.append((start, match.start(), language))
        start, language = match.end(), match[2].lower()
        fence = "" if fence else match[1]
    blocks.append((start, len(text), language))
    return blocks


def _blank_arguments(code: str) -> str:
    parts: list[str] = []
    depth = start = 0
    for match in _TOKEN.finditer(code):
        if match[0] == "(":
            if not depth:
                parts.append(code[start : match.end()])
                start = match.end()
            depth += 1
        elif match[0] == ")" and depth:
            depth -= 1
            if not depth:
                parts.append(" " * (match.start() - start))
                start = match.start()
    parts.append(" " * (len(code) - start) if depth else code[start:])
    return "".join(parts)

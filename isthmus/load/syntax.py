"""What libyaml's complaints mean, in words, with line and column."""

import re
from typing import Any

import yaml

from isthmus.errors import Finding, Location

_MEANINGS: tuple[tuple[str, str, str], ...] = (
    ("expected a single document", "the file holds several documents (---)", "keep one document per file"),
    (
        "found undefined alias",
        "an alias (*) names an anchor (&) that is not there",
        "quote the text if * is meant as text",
    ),
    ("found duplicate anchor", "an anchor (&) is given twice", "anchors have one place each"),
    (
        "mapping values are not allowed",
        "the line does not fit the indentation above it",
        "align it with its neighbours",
    ),
    ("could not find expected ':'", "a key has no ':' after it", "write key: value"),
    ("did not find expected key", "the indentation does not fit what stands above", "align it with its neighbours"),
    ("did not find expected '-' indicator", "the list's items are not aligned", "align every '-' of one list"),
    ("block end", "the indentation does not fit what stands above", "align it with its neighbours"),
    ("block sequence entries are not allowed", "a list may not start here", "put '- ' on a line of its own"),
    ("did not find expected ',' or ']'", "a list [ is not closed", "add the ] or a comma"),
    ("did not find expected ',' or '}'", "a mapping { is not closed", "add the } or a comma"),
    ("unexpected end of stream", "a quote is not closed", "add the closing quote"),
    ("unexpected document indicator", "a quote is not closed", "add the closing quote"),
    ("cannot start any token", "this character cannot start a value", "put the value in quotes"),
    ("did not find expected node content", "a value is missing here", "write one, or close what is open before"),
    (
        "unknown escape character",
        "an unknown escape follows the backslash",
        "use single quotes for text with backslashes",
    ),
)


def explain(problem: yaml.YAMLError, shown: str, text: str) -> Finding:
    """One finding for a YAML error, in our words."""
    conflict = re.search(r"^(<{7}|>{7}|={7})( |$)", text, re.M)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        message = "a git merge conflict is left open"
        return Finding(Location(shown, line, 1), "E101", message, "keep what is right, and remove the lines of git")
    mark: Any = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    said = f"{getattr(problem, 'problem', '') or ''} {getattr(problem, 'context', '') or ''}".strip()
    if mark is None:
        return _unreadable(problem, shown, text)
    where = Location(shown, mark.line + 1, mark.column + 1)
    tab = _tab_near(text, mark.line)
    if tab:
        return Finding(
            Location(shown, *tab), "E101", "a tab indents this line, and YAML wants spaces", "use two spaces"
        )
    if "mapping values" in said and ": " in text.split("\n")[mark.line][: mark.column]:
        return Finding(where, "E101", "a second ': ' stands in one line", "put the value in quotes")
    start: Any = getattr(problem, "context_mark", None)
    if start is not None and ("flow" in said or "quoted scalar" in said):
        where = Location(shown, start.line + 1, start.column + 1)
    for words, meaning, fix in _MEANINGS:
        if words in said:
            code = "E126" if words == "expected a single document" else "E101"
            return Finding(where, code, meaning, fix)
    return Finding(where, "E101", f"this is not YAML: {said}", "put the value in quotes if it holds special characters")


def _unreadable(problem: yaml.YAMLError, shown: str, text: str) -> Finding:
    strange = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        column = strange.start() - (text.rfind("\n", 0, strange.start()) + 1) + 1
        shown_character = f"U+{ord(strange[0]):04X}"
        return Finding(
            Location(shown, line, column), "E125", f"the control character {shown_character} is not text", "remove it"
        )
    first = str(problem).splitlines()[0] if str(problem) else "no reason given"
    return Finding(Location(shown), "E101", f"this is not YAML: {first}", "check the file's first lines")


def _tab_near(text: str, line: int) -> tuple[int, int] | None:
    """A tab in the indentation of the complained line or of the one before it (libyaml may notice late)."""
    lines = text.split("\n")
    for number in (line, line - 1):
        if 0 <= number < len(lines):
            indent = re.match(r"[ ]*\t", lines[number])
            if indent:
                return number + 1, indent.end()
    return None

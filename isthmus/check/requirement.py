"""The isthmus a federation was written for: is it this one?"""

import re
from collections.abc import Iterator
from itertools import zip_longest

from isthmus import __version__
from isthmus.check.view import View
from isthmus.errors import Finding

_Version = tuple[int, ...]


def check(view: View) -> Iterator[Finding]:
    wanted = view.shared.requires
    if not fits(__version__, wanted):
        message = f"this is isthmus {__version__}, and the federation asks for {wanted}"
        yield Finding(view.where(None, "requires"), "E236", message, f"install it: pip install '{wanted}'")


def fits(version: str, requirement: str) -> bool:
    """Whether a version meets `isthmus OPERATOR VERSION[, < VERSION]` (PEP 440, release numbers only)."""
    have = _numbers(version)
    for operator, written in re.findall(r"(>=|==|~=|<)\s*([\d.]+)", requirement):
        asked = _numbers(written)
        order = _compared(have, asked)
        if (operator == "==" and order) or (operator in (">=", "~=") and order < 0) or (operator == "<" and order >= 0):
            return False
        if operator == "~=" and _compared(have[: len(asked) - 1], asked[:-1]):
            return False
    return True


def _numbers(version: str) -> _Version:
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in release[0].split(".")) if release else ()


def _compared(one: _Version, other: _Version) -> int:
    """-1, 0 or 1; missing numbers are zeros."""
    for a, b in zip_longest(one, other, fillvalue=0):
        if a != b:
            return -1 if a < b else 1
    return 0

"""Small words in messages: the nearest right one, lists of them, quoted values."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """The word in `known` the author most likely meant, or ''."""
    by_form = {_form(k): k for k in sorted(known, reverse=True)}
    if _form(word) in by_form:
        return by_form[_form(word)]
    found = difflib.get_close_matches(_form(word), by_form, n=1, cutoff=0.6)
    if found:
        return by_form[found[0]]
    starts = [k for f, k in sorted(by_form.items()) if len(word) >= 3 and f.startswith(_form(word))]
    return starts[0] if len(starts) == 1 else ""


def _form(word: str) -> str:
    return word.lower().replace("_", "-")


def listed(words: Iterable[str], most: int = 16) -> str:
    """`a, b, c`; the rest counted where there are more than `most`."""
    every = list(words)
    text = ", ".join(every[:most])
    return f"{text} and {len(every) - most} more" if len(every) > most else text


def short(text: str, most: int = 60) -> str:
    """Text as one line of at most `most` characters: whatever people wrote, a message stays readable."""
    if len(text) > most:
        text = f"{text[: most - 3]}..."
    return "".join(c if c.isprintable() else " " for c in text)


def quoted(value: object) -> str:
    """The value as a message shows it: text in quotes and cut where long."""
    if isinstance(value, str):
        return f"'{short(value)}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "this mapping"
    if isinstance(value, tuple):
        return "this list"
    return str(value)

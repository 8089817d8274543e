"""What must not stand in any value, whatever its type: placeholders, secrets in clear, control characters.

The whole text is searched first, so that a clean file costs one search.
"""

import re
from collections.abc import Iterator

from isthmus.errors import Finding
from isthmus.load.words import quoted
from isthmus.load.yaml12 import Document, Path_

_SUSPECT = re.compile(
    r"change.?me|todo|fixme|tbd|xxx|replace.?me|<[^<>\n]+>|\.\.\.|pass|secret|token|private|api.?key|://[^\s/]*@|\\[0-9a-z]",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"(change[-_ ]?me|todo\b.*|fixme\b.*|tbd|x{3,}|replace[-_ ]?me|\.{3})\Z|.*<[a-z][^<>@]*>", re.I | re.S
)
_SECRET_KEY = re.compile(
    r"(.*[-_])?(password|passwd|passphrase|pass|secret|token|private[-_]?key|api[-_]?key|access[-_]?key|secret[-_]?key"
    r"|client[-_]?secret)\Z",
    re.I,
)
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_URL_PASSWORD = re.compile(r"[a-z+]+://[^\s/@]*:[^\s/@]*@", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ELSEWHERE = "keep it in clouds.yaml or the stack's encrypted configuration, change it, and remove it here"


def scan(document: Document) -> list[tuple[Path_, Finding]]:
    """Findings with the path of the value each is about. Never repeats a secret."""
    if not _SUSPECT.search(document.text):
        return []
    return list(_walk(document, document.data, ()))


def _walk(document: Document, value: object, path: Path_) -> Iterator[tuple[Path_, Finding]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if _SECRET_KEY.match(key) and inner is not None:
                where = document.locate((*path, key), key=True)
                yield (*path, key), Finding(where, "E121", f"{quoted(key)} holds a secret in clear", _ELSEWHERE)
            else:
                yield from _walk(document, inner, (*path, key))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _walk(document, inner, (*path, index))
    elif isinstance(value, str) and value:
        at = document.locate
        if _PRIVATE.search(value):
            yield path, Finding(at(path), "E121", "a private key stands here in clear", _ELSEWHERE)
        elif _URL_PASSWORD.search(value):
            yield path, Finding(at(path), "E121", "a password stands in this address", _ELSEWHERE)
        elif control := _CONTROL.search(value):
            message = f"the control character U+{ord(control[0]):04X} is not text"
            yield path, Finding(at(path), "E125", message, "remove it")
        elif _PLACEHOLDER.match(value):
            yield path, Finding(at(path), "E120", f"{quoted(value)} is a placeholder", "write the real value")

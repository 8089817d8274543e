"""Reading the ledger's files, with everything that is wrong in them and where each number stands."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.errors import Finding, Location
from isthmus.ledger.entries import SHARED, Ledger, Retired, SiteEntry, Value, site_entry
from isthmus.ledger.text import SECTIONS, BadValue, approved_text, value_of
from isthmus.load.federation import as_known, read_plain, way_to_read
from isthmus.load.yaml12 import Document

FOLDER = "ledger"
_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_BY_TOOL = "undo the edit with git checkout, or correct it; numbers are changed with isthmus ledger"


@dataclass
class Scan:
    """The ledger as far as it can be read; `where` gives the place of a number by owner and path."""

    folder: str
    ledger: Ledger
    findings: list[Finding]
    documents: dict[str, Document] = field(repr=False)

    def where(self, owner: str, path: str = "") -> Location:
        """Where the number at `path` stands; the file where it does not; retired ones by their list's place."""
        document = self.documents.get(owner)
        if document is None:
            return Location(f"{self.folder}/{owner}.yaml")
        steps = tuple(path.split("/", 1)) if path else ()
        return document.locate(steps) if steps else Location(document.shown)

    def where_retired(self, owner: str, path: str) -> Location:
        """Where the retired number at `path` stands."""
        document = self.documents[owner]
        for index, item in enumerate(document.data.get("retired") or ()):
            if path in item:
                return document.locate(("retired", index, path))
        return Location(document.shown)


def scan_ledger(federation_folder: Path) -> Scan:
    """Read every file of the ledger below `federation_folder`; never raises for what stands in them.

    A folder without a ledger is an empty one.
    """
    folder = federation_folder / FOLDER
    shown = as_known(folder)
    findings: list[Finding] = []
    documents: dict[str, Document] = {}
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.name.endswith(".yaml") and not e.name.startswith("."))
    except FileNotFoundError:
        names = []
    except OSError as problem:
        names = []
        message = f"the ledger cannot be read: {problem.strerror}"
        findings.append(Finding(Location(shown), "E307", message, "make it a folder you may read"))
    sites: dict[str, SiteEntry] = {}
    departed: dict[str, tuple[Retired, ...]] = {}
    shared = _Parts({}, {}, ())
    for name in names:
        owner = name.removesuffix(".yaml")
        document = _document(folder / name, f"{shown}/{name}", findings)
        if document is None:
            continue
        documents[owner] = document
        parts = _read(document, owner, findings)
        if owner == SHARED:
            shared = parts
        elif parts.values or not parts.retired:
            lacking = [path for path in ("block", "asn", "management") if path not in parts.values]
            if lacking:
                _lacking(document, [path for path in lacking if path not in document.data], findings)
            else:
                sites[owner] = site_entry(owner, parts.values, parts.approved, parts.retired)
        else:
            departed[owner] = parts.retired
    vnis = {path.removeprefix("vnis/"): vni for path, vni in shared.values.items() if isinstance(vni, int)}
    ledger = Ledger(sites, vnis, shared.approved, shared.retired, departed)
    return Scan(shown, ledger, findings, documents)


@dataclass
class _Parts:
    values: dict[str, Value]
    approved: dict[str, str]
    retired: tuple[Retired, ...]


def _document(path: Path, shown: str, findings: list[Finding]) -> Document | None:
    try:
        text = read_plain(path).decode()
    except OSError as problem:
        message = f"the file cannot be read: {problem.strerror}"
        findings.append(Finding(Location(shown), "E307", message, way_to_read(problem)))
        return None
    except UnicodeDecodeError:
        findings.append(Finding(Location(shown), "E307", "the file is not UTF-8", _BY_TOOL))
        return None
    if "<<<<<<<" in text or ">>>>>>>" in text:
        findings.extend(_markers(text, shown))
        return None
    document = Document(shown, text)
    findings.extend(document.findings)
    return document if document.data is not None else None


def _markers(text: str, shown: str) -> list[Finding]:
    return [
        Finding(
            Location(shown, number, 1),
            "E306",
            f"a merge conflict is left open ({line[:7]})",
            "keep the lines of both sides, remove the markers, then run isthmus ledger resolve",
        )
        for number, line in enumerate(text.splitlines(), 1)
        if line.startswith(_MARKERS)
    ]


def _lacking(document: Document, lacking: list[str], findings: list[Finding]) -> None:
    names = ", ".join(f"'{path}'" for path in lacking)
    if names:
        findings.append(Finding(Location(document.shown), "E307", f"{names} was removed from this file", _BY_TOOL))


def _read(document: Document, owner: str, findings: list[Finding]) -> _Parts:
    """The parts of one file, its bad values reported and left out."""
    parts = _Parts({}, {}, ())
    retired: list[Retired] = []
    named = ("vnis",) if owner == SHARED else SECTIONS
    single = () if owner == SHARED else ("block", "asn", "management")

    def report(path: tuple[str | int, ...], message: str, hint: str = _BY_TOOL) -> None:
        findings.append(Finding(document.locate(path), "E307", message, hint))

    for key, data in document.data.items():
        if key in single:
            _take(parts.values, key, (key,), data, report)
        elif key == "site" and owner != SHARED:
            if data != owner:
                report((key,), f"the file is called '{owner}' and its site '{data}'", f"write site: {owner}")
        elif key == "retired":
            for index, item in enumerate(data if isinstance(data, tuple) else () if data is None else (data,)):
                if not isinstance(item, dict) or len(item) != 1:
                    report((key, index), "a retired number is one path and its value", "write - block: 10.64.0.0/16")
                    continue
                ((path, value),) = item.items()
                found: dict[str, Value] = {}
                _take(found, path, (key, index, path), value, report)
                retired += [Retired(path, value) for value in found.values()]
        elif key == "approved" or key in named:
            if data is not None and not isinstance(data, dict):
                report((key,), f"'{key}' holds names and their values", _BY_TOOL)
                continue
            for name, value in (data or {}).items():
                if key == "approved":
                    parts.approved[name] = approved_text(value)
                else:
                    _take(parts.values, f"{key}/{name}", (key, name), value, report)
        else:
            report((key,), f"'{key}' is not known here", f"known are {', '.join((*single, *named))}")
    parts.retired = tuple(retired)
    return parts


def _take(
    values: dict[str, Value],
    path: str,
    place: tuple[str | int, ...],
    data: object,
    report: Callable[[tuple[str | int, ...], str], None],
) -> None:
    try:
        values[path] = value_of(path, data)
    except BadValue as problem:
        report(place, f"'{approved_text(data)}' is not {problem.expected} ({path})")

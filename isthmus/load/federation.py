"""Read a federation's folder: federation.yaml and SITE/site.yaml for every site."""

import errno
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from isthmus.errors import BadInput, Finding, Location
from isthmus.load.findings import translate
from isthmus.load.scan import scan
from isthmus.load.yaml12 import MAX_BYTES, Document, Path_
from isthmus.model.base import Part
from isthmus.model.federation import Federation, FederationFile
from isthmus.model.site import Site

T = TypeVar("T", bound=Part)


@dataclass(frozen=True)
class Loaded:
    """What was read. `federation` is None if federation.yaml is unusable; sites with errors are left out of it.

    `documents` by site name (None: federation.yaml) give positions;
    `folders` are the names of all folders that hold a site.yaml, usable or not.
    """

    folder: Path
    federation: Federation | None
    findings: tuple[Finding, ...]
    documents: dict[str | None, Document] = field(repr=False)
    folders: frozenset[str] = frozenset()

    def where(self, site: str | None, *path: str | int, key: bool = False) -> Location:
        """Where the value at `path` of a site's file stands (None: federation.yaml); `key` gives its key's place."""
        document = self.documents.get(site)
        if document is None:
            name = "federation.yaml" if site is None else f"{site}/site.yaml"
            return Location(as_known(self.folder / name))
        return document.locate(path, key=key)


def as_known(path: Path) -> str:
    """A path as the user knows it: relative to the current directory when below it."""
    absolute = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links the user knows by name
    here = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118 - ends with one separator, at the root too
    return absolute.removeprefix(here)


def load_federation(folder: Path) -> Federation:
    """The federation in `folder`. Raises BadInput with the findings of all files at once, sorted."""
    loaded = read_folder(folder)
    if loaded.findings or loaded.federation is None:
        raise BadInput(
            f"{as_known(folder)} cannot be used",
            findings=loaded.findings,
            why=count_of(loaded.findings),
            next_step="isthmus check shows them all",
        )
    return loaded.federation


def count_of(findings: tuple[Finding, ...]) -> str:
    """`3 errors in 2 files`."""
    errors = [f for f in findings if f.is_error]
    files = len({f.where.file for f in errors})
    return f"{len(errors)} error{'s' * (len(errors) != 1)} in {files} file{'s' * (files != 1)}"


def read_folder(folder: Path) -> Loaded:
    """Read all files of a federation; never raises for what people wrote."""
    findings: list[Finding] = []
    documents: dict[str | None, Document] = {}
    shared: FederationFile | None = None
    names = _site_folders(folder)
    if not folder.is_dir():
        hint = "name it with --federation DIR; isthmus init makes a new one"
        findings.append(Finding(Location(as_known(folder)), "E128", "there is no such folder", hint))
        return Loaded(folder, None, tuple(findings), documents)
    document = _document(folder / "federation.yaml", findings)
    if document:
        documents[None] = document
        shared = _validate(document, FederationFile, findings)
    sites: dict[str, Site] = {}
    for name in names:
        document = _document(folder / name / "site.yaml", findings)
        if document is None:
            continue
        documents[name] = document
        site = _validate(document, Site, findings)
        if site is not None and site.site != name:
            hint = f"write site: {name}, or rename the folder"
            message = f"the site is called '{site.site}' and its folder '{name}'"
            findings.append(Finding(document.locate(("site",)), "E129", message, hint))
        elif site is not None:
            sites[name] = site
    federation = Federation(shared=shared, sites=sites) if shared else None
    return Loaded(folder, federation, tuple(sorted(findings)), documents, frozenset(names))


def _site_folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if not e.name.startswith(".") and e.is_dir()]
    except OSError:
        return []
    return sorted(name for name in names if os.path.lexists(f"{folder}/{name}/site.yaml"))


def _document(path: Path, findings: list[Finding]) -> Document | None:
    """The file as a document without findings of its own, else None and the findings are reported."""
    shown = as_known(path)
    text = _text(path, shown, findings)
    if text is None:
        return None
    document = Document(shown, text)
    findings.extend(document.findings)
    return document if document.data is not None else None


def _text(path: Path, shown: str, findings: list[Finding]) -> str | None:
    def report(code: str, message: str, hint: str, line: int = 0, column: int = 0) -> None:
        findings.append(Finding(Location(shown, line, column), code, message, hint))

    try:
        raw = read_plain(path, MAX_BYTES + 1)
    except FileNotFoundError:
        alike = path.with_suffix(".yml")
        hint = f"rename {alike.name} to {path.name}" if alike.exists() else "isthmus init writes a first one"
        report("E128", "there is no such file", hint)
        return None
    except OSError as problem:
        report("E128", f"the file cannot be read: {problem.strerror}", way_to_read(problem))
        return None
    if len(raw) > MAX_BYTES:
        report("E127", f"the file is larger than {MAX_BYTES >> 20} MiB", "a federation of a thousand sites needs less")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = raw[: problem.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        report("E125", "the file is not UTF-8", "save it as UTF-8 in the editor", before.count(b"\n") + 1, column)
        return None


def read_plain(path: Path, most: int = -1) -> bytes:
    """At most `most` bytes of a plain file. Raises OSError; also for a pipe or device, which could keep us for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a plain file")
    with path.open("rb") as handle:
        return handle.read(most)


def way_to_read(problem: OSError) -> str:
    """The next step where a file cannot be read."""
    return "make it readable for you" if isinstance(problem, PermissionError) else "put a plain file in its place"


def _validate(document: Document, model: type[T], findings: list[Finding]) -> T | None:
    """The document as `model`, or None with what is wrong reported."""
    data = document.data
    noted = scan(document)
    findings.extend(finding for _, finding in noted)
    try:
        found = model.model_validate(data)
    except ValidationError as problem:
        taken: set[Path_] = {path for path, _ in noted}
        findings.extend(translate(document, model, problem, taken))
        return None
    return None if document.findings or noted else found

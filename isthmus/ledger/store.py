"""The ledger on disk: `FEDERATION/ledger/SITE.yaml` for each site and `federation.yaml` for what is shared."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from isthmus.errors import BadInput, Unavailable
from isthmus.ledger.entries import SHARED, Ledger, Resolved
from isthmus.ledger.scan import FOLDER, scan_ledger
from isthmus.ledger.text import departed_text, shared_text, site_text
from isthmus.model.federation import Federation

_LOCK = ".lock"
_BESIDE = {
    # Each line is a number of its own, so where both branches added lines at one place, both are kept.
    ".gitattributes": "*.yaml merge=union\n",
    ".gitignore": f"{_LOCK}\n*.tmp\n",
}


def read_ledger(folder: Path) -> Ledger:
    """The ledger of the federation in `folder`; empty where there is none. Raises BadInput with all findings."""
    scan = scan_ledger(folder)
    if scan.findings:
        raise BadInput(
            "the ledger cannot be read",
            findings=tuple(sorted(scan.findings)),
            next_step="isthmus check shows everything that is wrong",
        )
    return scan.ledger


def resolve_folder(federation: Federation, folder: Path) -> Resolved:
    """The federation in `folder` with every number known.

    Raises BadInput where an entry is missing or a number was given twice.
    """
    from isthmus.allocate import resolve_federation
    from isthmus.ledger.check import collisions

    scan = scan_ledger(folder)
    findings = [*scan.findings, *collisions(scan)]
    if findings:
        raise BadInput(
            "the ledger cannot be used",
            findings=tuple(sorted(findings)),
            next_step="isthmus ledger resolve, or what each finding says",
        )
    return resolve_federation(federation, scan.ledger)


def write_ledger(folder: Path, before: Ledger, after: Ledger) -> tuple[Path, ...]:
    """Write what differs between `before` (as it was read) and `after`; returns the files written.

    Each file is complete or as it was; a run that is killed between two files
    is finished by running it again. Raises Unavailable where the folder cannot
    be written.
    """
    changed: dict[str, str] = {}
    for name, entry in after.sites.items():
        if before.sites.get(name) != entry:
            changed[name] = site_text(entry)
    for name, retired in after.departed.items():
        if before.departed.get(name) != retired or name in before.sites:
            changed[name] = departed_text(name, retired)
    shared = ("vnis", "approved", "retired")
    if any(getattr(before, part) != getattr(after, part) for part in shared):
        changed[SHARED] = shared_text(after)
    ledger = folder / FOLDER
    try:
        ledger.mkdir(exist_ok=True)
        written = tuple(_replace(ledger / f"{name}.yaml", changed[name]) for name in sorted(changed))
        for name in (*before.sites, *before.departed):
            if name not in after.sites and name not in after.departed:
                (ledger / f"{name}.yaml").unlink(missing_ok=True)
        if written:
            for name, text in _BESIDE.items():
                if not (ledger / name).exists():
                    _replace(ledger / name, text)
            _sync(ledger)
    except OSError as problem:
        raise _unwritable(ledger, problem) from problem
    return written


@contextlib.contextmanager
def ledger_lock(folder: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the ledger of the federation in `folder` while it is read, changed and written."""
    from isthmus.supply.cache import lock

    try:
        holding = lock(folder / FOLDER / _LOCK, waiting)
        holding.__enter__()
    except OSError as problem:
        raise _unwritable(folder / FOLDER, problem) from problem
    with contextlib.ExitStack() as stack:
        stack.push(holding)
        yield


def _replace(path: Path, text: str) -> Path:
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with scratch.open("w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        scratch.rename(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(folder: Path, problem: OSError) -> Unavailable:
    return Unavailable(
        f"the ledger in {folder} cannot be written",
        why=problem.strerror or str(problem),
        next_step="make the folder writable for you, then run the same command again",
    )

"""Run every check on a federation's folder."""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from isthmus.check import (
    across,
    addresses,
    clouds,
    clusters,
    days,
    gateways,
    hardware,
    membership,
    names,
    numbers,
    overlay,
    quotas,
    references,
    requirement,
    storage,
)
from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load import Loaded, read_folder
from isthmus.model.federation import Federation

CHECKS: tuple[Callable[[View], Iterator[Finding]], ...] = (
    membership.check,
    names.check,
    numbers.check,
    references.check,
    addresses.check,
    clouds.check,
    hardware.check,
    clusters.check,
    storage.check,
    quotas.check,
    overlay.check,
    gateways.check,
    across.check,
    requirement.check,
)


@dataclass(frozen=True)
class Checked:
    """A federation and everything that is wrong or doubtful about it, sorted by place.

    `federation` is None if federation.yaml is unusable; with errors it is
    there for messages only: nothing may be built from it.
    """

    federation: Federation | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.is_error)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if not f.is_error)


def check_federation(folder: Path, *, today: date | None = None) -> Checked:
    """Load and check the federation in `folder`, its ledger included.

    What ends on a day (credentials, certifications) is looked at only where
    `today` is given.
    """
    return check_loaded(read_folder(folder), today=today)


def check_loaded(loaded: Loaded, *, today: date | None = None) -> Checked:
    """The same for what was read already."""
    found = set(loaded.findings)
    if loaded.federation is not None:
        view = View(loaded, loaded.federation)
        for check in CHECKS:
            found.update(check(view))
        if today is not None:
            found.update(days.check(view, today))
        if not any(f.is_error for f in found):
            found.update(_ledger(loaded.federation, loaded.folder))
    return Checked(loaded.federation, tuple(sorted(found)))


def _ledger(federation: Federation, folder: Path) -> Iterable[Finding]:
    """The ledger is compared with a sound federation only: numbers of a half-read one would all look unused."""
    if importlib.util.find_spec("isthmus.ledger") is None or importlib.util.find_spec("isthmus.ledger.check") is None:
        return ()
    found: Iterable[Finding] = importlib.import_module("isthmus.ledger.check").check_ledger(federation, folder)
    return found

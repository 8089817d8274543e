"""What runs leave behind: a journal entry each, the states they ended with, and the engine's logs. Bounded."""

import contextlib
import datetime
import hashlib
import itertools
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from isthmus.private import write_private
from isthmus.run.locks import user_name
from isthmus.state import state_root

KEPT_RUNS = 50
_NUMBERS = itertools.count(1)
"""Tells runs of one process apart: several may begin in the same second."""


@dataclass
class Entry:
    """One run: who did what to which stacks, from which inputs, and how it ended."""

    id: str
    verb: str
    federation: str
    target: str
    stacks: tuple[str, ...]
    inputs: str
    user: str = field(default_factory=user_name)
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    started: str = ""
    ended: str = ""
    result: str = "running"
    outcome: dict[str, Any] = field(default_factory=dict)


class Journal:
    """The journal of one run, written at its start and at its end: `runs/ID.json`, and `runs/ID/` for what it keeps."""

    def __init__(self, verb: str, federation: str, target: str, stacks: tuple[str, ...], inputs: str) -> None:
        now = datetime.datetime.now(datetime.UTC)
        root = state_root() / "runs" / federation
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{now:%Y%m%dT%H%M%S}-{verb}-{os.getpid()}-{next(_NUMBERS)}"
        self.root = root
        self.folder = root / name
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.entry = Entry(name, verb, federation, target, stacks, inputs, started=now.isoformat(timespec="seconds"))
        self._write()
        self._prune()

    def keep_state(self, stack: str, document: Mapping[str, Any]) -> Path:
        """Keep a stack's exported state (its secrets are encrypted in it)."""
        path = self.folder / f"{stack}.state.json"
        write_private(path, json.dumps(document))
        return path

    def end(self, result: str, outcome: Mapping[str, Any]) -> None:
        self.entry.ended = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.entry.result = result
        self.entry.outcome = dict(outcome)
        self._write()

    def _write(self) -> None:
        write_private(self.root / f"{self.entry.id}.json", json.dumps(asdict(self.entry), indent=1))

    def _prune(self) -> None:
        """Old runs go, except the newest state kept of each stack: it may be the only copy there is."""
        entries = sorted(self.root.glob("*.json"))
        for old in entries[:-KEPT_RUNS]:
            old.unlink(missing_ok=True)
        newest = {path.name: path for path in sorted(self.root.glob("*/*.state.json"), key=_written)}
        oldest = entries[-KEPT_RUNS:][0].stem
        for folder in [f for f in self.root.iterdir() if f.is_dir() and f.name < oldest]:
            for path in folder.iterdir():
                if newest.get(path.name) != path:
                    path.unlink(missing_ok=True)
            # What is not empty holds a newest state; another run may tidy at the same time.
            with contextlib.suppress(OSError):
                folder.rmdir()


def _written(path: Path) -> int:
    """When, in nanoseconds; 0 for what another run has just tidied away."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def digest_of(folder: Path) -> str:
    """A digest of what people wrote: every YAML file of the federation, by path and content."""
    hashed = hashlib.sha256()
    for path in sorted(folder.rglob("*.yaml")):
        if path.is_file():
            hashed.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return f"sha256:{hashed.hexdigest()}"

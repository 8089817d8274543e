"""What the engine tells while it works, as progress, counts, and the errors it met.

The engine's own event stream (`--json`) carries secrets in its debug
messages: those are dropped here and never written anywhere.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

CHANGING = ("create", "update", "delete", "replace", "create-replacement", "delete-replaced", "import", "read")
_COUNTED_ONCE = {"create-replacement": "replace"}
_EVERY_S = 2.0


@dataclass(frozen=True)
class Trouble:
    """An error the engine or a provider reported; `urn` is empty where it is about no resource."""

    urn: str
    message: str

    @property
    def resource(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


@dataclass
class Story:
    """What one engine run told. `say` gets a short line when there is something new."""

    say: Callable[[str], None]
    log: TextIO
    expected: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    changed: list[tuple[str, str]] = field(default_factory=list)
    seen: int = 0
    done: int = 0
    last_words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # The engine's two streams are read by two threads.
        self._lock = threading.RLock()
        self._shown = 0.0

    def line(self, text: str) -> None:
        """One line of standard output: an event, or words."""
        try:
            event = json.loads(text) if text.startswith("{") else None
        except ValueError:
            event = None
        if isinstance(event, dict):
            self.event(event)
        elif text.strip():
            self.words(text)

    def words(self, text: str) -> None:
        """A line that is not an event: what the command itself says, mostly errors."""
        if text.strip() and "using pulumi-language-python from $PATH" not in text:
            with self._lock:
                self.last_words = [*self.last_words[-40:], text]
                self._write(text)

    def event(self, event: dict[str, Any]) -> None:
        for kind, take in (
            ("resourcePreEvent", self._begun),
            ("resOutputsEvent", self._ended),
            ("resOpFailedEvent", self._failed),
            ("diagnosticEvent", self._diagnosed),
            ("summaryEvent", self._summed),
        ):
            if isinstance(event.get(kind), dict):
                with self._lock:
                    take(event[kind])

    def _begun(self, told: dict[str, Any]) -> None:
        step = told.get("metadata") or {}
        self.seen += 1
        if step.get("op") in CHANGING:
            self._write(f"{step['op']} {step.get('urn')} begins")
            if step.get("type") != "pulumi:pulumi:Stack":
                self._show(f"{self.done} of {max(self.seen, self.expected)}: {_doing(step['op'])} {_name(step)}")

    def _show(self, text: str) -> None:
        """Say it, a few times a second at most: stacks have hundreds of resources."""
        now = time.monotonic()
        if now - self._shown >= _EVERY_S:
            self._shown = now
            self.say(text)

    def _ended(self, told: dict[str, Any]) -> None:
        step = told.get("metadata") or {}
        self.done += 1
        if step.get("op") in CHANGING:
            self.changed.append((str(step["op"]), str(step.get("urn"))))
            self._write(f"{step['op']} {step.get('urn')} done")

    def _failed(self, told: dict[str, Any]) -> None:
        step = told.get("metadata") or {}
        self._write(f"{step.get('op')} {step.get('urn')} FAILED")

    def _diagnosed(self, told: dict[str, Any]) -> None:
        severity, message = told.get("severity"), str(told.get("message", "")).strip()
        if severity == "debug":
            return
        if "using pulumi-language-python from $PATH" in message:
            return
        self._write(f"{severity}: {told.get('urn', '')} {message}")
        if severity == "error" and message and not message.startswith(("update failed", "preview failed")):
            self.troubles.append(Trouble(str(told.get("urn") or ""), message))

    def _summed(self, told: dict[str, Any]) -> None:
        counted: Counter[str] = Counter()
        for op, n in (told.get("resourceChanges") or {}).items():
            counted[_COUNTED_ONCE.get(op, op)] += int(n)
        self.changes = counted

    def _write(self, text: str) -> None:
        self.log.write(text + "\n")
        self.log.flush()


def _doing(op: str) -> str:
    return {
        "create": "making",
        "create-replacement": "making anew",
        "delete": "removing",
        "delete-replaced": "removing",
    }.get(op, "changing" if op in ("update", "replace") else op)


def _name(step: dict[str, Any]) -> str:
    return str(step.get("urn", "")).rsplit("::", 1)[-1]

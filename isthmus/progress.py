"""Progress of long work, as a small protocol so that work never prints.

Work takes a `Reporter` and names its tasks; how it looks (live bars on a
terminal, plain lines in CI, nothing when quiet) is the reporter's business.
All reporters may be used from several threads at once.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TextIO


class Reporter(Protocol):
    """Where progress goes. `task` names are unique among what runs at the same time."""

    def started(self, task: str, expected_s: float | None) -> None: ...
    def said(self, task: str, text: str) -> None: ...
    def finished(self, task: str, seconds: float, text: str) -> None: ...
    def failed(self, task: str, seconds: float, text: str) -> None: ...


@dataclass
class Task:
    """A running piece of work; `say` tells what it waits for now, `result` is shown when it ends."""

    name: str
    reporter: Reporter
    result: str = ""

    def say(self, text: str) -> None:
        self.reporter.said(self.name, text)


@contextlib.contextmanager
def task(reporter: Reporter, name: str, expected_s: float | None = None) -> Iterator[Task]:
    """Report one piece of work from start to end, failure included."""
    begun = time.monotonic()
    reporter.started(name, expected_s)
    running = Task(name, reporter)
    try:
        yield running
    except BaseException as problem:
        first_line = (str(problem) or type(problem).__name__).splitlines()[0]
        reporter.failed(name, time.monotonic() - begun, first_line)
        raise
    reporter.finished(name, time.monotonic() - begun, running.result)


class Quiet:
    """Says nothing: for tests, --json, and pipes."""

    def started(self, task: str, expected_s: float | None) -> None: ...
    def said(self, task: str, text: str) -> None: ...
    def finished(self, task: str, seconds: float, text: str) -> None: ...
    def failed(self, task: str, seconds: float, text: str) -> None: ...


class Lines:
    """A plain line per event with the time since the start: for CI and logs."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._begun = time.monotonic()
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}

    def _line(self, task: str, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._begun), 60)
        with self._lock:
            print(f"[{minutes:02d}:{seconds:02d}] {task:<22} {text}", file=self._out, flush=True)

    def started(self, task: str, expected_s: float | None) -> None:
        about = f" (about {_duration(expected_s)})" if expected_s else ""
        self._line(task, f"started{about}")

    def said(self, task: str, text: str) -> None:
        if self._last.get(task) != text:
            self._last[task] = text
            self._line(task, text)

    def finished(self, task: str, seconds: float, text: str) -> None:
        self._line(task, f"done in {_duration(seconds)}{': ' + text if text else ''}")

    def failed(self, task: str, seconds: float, text: str) -> None:
        self._line(task, f"FAILED after {_duration(seconds)}: {text}")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min"

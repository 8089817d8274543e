"""How the command line shows progress: bars on a terminal, plain lines elsewhere, nothing when quiet."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from isthmus.progress import Lines, Quiet, Reporter

if TYPE_CHECKING:
    from rich.text import Text


@contextlib.contextmanager
def reporter(*, quiet: bool = False) -> Iterator[Reporter]:
    """The reporter that fits where standard error goes."""
    if quiet:
        yield Quiet()
    elif sys.stderr.isatty():
        with _live() as live:
            yield live
    else:
        yield Lines()


class Live:
    """One line per running task, redrawn in place; finished tasks scroll away above."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as Screen

        self.console = Console(stderr=True, highlight=False)
        self._running: dict[str, tuple[float, float | None, str]] = {}
        self._lock = threading.RLock()
        self.screen = Screen(get_renderable=self._render, console=self.console, refresh_per_second=4, transient=True)

    def started(self, task: str, expected_s: float | None) -> None:
        with self._lock:
            self._running[task] = (time.monotonic(), expected_s, "")

    def said(self, task: str, text: str) -> None:
        with self._lock:
            begun, expected, _ = self._running.get(task, (time.monotonic(), None, ""))
            self._running[task] = (begun, expected, text)

    def finished(self, task: str, seconds: float, text: str) -> None:
        self._ended(task, f"✓ {task:<28} {seconds:6.1f} s  {text}")

    def failed(self, task: str, seconds: float, text: str) -> None:
        self._ended(task, f"✗ {task:<28} {seconds:6.1f} s  {text}")

    def _ended(self, task: str, line: str) -> None:
        with self._lock:
            self._running.pop(task, None)
        self.console.print(line, markup=False, soft_wrap=True)

    def _render(self) -> "Text":
        from rich.text import Text

        now = time.monotonic()
        with self._lock:
            rows = [_row(task, now - begun, expected, said) for task, (begun, expected, said) in self._running.items()]
        return Text("\n".join(row[: max(self.console.width - 1, 20)] for row in rows))


def _row(task: str, seconds: float, expected_s: float | None, said: str) -> str:
    if expected_s:
        filled = min(int(10 * seconds / expected_s), 10)
        bar = "█" * filled + "░" * (10 - filled)
        return f"· {task:<28} {seconds:6.1f} s  {bar} of about {expected_s:.0f} s  {said}"
    return f"· {task:<28} {seconds:6.1f} s  {said}"


@contextlib.contextmanager
def _live() -> Iterator[Live]:
    live = Live()
    with live.screen:
        yield live

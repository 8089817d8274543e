"""Run a program to its end while watching it: each line as it comes, silence noticed, nothing left behind."""

import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: dict[str, str],
    on_line: Callable[[str], None],
    stalled_after_s: float | None = None,
) -> tuple[int, list[str]]:
    """Run to the end, handing on each line; ends the program with us, and after `stalled_after_s` of silence."""
    kept: deque[str] = deque(maxlen=60)
    try:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
    except OSError as problem:
        return 127, [str(problem)]
    watch = _Watch(process, stalled_after_s) if stalled_after_s else None
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if watch:
                watch.seen()
            kept.append(line.rstrip())
            on_line(line.rstrip())
        code = process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        if watch:
            watch.stop()
    if watch and watch.stalled:
        kept.append(f"stalled: nothing came for {stalled_after_s:.0f} s")
    return code, list(kept)


class _Watch:
    """Interrupts a process that has been silent for too long."""

    def __init__(self, process: "subprocess.Popen[str]", limit_s: float) -> None:
        self._process = process
        self._limit_s = limit_s
        self._last = time.monotonic()
        self._over = threading.Event()
        self.stalled = False
        threading.Thread(target=self._watch, daemon=True).start()

    def seen(self) -> None:
        self._last = time.monotonic()

    def stop(self) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            if time.monotonic() - self._last > self._limit_s:
                self.stalled = True
                _end(self._process)
                return


def _end(process: "subprocess.Popen[str]") -> None:
    """Interrupt (Go then ends its compilers and removes its scratch), and kill what does not listen."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(lines: Sequence[str], count: int = 6) -> str:
    """The last lines that say something, on one line each."""
    telling = [line for line in lines if line.strip() and not line.startswith("go: downloading")]
    return "\n    ".join(line[:300] for line in telling[-count:])

"""Engine processes that we started: interrupted once, killed the second time, never somebody else's.

Each runs in a session of its own, so that a Ctrl-C in the terminal reaches us
alone, and we decide what the engine hears.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path


class Running:
    """The engine processes of this run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[str]] = set()
        self.interrupted = False
        self.killed = False

    def call(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        line: Callable[[str], None],
        said: Callable[[str], None],
        given: str | None = None,
        *,
        stoppable: bool = True,
    ) -> int:
        """Run to the end; `line` gets standard output, `said` standard error, line by line. Returns the exit status.

        What is not `stoppable` (reading and writing state) is short and hears no interruption: after one, it is
        what makes sure that nothing is lost.
        """
        process = subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        with self._lock:
            if stoppable:
                self._processes.add(process)
            if stoppable and self.killed:
                _kill_session(process.pid)
            elif stoppable and self.interrupted:
                process.send_signal(signal.SIGINT)
        errors = threading.Thread(target=_drain, args=(process.stderr, said), daemon=True)
        errors.start()
        try:
            if given is not None and process.stdin:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(given)
                    process.stdin.close()
            _drain(process.stdout or (), line)
            status = process.wait()
            errors.join(timeout=5)
            return status
        finally:
            if process.poll() is None:
                _kill_session(process.pid)
                process.wait()
            with self._lock:
                self._processes.discard(process)

    def interrupt(self) -> None:
        """Ask every engine to stop after the steps it is in: it then writes its state. The second time, kill."""
        with self._lock:
            if self.interrupted:
                self.killed = True
                for process in self._processes:
                    _kill_session(process.pid)
                return
            self.interrupted = True
            for process in self._processes:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGINT)


def _drain(stream: Iterable[str], take: Callable[[str], None]) -> None:
    with contextlib.suppress(ValueError):
        for text in stream:
            take(text.rstrip("\n"))


def _kill_session(session: int) -> None:
    """End the engine and the plugins it started: they have process groups of their own, but its session."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                os.kill(int(entry.name), signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(session, signal.SIGKILL)


def end_marked(variable: str, value: str) -> int:
    """End processes of this user that were started with `variable=value`: plugins that outlived a killed engine.

    Returns how many. Only for whoever holds the lock that such processes work under.
    """
    ended = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == os.getuid():
                settings = (entry / "environ").read_bytes().split(b"\0")
                if f"{variable}={value}".encode() in settings:
                    os.kill(int(entry.name), signal.SIGKILL)
                    ended += 1
    return ended

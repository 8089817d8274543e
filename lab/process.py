"""A daemon that we start, watch and end by its id: never by its name, never somebody else's."""

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from isthmus.errors import Unavailable

_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_MARK = "ISTHMUS_DAEMON"
_TROUBLE = re.compile(r"error|critical|fatal|exception|cannot|can't|failed|refused|denied", re.IGNORECASE)
_LOG_TAIL_BYTES = 64_000


@dataclass(frozen=True)
class PartStatus:
    """How a part of the box is: `crashed` is one that was started and ended by itself, `silent` one that lives
    but does not answer. `where` is its address, if it has one."""

    name: str
    state: Literal["running", "silent", "crashed", "stopped"]
    pid: int | None
    memory_bytes: int
    log: Path
    where: str = ""


@dataclass(frozen=True)
class Daemon:
    """One process (with whatever it starts) in a session of its own.

    `env` is what it gets beside PATH, HOME and the locale: an operator's
    credentials and proxies do not leak into daemons. `log` is appended to;
    `run` is the folder of `NAME.pid`.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path
    log: Path
    run: Path

    @property
    def pid_file(self) -> Path:
        return self.run / f"{self.name}.pid"

    def start(self) -> int:
        """Start it unless it is alive; returns the process id. Raises Unavailable if the program cannot be run."""
        self.run.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            pid = self.alive()
            if pid:
                return pid
            self._end_orphans(timeout_s=5)
            return self._spawn()

    def alive(self) -> int | None:
        """Its process id, or None. A process that merely got the same id later is not it."""
        record = self._record()
        if record is None:
            return None
        pid = record["pid"]
        _reap(pid)
        return pid if record["boot"] == _boot() and _started(pid) == record["started"] else None

    def stop(self, timeout_s: float = 10) -> bool:
        """End its whole session: TERM, then KILL when `timeout_s` is over. False if it was not running."""
        members = self._session()
        if members:
            _end(members, timeout_s, self._session)
        self.pid_file.unlink(missing_ok=True)
        return bool(members)

    def memory_bytes(self) -> int:
        """Its memory, with its children's: proportional, so that shared pages count once."""
        return sum(_proportional_bytes(pid) for pid in self._session())

    def status(self, where: str = "", answers: Callable[[], bool] | None = None) -> PartStatus:
        """How it is now; `answers` asks it whether it serves."""
        pid = self.alive()
        if not pid:
            return PartStatus(self.name, "crashed" if self.pid_file.exists() else "stopped", None, 0, self.log, where)
        state: Literal["running", "silent"] = "running" if answers is None or answers() else "silent"
        return PartStatus(self.name, state, pid, self.memory_bytes(), self.log, where)

    def _spawn(self) -> int:
        env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        env |= {**self.env, _MARK: str(self.pid_file)}
        log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            try:
                process = subprocess.Popen(
                    list(self.argv),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.cwd,
                    env=env,
                    start_new_session=True,
                )
            except OSError as problem:
                raise Unavailable(
                    f"{self.name} cannot be started",
                    why=f"{self.argv[0]}: {problem.strerror}",
                    next_step="remove the cache folder of this program and run the command again",
                ) from problem
        record = {"pid": process.pid, "started": _started(process.pid), "boot": _boot(), "log_start": log_start}
        scratch = self.pid_file.with_suffix(".new")
        scratch.write_text(json.dumps(record))
        scratch.replace(self.pid_file)
        # The daemon outlives us on purpose; this keeps subprocess from warning about it.
        process.returncode = 0
        return process.pid

    def _record(self) -> dict[str, int] | None:
        try:
            record = json.loads(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and {"pid", "started", "boot"} <= record.keys() else None

    def _session(self) -> list[int]:
        """Living processes of the session we started; when its leader is dead, those that carry our mark."""
        record = self._record()
        if record is None or record["boot"] != _boot():
            return []
        members = _members(record["pid"])
        if _started(record["pid"]) == record["started"]:
            return members
        # The mark cannot serve always: programs that set their title write over their environment.
        return [pid for pid in members if _marked(pid, str(self.pid_file))]

    def _end_orphans(self, timeout_s: float) -> None:
        orphans = self._session()
        if orphans:
            _end(orphans, timeout_s, self._session)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.run / f"{self.name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def trouble(self) -> str:
        """The last line since its start that looks like a reason, else the last line at all, else ''."""
        start = (self._record() or {}).get("log_start", 0)
        try:
            with self.log.open("rb") as handle:
                end = handle.seek(0, os.SEEK_END)
                handle.seek(max(start, end - _LOG_TAIL_BYTES))
                text = handle.read().decode(errors="replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        reasons = [line for line in lines if _TROUBLE.search(line)]
        return (reasons or lines or [""])[-1][:300]


def wait_for(daemon: Daemon, probe: Callable[[], bool], timeout_s: float, say: Callable[[str], None]) -> None:
    """Wait until `probe()` is true.

    Raises Unavailable, with the log's last meaningful line and its path,
    when the daemon dies or `timeout_s` is over.
    """
    begun = time.monotonic()
    told = 0
    while True:
        alive = daemon.alive()
        if alive and probe():
            return
        waited = time.monotonic() - begun
        if not alive or waited > timeout_s:
            what = f"{daemon.name} did not answer within {timeout_s:.0f} s" if alive else f"{daemon.name} ended"
            raise Unavailable(
                what,
                why=daemon.trouble() or "it wrote nothing to its log",
                next_step=f"read {daemon.log}, then run the same command again: it starts what is down",
            )
        if waited // 5 > told:
            told = int(waited // 5)
            say(f"waiting for {daemon.name} since {waited:.0f} s")
        time.sleep(0.1)


def _boot() -> int:
    """The running kernel's identity: process ids and start times mean nothing after a reboot."""
    try:
        return int(Path("/proc/sys/kernel/random/boot_id").read_text().replace("-", ""), 16)
    except (OSError, ValueError):
        return 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat (proc(5)) after the program's name: state, ppid, pgrp, session, ...; [] if gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _started(pid: int) -> int:
    """Start time in clock ticks after boot; -1 if there is no such process or it is a zombie."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else -1


def _members(session: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = []
    for pid in pids:
        fields = _stat(pid)
        if fields and fields[0] not in "ZX" and int(fields[3]) == session:
            found.append(pid)
    return found


def _marked(pid: int, mark: str) -> bool:
    try:
        return f"{_MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _end(pids: list[int], timeout_s: float, remaining: Callable[[], list[int]]) -> None:
    _signal(pids, signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while any(_lives(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = sorted({pid for pid in pids if _lives(pid)} | set(remaining()))
    _signal(left, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(_lives(pid) for pid in left) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in pids:
        _reap(pid)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _lives(pid: int) -> bool:
    _reap(pid)
    fields = _stat(pid)
    if not fields or fields[0] not in "ZX":
        return bool(fields)
    # A zombie's other threads may not have let go of its ports yet; a child of ours can soon be reaped.
    return int(fields[17]) > 1 or int(fields[1]) == os.getpid()


def _reap(pid: int) -> None:
    """Take note of the end of a process, if it was a child of ours: else it stays in the table as a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

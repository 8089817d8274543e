"""Who is at work on a stack: one operator at a time, the second is told who, and the dead are recognised.

File and object-store backends write a lock of their own; its text names
user, host and process. On this machine, a lock file beside the journals also
covers what happens before and after the engine runs.
"""

import contextlib
import fcntl
import getpass
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from isthmus.errors import Busy

_HELD = re.compile(r"created by (?P<user>[^@\s]*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
MARK = "currently locked"


@dataclass(frozen=True)
class Holder:
    """Who holds a lock."""

    user: str
    host: str
    pid: int
    since: str

    @property
    def dead(self) -> bool:
        """Whether it was a process of this machine that is no more."""
        return self.host == socket.gethostname() and not _alive(self.pid)

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid}) since {self.since}"


def user_name() -> str:
    """Who runs this: the login name, or the number of a user that has none, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def holders(words: str) -> tuple[Holder, ...]:
    """The holders that the engine's message names."""
    return tuple(Holder(m["user"], m["host"], int(m["pid"]), m["since"]) for m in _HELD.finditer(words))


def holders_in(backend_url: str, project: str, stack: str) -> tuple[Holder, ...]:
    """The holders of a stack in a `file://` backend; () for other backends, which tell only when asked."""
    if not backend_url.startswith("file://"):
        return ()
    folder = Path(unquote(urlparse(backend_url).path)) / ".pulumi" / "locks" / "organization" / project / stack
    found = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(path.read_text())
            found.append(
                Holder(str(told["username"]), str(told["hostname"]), int(told["pid"]), str(told["timestamp"])[:19])
            )
    return tuple(found)


def busy(stack: str, who: object) -> Busy:
    return Busy(
        f"stack {stack} is being changed by somebody else",
        why=f"its lock is held by {who}",
        next_step="wait until they are done, or run it with --wait",
    )


@contextlib.contextmanager
def on_this_machine(folder: Path, stack: str, wait: bool, say: Callable[[str], None]) -> Iterator[None]:
    """Hold this machine's lock of the stack. Raises Busy when somebody else does and `wait` is off."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{stack}.lock"
    with path.open("a+") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                handle.seek(0)
                who = handle.read().strip() or "another process"
                if not wait:
                    raise busy(stack, who) from None
                say(f"waiting for {who}")
                time.sleep(1)
        handle.seek(0)
        handle.truncate()
        since = time.strftime("%Y-%m-%dT%H:%M:%S")
        handle.write(str(Holder(user_name(), socket.gethostname(), os.getpid(), since)))
        handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)


def free(
    held: Callable[[], tuple[Holder, ...]],
    stack: str,
    wait: bool,
    say: Callable[[str], None],
    clear: Callable[[], None],
) -> None:
    """Return when nobody alive holds the backend's lock; those of dead processes of this machine are cleared.

    Raises Busy when `wait` is off and somebody does.
    """
    while True:
        found = held()
        living = [holder for holder in found if not holder.dead]
        if not living:
            if found:
                say(f"clearing the lock of {found[0]}, which no longer runs")
                clear()
            return
        if not wait:
            raise busy(stack, living[0])
        say(f"waiting for {living[0]}")
        time.sleep(2)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"

"""The cache folder: where parts live outside any checkout.

A part is built in a scratch folder and renamed into place, under a lock, so
that it is complete or absent, whoever kills us and however many of us run.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

MARK = ".isthmus-cache"
_OURS = {"apt", "deb", "engine", "env", "go", "image-digests", "images", "kubernetes", "locks", "openstack-databases"}


def place() -> Path:
    """Where the cache folder is or will be.

    `$ISTHMUS_CACHE`, else `$XDG_CACHE_HOME/isthmus`, else `~/.cache/isthmus`.
    """
    chosen = os.environ.get("ISTHMUS_CACHE")
    if not chosen:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        chosen = str(Path(base) / "isthmus")
    return Path(chosen).resolve()


def cache_root() -> Path:
    """The cache folder (see `place`), made if missing.

    It is marked as ours alone, so that it may be removed whole, unless it
    was given to us with other things in it.
    """
    root = place()
    root.mkdir(parents=True, exist_ok=True)
    mark = root / MARK
    # A cache that only its owner may write to serves all the same.
    with contextlib.suppress(OSError):
        if not mark.exists() and _is_ours(root):
            mark.touch()
    return root


def _is_ours(root: Path) -> bool:
    found = {entry.name for entry in root.iterdir()}
    return not found or ("locks" in found and found <= _OURS)


@contextlib.contextmanager
def lock(path: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an advisory lock on `path` (made if missing); calls `waiting` once if somebody else holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def part(name: str, make: Callable[[Path], None], waiting: Callable[[], None] | None = None) -> Path:
    """The folder of part `name` (like `pulumi/3.255.0-linux-amd64`), made by `make(scratch)` on first use.

    `make` fills the empty scratch folder it is given; when it returns, the
    folder is renamed to its final name. If it raises, nothing is left.
    Programs that write absolute paths into themselves (virtual environments)
    must be made with `part_in_place`.
    """
    final = cache_root() / name
    if final.is_dir():
        return final
    with lock(_lock_file(name), waiting):
        if final.is_dir():
            return final
        final.parent.mkdir(parents=True, exist_ok=True)
        # Only a killed run leaves scratch; its name ends in the eight characters of mkdtemp.
        for left in final.parent.glob(f".{final.name}-{'?' * 8}"):
            shutil.rmtree(left, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
        try:
            make(scratch)
            scratch.chmod(0o755)
            scratch.rename(final)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return final


def part_in_place(name: str, make: Callable[[Path], None], waiting: Callable[[], None] | None = None) -> Path:
    """Like `part`, made at its final place and marked `.complete` at the end; an unmarked one is made again."""
    final = cache_root() / name
    mark = final / ".complete"
    if mark.exists():
        return final
    with lock(_lock_file(name), waiting):
        if mark.exists():
            return final
        shutil.rmtree(final, ignore_errors=True)
        final.mkdir(parents=True)
        make(final)
        mark.touch()
    return final


def _lock_file(name: str) -> Path:
    return cache_root() / "locks" / (name.replace("/", "_") + ".lock")

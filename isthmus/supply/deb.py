"""Debian packages, unpacked into the cache without root and without installing them."""

import hashlib
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from isthmus.errors import Unavailable
from isthmus.supply.cache import cache_root, lock, part

_LISTS_ARE_FRESH_S = 24 * 3600


def available() -> bool:
    """Whether this system has apt and dpkg."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def unpack(name: str, packages: Sequence[str], say: Callable[[str], None]) -> Path:
    """The folder with `packages` unpacked (its `usr/sbin`, `usr/lib` ... are theirs), made on first use.

    What they depend on and this system lacks comes along. Raises Unavailable
    when the system has no apt, or the packages cannot be downloaded.
    """
    if not available():
        raise Unavailable(
            f"{name} cannot be brought in",
            why="this system has no apt-get and dpkg, which would download it",
            next_step=f"use Debian or Ubuntu, or put {name} on PATH",
        )
    wanted = hashlib.sha256("\n".join(sorted(packages)).encode()).hexdigest()[:8]
    return part(
        f"deb/{name}-{_system()}-{wanted}",
        lambda scratch: _make(name, packages, scratch, say),
        waiting=lambda: say(f"waiting for another run that unpacks {name}"),
    )


def _make(name: str, packages: Sequence[str], scratch: Path, say: Callable[[str], None]) -> None:
    downloads = scratch / ".downloads"
    downloads.mkdir()
    say(f"downloading the Debian packages of {name}")
    with lock(cache_root() / "locks" / "apt.lock", lambda: say("waiting for another run that uses apt")):
        _update(force=False, say=say)
        try:
            _download(packages, downloads)
        except Unavailable:
            # The lists may name versions that the archive has replaced since.
            _update(force=True, say=say)
            _download(packages, downloads)
    archives = sorted(downloads.glob("*.deb"))
    say(f"unpacking {len(archives)} packages")
    for archive in archives:
        _run(["dpkg", "-x", str(archive), str(scratch)], f"{archive.name} cannot be unpacked", scratch)
    shutil.rmtree(downloads)


def _update(force: bool, say: Callable[[str], None]) -> None:
    folder = _apt_folder()
    stamp = folder / "updated"
    if not force and stamp.exists() and time.time() - stamp.stat().st_mtime < _LISTS_ARE_FRESH_S:
        return
    say("reading the package lists")
    _run(_apt("update"), "the package lists cannot be read", folder)
    stamp.touch()


def _download(packages: Sequence[str], into: Path) -> None:
    names = sorted({*packages, *_missing_here(packages)})
    _run(_apt("download", *names), f"{', '.join(packages)}: cannot be downloaded", into)


def _missing_here(packages: Sequence[str]) -> list[str]:
    """What apt would install for `packages` on this system; [] if it cannot say (half-configured systems)."""
    command = _apt("install", "--simulate", "--no-install-recommends", *packages)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.findall(r"^Inst (\S+)", done.stdout, re.MULTILINE) if done.returncode == 0 else []


def _apt(*arguments: str) -> list[str]:
    folder = _apt_folder()
    options = {
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": "true",
        "Acquire::Retries": "3",
        "APT::Sandbox::User": "",
    }
    return ["apt-get", "-q", *(f"-o{key}={value}" for key, value in options.items()), *arguments]


def _apt_folder() -> Path:
    folder = cache_root() / "apt"
    for needed in ("lists/partial", "cache/archives/partial"):
        (folder / needed).mkdir(parents=True, exist_ok=True)
    return folder


def _system() -> str:
    """Like `debian12-x86_64`: packages of one release do not fit another."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return f"{release.get('ID', 'linux')}{release.get('VERSION_ID', '')}-{platform.machine()}"


def _run(command: Sequence[str], failure: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        reasons = [line for line in lines if line.startswith(("E:", "dpkg"))] or lines[-1:]
        raise Unavailable(
            failure,
            why="; ".join(reasons)[:400],
            next_step="check that `apt-get update` reaches its sources on this machine, then run the command again",
        )

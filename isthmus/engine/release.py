"""The official release of the engine, with its published checksum."""

import platform
import shutil
import tarfile
from pathlib import Path, PurePosixPath

from isthmus.engine import pins
from isthmus.errors import Unavailable
from isthmus.progress import Reporter, task
from isthmus.supply import cache, download

_WANTED = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
    "pulumi-analyzer-policy-python",
)
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def is_installed() -> bool:
    return (cache.cache_root() / _part()).is_dir()


def is_reachable() -> bool:
    """Whether the release can be downloaded; the answer comes within some seconds."""
    return platform.machine().lower() in _MACHINES and download.reachable(f"{pins.RELEASES}/{_archive()}")


def install(reporter: Reporter) -> Path:
    """The folder of the release's programs, downloaded on first use; raises Unavailable."""
    with task(reporter, "pulumi (release)", 30) as running:

        def make(scratch: Path) -> None:
            archive = scratch / "release.tar.gz"
            download.file(f"{pins.RELEASES}/{_archive()}", archive, sha256=_published(), say=running.say)
            unpack(archive, scratch)
            archive.unlink()

        folder = cache.part(_part(), make, lambda: running.say("another run is downloading it"))
        running.result = f"version {pins.CLI}"
    return folder


def unpack(archive: Path, folder: Path) -> None:
    """Copy the engine and its Python programs out of the archive, whatever else is in it."""
    with tarfile.open(archive) as packed:
        for member in packed:
            name = PurePosixPath(member.name).name
            source = packed.extractfile(member) if member.isfile() and name in _WANTED else None
            if source:
                with (folder / name).open("wb") as out:
                    shutil.copyfileobj(source, out)
                (folder / name).chmod(0o755)
    if not (folder / "pulumi").exists() or not (folder / "pulumi-language-python").exists():
        raise Unavailable(
            f"Pulumi {pins.CLI} is incomplete as downloaded",
            why="its archive holds no `pulumi` with a Python language host",
            next_step="install Pulumi by hand (https://www.pulumi.com/docs/install), and run again",
        )


def checksum(published: str, archive: str) -> str:
    """The SHA-256 of `archive` in a published list of `digest  name` lines; raises Unavailable."""
    for line in published.splitlines():
        digest, _, name = line.partition(" ")
        if name.strip().lstrip("*") == archive:
            return digest
    raise Unavailable(
        f"the publisher's list of checksums has no {archive}",
        why="the list and the release do not belong together",
        next_step="install Pulumi by hand (https://www.pulumi.com/docs/install), and run again",
    )


def _published() -> str:
    return checksum(download.text(f"{pins.CHECKSUMS}/v{pins.CLI}/pulumi-{pins.CLI}-checksums.txt"), _archive())


def _archive() -> str:
    machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    return f"pulumi-v{pins.CLI}-{platform.system().lower()}-{machine}.tar.gz"


def _part() -> str:
    return f"engine/release-{pins.CLI}"

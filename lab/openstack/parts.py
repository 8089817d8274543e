"""What an OpenStack of the box is made of: the services' environment and a database server, both from the cache."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import Unavailable
from isthmus.supply import deb, pyenv

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
STANDINS = HERE.parent / "standins"
INSIDE = HERE / "inside"

_MARIADB_PACKAGES = ("mariadb-server-core", "mariadb-client-core")


def environment(say: Callable[[str], None]) -> Path:
    """The Python environment of the services, installed on first use."""
    return pyenv.environment("openstack", REQUIREMENTS, say)


@dataclass(frozen=True)
class MariaDB:
    """A MariaDB: `root` is where its packages were unpacked, `/` if the system's own is used."""

    root: Path

    @property
    def server(self) -> Path:
        return self.root / "usr/sbin/mariadbd"

    @property
    def client(self) -> Path:
        return self.root / "usr/bin/mariadb"

    @property
    def installer(self) -> Path:
        return self.root / "usr/bin/mariadb-install-db"

    @property
    def environment(self) -> dict[str, str]:
        """What its programs need to find their own libraries."""
        if self.root == Path("/"):
            return {}
        folders = {str(file.parent) for file in (self.root / "usr/lib").rglob("*.so.*")}
        return {"LD_LIBRARY_PATH": ":".join(sorted(folders))}


def mariadb(say: Callable[[str], None]) -> MariaDB:
    """MariaDB unpacked from the distribution's packages; without apt, the one that is installed.

    Raises Unavailable when there is neither.
    """
    if deb.available():
        return MariaDB(deb.unpack("mariadb", _MARIADB_PACKAGES, say))
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    if shutil.which("mariadbd", path=path) and Path("/usr/bin/mariadb-install-db").exists():
        say("this system has no apt: using its own MariaDB")
        return MariaDB(Path("/"))
    raise Unavailable(
        "the OpenStack services have no database server",
        why="this system has no apt-get to download MariaDB with, and mariadbd is not installed",
        next_step="install MariaDB's server and client programs (it need not run), then try again",
    )

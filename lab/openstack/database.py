"""The database server that all clouds of a box share: MariaDB on a unix socket, without any network."""

import contextlib
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from isthmus.errors import Unavailable
from isthmus.supply.cache import lock
from lab.openstack.parts import MariaDB
from lab.process import Daemon, wait_for

# A unix socket's path holds 107 bytes (unix(7)).
_LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class Database:
    """A MariaDB server whose data live in `folder`, which only its owner may enter."""

    folder: Path
    program: MariaDB

    @property
    def socket(self) -> Path:
        inside = self.folder / "mariadb.sock"
        if len(str(inside)) <= _LONGEST_SOCKET_PATH:
            return inside
        mark = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"isthmus-{os.getuid()}-{mark}" / "mariadb.sock"

    @property
    def daemon(self) -> Daemon:
        share = self.program.root / "usr/share/mysql"
        argv = [
            str(self.program.server),
            "--no-defaults",
            f"--basedir={self.program.root / 'usr'}",
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share / 'charsets'}",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self.socket}",
            f"--pid-file={self.folder / 'run' / 'mariadbd'}",
            f"--tmpdir={self.folder / 'tmp'}",
            "--skip-networking",
            "--skip-log-bin",
            # Else each look at whether it answers is a line of its log.
            "--log-warnings=1",
            "--performance-schema=OFF",
            "--character-set-server=utf8mb4",
            "--max-connections=1000",
            "--table-open-cache=2000",
            "--innodb-buffer-pool-size=256M",
            "--innodb-log-file-size=64M",
            # Safe when the server is killed; when the machine loses power, the box is made anew.
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-flush-method=nosync",
            *_as_root(),
        ]
        return Daemon(
            "mariadb",
            argv,
            self.program.environment,
            self.folder,
            self.folder / "log/mariadb.log",
            self.folder / "run",
        )

    def start(self, say: Callable[[str], None]) -> None:
        """Make the data folder if there is none, start the server, and wait until it answers."""
        self._make_folders()
        with lock(self.folder / "start.lock"):
            if not (self.folder / "data.complete").exists() and not self.daemon.alive():
                say("making the database folder")
                self._install()
                (self.folder / "data.complete").touch()
            self.daemon.start()
        wait_for(self.daemon, self.answers, 60, say)

    def stop(self) -> None:
        """End the server, letting it write what it holds."""
        self.daemon.stop(timeout_s=30)
        if self.socket.parent != self.folder:
            self.socket.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.socket.parent.rmdir()

    def answers(self) -> bool:
        """Whether it greets whoever comes."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
            visitor.settimeout(5)
            try:
                visitor.connect(str(self.socket))
                return bool(visitor.recv(1))
            except OSError:
                return False

    def run(self, sql: str, database: str = "") -> str:
        """Run statements (in `database`) and give their output, a row a line. Raises Unavailable when refused."""
        done = self._client(sql, database)
        if done.returncode:
            raise Unavailable(
                "the database server refused a statement",
                why=done.stderr.strip()[-400:],
                next_step=f"read {self.daemon.log}",
            )
        return done.stdout

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database; it holds no secret, for the folder's mode is the guard."""
        return f"mysql+pymysql://root@localhost/{database}?unix_socket={quote(str(self.socket))}&charset=utf8mb4"

    @contextlib.contextmanager
    def users(self) -> Iterator[Path]:
        """The folder with a file per cloud that uses the server, locked, so that the last one can end it."""
        folder = self.folder / "users"
        folder.mkdir(parents=True, exist_ok=True)
        with lock(self.folder / "users.lock"):
            yield folder

    def _client(self, sql: str, database: str = "") -> subprocess.CompletedProcess[str]:
        argv = [str(self.program.client), "--no-defaults", "-uroot", f"--socket={self.socket}", "--batch"]
        argv += ["--skip-column-names", "--default-character-set=utf8mb4", *([database] if database else [])]
        env = os.environ | self.program.environment
        return subprocess.run(argv, input=sql, env=env, capture_output=True, text=True, check=False)

    def _make_folders(self) -> None:
        for name in ("", "tmp", "log", "run"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        owner = self.socket.parent.lstat()
        if not stat.S_ISDIR(owner.st_mode) or owner.st_uid != os.getuid() or owner.st_mode & 0o077:
            raise Unavailable(
                f"{self.socket.parent} is not ours alone",
                why="the database's socket there must be out of reach for other users",
                next_step="remove that folder, or choose a shorter path for the box",
            )

    def _install(self) -> None:
        # What an interrupted attempt has left cannot be trusted.
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        with _without_spaces(self.program.root, self.folder) as (root, folder):
            argv: Sequence[str] = [
                str(MariaDB(root).installer),
                "--no-defaults",
                f"--basedir={root / 'usr'}",
                f"--lc-messages-dir={root / 'usr/share/mysql'}",
                f"--datadir={folder / 'data'}",
                f"--tmpdir={folder / 'tmp'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                *_as_root(),
            ]
            env = os.environ | self.program.environment
            done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(
                "the database folder cannot be made",
                why=(done.stderr or done.stdout).strip()[-400:],
                next_step=f"see that {self.folder} is on a disk with free space",
            )


@contextlib.contextmanager
def _without_spaces(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """The paths, or links to them: mariadb-install-db, a shell script, splits its arguments at spaces."""
    if not any(len(str(path).split()) > 1 for path in paths):
        yield paths
        return
    with tempfile.TemporaryDirectory(prefix="isthmus-") as scratch:
        links = tuple(Path(scratch) / str(number) for number in range(len(paths)))
        for link, path in zip(links, paths, strict=True):
            link.symlink_to(path)
        yield links


def _as_root() -> list[str]:
    # MariaDB runs as root only where that is said aloud.
    return ["--user=root"] if os.getuid() == 0 else []

"""Ends what runs under a folder, by the files that say what was started.

No model, no cache and no installed package is asked, so that it serves also
when these have changed or are gone.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.openstack.database import Database
from lab.openstack.parts import MariaDB
from lab.process import Daemon

# Those above write until they end, so the stores come last.
_ORDER = {"apiserver": 1, "etcd": 2, "mariadb": 2}


def end_under(folder: Path) -> int:
    """End every process started under `folder`, however deep; its data stay. Returns how many ran."""
    found = sorted(folder.resolve().rglob("*.pid"))
    ended = 0
    for rank in sorted({_rank(pid_file) for pid_file in found}):
        group = [pid_file for pid_file in found if _rank(pid_file) == rank]
        with ThreadPoolExecutor(max_workers=4) as workers:
            ended += sum(workers.map(_end, group))
    return ended


def end_boxes(folder: Path, *, wipe: bool) -> int:
    """End every process of each box in `folder`, and remove the boxes when `wipe` is set. Returns how many ran."""
    ended = 0
    for box in sorted(folder.glob("*")):
        ended += end_under(box)
        if wipe:
            shutil.rmtree(box, ignore_errors=True)
    return ended


def _rank(pid_file: Path) -> int:
    return _ORDER.get(pid_file.stem, 0)


def _end(pid_file: Path) -> bool:
    home = pid_file.parent.parent
    if pid_file.stem == "mariadb":
        database = Database(home, MariaDB(Path("/")))
        ran = database.daemon.alive() is not None
        database.stop()
        return ran
    return Daemon(pid_file.stem, (), {}, home, home / "log", pid_file.parent).stop()

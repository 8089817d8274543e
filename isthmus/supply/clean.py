"""Undo `make demo` and `make test`: end what they started, remove what they built.

Run by the system's Python with nothing but the standard library. Touches the
cache folder, if it is ours alone, the boxes and `.venv` only: journals and
states of live sites stay.
"""

import os
import shutil
import stat
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def main() -> int:
    from isthmus.supply.bootstrap import OLDEST, other_python

    if sys.version_info < OLDEST:
        return other_python(__file__)
    # Not with .venv's programs: it may be half-made or gone while daemons still run.
    from isthmus.supply.cache import place
    from lab.ending import end_boxes

    state = os.environ.get("ISTHMUS_STATE") or str(_base("XDG_STATE_HOME", ".local/state") / "isthmus")
    boxes = Path(state).resolve() / "box"
    try:
        ended = end_boxes(boxes, wipe=False)
    except OSError as problem:
        print(f"isthmus: the boxes in {boxes} could not be ended, so nothing was removed.", file=sys.stderr)
        print(f"    because {problem}", file=sys.stderr)
        return 1
    print(f"{ended} processes ended.", flush=True)
    for folder in (boxes, ROOT / ".venv"):
        if folder.exists():
            print(f"removing {folder}", flush=True)
            _remove(folder)
    _remove_cache(place())
    for name in (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


def _remove_cache(folder: Path) -> None:
    from isthmus.supply.cache import MARK, cache_root

    if not folder.exists():
        return
    cache_root()  # marks a cache of an earlier version, which had no mark
    if not (folder / MARK).exists():
        print(f"left alone: {folder} was not made by isthmus, or holds other things too (it has no {MARK})", flush=True)
        return
    print(f"removing {folder}", flush=True)
    _remove(folder)


def _base(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default)


def _remove(folder: Path) -> None:
    """Remove a tree although Go keeps its module cache read-only."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IRWXU)
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())

"""Undo `make demo` and `make test`: end what they started, remove what they built.

Run by the system's Python with nothing but the standard library. Touches the
cache folder, the boxes and `.venv` only: journals and states of live sites stay.
"""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    isthmus = ROOT / ".venv" / "bin" / "isthmus"
    if isthmus.exists():
        ended = subprocess.run([str(isthmus), "lab", "down", "--all", "--wipe"], cwd=ROOT)
        if ended.returncode:
            print("isthmus: the box could not be ended, so nothing was removed (see above).", file=sys.stderr)
            return 1
    cache = os.environ.get("ISTHMUS_CACHE") or str(_base("XDG_CACHE_HOME", ".cache") / "isthmus")
    state = os.environ.get("ISTHMUS_STATE") or str(_base("XDG_STATE_HOME", ".local/state") / "isthmus")
    for folder in (Path(cache), Path(state) / "box", ROOT / ".venv"):
        if folder.exists():
            print(f"removing {folder}", flush=True)
            _remove(folder)
    for name in (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


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

"""Python environments of their own in the cache, from a lock file, by uv."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from isthmus.errors import Unavailable
from isthmus.supply.cache import part_in_place


def environment(name: str, requirements: Path, say: Callable[[str], None], extra: Sequence[Path] = ()) -> Path:
    """The virtual environment `name` with exactly what `requirements` pins, made on first use.

    It uses the running interpreter's version; bytecode is compiled at once,
    for services start faster so. `extra` are wheels or project folders of
    our own to put in beside. Raises Unavailable when uv is missing or a
    package cannot be had.
    """
    return part_in_place(
        f"env/{name}-{_digest(requirements, extra)}",
        lambda final: _make(name, final, requirements, extra, say),
        waiting=lambda: say(f"waiting for another run that installs {name}"),
    )


def python(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / "bin" / "python"


def _make(name: str, final: Path, requirements: Path, extra: Sequence[Path], say: Callable[[str], None]) -> None:
    uv = _uv()
    pinned = sum(1 for line in requirements.read_text().splitlines() if "==" in line)
    say(f"installing {pinned} packages")
    _run(name, [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(final)])
    install = [uv, "pip", "install", "--quiet", "--python", str(python(final)), "--compile-bytecode", "--no-deps"]
    _run(name, [*install, "--requirements", str(requirements)])
    if extra:
        _run(name, [*install, *(str(path) for path in extra)])


def _digest(requirements: Path, extra: Sequence[Path]) -> str:
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    content = hashlib.sha256(requirements.read_bytes())
    for path in extra:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                content.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"{version}-{content.hexdigest()[:12]}"


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise Unavailable(
            "Python environments cannot be made",
            why=f"uv is neither beside {sys.executable} nor on PATH",
            next_step="run `make`, or `python -m pip install uv` in this environment",
        )
    return found


def _run(name: str, command: Sequence[str]) -> None:
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise Unavailable(
            f"the Python environment {name} cannot be installed",
            why=" ".join(lines)[-600:] or f"uv ended with {done.returncode}",
            next_step="check that the package index can be reached (pip's and uv's own settings apply), then try again",
        )

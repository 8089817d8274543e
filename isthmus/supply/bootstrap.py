"""Make `.venv` from the lock file, on a machine that has only Python, make and git.

Run by the system's Python, whatever its age, with nothing but the standard
library: what is evaluated before `other_python` must suit an old one. Where venv
lacks ensurepip (Debian and Ubuntu without python3-venv), the pip wheel is
taken from Debian's package, unpacked, not installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
OLDEST = (3, 11)


def main() -> int:
    if sys.version_info < OLDEST:
        return other_python(__file__)
    wanted = _digest()
    mark = VENV / ".ready"
    if mark.exists() and mark.read_text() == wanted and (VENV / "bin" / "isthmus").exists():
        mark.touch()
        return 0
    begun = time.monotonic()
    print("Setting up .venv from requirements.lock (about 15 s on a quiet machine) ...", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    python = VENV / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        tools = _uv(Path(scratch))
        uv = [str(tools / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(python)]
        lock = [*uv, "--require-hashes", "--compile-bytecode", "-r", str(ROOT / "requirements.lock")]
        for step in (lock, [*uv, "--no-deps", "--editable", str(ROOT)]):
            done = subprocess.run(step, cwd=ROOT)
            if done.returncode:
                print("isthmus: the packages could not be installed (see above).", file=sys.stderr)
                print(
                    "    next: check that the package index answers (pip config list), then run make again",
                    file=sys.stderr,
                )
                return 1
    mark.write_text(wanted)
    print(f".venv is ready ({time.monotonic() - begun:.0f} s).", flush=True)
    return 0


def _digest() -> str:
    parts = [(ROOT / name).read_bytes() for name in ("requirements.lock", "pyproject.toml")]
    return hashlib.sha256(b"\0".join([*parts, sys.version.encode(), str(ROOT).encode()])).hexdigest()


def _uv(scratch: Path) -> Path:
    """A folder with uv, of the version in the lock file, installed by whatever pip can be found."""
    line = next(line for line in (ROOT / "requirements.lock").read_text().splitlines() if line.startswith("uv=="))
    pin = line.split(";")[0].split("\\")[0].strip()
    target = scratch / "uv"
    for pip in (_pip_here, _pip_from_debian):
        command = pip(scratch)
        if (
            command
            and not subprocess.run(
                [*command, "install", "-q", "--root-user-action=ignore", "--target", str(target), pin]
            ).returncode
        ):
            return target
    sys.exit(
        "isthmus: no pip was found to start from.\n"
        "    because this Python has none and Debian's package could not be fetched\n"
        "    next: sudo apt install python3-venv, or use a Python with pip, then run make again"
    )


def _pip_here(_: Path) -> list[str]:
    probe = [sys.executable, "-m", "pip", "--version"]
    return probe[:3] if not subprocess.run(probe, capture_output=True).returncode else []


def _pip_from_debian(scratch: Path) -> list[str]:
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return []
    lists, cache = scratch / "lists", scratch / "cache"
    for folder in (lists / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True)
    options = ["-q", "-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}"]
    for step in (["update"], ["download", "python3-pip-whl"]):
        if subprocess.run(["apt-get", *options, *step], cwd=scratch, capture_output=True).returncode:
            return []
    for package in scratch.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(scratch / "deb")], check=True)
    wheels = sorted((scratch / "deb").rglob("pip-*.whl"))
    return [sys.executable, f"{wheels[-1]}/pip"] if wheels else []


def other_python(script: str) -> int:
    """Run `script` again with a Python that is new enough; the exit code 1, and what to do, where there is none."""
    for minor in range(14, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, script])
    found = ".".join(str(n) for n in sys.version_info[:3])
    print(f"isthmus: Python 3.11 or newer is needed, this is {found}.", file=sys.stderr)
    print("    next: install one, then: make PYTHON=/path/to/python3.11", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

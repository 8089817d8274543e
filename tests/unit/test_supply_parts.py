"""Bringing parts in: what goes wrong is told in a sentence, and nothing half-made stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.errors import Unavailable
from isthmus.supply import deb, pyenv


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def quiet(_: str) -> None:
    pass


def program(folder: Path, name: str, script: str) -> None:
    """A shell script in a folder that is first on PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "bin"


def test_without_apt_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not deb.available()
    with pytest.raises(Unavailable) as failure:
        deb.unpack("mariadb", ["mariadb-server-core"], quiet)
    assert failure.value.next_step == "use Debian or Ubuntu, or put mariadb on PATH"


def test_apt_is_quoted_when_it_fails(path: Path, cache: Path) -> None:
    program(
        path, "apt-get", 'case "$*" in *download*) echo "E: Unable to locate package nonesuch" >&2; exit 100;; esac'
    )
    program(path, "dpkg", "exit 0")
    with pytest.raises(Unavailable) as failure:
        deb.unpack("nonesuch", ["nonesuch"], quiet)
    assert failure.value.why == "E: Unable to locate package nonesuch"
    assert list((cache / "deb").glob("nonesuch*")) == []


def test_lists_are_read_anew_when_they_are_out_of_date(path: Path, cache: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program(
        path,
        "apt-get",
        f'case "$*" in *update*) echo u >> {calls};;\n'
        f"*download*) echo d >> {calls}; [ $(grep -c d {calls}) -gt 1 ] || exit 100; touch one.deb;; esac",
    )
    program(path, "dpkg", 'mkdir -p "$3/usr/sbin"')
    root = deb.unpack("thing", ["thing"], quiet)
    assert (root / "usr/sbin").is_dir()
    assert calls.read_text().split() == ["u", "d", "u", "d"]
    assert deb.unpack("thing", ["thing"], quiet) == root
    assert calls.read_text().split() == ["u", "d", "u", "d"]


def test_what_the_system_lacks_comes_along(path: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program(
        path,
        "apt-get",
        f'case "$*" in *simulate*) echo "Inst libthing1 (1.0 Debian)"; echo "Inst thing (1.0)";;\n'
        f'*download*) echo "$*" > {asked}; touch one.deb;; esac',
    )
    program(path, "dpkg", "exit 0")
    deb.unpack("thing", ["thing"], quiet)
    assert asked.read_text().split("download")[1].split() == ["libthing1", "thing"]


def test_an_environment_holds_what_was_locked(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("")
    made = pyenv.environment("empty", lock, quiet)
    version = subprocess.run(
        [str(pyenv.python(made)), "-c", "import sys; print(sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert version.stdout.strip() == str(sys.version_info[:2])
    assert pyenv.environment("empty", lock, quiet) == made
    lock.write_text("# another lock\n")
    assert pyenv.environment("empty", lock, quiet) != made


def test_uv_is_asked_for_when_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    lock = tmp_path / "requirements.txt"
    lock.write_text("x==1\n")
    with pytest.raises(Unavailable, match="Python environments cannot be made"):
        pyenv.environment("x", lock, quiet)


def test_a_failing_install_is_told_and_leaves_no_environment(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    program(folder, "uv", 'case "$1" in pip) echo "error: no such package x" >&2; exit 1;; esac')
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    lock = tmp_path / "requirements.txt"
    lock.write_text("x==1\n")
    with pytest.raises(Unavailable) as failure:
        pyenv.environment("x", lock, quiet)
    assert failure.value.why == "error: no such package x"
    assert not list((cache / "env").glob("*/.complete"))

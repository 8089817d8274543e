"""`make clean`: ends what runs whatever became of `.venv`, and removes no folder that holds other things."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.supply import bootstrap, cache
from lab.process import Daemon

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout without `.venv`, as far as cleaning goes."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("isthmus", "lab"):
        (checkout / name).symlink_to(ROOT / name)
    supply = tmp_path / "checkout/real/isthmus/supply"
    supply.mkdir(parents=True)
    # The script takes its checkout from its own place, links followed.
    (supply / "clean.py").write_text((ROOT / "isthmus/supply/clean.py").read_text())
    return checkout


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Daemon]:
    """A process that a killed test run has left."""
    home = tmp_path / "state/box/tests-7/box/one/clusters/c"
    home.mkdir(parents=True)
    made = Daemon("kwok", [sys.executable, "-c", "import time; time.sleep(60)"], {}, home, home / "log/k", home / "run")
    made.start()
    yield made
    made.stop(timeout_s=1)


def clean(copy: Path, tmp_path: Path) -> str:
    """Run the script as make does, without the packages of `.venv`; what it said."""
    env = os.environ | {"ISTHMUS_STATE": str(tmp_path / "state"), "ISTHMUS_CACHE": str(tmp_path / "cache")}
    env["PYTHONPATH"] = str(copy)
    script = copy / "real/isthmus/supply/clean.py"
    done = subprocess.run([sys.executable, "-S", str(script)], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_a_killed_run_left_is_ended_and_removed(copy: Path, tmp_path: Path, left: Daemon) -> None:
    (tmp_path / "state/journal").mkdir()
    assert "1 processes ended" in clean(copy, tmp_path)
    assert not left.alive()
    assert [entry.name for entry in (tmp_path / "state").iterdir()] == ["journal"]


def test_a_cache_of_ours_goes(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    assert (cache.cache_root() / cache.MARK).exists()
    assert f"removing {tmp_path / 'cache'}" in clean(copy, tmp_path)
    assert not (tmp_path / "cache").exists()


def test_a_folder_with_other_things_stays(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache/go").mkdir(parents=True)
    (tmp_path / "cache/locks").mkdir()
    (tmp_path / "cache/thesis.tex").touch()
    cache.cache_root()
    assert "left alone" in clean(copy, tmp_path)
    assert (tmp_path / "cache/thesis.tex").exists()


def test_a_cache_of_an_earlier_version_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path))
    (tmp_path / "go").mkdir()
    assert not (cache.cache_root() / cache.MARK).exists()
    (tmp_path / "locks").mkdir()
    assert (cache.cache_root() / cache.MARK).exists()


def test_debian_without_dpkg_is_no_source_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bootstrap._pip_from_debian(tmp_path) == []

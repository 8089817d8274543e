"""A box is ended by what was started in it, whatever became of its model."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.progress import Quiet
from lab.box import Box
from lab.ending import end_boxes, end_under
from lab.process import Daemon


def sleeper(home: Path, name: str) -> Daemon:
    return Daemon(name, [sys.executable, "-c", "import time; time.sleep(60)"], {}, home, home / "log/one", home / "run")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Daemon]]:
    """The processes of a cloud, of a cluster and of a box in a test's folder, all deep below `tmp_path / "box"`."""
    homes = ("one/database", "one/clouds/gone", "one/clusters/gone", "tests-1/state/box/two/clusters/c")
    made = [
        sleeper(tmp_path / "box" / home, name)
        for home, name in zip(homes, ("mariadb", "nova", "etcd", "kwok"), strict=True)
    ]
    for daemon in made:
        daemon.cwd.mkdir(parents=True)
        daemon.start()
    yield made
    for daemon in made:
        daemon.stop(timeout_s=1)


def emptied(folder: Path) -> Box:
    """The box in `folder` of a federation whose model names nothing any more."""
    box = object.__new__(Box)
    box.folder, box.federation, box.clouds, box.clusters = folder, "emptied", {}, {}
    return box


def test_what_the_model_no_longer_names_ends_too(started: list[Daemon], tmp_path: Path) -> None:
    box = emptied(tmp_path / "box" / "one")
    assert box.down(Quiet()) == 3
    assert [daemon.alive() is not None for daemon in started] == [False, False, False, True]
    assert box.folder.exists()
    assert box.wipe(Quiet()) == 0
    assert not box.folder.exists()
    assert box.down(Quiet()) == 0
    assert not box.folder.exists()


def test_every_box_ends_however_deep_it_lies(started: list[Daemon], tmp_path: Path) -> None:
    assert end_boxes(tmp_path / "box", wipe=True) == len(started)
    assert not any(daemon.alive() for daemon in started)
    assert list((tmp_path / "box").iterdir()) == []
    assert end_under(tmp_path / "nowhere") == 0


def test_the_box_of_an_odd_folder_names_its_backend_as_an_address(tmp_path: Path) -> None:
    box = emptied(tmp_path / "a box at 50%")
    with box.lock(Quiet()):
        told = json.loads((box.access / "box.json").read_text())
    assert told["backend"] == f"file://{tmp_path}/a%20box%20at%2050%25/pulumi"

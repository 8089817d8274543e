"""What every lab test shares: one running box of the small federation in `federation/`, and the command line on it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from isthmus.progress import Lines, Quiet
from isthmus.state import state_root
from lab.box import Box, open_box
from lab.ending import end_under
from lab.prepare import prepare

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Bench:
    """A running box and the folder of the federation it was built from (a copy: tests may edit it)."""

    federation_folder: Path
    state: Path
    box: Box
    env: Mapping[str, str] = field(repr=False)

    @property
    def access(self) -> Path:
        return self.box.access

    def isthmus(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user would; raises with its whole output when it fails and `check` is set."""
        command = [sys.executable, "-m", "isthmus.cli.main", *arguments, "--federation", str(self.federation_folder)]
        done = subprocess.run(command, env=dict(self.env), capture_output=True, text=True, timeout=600)
        if check and done.returncode:
            raise AssertionError(f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done


def plain_environment() -> dict[str, str]:
    """The environment without what a shell that was readied for a site, live or not, would add to it."""
    foreign = ("ISTHMUS_", "PULUMI_", "OS_")
    return {k: v for k, v in os.environ.items() if not k.startswith(foreign) or k == "ISTHMUS_CACHE"}


class Folders:
    """Temporary folders in one that is known to whoever ends boxes."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def mktemp(self, basename: str, numbered: bool = True) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{basename}-", dir=self._base))


@pytest.fixture(scope="session")
def tmp_path_factory() -> Iterator[Folders]:
    """Beside the user's boxes: `isthmus lab down --all` and `make clean` end what a killed run has left there."""
    boxes = state_root() / "box"
    boxes.mkdir(parents=True, exist_ok=True)
    base = Path(tempfile.mkdtemp(prefix=f"tests-{os.getpid()}-", dir=boxes))
    yield Folders(base)
    end_under(base)
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def tmp_path(tmp_path_factory: Folders) -> Path:
    """As pytest's own, in our place."""
    return tmp_path_factory.mktemp("test")


@pytest.fixture(scope="session")
def shown(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[None]]:
    """A context in which progress reaches whoever watches, although pytest captures what tests print."""
    manager = request.config.pluginmanager.getplugin("capturemanager")
    return manager.global_and_fixture_disabled if manager else nullcontext


@pytest.fixture(scope="session", autouse=True)
def parts(shown: Callable[[], AbstractContextManager[None]]) -> None:
    """Everything built before the first lab test, so that no test's time limit has to bear a compiler's."""
    with shown():
        prepare(Lines(sys.__stderr__))


@pytest.fixture(scope="session")
def bench(parts: None, shown: Callable[[], AbstractContextManager[None]], tmp_path_factory: Folders) -> Iterator[Bench]:
    """The box, up; it is wiped at the end of the session."""
    base = tmp_path_factory.mktemp("bench")
    state, home = base / "state", base / "workbench"
    shutil.copytree(HERE / "federation", home)
    env = {**plain_environment(), "ISTHMUS_STATE": str(state), "ISTHMUS_FEDERATION": str(home)}
    before = {name: os.environ.get(name) for name in ("ISTHMUS_STATE", "ISTHMUS_FEDERATION")}
    os.environ.update({name: env[name] for name in before})
    box = None
    try:
        from isthmus.cli.main import main

        assert main(["ledger", "allocate", "--federation", str(home)]) == 0
        assert main(["ledger", "approve", "--federation", str(home), "north", "south", "federation"]) == 0
        box = open_box(home)
        with shown():
            box.up(Lines(sys.__stderr__))
        yield Bench(home, state, box, env)
    finally:
        if box is not None:
            box.wipe(Quiet())
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

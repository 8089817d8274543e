"""docs/tutorial.md does what it says: its console blocks, run in order by a shell in an empty folder, on a box.

In expected output a line `...` stands for any number of lines and `...`
inside a line for any text; durations, sizes and runs of blanks are not
compared. Lines that the page does not show are errors, so that it stays true.
"""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
STATE_IN_PAGE = "/home/you/.local/state/isthmus"


@dataclass
class Step:
    """One command of the page, and the output that the page shows for it."""

    command: str
    line: int
    shown: list[str] = field(default_factory=list)


def steps(page: str) -> list[Step]:
    """The commands of all console blocks, in order."""
    found: list[Step] = []
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            found.append(Step(line[2:], number))
        elif inside and line.startswith("> ") and not found[-1].shown:
            found[-1].command += f"\n{line[2:]}"
        elif inside:
            found[-1].shown.append(line)
    return found


def matches(shown: list[str], output: str) -> bool:
    """Whether the output is what the page shows. A command without shown output may say anything."""
    if not shown:
        return True
    pattern = "".join(r"(?:[^\n]*\n)*?" if line.strip() == "..." else _pattern(plain(line)) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{plain(line)}\n" for line in output.splitlines())) is not None


def _pattern(line: str) -> str:
    return r"[^\n]*".join(re.escape(part) for part in re.split(r"\s*\.\.\.\s*", line))


def plain(line: str) -> str:
    """The line without what differs from run to run."""
    line = re.sub(r"\b\d+(?:\.\d+)? (s|min|ms|MiB|MB)\b", r"N \1", line.rstrip())
    return re.sub(r"(?<=\S)\s+", " ", line)


class Shell:
    """One bash for the whole page: `cd` and `export` last from one command to the next."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """The command's exit code, and all it printed."""
        assert self._process.stdin and self._process.stdout
        mark = uuid.uuid4().hex
        self._process.stdin.write(f"{{ {command}\n}} </dev/null\necho {mark} $?\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            before, found, code = line.partition(mark)
            said.append(before)
            if found:
                return int(code), "".join(said)
        raise AssertionError(f"the shell ended in: {command}\n{''.join(said)}")

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=60)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell as the page asks for; the box is ended afterwards, whatever happened."""
    state = tmp_path / "state"
    work = tmp_path / "work"
    work.mkdir()
    foreign = ("OS_", "ISTHMUS_", "PULUMI_CONFIG", "PULUMI_BACKEND")
    env = {k: v for k, v in os.environ.items() if not k.startswith(foreign) or k == "ISTHMUS_CACHE"}
    env |= {
        "ISTHMUS_STATE": str(state),
        # As on a terminal, where what goes to both outputs is seen in the order it was said.
        "PYTHONUNBUFFERED": "1",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    opened = Shell(work, env)
    try:
        yield opened
    finally:
        opened.close()
        subprocess.run(
            [sys.executable, "-m", "isthmus.cli.main", "lab", "down", "--all", "--wipe"],
            env=env,
            check=True,
            timeout=300,
            stdout=subprocess.DEVNULL,
        )


def test_the_tutorial_is_true(shell: Shell, tmp_path: Path) -> None:
    for step in steps(PAGE.read_text(encoding="utf-8")):
        code, output = shell.run(step.command.replace(STATE_IN_PAGE, str(tmp_path / "state")))
        output = output.replace(str(tmp_path / "state"), STATE_IN_PAGE)
        told = f"{PAGE.name}:{step.line}  $ {step.command}\nended with {code} and said:\n{output}"
        assert matches(step.shown, output), f"{told}\nthe page shows:\n" + "\n".join(step.shown)
        if not step.shown:
            assert code == 0, told

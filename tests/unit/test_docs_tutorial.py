"""The tutorial's test sees what it must see: it reads every block, and output that differs does not match."""

import pytest

from tests.lab.test_tutorial import PAGE, matches, steps

TABLE = "stack   created     time\nalpha         1    3.1 s\nNothing else.\n"


def test_blocks_become_steps_with_what_is_shown() -> None:
    page = "```sh\n$ no\n```\n```console\n$ cat <<E\n> text\n> E\ntext\n$ two\n```\n$ no\n"
    assert [(s.command, s.line, s.shown) for s in steps(page)] == [("cat <<E\ntext\nE", 5, ["text"]), ("two", 9, [])]


def test_the_tutorial_has_blocks_for_every_verb_it_teaches() -> None:
    commands = "\n".join(s.command for s in steps(PAGE.read_text(encoding="utf-8")))
    for words in ("init", "check", "plan --json", "lab up", "up --refresh", "show --live", "down --all", "lab down"):
        assert f"isthmus {words}" in commands


@pytest.mark.parametrize(
    "shown",
    [
        [],
        ["..."],
        ["stack  created  time", "alpha 1 9.9 s", "Nothing else."],
        ["...", "alpha  1 ...", "..."],
        ["stack  ...", "...", "Nothing else."],
    ],
)
def test_what_is_true_matches(shown: list[str]) -> None:
    assert matches(shown, TABLE)


@pytest.mark.parametrize(
    "shown",
    [
        ["stack  created  time"],
        ["...", "alpha  2 ...", "..."],
        ["...", "beta ...", "..."],
        ["alpha 1 9.9 s", "..."],
        ["...", "  Nothing else."],
    ],
)
def test_what_is_not_true_does_not_match(shown: list[str]) -> None:
    assert not matches(shown, TABLE)

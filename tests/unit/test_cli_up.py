"""The verbs of runs: what they say before anything is reached, and what results look like."""

import json
from pathlib import Path

import pytest

from isthmus.cli.main import main
from isthmus.errors import Refused
from isthmus.run.shell import exports
from isthmus.run.stack import Brought
from isthmus.run.table import failures, result_json, table


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ISTHMUS_ACCESS", "PULUMI_BACKEND_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ISTHMUS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_without_a_target_up_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "physics", "--federation", "sites/perugia"]) == 1
    assert "there is no access to perugia" in capsys.readouterr().err


def test_a_site_that_is_not_there_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "fisica", "--federation", "sites/perugia"]) == 2
    assert "has no site 'fisica'" in capsys.readouterr().err


def test_down_wants_to_be_told_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down", "--federation", "sites/perugia"]) == 2
    assert "--all" in capsys.readouterr().err


RESULTS = (
    Brought("cloud-a", same=12, seconds=3.2),
    Brought("bari", error=Refused("no", why="because", next_step="do this")),
)


def test_the_table_has_a_row_for_each_stack_and_failures_are_told_in_full() -> None:
    text = table(RESULTS)
    assert "cloud-a" in text and "FAILED: no" in text and "Nothing changed" not in text
    assert failures(RESULTS) == ["bari: no\n    because because\n    next: do this"]
    assert table(RESULTS[:1]).endswith("Nothing changed.")


def test_json_holds_the_same() -> None:
    stacks = json.loads(result_json(("target: the box",), RESULTS))["stacks"]
    assert [s["result"] for s in stacks] == ["done", "failed"]
    assert stacks[1]["next_step"] == "do this"


def test_exports_are_quoted_and_drop_what_another_target_left() -> None:
    text = exports({"A": "it's $HOME"}, {"PULUMI_OPTION_CONFIG_FILE": "/old"})
    assert text.splitlines() == ["unset PULUMI_OPTION_CONFIG_FILE", """export A='it'"'"'s $HOME'"""]

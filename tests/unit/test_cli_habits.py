"""Habits every verb has: it writes where it may, says so where it may not, and never shows an unknown case for it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.cli.main import main
from isthmus.load.federation import load_federation

UNKNOWN = "a case it does not know"
ITINERIS = str(Path(__file__).parents[2] / "sites" / "itineris")


def test_a_map_that_cannot_be_written_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "--federation", ITINERIS, "--svg", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert UNKNOWN not in told
    assert str(tmp_path) in told and "--svg FILE" in told


def test_a_state_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ISTHMUS_STATE", str(tmp_path / "file" / "state"))
    assert main(["show", "--federation", ITINERIS]) == 1
    told = capsys.readouterr().err
    assert UNKNOWN not in told
    assert "ISTHMUS_STATE" in told


def test_a_terminal_without_the_characters_gets_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main(["map", "--federation", ITINERIS]) == 0
    assert b"cloud infn" in written.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the machine has no device that is always full")
def test_a_full_disk_is_said_in_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "isthmus.cli.main", "schema"],
            stdout=full, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": ""},
        )  # fmt: skip
    assert done.returncode == 1
    assert "disk is full" in done.stderr
    assert UNKNOWN not in done.stderr and "Traceback" not in done.stderr and "ignored" not in done.stderr


@pytest.mark.parametrize("verb", [["lab", "status"], ["ledger", "show"]])
def test_common_options_may_stand_after_the_action(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*verb, "--federation", ITINERIS, "--json"]) in (0, 4)
    assert isinstance(json.loads(capsys.readouterr().out), list)


@pytest.mark.parametrize("institution", ['A: "b" # c', "true", "Università di Bari", "12", "- x", "l'Aquila"])
def test_init_takes_any_institution(institution: str, tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "new"), "--name", "fed", "--institution", institution]) == 0
    federation = load_federation(tmp_path / "new" / "sites" / "fed")
    assert federation.sites["site-1"].institution == institution


@pytest.mark.parametrize("site", ["ledger", "cloud-x", "Bari"])
def test_init_refuses_what_check_refuses(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new"), "--name", "fed", "--site", site]) == 2
    assert site in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_init_below_a_file_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["init", str(tmp_path / "file"), "--name", "fed"]) == 1
    told = capsys.readouterr().err
    assert UNKNOWN not in told and "cannot be written" in told


def test_a_plan_without_a_target_says_so_and_with_a_wrong_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ISTHMUS_STATE", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("ISTHMUS_ACCESS", raising=False)
    assert main(["plan", "bari", "--federation", ITINERIS]) == 3
    assert "no target is set up" in capsys.readouterr().out
    monkeypatch.setenv("ISTHMUS_ACCESS", str(tmp_path / "nowhere"))
    assert main(["plan", "bari", "--federation", ITINERIS]) == 2
    assert "no access folder" in capsys.readouterr().err

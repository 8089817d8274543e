"""Files that cannot be read: said once, with a next step that helps, and nothing waits for ever."""

import os
import shutil
from pathlib import Path

import pytest

from isthmus.check import check_federation
from isthmus.cli.main import main
from isthmus.ledger.scan import scan_ledger

SITES = Path(__file__).parents[2] / "sites"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SITES / "itineris", tmp_path / "fed"))


def found(folder: Path) -> list[tuple[str, str]]:
    return [(f.code, f.hint) for f in check_federation(folder).findings]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["lecce/site.yaml", "ledger/lecce.yaml"])
def test_a_pipe_is_no_file(name: str, folder: Path) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    ((_, hint),) = found(folder)
    assert hint == "put a plain file in its place"


def test_a_link_in_a_circle_is_no_matter_of_permissions(folder: Path) -> None:
    (folder / "lecce" / "site.yaml").unlink()
    (folder / "lecce" / "site.yaml").symlink_to("site.yaml")
    assert found(folder) == [("E128", "put a plain file in its place")]


def test_a_ledger_that_cannot_be_read_is_not_one_to_fill(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def closed(path: str | os.PathLike[str]) -> object:
        if Path(path).name == "ledger":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert [f.code for f in scan_ledger(folder).findings] == ["E307"]
    assert found(folder) == [("E307", "make it a folder you may read")]


def test_a_closed_folder_is_not_a_missing_site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "lecce" / "site.yaml").unlink()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "lecce")
    assert ("E207", "make lecce/ readable for you") in found(folder)


def test_init_overwrites_no_dangling_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").symlink_to("elsewhere")
    assert main(["init", str(tmp_path), "--name", "fed"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()

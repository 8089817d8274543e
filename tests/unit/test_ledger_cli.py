"""isthmus ledger as people use it."""

import argparse
import json
import shutil
import threading
from pathlib import Path

import pytest

from isthmus.cli import ledger as verb
from isthmus.errors import BadInput
from isthmus.ledger.check import check_ledger
from isthmus.ledger.store import ledger_lock
from isthmus.load.federation import load_federation

FEDERATION = """\
federation: example
requires: isthmus >= 0.1
domain: example.org
owner: federation@example.org
clouds: [{name: one, sites: [bari, lecce]}]
overlay: {tunnels: mesh, segments: [{name: blue, vlan: 100}]}
pools:
  {sites: 10.64.0.0/12, loopbacks: 100.64.0.0/20, links: 100.64.16.0/20, pods: 10.128.0.0/9, services: 10.96.0.0/12}
"""
SITE = """\
site: {name}
institution: Example Institute
country: IT
owners: {{operations: operations@{name}.example.org}}
gateways: [{{name: gw1, uplink: 1Gb, nics: {{management: eno1, projects: eno2, public: eno3}}}}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "federation.yaml").write_text(FEDERATION)
    for name in ("bari", "lecce"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "site.yaml").write_text(SITE.format(name=name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def isthmus_ledger(folder: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--federation", type=Path, default=folder)
    parser.add_argument("--json", action="store_true")
    verb.arguments(parser)
    return verb.run(parser.parse_args(list(words)))


def test_from_nothing_to_approved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert isthmus_ledger(folder, "show") == 0
    assert capsys.readouterr().out == "The ledger is empty. Give numbers with: isthmus ledger allocate\n"
    assert isthmus_ledger(folder, "allocate", "--dry-run") == 3
    assert not (folder / "ledger").exists()
    capsys.readouterr()
    assert isthmus_ledger(folder, "allocate") == 0
    assert capsys.readouterr().out == (
        "bari: given\n"
        "  asn                      4200006130\n"
        "  block                    10.70.0.0/16\n"
        "  loopbacks/gw1            100.64.14.253\n"
        "  management               10.70.0.0/20\n"
        "  pairs/lecce              {link: 100.64.21.174/31, port: 28623}\n"
        "  subnets/blue             10.70.16.0/20\n"
        "federation: given\n"
        "  vnis/blue                4892\n"
        "lecce: given\n"
        "  asn                      4200008479\n"
        "  block                    10.76.0.0/16\n"
        "  loopbacks/gw1            100.64.5.64\n"
        "  management               10.76.0.0/20\n"
        "  subnets/blue             10.76.16.0/20\n"
        "12 numbers of 3 owners. They are proposed. Approve with: isthmus ledger approve bari federation lecce\n"
    )
    assert isthmus_ledger(folder, "allocate") == 0
    assert capsys.readouterr().out == "Nothing to do: the ledger stays as it is.\n"
    assert isthmus_ledger(folder, "approve", "bari", "federation") == 0
    capsys.readouterr()
    assert isthmus_ledger(folder, "show", "--json") == 0
    states = {(row["owner"], row["state"]) for row in json.loads(capsys.readouterr().out)}
    assert states == {("bari", "approved"), ("federation", "approved"), ("lecce", "proposed")}
    assert list(check_ledger(load_federation(folder), folder)) == []


def test_a_site_leaves_and_its_numbers_are_released(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    isthmus_ledger(folder, "allocate")
    shutil.rmtree(folder / "lecce")
    (folder / "federation.yaml").write_text(FEDERATION.replace("[bari, lecce]", "[bari]"))
    assert isthmus_ledger(folder, "retire", "--dry-run") == 3
    assert isthmus_ledger(folder, "retire") == 0
    capsys.readouterr()
    assert isthmus_ledger(folder, "show", "lecce") == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["lecce", "  retired   asn                      4200008479"]
    assert isthmus_ledger(folder, "release", "bari", "--entry", "pairs/lecce", "--json") == 0
    (change,) = json.loads(capsys.readouterr().out)
    assert (change["action"], change["path"]) == ("released", "pairs/lecce")
    assert isthmus_ledger(folder, "release", "lecce") == 0
    assert not (folder / "ledger" / "lecce.yaml").exists()


def test_resolve_says_what_moved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    isthmus_ledger(folder, "allocate")
    isthmus_ledger(folder, "approve", "lecce")
    path = folder / "ledger" / "bari.yaml"
    path.write_text(path.read_text().replace("asn: 4200006130", "asn: 4200008479"))
    capsys.readouterr()
    assert isthmus_ledger(folder, "resolve") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "bari: moved",
        "  asn                      4200008479 -> 4200006130",
    ]


def test_an_unreadable_ledger_changes_nothing(folder: Path) -> None:
    isthmus_ledger(folder, "allocate")
    path = folder / "ledger" / "bari.yaml"
    text = path.read_text().replace("4200006130", "many")
    path.write_text(text)
    for words in (["allocate"], ["resolve"], ["approve", "lecce"], ["retire"], ["release", "lecce"], ["show"]):
        with pytest.raises(BadInput) as caught:
            isthmus_ledger(folder, *words)
        assert caught.value.findings[0].where.line == 4
    assert path.read_text() == text


def test_a_name_it_does_not_have_gets_the_nearest(folder: Path) -> None:
    isthmus_ledger(folder, "allocate")
    for words in (["approve", "leece"], ["show", "leece"], ["release", "leece"], ["retire", "leece"]):
        with pytest.raises(BadInput) as caught:
            isthmus_ledger(folder, *words)
        assert caught.value.next_step == "did you mean 'lecce'?"


def test_two_at_once_wait_for_each_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    isthmus_ledger(folder, "allocate")
    with ledger_lock(folder):
        other = threading.Thread(target=isthmus_ledger, args=(folder, "approve", "bari"))
        other.start()
        other.join(0.5)
        assert other.is_alive()
        assert isthmus_ledger(folder, "show") == 0
        assert "approved" not in capsys.readouterr().out
    other.join(10)
    assert not other.is_alive()
    isthmus_ledger(folder, "show", "bari")
    assert "approved" in capsys.readouterr().out

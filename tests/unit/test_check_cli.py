"""isthmus check and isthmus schema as people meet them."""

import argparse
import json
import shutil
from pathlib import Path

import pytest

from isthmus.allocate import allocate
from isthmus.cli import check, schema
from isthmus.ledger.store import read_ledger, write_ledger
from isthmus.load import load_federation

BASE = Path(__file__).parent.parent / "golden" / "base"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(BASE, tmp_path / "base")
    monkeypatch.chdir(tmp_path)
    before = read_ledger(Path("base"))
    write_ledger(Path("base"), before, allocate(load_federation(Path("base")), before))
    return Path("base")


def options(module: object, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--federation", type=Path)
    parser.add_argument("--json", action="store_true")
    module.arguments(parser)  # type: ignore[attr-defined]
    return parser.parse_args(words)


def test_a_good_federation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run(options(check, "--federation", "base")) == 0
    said = capsys.readouterr().out
    assert said == "base: 3 sites, 2 clouds, 3 gateways, 11 nodes, 1 cluster, 3 segments, 1 tenant, no errors.\n"


def test_errors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("alpha", "beta"):
        path = folder / name / "site.yaml"
        path.write_text(path.read_text().replace("country", "contry"))
    assert check.run(options(check, "--federation", "base")) == 2
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "base/alpha/site.yaml:5:1  E102  the key 'contry' is not known in this file"
    assert said[-1] == "2 errors in 2 files. Nothing was changed."


def test_warnings_pass_unless_strict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "federation.yaml"
    path.write_text(path.read_text().replace("https://keystone", "http://keystone"))
    assert check.run(options(check, "--federation", "base")) == 0
    assert capsys.readouterr().out.endswith("no errors, 1 warning.\n")
    assert check.run(options(check, "--federation", "base", "--strict")) == 2


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "gamma" / "site.yaml").unlink()
    assert check.run(options(check, "--federation", "base", "--json")) == 2
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["errors"], found["federation"]) == (False, 1, "base")
    assert found["findings"][0]["code"] == "E207"
    assert (found["findings"][0]["file"], found["findings"][0]["line"]) == ("base/federation.yaml", 16)


def test_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.run(options(schema, "site")) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "site.yaml"
    assert schema.run(options(schema, "--write", str(tmp_path / "new"))) == 0
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["federation.schema.json", "site.schema.json"]

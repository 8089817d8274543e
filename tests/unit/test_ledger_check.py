"""What is wrong with a ledger is named with its place, all at once; the texts are part of the contract."""

from pathlib import Path
from typing import Any

import pytest
from ledger_factory import make_federation

from isthmus.allocate import allocate
from isthmus.ledger.check import check_ledger
from isthmus.ledger.entries import Ledger
from isthmus.ledger.scan import Scan, scan_ledger
from isthmus.ledger.settle import approve, retire
from isthmus.ledger.store import write_ledger
from isthmus.model.federation import Federation

FEDERATION = make_federation("bari", "lecce")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ledger = allocate(FEDERATION, Ledger())
    ledger = approve(Scan("ledger", ledger, [], {}), ["bari"])
    write_ledger(tmp_path, Ledger(), ledger)
    return tmp_path


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "ledger" / f"{name}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def texts(folder: Path, federation: Federation = FEDERATION) -> list[str]:
    return [str(finding) for finding in check_ledger(federation, folder)]


def test_a_fresh_ledger_is_clean(folder: Path) -> None:
    assert texts(folder) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        pytest.param(
            "lecce",
            "asn: 4200008479",
            "asn: 4200006130",
            "ledger/lecce.yaml:4:6  E301  ASN 4200006130 ('asn' of lecce) was given before, to 'asn' of bari "
            "(ledger/bari.yaml:4:6)\n    run isthmus ledger resolve: it moves only what nobody has approved",
            id="number given twice",
        ),
        pytest.param(
            "lecce",
            "blue: 10.40.193.0/24",
            "blue: 10.221.96.128/25",
            "ledger/lecce.yaml:9:9  E302  10.221.96.128/25 ('subnets/blue' of lecce) overlaps 10.221.96.0/20 "
            "('block' of bari) (ledger/bari.yaml:3:8)\n"
            "    run isthmus ledger resolve: it moves only what nobody has approved",
            id="overlap",
        ),
        pytest.param(
            "lecce",
            "asn: 4200008479",
            "asn: 64512",
            "ledger/lecce.yaml:4:6  E303  ASN 64512 ('asn') lies outside pools.asn (4200000000-4200009999)\n"
            "    pools may grow, never shrink: widen pools.asn in federation.yaml again",
            id="outside the pool",
        ),
        pytest.param(
            "lecce",
            "  green: 10.40.194.0/24\n",
            "",
            "ledger/lecce.yaml  E304  site 'lecce' has no entry for 'subnets/green'\n    run isthmus ledger allocate",
            id="missing",
        ),
        pytest.param(
            "lecce",
            "loopbacks:\n",
            "loopbacks:\n  gw9: 100.64.0.9\n",
            "ledger/lecce.yaml:7:8  E305  site 'lecce' has no gateway 'gw9' in the model\n"
            "    if it has left: isthmus ledger retire lecce",
            id="stranger",
        ),
        pytest.param(
            "federation",
            "vnis:\n",
            "vnis:\n  pink: 4000\n",
            "ledger/federation.yaml:3:9  E305  the federation has no segment 'pink' in the model\n"
            "    if it has left: isthmus ledger retire federation",
            id="stranger segment",
        ),
        pytest.param(
            "lecce",
            "asn: 4200008479",
            "asn: four",
            "ledger/lecce.yaml:4:6  E307  'four' is not a number from 1 to 4294967294 (asn)\n"
            "    undo the edit with git checkout, or correct it; numbers are changed with isthmus ledger",
            id="unreadable number",
        ),
        pytest.param(
            "lecce",
            "block: 10.",
            "blok: 10.",
            "ledger/lecce.yaml:3:7  E307  'blok' is not known here\n"
            "    known are block, asn, management, loopbacks, subnets, clusters, pairs",
            id="unknown key",
        ),
        pytest.param(
            "bari",
            "asn: 4200006130",
            "asn: 4200006131",
            "ledger/bari.yaml:4:6  E308  'asn' of bari is 4200006131, and 4200006130 was approved\n"
            "    write 4200006130 back, or approve the new value: isthmus ledger approve bari",
            id="edited after approval",
        ),
        pytest.param(
            "lecce",
            "retired:\n",
            "retired:\n  - asn: 4200006130\n",
            "ledger/bari.yaml:4:6  E310  ASN 4200006130 ('asn' of bari) is retired as 'asn' of lecce "
            "(ledger/lecce.yaml:16:10)\n    isthmus ledger release lecce gives it free, if that was meant",
            id="retired and in use",
        ),
        pytest.param(
            "bari",
            "pairs:\n  lecce:",
            "pairs:\n<<<<<<< HEAD\n  lecce:",
            "ledger/bari.yaml:14:1  E306  a merge conflict is left open (<<<<<<<)\n"
            "    keep the lines of both sides, remove the markers, then run isthmus ledger resolve",
            id="conflict marker",
        ),
        pytest.param(
            "bari",
            "  lecce: {",
            "  lecce: {link: 100.80.0.0/31, port: 20000}\n  lecce: {",
            "ledger/bari.yaml:15:3  E119  'lecce' is given twice\n    the first is in line 14; keep one of them",
            id="key twice",
        ),
        pytest.param(
            "bari",
            "site: bari",
            "site: brindisi",
            "ledger/bari.yaml:2:7  E307  the file is called 'bari' and its site 'brindisi'\n    write site: bari",
            id="file of another site",
        ),
    ],
)
def test_each_fault_has_its_text(folder: Path, name: str, old: str, new: str, expected: str) -> None:
    edit(folder, name, old, new)
    assert expected in texts(folder)


def test_a_moved_value_says_both(folder: Path) -> None:
    fixed: dict[str, Any] = {"networks": {"management": "198.51.100.0/24"}}
    federation = make_federation("bari", "lecce", sites={"lecce": fixed})
    assert texts(folder, federation) == [
        "ledger/lecce.yaml:5:13  E309  'management' of lecce is 10.40.192.0/24 in the ledger, and the model fixes "
        "198.51.100.0/24\n    fix 10.40.192.0/24 in the model, or move it on purpose: "
        "isthmus ledger release lecce --entry management"
    ]


def test_a_shrunken_pool_names_what_lies_outside(folder: Path) -> None:
    shrunken = make_federation("bari", "lecce", pools={"loopbacks": "100.64.0.0/30"})
    assert [text.splitlines()[0] for text in texts(folder, shrunken)] == [
        "ledger/bari.yaml:7:8  E303  100.64.241.219 ('loopbacks/gw1') lies outside pools.loopbacks (100.64.0.0/30)",
        "ledger/lecce.yaml:7:8  E303  100.64.188.212 ('loopbacks/gw1') lies outside pools.loopbacks (100.64.0.0/30)",
    ]


def test_a_stranger_site_is_one_finding_and_its_pair_another(folder: Path) -> None:
    assert [text.splitlines()[0] for text in texts(folder, make_federation("bari"))] == [
        "ledger/bari.yaml:14:10  E305  site 'bari' has no tunnel to 'lecce' in the model",
        "ledger/lecce.yaml  E305  the federation has no site 'lecce'",
    ]


def test_a_site_with_errors_of_its_own_has_not_left(folder: Path) -> None:
    (folder / "lecce").mkdir()
    (folder / "lecce" / "site.yaml").write_text("site: lecce\n")
    assert texts(folder, make_federation("bari")) == []


def test_an_unreadable_file_is_not_also_missing(folder: Path) -> None:
    (folder / "ledger" / "lecce.yaml").write_bytes(b"\xff\xfe")
    assert [text.splitlines()[0] for text in texts(folder)] == ["ledger/lecce.yaml  E307  the file is not UTF-8"]


def test_a_new_site_is_one_finding(folder: Path) -> None:
    messages = [text.splitlines()[0] for text in texts(folder, make_federation("bari", "lecce", "napoli"))]
    assert "ledger/napoli.yaml  E304  site 'napoli' has no entry for any number" in messages
    assert len(messages) == 3


def test_names_the_ledger_needs_are_refused(tmp_path: Path) -> None:
    codes = [finding.code for finding in check_ledger(make_federation("federation"), tmp_path)]
    assert "E312" in codes


def test_retired_numbers_are_no_fault(folder: Path) -> None:
    ledger = scan_ledger(folder).ledger
    stays = make_federation("bari")
    write_ledger(folder, ledger, retire(stays, ledger))
    assert texts(folder, stays) == []
    assert scan_ledger(folder).where_retired("lecce", "asn").line > 1

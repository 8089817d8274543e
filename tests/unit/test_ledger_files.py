"""The ledger's files: readable, stable, whole, and quick to read."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_factory import make_federation

from isthmus.allocate import allocate
from isthmus.errors import BadInput, Unavailable
from isthmus.ledger import store
from isthmus.ledger.entries import Ledger
from isthmus.ledger.scan import Scan
from isthmus.ledger.settle import approve, retire
from isthmus.ledger.store import read_ledger, resolve_folder, write_ledger

BARI = """\
# Numbers of site bari. isthmus ledger writes this file; decide with it, not by hand.
site: bari
block: 10.221.96.0/20
asn: 4200006130
management: 10.221.96.0/24
loopbacks:
  gw1: 100.64.241.219
subnets:
  blue: 10.221.97.0/24
  green: 10.221.98.0/24
clusters:
  k8s-bari: {pods: 172.18.136.0/22, services: 192.168.20.128/27}
pairs:
  lecce: {link: 100.92.197.174/31, port: 28623}
approved:
retired:
"""


def scan_of(ledger: Ledger) -> Scan:
    return Scan("ledger", ledger, [], {})


def test_a_site_file_is_plain(tmp_path: Path) -> None:
    """Changing this text changes every file people have committed."""
    write_ledger(tmp_path, Ledger(), allocate(make_federation("bari", "lecce"), Ledger()))
    assert (tmp_path / "ledger" / "bari.yaml").read_text() == BARI
    assert (tmp_path / "ledger" / ".gitattributes").read_text() == "*.yaml merge=union\n"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.sampled_from(["no", "null", "y", "e1", "bari", "lecce"]), unique=True, min_size=1),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], six: bool, approved: bool, leaves: bool
) -> None:
    folder = tmp_path_factory.mktemp("federation")
    pools = {"sites": "2001:db8::/32", "site_prefix": 48, "links": "2001:db8:1::/64"} if six else {}
    ledger = allocate(make_federation(*names, pools=pools), Ledger())
    if approved:
        ledger = approve(scan_of(ledger), [*names, "federation"])
    if leaves:
        ledger = retire(make_federation(*names[1:], segments=("blue",), pools=pools), ledger)
    write_ledger(folder, Ledger(), ledger)
    assert read_ledger(folder) == ledger


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    before = allocate(make_federation("bari", "lecce", tunnels="tree", root="bari"), Ledger())
    write_ledger(tmp_path, Ledger(), before)
    after = allocate(make_federation("bari", "lecce", "napoli", tunnels="tree", root="bari"), before)
    written = write_ledger(tmp_path, before, after)
    assert [path.name for path in written] == ["bari.yaml", "napoli.yaml"]
    assert write_ledger(tmp_path, after, after) == ()


def test_a_new_site_adds_one_line_to_the_keeper_of_its_pair(tmp_path: Path) -> None:
    before = allocate(make_federation("bari", "napoli"), Ledger())
    write_ledger(tmp_path, Ledger(), before)
    old = (tmp_path / "ledger" / "bari.yaml").read_text().splitlines()
    write_ledger(tmp_path, before, allocate(make_federation("bari", "lecce", "napoli"), before))
    new = (tmp_path / "ledger" / "bari.yaml").read_text().splitlines()
    assert [line for line in new if line not in old] == [line for line in new if line.startswith("  lecce:")]
    assert [line for line in old if line not in new] == []


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_kill_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = allocate(make_federation("bari"), Ledger())
    write_ledger(tmp_path, Ledger(), before)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store.os if step == "fsync" else Path, step, killed)
    with pytest.raises(KeyboardInterrupt):
        write_ledger(tmp_path, before, allocate(make_federation("bari", "lecce"), before))
    assert read_ledger(tmp_path) == before
    assert [path.name for path in (tmp_path / "ledger").iterdir() if path.name.endswith(".tmp")] == []


def test_a_ledger_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        write_ledger(tmp_path, Ledger(), allocate(make_federation("bari"), Ledger()))


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert read_ledger(tmp_path) == Ledger()


def test_running_refuses_a_number_given_twice(tmp_path: Path) -> None:
    federation = make_federation("bari", "lecce")
    ledger = allocate(federation, Ledger())
    assert ledger == allocate(federation, ledger)
    twice = replace(ledger.sites["lecce"], asn=ledger.sites["bari"].asn)
    write_ledger(tmp_path, Ledger(), replace(ledger, sites=ledger.sites | {"lecce": twice}))
    with pytest.raises(BadInput) as caught:
        resolve_folder(federation, tmp_path)
    assert [finding.code for finding in caught.value.findings] == ["E301"]


def test_the_last_number_of_a_departed_site_takes_its_file_along(tmp_path: Path) -> None:
    from isthmus.ledger.settle import release

    stays = make_federation("bari")
    before = allocate(make_federation("bari", "lecce"), Ledger())
    left = retire(stays, before, ["lecce"])
    write_ledger(tmp_path, Ledger(), left)
    assert (tmp_path / "ledger" / "lecce.yaml").exists()
    after = release(stays, left, "lecce")
    write_ledger(tmp_path, left, after)
    assert not (tmp_path / "ledger" / "lecce.yaml").exists()
    assert read_ledger(tmp_path) == after

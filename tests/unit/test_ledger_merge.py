"""Two branches, two sites, one real git merge."""

import os
import subprocess
from pathlib import Path

import pytest
from ledger_factory import make_federation

from isthmus.allocate import allocate
from isthmus.errors import BadInput
from isthmus.ledger.check import check_ledger
from isthmus.ledger.entries import Ledger
from isthmus.ledger.numbers import start_of
from isthmus.ledger.scan import scan_ledger
from isthmus.ledger.settle import approve, resolve
from isthmus.ledger.store import read_ledger, write_ledger
from isthmus.model.federation import Federation

ASNS = {"asn": "64512-64520"}


class Repository:
    """A federation's ledger in a git repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> subprocess.CompletedProcess[str]:
        identity = {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in _WHO.items()}
        environment = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(
            ["git", *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def commit(self) -> None:
        self.git("add", "-A")
        done = self.git("commit", "-q", "-m", "numbers")
        assert done.returncode == 0, done.stderr

    def add(self, branch: str, federation: Federation, approved: tuple[str, ...] = ()) -> None:
        """On a new branch from main: give numbers to what `federation` has, approve some, commit."""
        self.git("checkout", "-q", "-b", branch, "main")
        before = read_ledger(self.folder)
        write_ledger(self.folder, before, allocate(federation, before))
        scan = scan_ledger(self.folder)
        write_ledger(self.folder, scan.ledger, approve(scan, approved))
        self.commit()

    def merge(self) -> subprocess.CompletedProcess[str]:
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-edit", "left")
        return self.git("merge", "-q", "--no-edit", "right")


_WHO = {"NAME": "Operations", "EMAIL": "operations@example.org"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(tmp_path)
    made = Repository(tmp_path)
    write_ledger(tmp_path, Ledger(), allocate(make_federation("alba", pools=ASNS), Ledger()))
    made.commit()
    return made


def rivals() -> tuple[str, str]:
    """Two names whose search for an ASN begins at one number, and not at Alba's."""
    seen = {start_of("asn/alba", 9): ""}
    for number in range(100):
        name = f"site{number}"
        start = start_of(f"asn/{name}", 9)
        if seen.get(start):
            return seen[start], name
        seen.setdefault(start, name)
    raise AssertionError("no two names meet")


def test_both_branches_add_a_tunnel_at_one_place_and_git_merges(repository: Repository) -> None:
    """Both lines go to the same place of Alba's file: without help, git would stop here."""
    pools = {"asn": "4200000000-4200009999"}
    repository.add("left", make_federation("alba", "bari", pools=pools))
    repository.add("right", make_federation("alba", "como", pools=pools))
    merge = repository.merge()
    assert merge.returncode == 0, merge.stdout
    whole = make_federation("alba", "bari", "como", pools=pools | {"asn": "64512-4200009999"})
    messages = [str(finding).splitlines()[0] for finding in check_ledger(whole, repository.folder)]
    assert messages == ["ledger/bari.yaml  E304  site 'bari' has no entry for 'pairs/como'"]
    before = read_ledger(repository.folder)
    write_ledger(repository.folder, before, allocate(whole, before))
    assert list(check_ledger(whole, repository.folder)) == []


def test_a_number_given_on_both_branches_is_named_and_the_unapproved_one_moves(repository: Repository) -> None:
    early, late = rivals()
    repository.add("left", make_federation("alba", early, pools=ASNS))
    repository.add("right", make_federation("alba", late, pools=ASNS), approved=(late,))
    assert repository.merge().returncode == 0
    whole = make_federation("alba", early, late, pools=ASNS)
    scan = scan_ledger(repository.folder)
    number = scan.ledger.sites[early].asn
    first, second = sorted((early, late))
    assert (
        f"ledger/{second}.yaml:4:6  E301  ASN {number} ('asn' of {second}) was given before, to 'asn' of {first} "
        f"(ledger/{first}.yaml:4:6)\n    run isthmus ledger resolve: it moves only what nobody has approved"
    ) in [str(finding) for finding in check_ledger(whole, repository.folder)]
    settled = resolve(whole, scan)
    write_ledger(repository.folder, scan.ledger, settled)
    assert settled.sites[late].asn == number
    assert settled.sites[early].asn != number
    assert settled.sites[late].proposed() == tuple(path for path in [f"pairs/{early}"] if late < early)
    assert list(check_ledger(whole, repository.folder)) == []


def test_a_number_approved_on_both_branches_stops_and_names_who_decides(repository: Repository) -> None:
    early, late = rivals()
    repository.add("left", make_federation("alba", early, pools=ASNS), approved=(early,))
    repository.add("right", make_federation("alba", late, pools=ASNS), approved=(late,))
    assert repository.merge().returncode == 0
    with pytest.raises(BadInput) as caught:
        resolve(make_federation("alba", early, late, pools=ASNS), scan_ledger(repository.folder))
    (finding,) = caught.value.findings
    first, second = sorted((early, late))
    assert finding.where.line == 4
    assert finding.hint == (
        f"operations@{first}.example.org and operations@{second}.example.org must decide which one moves"
    )


def test_without_the_attributes_the_conflict_is_named_by_its_lines(repository: Repository) -> None:
    (repository.folder / "ledger" / ".gitattributes").write_text("")
    repository.commit()
    repository.add("left", make_federation("alba", "bari", pools=ASNS))
    repository.add("right", make_federation("alba", "como", pools=ASNS))
    assert repository.merge().returncode != 0
    whole = make_federation("alba", "bari", "como", pools=ASNS)
    found = [finding for finding in check_ledger(whole, repository.folder) if finding.where.file.endswith("alba.yaml")]
    lines = (repository.folder / "ledger" / "alba.yaml").read_text().splitlines()
    assert [finding.code for finding in found] == ["E306"] * 3
    assert [lines[finding.where.line - 1][:7] for finding in found] == ["<<<<<<<", "=======", ">>>>>>>"]


def test_approving_and_adding_at_one_place_keep_both(repository: Repository) -> None:
    repository.add("left", make_federation("alba", pools=ASNS), approved=("alba",))
    repository.add("right", make_federation("alba", "bari", pools=ASNS))
    assert repository.merge().returncode == 0
    alba = read_ledger(repository.folder).sites["alba"]
    assert alba.proposed() == ("pairs/bari",)

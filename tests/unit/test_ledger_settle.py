"""Decisions about numbers: who moves, who stays, who must be asked."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_factory import make_federation

from isthmus.allocate import allocate
from isthmus.errors import BadInput
from isthmus.ledger.changes import changes_between
from isthmus.ledger.claims import claims_of, meetings
from isthmus.ledger.entries import Ledger, SiteEntry
from isthmus.ledger.scan import Scan
from isthmus.ledger.settle import approve, release, resolve, retire
from isthmus.model.federation import Federation

NAMES = [f"{letter}{number}" for letter in "abc" for number in range(4)]
TINY = {"sites": "10.0.0.0/8", "site_prefix": 12, "asn": "64512-64560", "ports": "20000-20060", "vni": "4000-4009"}


def scan_of(ledger: Ledger) -> Scan:
    return Scan("ledger", ledger, [], {})


def merged(base: Ledger, ours: Ledger, theirs: Ledger) -> Ledger:
    """What a line-by-line merge of two branches gives: the entries of both, where the base has none."""
    sites: dict[str, SiteEntry] = dict(ours.sites)
    for name, entry in theirs.sites.items():
        if name not in sites:
            sites[name] = entry
            continue
        mine = sites[name]
        sites[name] = replace(
            mine, pairs=mine.pairs | entry.pairs, approved=dict(sorted((mine.approved | entry.approved).items()))
        )
    return replace(ours, sites=dict(sorted(sites.items())), vnis=base.vnis | ours.vnis | theirs.vnis)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
    st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
    st.booleans(),
)
def test_two_branches_merge_and_resolve(base: list[str], left: list[str], right: list[str], approving: bool) -> None:
    """Disjoint afterwards, complete, and nothing that anybody approved has moved."""

    def federation(*more: str) -> Federation:
        return make_federation(*dict.fromkeys([*base, *more]), pools=TINY)

    started = allocate(federation(), Ledger())
    ours = allocate(federation(*left), started)
    if approving:
        ours = approve(scan_of(ours), ours.sites)
    theirs = allocate(federation(*(name for name in right if name not in left)), started)
    whole = federation(*left, *right)
    both = merged(started, ours, theirs)
    settled = allocate(whole, resolve(whole, scan_of(both)))
    assert meetings(claims_of(settled)) == []
    for name, entry in ours.sites.items():
        for path, text in entry.approved.items():
            assert {p: str(v) for p, v in settled.sites[name].values()}[path] == text
    unmoved = {claim.key for pair in meetings(claims_of(both)) for claim in pair}
    for change in changes_between(both, settled):
        block_moved = (change.owner, "block") in unmoved
        assert change.action == "given" or (change.owner, change.path) in unmoved or block_moved


def twice(approved: tuple[str, ...]) -> tuple[Federation, Ledger]:
    """Bari and Lecce with one block."""
    federation = make_federation("bari", "lecce")
    ledger = allocate(federation, Ledger())
    ledger = approve(scan_of(ledger), approved)
    block = ledger.sites["bari"].block
    copy = replace(
        ledger.sites["lecce"],
        block=block,
        management=ledger.sites["bari"].management,
        subnets=dict(ledger.sites["bari"].subnets),
    )
    if "lecce" in approved:
        copy = replace(copy, approved={path: str(value) for path, value in copy.values()})
    return federation, replace(ledger, sites=ledger.sites | {"lecce": copy})


def test_the_unapproved_one_moves_with_everything_cut_from_it() -> None:
    federation, ledger = twice(approved=("lecce",))
    settled = resolve(federation, scan_of(ledger))
    assert settled.sites["lecce"] == ledger.sites["lecce"]
    assert [change.path for change in changes_between(ledger, settled)] == [
        "block",
        "management",
        "subnets/blue",
        "subnets/green",
    ]
    bari = settled.sites["bari"]
    assert all(subnet.subnet_of(bari.block) for subnet in (bari.management, *bari.subnets.values()))
    assert meetings(claims_of(settled)) == []


@pytest.mark.parametrize(("approved", "moves"), [("bari", "lecce"), ("lecce", "bari")])
def test_who_approved_stays_whatever_the_name(approved: str, moves: str) -> None:
    federation, ledger = twice(approved=(approved,))
    assert {change.owner for change in changes_between(ledger, resolve(federation, scan_of(ledger)))} == {moves}


def test_of_two_unapproved_the_later_name_moves() -> None:
    federation, ledger = twice(approved=())
    assert {change.owner for change in changes_between(ledger, resolve(federation, scan_of(ledger)))} == {"lecce"}


def test_two_approved_ones_are_left_to_their_owners() -> None:
    federation, ledger = twice(approved=("bari", "lecce"))
    with pytest.raises(BadInput) as caught:
        resolve(federation, scan_of(ledger))
    block = ledger.sites["bari"].block
    assert str(caught.value.findings[0]) == (
        f"ledger/lecce.yaml  E301  {block} is held by 'block' of bari (ledger/bari.yaml) and by 'block' of lecce "
        "(ledger/lecce.yaml), and neither may move by itself\n"
        "    operations@bari.example.org and operations@lecce.example.org must decide which one moves"
    )


def test_the_one_its_owners_release_moves() -> None:
    federation, ledger = twice(approved=("bari", "lecce"))
    moved = release(federation, ledger, "lecce", "block")
    assert meetings(claims_of(moved)) == []
    assert moved.sites["bari"] == ledger.sites["bari"]
    assert "block" in moved.sites["lecce"].proposed()
    assert "asn" not in moved.sites["lecce"].proposed()
    assert "block" not in moved.sites["lecce"].approved


def test_a_disputed_number_cannot_be_approved() -> None:
    _, ledger = twice(approved=())
    with pytest.raises(BadInput, match="disputed"):
        approve(scan_of(ledger), ["bari"])


def test_an_approval_is_of_a_value() -> None:
    ledger = approve(scan_of(allocate(make_federation("bari"), Ledger())), ["bari"])
    assert ledger.sites["bari"].proposed() == ()
    edited = replace(ledger.sites["bari"], asn=ledger.sites["bari"].asn + 1)
    assert edited.proposed() == ("asn",)


def test_a_value_the_model_fixes_later_moves_only_unapproved() -> None:
    ledger = allocate(make_federation("bari"), Ledger())
    fixed = make_federation("bari", sites={"bari": {"networks": {"management": "198.51.100.0/24"}}})
    assert str(resolve(fixed, scan_of(ledger)).sites["bari"].management) == "198.51.100.0/24"
    approved = approve(scan_of(ledger), ["bari"])
    assert resolve(fixed, scan_of(approved)) == approved
    assert str(release(fixed, approved, "bari", "management").sites["bari"].management) == "198.51.100.0/24"


def test_a_site_that_leaves_takes_its_tunnels_along() -> None:
    ledger = allocate(make_federation("bari", "lecce", "napoli"), Ledger())
    left = retire(make_federation("bari", "napoli"), ledger, ["lecce"])
    assert sorted(left.sites) == ["bari", "napoli"]
    assert [item.path for item in left.sites["bari"].retired] == ["pairs/lecce"]
    assert "pairs/napoli" in {item.path for item in left.departed["lecce"]}
    assert retire(make_federation("bari", "napoli"), left) == left


def test_a_site_that_comes_back_gets_new_numbers() -> None:
    federation = make_federation("bari", "lecce")
    ledger = allocate(federation, Ledger())
    back = allocate(federation, retire(make_federation("bari"), ledger))
    assert back.sites["lecce"].asn != ledger.sites["lecce"].asn
    assert back.departed == {}
    assert len(back.sites["lecce"].retired) == len(list(ledger.sites["lecce"].values()))
    assert meetings(claims_of(back)) == []


def test_released_numbers_are_free_again() -> None:
    federation = make_federation("bari", "lecce")
    ledger = allocate(federation, Ledger())
    stays = make_federation("bari")
    freed = release(stays, release(stays, retire(stays, ledger), "lecce"), "bari", "pairs/lecce")
    assert allocate(federation, freed).sites["lecce"] == ledger.sites["lecce"]


@pytest.mark.parametrize(
    ("owner", "path", "words"),
    [
        ("bari", "asn", "nobody disputes it"),
        ("bari", "ans", "has no number 'ans'"),
        ("bari", "", "no retired numbers"),
        ("barri", "", "nothing of 'barri'"),
    ],
)
def test_release_refuses_what_is_in_use(owner: str, path: str, words: str) -> None:
    federation = make_federation("bari")
    with pytest.raises(BadInput, match=words):
        release(federation, allocate(federation, Ledger()), owner, path)


def test_retire_refuses_a_site_the_model_has() -> None:
    federation = make_federation("bari")
    with pytest.raises(BadInput, match="every number of 'bari' is in use"):
        retire(federation, allocate(federation, Ledger()), ["bari"])

"""What allocation promises, for any federation and any later addition."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_factory import make_federation

from isthmus.allocate import allocate, resolve_federation
from isthmus.errors import BadInput
from isthmus.ledger.claims import claims_of, meetings
from isthmus.ledger.entries import Ledger
from isthmus.ledger.settle import retire
from isthmus.model.federation import Federation

NAMES = [f"{letter}{number}" for letter in "abcd" for number in range(5)]
SEGMENTS = ["blue", "green", "red", "grey"]
some_sites = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True)
some_segments = st.lists(st.sampled_from(SEGMENTS), max_size=4, unique=True)
tight_pools = st.sampled_from(
    [
        {},
        {"sites": "10.0.0.0/8", "site_prefix": 13, "vni": "4000-4003", "asn": "64512-64540", "ports": "20000-20039"},
        {
            "sites": "2001:db8::/40",
            "site_prefix": 48,
            "loopbacks": "2001:db8:ff00::/120",
            "links": "2001:db8:fe00::/112",
        },
        {"pods": "2001:db8:8000::/44", "pod_prefix": 56, "services": "2001:db8:9000::/108", "service_prefix": 116},
    ]
)


def federation_of(names: list[str], segments: list[str], pools: dict[str, Any]) -> Federation:
    vlans = {name: 100 + at for at, name in enumerate(SEGMENTS)}
    told = tuple({"name": name, "vlan": vlans[name]} for name in segments)
    return make_federation(*names, segments=told, pools=pools)


def numbers(ledger: Ledger) -> dict[tuple[str, str], str]:
    return {(owner, path): str(value) for owner, path, value in ledger.values()}


@settings(deadline=None)
@given(some_sites, some_segments, tight_pools)
def test_numbers_are_disjoint_and_complete(names: list[str], segments: list[str], pools: dict[str, Any]) -> None:
    federation = federation_of(names, segments, pools)
    ledger = allocate(federation, Ledger())
    assert meetings(claims_of(ledger)) == []
    assert resolve_federation(federation, ledger).ledger is ledger


@settings(deadline=None)
@given(some_sites, some_sites, some_segments, some_segments, tight_pools)
def test_later_additions_move_nothing(
    first: list[str], more: list[str], segments: list[str], new: list[str], pools: dict[str, Any]
) -> None:
    before = allocate(federation_of(first, segments, pools), Ledger())
    everyone = list(dict.fromkeys([*first, *more]))
    wider = federation_of(everyone, list(dict.fromkeys([*segments, *new])), pools)
    after = allocate(wider, before)
    assert numbers(before).items() <= numbers(after).items()
    assert meetings(claims_of(after)) == []


@settings(deadline=None)
@given(some_sites, some_segments, tight_pools, st.randoms())
def test_one_batch_does_not_depend_on_order(
    names: list[str], segments: list[str], pools: dict[str, Any], chance: random.Random
) -> None:
    expected = allocate(federation_of(names, segments, pools), Ledger())
    chance.shuffle(names)
    chance.shuffle(segments)
    assert allocate(federation_of(names, segments, pools), Ledger()) == expected


@settings(deadline=None)
@given(some_sites, some_segments, tight_pools)
def test_allocating_twice_is_allocating_once(names: list[str], segments: list[str], pools: dict[str, Any]) -> None:
    federation = federation_of(names, segments, pools)
    ledger = allocate(federation, Ledger())
    assert allocate(federation, ledger) is ledger


@settings(deadline=None)
@given(some_sites, some_sites, some_segments)
def test_retired_numbers_are_never_given_again(leaving: list[str], coming: list[str], segments: list[str]) -> None:
    before = allocate(federation_of(["e1", *leaving], ["blue", "red"], {}), Ledger())
    stay = federation_of(["e1"], segments, {})
    left = retire(stay, before)
    assert {str(v) for _, p, v in left.retired_values() if p == "asn"} == {
        str(before.sites[name].asn) for name in leaving
    }
    after = allocate(federation_of(["e1", *coming], [*segments, *({"blue"} - set(segments))], {}), left)
    assert meetings(claims_of(after)) == []
    assert set(after.retired_values()) == set(left.retired_values())


def test_fixed_values_are_recorded_and_nobody_else_gets_them() -> None:
    fixed = {"networks": {"projects": "192.0.2.0/24", "management": "198.51.100.0/28"}}
    segments = ({"name": "blue", "vlan": 100, "vni": 4001}, {"name": "green", "vlan": 101})
    federation = make_federation("bari", "lecce", sites={"bari": fixed}, segments=segments, pools={"vni": "4000-4002"})
    ledger = allocate(federation, Ledger())
    bari = ledger.sites["bari"]
    assert (str(bari.block), str(bari.management)) == ("192.0.2.0/24", "198.51.100.0/28")
    assert all(subnet.subnet_of(bari.block) and subnet.prefixlen == 28 for subnet in bari.subnets.values())
    assert ledger.vnis["blue"] == 4001
    assert ledger.vnis["green"] in (4000, 4002)


def test_no_search_finds_what_a_site_fixed() -> None:
    """The pool holds two blocks and one of them is fixed, so the other site must get the other one."""
    pools = {"sites": "10.0.0.0/15", "site_prefix": 16}
    for taken, left in (("10.0.0.0/16", "10.1.0.0/16"), ("10.1.0.0/16", "10.0.0.0/16")):
        fixed = {"networks": {"projects": taken, "management": "198.51.100.0/24"}}
        federation = make_federation("bari", "lecce", sites={"lecce": fixed}, pools=pools)
        assert str(allocate(federation, Ledger()).sites["bari"].block) == left


def test_a_public_range_in_the_pool_is_left_alone() -> None:
    pools = {"sites": "10.0.0.0/15", "site_prefix": 16}
    federation = make_federation("bari", sites={"bari": {"networks": {"public": "10.0.7.0/24"}}}, pools=pools)
    assert str(allocate(federation, Ledger()).sites["bari"].block) == "10.1.0.0/16"


def test_a_fixed_value_that_is_taken_is_refused_with_its_owner() -> None:
    ledger = allocate(make_federation("bari"), Ledger())
    block = str(ledger.sites["bari"].block)
    fixed = {"networks": {"projects": block, "management": "198.51.100.0/24"}}
    with pytest.raises(BadInput) as caught:
        allocate(make_federation("bari", "lecce", sites={"lecce": fixed}), ledger)
    assert [str(f) for f in caught.value.findings] == [
        f"ledger/lecce.yaml  E309  'block' of 'lecce' is fixed to {block}, "
        f"which is taken by 'block' of 'bari' ({block})\n"
        "    fix another value in the model, or leave it out and let the ledger choose"
    ]


def test_a_full_pool_names_itself_and_nothing_is_given() -> None:
    with pytest.raises(BadInput) as caught:
        allocate(make_federation("bari", "lecce", pools={"sites": "10.0.0.0/16", "site_prefix": 16}), Ledger())
    assert [str(f) for f in caught.value.findings] == [
        "ledger/lecce.yaml  E314  no number for 'block': pools.sites (10.0.0.0/16) has no free /16 left\n"
        "    let pools.sites grow in federation.yaml"
    ]


def test_missing_entries_are_named_and_nothing_is_given() -> None:
    ledger = allocate(make_federation("bari", segments=("blue",)), Ledger())
    with pytest.raises(BadInput) as caught:
        resolve_federation(make_federation("bari", "lecce"), ledger)
    assert caught.value.next_step == "isthmus ledger allocate"
    assert [f.message for f in caught.value.findings] == [
        "the federation has no entry for 'vnis/green'",
        "site 'bari' has no entry for 'subnets/green'",
        "site 'bari' has no entry for 'pairs/lecce'",
        "site 'lecce' has no entry for any number",
    ]


def test_tunnels_follow_the_overlay() -> None:
    """An edge has tunnels like everybody; a site without gateways has none."""
    edge = {"b": {"role": "edge"}, "c": {"gateways": ()}, "d": {"gateways": ()}}

    def pairs(**overlay: Any) -> set[tuple[str, str]]:
        ledger = allocate(make_federation("a", "b", "c", "d", "e", sites=edge, **overlay), Ledger())
        return {(name, peer) for name, entry in ledger.sites.items() for peer in entry.pairs}

    assert pairs(tunnels="mesh") == {("a", "b"), ("a", "e"), ("b", "e")}
    assert pairs(tunnels="tree", root="b") == {("a", "b"), ("b", "e")}
    assert pairs(tunnels=(("e", "a"), ("a", "e"), ("a", "c"))) == {("a", "e")}


def test_a_pair_is_found_from_both_ends() -> None:
    federation = make_federation("bari", "lecce")
    resolved = resolve_federation(federation, allocate(federation, Ledger()))
    assert resolved.pair("lecce", "bari") is resolved.pair("bari", "lecce")
    assert resolved.link_addresses("lecce", "bari") == resolved.link_addresses("bari", "lecce")[::-1]
    assert resolved.peers("lecce") == ("bari",)
    assert resolved.subnet("bari", "blue").subnet_of(resolved.site("bari").block)


def test_a_site_is_the_sixteenth_of_its_block() -> None:
    federation = make_federation("bari", pools={"sites": "10.64.0.0/12", "site_prefix": 16})
    bari = allocate(federation, Ledger()).sites["bari"]
    assert bari.management.prefixlen == 20
    assert bari.management.network_address == bari.block.network_address
    six = make_federation("bari", pools={"sites": "2001:db8::/32", "site_prefix": 48})
    assert allocate(six, Ledger()).sites["bari"].subnets["blue"].prefixlen == 64


def test_ports_may_repeat_between_pairs_that_share_no_site() -> None:
    names = [f"s{at:02d}" for at in range(30)]
    ledger = allocate(make_federation(*names, pools={"ports": "20000-20059"}), Ledger())
    assert sum(len(entry.pairs) for entry in ledger.sites.values()) == 435
    assert meetings(claims_of(ledger)) == []

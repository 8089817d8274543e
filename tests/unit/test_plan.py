"""Plans: nothing to do after applying, every change with its reason and inverse, and the JSON that people script on."""

import json
from pathlib import Path

import pytest

from isthmus.derive.site import derive_stack, stacks_for
from isthmus.errors import BadInput, Unavailable
from isthmus.plan.diff import diff
from isthmus.plan.recorded import Recorded, output_of, parse_checkpoint, read_recorded
from isthmus.plan.text import headline, lines
from isthmus.resolve import load_resolved

SITES = Path(__file__).parents[2] / "sites"
FEDERATIONS = ("itineris", "perugia", "cloudskin")


def checkpoint(things, skip=()):
    """A state as the engine would leave it after applying `things` except those in `skip`."""
    urn = "urn:pulumi:bari::isthmus::t::"
    custom = [{"urn": f"{urn}{t.key}", "type": "t", "custom": True} for t in things if t.key not in skip]
    stack = {"urn": f"{urn}isthmus-bari", "type": "isthmus:index:Record", "outputs": {"things": output_of(things)}}
    return {"checkpoint": {"latest": {"resources": [stack, *custom]}}}


@pytest.fixture(params=FEDERATIONS)
def resolved(request):
    return load_resolved(SITES / request.param)


def test_everything_is_new_without_a_state(resolved):
    for stack in stacks_for(resolved, ()):
        things = derive_stack(resolved, stack).things()
        assert [c.key for c in diff(stack, things, None)] == [t.key for t in things]


def test_nothing_to_change_after_applying(resolved):
    for stack in stacks_for(resolved, ()):
        things = derive_stack(resolved, stack).things()
        document = json.loads(json.dumps(checkpoint(things)))
        assert diff(stack, things, parse_checkpoint(document)) == ()


def test_keys_are_unique_within_a_stack(resolved):
    for stack in stacks_for(resolved, ()):
        keys = [t.key for t in derive_stack(resolved, stack).things()]
        assert len(keys) == len(set(keys)), stack


def test_every_change_has_reason_reach_and_inverse(resolved):
    for stack in stacks_for(resolved, ()):
        for change in diff(stack, derive_stack(resolved, stack).things(), None):
            told = change.as_json()
            assert set(told) == {"stack", "action", "key", "what", "reason", "reach", "inverse", "details"}
            assert told["reason"] and told["inverse"] == f"delete {change.what}"
            assert told["reach"]["sites"] or told["reach"]["tenants"]


def test_a_thing_cut_short_is_created_though_the_output_names_it():
    resolved = load_resolved(SITES / "itineris")
    things = derive_stack(resolved, "bari").things()
    known = parse_checkpoint(checkpoint(things, skip=("router",)))
    assert [(c.action, c.key) for c in diff("bari", things, known)] == [("create", "router")]


def test_an_update_shows_both_values_and_its_inverse_swaps_them():
    resolved = load_resolved(SITES / "itineris")
    things = derive_stack(resolved, "bari").things()
    document = checkpoint(things)
    document["checkpoint"]["latest"]["resources"][0]["outputs"]["things"]["zone"]["fields"]["name"] = "old"
    (change,) = diff("bari", things, parse_checkpoint(document))
    assert (change.action, change.details) == ("update", ("name: old -> bari",))
    assert "name: bari -> old" in change.inverse


def test_what_the_api_cannot_change_in_place_is_replaced_and_interrupts():
    resolved = load_resolved(SITES / "itineris")
    things = derive_stack(resolved, "cloud-infn").things()
    document = checkpoint(things)
    fields = document["checkpoint"]["latest"]["resources"][0]["outputs"]["things"]["segment-federation"]["fields"]
    fields["vlan"] = "131"
    (change,) = diff("cloud-infn", things, parse_checkpoint(document))
    assert (change.action, change.details) == ("replace", ("vlan: 131 -> 130",))
    assert change.as_json()["reach"]["interrupts"]
    assert "1 to replace, 1 may interrupt" in headline("itineris", (change,)).replace("), ", ", ")


def test_what_nobody_asks_for_any_more_is_deleted_and_says_what_is_lost():
    resolved = load_resolved(SITES / "itineris")
    things = derive_stack(resolved, "bari").things()
    known = parse_checkpoint(checkpoint(things))
    left = tuple(t for t in things if t.key != "router")
    (change,) = diff("bari", left, known)
    assert (change.action, change.key) == ("delete", "router")
    assert change.inverse == "create router bari again"
    assert change.reach.sites == ("bari",) and change.interrupts
    assert headline("itineris", (change,)).endswith("1 may interrupt running work.")
    left = tuple(t for t in things if t.key != "public")
    (change,) = diff("bari", left, known)
    assert change.inverse.endswith("again; what it held is lost")


def test_a_state_written_before_reach_was_kept_can_be_read():
    resolved = load_resolved(SITES / "itineris")
    things = derive_stack(resolved, "bari").things()
    document = checkpoint(things)
    for told in document["checkpoint"]["latest"]["resources"][0]["outputs"]["things"].values():
        del told["reach"], told["holds_data"]
    assert diff("bari", things, parse_checkpoint(document)) == ()


def test_headline_counts_stacks_and_interruptions():
    resolved = load_resolved(SITES / "itineris")
    changes = diff("bari", derive_stack(resolved, "bari").things(), None)
    assert headline("itineris", ()) == "itineris: nothing to change."
    assert headline("itineris", changes).endswith("no running work is interrupted.")
    told = list(lines(changes, everything=True))
    assert len(told) == len(changes) + 1
    assert not any("interrupts" in line for line in told)


def test_a_broken_state_file_is_one_sentence(tmp_path):
    folder = tmp_path / ".pulumi" / "stacks" / "isthmus"
    folder.mkdir(parents=True)
    assert read_recorded(f"file://{tmp_path}", "bari") is None
    (folder / "bari.json").write_text('{"checkpoint": {"latest": {"resources": [{}')
    with pytest.raises(Unavailable, match="state of stack bari cannot be read"):
        read_recorded(f"file://{tmp_path}", "bari")


def test_an_unknown_stack_names_those_there_are():
    resolved = load_resolved(SITES / "itineris")
    with pytest.raises(BadInput, match="choose one of cloud-infn"):
        derive_stack(resolved, "napoli")
    with pytest.raises(BadInput, match="has no site 'napoli'"):
        stacks_for(resolved, ("napoli",))


def test_recorded_finds_things_by_their_key():
    known = Recorded(frozenset({"zone", "router/interface-a"}), {})
    assert known.has("zone") and known.has("router") and not known.has("rout")

"""Edits of a deployment: what comes in, what is settled, what stays as it was."""

import itertools
from typing import Any

from isthmus.run import checkpoint

NETWORK = "openstack:networking/network:Network"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def urn(name: str, kind: str = NETWORK) -> str:
    return f"urn:pulumi:bari::isthmus::{kind}::{name}"


def resource(name: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(name), "type": NETWORK, "custom": True, "id": f"id-{name}", "inputs": {"name": name}} | more


def deployment(*rows: dict[str, Any], pending: tuple[tuple[str, dict[str, Any]], ...] = ()) -> dict[str, Any]:
    operations = [{"type": kind, "resource": row} for kind, row in pending]
    return {"version": 3, "deployment": {"resources": list(rows), "pending_operations": operations}}


def test_an_adopted_resource_has_its_inputs_as_outputs_without_the_bridges_notes() -> None:
    new = resource("a", inputs={"name": "a", "__defaults": ["region"], "segments": [{"vlan": 1, "__defaults": []}]})
    made = checkpoint.adopted(new, "42")
    assert made["id"] == "42"
    assert made["outputs"] == {"name": "a", "segments": [{"vlan": 1}]}
    assert made["inputs"]["__defaults"] == ["region"]


def test_blinded_secrets_are_left_out_and_encrypted_ones_stay() -> None:
    encrypted = {**SECRET, "ciphertext": "v1:abc"}
    new = resource(
        "a", inputs={"password": "[secret]", "other": {**SECRET, "ciphertext": "[secret]"}, "key": encrypted}
    )
    made = checkpoint.adopted(new, "42")
    assert made["inputs"] == {"key": encrypted}
    assert made["outputs"] == {"key": encrypted}


def test_what_is_settled_is_no_longer_pending_and_the_rest_is() -> None:
    document = deployment(
        resource("old"), pending=(("creating", resource("a")), ("updating", resource("b")), ("creating", resource("c")))
    )
    after = checkpoint.edited(document, [checkpoint.adopted(resource("a"), "1")], [urn("a"), urn("b")])
    assert [p.urn for p in checkpoint.pending(after)] == [urn("c")]
    assert [r["urn"] for r in checkpoint.resources(after)] == [urn("old"), urn("a")]
    assert len(checkpoint.pending(document)) == 3, "the value given is not changed"


def test_a_resource_that_was_being_replaced_is_on_its_way_out() -> None:
    document = deployment(resource("a", id="old"), pending=(("creating", resource("a")),))
    after = checkpoint.edited(document, [checkpoint.adopted(resource("a"), "new")], [urn("a")])
    assert [(r["id"], bool(r.get("delete"))) for r in checkpoint.resources(after)] == [("old", True), ("new", False)]
    assert [r["id"] for r in checkpoint.own(after)] == ["new"]


def test_dependencies_on_what_the_state_lacks_are_left_out() -> None:
    new = resource("b", dependencies=[urn("a"), urn("gone")], propertyDependencies={"name": [urn("gone")]})
    made = checkpoint.resources(checkpoint.edited(deployment(resource("a")), [checkpoint.adopted(new, "1")]))[-1]
    assert made["dependencies"] == [urn("a")]
    assert made["propertyDependencies"] == {"name": []}


def test_protection_is_lifted_everywhere_and_only_in_the_copy() -> None:
    document = deployment(resource("a", protect=True))
    assert not any(r.get("protect") for r in checkpoint.resources(checkpoint.unprotected(document)))
    assert checkpoint.resources(document)[0]["protect"]


def test_providers_tell_which_keystone_a_stack_was_made_against() -> None:
    kind = "pulumi:providers:openstack"
    provider = resource("operator", type=kind, urn=urn("operator", kind), id="7", inputs={"authUrl": "https://k/v3"})
    document = deployment(provider, resource("a"))
    assert checkpoint.identities(document) == ("https://k/v3",)
    assert list(checkpoint.providers(document)) == [f"{urn('operator', kind)}::7"]
    assert [r["urn"] for r in checkpoint.own(document)] == [urn("a")]


def test_runs_of_one_process_that_begin_together_keep_journals_apart(tmp_path, monkeypatch):
    from isthmus.run.journal import Journal

    monkeypatch.setenv("ISTHMUS_STATE", str(tmp_path))
    first, second = (Journal("up", "workbench", "the box", (name,), "") for name in ("north", "south"))
    assert first.entry.id != second.entry.id
    for journal in (first, second):
        journal.end("done", {})
    assert len(list((tmp_path / "runs" / "workbench").glob("*.json"))) == 2


def test_previews_do_not_push_out_the_last_copy_of_a_state(tmp_path, monkeypatch):
    from isthmus.run import journal

    monkeypatch.setenv("ISTHMUS_STATE", str(tmp_path))
    monkeypatch.setattr(journal, "KEPT_RUNS", 3)
    monkeypatch.setattr(journal, "_NUMBERS", itertools.count(100))
    root = tmp_path / "runs" / "workbench"
    for number in (1, 2):
        journal.Journal("up", "workbench", "the box", ("bari",), "").keep_state("bari", {"number": number})
    journal.Journal("up", "workbench", "the box", ("bari",), "").keep_state("bari.lost", {"number": 3})
    for _ in range(4):
        journal.Journal("up", "workbench", "the box", ("bari",), "")
    assert [p.read_text() for p in sorted(root.glob("*/*.state.json"))] == ['{"number": 2}', '{"number": 3}']
    assert len(list(root.glob("*.json"))) == 3
    assert len([p for p in root.iterdir() if p.is_dir()]) == 5, "the runs kept, and what holds the newest states"
    journal.Journal("up", "workbench", "the box", ("bari",), "").keep_state("bari", {"number": 4})
    journal.Journal("up", "workbench", "the box", ("bari",), "")
    assert [p.read_text() for p in sorted(root.glob("*/bari.state.json"))] == ['{"number": 4}']

"""What exists is taken in without change; a lost state comes back from what the clouds have."""

import json
from pathlib import Path

import pytest
from conftest import Bench
from run_help import cloud, listing, send

from infra.standin.kubernetes import kubeconfig
from infra.standin.kubernetes.connection import Connection

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def test_existing_things_are_taken_in_without_change(bench: Bench) -> None:
    """A project, a flavor, a segment's network and a zone that somebody made by hand."""
    import openstack

    bench.isthmus("down", "--all")
    entry = cloud(bench.access).entry
    hand = openstack.connect(auth=entry.auth, region_name=entry.region, load_yaml_config=False, load_envvars=False)
    project = hand.identity.create_project(name="biology", description="Biology", domain_id="default")
    network = hand.network.create_network(
        name="projects-a",
        description=planned(bench, "cloud-bench", "segment-projects-a", "vlan"),
        provider_network_type="vlan",
        provider_physical_network="physnet1",
        provider_segmentation_id=402,
        mtu=int(planned(bench, "cloud-bench", "segment-projects-a", "mtu")),
    )
    flavor = hand.compute.create_flavor(name="smoke", vcpus=1, ram=512, disk=1)
    zone = hand.compute.create_aggregate(name="south", availability_zone="south")
    hand.compute.set_aggregate_metadata(zone, {"site": "south"})
    hand.compute.add_host_to_aggregate(zone, "south-fat-cpu-01")
    dry = json.loads(
        bench.isthmus("adopt", "south", "--only", "cloud-bench", "--dry-run", "--json", check=False).stdout
    )
    assert {a["resource"] for a in dry["stacks"][0]["adopted"]} >= {
        "project-biology",
        "segment-projects-a",
        "flavor-smoke",
    }
    taken = adopted(bench, "adopt", "south", "--only", "cloud-bench")
    assert taken["project-biology"] == project.id
    assert taken["segment-projects-a"] == network.id
    assert taken["flavor-smoke"] == flavor.id
    bench.isthmus("up", "--only", "cloud-bench")
    assert adopted(bench, "adopt", "south", "--only", "south")["zone"] == str(zone.id)
    bench.isthmus("up", "south")
    names = [n["name"] for n in cloud(bench.access).all("network", "/networks", "networks")]
    assert names.count("projects-a") == 1
    assert hand.network.get_network(network.id).name == "projects-a", "the very same one"
    told = json.loads(bench.isthmus("up", "south", "--json").stdout)
    assert all((s["created"], s["updated"], s["deleted"]) == (0, 0, 0) for s in told["stacks"]), told


def test_an_existing_namespace_is_taken_in_with_what_others_put_on_it(bench: Bench) -> None:
    bench.isthmus("up", "--only", "cloud-bench")
    bench.isthmus("down", "north")
    bench.isthmus("up", "--only", "cloud-bench")
    kube = Connection(kubeconfig.read(str(bench.access / "kubeconfig" / "k8s-north.yaml")), timeout_s=30)
    theirs = {"metadata": {"name": "biology", "annotations": {"example.org/note": "made by hand"}}}
    made = kube.call("POST", "/api/v1/namespaces", body=theirs)
    taken = adopted(bench, "adopt", "north", "--only", "north", "--accept-differences")
    assert any(name.startswith("k8s-north-namespace-biology") for name in taken), taken
    bench.isthmus("up", "north")
    now = kube.get("/api/v1/namespaces/biology")
    assert now["metadata"]["uid"] == made["metadata"]["uid"], "the very same one"
    assert now["metadata"]["annotations"]["example.org/note"] == "made by hand"


def test_a_lost_state_is_rebuilt_from_what_the_clouds_have(bench: Bench) -> None:
    bench.isthmus("up")
    before = listing(bench.access)
    refused = bench.isthmus("adopt", "--lost-state", "south", "--only", "south", check=False)
    assert refused.returncode == 1 and "is not lost" in refused.stderr
    backend = bench.box.folder / "pulumi" / ".pulumi" / "stacks" / "isthmus"
    for path in backend.glob("*.json*"):
        path.unlink()
    (bench.box.folder / "passphrase").write_text("another passphrase")
    bench.isthmus("adopt", "--lost-state", "north", "south")
    assert listing(bench.access) == before, "nothing was made twice, nothing is gone"
    told = json.loads(bench.isthmus("up", "--json").stdout)
    assert all((s["created"], s["updated"], s["deleted"]) == (0, 0, 0) for s in told["stacks"]), told


def test_differences_are_named_and_not_applied(bench: Bench) -> None:
    bench.isthmus("up", "south")
    api = cloud(bench.access)
    (router,) = [r for r in api.all("network", "/routers", "routers") if r["name"] == "south"]
    send(api, "PUT", "network", f"/routers/{router['id']}", {"router": {"description": "made by hand"}})
    drift = bench.isthmus("up", "south", "--dry-run", "--refresh", "--json", check=False)
    assert drift.returncode == 3
    bench.isthmus("up", "south", "--refresh")
    assert api.get("network", f"/routers/{router['id']}")["router"]["description"] != "made by hand"


def adopted(bench: Bench, *arguments: str) -> dict[str, str]:
    done = bench.isthmus(*arguments, "--json")
    return {a["resource"]: a["id"] for s in json.loads(done.stdout)["stacks"] for a in s["adopted"]}


def planned(bench: Bench, stack: str, key: str, field: str) -> str:
    """A field of a thing as the model derives it, so that what is made by hand agrees with it."""
    from isthmus.derive.site import derive_stack
    from isthmus.resolve import load_resolved

    desired = derive_stack(load_resolved(Path(bench.federation_folder)), stack)
    thing = next(t for t in desired.things() if t.key == key)
    return f"VLAN {thing.vlan}, VNI {thing.vni}" if field == "vlan" else str(getattr(thing, field))

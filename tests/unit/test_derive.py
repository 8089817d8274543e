"""Desired state: flavors tile their nodes, quotas are the sum of their rows, addresses come from the ledger."""

from pathlib import Path

import pytest

from isthmus.derive.flavors import custom, gpu_request
from isthmus.derive.hardware import compose, node_classes, pools
from isthmus.derive.mtu import segments_mtu
from isthmus.derive.site import derive_site, derive_stack, stacks_of
from isthmus.model.hardware import NodeClass
from isthmus.resolve import load_resolved
from lab.specs import cloud_specs, cluster_specs

SITES = Path(__file__).parents[2] / "sites"


@pytest.fixture(scope="module")
def itineris():
    return load_resolved(SITES / "itineris")


def test_a_whole_fat_node_is_a_flavor_of_192_vcpus(itineris):
    flavors = {f.name: f for f in derive_stack(itineris, "cloud-infn").flavors}
    whole = flavors["fat-cpu-192c"]
    assert (whole.vcpus, whole.ram_mib) == (192, 1536 * 1024)
    assert {flavors[f"fat-cpu-{n}c"].vcpus for n in (24, 48, 96)} == {24, 48, 96}


def test_gpu_flavors_ask_in_the_way_of_their_site_and_are_restricted(itineris):
    flavors = derive_stack(itineris, "cloud-infn").flavors
    asked = {k for f in flavors for k in f.extra_specs if "aggregate" not in k}
    assert {"pci_passthrough:alias", "resources:CUSTOM_GPU_H100", "resources:VGPU"} <= asked
    for flavor in flavors:
        if "gpu" in flavor.name:
            assert flavor.restricted_to, flavor.name


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        ("passthrough", {"pci_passthrough:alias": "h100:2"}),
        ("vgpu", {"resources:VGPU": "2"}),
        ("resource-class", {"resources:CUSTOM_GPU_H100": "2", "trait:CUSTOM_GPU_NVIDIA_H100": "required"}),
    ],
)
def test_gpu_request(access, expected):
    assert gpu_request("H100", 2, access) == expected


def test_custom_names_are_what_placement_accepts():
    assert custom("A100-80GB") == "A100_80GB"


def test_a_projects_quota_is_the_sum_of_its_rows_in_the_cloud(itineris):
    project = next(p for p in derive_stack(itineris, "cloud-infn").projects if p.name == "lifewatch")
    rows = [
        q
        for t in itineris.federation.shared.tenants
        if t.name == "lifewatch"
        for q in t.quotas
        if q.on == "openstack" and q.site in ("bari", "lecce", "infn-3")
    ]
    assert project.quota.cores == sum(q.cpu for q in rows)
    assert project.quota.ram_mib == sum(q.memory for q in rows) // 2**20


def test_subnets_come_from_the_ledger_and_lie_in_the_sites_block(itineris):
    for site in ("bari", "lecce"):
        for subnet in derive_site(itineris, site).zone.subnets:
            assert subnet.cidr == itineris.subnet(site, subnet.segment)
            assert subnet.cidr.subnet_of(itineris.site(site).block)
            assert subnet.gateway in subnet.cidr


def test_a_site_of_a_cloud_that_is_not_driven_has_no_zone_and_no_cloud_stack():
    cloudskin = load_resolved(SITES / "cloudskin")
    assert stacks_of(cloudskin, "murcia") == ("murcia",)
    assert derive_site(cloudskin, "murcia").zone is None


def test_the_box_has_every_host_of_the_zone_and_every_node_of_the_cluster(itineris):
    hosts = {h.name for spec in cloud_specs(itineris) for h in spec.hosts}
    nodes = {n.name for spec in cluster_specs(itineris) for n in spec.nodes}
    for site in itineris.federation.sites:
        stack = derive_site(itineris, site)
        for aggregate in stack.zone.aggregates:
            assert set(aggregate.hosts) <= hosts
        for cluster in stack.clusters:
            assert {n.name for n in cluster.nodes} <= nodes


def test_classes_compose_later_parents_win_own_values_last():
    classes = {
        "a": NodeClass.model_validate({"name": "a", "cores": 8, "memory": "64GiB"}),
        "b": NodeClass.model_validate({"name": "b", "cores": 16}),
        "c": NodeClass.model_validate({"name": "c", "extends": ("a", "b"), "disk": "1TB"}),
    }
    composed = compose("c", classes)
    assert (composed["cores"], composed["memory"], composed["disk"]) == (16, 64 * 2**30, 10**12)


def test_nodes_are_named_by_site_pool_and_number(itineris):
    bari = itineris.federation.sites["bari"]
    names = [h for p in pools(itineris.federation, bari) for h in p.hosts]
    assert "bari-kubernetes-gpu-01" in names and len(names) == len(set(names))
    assert {"fat-cpu", "gpu", "storage", "fpga"} <= set(node_classes(itineris.federation))


def test_the_segments_mtu_is_the_narrowest_tunnels(itineris):
    # The path lecce - regional-2 carries 1472 bytes; one of lecce's gateways has an IPv6 address, so UDP may cost
    # 48; OpenVPN takes 24 and VXLAN 50. Every other tunnel leaves more.
    assert segments_mtu(itineris.federation) == 1472 - 48 - 24 - 50

"""What is derived is such as the APIs take: sizes that exist and fit, labels with a form, names that differ."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from isthmus.check.requirement import fits
from isthmus.derive.cluster import derive_cluster
from isthmus.derive.flavors import GIB, flavors
from isthmus.derive.hardware import Pool
from isthmus.ledger.entries import Resolved
from isthmus.model.cluster import Cluster
from isthmus.model.quantity import Devices
from isthmus.resolve import load_resolved

SITES = Path(__file__).parents[2] / "sites"
POOL = Pool(
    site="a",
    name="fat-cpu",
    node_class="fat-cpu",
    hosts=("a-fat-cpu-01",),
    serves="openstack",
    cores=8,
    memory_bytes=64 * GIB,
    disk_bytes=64 * GIB,
    gpus=None,
    gpu_access="resource-class",
    mig=(),
    fpgas=None,
    capacity_bytes=0,
    labels={},
)


@pytest.fixture(scope="module")
def itineris() -> Resolved:
    return load_resolved(SITES / "itineris")


def test_a_flavor_of_two_sites_fits_the_smaller_hosts(itineris: Resolved) -> None:
    small = replace(POOL, site="b", memory_bytes=32 * GIB, disk_bytes=16 * GIB)
    for order in ((POOL, small), (small, POOL)):
        found = {f.name: f for f in flavors(itineris.federation.shared.clouds[0], order, ())}
        whole = found["fat-cpu-8c"]
        assert (whole.ram_mib, whole.disk_gib) == (32 * 1024, 16)
        assert whole.reach.sites == ("a", "b")


def test_no_flavor_is_cut_that_nova_would_refuse(itineris: Resolved) -> None:
    bare = replace(POOL, memory_bytes=0)
    few = replace(POOL, node_class="gpu", cores=2, gpus=Devices(4, "H100"))
    found = flavors(itineris.federation.shared.clouds[0], (bare, few), ())
    assert {f.name for f in found} == {"gpu-4xh100-rc", "gpu-2xh100-rc", "smoke", "small", "notebook"}
    assert all(f.vcpus >= 1 and f.ram_mib >= 1 for f in found)


@pytest.mark.parametrize("kind", ["H100+me", "a.b-C"])
def test_labels_of_gpu_nodes_are_such_as_kubernetes_takes(kind: str, itineris: Resolved) -> None:
    pool = replace(POOL, serves="kubernetes", gpus=Devices(1, kind))
    cluster = Cluster.model_validate({"name": "k", "storage": ({"name": "s", "provisioner": "nfs", "default": True},)})
    (node,) = derive_cluster(itineris, itineris.federation.sites["bari"], cluster, (pool,)).nodes
    for value in node.labels.values():
        assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", value)


@pytest.mark.parametrize(
    ("version", "requirement", "expected"),
    [
        ("0.1.0", "isthmus >= 0.1", True),
        ("0.1.0", "isthmus >= 0.1.1", False),
        ("1.10", "isthmus >= 1.9", True),
        ("0.1.0", "isthmus == 0.1", True),
        ("0.1.1", "isthmus == 0.1", False),
        ("0.3", "isthmus ~= 0.1", True),
        ("1.0", "isthmus ~= 0.1", False),
        ("0.1.9", "isthmus ~= 0.1.2", True),
        ("0.2.0", "isthmus ~= 0.1.2", False),
        ("0.2.0", "isthmus >= 0.1, < 0.2", False),
        ("0.1.9", "isthmus>=0.1,<0.2", True),
    ],
)
def test_requirements_are_read_as_pip_reads_them(version: str, requirement: str, expected: bool) -> None:
    assert fits(version, requirement) is expected

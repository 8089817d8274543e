"""Flavors: sizes of servers cut from the node classes of a cloud's sites."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

from isthmus.derive.hardware import Pool
from isthmus.derive.thing import Reach, Thing
from isthmus.model.cloud import Cloud
from isthmus.model.quantity import Devices

SMOKE = "smoke"
"""The name of the small flavor that proves zones."""
SMOKE_RAM_MIB, SMOKE_DISK_GIB = 512, 1
MIB, GIB = 2**20, 2**30
SHARES = (1, 2, 4, 8)
"""A CPU node is offered whole, in halves, quarters and eighths, so that sizes tile a node without waste."""

GPU_PCI_IDS = {
    "A100": ("10de", "20f1"),
    "A100-80GB": ("10de", "20b5"),
    "H100": ("10de", "2330"),
    "H100-NVL": ("10de", "2321"),
    "H200": ("10de", "2335"),
}
"""PCI vendor and product per GPU (pci-ids.ucw.cz): A100s on PCIe, H100 SXM5 80GB, H100 NVL, H200 SXM 141GB."""


@dataclass(frozen=True, kw_only=True)
class FlavorThing(Thing):
    """A size of server. `restricted_to` names the tenants that may use it; None is everybody."""

    fixed: ClassVar[frozenset[str]] = frozenset({"vcpus", "ram_mib", "disk_gib"})

    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    extra_specs: dict[str, str] = field(default_factory=dict)
    restricted_to: tuple[str, ...] | None = None


def custom(kind: str) -> str:
    """A placement resource class or trait's spelling of a device kind: `H100-NVL` -> `H100_NVL`."""
    return "".join(c if c.isalnum() else "_" for c in kind.upper())


def gpu_request(kind: str, count: int, access: str) -> dict[str, str]:
    """Extra specs by which a flavor asks nova for GPUs (nova docs: pci-passthrough, placement, virtual-gpu)."""
    if access == "passthrough":
        return {"pci_passthrough:alias": f"{kind.lower()}:{count}"}
    if access == "vgpu":
        return {"resources:VGPU": str(count)}
    return {f"resources:CUSTOM_GPU_{custom(kind)}": str(count), f"trait:CUSTOM_GPU_NVIDIA_{custom(kind)}": "required"}


def flavors(cloud: Cloud, pools: Iterable[Pool], gpu_tenants: tuple[str, ...]) -> tuple[FlavorThing, ...]:
    """Every flavor of a cloud: cut from its pools, written by people, and the small one that proves zones."""
    found: dict[str, FlavorThing] = {}
    for pool in pools:
        for flavor in cut(pool, gpu_tenants):
            known = found.get(flavor.name)
            found[flavor.name] = _fitting_both(known, flavor) if known else flavor
    for written in cloud.flavors:
        found[written.name] = FlavorThing(
            key=f"flavor-{written.name}",
            what=f"flavor {written.name}",
            because=f"cloud {cloud.name} declares it",
            reach=Reach(sites=tuple(sorted(cloud.sites))),
            name=written.name,
            vcpus=written.cores,
            ram_mib=written.memory // MIB,
            disk_gib=(written.disk or 0) // GIB,
            extra_specs=gpu_request(written.gpus.kind, written.gpus.count, written.gpu_access) if written.gpus else {},
            restricted_to=gpu_tenants if written.gpus else None,
        )
    found[SMOKE] = FlavorThing(
        key=f"flavor-{SMOKE}",
        what=f"flavor {SMOKE}",
        because="servers that prove a zone need a small size",
        reach=Reach(sites=tuple(sorted(cloud.sites))),
        name=SMOKE,
        vcpus=1,
        ram_mib=SMOKE_RAM_MIB,
        disk_gib=SMOKE_DISK_GIB,
    )
    return tuple(found[name] for name in sorted(found))


def _fitting_both(one: FlavorThing, other: FlavorThing) -> FlavorThing:
    """One flavor for two kinds of host: what is larger than the smaller host could never be placed there."""
    smaller = min(one, other, key=lambda f: f.vcpus)
    sites = tuple(sorted({*one.reach.sites, *other.reach.sites}))
    return replace(
        smaller,
        ram_mib=min(one.ram_mib, other.ram_mib),
        disk_gib=min(one.disk_gib, other.disk_gib),
        reach=replace(smaller.reach, sites=sites),
    )


def cut(pool: Pool, gpu_tenants: tuple[str, ...] = ()) -> Iterator[FlavorThing]:
    """The flavors a pool is offered in; none where nobody says what its hosts hold."""
    if pool.serves != "openstack" or not pool.hosts or not pool.cores or pool.memory_bytes < MIB:
        return
    for share in SHARES:
        fits = share <= min(pool.gpus.count, pool.cores) if pool.gpus else pool.cores % share == 0
        if fits and (pool.fpgas is None or share <= pool.fpgas.count):
            yield _share(pool, share, gpu_tenants)


def _share(pool: Pool, share: int, gpu_tenants: tuple[str, ...]) -> FlavorThing:
    vcpus = pool.cores // share
    name = f"{pool.node_class}-{vcpus}c"
    extra = {"aggregate_instance_extra_specs:node_class": pool.node_class}
    devices = ""
    if pool.gpus:
        each = Devices(pool.gpus.count // share, pool.gpus.kind)
        suffix = {"passthrough": "", "resource-class": "-rc", "vgpu": "-vgpu"}[pool.gpu_access]
        name = f"{pool.node_class}-{each.count}x{each.kind.lower()}{suffix}"
        extra |= gpu_request(each.kind, each.count, pool.gpu_access)
        devices = f" and {each}"
    if pool.fpgas:
        count = pool.fpgas.count // share
        extra[f"resources:CUSTOM_FPGA_{custom(pool.fpgas.kind)}"] = str(count)
        devices += f" and {count} x {pool.fpgas.kind}"
    part = "a whole node" if share == 1 else f"1/{share} of a node"
    return FlavorThing(
        key=f"flavor-{name}",
        what=f"flavor {name} ({vcpus} vCPU{devices})",
        because=f"it is {part} of class {pool.node_class}",
        reach=Reach(sites=(pool.site,), tenants=gpu_tenants if pool.gpus else ()),
        name=name,
        vcpus=vcpus,
        ram_mib=pool.memory_bytes // share // MIB,
        disk_gib=pool.disk_bytes // share // GIB,
        extra_specs=extra,
        restricted_to=gpu_tenants if pool.gpus else None,
    )

"""What a federation needs of a box: its model turned into the clouds and clusters to build."""

from isthmus.derive.cluster import FPGA_RESOURCE, GPU_RESOURCE, ClusterState
from isthmus.derive.flavors import GIB, GPU_PCI_IDS, MIB, custom
from isthmus.derive.hardware import Pool, pools
from isthmus.derive.site import derive_site
from isthmus.ledger.entries import Resolved
from isthmus.model.cloud import Cloud
from lab.kubernetes.spec import ClusterSpec, NodeSpec
from lab.openstack.spec import CloudSpec, HostSpec, PciSpec, VolumeBackendSpec


def cloud_specs(resolved: Resolved) -> tuple[CloudSpec, ...]:
    """One OpenStack per cloud that is driven, with a host per node that serves it."""
    return tuple(_cloud(resolved, c) for c in resolved.federation.shared.clouds if c.platform == "openstack")


def cluster_specs(resolved: Resolved) -> tuple[ClusterSpec, ...]:
    """One Kubernetes per cluster of every site, with a node per bare-metal worker."""
    found = []
    for site in sorted(resolved.federation.sites):
        for state in derive_site(resolved, site).clusters:
            ranges = resolved.ledger.sites[site].clusters[state.name]
            found.append(
                ClusterSpec(
                    name=state.name, nodes=_nodes(state), service_cidr=str(ranges.services), pod_cidr=str(ranges.pods)
                )
            )
    return tuple(found)


def _cloud(resolved: Resolved, cloud: Cloud) -> CloudSpec:
    federation = resolved.federation
    own = [pool for site in cloud.sites for pool in pools(federation, federation.sites[site])]
    kinds = {p.gpus.kind for p in own if p.gpus and p.serves == "openstack"} | {
        f.gpus.kind for f in cloud.flavors if f.gpus
    }
    return CloudSpec(
        name=cloud.name,
        region=cloud.identity.region if cloud.identity else "RegionOne",
        hosts=tuple(_host(pool, host) for pool in own if pool.serves == "openstack" for host in pool.hosts),
        physical_networks={cloud.physical_network: (1, 4094)},
        pci_aliases={kind.lower(): GPU_PCI_IDS[kind] for kind in sorted(kinds) if kind in GPU_PCI_IDS},
        volume_backends=tuple(
            VolumeBackendSpec(name=kind.backend, zone=site, capacity_gb=_capacity_gb(resolved, site))
            for site in cloud.sites
            for kind in federation.sites[site].openstack.volume_types
        ),
    )


def _capacity_gb(resolved: Resolved, site: str) -> int:
    """What the site's storage hosts offer together; a terabyte where it declares none."""
    own = pools(resolved.federation, resolved.federation.sites[site])
    return sum(p.capacity_bytes * len(p.hosts) for p in own if p.serves == "storage") // 10**9 or 1000


def _host(pool: Pool, name: str) -> HostSpec:
    classes: dict[str, int] = {}
    traits: tuple[str, ...] = ()
    pci: tuple[PciSpec, ...] = ()
    if pool.gpus:
        traits = (f"CUSTOM_GPU_NVIDIA_{custom(pool.gpus.kind)}",)
        if pool.gpu_access == "vgpu":
            classes["VGPU"] = pool.gpus.count
        elif pool.gpu_access == "resource-class":
            classes[f"CUSTOM_GPU_{custom(pool.gpus.kind)}"] = pool.gpus.count
        elif pool.gpus.kind in GPU_PCI_IDS:
            pci = (PciSpec(*GPU_PCI_IDS[pool.gpus.kind], pool.gpus.count),)
    if pool.fpgas:
        classes[f"CUSTOM_FPGA_{custom(pool.fpgas.kind)}"] = pool.fpgas.count
    return HostSpec(
        name=name,
        zone=pool.site,
        vcpus=pool.cores,
        memory_mb=pool.memory_bytes // MIB,
        disk_gb=max(pool.disk_bytes // GIB, 100),
        resource_classes=classes,
        traits=traits,
        pci=pci,
    )


def _nodes(state: ClusterState) -> tuple[NodeSpec, ...]:
    """Bare nodes: labels and taints are the site's stack's business."""
    found = []
    for pool in state.pools:
        devices = {GPU_RESOURCE: pool.gpus.count} if pool.gpus else {}
        devices |= {FPGA_RESOURCE: pool.fpgas.count} if pool.fpgas else {}
        found += [NodeSpec(name=h, cpu=pool.cores, memory_bytes=pool.memory_bytes, gpus=devices) for h in pool.hosts]
    return (*found, *_workers(state))


def _workers(state: ClusterState) -> tuple[NodeSpec, ...]:
    workers = state.cluster.workers
    if workers is None:
        return ()
    return tuple(
        NodeSpec(name=f"{state.name}-worker-{n}", cpu=workers.cores, memory_bytes=workers.memory)
        for n in range(1, workers.count + 1)
    )

"""A Kubernetes cluster's desired objects: what its tenants, node classes and storage need in it."""

from dataclasses import dataclass, field

from isthmus.derive.hardware import Pool
from isthmus.derive.thing import Reach, Thing
from isthmus.ledger.entries import Resolved
from isthmus.model.cluster import Cluster, PriorityClass, StorageClass
from isthmus.model.federation import Federation
from isthmus.model.site import Site
from isthmus.model.tenancy import Quota, Tenant

GPU_RESOURCE, FPGA_RESOURCE = "nvidia.com/gpu", "xilinx.com/fpga"


@dataclass(frozen=True, kw_only=True)
class NamespaceThing(Thing):
    """A tenant's namespace with its quota in the keys of a Kubernetes ResourceQuota."""

    name: str
    labels: dict[str, str]
    quota: dict[str, str]
    admins: tuple[str, ...]
    members: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StorageClassThing(Thing):
    cluster: str
    storage: StorageClass
    provisioner: str
    parameters: dict[str, str]
    zone: str


@dataclass(frozen=True, kw_only=True)
class PriorityThing(Thing):
    priority: PriorityClass


@dataclass(frozen=True)
class Taint:
    key: str
    value: str
    effect: str


@dataclass(frozen=True, kw_only=True)
class NodeThing(Thing):
    """Labels and taints a node gets from its class and site; the node itself joins by its own kubelet."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()


@dataclass(frozen=True)
class ClusterState:
    """Everything that should exist in one cluster, and what its nodes are."""

    name: str
    site: str
    cluster: Cluster
    pools: tuple[Pool, ...]
    nodes: tuple[NodeThing, ...]
    priorities: tuple[PriorityThing, ...]
    storage: tuple[StorageClassThing, ...]
    namespaces: tuple[NamespaceThing, ...]

    def things(self) -> tuple[Thing, ...]:
        """Every thing, in the order it is made."""
        return (*self.nodes, *self.priorities, *self.storage, *self.namespaces)


CSI_DRIVERS = {
    "cinder-csi": "cinder.csi.openstack.org",
    "ceph-rbd": "rbd.csi.ceph.com",
    "cephfs": "cephfs.csi.ceph.com",
    "nfs": "nfs.csi.k8s.io",
    "longhorn": "driver.longhorn.io",
    "local-path": "rancher.io/local-path",
}
"""The provisioner name each driver registers (its own documentation)."""


def derive_cluster(resolved: Resolved, site: Site, cluster: Cluster, pools: tuple[Pool, ...]) -> ClusterState:
    """The cluster's objects. Keys begin with the cluster's name, since a site may have several."""
    federation = resolved.federation
    named = cluster.nodes if cluster.nodes is not None or cluster.runs_on == "bare-metal" else ()
    chosen = tuple(p for p in pools if p.serves == "kubernetes" and (named is None or p.name in named))
    return ClusterState(
        name=cluster.name,
        site=site.site,
        cluster=cluster,
        pools=chosen,
        nodes=tuple(_node(federation, site, cluster, pool, host) for pool in chosen for host in pool.hosts),
        priorities=tuple(_priority(site, cluster, p) for p in cluster.priorities),
        storage=tuple(_storage(site, cluster, s) for s in cluster.storage),
        namespaces=tuple(
            _namespace(federation, site, cluster, tenant, row)
            for tenant, row in federation.rows_by_site[site.site]
            if row.on == "kubernetes"
        ),
    )


def _node(federation: Federation, site: Site, cluster: Cluster, pool: Pool, host: str) -> NodeThing:
    domain = federation.shared.domain
    labels = {
        f"{domain}/node-class": pool.node_class,
        f"{domain}/site": site.site,
        "topology.kubernetes.io/region": federation.name,
        "topology.kubernetes.io/zone": site.site,
        **pool.labels,
    }
    taints: tuple[Taint, ...] = ()
    if pool.gpus:
        labels["nvidia.com/gpu.product"] = f"NVIDIA-{pool.gpus.kind.replace('+', '-')}"
        labels["nvidia.com/gpu.count"] = str(pool.gpus.count)
        taints = (Taint("nvidia.com/gpu", "present", "NoSchedule"),)
    return NodeThing(
        key=f"{cluster.name}-node-{host}",
        what=f"labels{' and taints' if taints else ''} of node {host}",
        because=f"it is a {pool.node_class} node of {site.site}",
        reach=Reach(sites=(site.site,)),
        name=host,
        labels=labels,
        taints=taints,
    )


def _priority(site: Site, cluster: Cluster, priority: PriorityClass) -> PriorityThing:
    return PriorityThing(
        key=f"{cluster.name}-priority-{priority.name}",
        what=f"priority class {priority.name} ({priority.value})",
        because=f"cluster {cluster.name} declares it",
        reach=Reach(sites=(site.site,)),
        priority=priority,
    )


def _storage(site: Site, cluster: Cluster, storage: StorageClass) -> StorageClassThing:
    parameters = dict(storage.parameters)
    if storage.provisioner == "cinder-csi":
        parameters["availability"] = site.site
        if storage.volume_type:
            parameters["type"] = storage.volume_type
    return StorageClassThing(
        key=f"{cluster.name}-storage-{storage.name}",
        what=f"storage class {storage.name}{' (default)' if storage.default else ''}",
        because=f"cluster {cluster.name} offers {storage.access} volumes by {storage.provisioner}",
        reach=Reach(sites=(site.site,)),
        holds_data=True,
        cluster=cluster.name,
        storage=storage,
        provisioner=CSI_DRIVERS[storage.provisioner],
        parameters=parameters,
        zone=site.site,
    )


def _namespace(federation: Federation, site: Site, cluster: Cluster, tenant: Tenant, row: Quota) -> NamespaceThing:
    by_role: dict[str, list[str]] = {"admin": [], "member": [], "reader": []}
    for group in tenant.groups:
        by_role[group.role].append(group.name)
    return NamespaceThing(
        key=f"{cluster.name}-namespace-{tenant.name}",
        what=f"namespace {tenant.name} in {cluster.name}, with its quota",
        because=f"the quota table has a kubernetes row for {tenant.name} at {site.site}",
        reach=Reach(sites=(site.site,), tenants=(tenant.name,)),
        holds_data=True,
        name=tenant.name,
        labels={f"{federation.shared.domain}/tenant": tenant.name},
        quota=_resource_quota(row),
        admins=tuple(by_role["admin"]),
        members=tuple(by_role["member"]),
        readers=tuple(by_role["reader"]),
    )


def _resource_quota(row: Quota) -> dict[str, str]:
    """The row in the keys of a ResourceQuota; what the row leaves at zero is allowed not at all."""
    return {
        "requests.cpu": str(row.cpu),
        "requests.memory": str(row.memory),
        f"requests.{GPU_RESOURCE}": str(row.gpu),
        f"requests.{FPGA_RESOURCE}": str(row.fpga),
        "persistentvolumeclaims": str(row.volumes),
        "requests.storage": str(row.capacity),
        "services.loadbalancers": str(row.addresses),
        "services.nodeports": "0",
        **({"pods": str(row.servers)} if row.servers is not None else {}),
    }

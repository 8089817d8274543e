"""What stands in the way of taking something down: tenants' servers, volumes, addresses, pods and claims, by name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.derive.cloud import CloudStack
from isthmus.derive.site import SiteStack
from isthmus.errors import Refused
from isthmus.run import checkpoint
from isthmus.run.api.kubernetes import KubernetesApi
from isthmus.run.api.openstack import OpenStackApi

_SHOWN = 10
_PROJECT = "openstack:identity/project:Project"
_SERVER = "openstack:compute/instance:Instance"
_NAMESPACE = "kubernetes:core/v1:Namespace"
_STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
_VOLUME_TYPE = "openstack:blockstorage/volumeTypeV3:VolumeTypeV3"


@dataclass(frozen=True, order=True)
class Use:
    """One thing of a tenant that would be lost or would stand in the way."""

    kind: str
    name: str
    where: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} ({self.where})"


def refuse(stack: str, uses: Sequence[Use]) -> Refused:
    """The refusal that names them, a bounded number."""
    kinds = {kind: sum(u.kind == kind for u in uses) for kind in dict.fromkeys(u.kind for u in uses)}
    counted = ", ".join(f"{n} {kind}{'s' * (n != 1)}" for kind, n in kinds.items())
    named = "; ".join(map(str, uses[:_SHOWN])) + (f"; and {len(uses) - _SHOWN} more" if len(uses) > _SHOWN else "")
    return Refused(
        f"{stack} is in use: {counted}. Nothing was changed.",
        why=named,
        next_step="have their owners move or delete them, then run it again",
    )


def uses_of(
    desired: CloudStack | SiteStack,
    document: Mapping[str, Any],
    cloud: OpenStackApi | None,
    clusters: Mapping[str, KubernetesApi],
    going: Sequence[Mapping[str, Any]] = (),
) -> tuple[Use, ...]:
    """Everything of tenants in the stack's zone, projects and namespaces. What the stack made itself does not count,
    and neither does what the stacks made that go before it (`going`, their states).

    What to ask follows from the state, since the model may have forgotten what stands. Raises Refused where the
    state has things in a cloud or cluster that cannot be asked.
    """
    own = frozenset(str(r.get("id")) for r in checkpoint.own(document))
    outside = any(r["type"].startswith("openstack:") for r in checkpoint.own(document))
    if outside and cloud is None:
        raise _nobody_to_ask(desired.name, "its cloud", "give the cloud back its entry in the model and in clouds.yaml")
    found: list[Use] = []
    if isinstance(desired, CloudStack):
        if cloud:
            before = frozenset(str(r.get("id")) for state in going for r in checkpoint.own(state))
            cut = frozenset(str(p.resource["inputs"].get("name")) for state in going for p in _cut_servers(state))
            found += [
                u for u in _in_projects(cloud, document, own | before) if not (u.kind == "server" and u.name in cut)
            ]
    else:
        if cloud and (desired.zone or outside):
            found += _in_zone(cloud, desired, document, own)
        found += _in_clusters(desired.name, document, clusters)
    return tuple(sorted(set(found)))


def _nobody_to_ask(stack: str, where: str, step: str) -> Refused:
    return Refused(
        f"nobody can say whether tenants use {stack}. Nothing was changed.",
        why=f"its state has things in {where}, which this run cannot ask",
        next_step=f"{step}, then run it again",
    )


def _cut_servers(document: Mapping[str, Any]) -> Iterable[checkpoint.Pending]:
    """Servers that an interrupted run was making: they are there, and in no list of the state's resources."""
    return (p for p in checkpoint.pending(document) if p.resource.get("type") == _SERVER and p.resource.get("inputs"))


def _in_projects(api: OpenStackApi, document: Mapping[str, Any], own: frozenset[str]) -> Iterable[Use]:
    projects = {
        str(r["id"]): checkpoint.name_of(r["urn"]).removeprefix("project-")
        for r in checkpoint.own(document)
        if r["type"] == _PROJECT
    }
    if not projects:
        return
    for kind, name, project, thing in _everything(api):
        if project in projects and thing not in own:
            yield Use(kind, name, f"project {projects[project]}")


def _everything(api: OpenStackApi) -> Iterable[tuple[str, str, str, str]]:
    """(kind, name, project, id) of everything that holds a tenant's work, all projects."""
    everybody = {"all_tenants": "1"}
    for row in api.all("compute", "/servers/detail", "servers", everybody):
        yield "server", _called(row), str(row.get("tenant_id")), str(row["id"])
    for row in api.all("volume", "/volumes/detail", "volumes", everybody):
        yield "volume", _called(row), str(row.get("os-vol-tenant-attr:tenant_id")), str(row["id"])
    for row in api.all("volume", "/snapshots/detail", "snapshots", everybody):
        owner = row.get("os-extended-snapshot-attributes:project_id") or row.get("project_id")
        yield "snapshot", _called(row), str(owner), str(row["id"])
    for row in api.all("network", "/floatingips", "floatingips"):
        yield "address", str(row.get("floating_ip_address")), str(row.get("project_id")), str(row["id"])


def _in_zone(api: OpenStackApi, desired: SiteStack, document: Mapping[str, Any], own: frozenset[str]) -> Iterable[Use]:
    zone = desired.name
    types = {t.name for t in desired.zone.volume_types} if desired.zone else set()
    types |= {str((r.get("inputs") or {}).get("name")) for r in checkpoint.own(document) if r["type"] == _VOLUME_TYPE}
    public = {str(r["id"]) for r in checkpoint.own(document) if r["type"] == "openstack:networking/network:Network"}
    # After an interruption the state may lack the smoke server: it bears its site's name, in the site's own project.
    smoke = desired.zone.smoke.name if desired.zone and desired.zone.smoke else None
    projects = {str(inputs["tenantId"]) for inputs in checkpoint.providers(document).values() if inputs.get("tenantId")}
    for row in api.all("compute", "/servers/detail", "servers", {"all_tenants": "1"}):
        made = str(row["id"]) in own or (row["name"] == smoke and row.get("tenant_id") in projects)
        if row.get("OS-EXT-AZ:availability_zone") == zone and not made:
            yield Use("server", _called(row), f"on {row.get('OS-EXT-SRV-ATTR:host') or 'no host'}")
    for row in api.all("volume", "/volumes/detail", "volumes", {"all_tenants": "1"}):
        if (row.get("volume_type") in types or row.get("availability_zone") == zone) and str(row["id"]) not in own:
            yield Use("volume", _called(row), f"{row.get('size')} GB of type {row.get('volume_type')}")
    for row in api.all("network", "/floatingips", "floatingips"):
        if str(row.get("floating_network_id")) in public:
            yield Use("address", str(row.get("floating_ip_address")), f"project {row.get('project_id')}")


def _in_clusters(stack: str, document: Mapping[str, Any], clusters: Mapping[str, KubernetesApi]) -> Iterable[Use]:
    owners = checkpoint.providers(document)
    for row in checkpoint.own(document):
        if row["type"] not in (_NAMESPACE, _STORAGE_CLASS):
            continue
        called = str(owners.get(str(row.get("provider")), {}).get("clusterIdentifier"))
        cluster = clusters.get(called)
        name = str((row.get("inputs") or {}).get("metadata", {}).get("name") or row.get("id"))
        if cluster is None:
            step = f"give {called} back its kubeconfig and its place in the model"
            raise _nobody_to_ask(stack, f"cluster {called}", step)
        if row["type"] == _NAMESPACE:
            for kind, word in (("Pod", "pod"), ("PersistentVolumeClaim", "claim")):
                for thing in cluster.all("v1", kind, name):
                    yield Use(word, str(thing["metadata"]["name"]), f"namespace {name} of {cluster.name}")
        else:
            for volume in cluster.all("v1", "PersistentVolume"):
                if (volume.get("spec") or {}).get("storageClassName") == name:
                    yield Use("persistent volume", str(volume["metadata"]["name"]), f"storage class {name}")


def _called(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or row.get("display_name") or row["id"])

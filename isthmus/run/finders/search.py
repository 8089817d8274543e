"""Which finder serves which resource type, and the search itself."""

from collections.abc import Callable, Mapping
from typing import Any

from isthmus.errors import Refused
from isthmus.run.api.kubernetes import KubernetesApi
from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.finders import compute, identity, network, storage
from isthmus.run.finders.found import Found, Wanted

Finder = Callable[[OpenStackApi, Wanted], list[Found]]

FINDERS: Mapping[str, Finder] = {
    "openstack:compute/flavor:Flavor": compute.flavor,
    "openstack:compute/flavorAccess:FlavorAccess": compute.flavor_access,
    "openstack:compute/keypair:Keypair": compute.keypair,
    "openstack:compute/aggregateV2:AggregateV2": compute.aggregate,
    "openstack:compute/serverGroup:ServerGroup": compute.server_group,
    "openstack:compute/instance:Instance": compute.server,
    "openstack:compute/quotaSetV2:QuotaSetV2": compute.quota,
    "openstack:identity/project:Project": identity.project,
    "openstack:identity/user:User": identity.user,
    "openstack:identity/groupV3:GroupV3": identity.group,
    "openstack:identity/role:Role": identity.role,
    "openstack:identity/roleAssignment:RoleAssignment": identity.role_assignment,
    "openstack:identity/userMembershipV3:UserMembershipV3": identity.membership,
    "openstack:identity/applicationCredential:ApplicationCredential": identity.application_credential,
    "openstack:networking/network:Network": network.network,
    "openstack:networking/subnet:Subnet": network.subnet,
    "openstack:networking/port:Port": network.port,
    "openstack:networking/router:Router": network.router,
    "openstack:networking/routerInterface:RouterInterface": network.router_interface,
    "openstack:networking/secGroup:SecGroup": network.security_group,
    "openstack:networking/secGroupRule:SecGroupRule": network.security_rule,
    "openstack:networking/rbacPolicyV2:RbacPolicyV2": network.rbac,
    "openstack:networking/quotaV2:QuotaV2": network.quota,
    "openstack:images/image:Image": storage.image,
    "openstack:blockstorage/volume:Volume": storage.volume,
    "openstack:blockstorage/volumeTypeV3:VolumeTypeV3": storage.volume_type,
    "openstack:blockstorage/volumeTypeAccessV3:VolumeTypeAccessV3": storage.volume_type_access,
    "openstack:blockstorage/quoteSetV3:QuoteSetV3": storage.quota,
}


class Search:
    """Finds resources in one stack's cloud and clusters."""

    def __init__(self, cloud: OpenStackApi | None, clusters: Mapping[str, KubernetesApi]) -> None:
        self.cloud = cloud
        self.clusters = clusters

    def serves(self, token: str) -> bool:
        return token in FINDERS or _is_object(token)

    def find(self, wanted: Wanted, taken: frozenset[str] = frozenset()) -> Found | None:
        """The one that is there, or None. `taken` are ids of the same type that other resources of the stack hold.

        Raises Refused where several fit, since nobody can tell which is meant.
        """
        found = [f for f in self.every(wanted) if f.id not in taken]
        if len(found) > 1:
            kind = wanted.token.rsplit(":", 1)[-1]
            raise Refused(
                f"{len(found)} things fit {kind} '{wanted.text('name')}'",
                why=f"ids {', '.join(f.id for f in found[:5])}",
                next_step="remove or rename those that are not meant, then run the same command again",
            )
        return found[0] if found else None

    def every(self, wanted: Wanted) -> list[Found]:
        """All that fit."""
        if _is_object(wanted.token):
            found = self._object(wanted)
            return [found] if found else []
        finder = FINDERS.get(wanted.token)
        return finder(self.cloud, wanted) if finder and self.cloud else []

    def remove(self, found: Found) -> None:
        """Delete what cannot be kept."""
        if found.remove and self.cloud:
            self.cloud.delete(*found.remove)

    def finish(self, wanted: Wanted, found: Found) -> None:
        """Do what the provider does after the create call and could not: so far, a group's default rules go."""
        if wanted.token.endswith(":SecGroup") and self.cloud and str(wanted.inputs.get("deleteDefaultRules")) == "True":
            for rule in network.default_rules(self.cloud, found.id):
                self.cloud.delete("network", f"/security-group-rules/{rule}")

    def _object(self, wanted: Wanted) -> Found | None:
        cluster = self.cluster_of(wanted.owner)
        metadata = wanted.inputs.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if cluster is None or not isinstance(metadata, dict) or not name:
            return None
        namespace = str(metadata.get("namespace") or "")
        there = cluster.find(wanted.text("apiVersion"), wanted.text("kind"), str(name), namespace)
        if there is None:
            return None
        inside = there["metadata"].get("namespace")
        return Found(f"{inside}/{name}" if inside else str(name))

    def cluster_of(self, owner: Mapping[str, Any]) -> KubernetesApi | None:
        """The cluster a Kubernetes provider's inputs mean."""
        named = self.clusters.get(str(owner.get("clusterIdentifier") or ""))
        return named or (next(iter(self.clusters.values())) if len(self.clusters) == 1 else None)


def _is_object(token: str) -> bool:
    """A plain Kubernetes object; patches only lend fields to objects of others, and releases are helm's."""
    module = token.split(":")[1] if token.count(":") == 2 else ""
    return token.startswith("kubernetes:") and not token.endswith("Patch") and not module.startswith(("helm", "yaml"))

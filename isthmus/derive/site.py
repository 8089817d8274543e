"""A site's stack: its zone, where an OpenStack runs there, and its clusters."""

from dataclasses import dataclass

from isthmus.derive.cloud import CloudStack, derive_cloud, stack_name
from isthmus.derive.cluster import ClusterState, derive_cluster
from isthmus.derive.hardware import Pool, pools
from isthmus.derive.thing import Thing
from isthmus.derive.zone import Zone, derive_zone
from isthmus.errors import BadInput
from isthmus.ledger.entries import Resolved


@dataclass(frozen=True)
class SiteStack:
    """Everything that should exist in a site's stack. `cloud_stack` is the stack it reads shared things from."""

    name: str
    cloud_stack: str | None
    zone: Zone | None
    clusters: tuple[ClusterState, ...]
    pools: tuple[Pool, ...]

    def things(self) -> tuple[Thing, ...]:
        """Every thing, in the order it is made."""
        zone = self.zone.things() if self.zone else ()
        return (*zone, *(thing for cluster in self.clusters for thing in cluster.things()))


def derive_site(resolved: Resolved, name: str) -> SiteStack:
    """The site's stack. Cost follows the site, not the federation."""
    federation = resolved.federation
    site = federation.sites[name]
    own_pools = pools(federation, site)
    cloud = federation.cloud_by_site[name]
    driven = cloud.platform == "openstack"
    return SiteStack(
        name=name,
        cloud_stack=stack_name(cloud) if driven else None,
        zone=derive_zone(resolved, site, own_pools) if driven else None,
        clusters=tuple(derive_cluster(resolved, site, cluster, own_pools) for cluster in site.kubernetes),
        pools=own_pools,
    )


def stacks_of(resolved: Resolved, site: str) -> tuple[str, ...]:
    """The stacks `isthmus up SITE` brings, in order: the cloud's where one is driven, then the site's."""
    cloud = resolved.federation.cloud_by_site[site]
    return (stack_name(cloud), site) if cloud.platform == "openstack" else (site,)


def stacks_for(resolved: Resolved, sites: tuple[str, ...]) -> tuple[str, ...]:
    """The stacks of these sites (all sites when none is named), each once, every cloud before its sites.

    Raises BadInput for a site the federation does not have.
    """
    known = resolved.federation.sites
    unknown = [s for s in sites if s not in known]
    if unknown:
        raise BadInput(
            f"{resolved.federation.name} has no site '{unknown[0]}'",
            next_step="choose one of " + ", ".join(sorted(known)),
        )
    return tuple(dict.fromkeys(stack for site in (sites or sorted(known)) for stack in stacks_of(resolved, site)))


def derive_stack(resolved: Resolved, stack: str) -> CloudStack | SiteStack:
    """The stack of that name. Raises BadInput naming those there are."""
    if stack in resolved.federation.sites:
        return derive_site(resolved, stack)
    for cloud in resolved.federation.shared.clouds:
        if stack == stack_name(cloud) and cloud.platform == "openstack":
            return derive_cloud(resolved, cloud)
    clouds = [stack_name(c) for c in resolved.federation.shared.clouds if c.platform == "openstack"]
    raise BadInput(
        f"{resolved.federation.name} has no stack '{stack}'",
        next_step="choose one of " + ", ".join((*clouds, *sorted(resolved.federation.sites))),
    )

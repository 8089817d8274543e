"""A site's stack: its zone, where an OpenStack runs there, and its clusters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from infra.login import Surroundings
from isthmus.derive.cluster import ClusterState
from isthmus.derive.site import SiteStack
from isthmus.model.cloud import Cloud

if TYPE_CHECKING:
    from infra.zone import ZoneComponent

UNTESTED = "the router and the public network are API objects: no data plane was tested"


@dataclass(frozen=True)
class SiteArgs:
    """`stack` is the full name of the current stack."""

    desired: SiteStack
    cloud: Cloud
    around: Surroundings
    stack: str


class SiteComponent(pulumi.ComponentResource):
    """Everything of a site's stack. `notes` say what is left out and what is not proven.

    The SDK of a provider is imported only where the site needs it.
    """

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:index:Site", name, None, opts)
        self.zone: ZoneComponent | None = None
        self.clusters: list[str] = []
        self.notes: list[str] = []
        self._add_zone(args)
        for cluster in args.desired.clusters:
            self._add_cluster(cluster, args)
        self.register_outputs({})

    def _add_zone(self, args: SiteArgs) -> None:
        desired = args.desired
        if desired.zone is None or desired.cloud_stack is None:
            self.notes.append(f"the cloud of {desired.name} is described, not driven (platform {args.cloud.platform})")
            return
        if not desired.zone.aggregates[0].hosts:
            self.notes.append(f"{desired.name} has no hosts that serve openstack: no zone is made")
        from infra.shared import read_shared
        from infra.zone import ZoneComponent, ZoneComponentArgs

        shared = read_shared(desired.cloud_stack, args.stack)
        zone = ZoneComponentArgs(desired.zone, args.cloud, shared, args.around)
        self.zone = ZoneComponent(desired.name, zone, pulumi.ResourceOptions(parent=self))
        if desired.zone.router:
            self.notes.append(UNTESTED)

    def _add_cluster(self, cluster: ClusterState, args: SiteArgs) -> None:
        bare = cluster.cluster.runs_on == "bare-metal"
        if bare and not cluster.nodes:
            self.notes.append(f"cluster {cluster.name} has no nodes: nothing is made in it")
            return
        if not bare and not args.around.kubeconfig(cluster.name).exists():
            self.notes.append(
                f"cluster {cluster.name} runs on {cluster.cluster.runs_on}, and there is no kubeconfig for it: "
                "nothing is made in it"
            )
            return
        from infra.cluster import ClusterArgs, ClusterComponent

        ClusterComponent(cluster.name, ClusterArgs(cluster, args.around), pulumi.ResourceOptions(parent=self))
        self.clusters.append(cluster.name)


def outputs_of_site(site: SiteComponent) -> None:
    """What people and later layers need. The application credential's secret is encrypted in the state."""
    zone = site.zone
    if zone:
        pulumi.export("zone", zone.name)
        pulumi.export("subnets", zone.subnet_ids)
        pulumi.export("mtu", zone.mtu)
        pulumi.export("security_group", zone.security_group_id)
        pulumi.export("application_credential_id", zone.credential_id)
        pulumi.export("application_credential_secret", zone.credential_secret)
    pulumi.export("clusters", site.clusters)
    pulumi.export("notes", site.notes)

"""A site's side of its cloud: the zone, its storage and networks, and what the site's own user has."""

from dataclasses import dataclass

import pulumi

from infra.access import cloud_provider, user_provider
from infra.login import Login, Surroundings, login
from infra.openstack.credentials import SiteOwn, SiteOwnArgs
from infra.openstack.networks import PublicNetwork, PublicNetworkArgs, SiteSubnet, SiteSubnetArgs
from infra.openstack.quotas import VolumeQuota, VolumeQuotaArgs
from infra.openstack.router import Router, RouterArgs
from infra.openstack.security import SecurityGroup, SecurityGroupArgs
from infra.openstack.smoke import Smoke, SmokeArgs
from infra.openstack.volumes import VolumeTypes, VolumeTypesArgs
from infra.openstack.zone import Zone, ZoneArgs
from infra.shared import Shared
from isthmus.derive.zone import Zone as DesiredZone
from isthmus.model.cloud import Cloud


@dataclass(frozen=True)
class ZoneComponentArgs:
    desired: DesiredZone
    cloud: Cloud
    shared: Shared
    around: Surroundings


class ZoneComponent(pulumi.ComponentResource):
    """Everything of a site in its OpenStack."""

    def __init__(self, name: str, args: ZoneComponentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:SiteZone", name, None, opts)
        self.name, self._args = name, args
        self._entry: Login = login(args.cloud, args.around)
        operator = cloud_provider("operator", self._entry, args.cloud, self)
        self._below = pulumi.ResourceOptions(parent=self, provider=operator)
        self._own = pulumi.ResourceOptions(parent=self, provider=self._site_user())
        self._project_id = args.shared.id("projects", args.desired.project_key)
        desired = args.desired
        has_hosts = bool(desired.aggregates[0].hosts)
        zone = Zone("zone", ZoneArgs(desired.aggregates if has_hosts else ()), self._below)
        self._storage()
        router = self._networks()
        versions = tuple(sorted({4, *(s.cidr.version for s in desired.subnets)}))
        group = SecurityGroup("security-group", SecurityGroupArgs(desired.security_groups[0], versions), self._own)
        own = SiteOwn("own", SiteOwnArgs(desired.keypairs, desired.server_groups, desired.credential), self._own)
        self.security_group_id: pulumi.Output[str] = group.id
        self.credential_id, self.credential_secret = own.credential_id, own.credential_secret
        if desired.smoke and has_hosts:
            self._smoke(zone, router)
        self.register_outputs({"zone": name})

    def _site_user(self) -> pulumi.ProviderResource:
        shared, site = self._args.shared, self._args.desired.site
        key = f"user-site-{site}"
        return user_provider(
            f"site-{site}",
            self._entry,
            self._args.cloud,
            self,
            user_id=shared.id("users", key),
            password=shared.password(key),
            project_id=shared.id("projects", self._args.desired.project_key),
        )

    def _storage(self) -> None:
        desired, shared = self._args.desired, self._args.shared
        made = VolumeTypes("volume-types", VolumeTypesArgs(desired.volume_types), self._below)
        for thing in desired.volume_quotas:
            project = shared.id("projects", thing.project_key)
            VolumeQuota(thing.key, VolumeQuotaArgs(thing, project, made.types), self._below)

    def _networks(self) -> Router | None:
        desired, shared = self._args.desired, self._args.shared
        public = PublicNetwork("public", PublicNetworkArgs(desired.public), self._below) if desired.public else None
        subnets = {
            thing.key: SiteSubnet(
                thing.key, SiteSubnetArgs(thing, shared.id("segments", thing.segment)), self._below
            ).subnet
            for thing in desired.subnets
        }
        self.subnet_ids: dict[str, pulumi.Output[str]] = {
            thing.name: subnets[thing.key].id for thing in desired.subnets
        }
        self.mtu: dict[str, int] = {
            t.segment: int((shared.values.get("mtu") or {}).get(t.segment, 0)) for t in desired.subnets
        }
        self._subnets = subnets
        if desired.router is None:
            return None
        return Router(
            "router",
            RouterArgs(
                desired.router,
                self._project_id,
                subnets,
                public.id if public else None,
                public.subnet if public else None,
            ),
            self._below,
        )

    def _smoke(self, zone: Zone, router: Router | None) -> None:
        desired, shared = self._args.desired, self._args.shared
        thing = desired.smoke
        if thing is None:
            return
        segment = next((s.segment for s in desired.subnets if s.key == thing.subnet_key), None)
        needed: list[pulumi.Resource] = [zone.aggregate] if zone.aggregate else []
        Smoke(
            "smoke",
            SmokeArgs(
                thing,
                image_id=shared.id("images", thing.image_key),
                flavor_id=shared.id("flavors", "flavor-smoke"),
                network_id=shared.id("segments", segment) if segment else None,
                subnet_id=self._subnets[thing.subnet_key].id if thing.subnet_key else None,
                security_group_id=self.security_group_id,
                after=[*needed, *(router.interfaces if router else ())],
            ),
            self._own,
        )

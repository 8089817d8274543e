"""A site's OpenStack side: zone, aggregates, storage types, its own way out, its own credentials."""

from dataclasses import dataclass

from isthmus.derive.cloud import site_project_key
from isthmus.derive.hardware import Pool
from isthmus.derive.thing import Reach, Thing
from isthmus.derive.zone_parts import (
    AggregateThing,
    CredentialThing,
    KeypairThing,
    PublicNetworkThing,
    RouterThing,
    RuleThing,
    SecurityGroupThing,
    ServerGroupThing,
    SmokeThing,
    SubnetThing,
    VolumeQuotaThing,
    VolumeTypeThing,
)
from isthmus.ledger.entries import Resolved
from isthmus.model.overlay import Segment
from isthmus.model.site import Site, VolumeType


@dataclass(frozen=True)
class Zone:
    """Everything of a site in its OpenStack."""

    site: str
    project_key: str
    aggregates: tuple[AggregateThing, ...]
    volume_types: tuple[VolumeTypeThing, ...]
    volume_quotas: tuple[VolumeQuotaThing, ...]
    public: PublicNetworkThing | None
    subnets: tuple[SubnetThing, ...]
    router: RouterThing | None
    security_groups: tuple[SecurityGroupThing, ...]
    keypairs: tuple[KeypairThing, ...]
    server_groups: tuple[ServerGroupThing, ...]
    credential: CredentialThing
    smoke: SmokeThing | None

    def things(self) -> tuple[Thing, ...]:
        """Every thing, in the order it is made."""
        found: list[Thing] = [*self.aggregates, *self.volume_types, *self.volume_quotas]
        found += [t for t in (self.public,) if t]
        found += [*self.subnets]
        found += [t for t in (self.router,) if t]
        found += [*self.security_groups, *self.keypairs, *self.server_groups, self.credential]
        found += [t for t in (self.smoke,) if t]
        return tuple(found)


def derive_zone(resolved: Resolved, site: Site, pools: tuple[Pool, ...]) -> Zone:
    """The site's zone, from its pools that serve openstack and the segments it is a member of."""
    name = site.site
    reach = Reach(sites=(name,))
    cloud = resolved.federation.cloud_by_site[name]
    serving = tuple(p for p in pools if p.serves == "openstack" and p.hosts)
    segments = tuple(s for s in resolved.federation.segments_by_site[name] if s.purpose == "projects")
    subnets = tuple(_subnet(resolved, name, s) for s in segments)
    public = _public(site, cloud.physical_network)
    return Zone(
        site=name,
        project_key=site_project_key(name),
        aggregates=(_zone_aggregate(name, serving), *_class_aggregates(name, serving)),
        volume_types=tuple(_volume_type(name, v) for v in site.openstack.volume_types),
        volume_quotas=_volume_quotas(resolved, site),
        public=public,
        subnets=subnets,
        router=RouterThing(
            key="router",
            what=f"router {name}",
            because=f"servers of {name} leave by {name}'s own way out",
            reach=Reach(sites=(name,), interrupts=True),
            name=name,
            subnet_keys=tuple(s.key for s in subnets),
            external=public is not None,
        )
        if subnets or public
        else None,
        security_groups=(_security_group(site, subnets),),
        keypairs=tuple(
            KeypairThing(
                key=f"keypair-{k}", what=f"keypair {k}", because=f"{name} lists it", reach=reach, name=k, public_key=v
            )
            for k, v in site.openstack.keypairs.items()
        ),
        server_groups=tuple(
            ServerGroupThing(
                key=f"server-group-{policy}",
                what=f"server group {name}-{policy}",
                because="replicas placed by it do not share a host" if "anti" in policy else "peers share a host",
                reach=reach,
                name=f"{name}-{policy}",
                policy=policy,
            )
            for policy in ("soft-anti-affinity", "anti-affinity")
        ),
        credential=CredentialThing(
            key="credential",
            what=f"application credential {name}",
            because=f"what runs at {name} must not hold the account's password",
            reach=reach,
            name=name,
            roles=("member",),
        ),
        smoke=_smoke(site, subnets, resolved),
    )


def _zone_aggregate(site: str, serving: tuple[Pool, ...]) -> AggregateThing:
    hosts = tuple(sorted(h for p in serving for h in p.hosts))
    return AggregateThing(
        key="zone",
        what=f"availability zone {site} of {len(hosts)} hosts",
        because=f"each site is a zone, so that work and storage stay at {site}",
        reach=Reach(sites=(site,), interrupts=True),
        name=site,
        zone=site,
        hosts=hosts,
        metadata={"site": site},
    )


def _class_aggregates(site: str, serving: tuple[Pool, ...]) -> tuple[AggregateThing, ...]:
    classes = sorted({p.node_class for p in serving})
    return tuple(
        AggregateThing(
            key=f"hosts-{node_class}",
            what=f"aggregate {site}-{node_class}",
            because=f"flavors of class {node_class} land on such hosts only",
            reach=Reach(sites=(site,)),
            name=f"{site}-{node_class}",
            zone=None,
            hosts=tuple(sorted(h for p in serving if p.node_class == node_class for h in p.hosts)),
            metadata={"node_class": node_class},
        )
        for node_class in classes
    )


def _volume_type(site: str, kind: VolumeType) -> VolumeTypeThing:
    return VolumeTypeThing(
        key=f"volume-type-{kind.name}",
        what=f"volume type {kind.name}",
        because=f"storage of {site} answers to backend {kind.backend}",
        reach=Reach(sites=(site,)),
        holds_data=True,
        name=kind.name,
        backend=kind.backend,
        zone=site,
    )


def _volume_quotas(resolved: Resolved, site: Site) -> tuple[VolumeQuotaThing, ...]:
    types = tuple(kind.name for kind in site.openstack.volume_types)
    return tuple(
        VolumeQuotaThing(
            key=f"volume-quota-{tenant.name}",
            what=f"limit of project {tenant.name} on volumes of {site.site}",
            because=f"the quota table has a row for {tenant.name} at {site.site}",
            reach=Reach(sites=(site.site,), tenants=(tenant.name,)),
            project_key=f"project-{tenant.name}",
            gigabytes_by_type=dict.fromkeys(types, row.capacity // 10**9),
        )
        for tenant, row in resolved.federation.rows_by_site[site.site]
        if row.on == "openstack" and types
    )


def _public(site: Site, physical_network: str) -> PublicNetworkThing | None:
    cidr = site.networks.public
    if cidr is None:
        return None
    return PublicNetworkThing(
        key="public",
        what=f"public network {site.site} ({cidr})",
        because=f"{site.site} reaches the Internet by itself",
        reach=Reach(sites=(site.site,), interrupts=True),
        holds_data=True,
        name=f"public-{site.site}",
        vlan=site.networks.public_vlan,
        # One flat network fits a physical network (Neutron), and VLANs of two sites may be alike: each has its own.
        physical_network=f"public-{site.site}" if site.networks.public_vlan is None else physical_network,
        cidr=cidr,
        gateway=site.networks.public_gateway or cidr[1],
    )


def _subnet(resolved: Resolved, site: str, segment: Segment) -> SubnetThing:
    cidr = resolved.subnet(site, segment.name)
    return SubnetThing(
        key=f"subnet-{segment.name}",
        what=f"subnet {cidr} of {segment.name} at {site}",
        because=f"{site} is a member of segment {segment.name}",
        reach=Reach(sites=(site,), interrupts=True),
        holds_data=True,
        name=f"{segment.name}-{site}",
        segment=segment.name,
        cidr=cidr,
        gateway=cidr[1],
    )


def _security_group(site: Site, subnets: tuple[SubnetThing, ...]) -> SecurityGroupThing:
    ingress = tuple(
        RuleThing(f"in-{port}-{s.segment}", "ingress", "tcp", port, s.cidr)
        for port in site.openstack.open_ports
        for s in subnets
    )
    egress = tuple(RuleThing(f"out-{s.segment}", "egress", None, None, s.cidr) for s in subnets)
    web = tuple(RuleThing(f"out-{q}-{p}", "egress", q, p, None) for q, p in (("udp", 53), ("tcp", 53), ("tcp", 443)))
    ports = ", ".join(str(p) for p in site.openstack.open_ports) or "nothing"
    return SecurityGroupThing(
        key="security-group",
        what=f"security group {site.site}",
        because=f"everything is denied but {ports} from the site's own subnets",
        reach=Reach(sites=(site.site,), interrupts=True),
        name=f"{site.site}-default-deny",
        rules=(*ingress, *egress, *web),
    )


def _smoke(site: Site, subnets: tuple[SubnetThing, ...], resolved: Resolved) -> SmokeThing | None:
    images = resolved.federation.cloud_by_site[site.site].images
    if not site.openstack.smoke_server or not images:
        return None
    return SmokeThing(
        key="smoke",
        what=f"server smoke-{site.site}",
        because=f"{site.site} asks for proof that its zone takes work",
        reach=Reach(sites=(site.site,)),
        name=f"smoke-{site.site}",
        zone=site.site,
        image_key=f"image-{images[0].name}",
        subnet_key=subnets[0].key if subnets else None,
    )

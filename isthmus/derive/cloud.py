"""A cloud's stack: what its sites share (flavors, images, projects, users, quotas, segment networks)."""

from dataclasses import dataclass
from typing import ClassVar

from isthmus.derive.flavors import MIB, FlavorThing, flavors
from isthmus.derive.hardware import pools
from isthmus.derive.mtu import segments_mtu
from isthmus.derive.thing import Reach, Thing
from isthmus.ledger.entries import Resolved
from isthmus.model.cloud import Cloud, Image
from isthmus.model.federation import Federation
from isthmus.model.overlay import Segment
from isthmus.model.tenancy import Group, Quota, Tenant

STACK_PREFIX = "cloud-"


@dataclass(frozen=True, kw_only=True)
class ImageThing(Thing):
    image: Image


@dataclass(frozen=True, kw_only=True)
class QuotaThing(Thing):
    """A project's limits in one cloud: the sum of the tenant's rows for the cloud's sites. GPUs are limited by
    who may use GPU flavors: nova's default quota driver counts none."""

    servers: int
    cores: int
    ram_mib: int
    volumes: int
    snapshots: int
    gigabytes: int
    addresses: int
    ports: int


@dataclass(frozen=True, kw_only=True)
class OperatorQuotaThing(Thing):
    """Room in the operator's own project: segment networks and their shares are the operator's, and Neutron's
    default allows ten shares (its option `quota_rbac_policy`)."""


@dataclass(frozen=True, kw_only=True)
class ProjectThing(Thing):
    """A tenant's (or a site's own) project, the groups with roles in it, and its quota."""

    name: str
    description: str
    groups: tuple[Group, ...]
    quota: QuotaThing


@dataclass(frozen=True, kw_only=True)
class UserThing(Thing):
    """The account a site's automation uses, with a role in the site's project only."""

    name: str
    project_key: str
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SegmentThing(Thing):
    """A provider network: one segment's VLAN, and the projects that may plug into it."""

    fixed: ClassVar[frozenset[str]] = frozenset({"vlan", "physical_network"})

    name: str
    vlan: int
    vni: int
    mtu: int
    physical_network: str
    project_keys: tuple[str, ...]


@dataclass(frozen=True)
class CloudStack:
    """Everything that should exist in a cloud's stack."""

    name: str
    cloud: Cloud
    operator: OperatorQuotaThing
    flavors: tuple[FlavorThing, ...]
    images: tuple[ImageThing, ...]
    projects: tuple[ProjectThing, ...]
    users: tuple[UserThing, ...]
    segments: tuple[SegmentThing, ...]

    def things(self) -> tuple[Thing, ...]:
        """Every thing, in the order it is made."""
        quotas = tuple(p.quota for p in self.projects)
        return (self.operator, *self.flavors, *self.images, *self.projects, *quotas, *self.users, *self.segments)


def stack_name(cloud: Cloud) -> str:
    return STACK_PREFIX + cloud.name


def derive_cloud(resolved: Resolved, cloud: Cloud) -> CloudStack:
    """The cloud's stack. Cost follows the cloud's own sites."""
    federation = resolved.federation
    rows = _rows_by_tenant(federation, cloud)
    tenants = [t for t in federation.shared.tenants if t.name in rows]
    gpu_tenants = tuple(t.name for t in tenants if any(row.gpu for row in rows[t.name]))
    own_pools = [pool for name in cloud.sites for pool in pools(federation, federation.sites[name])]
    mtu = segments_mtu(federation)
    segments = [s for s in federation.shared.overlay.segments if _members(resolved, s, cloud)]
    return CloudStack(
        name=stack_name(cloud),
        cloud=cloud,
        operator=_operator(cloud),
        flavors=flavors(cloud, own_pools, gpu_tenants),
        images=tuple(_image(cloud, image) for image in cloud.images),
        projects=(
            *(_tenant_project(t, rows[t.name]) for t in tenants),
            *(_site_project(cloud, name) for name in cloud.sites),
        ),
        users=tuple(_site_user(name) for name in cloud.sites),
        segments=tuple(_segment(resolved, cloud, s, mtu, tenants) for s in segments),
    )


def _rows_by_tenant(federation: Federation, cloud: Cloud) -> dict[str, tuple[Quota, ...]]:
    """The openstack rows of the cloud's sites, by tenant; a tenant with rows in another layer only has none here."""
    found: dict[str, list[Quota]] = {}
    for site in cloud.sites:
        for tenant, row in federation.rows_by_site[site]:
            found.setdefault(tenant.name, []).extend([row] if row.on == "openstack" else [])
    return {name: tuple(rows) for name, rows in found.items() if rows}


def _operator(cloud: Cloud) -> OperatorQuotaThing:
    return OperatorQuotaThing(
        key="quota-operator",
        what="no limit on the operator's networks, subnets and network shares",
        because=f"segments of {cloud.name} are networks of its operator, shared with each member's project",
        reach=Reach(sites=tuple(sorted(cloud.sites))),
    )


def _members(resolved: Resolved, segment: Segment, cloud: Cloud) -> tuple[str, ...]:
    by_site = resolved.federation.segments_by_site
    return tuple(site for site in sorted(cloud.sites) if any(s.name == segment.name for s in by_site[site]))


def _image(cloud: Cloud, image: Image) -> ImageThing:
    return ImageThing(
        key=f"image-{image.name}",
        what=f"image {image.name} ({image.digest[:19]})",
        because=f"cloud {cloud.name} lists it",
        reach=Reach(sites=tuple(sorted(cloud.sites))),
        image=image,
    )


def site_project_key(site: str) -> str:
    return f"project-site-{site}"


def _tenant_project(tenant: Tenant, rows: tuple[Quota, ...]) -> ProjectThing:
    reach = Reach(sites=tuple(sorted({r.site for r in rows})), tenants=(tenant.name,))
    key = f"project-{tenant.name}"
    because = f"tenant {tenant.name} has quota at {', '.join(reach.sites)}"
    return ProjectThing(
        key=key,
        what=f"project {tenant.name}",
        because=because,
        reach=reach,
        holds_data=True,
        name=tenant.name,
        description=tenant.title or tenant.name,
        groups=tenant.groups,
        quota=_quota(key, tenant.name, rows, reach, _rows_in_words(tenant.name, rows)),
    )


def _rows_in_words(name: str, rows: tuple[Quota, ...]) -> str:
    return "the quota table has rows for " + ", ".join(f"{name} at {r.site}" for r in rows)


def _quota(key: str, name: str, rows: tuple[Quota, ...], reach: Reach, because: str) -> QuotaThing:
    servers = sum(r.servers if r.servers is not None else r.cpu for r in rows)
    addresses = sum(r.addresses for r in rows)
    return QuotaThing(
        key=f"quota-{key.removeprefix('project-')}",
        what=f"quota of project {name}",
        because=because,
        reach=reach,
        servers=servers,
        cores=sum(r.cpu for r in rows),
        ram_mib=sum(r.memory for r in rows) // MIB,
        volumes=sum(r.volumes for r in rows),
        snapshots=sum(r.volumes for r in rows),
        gigabytes=sum(r.capacity for r in rows) // 10**9,
        addresses=addresses,
        ports=2 * servers + addresses,
    )


def _site_project(cloud: Cloud, site: str) -> ProjectThing:
    key = site_project_key(site)
    reach = Reach(sites=(site,))
    row = {"site": site, "servers": 4, "cpu": 8, "memory": "8GiB", "volumes": 8, "capacity": "100GB", "addresses": 2}
    small = Quota.model_validate(row)
    return ProjectThing(
        key=key,
        what=f"project site-{site}",
        because=f"{site} needs a project for what proves and runs its zone",
        reach=reach,
        holds_data=True,
        name=f"site-{site}",
        description=f"Operations of site {site} in cloud {cloud.name}",
        groups=(),
        quota=_quota(key, f"site-{site}", (small,), reach, "what proves and runs a zone needs little room"),
    )


def _site_user(site: str) -> UserThing:
    return UserThing(
        key=f"user-site-{site}",
        what=f"user site-{site}",
        because=f"the automation of {site} acts under an account of its own",
        reach=Reach(sites=(site,)),
        name=f"site-{site}",
        project_key=site_project_key(site),
        roles=("member",),
    )


def _segment(resolved: Resolved, cloud: Cloud, segment: Segment, mtu: int, present: list[Tenant]) -> SegmentThing:
    members = _members(resolved, segment, cloud)
    tenants = tuple(t.name for t in present if segment.name in t.segments)
    return SegmentThing(
        key=f"segment-{segment.name}",
        what=f"network {segment.name} (VLAN {segment.vlan}, VNI {resolved.vni(segment.name)})",
        because=f"segment {segment.name} reaches {', '.join(members)}",
        reach=Reach(sites=members, tenants=tenants, interrupts=True),
        holds_data=True,
        name=segment.name,
        vlan=segment.vlan,
        vni=resolved.vni(segment.name),
        mtu=mtu,
        physical_network=cloud.physical_network,
        project_keys=(*(f"project-{t}" for t in tenants), *(site_project_key(s) for s in members)),
    )

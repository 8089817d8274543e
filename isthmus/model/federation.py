"""The federation: what all sites share, and all sites together."""

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from isthmus.model.base import Mailbox, Name, Network, Part
from isthmus.model.cloud import Cloud
from isthmus.model.hardware import NodeClass
from isthmus.model.overlay import Overlay, Segment
from isthmus.model.site import Site
from isthmus.model.tenancy import Quota, Tenant


def _range(value: object) -> object:
    match = re.fullmatch(r"\s*([0-9]{1,10})\s*-\s*([0-9]{1,10})\s*", value) if isinstance(value, str) else None
    ends = (int(match[1]), int(match[2])) if match else value
    if isinstance(ends, tuple) and len(ends) == 2 and all(type(end) is int for end in ends) and ends[0] <= ends[1]:
        return ends
    shown = f"'{value}'" if isinstance(value, str | int | float) else "this"
    raise PydanticCustomError("range", f"{shown} is not a range of numbers", {"fix": "write for example 4000-4999"})


NumberRange = Annotated[
    tuple[int, int],
    PlainValidator(_range),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+\s*-\s*\d+\s*$", "examples": ["4000-4999"]}),
]


class Pools(Part):
    """The ranges the ledger allocates from. They may grow, never shrink."""

    sites: Network = Field(description="a block per site, for management and segment subnets")
    site_prefix: int = Field(16, ge=8, le=64, description="prefix length of a site's block")
    loopbacks: Network = Field(description="an address per gateway: the tunnel end points' identity (VTEP)")
    links: Network = Field(description="a /31 per tunnel (RFC 3021)")
    pods: Network = Field(description="a block per cluster, for pods")
    pod_prefix: int = Field(16, ge=8, le=64, description="prefix length of a cluster's pod range")
    services: Network = Field(description="a block per cluster, for service addresses")
    service_prefix: int = Field(18, ge=8, le=120, description="prefix length of a cluster's service range")
    vni: NumberRange = Field((4000, 4999), description="VXLAN network identifiers of segments")
    asn: NumberRange = Field((4_200_000_000, 4_200_009_999), description="private AS numbers, one per site (RFC 6996)")
    ports: NumberRange = Field((20000, 29999), description="UDP ports of tunnels")


def _requirement(text: str) -> str:
    if not re.fullmatch(r"isthmus\s*(>=|==|~=)\s*\d+(\.\d+)*(\s*,\s*<\s*\d+(\.\d+)*)?", text):
        raise PydanticCustomError("requirement", f"'{text}' does not name a version", {"fix": "write isthmus >= 0.1"})
    return text


class FederationFile(Part):
    """federation.yaml: what all sites share."""

    federation: Name
    title: str = Field("", description="what people call it")
    requires: Annotated[str, AfterValidator(_requirement)] = Field(
        description="the isthmus this was written for, for example isthmus >= 0.1"
    )
    domain: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
        description="DNS domain below which names of the federation are made",
    )
    owner: Mailbox
    clouds: tuple[Cloud, ...] = Field(
        min_length=1, description="control planes, each with the sites whose hosts it runs"
    )
    overlay: Overlay = Field(Overlay(), description="how the sites are joined")
    pools: Pools = Field(description="ranges that addresses and numbers are allocated from")
    node_classes: tuple[NodeClass, ...] = Field(
        (), description="kinds of node, beside the built-in fat-cpu, gpu and storage"
    )
    tenants: tuple[Tenant, ...] = Field((), description="communities, with their quotas")


class Federation(BaseModel):
    """The whole federation, loaded and checked: `shared` and every site, by name."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    shared: FederationFile
    sites: dict[str, Site]

    @property
    def name(self) -> str:
        return self.shared.federation

    @cached_property
    def cloud_by_site(self) -> dict[str, Cloud]:
        """Which cloud runs each site's hosts. A site belongs to exactly one."""
        return {site: cloud for cloud in self.shared.clouds for site in cloud.sites}

    @cached_property
    def members_by_segment(self) -> dict[str, tuple[str, ...]]:
        """Sorted names of the sites each segment reaches."""
        everyone = tuple(sorted(self.sites))
        return {
            s.name: tuple(sorted(s.sites)) if s.sites is not None else everyone for s in self.shared.overlay.segments
        }

    @cached_property
    def rows_by_site(self) -> dict[str, tuple[tuple[Tenant, Quota], ...]]:
        """The quota table by site: each row with its tenant, in the order it is written."""
        found: dict[str, list[tuple[Tenant, Quota]]] = {name: [] for name in self.sites}
        for tenant in self.shared.tenants:
            for row in tenant.quotas:
                found.setdefault(row.site, []).append((tenant, row))
        return {name: tuple(rows) for name, rows in found.items()}

    @cached_property
    def wan_paths(self) -> frozenset[tuple[int, Literal[4, 6]]]:
        """Every WAN MTU and IP version that some gateway has: few, however many gateways there are."""
        return frozenset((g.wan_mtu, g.ip_version) for site in self.sites.values() for g in site.gateways)

    @cached_property
    def segments_by_site(self) -> dict[str, tuple[Segment, ...]]:
        """The segments each site is a member of, in the order they are written; strangers are left out."""
        found: dict[str, list[Segment]] = {name: [] for name in self.sites}
        for segment in self.shared.overlay.segments:
            for site in self.members_by_segment[segment.name]:
                if site in found:
                    found[site].append(segment)
        return {name: tuple(segments) for name, segments in found.items()}

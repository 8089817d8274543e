"""The federation: what all sites share, and all sites together."""

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from isthmus.model.base import Mailbox, Name, Network, Part
from isthmus.model.cloud import Cloud
from isthmus.model.hardware import NodeClass
from isthmus.model.overlay import Overlay, Segment
from isthmus.model.site import Site
from isthmus.model.tenancy import Quota, Tenant


def _range(value: object) -> object:
    if isinstance(value, tuple):
        return value
    match = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", value) if isinstance(value, str) else None
    if not match or int(match[1]) > int(match[2]):
        raise PydanticCustomError(
            "range", f"'{value}' is not a range of numbers", {"fix": "write for example 4000-4999"}
        )
    return (int(match[1]), int(match[2]))


NumberRange = Annotated[
    tuple[int, int],
    BeforeValidator(_range),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+\s*-\s*\d+\s*$", "examples": ["4000-4999"]}),
]


class Pools(Part):
    """The ranges the ledger allocates from. They may grow, never shrink."""

    sites: Network = Field(description="a block per site, for management and segment subnets")
    site_prefix: int = Field(16, ge=8, le=64, description="prefix length of a site's block")
    loopbacks: Network = Field(description="an address per gateway: the tunnel end points' identity (VTEP)")
    links: Network = Field(description="a /31 per tunnel (RFC 3021)")
    pods: Network
    pod_prefix: int = Field(16, ge=8, le=64, description="prefix length of a cluster's pod range")
    services: Network
    service_prefix: int = Field(18, ge=8, le=120, description="prefix length of a cluster's service range")
    vni: NumberRange = (4000, 4999)
    asn: NumberRange = (4_200_000_000, 4_200_009_999)
    ports: NumberRange = (20000, 29999)


def _requirement(text: str) -> str:
    if not re.fullmatch(r"isthmus\s*(>=|==|~=)\s*\d+(\.\d+)*(\s*,\s*<\s*\d+(\.\d+)*)?", text):
        raise PydanticCustomError("requirement", f"'{text}' does not name a version", {"fix": "write isthmus >= 0.1"})
    return text


class FederationFile(Part):
    """federation.yaml: what all sites share."""

    federation: Name
    title: str = ""
    requires: Annotated[str, AfterValidator(_requirement)]
    domain: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")
    owner: Mailbox
    clouds: tuple[Cloud, ...] = Field(min_length=1)
    overlay: Overlay = Overlay()
    pools: Pools
    node_classes: tuple[NodeClass, ...] = ()
    tenants: tuple[Tenant, ...] = ()


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

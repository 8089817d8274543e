"""The layer-2 overlay between sites: tunnels, loops, encryption, segments."""

from typing import Annotated, Literal

from pydantic import Field

from isthmus.model.base import Mtu, Name, Part, Vlan
from isthmus.model.quantity import Rate

Encryption = Literal["ipsec", "openvpn", "wireguard", "none"]


class Segment(Part):
    """One shared layer-2 network: a VLAN inside the sites, a VXLAN (RFC 7348) between them."""

    name: Name
    vlan: Vlan
    vni: Annotated[int, Field(ge=1, le=16_777_215)] | None = Field(
        None, description="fixed VXLAN network identifier; allocated from the pool when left out"
    )
    sites: tuple[Name, ...] | None = Field(None, description="member sites; every site when left out")
    purpose: Literal["projects", "management", "storage"] = Field("projects", description="what it carries")
    guaranteed: Rate | None = Field(None, description="rate kept for this segment on every link")
    maximum: Rate | None = Field(None, description="rate this segment may never exceed on a link")


class Link(Part):
    """A tunnel between two sites that differs from the overlay's default, with the reason."""

    between: tuple[Name, Name] = Field(description="the two sites")
    encryption: Encryption | None = Field(None, description="of this tunnel")
    mtu: Mtu | None = Field(None, description="path MTU between the two sites where it is below both WAN MTUs")
    reason: str = Field(min_length=3, description="why it differs")


class Overlay(Part):
    """How the sites are joined."""

    tunnels: Literal["mesh", "tree"] | tuple[tuple[Name, Name], ...] = Field(
        "mesh", description="which sites are joined: mesh, tree, or a list of pairs"
    )
    root: Name | None = Field(None, description="the site at the root of a tree, or the RSTP root bridge")
    loops: Literal["routed", "rstp"] = Field(
        "routed", description="routed: loopbacks over routed tunnels; rstp: bridged, as in Mariotti et al. 2018"
    )
    encryption: Encryption = Field("ipsec", description="of every tunnel; a link may differ")
    reason: str | None = Field(None, description="why there is no encryption, where there is none")
    segments: tuple[Segment, ...] = Field((), description="layer-2 networks shared by sites")
    links: tuple[Link, ...] = Field((), description="tunnels that differ from the rest")

"""A site: one institution's data centre. Its file belongs to that institution."""

from typing import Annotated, Literal

from pydantic import Field

from isthmus.model.base import Address, Day, Mailbox, Mtu, Name, Network, Part
from isthmus.model.cluster import Cluster
from isthmus.model.hardware import NodePool
from isthmus.model.quantity import Rate


class Nics(Part):
    """A gateway's three ports (Mariotti et al. 2018, figure 2)."""

    management: str = Field(min_length=1)
    projects: str = Field(min_length=1)
    public: str = Field(min_length=1)


class Gateway(Part):
    """A connection server: it joins the site's management and projects networks to the other sites."""

    name: Name
    public_ip: Address | None = Field(None, description="address others reach it at; none where it is dynamic")
    behind_nat: bool = Field(False, description="the public address is a translator's, not the gateway's own")
    uplink: Rate
    wan_mtu: Mtu = 1500
    nics: Nics

    @property
    def ip_version(self) -> Literal[4, 6]:
        """The IP version of its tunnels' outside; IPv4 where the address is dynamic."""
        return 6 if self.public_ip is not None and self.public_ip.version == 6 else 4


class SiteNetworks(Part):
    """The site's three networks. Ranges left out are allocated from the federation's pools."""

    management: Network | None = None
    projects: Network | None = Field(None, description="block the segments' subnets at this site are cut from")
    public: Network | None = Field(None, description="range of floating and router addresses, routed to this site")
    public_gateway: Address | None = Field(
        None, description="the site's own way out; the range's first address by default"
    )
    public_vlan: Annotated[int, Field(ge=1, le=4094)] | None = Field(
        None, description="VLAN of the public network; untagged (flat) when left out"
    )


class VolumeType(Part):
    """A kind of volume of this site's storage."""

    name: Name
    backend: str = Field(min_length=1, description="volume_backend_name of the Cinder backend that serves it")
    default: bool = False


class OpenStackAtSite(Part):
    """What the site adds to its cloud."""

    volume_types: tuple[VolumeType, ...] = ()
    keypairs: dict[str, str] = Field(default_factory=dict, description="name to public SSH key; private keys never")
    open_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(
        (22,), description="TCP ports let in from the site's own networks; all else is denied"
    )
    smoke_server: bool = Field(
        False, description="boot one small server in the zone, to prove that the zone takes work"
    )


class Certification(Part):
    """Evidence that a site may hold certain data, with the day it ends."""

    name: str = Field(min_length=1)
    until: Day | None = None


class Service(Part):
    """A service this site offers to users; its component comes with a later release."""

    name: Name
    cluster: Name | None = None


class Owners(Part):
    """Who answers for the site; roles, never people."""

    operations: Mailbox
    security: Mailbox | None = None
    network: Mailbox | None = None


class Site(Part):
    """One data centre of the federation."""

    site: Name
    title: str = ""
    institution: str = Field(min_length=2)
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code")
    location: tuple[float, float] | None = Field(None, description="latitude and longitude in degrees, for the map")
    owners: Owners
    role: Literal["member", "edge"] = "member"
    networks: SiteNetworks = SiteNetworks()
    gateways: tuple[Gateway, ...] = ()
    nodes: tuple[NodePool, ...] = ()
    openstack: OpenStackAtSite = OpenStackAtSite()
    kubernetes: tuple[Cluster, ...] = ()
    services: tuple[Service, ...] = ()
    certifications: tuple[Certification, ...] = ()

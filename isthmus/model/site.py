"""A site: one institution's data centre. Its file belongs to that institution."""

from typing import Annotated, Literal

from pydantic import Field

from isthmus.model.base import Address, Day, Mailbox, Mtu, Name, Network, Part
from isthmus.model.cluster import Cluster
from isthmus.model.hardware import NodePool
from isthmus.model.quantity import Rate

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Nics(Part):
    """A gateway's three ports (Mariotti et al. 2018, figure 2)."""

    management: str = Field(min_length=1, description="port in the management network")
    projects: str = Field(min_length=1, description="port that carries the segments' VLANs")
    public: str = Field(min_length=1, description="port towards the internet")


class Gateway(Part):
    """A connection server: it joins the site's management and projects networks to the other sites."""

    name: Name
    public_ip: Address | None = Field(None, description="address others reach it at; none where it is dynamic")
    behind_nat: bool = Field(False, description="the public address is a translator's, not the gateway's own")
    uplink: Rate = Field(description="speed of the line to the internet")
    wan_mtu: Mtu = 1500
    nics: Nics = Field(description="the port of each of its networks")

    @property
    def ip_version(self) -> Literal[4, 6]:
        """The IP version of its tunnels' outside; IPv4 where the address is dynamic."""
        return 6 if self.public_ip is not None and self.public_ip.version == 6 else 4


class SiteNetworks(Part):
    """The site's three networks. Ranges left out are allocated from the federation's pools."""

    management: Network | None = Field(None, description="range of the management network")
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
    default: bool = Field(False, description="taken where a volume names no type")


class OpenStackAtSite(Part):
    """What the site adds to its cloud."""

    volume_types: tuple[VolumeType, ...] = Field((), description="kinds of volume the site's storage offers")
    keypairs: dict[str, str] = Field(default_factory=dict, description="name to public SSH key; private keys never")
    open_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(
        (22,), description="TCP ports let in from the site's own networks; all else is denied"
    )
    smoke_server: bool = Field(
        False, description="boot one small server in the zone, to prove that the zone takes work"
    )


class Certification(Part):
    """Evidence that a site may hold certain data, with the day it ends."""

    name: str = Field(min_length=1, description="what it is called")
    until: Day | None = Field(None, description="the day it ends")


class Service(Part):
    """A service this site offers to users; its component comes with a later release."""

    name: Name
    cluster: Name | None = Field(None, description="the cluster it runs on")


class Owners(Part):
    """Who answers for the site; roles, never people."""

    operations: Mailbox
    security: Mailbox | None = Field(None, description="role to tell about incidents")
    network: Mailbox | None = Field(None, description="role that runs the network")


class Site(Part):
    """One data centre of the federation."""

    site: Name
    title: str = Field("", description="what people call it")
    institution: str = Field(min_length=2, description="who runs it")
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code")
    location: tuple[Latitude, Longitude] | None = Field(
        None, description="latitude and longitude in degrees, for the map"
    )
    owners: Owners = Field(description="who answers for it")
    role: Literal["member", "edge"] = Field("member", description="edge: small, often behind a translator")
    networks: SiteNetworks = Field(SiteNetworks(), description="its three networks")
    gateways: tuple[Gateway, ...] = Field((), description="connection servers to the other sites")
    nodes: tuple[NodePool, ...] = Field((), description="its hosts, by class")
    openstack: OpenStackAtSite = Field(OpenStackAtSite(), description="what it adds to its cloud")
    kubernetes: tuple[Cluster, ...] = Field((), description="its clusters")
    services: tuple[Service, ...] = Field((), description="what it offers to users")
    certifications: tuple[Certification, ...] = Field((), description="evidence that certain data may lie here")

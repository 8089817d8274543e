"""What a site has in its OpenStack: a class for each kind of thing."""

from dataclasses import dataclass
from typing import ClassVar

from isthmus.derive.thing import Thing
from isthmus.model.base import IPAddress, IPNetwork


@dataclass(frozen=True, kw_only=True)
class AggregateThing(Thing):
    """A host aggregate; `zone` makes it an availability zone too. A host may be in one zone only (nova)."""

    name: str
    zone: str | None
    hosts: tuple[str, ...]
    metadata: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class VolumeTypeThing(Thing):
    name: str
    backend: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class VolumeQuotaThing(Thing):
    """A tenant's limit per volume type of this site, in gigabytes (10^9 bytes, as the quota table counts).

    It belongs to the site, not to the cloud: Cinder refuses a limit for a
    type that does not exist yet, and the types are the site's.
    """

    project_key: str
    gigabytes_by_type: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class PublicNetworkThing(Thing):
    """The site's own external network: an API object; its data plane is the site's."""

    fixed: ClassVar[frozenset[str]] = frozenset({"vlan", "physical_network", "cidr"})

    name: str
    vlan: int | None
    physical_network: str
    cidr: IPNetwork
    gateway: IPAddress


@dataclass(frozen=True, kw_only=True)
class SubnetThing(Thing):
    """The part of a segment's addresses that lies at this site, with the site's router as gateway."""

    fixed: ClassVar[frozenset[str]] = frozenset({"segment", "cidr"})

    name: str
    segment: str
    cidr: IPNetwork
    gateway: IPAddress


@dataclass(frozen=True, kw_only=True)
class RouterThing(Thing):
    """Joins the site's subnets to the site's own public network, so that traffic leaves where it lives."""

    name: str
    subnet_keys: tuple[str, ...]
    external: bool


@dataclass(frozen=True)
class RuleThing:
    """One allowed flow of a security group; everything not named is denied."""

    key: str
    direction: str
    protocol: str | None
    port: int | None
    remote: IPNetwork | None


@dataclass(frozen=True, kw_only=True)
class SecurityGroupThing(Thing):
    name: str
    rules: tuple[RuleThing, ...]


@dataclass(frozen=True, kw_only=True)
class KeypairThing(Thing):
    fixed: ClassVar[frozenset[str]] = frozenset({"public_key"})

    name: str
    public_key: str


@dataclass(frozen=True, kw_only=True)
class ServerGroupThing(Thing):
    fixed: ClassVar[frozenset[str]] = frozenset({"policy", "name"})

    name: str
    policy: str


@dataclass(frozen=True, kw_only=True)
class CredentialThing(Thing):
    """An application credential of the site's user (Keystone: unrestricted is never set)."""

    fixed: ClassVar[frozenset[str]] = frozenset({"name", "roles"})

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SmokeThing(Thing):
    """A small server in the zone: it proves that the zone takes work, nothing about its data plane."""

    fixed: ClassVar[frozenset[str]] = frozenset({"zone", "image_key", "subnet_key"})

    name: str
    zone: str
    image_key: str
    subnet_key: str | None

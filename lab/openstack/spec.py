"""What an OpenStack of the box is to look like: the values that the rest of the lab hands over."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PciSpec:
    """`count` equal PCI devices of a host; ids are the four hexadecimal digits of the PCI ID database."""

    vendor_id: str
    product_id: str
    count: int


@dataclass(frozen=True)
class HostSpec:
    """A compute host. `zone` is where it belongs; the zone itself is made by whoever describes the cloud."""

    name: str
    zone: str | None = None
    vcpus: int = 64
    memory_mb: int = 262144
    disk_gb: int = 2000
    resource_classes: Mapping[str, int] = field(default_factory=dict)
    traits: tuple[str, ...] = ()
    pci: tuple[PciSpec, ...] = ()


@dataclass(frozen=True)
class VolumeBackendSpec:
    """A Cinder backend (`volume_backend_name` is `name`) whose volumes live in `zone`, None for the cloud's own."""

    name: str
    zone: str | None = None
    capacity_gb: int = 100_000


@dataclass(frozen=True)
class CloudSpec:
    """One OpenStack with an identity service of its own.

    `name` is a word of letters, digits and dashes, unique among the clouds
    that share a database server. `physical_networks` gives each provider
    network's first and last VLAN; `pci_aliases` the vendor and product id
    behind each name that flavors may ask for.
    """

    name: str
    region: str
    hosts: tuple[HostSpec, ...]
    physical_networks: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    pci_aliases: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    volume_backends: tuple[VolumeBackendSpec, ...] = ()

    def hosts_json(self) -> str:
        """What the Nova stand-in reads."""
        return json.dumps({host.name: dataclasses.asdict(host) for host in self.hosts}, indent=1, sort_keys=True)

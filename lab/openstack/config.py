"""Every service's configuration, rendered from one typed object."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.private import write_private
from lab.openstack.database import Database
from lab.openstack.parts import STANDINS
from lab.openstack.spec import CloudSpec
from lab.ports import LOOPBACK

SERVICES = ("keystone", "placement", "glance", "neutron", "cinder", "nova")
DATABASES = {
    "keystone": ("keystone",),
    "placement": ("placement",),
    "glance": ("glance",),
    "neutron": ("neutron",),
    "cinder": ("cinder",),
    "nova": ("nova_api", "nova_cell0", "nova_cell1"),
}
_FILES = {"glance": "glance-api.conf"}
_STANDINS_ENTRY = """[neutron.ml2.mechanism_drivers]
everyport = isthmus_standins.neutron_driver:EveryPortDriver
"""


@dataclass(frozen=True)
class Settings:
    """All that a cloud's configuration is derived from."""

    spec: CloudSpec
    folder: Path
    environment: Path
    database: Database
    ports: Mapping[str, int]
    service_password: str = field(repr=False)

    def url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[service]}"

    def database_name(self, name: str) -> str:
        return f"{self.spec.name}_{name}"

    def database_url(self, name: str) -> str:
        return self.database.url(self.database_name(name))

    @property
    def addresses(self) -> str:
        """Where everything is; databases hold it too, so that they follow when it changes."""
        return " ".join([*(self.url(service) for service in SERVICES), str(self.database.socket)])

    @property
    def pci_vendors(self) -> list[str]:
        """Vendors of all devices that Nova may hand out."""
        on_hosts = {device.vendor_id for host in self.spec.hosts for device in host.pci}
        return sorted(on_hosts | {vendor for vendor, _ in self.spec.pci_aliases.values()})

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    def file(self, service: str) -> Path:
        return self.etc / _FILES.get(service, f"{service}.conf")


def write(settings: Settings) -> dict[str, str]:
    """Write all configuration; returns a digest per service, which tells whether it must be restarted.

    Files hold the services' password, so only their owner may read them.
    """
    for name in ("etc", "log", "run", "state", "lock", "images", "staging", "tasks", "keys/fernet", "keys/credential"):
        (settings.folder / name).mkdir(parents=True, exist_ok=True)
    settings.folder.chmod(0o700)
    hosts = settings.spec.hosts_json()
    write_private(settings.etc / "hosts.json", hosts)
    # Nova looks for its paste file beside its configuration, and nowhere else.
    shutil.copy(settings.environment / "etc/nova/api-paste.ini", settings.etc / "api-paste.ini")
    _write_entry_points(settings.folder / "plugins")
    # Nova will not start again without the identity of a machine; its driver gives each host one of its own.
    write_private(settings.folder / "state/compute_id", f"{uuid.uuid5(uuid.NAMESPACE_DNS, settings.spec.name)}\n")
    digests = {}
    for service in SERVICES:
        text = _render(service, settings)
        write_private(settings.file(service), text)
        digests[service] = _digest(text, settings.addresses, hosts if service == "nova" else "")
    return digests


def _render(service: str, settings: Settings) -> str:
    import jinja2

    loader = jinja2.PackageLoader("lab.openstack", "templates")
    # These are configuration files, where HTML's escapes would be wrong.
    renderer = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    template = renderer.get_template(f"{settings.file(service).name}.j2")
    return template.render(s=settings, cloud=settings.spec, folder=settings.folder, env=settings.environment)


def _write_entry_points(folder: Path) -> None:
    """Tell the services' plugin loader of the stand-ins, without installing a package."""
    about = folder / "isthmus_standins-1.0.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    write_private(about / "METADATA", "Metadata-Version: 2.1\nName: isthmus-standins\nVersion: 1.0\n")
    write_private(about / "entry_points.txt", _STANDINS_ENTRY)


def import_path(folder: Path) -> str:
    """PYTHONPATH of the services: the stand-ins and their entry points."""
    return os.pathsep.join([str(STANDINS), str(folder / "plugins")])


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]

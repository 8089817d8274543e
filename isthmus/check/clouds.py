"""Clouds: how they are reached, and the files they name."""

import re
from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.derive.flavors import GIB, MIB, SMOKE_DISK_GIB, SMOKE_RAM_MIB
from isthmus.errors import Finding
from isthmus.load.federation import as_known
from isthmus.load.words import quoted
from isthmus.load.yaml12 import Path_
from isthmus.model.cloud import Cloud

_KEYPAIR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._@-]{0,253}[A-Za-z0-9])?")
_PUBLIC_KEY = re.compile(r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+) AAAA[A-Za-z0-9+/]+={0,2}( \S.*)?\Z")


def check(view: View) -> Iterator[Finding]:
    yield from _one_openstack(view)
    for at, cloud in enumerate(view.shared.clouds):
        yield from _identity(view, cloud, ("clouds", at))
        for number, image in enumerate(cloud.images):
            if "://" not in image.source:
                yield from _file(view, image.source, ("clouds", at, "images", number, "source"), "image")
    for name in sorted(view.sites):
        yield from _smoke(view, name)
        for key, public in view.sites[name].openstack.keypairs.items():
            if not _KEYPAIR.fullmatch(key):
                where = view.where(name, "openstack", "keypairs", key, key=True)
                hint = "letters, digits, spaces and -_.@, at most 255"
                yield Finding(where, "E109", f"{quoted(key)} cannot be the name of a keypair", hint)
            if not _PUBLIC_KEY.match(public.strip()):
                where = view.where(name, "openstack", "keypairs", key)
                message = f"keypair '{key}' is not a public SSH key"
                yield Finding(where, "E130", message, "paste the line of the .pub file: ssh-ed25519 AAAA...")


def _one_openstack(view: View) -> Iterator[Finding]:
    """One Keystone is one cloud here: two stacks would make the same projects and users in it."""
    first: dict[str, str] = {}
    for at, cloud in enumerate(view.shared.clouds):
        if cloud.identity is None or cloud.platform != "openstack":
            continue
        other = first.setdefault(cloud.identity.url.rstrip("/"), cloud.name)
        if other != cloud.name:
            message = f"cloud '{cloud.name}' has the same Keystone as cloud '{other}', and both would make its projects"
            where = view.where(None, "clouds", at, "identity", "url")
            yield Finding(where, "E239", message, f"name its sites in cloud '{other}', or give it its own address")


def _identity(view: View, cloud: Cloud, path: Path_) -> Iterator[Finding]:
    identity = cloud.identity
    if identity is None:
        if cloud.platform == "openstack":
            message = f"cloud '{cloud.name}' is an OpenStack and does not say where its Keystone answers"
            hint = "add identity: {url: https://...}, or platform: none where nothing is driven"
            yield Finding(view.where(None, *path), "E230", message, hint)
        return
    if identity.url.startswith("http://"):
        message = f"passwords travel in clear to {identity.url}"
        yield Finding(
            view.where(None, *path, "identity", "url"), "W101", message, "use https, with ca_bundle if private"
        )
    if identity.ca_bundle is not None:
        yield from _file(view, identity.ca_bundle, (*path, "identity", "ca_bundle"), "CA bundle")


def _smoke(view: View, site: str) -> Iterator[Finding]:
    """The server that proves a zone needs a host, and an image that fits the flavor of such servers."""
    cloud = view.cloud_of(site)
    if not view.sites[site].openstack.smoke_server or cloud is None or cloud.platform != "openstack":
        return
    where = view.where(site, "openstack", "smoke_server")
    image = cloud.images[0] if cloud.images else None
    message, hint = "", "remove smoke_server, or "
    if not any(pool.serves == "openstack" and pool.hosts for pool in view.pools(site)):
        message, hint = f"site '{site}' has no host that serves openstack", hint + "add nodes that do"
    elif image is None:
        message, hint = f"cloud '{cloud.name}' has no image to boot", hint + "add one to the cloud's images"
    elif (image.min_disk or 0) > SMOKE_DISK_GIB * GIB or (image.min_memory or 0) > SMOKE_RAM_MIB * MIB:
        message = (
            f"image '{image.name}' needs more than the {SMOKE_DISK_GIB} GiB disk and {SMOKE_RAM_MIB} MiB of a proof"
        )
        hint += f"put a smaller image first in cloud '{cloud.name}'"
    if message:
        yield Finding(where, "E240", f"the server that proves the zone cannot run: {message}", hint)


def _file(view: View, name: str, path: Path_, what: str) -> Iterator[Finding]:
    target = view.loaded.folder / name
    if target.is_file():
        return
    message = f"there is no {what} at {as_known(target)}"
    yield Finding(view.where(None, *path), "E131", message, "paths are relative to the folder of federation.yaml")

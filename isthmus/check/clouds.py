"""Clouds: how they are reached, and the files they name."""

import re
from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.federation import as_known
from isthmus.load.yaml12 import Path_
from isthmus.model.cloud import Cloud

_PUBLIC_KEY = re.compile(r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+) AAAA[A-Za-z0-9+/]+={0,2}( \S.*)?\Z")


def check(view: View) -> Iterator[Finding]:
    for at, cloud in enumerate(view.shared.clouds):
        yield from _identity(view, cloud, ("clouds", at))
        for number, image in enumerate(cloud.images):
            if "://" not in image.source:
                yield from _file(view, image.source, ("clouds", at, "images", number, "source"), "image")
    for name in sorted(view.sites):
        for key, public in view.sites[name].openstack.keypairs.items():
            if not _PUBLIC_KEY.match(public.strip()):
                where = view.where(name, "openstack", "keypairs", key)
                message = f"keypair '{key}' is not a public SSH key"
                yield Finding(where, "E130", message, "paste the line of the .pub file: ssh-ed25519 AAAA...")


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


def _file(view: View, name: str, path: Path_, what: str) -> Iterator[Finding]:
    target = view.loaded.folder / name
    if target.is_file():
        return
    message = f"there is no {what} at {as_known(target)}"
    yield Finding(view.where(None, *path), "E131", message, "paths are relative to the folder of federation.yaml")

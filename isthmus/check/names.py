"""Names that must be unique, and names that are taken by something else."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from isthmus.check.view import View, declared_twice
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_

RESERVED = ("federation", "ledger")
STACK_PREFIX = "cloud-"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _names(items: Iterable[_Named], *path: str | int) -> Iterator[tuple[str, Path_]]:
    for number, item in enumerate(items):
        yield item.name, (*path, number, "name")


def check(view: View) -> Iterator[Finding]:
    yield from _shared(view)
    for site in view.sites:
        yield from _site(view, site)
    for site in sorted(view.site_names):
        if site.startswith(STACK_PREFIX) or site in RESERVED:
            taken = "stacks of clouds" if site.startswith(STACK_PREFIX) else "a file that all sites share"
            message = f"the name '{site}' is kept for {taken}"
            yield Finding(view.where(site, "site"), "E232", message, "choose another name for the site and its folder")


def _shared(view: View) -> Iterator[Finding]:
    shared = view.shared
    yield from declared_twice(view, None, "cloud", _names(shared.clouds, "clouds"))
    for at, cloud in enumerate(shared.clouds):
        yield from declared_twice(view, None, "image", _names(cloud.images, "clouds", at, "images"))
        yield from declared_twice(view, None, "flavor", _names(cloud.flavors, "clouds", at, "flavors"))
    yield from declared_twice(view, None, "segment", _names(shared.overlay.segments, "overlay", "segments"))
    yield from declared_twice(view, None, "node class", _names(shared.node_classes, "node_classes"))
    yield from declared_twice(view, None, "tenant", _names(shared.tenants, "tenants"))
    for at, segment in enumerate(shared.overlay.segments):
        listing = ((name, ("overlay", "segments", at, "sites", n)) for n, name in enumerate(segment.sites or ()))
        yield from declared_twice(view, None, "site", listing)
    for at, tenant in enumerate(shared.tenants):
        yield from declared_twice(
            view, None, "segment", ((name, ("tenants", at, "segments", n)) for n, name in enumerate(tenant.segments))
        )
        rows = ((f"{q.site} on {q.on}", ("tenants", at, "quotas", n)) for n, q in enumerate(tenant.quotas))
        for finding in declared_twice(view, None, f"tenant '{tenant.name}': the quota row", rows, "E217"):
            yield replace(finding, hint=finding.hint.replace("rename or remove one", "join the two"))


def _site(view: View, name: str) -> Iterator[Finding]:
    site = view.sites[name]
    yield from declared_twice(view, name, "gateway", _names(site.gateways, "gateways"))
    pools = ((p.label, ("nodes", n)) for n, p in enumerate(site.nodes))
    for finding in declared_twice(view, name, "node pool", pools):
        yield replace(finding, hint="give the pools a name each, or join them")
    yield from declared_twice(view, name, "cluster", _names(site.kubernetes, "kubernetes"))
    types = site.openstack.volume_types
    yield from declared_twice(view, name, "volume type", _names(types, "openstack", "volume_types"))
    yield from declared_twice(view, name, "service", _names(site.services, "services"))
    ports = ((str(port), ("openstack", "open_ports", n)) for n, port in enumerate(site.openstack.open_ports))
    yield from declared_twice(view, name, "port", ports)
    for at, cluster in enumerate(site.kubernetes):
        here = ("kubernetes", at)
        yield from declared_twice(view, name, "storage class", _names(cluster.storage, *here, "storage"))
        yield from declared_twice(view, name, "priority class", _names(cluster.priorities, *here, "priorities"))
        nodes = ((pool, (*here, "nodes", n)) for n, pool in enumerate(cluster.nodes or ()))
        yield from declared_twice(view, name, "node pool", nodes)

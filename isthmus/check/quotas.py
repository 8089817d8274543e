"""The quota table against what the sites have."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_
from isthmus.model.quantity import format_bytes
from isthmus.model.tenancy import Quota

_Row = tuple[Path_, Quota]
NOT_FOR_TENANTS = 4
"""Addresses of a public range tenants cannot have: the network, the broadcast, the way out, and the router's own."""

_WORDS = {"cpu": "CPUs", "memory": "of memory", "gpu": "GPUs", "fpga": "FPGAs"}


@dataclass
class _Has:
    """What a layer of a site can hand out; None: nobody says, so nothing can be exceeded."""

    cpu: int | None = 0
    memory: int | None = 0
    gpu: int | None = 0
    fpga: int | None = 0


def check(view: View) -> Iterator[Finding]:
    rows: dict[str, list[_Row]] = defaultdict(list)
    for at, tenant in enumerate(view.shared.tenants):
        for number, row in enumerate(tenant.quotas):
            rows[row.site].append((("tenants", at, "quotas", number), row))
    for site, table in rows.items():
        if site not in view.sites:
            continue
        for layer in ("openstack", "kubernetes"):
            of_layer = [(path, row) for path, row in table if row.on == layer]
            if of_layer:
                yield from _layer(view, site, layer, of_layer)
        yield from _site_wide(view, site, table)


def _layer(view: View, site: str, layer: str, rows: list[_Row]) -> Iterator[Finding]:
    lacking = _lacking(view, site, layer)
    if lacking:
        for path, row in rows:
            key = "on" if "on" in row.model_fields_set else "site"
            hint = "remove the row, or write on: " + ("kubernetes" if layer == "openstack" else "openstack")
            yield Finding(view.where(None, *path, key), "E216", f"site '{site}' has no {layer}: {lacking}", hint)
        return
    has = _openstack(view, site) if layer == "openstack" else _kubernetes(view, site)
    for resource, word in _WORDS.items():
        limit: int | None = getattr(has, resource)
        if limit is None:
            continue
        given = [(path, getattr(row, resource)) for path, row in rows]
        yield from _exceeded(view, f"{word} on {layer}", f"site '{site}'", given, resource, limit)


def _exceeded(
    view: View, word: str, place: str, given: list[tuple[Path_, int]], resource: str, limit: int
) -> Iterator[Finding]:
    """One finding, at the row with which the sum first goes beyond the limit."""
    total = 0
    for path, amount in given:
        total += amount
        if amount and total > limit:
            shown = format_bytes if resource in ("memory", "capacity") else str
            everything = sum(amount for _, amount in given)
            message = f"quotas at {place} add up to {shown(everything)} {word}, and it has {shown(limit)}"
            hint = f"take {shown(everything - limit)} away from this row or another"
            yield Finding(view.where(None, *path, resource), "E215", message, hint)
            return


def _lacking(view: View, site: str, layer: str) -> str:
    """Why the site does not have the layer, or ''."""
    if layer == "kubernetes":
        return "" if view.sites[site].kubernetes else "no cluster is declared there"
    cloud = view.cloud_of(site)
    return "" if cloud is None or cloud.platform == "openstack" else f"cloud '{cloud.name}' is another platform"


def _openstack(view: View, site: str) -> _Has:
    return _of_pools(view, site, "openstack")


def _kubernetes(view: View, site: str) -> _Has:
    has = _of_pools(view, site, "kubernetes")
    for cluster in view.sites[site].kubernetes:
        if cluster.workers is not None:
            has.cpu = None if has.cpu is None else has.cpu + cluster.workers.count * cluster.workers.cores
            has.memory = None if has.memory is None else has.memory + cluster.workers.count * cluster.workers.memory
        elif cluster.runs_on == "provider":
            return _Has(None, None, None, None)
        if cluster.gpus == "time-slicing":
            has.gpu = None
    return has


def _of_pools(view: View, site: str, layer: str) -> _Has:
    has = _Has()
    pools = [p for p in view.pools(site) if p.serves == layer and p.hosts]
    if len(view.pools(site)) != len(view.sites[site].nodes):
        return _Has(None, None, None, None)
    for pool in pools:
        nodes = len(pool.hosts)
        has.cpu = None if has.cpu is None or not pool.cores else has.cpu + nodes * pool.cores
        has.memory = None if has.memory is None or not pool.memory_bytes else has.memory + nodes * pool.memory_bytes
        if pool.gpus is not None:
            shares = sum(i.count for i in pool.mig) or 1
            unlimited = has.gpu is None or pool.gpu_access == "vgpu"
            has.gpu = None if unlimited else (has.gpu or 0) + nodes * pool.gpus.count * shares
        if pool.fpgas is not None and has.fpga is not None:
            has.fpga += nodes * pool.fpgas.count
    return has


def _site_wide(view: View, site: str, rows: list[_Row]) -> Iterator[Finding]:
    """Storage and public addresses belong to the site, whichever layer hands them out."""
    storage = sum(len(p.hosts) * p.capacity_bytes for p in view.pools(site))
    if storage:
        capacity = [(path, row.capacity) for path, row in rows]
        yield from _exceeded(view, "of volumes", f"site '{site}'", capacity, "capacity", storage)
    public = view.sites[site].networks.public
    if public is not None:
        usable = max(public.num_addresses - NOT_FOR_TENANTS, 0)
        addresses = [(path, row.addresses) for path, row in rows]
        yield from _exceeded(view, "addresses", f"site '{site}'", addresses, "addresses", usable)

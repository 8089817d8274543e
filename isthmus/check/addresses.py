"""Ranges and addresses: disjoint where they must be, inside where they belong."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_
from isthmus.model.base import IPAddress, IPNetwork
from isthmus.model.site import Site

POOLS = ("sites", "loopbacks", "links", "pods", "services")
SMALLEST_PUBLIC = 4
_PREFIXES = {"sites": "site_prefix", "pods": "pod_prefix", "services": "service_prefix"}


@dataclass(frozen=True)
class _Range:
    network: IPNetwork
    site: str | None
    path: Path_
    what: str

    @property
    def first(self) -> int:
        return int(self.network.network_address)

    @property
    def last(self) -> int:
        return int(self.network.broadcast_address)

    def meets(self, other: "_Range") -> bool:
        same = self.network.version == other.network.version
        return same and self.first <= other.last and other.first <= self.last


def check(view: View) -> Iterator[Finding]:
    pools = [_Range(getattr(view.shared.pools, p), None, ("pools", p), f"pool {p}") for p in POOLS]
    for pool in pools:
        if any(_silent(edge) for edge in (pool.network.network_address, pool.network.broadcast_address)):
            message = f"{pool.network} ({pool.what}) holds addresses that no host can have"
            yield Finding(
                view.where(None, *pool.path), "E209", message, "choose a private range, for example 10.64.0.0/12"
            )
    for first, second in combinations(pools, 2):
        if first.meets(second):
            yield _overlap(view, second, first)
    ranges = [r for name in sorted(view.sites) for r in _of_site(view.sites[name])]
    for written in ranges:
        for pool in pools:
            if written.meets(pool) and not _belongs(written, pool):
                yield _overlap(view, written, pool)
    yield from _among(view, ranges)
    yield from _prefixes(view)
    for name in sorted(view.sites):
        yield from _inside(view, view.sites[name], pools)


def _of_site(site: Site) -> Iterator[_Range]:
    for kind in ("management", "projects", "public"):
        network = getattr(site.networks, kind)
        if network is not None:
            yield _Range(network, site.site, ("networks", kind), f"{kind} network of {site.site}")


def _belongs(written: _Range, pool: _Range) -> bool:
    """A site's inner networks may be fixed by hand inside the pool they would come from."""
    inside = pool.first <= written.first and written.last <= pool.last
    return inside and pool.path[-1] == "sites" and written.path[-1] != "public"


def _among(view: View, ranges: list[_Range]) -> Iterator[Finding]:
    """Overlaps in one sweep: in order of first address, only the range that reaches furthest can meet the next."""
    furthest: _Range | None = None
    for written in sorted(ranges, key=lambda r: (r.network.version, r.first, -r.last)):
        if furthest is not None and furthest.meets(written):
            yield _overlap(view, written, furthest)
        if furthest is None or furthest.network.version != written.network.version or written.last > furthest.last:
            furthest = written


def _overlap(view: View, one: _Range, other: _Range) -> Finding:
    where = view.where(other.site, *other.path)
    return Finding(
        view.where(one.site, *one.path),
        "E208",
        f"{one.network} ({one.what}) overlaps {other.network} ({other.what})",
        f"the other stands at {where.file}:{where.line}; move one of them",
    )


def _prefixes(view: View) -> Iterator[Finding]:
    pools = view.shared.pools
    needed = {
        "sites": len(view.site_names),
        "pods": sum(len(s.kubernetes) for s in view.sites.values()),
        "services": sum(len(s.kubernetes) for s in view.sites.values()),
    }
    for pool, prefix_key in _PREFIXES.items():
        network: IPNetwork = getattr(pools, pool)
        prefix: int = getattr(pools, prefix_key)
        written = prefix_key in pools.model_fields_set
        where = view.where(None, "pools", prefix_key if written else pool)
        if not network.prefixlen <= prefix <= network.max_prefixlen - 2:
            message = f"{prefix_key} {prefix} does not fit into {network}"
            least, most = network.prefixlen, network.max_prefixlen - 2
            yield Finding(where, "E233", message, f"write {prefix_key}: a number from {least} to {most}")
        elif needed[pool] > 1 << (prefix - network.prefixlen):
            room = 1 << (prefix - network.prefixlen)
            message = f"{network} holds {room} blocks of /{prefix}, and {needed[pool]} are needed"
            yield Finding(where, "E233", message, f"choose a larger range for pool {pool}, or a longer {prefix_key}")


def _inside(view: View, site: Site, pools: list[_Range]) -> Iterator[Finding]:
    yield from _answering(view, site)
    public, way_out = site.networks.public, site.networks.public_gateway
    if way_out is not None:
        where = ("networks", "public_gateway")
        if public is None:
            message = f"{way_out} is the way out of a public network that is not there"
            yield Finding(view.where(site.site, *where), "E209", message, "add networks: public")
        elif not _usable(way_out, public):
            message = f"{way_out} is not an address of {public}"
            hint = f"write one of its hosts, for example {public.network_address + 1}"
            yield Finding(view.where(site.site, *where), "E209", message, hint)
    for number, gateway in enumerate(site.gateways):
        address = gateway.public_ip
        for pool in pools:
            if address is not None and address.version == pool.network.version and address in pool.network:
                message = f"{address} lies in {pool.network} ({pool.what}), which others cannot reach"
                hint = "write the address other sites reach the gateway at, or leave it out where there is none"
                yield Finding(view.where(site.site, "gateways", number, "public_ip"), "E209", message, hint)


def _answering(view: View, site: Site) -> Iterator[Finding]:
    """Ranges and addresses at which a host can answer at all."""
    public = site.networks.public
    if public is not None and public.num_addresses < SMALLEST_PUBLIC:
        least = public.max_prefixlen - 2
        message = f"{public} has no room for a way out and a router"
        hint = f"write at least a /{least}: its network, its way out, the router's address, its last"
        yield Finding(view.where(site.site, "networks", "public"), "E238", message, hint)
    for number, gateway in enumerate(site.gateways):
        address = gateway.public_ip
        if address is not None and _silent(address):
            hint = "write the address other sites reach the gateway at, or leave it out where there is none"
            where = view.where(site.site, "gateways", number, "public_ip")
            yield Finding(where, "E209", f"{address} is an address no other site can reach", hint)


def _silent(address: IPAddress) -> bool:
    return address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local


def _usable(address: IPAddress, network: IPNetwork) -> bool:
    if address.version != network.version or address not in network:
        return False
    edges = (network.network_address, network.broadcast_address)
    return network.num_addresses <= 2 or network.version == 6 or address not in edges

"""Taking free numbers for one batch."""

from ipaddress import IPv4Network, IPv6Network

from isthmus.errors import Finding, Location
from isthmus.ledger.entries import SHARED, ClusterRanges, PairEntry, Value
from isthmus.ledger.numbers import Taken, address_at, inside, network_at, span
from isthmus.ledger.used import Used
from isthmus.model.base import IPNetwork
from isthmus.model.federation import Federation

_SMALLEST = {4: 30, 6: 127}


class Exhausted(Exception):
    """A pool or block has no room; the text says which, and how to make room."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Giver:
    """One batch: takes free numbers out of `used`, collects what it could not give."""

    def __init__(self, federation: Federation, used: Used) -> None:
        self.federation = federation
        self.pools = federation.shared.pools
        self.used = used
        self.findings: list[Finding] = []
        self._fixed_vnis = {s.name: s.vni for s in federation.shared.overlay.segments if s.vni is not None}

    def fixed_first(self, missing: dict[str, list[str]], segments: set[str]) -> None:
        """Take what people fixed before anything is searched, so that no search finds it."""
        for name, vni in sorted(self._fixed_vnis.items()):
            if name in segments and self.used.vnis.last_overlap(vni, vni) is not None:
                self._refuse(SHARED, f"vnis/{name}", vni)
            self.used.vnis.add(vni, vni)
        for name, paths in missing.items():
            networks = self.federation.sites[name].networks
            own = networks.projects
            for path, network in (("block", networks.projects), ("management", networks.management)):
                if network is None:
                    continue
                nested = path == "management" and own is not None and inside(network, own)
                if path in paths and not nested and self.used.overlaps(network):
                    self._refuse(name, path, network)
                self.used.add(network)
        for site in self.federation.sites.values():
            if site.networks.public is not None:
                self.used.add(site.networks.public)

    def give_vni(self, segment: str, vnis: dict[str, int]) -> None:
        fixed = self._fixed_vnis.get(segment)
        low, high = self.pools.vni
        number = fixed if fixed is not None else self.used.vnis.take(low, 1, high - low + 1, f"vni/{segment}")
        if number is None:
            self._full(SHARED, f"vnis/{segment}", Exhausted(f"pools.vni ({low}-{high}) is used up", "let it grow"))
        else:
            vnis[segment] = number

    def give(self, site: str, path: str, values: dict[str, Value]) -> None:
        """Put a number for `path` into `values`, or a finding."""
        try:
            values[path] = self._number(site, path, values)
        except Exhausted as problem:
            self._full(site, path, problem)
        except KeyError:
            return  # cut from something that itself could not be given; that finding says it

    def _number(self, site: str, path: str, values: dict[str, Value]) -> Value:
        kind, _, name = path.partition("/")
        pools = self.pools
        networks = self.federation.sites[site].networks
        match kind:
            case "block":
                return networks.projects or self._network("sites", pools.sites, pools.site_prefix, f"block/{site}")
            case "management":
                return networks.management or self._management(site, values)
            case "asn":
                return self._counted(self.used.asns, "asn", pools.asn, f"asn/{site}")
            case "loopbacks":
                return self._loopback(f"loopback/{site}/{name}")
            case "subnets":
                return self._subnet(site, name, values)
            case "clusters":
                pods = self._network("pods", pools.pods, pools.pod_prefix, f"pods/{site}/{name}")
                services = self._network("services", pools.services, pools.service_prefix, f"services/{site}/{name}")
                return ClusterRanges(pods, services)
            case _:
                return self._pair(site, name)

    def _network(self, pool: str, network: IPNetwork, prefix: int, name: str) -> IPNetwork:
        size = 1 << max(0, network.max_prefixlen - prefix)
        slots = 1 << (prefix - network.prefixlen) if network.prefixlen <= prefix <= network.max_prefixlen else 0
        low = self.used.networks[network.version].take(span(network)[0], size, slots, name)
        if low is None:
            raise Exhausted(
                f"pools.{pool} ({network}) has no free /{prefix} left", f"let pools.{pool} grow in federation.yaml"
            )
        return network_at(network.version, low, prefix)

    def _management(self, site: str, values: dict[str, Value]) -> IPNetwork:
        block = _network_of(values["block"])
        if self.federation.sites[site].networks.projects is not None:
            pool = self.pools.sites
            prefix = cut_prefix(network_at(pool.version, 0, self.pools.site_prefix))
            return self._network("sites", pool, prefix, f"management/{site}")
        return network_at(block.version, span(block)[0], cut_prefix(block))

    def _subnet(self, site: str, segment: str, values: dict[str, Value]) -> IPNetwork:
        block = _network_of(values["block"])
        prefix = cut_prefix(block)
        low = span(block)[0]
        used = Taken(self.used.inside(site, values.items(), block))
        slots = 1 << (prefix - block.prefixlen)
        found = used.take(low, 1 << (block.max_prefixlen - prefix), slots, f"subnet/{segment}")
        if found is None:
            raise Exhausted(
                f"block {block} of site '{site}' has no free /{prefix} left",
                f"it holds {slots}, one of them for management: leave '{site}' out of a segment's sites, "
                f"or give retired ones free with isthmus ledger release {site}",
            )
        return network_at(block.version, found, prefix)

    def _loopback(self, name: str) -> Value:
        pool = self.pools.loopbacks
        low, high = span(pool)
        # The first address of a pool means its router or its network, the last IPv4 one broadcast.
        slots = high - low - (1 if pool.version == 4 else 0)
        number = self.used.networks[pool.version].take(low + 1, 1, slots, name)
        if number is None:
            raise Exhausted(f"pools.loopbacks ({pool}) is used up", "let pools.loopbacks grow in federation.yaml")
        return address_at(pool.version, number)

    def _pair(self, site: str, peer: str) -> PairEntry:
        pool = self.pools.links
        link = self._network("links", pool, pool.max_prefixlen - 1, f"link/{site}/{peer}")
        low, high = self.pools.ports
        port = self.used.take_port(site, peer, low, high)
        if port is None:
            raise Exhausted(
                f"pools.ports ({low}-{high}) has no port left that is free at both '{site}' and '{peer}'",
                "let pools.ports grow in federation.yaml",
            )
        return PairEntry(link, port)

    def _counted(self, used: Taken, pool: str, numbers: tuple[int, int], name: str) -> int:
        low, high = numbers
        number = used.take(low, 1, high - low + 1, name)
        if number is None:
            raise Exhausted(f"pools.{pool} ({low}-{high}) is used up", f"let pools.{pool} grow in federation.yaml")
        return number

    def _refuse(self, owner: str, path: str, value: IPNetwork | int) -> None:
        taker = self.used.owner_of(value)
        who = f"taken by {taker}" if taker else "fixed twice"
        self.findings.append(
            Finding(
                Location(f"ledger/{owner}.yaml"),
                "E309",
                f"'{path}' of '{owner}' is fixed to {value}, which is {who}",
                "fix another value in the model, or leave it out and let the ledger choose",
            )
        )

    def _full(self, owner: str, path: str, problem: Exhausted) -> None:
        self.findings.append(
            Finding(Location(f"ledger/{owner}.yaml"), "E314", f"no number for '{path}': {problem}", problem.hint)
        )


def cut_prefix(block: IPNetwork) -> int:
    """Prefix length of the subnets cut from a site's block: a sixteenth of it, and /64 for IPv6 (RFC 7421).

    Raises Exhausted where the block is too small to cut.
    """
    prefix = block.prefixlen + 4
    if block.version == 6 and block.prefixlen <= 60:
        prefix = 64
    if prefix > _SMALLEST[block.version]:
        raise Exhausted(f"{block} is too small to cut subnets from", "give it a shorter prefix")
    return prefix


def _network_of(value: Value) -> IPNetwork:
    if not isinstance(value, IPv4Network | IPv6Network):
        raise TypeError(f"{value} is not a network")
    return value

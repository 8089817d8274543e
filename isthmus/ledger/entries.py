"""What the ledger holds, and a federation together with all its numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from isthmus.model.base import IPAddress, IPNetwork
from isthmus.model.federation import Federation

SHARED = "federation"
"""The name under which the ledger keeps what belongs to no single site (VNIs)."""


@dataclass(frozen=True, slots=True)
class ClusterRanges:
    """A Kubernetes cluster's pod and service ranges."""

    pods: IPNetwork
    services: IPNetwork

    def __str__(self) -> str:
        return f"{{pods: {quoted(self.pods)}, services: {quoted(self.services)}}}"


@dataclass(frozen=True, slots=True)
class PairEntry:
    """What two joined sites share: the link's two addresses (RFC 3021, RFC 6164) and the tunnel's UDP port.

    The lexically first site has the link's first address and keeps the entry.
    """

    link: IPNetwork
    port: int

    def __str__(self) -> str:
        return f"{{link: {quoted(self.link)}, port: {self.port}}}"


Value = IPNetwork | IPAddress | int | ClusterRanges | PairEntry


def quoted(value: object) -> str:
    """How a value stands in YAML; IPv6 is quoted, since old readers take its colons for base-60 numbers."""
    text = str(value)
    return f'"{text}"' if ":" in text and not text.startswith("{") else text


@dataclass(frozen=True, slots=True)
class Retired:
    """A number that is out of use and will not be given again until it is released."""

    path: str
    value: Value


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """All numbers of one site.

    `block` is what segment subnets are cut from (the model's
    `networks.projects` where people fixed it); `subnets` go by segment,
    `clusters` by cluster, `loopbacks` by gateway. `pairs` holds only the pairs
    whose lexically first site this is; ask `Resolved.pair` for any pair.
    `approved` maps a path to the value that was approved, as text: an entry
    that changed afterwards counts as proposed again.
    """

    site: str
    block: IPNetwork
    asn: int
    management: IPNetwork
    loopbacks: dict[str, IPAddress] = field(default_factory=dict)
    subnets: dict[str, IPNetwork] = field(default_factory=dict)
    clusters: dict[str, ClusterRanges] = field(default_factory=dict)
    pairs: dict[str, PairEntry] = field(default_factory=dict)
    approved: dict[str, str] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()

    def values(self) -> Iterator[tuple[str, Value]]:
        """Every number in use as (path, value), for example ('pairs/lecce', PairEntry(...))."""
        yield "block", self.block
        yield "asn", self.asn
        yield "management", self.management
        for gateway, address in self.loopbacks.items():
            yield f"loopbacks/{gateway}", address
        for segment, subnet in self.subnets.items():
            yield f"subnets/{segment}", subnet
        for cluster, ranges in self.clusters.items():
            yield f"clusters/{cluster}", ranges
        for peer, pair in self.pairs.items():
            yield f"pairs/{peer}", pair

    def paths(self) -> set[str]:
        """Paths of every number in use."""
        return {path for path, _ in self.values()}

    def proposed(self) -> tuple[str, ...]:
        """Paths that nobody has approved with the value they have now."""
        return tuple(path for path, value in self.values() if self.approved.get(path) != str(value))


def site_entry(
    site: str, values: dict[str, Value], approved: dict[str, str], retired: tuple[Retired, ...]
) -> SiteEntry:
    """The entry that `SiteEntry.values` would give back as `values`, names sorted. Raises KeyError without a block."""
    named: dict[str, dict[str, Any]] = {"loopbacks": {}, "subnets": {}, "clusters": {}, "pairs": {}}
    for path in sorted(values):
        kind, _, name = path.partition("/")
        if name:
            named[kind][name] = values[path]
    block: Any = values["block"]
    asn: Any = values["asn"]
    management: Any = values["management"]
    return SiteEntry(site, block, asn, management, **named, approved=dict(sorted(approved.items())), retired=retired)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All numbers of a federation.

    `vnis` go by segment. `approved` and `retired` are those of the shared
    file; `departed` keeps the retired numbers of sites that have left.
    """

    sites: dict[str, SiteEntry] = field(default_factory=dict)
    vnis: dict[str, int] = field(default_factory=dict)
    approved: dict[str, str] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()
    departed: dict[str, tuple[Retired, ...]] = field(default_factory=dict)

    def values(self) -> Iterator[tuple[str, str, Value]]:
        """Every number in use as (site or 'federation', path, value)."""
        for segment, vni in self.vnis.items():
            yield SHARED, f"vnis/{segment}", vni
        for name, entry in self.sites.items():
            for path, value in entry.values():
                yield name, path, value

    def retired_values(self) -> Iterator[tuple[str, str, Value]]:
        """Every retired number as (site or 'federation', path, value)."""
        for item in self.retired:
            yield SHARED, item.path, item.value
        for name, entry in self.sites.items():
            for item in entry.retired:
                yield name, item.path, item.value
        for name, items in self.departed.items():
            for item in items:
                yield name, item.path, item.value

    def is_approved(self, owner: str, path: str, value: Value) -> bool:
        """Whether somebody approved exactly this value."""
        approved = self.approved if owner == SHARED else self.sites[owner].approved
        return approved.get(path) == str(value)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A federation with every number known. Made by `isthmus.allocate.resolve_federation`."""

    federation: Federation
    ledger: Ledger

    def site(self, site: str) -> SiteEntry:
        """All numbers of `site`. Raises KeyError for a stranger."""
        return self.ledger.sites[site]

    def subnet(self, site: str, segment: str) -> IPNetwork:
        """The part of `segment` that lies at `site`."""
        return self.ledger.sites[site].subnets[segment]

    def vni(self, segment: str) -> int:
        """The VXLAN network identifier of `segment` (RFC 7348)."""
        return self.ledger.vnis[segment]

    def pair(self, a: str, b: str) -> PairEntry:
        """What the joined sites `a` and `b` share, in either order. Raises KeyError where they are not joined."""
        first, second = sorted((a, b))
        return self.ledger.sites[first].pairs[second]

    def link_addresses(self, a: str, b: str) -> tuple[IPAddress, IPAddress]:
        """The link's addresses as (a's, b's): the lexically first site has the lower one."""
        link = self.pair(a, b).link
        return (link[0], link[1]) if a < b else (link[1], link[0])

    def peers(self, site: str) -> tuple[str, ...]:
        """Names of the sites that `site` has a tunnel to, sorted."""
        from isthmus.ledger.wanted import peers_of

        return peers_of(self.federation, site)

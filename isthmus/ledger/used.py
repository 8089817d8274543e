"""Which numbers are used, built once per batch."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from isthmus.ledger.entries import ClusterRanges, Ledger, PairEntry, Value
from isthmus.ledger.numbers import Taken, span, start_of
from isthmus.model.base import IPAddress, IPNetwork


def networks_of(value: Value) -> tuple[IPNetwork | IPAddress, ...]:
    """The addresses an entry takes."""
    match value:
        case ClusterRanges(pods, services):
            return pods, services
        case PairEntry(link, _):
            return (link,)
        case IPv4Network() | IPv6Network() | IPv4Address() | IPv6Address():
            return (value,)
    return ()


@dataclass
class Used:
    """All numbers in use or retired. `networks` go by IP version; ports by the sites that listen on them."""

    ledger: Ledger
    networks: dict[int, Taken]
    asns: Taken
    vnis: Taken
    ports: dict[str, set[int]]
    retired: dict[str, list[IPNetwork | IPAddress]] = field(default_factory=dict)

    def add(self, network: IPNetwork) -> None:
        self.networks[network.version].add(*span(network))

    def overlaps(self, network: IPNetwork) -> bool:
        return self.networks[network.version].last_overlap(*span(network)) is not None

    def inside(self, site: str, values: Iterable[tuple[str, Value]], block: IPNetwork) -> list[tuple[int, int]]:
        """What of `block` is already cut or was retired, as spans."""
        low, high = span(block)
        cut = [
            n
            for path, value in values
            if path == "management" or path.startswith("subnets/")
            for n in networks_of(value)
        ]
        spans = [span(n) for n in (*cut, *self.retired.get(site, ())) if n.version == block.version]
        return [(first, last) for first, last in spans if first <= high and last >= low]

    def take_port(self, site: str, peer: str, low: int, high: int) -> int | None:
        """A port that no tunnel of either site uses; a port may serve other pairs."""
        mine, theirs = self.ports.setdefault(site, set()), self.ports.setdefault(peer, set())
        count = high - low + 1
        begin = start_of(f"port/{site}/{peer}", count)
        for step in range(count):
            port = low + (begin + step) % count
            if port not in mine and port not in theirs:
                mine.add(port)
                theirs.add(port)
                return port
        return None

    def owner_of(self, value: IPNetwork | int) -> str:
        """Who has a number that overlaps `value`, in words; '' where the ledger has none."""
        for owner, path, other in (*self.ledger.values(), *self.ledger.retired_values()):
            if isinstance(value, int):
                if path.startswith("vnis/") and other == value:
                    return f"'{path}'"
            elif any(n.version == value.version and _meet(span(n), span(value)) for n in networks_of(other)):
                return f"'{path}' of '{owner}' ({other})"
        return ""


def used_numbers(ledger: Ledger, sites: dict[str, dict[str, Value]], vnis: dict[str, int]) -> Used:
    """What `sites` (numbers by site and path), `vnis` and the retired numbers of `ledger` take."""
    networks: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    asns: list[tuple[int, int]] = []
    numbers = [(vni, vni) for vni in vnis.values()]
    ports: dict[str, set[int]] = {}
    retired: dict[str, list[IPNetwork | IPAddress]] = {}

    def take(owner: str, path: str, value: Value) -> None:
        for network in networks_of(value):
            networks[network.version].append(span(network))
        if isinstance(value, PairEntry):
            ports.setdefault(owner, set()).add(value.port)
            ports.setdefault(path.removeprefix("pairs/"), set()).add(value.port)
        elif path == "asn" and isinstance(value, int):
            asns.append((value, value))
        elif isinstance(value, int):
            numbers.append((value, value))

    for name, values in sites.items():
        for path, value in values.items():
            take(name, path, value)
    for owner, path, value in ledger.retired_values():
        take(owner, path, value)
        retired.setdefault(owner, []).extend(networks_of(value))
    taken = {version: Taken(spans) for version, spans in networks.items()}
    return Used(ledger, taken, Taken(asns), Taken(numbers), ports, retired)


def _meet(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]

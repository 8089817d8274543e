"""Free numbers: what is used, and the next free one from a start that a name decides."""

import ipaddress
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from hashlib import blake2b

from isthmus.model.base import IPAddress, IPNetwork


def start_of(name: str, slots: int) -> int:
    """Where the search for `name` begins, spread evenly: two branches that add different names rarely meet."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % slots


def span(network: IPNetwork | IPAddress) -> tuple[int, int]:
    """First and last address as numbers."""
    if isinstance(network, ipaddress.IPv4Address | ipaddress.IPv6Address):
        return int(network), int(network)
    low = int(network.network_address)
    return low, low + (1 << (network.max_prefixlen - network.prefixlen)) - 1


def inside(inner: IPNetwork | IPAddress, outer: IPNetwork) -> bool:
    """Whether all of `inner` lies in `outer`."""
    if inner.version != outer.version:
        return False
    low, high = span(outer)
    first, last = span(inner)
    return low <= first and last <= high


class Taken:
    """A set of numbers as sorted, merged, inclusive intervals."""

    def __init__(self, intervals: Iterable[tuple[int, int]] = ()) -> None:
        self._lows: list[int] = []
        self._highs: list[int] = []
        for low, high in sorted(intervals):
            if self._highs and low <= self._highs[-1] + 1:
                self._highs[-1] = max(self._highs[-1], high)
            else:
                self._lows.append(low)
                self._highs.append(high)

    def add(self, low: int, high: int) -> None:
        """Mark low..high as used."""
        first = bisect_left(self._highs, low - 1)
        last = bisect_right(self._lows, high + 1)
        if first < last:
            low, high = min(low, self._lows[first]), max(high, self._highs[last - 1])
        self._lows[first:last] = [low]
        self._highs[first:last] = [high]

    def last_overlap(self, low: int, high: int) -> int | None:
        """The end of the last used interval that touches low..high; None where all of it is free."""
        at = bisect_right(self._lows, high) - 1
        return self._highs[at] if at >= 0 and self._highs[at] >= low else None

    def take(self, base: int, size: int, slots: int, name: str) -> int | None:
        """Take the first free slot of `size` numbers from the one `name` starts at; None when all are used.

        Slots begin at base, base + size, ...; returns the slot's first number.
        Runs of used slots are skipped in one step.
        """
        if slots < 1:
            return None
        begin = start_of(name, slots)
        for first, end in ((begin, slots), (0, begin)):
            slot = first
            while slot < end:
                low = base + slot * size
                busy = self.last_overlap(low, low + size - 1)
                if busy is None:
                    self.add(low, low + size - 1)
                    return low
                slot = (busy - base) // size + 1
        return None


def network_at(version: int, low: int, prefix: int) -> IPNetwork:
    """The network of `version` (4 or 6) that begins at address number `low`."""
    return ipaddress.IPv4Network((low, prefix)) if version == 4 else ipaddress.IPv6Network((low, prefix))


def address_at(version: int, low: int) -> IPAddress:
    """The address of `version` (4 or 6) with this number."""
    return ipaddress.IPv4Address(low) if version == 4 else ipaddress.IPv6Address(low)

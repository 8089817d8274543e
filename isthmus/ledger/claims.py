"""Who claims which number, and where two claims meet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from isthmus.ledger.entries import SHARED, Ledger, PairEntry, Value
from isthmus.ledger.numbers import span
from isthmus.ledger.used import networks_of


@dataclass(frozen=True, slots=True)
class Claim:
    """One number, or a run of them (`low` to `high`), and the entry that holds it.

    Only claims of one `space` can meet: addresses of one IP version, ASNs,
    VNIs, and the ports of one site. `shown` is the number as people write it.
    """

    space: str
    low: int
    high: int
    owner: str
    path: str
    shown: str
    retired: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.owner, self.path


def claims_of(ledger: Ledger) -> Iterator[Claim]:
    """Every claim of a ledger, retired numbers included."""
    for owner, path, value in ledger.values():
        yield from _claims(owner, path, value, False)
    for owner, path, value in ledger.retired_values():
        yield from _claims(owner, path, value, True)


def _claims(owner: str, path: str, value: Value, retired: bool) -> Iterator[Claim]:
    for network in networks_of(value):
        low, high = span(network)
        yield Claim(f"IPv{network.version}", low, high, owner, path, str(network), retired)
    if isinstance(value, PairEntry):
        peer = path.removeprefix("pairs/")
        for site in (owner, peer):
            yield Claim(f"port at {site}", value.port, value.port, owner, path, str(value.port), retired)
    elif isinstance(value, int):
        space = "VNI" if owner == SHARED else "ASN"
        yield Claim(space, value, value, owner, path, str(value), retired)


def meetings(claims: Iterable[Claim]) -> list[tuple[Claim, Claim]]:
    """Pairs of claims that share a number and should not, each once, in sorted order.

    A block holds its own site's management network and subnets; retired
    numbers may lie in whatever their own site holds or has retired.
    """
    spaces: dict[str, list[Claim]] = {}
    for claim in claims:
        spaces.setdefault(claim.space, []).append(claim)
    found = chain.from_iterable(_sweep(space) for space in spaces.values())
    unique: dict[tuple[tuple[str, str], tuple[str, str]], tuple[Claim, Claim]] = {}
    for one, other in found:
        first, second = sorted((one, other), key=lambda claim: (claim.retired, claim.key))
        unique.setdefault((first.key, second.key), (first, second))
    return [unique[key] for key in sorted(unique)]


def _sweep(claims: list[Claim]) -> Iterator[tuple[Claim, Claim]]:
    claims.sort(key=lambda claim: (claim.low, -claim.high, claim.owner, claim.path))
    still_open: list[Claim] = []
    for claim in claims:
        still_open = [other for other in still_open if other.high >= claim.low]
        for other in still_open:
            if not _belong_together(other, claim):
                yield other, claim
        still_open.append(claim)


def _belong_together(one: Claim, other: Claim) -> bool:
    if one.owner != other.owner or not one.space.startswith("IPv"):
        return one.retired and other.retired
    if one.retired and other.retired:
        return True
    cut = ("management", "subnets/")
    return (one.path == "block" and other.path.startswith(cut)) or (other.path == "block" and one.path.startswith(cut))

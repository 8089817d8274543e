"""The ledger's files as text: one line per number, sorted, so that branches merge line by line.

Every section's headline is always there, so that two branches that each put a
first line under it change different lines.
"""

import ipaddress
from collections.abc import Iterable

from isthmus.ledger.entries import ClusterRanges, Ledger, PairEntry, Retired, SiteEntry, Value, quoted
from isthmus.load.yaml12 import scalar
from isthmus.model.base import IPAddress, IPNetwork

SECTIONS = ("loopbacks", "subnets", "clusters", "pairs")
_OLD_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off"})


class BadValue(ValueError):
    """A value that is not what its place wants; `expected` says what is."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def site_text(entry: SiteEntry) -> str:
    """The file of one site."""
    lines = [
        *_head(entry.site),
        f"block: {quoted(entry.block)}",
        f"asn: {entry.asn}",
        f"management: {quoted(entry.management)}",
    ]
    for section in SECTIONS:
        named: dict[str, Value] = getattr(entry, section)
        lines += _section(section, {name: quoted(named[name]) for name in named})
    return _joined(lines, entry.approved, entry.retired)


def departed_text(site: str, retired: Iterable[Retired]) -> str:
    """The file of a site that has left: only its retired numbers."""
    return _joined(_head(site), {}, retired)


def shared_text(ledger: Ledger) -> str:
    """The file of what belongs to no single site."""
    lines = ["# Numbers of the whole federation. isthmus ledger writes this file; decide with it, not by hand."]
    lines += _section("vnis", {name: str(vni) for name, vni in ledger.vnis.items()})
    return _joined(lines, ledger.approved, ledger.retired)


def _head(site: str) -> list[str]:
    return [
        f"# Numbers of site {site}. isthmus ledger writes this file; decide with it, not by hand.",
        f"site: {_key(site)}",
    ]


def _joined(lines: list[str], approved: dict[str, str], retired: Iterable[Retired]) -> str:
    lines += _section("approved", {path: quoted(text) for path, text in approved.items()})
    lines.append("retired:")
    lines += sorted(f"  - {_key(item.path)}: {quoted(item.value)}" for item in retired)
    return "\n".join(lines) + "\n"


def _section(title: str, named: dict[str, str]) -> list[str]:
    return [f"{title}:", *(f"  {_key(name)}: {named[name]}" for name in sorted(named))]


def _key(name: str) -> str:
    return f'"{name}"' if name in _OLD_BOOLEANS or not isinstance(scalar(name), str) else name


def value_of(path: str, data: object) -> Value:
    """What stands at `path` of a file, typed. Raises BadValue."""
    kind = path.partition("/")[0]
    if kind in ("asn", "vnis"):
        return _number(data, kind)
    if kind == "clusters":
        parts = _parts(data, ("pods", "services"))
        return ClusterRanges(_network(parts["pods"]), _network(parts["services"]))
    if kind == "pairs":
        parts = _parts(data, ("link", "port"))
        link = _network(parts["link"])
        if link.num_addresses != 2:
            raise BadValue("a link of two addresses, for example 192.0.2.0/31")
        return PairEntry(link, _number(parts["port"], "port"))
    if kind == "loopbacks":
        return _address(data)
    if kind in ("block", "management", "subnets"):
        return _network(data)
    raise BadValue("one of block, asn, management, loopbacks, subnets, clusters, pairs")


def approved_text(data: object) -> str:
    """An approved value as `str(value)` would write it."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {quoted(value)}" for key, value in data.items()) + "}"
    return str(data)


_LIMITS = {"asn": (1, 4_294_967_294), "vnis": (1, 16_777_215), "port": (1, 65535)}


def _number(data: object, kind: str) -> int:
    low, high = _LIMITS[kind]
    if isinstance(data, bool) or not isinstance(data, int) or not low <= data <= high:
        raise BadValue(f"a number from {low} to {high}")
    return data


def _network(data: object) -> IPNetwork:
    expected = "a network without host bits, for example 10.64.0.0/16"
    if not isinstance(data, str):
        raise BadValue(expected)
    try:
        return ipaddress.ip_network(data)
    except ValueError:
        raise BadValue(expected) from None


def _address(data: object) -> IPAddress:
    if not isinstance(data, str):
        raise BadValue("an IP address")
    try:
        return ipaddress.ip_address(data)
    except ValueError:
        raise BadValue("an IP address") from None


def _parts(data: object, keys: tuple[str, str]) -> dict[str, object]:
    if not isinstance(data, dict) or set(data) != set(keys):
        raise BadValue(f"{{{keys[0]}: ..., {keys[1]}: ...}}")
    return data

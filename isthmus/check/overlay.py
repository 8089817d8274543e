"""The overlay: its shape, its links, its encryption, and the MTU that is left inside."""

from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_
from isthmus.mtu import SMALLEST, Encryption, Version, budget


def check(view: View) -> Iterator[Finding]:
    overlay = view.shared.overlay
    if overlay.tunnels == "tree" and overlay.root is None:
        where = view.where(None, "overlay", "tunnels")
        yield Finding(
            where, "E218", "a tree of tunnels needs a root", "add root: and the site all others are joined to"
        )
    if overlay.tunnels == "tree" and overlay.root in view.sites and not view.sites[overlay.root].gateways:
        message = f"the root '{overlay.root}' has no gateway"
        yield Finding(view.where(None, "overlay", "root"), "E218", message, "choose a site that has one")
    if overlay.encryption == "none" and not (overlay.reason or "").strip():
        where = view.where(None, "overlay", "encryption")
        message = "traffic between the sites is not encrypted, and nobody says why"
        yield Finding(where, "E221", message, "choose ipsec, openvpn or wireguard, or add reason:")
    if isinstance(overlay.tunnels, tuple):
        yield from _pairs(view, "tunnel", [(p, ("overlay", "tunnels", n)) for n, p in enumerate(overlay.tunnels)])
        yield from _islands(view, overlay.tunnels)
    yield from _pairs(view, "link", [(k.between, ("overlay", "links", n)) for n, k in enumerate(overlay.links)])
    yield from _mtu(view)


def _pairs(view: View, what: str, pairs: list[tuple[tuple[str, str], Path_]]) -> Iterator[Finding]:
    first: dict[frozenset[str], Path_] = {}
    for pair, path in pairs:
        if pair[0] == pair[1]:
            message = f"a {what} from '{pair[0]}' to itself joins nothing"
            yield Finding(view.where(None, *path), "E219", message, "name two sites, or remove it")
        elif frozenset(pair) in first:
            line = view.where(None, *first[frozenset(pair)]).line
            message = f"the {what} between '{pair[0]}' and '{pair[1]}' is given twice"
            yield Finding(view.where(None, *path), "E219", message, f"the first is in line {line}; keep one")
        else:
            first[frozenset(pair)] = path


def _islands(view: View, tunnels: tuple[tuple[str, str], ...]) -> Iterator[Finding]:
    """Every member of a segment must be joined to the others, over whichever sites."""
    group = {name: name for name in view.site_names}

    def top(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    for one, other in tunnels:
        if one in group and other in group:
            group[top(one)] = top(other)
    for at, segment in enumerate(view.shared.overlay.segments):
        members = view.federation.members_by_segment[segment.name]
        known = [m for m in members if m in group]
        apart = [m for m in known if top(m) != top(known[0])]
        if apart:
            path: Path_ = ("overlay", "segments", at)
            message = f"segment '{segment.name}' cannot reach '{apart[0]}' from '{known[0]}': no tunnels lead there"
            yield Finding(view.where(None, *path, "name"), "E220", message, "add a tunnel, or leave the site out")


def _mtu(view: View) -> Iterator[Finding]:
    """Each gateway with the overlay's encryption, then each link that differs."""
    overlay = view.shared.overlay
    if len(view.site_names) < 2 or not overlay.segments:
        return
    for name in sorted(view.sites):
        for number, gateway in enumerate(view.sites[name].gateways):
            path: Path_ = ("gateways", number, "wan_mtu" if "wan_mtu" in gateway.model_fields_set else "name")
            yield from _left(view, name, path, gateway.wan_mtu, overlay.encryption, gateway.ip_version)
    for number, link in enumerate(overlay.links):
        ends = [view.sites[s] for s in link.between if s in view.sites]
        gateways = [gateway for site in ends for gateway in site.gateways]
        if len(ends) == 2 and gateways and (link.mtu is not None or link.encryption not in (None, overlay.encryption)):
            wan = min([g.wan_mtu for g in gateways] + [link.mtu or 65535])
            outer: Version = 6 if any(g.ip_version == 6 for g in gateways) else 4
            key = "mtu" if link.mtu is not None else "encryption"
            used = link.encryption or overlay.encryption
            yield from _left(view, None, ("overlay", "links", number, key), wan, used, outer)


def _left(
    view: View, site: str | None, path: Path_, wan: int, encryption: Encryption, outer: Version
) -> Iterator[Finding]:
    pools = view.shared.pools
    inside: Version = 6 if 6 in (pools.sites.version, pools.pods.version) else 4
    vtep: Version = 6 if pools.loopbacks.version == 6 else 4
    left = budget(wan, encryption, outer=outer, vtep=vtep)
    least = SMALLEST[inside]
    if left.tagged < least:
        message = f"a WAN MTU of {wan} leaves {left.tagged} inside the segments, and IPv{inside} needs {least}"
        hint = f"{left}; a WAN MTU of {wan + least - left.tagged} would do"
        yield Finding(view.where(site, *path), "E222", message, hint)

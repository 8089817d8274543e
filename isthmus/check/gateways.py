"""Gateways: ports and addresses of their own, and somebody who can be called."""

from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_


def check(view: View) -> Iterator[Finding]:
    used: dict[str, tuple[str, Path_]] = {}
    for name in sorted(view.sites):
        for number, gateway in enumerate(view.sites[name].gateways):
            yield from _ports(view, name, number)
            if gateway.public_ip is None:
                continue
            path: Path_ = ("gateways", number, "public_ip")
            other = used.setdefault(str(gateway.public_ip), (name, path))
            if other != (name, path):
                where = view.where(other[0], *other[1])
                message = f"{gateway.public_ip} is another gateway's address already"
                yield Finding(view.where(name, *path), "E224", message, f"it stands at {where.file}:{where.line} too")
    yield from _silent(view)
    yield from _absent(view)


def _ports(view: View, site: str, number: int) -> Iterator[Finding]:
    nics = view.sites[site].gateways[number].nics
    first: dict[str, str] = {}
    for role in ("management", "projects", "public"):
        port = getattr(nics, role)
        other = first.setdefault(port, role)
        if other != role:
            message = f"port {port} carries the {other} network already"
            hint = "a gateway has a port for each of its three networks (a VLAN port such as eno1.5 counts)"
            yield Finding(view.where(site, "gateways", number, "nics", role), "E223", message, hint)


def _silent(view: View) -> Iterator[Finding]:
    """Pairs of sites where neither has an address that the other could call."""
    silent = {
        name
        for name, site in view.sites.items()
        if site.gateways and all(gateway.public_ip is None for gateway in site.gateways)
    }
    if len(silent) < 2:
        return
    overlay = view.shared.overlay
    if overlay.tunnels == "mesh":
        first, *others = sorted(silent)
        pairs = [(first, other) for other in others]
    elif overlay.tunnels == "tree":
        root = overlay.root
        pairs = [(root, other) for other in sorted(silent - {root})] if root in silent and root is not None else []
    else:
        pairs = [(a, b) for a, b in overlay.tunnels if a in silent and b in silent and a != b]
    for one, other in pairs:
        message = f"neither '{one}' nor '{other}' has a public address, so none can call the other"
        hint = "give a gateway of one of them a public_ip, or join them through a third site"
        yield Finding(view.where(other, "gateways", 0), "E225", message, hint)


def _absent(view: View) -> Iterator[Finding]:
    """Members of segments that nothing joins to the others."""
    for name in sorted(view.sites):
        alone = [
            s for s in view.federation.segments_by_site[name] if len(view.federation.members_by_segment[s.name]) > 1
        ]
        if alone and not view.sites[name].gateways:
            message = f"site '{name}' has no gateway, so segment '{alone[0].name}' does not reach it"
            yield Finding(
                view.where(name, "site"), "W202", message, "add a gateway, or leave the site out of its segments"
            )

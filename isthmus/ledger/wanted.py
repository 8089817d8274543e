"""What a federation needs numbers for."""

from collections.abc import Iterator
from itertools import combinations

from isthmus.model.federation import Federation
from isthmus.model.site import Site


def has_tunnels(site: Site) -> bool:
    """Whether a site can be an end of tunnels: it has gateways."""
    return bool(site.gateways)


def pairs_of(federation: Federation) -> Iterator[tuple[str, str]]:
    """Pairs of sites the overlay joins, each once and with its lexically first site first, in sorted order."""
    able = {name for name, site in federation.sites.items() if has_tunnels(site)}
    overlay = federation.shared.overlay
    if overlay.tunnels == "mesh":
        yield from combinations(sorted(able), 2)
    elif overlay.tunnels == "tree":
        if overlay.root in able:
            root = overlay.root
            yield from sorted((min(root, other), max(root, other)) for other in able if other != root)
    else:
        listed = {(min(a, b), max(a, b)) for a, b in overlay.tunnels if a != b}
        yield from sorted((a, b) for a, b in listed if a in able and b in able)


def peers_of(federation: Federation, site: str) -> tuple[str, ...]:
    """Sorted names of the sites that `site` is joined to; costs no more than the sites there are."""
    overlay = federation.shared.overlay
    sites = federation.sites
    if site not in sites or not has_tunnels(sites[site]):
        return ()
    if overlay.tunnels == "mesh" or (overlay.tunnels == "tree" and site == overlay.root):
        return tuple(sorted(name for name in sites if name != site and has_tunnels(sites[name])))
    if overlay.tunnels == "tree":
        return (overlay.root,) if overlay.root in sites and has_tunnels(sites[overlay.root]) else ()
    others = {b if a == site else a for a, b in overlay.tunnels if site in (a, b)} - {site}
    return tuple(sorted(name for name in others if name in sites and has_tunnels(sites[name])))


def own_peers(federation: Federation) -> dict[str, list[str]]:
    """For each site the peers whose pair it keeps: those that come after it in the alphabet."""
    found: dict[str, list[str]] = {name: [] for name in federation.sites}
    for first, second in pairs_of(federation):
        found[first].append(second)
    return found


def wanted_paths(federation: Federation, site: str, own: list[str]) -> Iterator[str]:
    """Paths of every number `site` needs in its file; `own` is its part of `own_peers`."""
    yield from ("block", "asn", "management")
    described = federation.sites[site]
    for gateway in described.gateways:
        yield f"loopbacks/{gateway.name}"
    for segment in federation.segments_by_site[site]:
        yield f"subnets/{segment.name}"
    for cluster in described.kubernetes:
        yield f"clusters/{cluster.name}"
    for peer in own:
        yield f"pairs/{peer}"

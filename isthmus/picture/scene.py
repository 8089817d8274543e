"""What a map shows, measured once and drawn by several painters: sites in a plane, and tunnels between them."""

import math
from dataclasses import dataclass

from isthmus.derive.hardware import pools
from isthmus.ledger.entries import Resolved


@dataclass(frozen=True)
class Spot:
    """A site on the map: place in the unit square (x to the east, y to the south), and lines of text about it."""

    site: str
    title: str
    cloud: str
    x: float
    y: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Tunnel:
    a: str
    b: str
    encryption: str


@dataclass(frozen=True)
class Scene:
    """A whole map."""

    title: str
    spots: tuple[Spot, ...]
    tunnels: tuple[Tunnel, ...]
    footer: tuple[tuple[str, str], ...]


def scene(resolved: Resolved) -> Scene:
    """The federation's map. Sites without a location stand on a circle."""
    federation = resolved.federation
    names = sorted(federation.sites)
    places = _places(resolved, names)
    spots = tuple(
        Spot(
            site=name,
            title=federation.sites[name].institution,
            cloud=federation.cloud_by_site[name].name,
            x=places[name][0],
            y=places[name][1],
            lines=tuple(_hardware(resolved, name)),
        )
        for name in names
    )
    overrides = {frozenset(link.between): link.encryption for link in federation.shared.overlay.links}
    tunnels = tuple(
        Tunnel(a, b, overrides.get(frozenset((a, b))) or federation.shared.overlay.encryption)
        for a in names
        for b in sorted(resolved.ledger.sites[a].pairs)
    )
    segments = ", ".join(
        f"{s.name} (VLAN {s.vlan}, VNI {resolved.vni(s.name)})" for s in federation.shared.overlay.segments
    )
    clouds = ", ".join(f"{c.name}: {' '.join(c.sites)}" for c in federation.shared.clouds)
    kinds = ", ".join(sorted({t.encryption if t.encryption != "none" else "not encrypted" for t in tunnels}))
    footer = (
        ("clouds", clouds),
        ("segments", segments or "none"),
        ("tunnels", f"{len(tunnels)} ({kinds}), broken lines" if tunnels else "none"),
    )
    return Scene(federation.shared.title or federation.name, spots, tunnels, footer)


def _hardware(resolved: Resolved, name: str) -> list[str]:
    federation = resolved.federation
    lines = []
    for pool in pools(federation, federation.sites[name]):
        if pool.hosts:
            size = f" {pool.gpus}" if pool.gpus else f" {pool.cores}c" if pool.cores else ""
            size = f" {pool.capacity_bytes // 10**12}TB" if pool.serves == "storage" and pool.capacity_bytes else size
            lines.append(f"{len(pool.hosts)} x {pool.name}{size}")
    return lines + [f"k8s {c.name}" for c in federation.sites[name].kubernetes]


def _places(resolved: Resolved, names: list[str]) -> dict[str, tuple[float, float]]:
    """Positions in the unit square: geography where every site states it, else a circle; spread where they crowd."""
    located = {n: resolved.federation.sites[n].location for n in names}
    if len(names) == 1:
        return {names[0]: (0.5, 0.5)}
    if all(located.values()):
        raw = {n: (place[1], -place[0]) for n, place in located.items() if place}
    else:
        turn = 2 * math.pi / len(names)
        raw = {n: (math.cos(i * turn), math.sin(i * turn)) for i, n in enumerate(names)}
    xs, ys = [x for x, _ in raw.values()], [y for _, y in raw.values()]
    wide, high = max(xs) - min(xs) or 1, max(ys) - min(ys) or 1
    unit = {n: ((x - min(xs)) / wide, (y - min(ys)) / high) for n, (x, y) in raw.items()}
    return _spread(unit)


def _spread(places: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Mix each place with its rank along both axes, so that neighbours in one town stay apart but order is kept."""
    last = max(len(places) - 1, 1)
    by_x = {n: i / last for i, n in enumerate(sorted(places, key=lambda n: (places[n][0], n)))}
    by_y = {n: i / last for i, n in enumerate(sorted(places, key=lambda n: (places[n][1], n)))}
    return {n: (0.35 * x + 0.65 * by_x[n], 0.35 * y + 0.65 * by_y[n]) for n, (x, y) in places.items()}

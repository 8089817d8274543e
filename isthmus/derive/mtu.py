"""The MTU of the segments: what the narrowest tunnel leaves inside VXLAN.

One figure for all: after a reroute any tunnel may carry any segment.
"""

from collections.abc import Iterator

from isthmus.model.federation import Federation
from isthmus.mtu import Budget, Version, budget

ALONE = 1500
"""A federation without tunnels adds nothing to Ethernet."""


def segments_mtu(federation: Federation) -> int:
    """Bytes of an IP packet that pass every tunnel inside a segment without fragments."""
    overlay = federation.shared.overlay
    inside = [b.tagged if overlay.loops == "rstp" else b.segment for b in _budgets(federation)]
    return min(inside, default=ALONE)


def _budgets(federation: Federation) -> Iterator[Budget]:
    overlay = federation.shared.overlay
    if len(federation.sites) < 2:
        return
    vtep: Version = 6 if federation.shared.pools.loopbacks.version == 6 else 4
    for wan, outer in federation.wan_paths:
        yield budget(wan, overlay.encryption, outer=outer, vtep=vtep)
    for link in overlay.links:
        gateways = [g for name in link.between for g in federation.sites[name].gateways]
        if gateways:
            wan = min([g.wan_mtu for g in gateways] + ([link.mtu] if link.mtu else []))
            widest: Version = 6 if any(g.ip_version == 6 for g in gateways) else 4
            yield budget(wan, link.encryption or overlay.encryption, outer=widest, vtep=vtep)

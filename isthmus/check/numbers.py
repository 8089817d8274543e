"""Numbers that must be unique where they meet: VLANs at a site and in a cloud, VNIs; and the pools' limits."""

from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.errors import Finding

_LIMITS = {"vni": (1, 16_777_215), "asn": (1, 4_294_967_294), "ports": (1024, 65535)}


def check(view: View) -> Iterator[Finding]:
    yield from _vlans(view)
    yield from _vlans_of_clouds(view)
    yield from _public_vlans(view)
    yield from _vnis(view)
    for pool, (least, most) in _LIMITS.items():
        low, high = getattr(view.shared.pools, pool)
        if low < least or high > most:
            message = f"{low}-{high} is outside what {pool} can be"
            yield Finding(view.where(None, "pools", pool), "E231", message, f"stay within {least}-{most}")


def _vlans(view: View) -> Iterator[Finding]:
    """Two segments with one VLAN may not meet at a site, nor may a segment and the public network."""
    number = {segment.name: n for n, segment in enumerate(view.shared.overlay.segments)}
    told: set[str] = set()
    for site in sorted(view.sites):
        used: dict[int, str] = {}
        for segment in view.federation.segments_by_site[site]:
            other = used.setdefault(segment.vlan, segment.name)
            if other != segment.name and segment.name not in told:
                told.add(segment.name)
                line = view.where(None, "overlay", "segments", number[other], "vlan").line
                yield Finding(
                    view.where(None, "overlay", "segments", number[segment.name], "vlan"),
                    "E202",
                    f"VLAN {segment.vlan} is segment '{other}' at site '{site}' already",
                    f"'{other}' has it in line {line}; choose another VLAN, or part their sites",
                )
        public = view.sites[site].networks.public_vlan
        if public in used:
            message = f"VLAN {public} is segment '{used[public]}' at this site already"
            where = view.where(site, "networks", "public_vlan")
            yield Finding(where, "E202", message, "give the public network a VLAN of its own")


def _vlans_of_clouds(view: View) -> Iterator[Finding]:
    """A cloud's physical network has a VLAN once (Neutron), also where the two segments meet at no site."""
    number = {segment.name: n for n, segment in enumerate(view.shared.overlay.segments)}
    for cloud in view.shared.clouds:
        used: dict[int, tuple[str, frozenset[str]]] = {}
        for segment in view.shared.overlay.segments if cloud.platform == "openstack" else ():
            sites = frozenset(cloud.sites).intersection(view.federation.members_by_segment[segment.name], view.sites)
            if not sites:
                continue
            other, its_sites = used.setdefault(segment.vlan, (segment.name, sites))
            if other != segment.name and not sites & its_sites:
                line = view.where(None, "overlay", "segments", number[other], "vlan").line
                yield Finding(
                    view.where(None, "overlay", "segments", number[segment.name], "vlan"),
                    "E202",
                    f"VLAN {segment.vlan} is segment '{other}' in cloud '{cloud.name}' already",
                    f"'{other}' has it in line {line}; a cloud has a VLAN once, whichever sites it reaches",
                )
        for name in cloud.sites:
            public = view.sites[name].networks.public_vlan if name in view.sites else None
            other, its_sites = used.get(public or 0, ("", frozenset()))
            if other and name not in its_sites:
                message = f"VLAN {public} is segment '{other}' in cloud '{cloud.name}' already"
                where = view.where(name, "networks", "public_vlan")
                yield Finding(where, "E202", message, "give the public network a VLAN of its own")


def _public_vlans(view: View) -> Iterator[Finding]:
    """Sites of one cloud share its physical network, so each public network there needs a VLAN of its own."""
    for cloud in view.shared.clouds:
        if cloud.platform != "openstack":
            continue
        used: dict[int | None, str] = {}
        for name in cloud.sites:
            site = view.sites.get(name)
            if site is None or site.networks.public is None:
                continue
            other = used.setdefault(site.networks.public_vlan, name)
            if other != name:
                vlan = site.networks.public_vlan
                what = f"VLAN {vlan}" if vlan else "the untagged public network"
                yield Finding(
                    view.where(name, "networks", "public_vlan" if vlan else "public"),
                    "E202",
                    f"{what} of cloud '{cloud.name}' is site '{other}' already",
                    "write a public_vlan that no other site of this cloud has",
                )


def _vnis(view: View) -> Iterator[Finding]:
    used: dict[int, int] = {}
    for number, segment in enumerate(view.shared.overlay.segments):
        if segment.vni is None:
            continue
        if segment.vni in used:
            first = used[segment.vni]
            line = view.where(None, "overlay", "segments", first, "vni").line
            yield Finding(
                view.where(None, "overlay", "segments", number, "vni"),
                "E202",
                f"VNI {segment.vni} is segment '{view.shared.overlay.segments[first].name}' already",
                f"it stands in line {line}; choose another, or leave it out and one is allocated",
            )
        else:
            used[segment.vni] = number

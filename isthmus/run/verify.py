"""After apply: does the cloud agree with what the state now says?

The OpenStack provider was seen to record an aggregate's host as added after
nova had refused it, so aggregates are compared with nova's own listing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.errors import IsthmusError, Refused
from isthmus.run import checkpoint
from isthmus.run.api.openstack import OpenStackApi

AGGREGATE = "openstack:compute/aggregateV2:AggregateV2"
_SHOWN = 5


@dataclass(frozen=True)
class Stray:
    """An aggregate that nova lists otherwise: `missing` hosts it refused, each with the zone it really is in."""

    urn: str
    name: str
    missing: tuple[str, ...]
    zones: Mapping[str, str]
    servers: Mapping[str, tuple[str, ...]]

    def error(self, site: str) -> IsthmusError:
        host = self.missing[0]
        running = self.servers.get(host, ())
        zone = self.zones.get(host, "")
        where = f"it is in zone {zone}" if zone else "nova knows no such host"
        names = ", ".join(running[:_SHOWN]) + (f" and {len(running) - _SHOWN} more" if len(running) > _SHOWN else "")
        why = f"{where}, and servers run on it: {names}" if running else where
        more = f"; also refused: {', '.join(self.missing[1 : 1 + _SHOWN])}" if self.missing[1:] else ""
        if running:
            step = f"move or delete these servers, then run isthmus up {site}"
        elif zone:
            step = f"take the host out of zone {zone}'s aggregate, then run isthmus up {site}"
        else:
            step = f"start nova-compute on {host}, or correct the site's nodes, then run isthmus up {site}"
        return Refused(f"aggregate {self.name} did not get host {host}", why=why + more, next_step=step)


def strays(document: Mapping[str, Any], api: OpenStackApi, wanted: Mapping[str, frozenset[str]]) -> tuple[Stray, ...]:
    """Aggregates of the stack whose hosts differ from nova's listing. `wanted` are hosts by aggregate name.

    One GET where all is well.
    """
    rows = [r for r in checkpoint.own(document) if r["type"] == AGGREGATE]
    if not rows:
        return ()
    listed = api.all("compute", "/os-aggregates", "aggregates")
    by_id = {str(a["id"]): a for a in listed}
    found = []
    for row in rows:
        name = str((row.get("inputs") or {}).get("name") or "")
        recorded = frozenset(map(str, (row.get("outputs") or {}).get("hosts") or []))
        there = frozenset(by_id.get(str(row.get("id")), {}).get("hosts") or [])
        missing = tuple(sorted((wanted.get(name, recorded) | recorded) - there))
        if missing or there - recorded:
            zones = {h: str(a["availability_zone"]) for a in listed if a.get("availability_zone") for h in a["hosts"]}
            found.append(Stray(row["urn"], name, missing, zones, {h: servers_on(api, h) for h in missing[:_SHOWN]}))
    return tuple(found)


def servers_on(api: OpenStackApi, host: str) -> tuple[str, ...]:
    """Names of the servers on a host, all projects."""
    rows = api.all("compute", "/servers/detail", "servers", {"all_tenants": "1", "host": host})
    return tuple(sorted(str(r["name"]) for r in rows))

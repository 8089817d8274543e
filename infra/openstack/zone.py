"""The zone: host aggregates that make a site an availability zone."""

from dataclasses import dataclass

import pulumi
from pulumi_openstack import compute

from infra.options import options
from isthmus.derive.zone_parts import AggregateThing


@dataclass(frozen=True)
class ZoneArgs:
    """The first aggregate makes the zone, the others name hosts of one class."""

    aggregates: tuple[AggregateThing, ...]


class Zone(pulumi.ComponentResource):
    """The site's availability zone and its aggregates per node class.

    One resource per aggregate, the zone's first: if nova refuses a host (it
    has servers in another zone), no class aggregate holds it either.
    """

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Zone", name, None, opts)
        self.aggregate: compute.AggregateV2 | None = None
        for thing in args.aggregates:
            made = compute.AggregateV2(
                thing.key,
                name=thing.name,
                zone=thing.zone,
                hosts=list(thing.hosts),
                metadata=thing.metadata,
                opts=options(self, unique=True, after=[self.aggregate] if self.aggregate else []),
            )
            self.aggregate = self.aggregate or made
        self.register_outputs({})

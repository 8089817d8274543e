"""Flavors: the sizes of servers, and who may use those that are not for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_openstack import compute

from infra.options import options
from isthmus.derive.flavors import FlavorThing


@dataclass(frozen=True)
class FlavorsArgs:
    """`project_ids` go by tenant name."""

    flavors: tuple[FlavorThing, ...]
    project_ids: Mapping[str, pulumi.Input[str]]


class Flavors(pulumi.ComponentResource):
    """All flavors of a cloud; `ids` by key."""

    def __init__(self, name: str, args: FlavorsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Flavors", name, None, opts)
        self.ids = {thing.key: self._flavor(thing, args) for thing in args.flavors}
        self.register_outputs({"ids": self.ids})

    def _flavor(self, thing: FlavorThing, args: FlavorsArgs) -> pulumi.Output[str]:
        flavor = compute.Flavor(
            thing.key,
            name=thing.name,
            vcpus=thing.vcpus,
            ram=thing.ram_mib,
            disk=thing.disk_gib,
            is_public=thing.restricted_to is None,
            extra_specs=thing.extra_specs or None,
            opts=options(self, unique=True),
        )
        for tenant in thing.restricted_to or ():
            compute.FlavorAccess(
                f"{thing.key}/access-{tenant}",
                flavor_id=flavor.id,
                tenant_id=args.project_ids[tenant],
                opts=options(self, unique=True),
            )
        return flavor.id

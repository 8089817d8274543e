"""Volume types: the kinds of storage a site offers, tied to its backend and its zone."""

from dataclasses import dataclass

import pulumi
from pulumi_openstack import blockstorage

from infra.options import options
from isthmus.derive.zone_parts import VolumeTypeThing


@dataclass(frozen=True)
class VolumeTypesArgs:
    types: tuple[VolumeTypeThing, ...]


class VolumeTypes(pulumi.ComponentResource):
    """The site's volume types."""

    def __init__(self, name: str, args: VolumeTypesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:VolumeTypes", name, None, opts)
        self.types = tuple(
            blockstorage.VolumeTypeV3(
                thing.key,
                name=thing.name,
                description=f"Storage of {thing.zone}",
                is_public=True,
                extra_specs={
                    "volume_backend_name": thing.backend,
                    "RESKEY:availability_zones": thing.zone,
                },
                opts=options(self, holds_data=thing.holds_data, unique=True),
            )
            for thing in args.types
        )
        self.register_outputs({})

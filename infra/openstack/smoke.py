"""The smoke server: proof that a zone takes work, and nothing about its data plane."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_openstack import compute, networking

from infra.options import options
from isthmus.derive.zone_parts import SmokeThing


@dataclass(frozen=True)
class SmokeArgs:
    """`network_id` is None where the site has no subnet; `after` is what the server needs to be there."""

    thing: SmokeThing
    image_id: pulumi.Input[str]
    flavor_id: pulumi.Input[str]
    network_id: pulumi.Input[str] | None
    subnet_id: pulumi.Input[str] | None
    security_group_id: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


class Smoke(pulumi.ComponentResource):
    """One small server in the zone, with a port of its own behind the default-deny group."""

    def __init__(self, name: str, args: SmokeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Smoke", name, None, opts)
        thing = args.thing
        networks: list[compute.InstanceNetworkArgs] = []
        if args.network_id is not None and args.subnet_id is not None:
            port = networking.Port(
                f"{thing.key}/port",
                name=thing.name,
                network_id=args.network_id,
                fixed_ips=[networking.PortFixedIpArgs(subnet_id=args.subnet_id)],
                security_group_ids=[args.security_group_id],
                admin_state_up=True,
                # The site's user may choose a subnet of the operator's network when the port is made, not later.
                opts=options(self, unreadable=("fixedIps",)),
            )
            networks.append(compute.InstanceNetworkArgs(port=port.id))
        compute.Instance(
            thing.key,
            name=thing.name,
            availability_zone=thing.zone,
            image_id=args.image_id,
            flavor_id=args.flavor_id,
            networks=networks or None,
            network_mode=None if networks else "none",
            # A port plugs into one server at a time. Nova tells networks and addresses, not how they were asked for.
            opts=options(self, unique=True, unreadable=("networks",), after=args.after),
        )
        self.register_outputs({})

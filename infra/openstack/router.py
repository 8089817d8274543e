"""The router: the site's subnets, joined to the site's own way out."""

from dataclasses import dataclass

import pulumi
from pulumi_openstack import networking

from infra.options import options
from isthmus.derive.zone_parts import RouterThing


@dataclass(frozen=True)
class RouterArgs:
    """`subnets` go by key; `public_id` is None where the site has no way out of its own."""

    thing: RouterThing
    project_id: pulumi.Input[str]
    subnets: dict[str, networking.Subnet]
    public_id: pulumi.Input[str] | None
    public_subnet: networking.Subnet | None


class Router(pulumi.ComponentResource):
    """A router in the site's project. Its interfaces go before its subnets do, since they refer to them."""

    def __init__(self, name: str, args: RouterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Router", name, None, opts)
        thing = args.thing
        router = networking.Router(
            thing.key,
            name=thing.name,
            admin_state_up=True,
            tenant_id=args.project_id,
            external_network_id=args.public_id if thing.external else None,
            # The gateway's address comes from the public subnet, which must be there first and go last.
            opts=options(self, after=[args.public_subnet] if args.public_subnet and thing.external else []),
        )
        self.interfaces = tuple(
            networking.RouterInterface(
                f"{thing.key}/{key}",
                router_id=router.id,
                subnet_id=args.subnets[key].id,
                # A subnet's gateway address is held by one interface at a time.
                opts=options(self, unique=True),
            )
            for key in thing.subnet_keys
        )
        self.register_outputs({"id": router.id})

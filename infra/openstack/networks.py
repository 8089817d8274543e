"""Networks: a segment's provider network, a site's way out, and a site's part of each segment."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_openstack import networking

from infra.options import options
from isthmus.derive.cloud import SegmentThing
from isthmus.derive.zone_parts import PublicNetworkThing, SubnetThing
from isthmus.model.base import IPNetwork


@dataclass(frozen=True)
class SegmentArgs:
    """`project_ids` go by project key; `after` is the room the operator's project must have first."""

    thing: SegmentThing
    project_ids: Mapping[str, pulumi.Input[str]]
    after: pulumi.Resource


class SegmentNetwork(pulumi.ComponentResource):
    """A segment's VLAN as a provider network, owned by the operator and shared with its members' projects only."""

    def __init__(self, name: str, args: SegmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Segment", name, None, opts)
        thing = args.thing
        network = networking.Network(
            thing.key,
            name=thing.name,
            description=f"VLAN {thing.vlan}, VNI {thing.vni}",
            admin_state_up=True,
            shared=False,
            external=False,
            mtu=thing.mtu,
            port_security_enabled=True,
            segments=[
                networking.NetworkSegmentArgs(
                    network_type="vlan", physical_network=thing.physical_network, segmentation_id=thing.vlan
                )
            ],
            # A physical network has each VLAN once.
            opts=options(self, holds_data=thing.holds_data, unique=True, after=[args.after]),
        )
        for key in thing.project_keys:
            networking.RbacPolicyV2(
                f"{thing.key}/shared-{key.removeprefix('project-')}",
                action="access_as_shared",
                object_type="network",
                object_id=network.id,
                target_tenant=args.project_ids[key],
                opts=options(self, unique=True),
            )
        self.id, self.mtu = network.id, network.mtu
        self.register_outputs({"id": self.id, "mtu": self.mtu})


@dataclass(frozen=True)
class PublicNetworkArgs:
    thing: PublicNetworkThing


class PublicNetwork(pulumi.ComponentResource):
    """The site's own external network: routers' and floating addresses come from its subnet."""

    def __init__(self, name: str, args: PublicNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:PublicNetwork", name, None, opts)
        thing = args.thing
        network = networking.Network(
            thing.key,
            name=thing.name,
            admin_state_up=True,
            external=True,
            shared=False,
            segments=[
                networking.NetworkSegmentArgs(
                    network_type="flat" if thing.vlan is None else "vlan",
                    physical_network=thing.physical_network,
                    segmentation_id=thing.vlan,
                )
            ],
            opts=options(self, holds_data=thing.holds_data, unique=True),
        )
        self.subnet = networking.Subnet(
            f"{thing.key}/subnet",
            name=thing.name,
            network_id=network.id,
            cidr=str(thing.cidr),
            ip_version=thing.cidr.version,
            gateway_ip=str(thing.gateway),
            enable_dhcp=False,
            opts=options(self, holds_data=thing.holds_data, unique=True),
        )
        self.id = network.id
        self.register_outputs({"id": self.id})


@dataclass(frozen=True)
class SiteSubnetArgs:
    thing: SubnetThing
    network_id: pulumi.Input[str]


class SiteSubnet(pulumi.ComponentResource):
    """The site's part of a segment, with the site's router as gateway; it names no resolver of its own."""

    def __init__(self, name: str, args: SiteSubnetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:SiteSubnet", name, None, opts)
        thing = args.thing
        first, last = pool(thing.cidr)
        six = thing.cidr.version == 6
        self.subnet = networking.Subnet(
            thing.key,
            name=thing.name,
            network_id=args.network_id,
            cidr=str(thing.cidr),
            ip_version=thing.cidr.version,
            gateway_ip=str(thing.gateway),
            allocation_pools=[networking.SubnetAllocationPoolArgs(start=first, end=last)],
            enable_dhcp=True,
            ipv6_address_mode="dhcpv6-stateful" if six else None,
            ipv6_ra_mode="dhcpv6-stateful" if six else None,
            # Two subnets of one network may not overlap.
            opts=options(self, holds_data=thing.holds_data, unique=True),
        )
        self.register_outputs({"id": self.subnet.id})


def pool(cidr: IPNetwork) -> tuple[str, str]:
    """First and last address that servers get: after the gateway (the first), before a broadcast address."""
    last = cidr.num_addresses - (2 if cidr.version == 4 else 1)
    return str(cidr[2]), str(cidr[last])

"""Security groups that deny what they do not name."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
from pulumi_openstack import networking

from infra.options import options
from isthmus.derive.zone_parts import RuleThing, SecurityGroupThing


@dataclass(frozen=True)
class SecurityGroupArgs:
    """`versions` are the IP versions that rules for every address are made for."""

    thing: SecurityGroupThing
    versions: tuple[int, ...]


class SecurityGroup(pulumi.ComponentResource):
    """A group without Neutron's default rules (which let everything out), and the rules it names."""

    def __init__(self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:SecurityGroup", name, None, opts)
        thing = args.thing
        group = networking.SecGroup(
            thing.key,
            name=thing.name,
            description=thing.because,
            delete_default_rules=True,
            # Neutron gives back rules, not how they came to be: what matters when the group is made.
            opts=options(self, unreadable=("deleteDefaultRules",)),
        )
        for rule in thing.rules:
            for suffix, version in _families(rule, args.versions):
                networking.SecGroupRule(
                    f"{thing.key}/{rule.key}{suffix}",
                    security_group_id=group.id,
                    direction=rule.direction,
                    ethertype=f"IPv{version}",
                    protocol=rule.protocol,
                    port_range_min=rule.port,
                    port_range_max=rule.port,
                    remote_ip_prefix=str(rule.remote) if rule.remote else None,
                    # Neutron refuses a second rule that is alike.
                    opts=options(self, unique=True),
                )
        self.id = group.id
        self.register_outputs({"id": self.id})


def _families(rule: RuleThing, versions: tuple[int, ...]) -> Iterable[tuple[str, int]]:
    """Name suffix and IP version of each rule that the desired one becomes."""
    if rule.remote:
        return [("", rule.remote.version)]
    return [("" if version == 4 else "-v6", version) for version in versions]

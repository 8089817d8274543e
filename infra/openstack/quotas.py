"""Quotas: one row of the table, in the three services that count."""

import hashlib
import json
from dataclasses import dataclass

import pulumi
from pulumi_openstack import blockstorage, compute, identity, networking

from infra.options import options
from isthmus.derive.cloud import OperatorQuotaThing, QuotaThing
from isthmus.derive.zone_parts import VolumeQuotaThing

UNLIMITED = -1
"""How quotas say "no limit"."""


@dataclass(frozen=True)
class ProjectQuotaArgs:
    thing: QuotaThing
    project_id: pulumi.Input[str]


class ProjectQuota(pulumi.ComponentResource):
    """A project's limits in nova, neutron and cinder. Deleting them calls no API: they go with the project."""

    def __init__(self, name: str, args: ProjectQuotaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Quota", name, None, opts)
        thing = args.thing
        compute.QuotaSetV2(
            f"{thing.key}/compute",
            project_id=args.project_id,
            instances=thing.servers,
            cores=thing.cores,
            ram=thing.ram_mib,
            opts=options(self),
        )
        networking.QuotaV2(
            f"{thing.key}/network",
            project_id=args.project_id,
            floatingip=thing.addresses,
            port=thing.ports,
            opts=options(self),
        )
        blockstorage.QuoteSetV3(
            f"{thing.key}/volumes",
            project_id=args.project_id,
            volumes=thing.volumes,
            snapshots=thing.snapshots,
            gigabytes=thing.gigabytes,
            opts=options(self),
        )
        self.register_outputs({})


@dataclass(frozen=True)
class OperatorQuotaArgs:
    thing: OperatorQuotaThing


class OperatorQuota(pulumi.ComponentResource):
    """No limits for what the operator's project holds on behalf of all sites."""

    def __init__(self, name: str, args: OperatorQuotaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:OperatorQuota", name, None, opts)
        scope = identity.get_auth_scope_output(name="operator", opts=pulumi.InvokeOptions(parent=self))
        self.quota = networking.QuotaV2(
            args.thing.key,
            project_id=scope.project_id,
            network=UNLIMITED,
            subnet=UNLIMITED,
            rbac_policy=UNLIMITED,
            opts=options(self),
        )
        self.register_outputs({})


@dataclass(frozen=True)
class VolumeQuotaArgs:
    thing: VolumeQuotaThing
    project_id: pulumi.Input[str]
    types: tuple[pulumi.Resource, ...]


class VolumeQuota(pulumi.ComponentResource):
    """A tenant's limit per volume type of one site.

    Cinder answers with the limits of every type of the cloud, which the
    provider takes for a difference. So what it reads back is ignored, and the
    resource's name ends with a digest of the limits: other limits are another
    resource, whose making sets them (deleting the old one calls no API).
    """

    def __init__(self, name: str, args: VolumeQuotaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:VolumeQuota", name, None, opts)
        limits = {f"gigabytes_{kind}": str(size) for kind, size in sorted(args.thing.gigabytes_by_type.items())}
        digest = hashlib.sha256(json.dumps(limits).encode()).hexdigest()[:8]
        blockstorage.QuoteSetV3(
            f"{args.thing.key}/{digest}",
            project_id=args.project_id,
            volume_type_quota=limits,
            opts=options(self, unreadable=("volumeTypeQuota",), after=args.types),
        )
        self.register_outputs({})

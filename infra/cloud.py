"""A cloud's stack: what its sites share, and what site stacks read from it."""

import os
from dataclasses import dataclass

import pulumi

from infra.access import cloud_provider
from infra.login import Surroundings, login
from infra.openstack.flavors import Flavors, FlavorsArgs
from infra.openstack.images import Images, ImagesArgs
from infra.openstack.networks import SegmentArgs, SegmentNetwork
from infra.openstack.projects import Groups, Project, ProjectArgs, Roles, SiteUser, SiteUserArgs
from infra.openstack.quotas import OperatorQuota, OperatorQuotaArgs
from isthmus.derive.cloud import CloudStack

NEW_PASSWORDS = "ISTHMUS_NEW_PASSWORDS"
"""Environment: names of site users, by commas, that get a fresh password in this run."""


@dataclass(frozen=True)
class CloudArgs:
    desired: CloudStack
    around: Surroundings


class CloudComponent(pulumi.ComponentResource):
    """Everything of a cloud's stack."""

    def __init__(self, name: str, args: CloudArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Cloud", name, None, opts)
        desired = args.desired
        entry = login(desired.cloud, args.around)
        below = pulumi.ResourceOptions(parent=self, provider=cloud_provider("operator", entry, desired.cloud, self))
        groups = Groups("groups", desired.projects, below)
        roles = Roles(groups)
        self.projects = {
            thing.key: Project(thing.key, ProjectArgs(thing, groups.ids, roles), below).id for thing in desired.projects
        }
        by_tenant = {thing.name: self.projects[thing.key] for thing in desired.projects}
        self.flavors = Flavors("flavors", FlavorsArgs(desired.flavors, by_tenant), below).ids
        self.images = Images("images", ImagesArgs(desired.images, args.around.federation), below).ids
        fresh = os.environ.get(NEW_PASSWORDS, "").split(",")
        self.users = {
            thing.key: SiteUser(
                thing.key, SiteUserArgs(thing, self.projects[thing.project_key], roles, thing.name in fresh), below
            )
            for thing in desired.users
        }
        room = OperatorQuota("operator-quota", OperatorQuotaArgs(desired.operator), below).quota
        self.segments = {
            thing.name: SegmentNetwork(thing.key, SegmentArgs(thing, self.projects, room), below)
            for thing in desired.segments
        }
        self.register_outputs({})


def outputs_of_cloud(cloud: CloudComponent) -> None:
    """What `infra.shared` reads. Passwords are secrets: encrypted in the state, never shown."""
    pulumi.export("flavors", cloud.flavors)
    pulumi.export("images", cloud.images)
    pulumi.export("projects", cloud.projects)
    pulumi.export("segments", {name: s.id for name, s in cloud.segments.items()})
    pulumi.export("mtu", {name: s.mtu for name, s in cloud.segments.items()})
    pulumi.export("users", {key: user.id for key, user in cloud.users.items()})
    pulumi.export("passwords", pulumi.Output.secret({key: user.password for key, user in cloud.users.items()}))

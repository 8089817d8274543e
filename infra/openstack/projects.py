"""Projects: a tenant's or a site's own, with the groups and users that have roles in them."""

import secrets
from dataclasses import dataclass

import pulumi
from pulumi_openstack import identity

from infra.openstack.quotas import ProjectQuota, ProjectQuotaArgs
from infra.options import options
from isthmus.derive.cloud import ProjectThing, UserThing

KEYSTONE_ROLES = {"admin": "manager", "member": "member", "reader": "reader"}
"""A group that administers its project is `manager` there: Keystone's `admin` would administer the whole cloud
(Keystone's documentation, "Default roles")."""


class Roles:
    """Ids of Keystone's roles by name, each looked up once."""

    def __init__(self, parent: pulumi.Resource) -> None:
        self._parent = parent
        self._ids: dict[str, pulumi.Output[str]] = {}

    def id(self, role: str) -> pulumi.Output[str]:
        if role not in self._ids:
            found = identity.get_role_output(name=role, opts=pulumi.InvokeOptions(parent=self._parent))
            self._ids[role] = found.id
        return self._ids[role]


class Groups(pulumi.ComponentResource):
    """Keystone groups that the identity provider's mapping puts people into; one may have roles in many projects.

    The first project that names a group names its resource.
    """

    def __init__(
        self, name: str, projects: tuple[ProjectThing, ...], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("isthmus:openstack:Groups", name, None, opts)
        self.ids: dict[str, pulumi.Output[str]] = {}
        for project in projects:
            for group in project.groups:
                if group.name not in self.ids:
                    made = identity.GroupV3(
                        f"{project.key}/group-{group.name}",
                        name=group.name,
                        description="Its members come from the identity provider",
                        opts=options(self, unique=True),
                    )
                    self.ids[group.name] = made.id
        self.register_outputs({"ids": self.ids})


@dataclass(frozen=True)
class ProjectArgs:
    """`groups` are the group's ids by name."""

    thing: ProjectThing
    groups: dict[str, pulumi.Output[str]]
    roles: Roles


class Project(pulumi.ComponentResource):
    """A project, the roles of groups in it, and its quota in nova, neutron and cinder."""

    def __init__(self, name: str, args: ProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Project", name, None, opts)
        thing = args.thing
        project = identity.Project(
            thing.key,
            name=thing.name,
            description=thing.description,
            enabled=True,
            opts=options(self, holds_data=thing.holds_data, unique=True),
        )
        for group in thing.groups:
            identity.RoleAssignment(
                f"{thing.key}/role-{group.name}-{group.role}",
                group_id=args.groups[group.name],
                project_id=project.id,
                role_id=args.roles.id(KEYSTONE_ROLES[group.role]),
                opts=options(self, unique=True),
            )
        ProjectQuota(thing.quota.key, ProjectQuotaArgs(thing.quota, project.id), pulumi.ResourceOptions(parent=self))
        self.id = project.id
        self.register_outputs({"id": self.id})


@dataclass(frozen=True)
class SiteUserArgs:
    """`new_password` sets a fresh one, as after adoption, when nobody knows the old one."""

    thing: UserThing
    project_id: pulumi.Input[str]
    roles: Roles
    new_password: bool = False


class SiteUser(pulumi.ComponentResource):
    """A site's own account.

    Its password is drawn when the account is made and lives in the state,
    encrypted; every run draws one and the engine ignores all but the first.
    """

    def __init__(self, name: str, args: SiteUserArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:SiteUser", name, None, opts)
        thing = args.thing
        user = identity.User(
            thing.key,
            name=thing.name,
            description=f"Automation of site {thing.reach.sites[0]}",
            default_project_id=args.project_id,
            enabled=True,
            password=pulumi.Output.secret(secrets.token_urlsafe(32)),
            opts=options(
                self,
                unreadable=() if args.new_password else ("password",),
                unique=True,
                secret_outputs=("password",),
            ),
        )
        grants = [
            identity.RoleAssignment(
                f"{thing.key}/role-{role}",
                user_id=user.id,
                project_id=args.project_id,
                role_id=args.roles.id(role),
                opts=options(self, unique=True),
            )
            for role in thing.roles
        ]
        # Whoever takes the id from here can log in: the roles are there by then.
        self.id = pulumi.Output.all(user.id, *(g.id for g in grants)).apply(lambda ids: str(ids[0]))
        self.password = user.password
        self.register_outputs({"id": self.id})

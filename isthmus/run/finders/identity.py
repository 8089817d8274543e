"""Keystone's things by name and domain; assignments by who, where and what."""

from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.finders.found import Found, Wanted


def _named(api: OpenStackApi, wanted: Wanted, path: str, key: str) -> list[Found]:
    asked = {"name": wanted.text("name")} | ({"domain_id": d} if (d := wanted.text("domainId")) else {})
    rows = api.all("identity", path, key, asked)
    return [Found(str(row["id"])) for row in rows if row["name"] == wanted.text("name")]


def project(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/projects", "projects")


def user(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/users", "users")


def group(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/groups", "groups")


def role(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/roles", "roles")


def role_assignment(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    who = {"user.id": wanted.text("userId"), "group.id": wanted.text("groupId")}
    where = {"scope.project.id": wanted.text("projectId"), "scope.domain.id": wanted.text("domainId")}
    asked = {name: value for name, value in {**who, **where}.items() if value}
    role_id = wanted.text("roleId")
    if not role_id or len(asked) < 2:
        return []
    rows = api.all("identity", "/role_assignments", "role_assignments", asked | {"role.id": role_id})
    parts = [wanted.text(name) for name in ("domainId", "projectId", "groupId", "userId", "roleId")]
    return [Found("/".join(parts))] if rows else []


def membership(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    user_id, group_id = wanted.text("userId"), wanted.text("groupId")
    if not user_id or not group_id:
        return []
    members = api.all("identity", f"/groups/{group_id}/users", "users")
    return [Found(f"{user_id}/{group_id}") for row in members if row["id"] == user_id]


def application_credential(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    """Found, but never kept: Keystone tells its secret once, at creation."""
    owner = wanted.owned("userId") or api.token.user_id
    path = f"/users/{owner}/application_credentials"
    told = api.find("identity", path) or {}
    rows = [r for r in told.get("application_credentials") or [] if r["name"] == wanted.text("name")]
    return [
        Found(str(r["id"]), keep=False, why="its secret cannot be read again", remove=("identity", f"{path}/{r['id']}"))
        for r in rows
    ]

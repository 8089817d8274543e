"""Nova's things by name."""

from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.finders.found import Found, Wanted


def flavor(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    rows = api.all("compute", "/flavors/detail", "flavors", {"is_public": "None"})
    chosen = wanted.text("flavorId")
    return [Found(str(r["id"])) for r in rows if (r["id"] == chosen if chosen else r["name"] == wanted.text("name"))]


def flavor_access(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    flavor_id, project = wanted.text("flavorId"), wanted.text("tenantId")
    if not flavor_id or not project:
        return []
    told = api.find("compute", f"/flavors/{flavor_id}/os-flavor-access") or {}
    return [Found(f"{flavor_id}/{project}") for row in told.get("flavor_access") or [] if row["tenant_id"] == project]


def keypair(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    owner = wanted.text("userId") or wanted.owned("userId")
    rows = api.all("compute", "/os-keypairs", "keypairs", {"user_id": owner} if owner else None)
    return [Found(wanted.text("name")) for row in rows if row["keypair"]["name"] == wanted.text("name")]


def aggregate(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    rows = api.all("compute", "/os-aggregates", "aggregates")
    return [Found(str(row["id"])) for row in rows if row["name"] == wanted.text("name")]


def server_group(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    rows = api.all("compute", "/os-server-groups", "server_groups", {"all_projects": "True"})
    project = wanted.project or api.token.project_id
    return [
        Found(str(row["id"])) for row in rows if row["name"] == wanted.text("name") and row.get("project_id") == project
    ]


def server(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    rows = api.all("compute", "/servers/detail", "servers", {"all_tenants": "1"})
    project = wanted.project or api.token.project_id
    return [
        Found(str(row["id"]), keep=row.get("status") != "ERROR", why="it is in state ERROR", remove=_server(row["id"]))
        for row in rows
        if row["name"] == wanted.text("name") and row.get("tenant_id") == project
    ]


def _server(server_id: str) -> tuple[str, str]:
    return ("compute", f"/servers/{server_id}")


def quota(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return [Found(f"{wanted.text('projectId')}/{wanted.region or api.region}")] if wanted.text("projectId") else []

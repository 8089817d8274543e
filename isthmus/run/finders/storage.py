"""Glance's images and Cinder's types."""

from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.finders.found import Found, Wanted


def image(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    """An image whose upload was cut is found and not kept: nothing can have been booted from it."""
    if not wanted.text("name"):
        return []
    rows = api.all("image", "/images", "images", {"name": wanted.text("name")})
    return [
        Found(
            str(row["id"]),
            keep=row.get("status") == "active",
            why=f"its upload never ended (status {row.get('status')})",
            remove=("image", f"/images/{row['id']}"),
        )
        for row in rows
    ]


def volume_type(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    rows = api.all("volume", "/types", "volume_types", {"is_public": "None"})
    return [Found(str(row["id"])) for row in rows if row["name"] == wanted.text("name")]


def volume_type_access(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    type_id, project = wanted.text("volumeTypeId"), wanted.text("projectId")
    if not type_id or not project:
        return []
    told = api.find("volume", f"/types/{type_id}/os-volume-type-access") or {}
    rows = told.get("volume_type_access") or []
    return [Found(f"{type_id}/{project}") for row in rows if row.get("project_id") == project]


def volume(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    rows = api.all("volume", "/volumes/detail", "volumes", {"all_tenants": "1", "name": wanted.text("name")})
    project = wanted.project or api.token.project_id
    field = "os-vol-tenant-attr:tenant_id"
    return [Found(str(r["id"])) for r in rows if r["name"] == wanted.text("name") and r.get(field, project) == project]


def quota(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return [Found(f"{wanted.text('projectId')}/{wanted.region or api.region}")] if wanted.text("projectId") else []

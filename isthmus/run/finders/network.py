"""Neutron's things by name and owner; ports and rules by what they are."""

from typing import Any

from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.finders.found import Found, Wanted

_RULE_FIELDS = {
    "direction": "direction",
    "ethertype": "ethertype",
    "protocol": "protocol",
    "portRangeMin": "port_range_min",
    "portRangeMax": "port_range_max",
    "remoteIpPrefix": "remote_ip_prefix",
    "remoteGroupId": "remote_group_id",
}


def _named(api: OpenStackApi, wanted: Wanted, path: str, key: str, **more: str) -> list[Found]:
    name = wanted.text("name")
    if not name:
        return []
    rows = api.all("network", path, key, {"name": name, **{k: v for k, v in more.items() if v}})
    project = wanted.project or api.token.project_id
    return [Found(str(row["id"])) for row in rows if not project or row.get("project_id") in (project, "", None)]


def network(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/networks", "networks")


def subnet(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    own = wanted.text("networkId")
    if not own:
        return []
    rows = api.all("network", "/subnets", "subnets", {"network_id": own, "name": wanted.text("name")})
    return [Found(str(row["id"])) for row in rows if wanted.text("cidr") in ("", row.get("cidr"))]


def port(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/ports", "ports", network_id=wanted.text("networkId"))


def router(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/routers", "routers")


def router_interface(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    if not wanted.text("routerId"):
        return []
    ports = api.all("network", "/ports", "ports", {"device_id": wanted.text("routerId")})
    subnet_id, port_id = wanted.text("subnetId"), wanted.text("portId")
    return [
        Found(str(port["id"]))
        for port in ports
        if port["id"] == port_id
        or (
            "router_interface" in str(port.get("device_owner"))
            and any(ip.get("subnet_id") == subnet_id for ip in port.get("fixed_ips") or [])
        )
    ]


def security_group(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return _named(api, wanted, "/security-groups", "security_groups")


def security_rule(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    group = wanted.text("securityGroupId")
    if not group:
        return []
    rows = api.all("network", "/security-group-rules", "security_group_rules", {"security_group_id": group})
    return [Found(str(row["id"])) for row in rows if _same_rule(row, wanted)]


def _same_rule(row: dict[str, Any], wanted: Wanted) -> bool:
    return all(_plain(row.get(field)) == _plain(wanted.text(name)) for name, field in _RULE_FIELDS.items())


def _plain(value: Any) -> str:
    text = "" if value in (None, "", 0, "0") else str(value).lower()
    # The SDK may send whole numbers as 22.0.
    return text.removesuffix(".0")


def rbac(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    names = {"object_id": "objectId", "target_tenant": "targetTenant", "action": "action", "object_type": "objectType"}
    asked = {field: wanted.text(name) for field, name in names.items()}
    if not asked["object_id"]:
        return []
    return [Found(str(row["id"])) for row in api.all("network", "/rbac-policies", "rbac_policies", asked)]


def quota(api: OpenStackApi, wanted: Wanted) -> list[Found]:
    return [Found(f"{wanted.text('projectId')}/{wanted.region or api.region}")] if wanted.text("projectId") else []


def default_rules(api: OpenStackApi, group: str) -> list[str]:
    """Ids of the rules that Neutron gives every new group by itself: all egress, anywhere."""
    rows = api.all("network", "/security-group-rules", "security_group_rules", {"security_group_id": group})
    kept = (*_RULE_FIELDS.values(),)[2:]
    return [str(r["id"]) for r in rows if r.get("direction") == "egress" and not any(r.get(field) for field in kept)]

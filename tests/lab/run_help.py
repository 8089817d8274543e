"""What the tests of runs share: the clouds' own listings, and things that operators or tenants make by hand."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import urllib3

from isthmus.run.api.entry import entry_of, read_entries
from isthmus.run.api.kubernetes import KubernetesApi
from isthmus.run.api.openstack import OpenStackApi

LISTINGS: dict[str, tuple[str, str, str, dict[str, str], tuple[str, ...]]] = {
    "networks": ("network", "/networks", "networks", {}, ("name", "project_id")),
    "subnets": ("network", "/subnets", "subnets", {}, ("name", "network_id")),
    "routers": ("network", "/routers", "routers", {}, ("name", "project_id")),
    "ports": ("network", "/ports", "ports", {}, ("device_id", "network_id", "fixed_ips")),
    "groups of rules": ("network", "/security-groups", "security_groups", {}, ("name", "project_id")),
    "rules": (
        "network",
        "/security-group-rules",
        "security_group_rules",
        {},
        ("security_group_id", "direction", "ethertype", "protocol", "port_range_min", "remote_ip_prefix"),
    ),
    "shares": ("network", "/rbac-policies", "rbac_policies", {}, ("object_id", "target_tenant", "action")),
    "server groups": ("compute", "/os-server-groups", "server_groups", {"all_projects": "True"}, ("name",)),
    "aggregates": ("compute", "/os-aggregates", "aggregates", {}, ("name",)),
    "flavors": ("compute", "/flavors", "flavors", {"is_public": "None"}, ("name",)),
    "servers": ("compute", "/servers/detail", "servers", {"all_tenants": "1"}, ("name",)),
    "images": ("image", "/images", "images", {}, ("name",)),
    "volume types": ("volume", "/types", "volume_types", {"is_public": "None"}, ("name",)),
    "projects": ("identity", "/projects", "projects", {}, ("name",)),
    "users": ("identity", "/users", "users", {}, ("name",)),
    "groups": ("identity", "/groups", "groups", {}, ("name",)),
}


def cloud(access: Path, name: str = "bench") -> OpenStackApi:
    """A fresh client of the cloud, as its administrator."""
    path = access / "clouds.yaml"
    return OpenStackApi(entry_of(path, name, read_entries(path)))


def cluster(access: Path, name: str = "k8s-north") -> KubernetesApi:
    return KubernetesApi(name, access / "kubeconfig" / f"{name}.yaml")


def listing(access: Path) -> dict[str, Counter[tuple[str, ...]]]:
    """Everything in the cloud and the cluster, by kind: how often each thing is there."""
    api, kube = cloud(access), cluster(access)
    found = {
        kind: Counter(tuple(_text(row.get(field)) for field in fields) for row in api.all(service, path, key, query))
        for kind, (service, path, key, query, fields) in LISTINGS.items()
    }
    for version, kind in (
        ("v1", "Namespace"),
        ("storage.k8s.io/v1", "StorageClass"),
        ("scheduling.k8s.io/v1", "PriorityClass"),
    ):
        found[kind] = Counter((str(o["metadata"]["name"]),) for o in kube.all(version, kind))
    return found


def duplicates(access: Path) -> dict[str, dict[tuple[str, ...], int]]:
    """What is there more than once."""
    twice = {kind: {thing: n for thing, n in counted.items() if n > 1} for kind, counted in listing(access).items()}
    return {kind: things for kind, things in twice.items() if things}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else str(value)


def send(api: OpenStackApi, method: str, service: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request that changes something, as the administrator."""
    headers = {"X-Auth-Token": api.token.value, "Content-Type": "application/json"}
    if service == "compute":
        headers["X-OpenStack-Nova-API-Version"] = "2.87"
    data = None if body is None else json.dumps(body)
    answer = urllib3.PoolManager().request(method, api.url(service) + path, body=data, headers=headers)
    assert answer.status < 400, f"{method} {path}: {answer.status} {answer.data[:500]!r}"
    found: dict[str, Any] = json.loads(answer.data) if answer.data else {}
    return found


def boot(api: OpenStackApi, name: str, zone: str) -> str:
    """A server without network in a zone; waits until it runs and returns its id."""
    flavor = next(f["id"] for f in api.all("compute", "/flavors", "flavors") if f["name"] == "smoke")
    image = api.all("image", "/images", "images")[0]["id"]
    server = {"name": name, "flavorRef": flavor, "imageRef": image, "networks": "none", "availability_zone": zone}
    made: str = send(api, "POST", "compute", "/servers", {"server": server})["server"]["id"]
    for _ in range(120):
        status = api.get("compute", f"/servers/{made}")["server"]["status"]
        if status == "ACTIVE":
            return made
        assert status != "ERROR", "the server did not start"
        time.sleep(0.5)
    raise AssertionError("the server did not start in a minute")


def remove_server(api: OpenStackApi, server: str) -> None:
    """Delete a server and wait until it is gone."""
    send(api, "DELETE", "compute", f"/servers/{server}")
    for _ in range(120):
        if api.find("compute", f"/servers/{server}") is None:
            return
        time.sleep(0.5)
    raise AssertionError("the server did not go in a minute")

"""Nodes of the box: kwok nodes (stand-in), brought in line with the spec on every start.

Only what the spec says is owned here: labels and taints that others put on
a node stay, unless the spec names the same ones.
"""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from infra.standin.kubernetes.connection import ApiError, Connection, explain
from lab.kubernetes.spec import ClusterSpec, NodeSpec

_MANAGER = "isthmus-lab"
_MARK = "lab.isthmus/stand-in"
_DIGEST = "lab.isthmus/spec"


_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "isthmus-kwok"},
    "rules": [
        {"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch", "patch", "delete"]},
        {"apiGroups": [""], "resources": ["nodes/status", "pods/status"], "verbs": ["patch", "update"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]},
        {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
    ],
}
_BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "isthmus-kwok"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "isthmus-kwok"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "isthmus-kwok"}],
}


@dataclass(frozen=True)
class Reconciled:
    """What bringing the nodes in line did: their names."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        parts = [
            f"{len(names)} {word}"
            for names, word in [(self.added, "added"), (self.changed, "changed"), (self.removed, "removed")]
            if names
        ]
        return ", ".join(parts) or "as they should be"


def reconcile(api: Connection, spec: ClusterSpec, say: Callable[[str], None]) -> Reconciled:
    """Add, change and remove kwok nodes until they match the spec. Raises the API's refusals as sentences."""
    try:
        answer = api.get("/api/v1/nodes", {"labelSelector": f"{_MARK}=kwok"})
        live = {node["metadata"]["name"]: node for node in answer.get("items", [])}
        wanted = {node.name: node for node in spec.nodes}
        added = [node for name, node in wanted.items() if name not in live]
        changed = [node for name, node in wanted.items() if name in live and not matches(node, live[name])]
        removed = sorted(set(live) - set(wanted))
        if added or changed or removed:
            say(f"{len(added)} nodes to add, {len(changed)} to change, {len(removed)} to remove")
        with ThreadPoolExecutor(max_workers=8) as workers:
            for _ in workers.map(lambda node: _apply(api, node, live.get(node.name)), [*added, *changed]):
                pass
            for _ in workers.map(lambda name: _remove(api, name), removed):
                pass
    except ApiError as problem:
        raise explain(problem, "bring the kwok nodes in line with the model") from problem
    names = tuple(node.name for node in added)
    return Reconciled(names, tuple(node.name for node in changed), tuple(removed))


def allow(api: Connection) -> None:
    """Give kwok the rights it needs to play kubelets, no more. Raises the API's refusals as sentences."""
    try:
        for plural, body in (("clusterroles", _ROLE), ("clusterrolebindings", _BINDING)):
            api.call(
                "PATCH",
                f"{_RBAC}/{plural}/isthmus-kwok",
                query={"fieldManager": _MANAGER, "force": "true"},
                body=body,
                content_type="application/apply-patch+yaml",
            )
    except ApiError as problem:
        raise explain(problem, "give the kwok nodes (stand-in) the rights of kubelets") from problem


def ready(api: Connection) -> tuple[int, int]:
    """How many kwok nodes are ready, of how many."""
    nodes = api.get("/api/v1/nodes", {"labelSelector": f"{_MARK}=kwok"}).get("items", [])
    return sum(1 for node in nodes if _is_ready(node)), len(nodes)


def manifest(node: NodeSpec) -> dict[str, Any]:
    """The Node object for a spec, without its capacity, which is status."""
    labels = {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        _MARK: "kwok",
        **({"topology.kubernetes.io/zone": node.zone} if node.zone else {}),
        **node.labels,
    }
    metadata = {
        "name": node.name,
        "labels": labels,
        "annotations": {"kwok.x-k8s.io/node": "fake", _DIGEST: _digest(node)},
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": _taints(node)}}


def capacity(node: NodeSpec) -> dict[str, str]:
    """What the node offers, as Kubernetes writes quantities."""
    return {
        "cpu": str(node.cpu),
        "memory": f"{node.memory_bytes // 1024}Ki",
        "pods": str(node.pods),
        **{resource: str(count) for resource, count in node.gpus.items()},
    }


def matches(node: NodeSpec, live: dict[str, Any]) -> bool:
    """Whether a live node carries all that its spec says."""
    wanted = manifest(node)
    metadata = live["metadata"]
    labels, annotations = metadata.get("labels", {}), metadata.get("annotations", {})
    taints = live.get("spec", {}).get("taints", [])
    return (
        wanted["metadata"]["labels"].items() <= labels.items()
        and annotations.get(_DIGEST) == _digest(node)
        and all(taint in taints for taint in _taints(node))
        and capacity(node).keys() <= live.get("status", {}).get("capacity", {}).keys()
    )


def _apply(api: Connection, node: NodeSpec, live: dict[str, Any] | None) -> None:
    body = manifest(node)
    if live is None:
        # The creating request may carry status, so a new node is complete at once.
        body["status"] = {"capacity": capacity(node), "allocatable": capacity(node)}
        api.call("POST", "/api/v1/nodes", query={"fieldManager": _MANAGER}, body=body)
        return
    path = f"/api/v1/nodes/{node.name}"
    api.call("PATCH", path, body=_metadata_patch(body, live), content_type="application/merge-patch+json")
    status = {"status": {key: _replaced(live, key, capacity(node)) for key in ("capacity", "allocatable")}}
    api.call("PATCH", f"{path}/status", body=status, content_type="application/merge-patch+json")


def _metadata_patch(wanted: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """The difference as a merge patch; labels and taints of an earlier spec, noted in the digest, are taken back."""
    before = json.loads(live["metadata"].get("annotations", {}).get(_DIGEST, "{}"))
    gone = {label: None for label in before.get("labels", {}) if label not in wanted["metadata"]["labels"]}
    if before.get("zone") and "topology.kubernetes.io/zone" not in wanted["metadata"]["labels"]:
        gone["topology.kubernetes.io/zone"] = None
    old_taints = [_taint(taint) for taint in before.get("taints", [])]
    kept = [taint for taint in live.get("spec", {}).get("taints", []) if taint not in old_taints]
    kept = [taint for taint in kept if taint not in wanted["spec"]["taints"]]
    metadata = {**wanted["metadata"], "labels": {**gone, **wanted["metadata"]["labels"]}}
    return {"metadata": metadata, "spec": {"taints": [*kept, *wanted["spec"]["taints"]] or None}}


def _replaced(live: dict[str, Any], key: str, wanted: dict[str, str]) -> dict[str, str | None]:
    """`wanted` as a merge patch over the live map: what the node no longer offers is null."""
    return {**dict.fromkeys(live.get("status", {}).get(key, {})), **wanted}


def _remove(api: Connection, name: str) -> None:
    try:
        api.call("DELETE", f"/api/v1/nodes/{name}")
    except ApiError as problem:
        if problem.code != 404:
            raise


def _taints(node: NodeSpec) -> list[dict[str, str]]:
    return [_taint(asdict(taint)) for taint in node.taints]


def _taint(taint: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in taint.items() if value}


def _digest(node: NodeSpec) -> str:
    """The spec itself, compact: it also says what an earlier spec had put on the node."""
    return json.dumps(
        {
            "labels": dict(node.labels),
            "taints": _taints(node),
            "zone": node.zone,
            "offers": hashlib.sha256(repr(sorted(capacity(node).items())).encode()).hexdigest()[:12],
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)

"""A small API server in memory, at the boundary where the stand-in provider would speak HTTP."""

import copy
from collections.abc import Mapping
from typing import Any

from infra.standin.kubernetes.connection import ApiError, Cause

_KINDS = {
    "/api/v1": [("Namespace", "namespaces", False), ("ConfigMap", "configmaps", True), ("Secret", "secrets", True)],
    "/apis/apps/v1": [("Deployment", "deployments", True)],
    "/apis/storage.k8s.io/v1": [("StorageClass", "storageclasses", False)],
}


class FakeApi:
    """Applies by merging, knows owners by top-level field, counts requests. What it refuses is set per path."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.refuses: dict[str, ApiError] = {}

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self.call("GET", path, query=query)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "",
    ) -> dict[str, Any]:
        asked = dict(query or {})
        dry = "dryRun" in asked
        self.requests.append(f"{method} {path}{' (dry)' if dry else ''}")
        if path in _KINDS:
            names = ("kind", "name", "namespaced")
            return {"resources": [dict(zip(names, entry, strict=True)) for entry in _KINDS[path]]}
        if f"{method} {path}" in self.refuses:
            raise self.refuses[f"{method} {path}"]
        if method == "PATCH":
            return self._apply(path, body, asked, dry)
        if path not in self.objects:
            raise ApiError(404, "NotFound", f"{path} not found")
        return copy.deepcopy(self.objects.pop(path) if method == "DELETE" else self.objects[path])

    def _apply(self, path: str, body: dict[str, Any], asked: dict[str, str], dry: bool) -> dict[str, Any]:
        manager = asked["fieldManager"]
        live = copy.deepcopy(self.objects.get(path, {}))
        owners = {entry["manager"]: entry for entry in live.get("metadata", {}).get("managedFields", [])}
        theirs = [
            Cause("FieldManagerConflict", f".{field}", f'conflict with "{owner}"')
            for owner, entry in owners.items()
            for field in entry["fields"]
            if owner != manager and field in body and body[field] != live.get(field)
        ]
        if theirs and "force" not in asked:
            raise ApiError(409, "Conflict", "Apply failed with conflicts", tuple(theirs))
        fields = [key for key in body if key not in ("apiVersion", "kind", "metadata")]
        given_up = set(owners.get(manager, {"fields": []})["fields"]) - set(fields)
        owners[manager] = {"manager": manager, "operation": "Apply", "fields": fields}
        merged = {key: item for key, item in {**live, **body}.items() if key not in given_up}
        metadata = {**live.get("metadata", {}), **body["metadata"], "managedFields": list(owners.values())}
        merged["metadata"] = {"uid": "u-1", **metadata}
        if not dry:
            self.objects[path] = merged
        return copy.deepcopy(merged)

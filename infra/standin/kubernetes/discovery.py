"""Where the API server keeps each kind: asked once per group and version, then remembered."""

import threading
from dataclasses import dataclass
from urllib.parse import quote

from infra.standin.kubernetes.connection import ApiError, Connection
from infra.standin.kubernetes.tokens import Kind


@dataclass(frozen=True)
class Resource:
    """A kind's place in the API: its root (like /apis/apps/v1), plural name, and whether it lives in namespaces."""

    root: str
    plural: str
    namespaced: bool

    def path(self, name: str, namespace: str) -> str:
        """The path of one object."""
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced else ""
        # RBAC names may hold colons; everything else is plain.
        return f"{self.root}{inside}/{self.plural}/{quote(name, safe=':')}"


class Discovery:
    """What one API server serves. A kind that is missing is looked for again, since a CRD may have come meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, dict[str, Resource]] = {}
        self._lock = threading.Lock()

    def find(self, kind: Kind) -> Resource | None:
        """The kind's place, or None if the server does not serve it. Raises what `Connection` raises."""
        found = self._known.get(kind.api_version, {}).get(kind.name)
        if found:
            return found
        with self._lock:
            self._known[kind.api_version] = self._ask(kind.api_version)
        return self._known[kind.api_version].get(kind.name)

    def _ask(self, api_version: str) -> dict[str, Resource]:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            answer = self._connection.get(root)
        except ApiError as problem:
            if problem.code == 404:
                return {}
            raise
        return {
            entry["kind"]: Resource(root, entry["name"], bool(entry["namespaced"]))
            for entry in answer.get("resources", [])
            if "/" not in entry["name"]
        }

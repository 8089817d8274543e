"""A Kubernetes API server: objects by kind and name, and what tenants have in their namespaces."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.errors import BadInput, IsthmusError, Unavailable

if TYPE_CHECKING:
    from infra.standin.kubernetes.connection import Connection


class KubernetesApi:
    """One cluster, by its kubeconfig. Usable from several threads."""

    def __init__(self, name: str, kubeconfig: Path, timeout_s: float = 20) -> None:
        self.name = name
        self.kubeconfig = kubeconfig
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}

    def version(self) -> str:
        """The server's version. Raises an IsthmusError that says why it cannot be asked."""
        told = self._get("/version")
        self._get("/api/v1/namespaces?limit=1")
        return str(told.get("gitVersion", ""))

    def find(self, api_version: str, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """The object, or None."""
        path = self._path(api_version, kind, namespace)
        return self._find(f"{path}/{name}") if path else None

    def all(self, api_version: str, kind: str, namespace: str = "") -> list[dict[str, Any]]:
        """Every object of the kind, in one namespace or in all."""
        path = self._path(api_version, kind, namespace)
        answer = self._find(path) if path else None
        return list((answer or {}).get("items") or [])

    def _path(self, api_version: str, kind: str, namespace: str) -> str:
        """The collection's path by discovery; '' for a kind that is not served."""
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        with self._lock:
            if api_version not in self._plurals:
                listing = self._find(root) or {}
                self._plurals[api_version] = {
                    str(r["kind"]): (str(r["name"]), bool(r.get("namespaced")))
                    for r in listing.get("resources") or []
                    if "/" not in r["name"]
                }
            found = self._plurals[api_version].get(kind)
        if found is None:
            return ""
        plural, namespaced = found
        return f"{root}/namespaces/{namespace}/{plural}" if namespaced and namespace else f"{root}/{plural}"

    def _find(self, path: str) -> dict[str, Any] | None:
        from infra.standin.kubernetes.connection import ApiError

        try:
            return self._reach().get(path)
        except ApiError as problem:
            if problem.code == 404:
                return None
            raise self._refusal(problem.code, str(problem)) from None

    def _get(self, path: str) -> dict[str, Any]:
        from infra.standin.kubernetes.connection import ApiError

        try:
            return self._reach().get(path)
        except ApiError as problem:
            raise self._refusal(problem.code, str(problem)) from None

    def _refusal(self, code: int, message: str) -> IsthmusError:
        return Unavailable(
            f"cluster {self.name} refuses us",
            why=f"its API server answered {code}: {message}",
            next_step=f"renew the credentials in {self.kubeconfig}",
        )

    def _unread(self, problem: BadInput) -> BadInput:
        """The reader speaks for the stand-in provider; we ask the cluster ourselves, whichever provider is in use."""
        if "logs in by" not in problem.what:
            return problem
        return BadInput(
            problem.what,
            where=str(self.kubeconfig),
            why="isthmus itself asks the cluster what is there, by a certificate, a token, or a name with password",
            next_step="put one for the automation there, with a service account's token or a client certificate",
        )

    def _reach(self) -> "Connection":
        from infra.standin.kubernetes import kubeconfig
        from infra.standin.kubernetes.connection import Connection

        if self._connection is None:
            if not self.kubeconfig.is_file():
                raise Unavailable(
                    f"there is no kubeconfig for cluster {self.name}",
                    where=str(self.kubeconfig),
                    why="it holds how the cluster is reached",
                    next_step="put the cluster's kubeconfig there, mode 600; for a box: isthmus lab up",
                )
            try:
                access = kubeconfig.read(str(self.kubeconfig))
            except BadInput as problem:
                raise self._unread(problem) from None
            self._connection = Connection(access, self._timeout_s)
        return self._connection

"""API objects as resources: apply, read, delete, by one connection.

Every change is a server-side apply (Kubernetes reference, Server-Side
Apply), so a preview is the same request with dryRun.
"""

import base64
import binascii
import threading
from dataclasses import dataclass
from typing import Any

from infra.standin.kubernetes import ownership, readiness
from infra.standin.kubernetes.connection import ApiError, Connection, explain
from infra.standin.kubernetes.difference import carried_over, stable
from infra.standin.kubernetes.discovery import Discovery, Resource
from infra.standin.kubernetes.naming import annotation
from infra.standin.kubernetes.settings import Settings
from infra.standin.kubernetes.tokens import Kind
from infra.standin.kubernetes.waiting import TimedOut, until
from isthmus.errors import Refused, Unavailable

_PATIENCE_S = 300.0
_KIND_APPEARS_S = 10.0
_PROPAGATION = {"foreground": "Foreground", "background": "Background", "orphan": "Orphan"}
_SYSTEM_LABELS = ("kubernetes.io/metadata.name",)
_SYSTEM_ANNOTATIONS = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")


class NotReady(Exception):
    """The object exists but did not become ready; `identity` and `state` are what to remember of it."""

    def __init__(self, reason: str, state: dict[str, Any], identity: str = "") -> None:
        super().__init__(reason)
        self.state = state
        self.identity = identity


@dataclass(frozen=True)
class Address:
    """One object: its kind, name and namespace ('' outside namespaces)."""

    kind: Kind
    name: str
    namespace: str

    @property
    def id(self) -> str:
        """As Pulumi knows it: NAMESPACE/NAME, or NAME."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Objects:
    """The objects of one cluster."""

    def __init__(self, connection: Connection, settings: Settings, cancelled: threading.Event) -> None:
        self._connection = connection
        self._settings = settings
        self._cancelled = cancelled
        self._discovery = Discovery(connection)

    def default_namespace(self, kind: Kind) -> str | None:
        """The provider's namespace if the kind lives in namespaces; None if not, or if it is not served (yet)."""
        found = self._discovery.find(kind)
        return self._settings.namespace if found and found.namespaced else None

    def address(self, kind: Kind, values: dict[str, Any]) -> Address:
        """Where inputs belong. Outside namespaces a given namespace counts for nothing, as for the API server."""
        metadata = values["metadata"]
        found = self._discovery.find(kind)
        given = str(metadata.get("namespace") or "")
        inside = found.namespaced if found else bool(given)
        return Address(kind, str(metadata["name"]), (given or self._settings.namespace) if inside else "")

    def from_id(self, kind: Kind, identity: str) -> Address:
        """Where an id points to."""
        namespace, _, name = identity.rpartition("/")
        return Address(kind, name, namespace or self.default_namespace(kind) or "")

    def get(self, address: Address) -> dict[str, Any] | None:
        """The live object, None if there is none."""
        resource = self._discovery.find(address.kind)
        if resource is None:
            return None
        try:
            return self._connection.get(resource.path(address.name, address.namespace))
        except ApiError as problem:
            if problem.code == 404:
                return None
            raise

    def apply(self, address: Address, values: dict[str, Any], manager: str, dry_run: bool = False) -> dict[str, Any]:
        """Apply the inputs; returns the live object, or what it would be. Raises ApiError."""
        query = {"fieldManager": manager, "fieldValidation": "Strict"}
        if self._settings.force or annotation(values, "pulumi.com/patchForce") == "true":
            query["force"] = "true"
        if dry_run:
            query["dryRun"] = "All"
        metadata = {**values.get("metadata", {}), "name": address.name}
        if address.namespace:
            metadata["namespace"] = address.namespace
        body = {**values, "apiVersion": address.kind.api_version, "kind": address.kind.name, "metadata": metadata}
        return self._connection.call(
            "PATCH",
            self._resource(address, dry_run).path(address.name, address.namespace),
            query=query,
            body=body,
            content_type="application/apply-patch+yaml",
        )

    def settle(self, address: Address, values: dict[str, Any], live: dict[str, Any], limit_s: float) -> dict[str, Any]:
        """Wait until an applied object is ready; returns it as it is then. Raises NotReady."""
        if address.kind.patch or annotation(values, "pulumi.com/skipAwait") == "true":
            return live
        if not readiness.is_awaited(address.kind.name):
            return live
        current = live

        def missing() -> str:
            nonlocal current
            waits_for = readiness.missing(current, self._connection.get)
            if waits_for:
                current = self.get(address) or current
                waits_for = readiness.missing(current, self._connection.get)
            return waits_for

        limit = limit_s or float(annotation(values, "pulumi.com/timeoutSeconds") or _PATIENCE_S)
        try:
            until(missing, limit, self._cancelled)
        except TimedOut as late:
            raise NotReady(f"{address} is not ready after {limit:.0f} s: {late}", current) from late
        except readiness.Failed as failed:
            raise NotReady(f"{address} failed: {failed}", current) from failed
        return current

    def delete(self, address: Address, state: dict[str, Any], limit_s: float) -> None:
        """Delete an object and what it owns, and wait until it is gone. Gone already is fine."""
        resource = self._discovery.find(address.kind)
        if resource is None:
            return
        path = resource.path(address.name, address.namespace)
        policy = _PROPAGATION.get(annotation(state, "pulumi.com/deletionPropagationPolicy").lower(), "Foreground")
        uid = state.get("metadata", {}).get("uid")
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": policy,
            # An object that somebody made anew under the same name is not ours to delete.
            **({"preconditions": {"uid": uid}} if uid else {}),
        }
        try:
            self._connection.call("DELETE", path, body=body)
        except ApiError as problem:
            if problem.code == 404:
                return
            if problem.code == 409 and "uid" in problem.message.lower():
                raise Refused(
                    f"cannot delete {address}",
                    why="it was deleted and made anew by somebody else since the last run",
                    next_step="run `pulumi refresh`, then decide whether it may go",
                ) from problem
            raise explain(problem, f"delete {address}") from problem
        self._await_gone(address, path, limit_s or _PATIENCE_S)

    def release(self, address: Address, manager: str) -> None:
        """Give up every field that `manager` owns, without deleting the object."""
        try:
            self.apply(address, {}, manager)
        except ApiError as problem:
            if problem.code != 404:
                raise explain(problem, f"give up the fields of {address}") from problem

    def remembered(self, live: dict[str, Any], manager: str, kind: Kind) -> dict[str, Any]:
        """What the state keeps of a live object."""
        metadata = {key: item for key, item in live.get("metadata", {}).items() if key != "managedFields"}
        return {
            **live,
            "metadata": metadata,
            ownership.STATE_KEY: manager,
            "__initialApiVersion": kind.api_version,
        }

    def _resource(self, address: Address, dry_run: bool) -> Resource:
        found = self._discovery.find(address.kind)
        if found or dry_run:
            if found:
                return found
            raise ApiError(404, "NotFound", f"the API server does not serve {address.kind}")
        try:
            # A CRD that this run has just made is served a moment later.
            until(
                lambda: "" if self._discovery.find(address.kind) else "the kind is not served",
                _KIND_APPEARS_S,
                self._cancelled,
            )
        except TimedOut as late:
            raise ApiError(404, "NotFound", f"the API server does not serve {address.kind}") from late
        found = self._discovery.find(address.kind)
        assert found is not None
        return found

    def _await_gone(self, address: Address, path: str, limit_s: float) -> None:
        last: dict[str, Any] = {}

        def still_there() -> str:
            nonlocal last
            try:
                last = self._connection.get(path)
            except ApiError as problem:
                if problem.code == 404:
                    return ""
                raise explain(problem, f"see whether {address} is gone") from problem
            return "it is still there"

        try:
            until(still_there, limit_s, self._cancelled)
        except TimedOut as late:
            raise Unavailable(
                f"{address} is not gone after {limit_s:.0f} s",
                why=_what_holds(last),
                next_step="see what still uses it, then run the same command again",
            ) from late


def read_inputs(inputs: dict[str, Any], state: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """The inputs after a refresh or import: as written where the object did not change, else as it is now."""
    if not inputs:
        return imported(live)
    carried: dict[str, Any] = carried_over(inputs, stable(state), stable(live))
    texts = inputs.get("stringData")
    if live.get("kind") == "Secret" and isinstance(texts, dict):
        # The API keeps them as data, so their drift shows only there.
        carried["stringData"] = {
            key: _decoded(live.get("data", {}).get(key))
            if live.get("data", {}).get(key) != state.get("data", {}).get(key)
            else text
            for key, text in texts.items()
        }
    for key in ("apiVersion", "kind"):
        carried[key] = inputs.get(key, live.get(key))
    return carried


def imported(live: dict[str, Any]) -> dict[str, Any]:
    """Inputs for an object that somebody else made: all of it that is not the API server's own."""
    inputs = stable(live)
    metadata = inputs["metadata"]
    for field, system in (("labels", _SYSTEM_LABELS), ("annotations", _SYSTEM_ANNOTATIONS)):
        kept = {key: item for key, item in metadata.get(field, {}).items() if key not in system}
        metadata.pop(field, None)
        if kept:
            metadata[field] = kept
    return inputs


def _decoded(data: Any) -> str:
    try:
        return base64.b64decode(str(data or "")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _what_holds(live: dict[str, Any]) -> str:
    for condition in live.get("status", {}).get("conditions", []):
        if condition.get("status") == "True" and "Remaining" in str(condition.get("type")):
            return str(condition.get("message"))
    finalizers = live.get("metadata", {}).get("finalizers") or live.get("spec", {}).get("finalizers")
    return f"its finalizers are not done: {', '.join(finalizers)}" if finalizers else "the API server keeps it"

"""When an object is ready for use, as the official plugin waits for it (pulumi.com/skipAwait leaves it out)."""

from collections.abc import Callable
from typing import Any

Get = Callable[[str, dict[str, str]], dict[str, Any]]


class Failed(Exception):
    """It will not become ready however long we wait."""


def missing(live: dict[str, Any], get: Get) -> str:
    """What an object still waits for, '' when it is ready. Raises Failed. `get` asks the API (path, query)."""
    judge = _JUDGES.get(str(live.get("kind")))
    return judge(live, get) if judge else ""


def is_awaited(kind: str) -> bool:
    """Whether objects of this kind become ready only some time after they are made."""
    return kind in _JUDGES


def _conditions(live: dict[str, Any]) -> list[dict[str, Any]]:
    # The API writes an empty list as null here and there.
    return live.get("status", {}).get("conditions") or []


def _deployment(live: dict[str, Any], get: Get) -> str:
    status, wanted = live.get("status", {}), live.get("spec", {}).get("replicas", 1)
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "the controller has not seen it yet"
    for condition in _conditions(live):
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise Failed(condition.get("message", "its progress deadline is over"))
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            raise Failed(condition.get("message", "its pods cannot be made"))
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted or available < wanted or status.get("replicas", 0) > wanted:
        return f"{min(updated, available)} of {wanted} pods are available"
    return ""


def _stateful_set(live: dict[str, Any], get: Get) -> str:
    status, wanted = live.get("status", {}), live.get("spec", {}).get("replicas", 1)
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "the controller has not seen it yet"
    ready = min(status.get("readyReplicas", 0), status.get("updatedReplicas", status.get("readyReplicas", 0)))
    return "" if ready >= wanted else f"{ready} of {wanted} pods are ready"


def _daemon_set(live: dict[str, Any], get: Get) -> str:
    status = live.get("status", {})
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "the controller has not seen it yet"
    wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    return "" if min(ready, status.get("updatedNumberScheduled", 0)) >= wanted else f"{ready} of {wanted} pods run"


def _job(live: dict[str, Any], get: Get) -> str:
    for condition in _conditions(live):
        if condition["type"] == "Failed" and condition["status"] == "True":
            raise Failed(condition.get("message") or "the job failed")
        if condition["type"] == "Complete" and condition["status"] == "True":
            return ""
    return "the job is not complete"


def _pod(live: dict[str, Any], get: Get) -> str:
    status = live.get("status", {})
    if status.get("phase") == "Failed":
        raise Failed(status.get("message") or "the pod failed")
    if status.get("phase") == "Succeeded":
        return ""
    conditions = {condition["type"]: condition for condition in _conditions(live)}
    if conditions.get("Ready", {}).get("status") == "True":
        return ""
    scheduled = conditions.get("PodScheduled", {})
    return str(scheduled.get("message") or "the pod is not ready")


def _service(live: dict[str, Any], get: Get) -> str:
    spec, metadata = live.get("spec", {}), live["metadata"]
    if spec.get("type") == "LoadBalancer" and not live.get("status", {}).get("loadBalancer", {}).get("ingress"):
        return "no load balancer has given it an address"
    if not spec.get("selector") or spec.get("clusterIP") == "None" or spec.get("type") == "ExternalName":
        return ""
    path = f"/apis/discovery.k8s.io/v1/namespaces/{metadata['namespace']}/endpointslices"
    slices = get(path, {"labelSelector": f"kubernetes.io/service-name={metadata['name']}"}).get("items") or []
    ready = any(
        endpoint.get("conditions", {}).get("ready", True)
        for entry in slices
        for endpoint in entry.get("endpoints") or ()
    )
    return "" if ready else "no pod that it selects is ready"


def _claim(live: dict[str, Any], get: Get) -> str:
    phase = live.get("status", {}).get("phase")
    if phase == "Bound":
        return ""
    name = live.get("spec", {}).get("storageClassName")
    if name:
        found = get("/apis/storage.k8s.io/v1/storageclasses", {"fieldSelector": f"metadata.name={name}"})
        if any(entry.get("volumeBindingMode") == "WaitForFirstConsumer" for entry in found.get("items") or []):
            return ""
    return f"the claim is {phase or 'new'}, not bound"


def _namespace(live: dict[str, Any], get: Get) -> str:
    phase = live.get("status", {}).get("phase")
    return "" if phase == "Active" else f"the namespace is {phase or 'new'}"


def _quota(live: dict[str, Any], get: Get) -> str:
    wanted = live.get("spec", {}).get("hard", {})
    return "" if live.get("status", {}).get("hard", {}) == wanted else "the quota controller has not counted yet"


def _definition(live: dict[str, Any], get: Get) -> str:
    conditions = {entry["type"]: entry for entry in _conditions(live)}
    if conditions.get("NamesAccepted", {}).get("status") == "False":
        raise Failed(conditions["NamesAccepted"].get("message", "its names are taken"))
    return "" if conditions.get("Established", {}).get("status") == "True" else "the kind is not served yet"


_JUDGES: dict[str, Callable[[dict[str, Any], Get], str]] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "Pod": _pod,
    "Service": _service,
    "PersistentVolumeClaim": _claim,
    "Namespace": _namespace,
    "ResourceQuota": _quota,
    "CustomResourceDefinition": _definition,
}

"""The provider's own inputs, under the official plugin's names."""

import json
from dataclasses import dataclass, field
from typing import Any

from infra.standin.kubernetes import kubeconfig
from infra.standin.kubernetes.wire import UNKNOWN
from isthmus.errors import BadInput, IsthmusError

_TEXTS = ("kubeconfig", "context", "cluster", "namespace", "clusterIdentifier")
_SWITCHES = (
    "deleteUnreachable",
    "skipUpdateUnreachable",
    "enableConfigMapMutable",
    "enableSecretMutable",
    "enablePatchForce",
    "upsertExistingObjects",
)
_WITHOUT_EFFECT = ("suppressDeprecationWarnings", "suppressHelmHookWarnings", "version", "pluginDownloadURL")
_CLIENT_SETTINGS = frozenset({"burst", "qps", "timeout"})


@dataclass(frozen=True)
class Settings:
    """How one provider instance works. `access` is None while the kubeconfig is not known yet (in a preview)."""

    access: kubeconfig.Access | None
    kubeconfig: str = field(default="", repr=False)
    context: str = ""
    cluster: str = ""
    cluster_identifier: str = ""
    namespace: str = "default"
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    configmaps_mutable: bool = False
    secrets_mutable: bool = False
    force: bool = False
    upsert: bool = False
    request_timeout_s: float = 30


def problems(values: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the provider's inputs: a sentence per property."""
    found: dict[str, str] = {}
    known = {*_TEXTS, *_SWITCHES, *_WITHOUT_EFFECT, "enableServerSideApply", "kubeClientSettings"}
    for name in sorted(set(values) - known):
        found[name] = (
            f"the stand-in Kubernetes provider does not serve '{name}': leave it out, or install the official plugin"
        )
    if _switch(values, "enableServerSideApply", default=True) is False:
        found["enableServerSideApply"] = (
            "the stand-in Kubernetes provider works by server-side apply only: leave this out"
        )
    if not values.get("kubeconfig"):
        found["kubeconfig"] = (
            "the provider has no kubeconfig, and the stand-in takes no credentials from its surroundings: "
            "pass kubeconfig= (contents or a path) to kubernetes.Provider"
        )
    for name in _SWITCHES:
        if _switch(values, name) is None:
            found[name] = f"'{name}' is true or false, not {values[name]!r}"
    client = _object(values.get("kubeClientSettings"))
    if client is None or not set(client) <= _CLIENT_SETTINGS:
        found["kubeClientSettings"] = f"kubeClientSettings takes {', '.join(sorted(_CLIENT_SETTINGS))}"
    if not found and not any(values.get(name) is UNKNOWN for name in _TEXTS):
        try:
            _access(values)
        except BadInput as problem:
            found["kubeconfig"] = sentence(problem)
    return found


def read(values: dict[str, Any]) -> Settings:
    """The settings from checked inputs. Raises BadInput."""
    wrong = problems(values)
    if wrong:
        raise BadInput(next(iter(wrong.values())))
    unknown = any(values.get(name) is UNKNOWN for name in _TEXTS)
    access = None if unknown else _access(values)
    texts = {name: "" if values.get(name) is UNKNOWN else str(values.get(name) or "") for name in _TEXTS}
    client = _object(values.get("kubeClientSettings")) or {}
    return Settings(
        access=access,
        kubeconfig=texts["kubeconfig"],
        context=texts["context"],
        cluster=texts["cluster"],
        cluster_identifier=texts["clusterIdentifier"],
        namespace=texts["namespace"] or (access.namespace if access else "default"),
        delete_unreachable=bool(_switch(values, "deleteUnreachable")),
        skip_update_unreachable=bool(_switch(values, "skipUpdateUnreachable")),
        configmaps_mutable=bool(_switch(values, "enableConfigMapMutable")),
        secrets_mutable=bool(_switch(values, "enableSecretMutable")),
        force=bool(_switch(values, "enablePatchForce")),
        upsert=bool(_switch(values, "upsertExistingObjects")),
        request_timeout_s=float(client.get("timeout") or 30),
    )


def reaches_another_cluster(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the change of inputs means another cluster, so that every resource must be made anew there.

    As in the official plugin, `clusterIdentifier` decides where it is given;
    without it, the server's address does.
    """
    if old.get("clusterIdentifier") or new.get("clusterIdentifier"):
        return bool(old.get("clusterIdentifier") != new.get("clusterIdentifier"))
    if any(values.get(name) is UNKNOWN for values in (old, new) for name in _TEXTS):
        return False
    try:
        return _access(old).server != _access(new).server
    except BadInput:
        return False


def sentence(problem: Exception) -> str:
    """An error as one line: what, why, next step."""
    if not isinstance(problem, IsthmusError):
        return " ".join(str(problem).split())
    parts = [problem.what, f", because {problem.why}" if problem.why else ""]
    parts.append(f"; next: {problem.next_step}" if problem.next_step else "")
    return " ".join("".join(parts).split())


def _access(values: dict[str, Any]) -> kubeconfig.Access:
    return kubeconfig.read(
        str(values["kubeconfig"]), str(values.get("context") or ""), str(values.get("cluster") or "")
    )


def _switch(values: dict[str, Any], name: str, default: bool = False) -> bool | None:
    """A boolean, which the SDK sends as JSON text; None where it is neither."""
    value = values.get(name)
    if value is None or value is UNKNOWN or value == "":
        return default
    return {"true": True, "false": False}.get(str(value).lower())


def _object(value: Any) -> dict[str, Any] | None:
    if value is None or value is UNKNOWN or value == "":
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else None

"""What differs between two objects, and what of it cannot change in place. Pure functions."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from infra.standin.kubernetes.connection import ApiError
from infra.standin.kubernetes.settings import Settings
from infra.standin.kubernetes.tokens import Kind
from infra.standin.kubernetes.wire import Path

_MISSING = object()
_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")
# The API has no machine-readable word for "cannot change in place"; these are its phrases (validation of 1.36).
_IMMUTABLE = re.compile(
    r"immutable|may not change|may not be (changed|updated)|not be changed|cannot (be )?change"
    r"|updates to .* (are|is) forbidden|cannot be updated|field is not allowed to be changed",
    re.IGNORECASE,
)
_VOLATILE = frozenset({"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"})
_IDENTITY: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))
_FIXED: dict[tuple[str, str], tuple[Path, ...]] = {
    ("apps", "Deployment"): (("spec", "selector"),),
    ("apps", "DaemonSet"): (("spec", "selector"),),
    ("apps", "StatefulSet"): (
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "volumeClaimTemplates"),
        ("spec", "podManagementPolicy"),
    ),
    ("batch", "Job"): (("spec", "selector"), ("spec", "template"), ("spec", "completionMode")),
    ("storage.k8s.io", "StorageClass"): (
        ("provisioner",),
        ("parameters",),
        ("reclaimPolicy",),
        ("volumeBindingMode",),
    ),
    ("scheduling.k8s.io", "PriorityClass"): (("value",), ("preemptionPolicy",)),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("", "PersistentVolumeClaim"): (
        ("spec", "storageClassName"),
        ("spec", "accessModes"),
        ("spec", "volumeName"),
        ("spec", "volumeMode"),
        ("spec", "selector"),
    ),
    ("", "Secret"): (("type",),),
}


class Change(IntEnum):
    """As in Pulumi's protocol (PropertyDiff.Kind)."""

    ADD = 0
    DELETE = 2
    UPDATE = 4


@dataclass(frozen=True)
class Difference:
    """One path that differs; `replace` when the object must be made anew for it."""

    path: Path
    change: Change
    replace: bool = False

    @property
    def text(self) -> str:
        """The path as Pulumi writes it."""
        written = ""
        for step in self.path:
            if isinstance(step, int):
                written += f"[{step}]"
            elif _PLAIN_KEY.fullmatch(step):
                written += f".{step}" if written else step
            else:
                written += f'["{step}"]'
        return written


def between(old: Any, new: Any, path: Path = ()) -> list[Difference]:
    """Every path that differs; of lists of unlike length, the list as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        found: list[Difference] = []
        for key in sorted(old.keys() | new.keys()):
            if key not in old:
                found.append(Difference((*path, key), Change.ADD))
            elif key not in new:
                found.append(Difference((*path, key), Change.DELETE))
            else:
                found += between(old[key], new[key], (*path, key))
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [entry for index in range(len(old)) for entry in between(old[index], new[index], (*path, index))]
    return [] if old == new and type(old) is type(new) else [Difference(path, Change.UPDATE)]


def fixed_paths(kind: Kind, settings: Settings) -> tuple[Path, ...]:
    """Paths of a kind that cannot change in place, or, as in the official plugin, are not changed in place."""
    if kind.patch:
        return _IDENTITY
    extra: tuple[Path, ...] = ()
    if kind.api_version == "v1" and (
        (kind.name == "ConfigMap" and not settings.configmaps_mutable)
        or (kind.name == "Secret" and not settings.secrets_mutable)
    ):
        extra = (("data",), ("binaryData",), ("stringData",))
    return _IDENTITY + _FIXED.get((kind.group, kind.name), ()) + extra


def refused_paths(problem: ApiError) -> list[Path]:
    """The fields that, says the API server, cannot change in place; none if it refuses for other reasons."""
    if problem.code not in (422, 403):
        return []
    causes = [cause for cause in problem.causes if _IMMUTABLE.search(cause.message)]
    if not causes and _IMMUTABLE.search(problem.message):
        return [("spec",)]
    # One genuine mistake among them must be told, not hidden behind a replacement.
    return [_path(cause.field) for cause in causes] if len(causes) == len(problem.causes) else []


def with_replacements(differences: list[Difference], fixed: list[Path] | tuple[Path, ...]) -> list[Difference]:
    """Mark those differences that lie in, or hold, a path that cannot change in place."""
    return [
        Difference(entry.path, entry.change, any(_touches(entry.path, path) for path in fixed)) for entry in differences
    ]


def that_touch(differences: list[Difference], changed: list[Difference]) -> list[Difference]:
    """Those differences of the inputs that the API server's own answer bears out."""
    return [entry for entry in differences if any(_touches(entry.path, other.path) for other in changed)]


def stable(value: dict[str, Any]) -> dict[str, Any]:
    """An object without what the API server changes by itself."""
    kept = {key: item for key, item in value.items() if key != "status" and not key.startswith("__")}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {key: item for key, item in metadata.items() if key not in _VOLATILE}
    return kept


def carried_over(inputs: Any, before: Any, now: Any) -> Any:
    """The inputs as the live object has them: changed only where the object changed since `before`.

    Comparing live with what was last seen, not with the inputs, keeps
    rewritten quantities ("1000m", "1") from looking like drift.
    """
    if _same(before, now):
        return inputs
    if isinstance(inputs, dict) and isinstance(before, dict) and isinstance(now, dict):
        carried = {
            key: carried_over(item, before.get(key, _MISSING), now.get(key, _MISSING)) for key, item in inputs.items()
        }
        return {key: item for key, item in carried.items() if item is not _MISSING}
    if (
        isinstance(inputs, list)
        and isinstance(before, list)
        and isinstance(now, list)
        and len(inputs) == len(before) == len(now)
    ):
        return [carried_over(*entries) for entries in zip(inputs, before, now, strict=True)]
    return now


def _same(before: Any, now: Any) -> bool:
    return before is now if _MISSING in (before, now) else bool(before == now)


def _touches(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _path(field: str) -> Path:
    steps: list[str | int] = []
    for name, index, key in re.findall(r"([^.\[\]]+)|\[(\d+)\]|\[([^\]]+)\]", field):
        if name:
            steps.append(name)
        elif index:
            steps.append(int(index))
        else:
            steps.append(key)
    return tuple(steps) or ("spec",)

"""A stack's exported deployment as a value: what is in it, and careful edits of it. Pure.

Format: Pulumi's deployment, version 3 (`pulumi stack export`).
"""

import copy
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STACK = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_COPIED = (
    "urn", "custom", "type", "parent", "protect", "dependencies", "provider", "propertyDependencies",
    "additionalSecretOutputs", "aliases", "customTimeouts", "retainOnDelete", "ignoreChanges",
)  # fmt: skip


@dataclass(frozen=True)
class Pending:
    """An operation that was under way when the engine ended without saying how it went."""

    kind: str
    resource: Mapping[str, Any]

    @property
    def urn(self) -> str:
        return str(self.resource["urn"])


def resources(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((document.get("deployment") or {}).get("resources") or [])


def pending(document: Mapping[str, Any]) -> tuple[Pending, ...]:
    """What was cut short, in order."""
    operations = (document.get("deployment") or {}).get("pending_operations") or []
    return tuple(Pending(str(o["type"]), o["resource"]) for o in operations if o.get("resource"))


def own(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources that exist outside: no components, no providers, nothing on its way out."""
    return [
        r
        for r in resources(document)
        if r.get("custom") and not r.get("delete") and not r["type"].startswith(PROVIDERS)
    ]


def count_by_type(document: Mapping[str, Any]) -> Counter[str]:
    return Counter(str(r["type"]) for r in own(document))


def name_of(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def providers(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Inputs of every provider by its reference (`URN::id`), as resources name it."""
    found = [r for r in resources(document) if r["type"].startswith(PROVIDERS)]
    return {f"{r['urn']}::{r.get('id', '')}": (r.get("inputs") or {}) for r in found}


def identities(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The Keystone addresses the stack was made against, as its providers remember them."""
    urls = (inputs.get("authUrl") for inputs in providers(document).values())
    return tuple(dict.fromkeys(url for url in urls if isinstance(url, str) and url))


def taken_ids(document: Mapping[str, Any], token: str) -> frozenset[str]:
    """Ids that resources of this type already hold."""
    return frozenset(str(r.get("id")) for r in resources(document) if r["type"] == token and r.get("id"))


def adopted(resource: Mapping[str, Any], resource_id: str) -> dict[str, Any]:
    """A resource's state as if it had been made from `resource`'s inputs: a refresh then brings what is really there.

    Values that the engine shows only as `[secret]` are left out: they count as
    not yet set. Outputs start as the inputs, since some providers cannot read
    everything back by the id alone.
    """
    inputs = _without_blinded(copy.deepcopy(dict(resource.get("inputs") or {})))
    made = {key: copy.deepcopy(resource[key]) for key in _COPIED if resource.get(key)}
    return made | {"custom": True, "id": resource_id, "inputs": inputs, "outputs": _without_marks(inputs)}


def component(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A component's (or the stack's) own entry."""
    return {key: copy.deepcopy(resource[key]) for key in _COPIED if resource.get(key)} | {"custom": False}


def edited(
    document: Mapping[str, Any], add: Iterable[Mapping[str, Any]] = (), settled: Iterable[str] = ()
) -> dict[str, Any]:
    """The document with `add` at the end, in order, and the pending operations of URNs in `settled` gone.

    A resource that is there already under the same URN is on its way out: it
    was being replaced. Dependencies on what the state does not have are left
    out: the next `up` writes them anew.
    """
    result = copy.deepcopy(dict(document))
    deployment = result["deployment"]
    rows = list(deployment.get("resources") or [])
    for new in add:
        for row in rows:
            if row["urn"] == new["urn"] and not row.get("delete"):
                row["delete"] = True
        rows.append(_with_known_dependencies(new, {row["urn"] for row in rows}))
    done = set(settled)
    left = [o for o in deployment.get("pending_operations") or [] if (o.get("resource") or {}).get("urn") not in done]
    deployment["resources"] = rows
    if left:
        deployment["pending_operations"] = left
    else:
        deployment.pop("pending_operations", None)
    return result


def _with_known_dependencies(row: Mapping[str, Any], there: set[str]) -> dict[str, Any]:
    result = dict(row)
    if "dependencies" in result:
        result["dependencies"] = [urn for urn in result["dependencies"] if urn in there]
    if "propertyDependencies" in result:
        by_property = result["propertyDependencies"].items()
        result["propertyDependencies"] = {k: [urn for urn in urns or [] if urn in there] for k, urns in by_property}
    return result


def unprotected(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with every protection lifted: only a guarded `down` asks for it."""
    result = copy.deepcopy(dict(document))
    for row in resources(result):
        row.pop("protect", None)
    return result


def _without_blinded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_blinded(v) for k, v in value.items() if not _blinded(v)}
    if isinstance(value, list):
        return [_without_blinded(item) for item in value]
    return value


def _blinded(value: Any) -> bool:
    if isinstance(value, dict) and _SIGNATURE in value:
        return value.get("ciphertext") == "[secret]" or "plaintext" in value
    return bool(value == "[secret]")


def _without_marks(value: Any) -> Any:
    """Without the bridge's own notes about which inputs it filled in."""
    if isinstance(value, dict):
        return {k: _without_marks(v) for k, v in value.items() if k != "__defaults"}
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    return copy.deepcopy(value)

"""Who owns which fields of an object: server-side apply's field managers."""

import hashlib
import re
from typing import Any

from infra.standin.kubernetes.connection import ApiError
from isthmus.errors import Refused

STATE_KEY = "__fieldManager"
ADOPTING = "ISTHMUS_ADOPTING"
"""Set in the environment of a preview that only asks what would be created: what exists is then no refusal."""
_CONFLICT = re.compile(r'conflicts? with "([^"]+)"')


def manager(urn: str, state: dict[str, Any]) -> str:
    """The field manager of a resource: the one in its state, else one that follows from its URN.

    As it follows from the URN, a run that was killed between the API's
    create and the state's write knows its own object again, and no other
    stack's.
    """
    return str(state.get(STATE_KEY) or f"isthmus-{hashlib.sha256(urn.encode()).hexdigest()[:16]}")


def applied_by(live: dict[str, Any], name: str) -> bool:
    """Whether field manager `name` has applied this object."""
    return any(
        entry.get("manager") == name and entry.get("operation") == "Apply"
        for entry in live.get("metadata", {}).get("managedFields", [])
    )


def managers(live: dict[str, Any]) -> list[str]:
    """Everybody who owns fields of an object, each once."""
    entries = live.get("metadata", {}).get("managedFields", [])
    return sorted({str(entry.get("manager", "")) for entry in entries if entry.get("subresource") != "status"})


def is_conflict(problem: ApiError) -> bool:
    """Whether an apply was refused because others own the fields."""
    return problem.code == 409 and any(cause.reason == "FieldManagerConflict" for cause in problem.causes)


def conflict(problem: ApiError, what: str) -> Refused:
    """The sentence for fields that others own."""
    owners: dict[str, list[str]] = {}
    for cause in problem.causes:
        named = _CONFLICT.search(cause.message)
        owners.setdefault(named.group(1) if named else "another manager", []).append(cause.field.lstrip("."))
    whose = "; ".join(f"'{owner}' owns {', '.join(sorted(fields))}" for owner, fields in sorted(owners.items()))
    return Refused(
        f"cannot {what}",
        why=f"other field managers own what would change: {whose}",
        next_step="let the program say what they say, or take these fields over with the annotation "
        'pulumi.com/patchForce: "true" (or enable_patch_force of the provider)',
    )


def exists_already(what: str, identity: str, live: dict[str, Any]) -> Refused:
    """The sentence for an object that somebody else made."""
    by = ", ".join(managers(live)) or "somebody else"
    return Refused(
        f"cannot create {what}: it exists already",
        why=f"it was made by {by}, not by this resource",
        next_step=f"adopt it (`isthmus adopt`, or import id '{identity}'), or choose another name",
    )

"""What a stack's state says was applied: resource names, and a digest and fields per thing.

The Pulumi program keeps `things` in every stack (`infra.record`), so that the state itself,
wherever it is kept, tells what each thing looked like when it was last
applied. Reading it needs no engine when the backend is a folder.
"""

import dataclasses
import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from isthmus.derive.thing import Reach, Thing
from isthmus.errors import Unavailable

OUTPUT = "things"
_NOT_CONTENT = {"key", "what", "because", "reach", "holds_data"}


@dataclass(frozen=True)
class Applied:
    """One thing as it was last applied."""

    what: str
    fields: dict[str, str]
    reach: Reach = field(default_factory=Reach)
    holds_data: bool = False


@dataclass(frozen=True)
class Recorded:
    """A stack's state: names of its resources, what was applied, and creates that were cut short."""

    resources: frozenset[str]
    things: dict[str, Applied]
    pending: tuple[str, ...] = ()

    def has(self, key: str) -> bool:
        """Whether any resource of the thing is in the state."""
        return key in self.resources or any(name.startswith(f"{key}/") for name in self.resources)


def fields_of(thing: Thing) -> dict[str, str]:
    """A thing's content as flat text fields: what two plans compare and show; things inside it speak for themselves."""
    values = {f.name: getattr(thing, f.name) for f in dataclasses.fields(thing) if f.name not in _NOT_CONTENT}
    return {name: _text(value) for name, value in values.items() if not isinstance(value, Thing)}


def _text(value: object) -> str:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{f.name}={_text(getattr(value, f.name))}" for f in dataclasses.fields(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_text(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    return str(value)


def output_of(things: Iterable[Thing]) -> dict[str, Any]:
    """The value the Pulumi program keeps as `things`. Long fields are kept by digest only."""
    return {
        t.key: {
            "what": t.what,
            "fields": {k: shortened(v) for k, v in fields_of(t).items()},
            "reach": dataclasses.asdict(t.reach),
            "holds_data": t.holds_data,
        }
        for t in things
    }


def _applied(told: dict[str, Any]) -> Applied:
    reach = told.get("reach") or {}
    return Applied(
        told["what"],
        dict(told["fields"]),
        Reach(tuple(reach.get("sites", ())), tuple(reach.get("tenants", ())), bool(reach.get("interrupts"))),
        bool(told.get("holds_data")),
    )


def shortened(text: str) -> str:
    return text if len(text) <= 300 else text[:240] + "… sha256:" + hashlib.sha256(text.encode()).hexdigest()[:16]


def read_recorded(backend_url: str, stack: str) -> Recorded | None:
    """The stack's state from a `file://` backend; None where it was never brought up."""
    folder = Path(unquote(urlparse(backend_url).path)) / ".pulumi" / "stacks" / "isthmus"
    for name, opened in (
        (f"{stack}.json", Path.read_bytes),
        (f"{stack}.json.gz", lambda p: gzip.decompress(p.read_bytes())),
    ):
        path = folder / name
        if path.exists():
            try:
                return parse_checkpoint(json.loads(opened(path)))
            except (ValueError, OSError, KeyError, TypeError) as problem:
                raise Unavailable(
                    f"the state of stack {stack} cannot be read",
                    why=str(problem),
                    next_step=f"restore {path} from its backup, or rebuild it: isthmus adopt --lost-state {stack}",
                ) from None
    return None


def parse_checkpoint(document: dict[str, Any]) -> Recorded:
    """A Pulumi checkpoint or exported deployment -> Recorded."""
    deployment = document.get("checkpoint", {}).get("latest") or document.get("deployment") or {}
    resources = deployment.get("resources") or []
    names = frozenset(r["urn"].rsplit("::", 1)[1] for r in resources if r.get("custom") and not r.get("delete"))
    things: dict[str, Applied] = {}
    for resource in resources:
        if resource.get("type") == "isthmus:index:Record":
            exported = (resource.get("outputs") or {}).get(OUTPUT) or {}
            things = {k: _applied(v) for k, v in exported.items()}
    pending = tuple(
        o["resource"]["urn"].rsplit("::", 1)[1]
        for o in deployment.get("pending_operations") or []
        if o.get("type") == "creating"
    )
    return Recorded(names, things, pending)

"""What stands: stacks as their state tells it, and on request whether the clouds agree."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from isthmus.errors import IsthmusError
from isthmus.run import checkpoint, faults
from isthmus.run.finders import Search, Wanted
from isthmus.run.pulumi import EngineFailed, Pulumi

Live = Literal["", "there", "gone", "not asked"]


@dataclass(frozen=True)
class Standing:
    """One resource of a stack. `live` says what the cloud's listing shows, where it was asked."""

    stack: str
    name: str
    kind: str
    id: str
    protected: bool
    live: Live = ""

    def as_json(self) -> dict[str, Any]:
        told = {"stack": self.stack, "name": self.name, "kind": self.kind, "id": self.id, "protected": self.protected}
        return told | ({"live": self.live} if self.live else {})


def documents(pulumi: Pulumi, stacks: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """Each stack's exported state; None for one that was never brought up."""
    try:
        there = set(pulumi.stacks())
        with ThreadPoolExecutor(max_workers=4) as pool:
            found = pool.map(lambda s: pulumi.export(s) if s in there else None, stacks)
            return dict(zip(stacks, found, strict=True))
    except EngineFailed as failed:
        raise faults.explain_command("", failed) from None


def standing(stack: str, document: Mapping[str, Any], search: Search | None = None) -> list[Standing]:
    """The stack's resources; with `search`, each is asked for by the APIs too."""
    rows = checkpoint.own(document)
    with ThreadPoolExecutor(max_workers=8) as pool:
        try:
            lives: list[Live] = list(pool.map(lambda r: _live(r, document, search), rows))
        except IsthmusError:
            raise
        except Exception as problem:
            raise faults.lookup_failed(search.cloud if search else None, problem) from None
    return [
        Standing(
            stack=stack,
            name=checkpoint.name_of(row["urn"]),
            kind=str(row["type"]).rsplit(":", 1)[-1],
            id=str(row.get("id", "")),
            protected=bool(row.get("protect")),
            live=live,
        )
        for row, live in zip(rows, lives, strict=True)
    ]


def _live(row: Mapping[str, Any], document: Mapping[str, Any], search: Search | None) -> Live:
    if search is None:
        return ""
    if not search.serves(str(row["type"])):
        return "not asked"
    owner = checkpoint.providers(document).get(str(row.get("provider")), {})
    found = search.every(Wanted(str(row["type"]), row.get("inputs") or {}, owner))
    return "there" if any(f.id == str(row.get("id")) for f in found) else "gone"

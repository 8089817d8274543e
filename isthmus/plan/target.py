"""What a plan is compared with: the state of the target that is set up, or nothing where none is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from isthmus.access import NoAccess, find_access
from isthmus.ledger.entries import Resolved
from isthmus.plan.recorded import Recorded, parse_checkpoint, read_recorded


@dataclass(frozen=True)
class Target:
    """How the stacks' recorded states are read, and the comparison in words."""

    read: Callable[[str], Recorded | None]
    words: str


def target_of(resolved: Resolved, folder: Path, access_folder: Path | None) -> Target:
    """The target that is set up. A state in a folder is read without the engine, any other through it.

    Raises what `find_access` does where a target is named and cannot be used: that everything is new would be untrue.
    """
    try:
        access = find_access(resolved.federation.name, access_folder)
    except NoAccess:
        return Target(lambda stack: None, "nothing: no target is set up, so everything is new")
    words = f"the recorded state ({access.words()})"
    if access.backend_url.startswith("file://"):
        return Target(lambda stack: read_recorded(access.backend_url, stack), words)
    return Target(_through_engine(resolved, folder, access_folder), words)


def _through_engine(resolved: Resolved, folder: Path, access_folder: Path | None) -> Callable[[str], Recorded | None]:
    from isthmus.progress import Quiet
    from isthmus.run.world import open_engine

    pulumi = open_engine(folder, access_folder, resolved, Quiet())
    made = pulumi.stacks()
    return lambda stack: parse_checkpoint(pulumi.export(stack)) if stack in made else None

"""One stack brought to what the model says: locked, recovered, applied, verified, its state kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from isthmus.derive.site import SiteStack
from isthmus.errors import IsthmusError
from isthmus.run import checkpoint, faults, locks
from isthmus.run.journal import Journal
from isthmus.run.pulumi import EngineFailed, Outcome, Pulumi, Say
from isthmus.run.recover import recover
from isthmus.run.verify import strays
from isthmus.run.world import World

NEW_PASSWORDS = "ISTHMUS_NEW_PASSWORDS"
"""Environment of the Pulumi program: names of users, by commas, that get a fresh password in this run."""


@dataclass(frozen=True)
class Brought:
    """What became of one stack, or what would (`planned`). `changed` lists (operation, resource name)."""

    stack: str
    created: int = 0
    updated: int = 0
    deleted: int = 0
    same: int = 0
    seconds: float = 0.0
    changed: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    planned: bool = False
    error: IsthmusError | None = field(default=None, compare=False)

    @property
    def pending(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "stack": self.stack,
            "result": "failed" if self.error else "planned" if self.planned else "done",
            "created": self.created,
            "updated": self.updated,
            "deleted": self.deleted,
            "same": self.same,
            "seconds": round(self.seconds, 1),
            "changed": [{"operation": op, "resource": name} for op, name in self.changed],
            "notes": list(self.notes),
        }
        if self.error:
            told |= {"error": self.error.what, "why": self.error.why, "next_step": self.error.next_step}
        return told


@dataclass(frozen=True)
class How:
    """What the operator asked for."""

    dry_run: bool = False
    refresh: bool = False
    wait: bool = False
    moved: bool = False


def bring(world: World, stack: str, how: How, journal: Journal, say: Say) -> Brought:
    """Bring one stack. Raises what a user can understand; the state is kept in every case."""
    try:
        if how.dry_run:
            return preview(world, stack, how, say)
        with held(world, stack, how, say):
            return _bring(world, stack, how, journal, say)
    except EngineFailed as failed:
        raise faults.explain_command(stack, failed) from None


def held(world: World, stack: str, how: How, say: Say) -> "Any":
    """A context in which this run alone changes the stack."""
    import contextlib

    pulumi = world.pulumi

    @contextlib.contextmanager
    def both() -> Any:
        with locks.on_this_machine(world.locks, stack, how.wait, say):
            locks.free(
                lambda: locks.holders_in(world.access.backend_url, pulumi.project.name, stack),
                stack,
                how.wait,
                say,
                lambda: pulumi.cancel(stack),
            )
            yield

    return both()


def _bring(world: World, stack: str, how: How, journal: Journal, say: Say) -> Brought:
    pulumi = world.pulumi
    say("looking at the stack's state")
    pulumi.init(stack)
    before = pulumi.export(stack)
    world.check_same_cloud(stack, before, moved=how.moved)
    recovered = recover(pulumi, stack, before, world.search(stack), say)
    if recovered:
        before = pulumi.export(stack)
    notes = (str(recovered),) if recovered else ()
    forgotten = without_password(before)
    if forgotten:
        pulumi = pulumi.with_environment(**{NEW_PASSWORDS: ",".join(forgotten)})
        notes = (*notes, f"new passwords for {', '.join(forgotten)}: nobody can read the old ones")
    outcome = pulumi.up(stack, say, refresh=how.refresh, expected=len(checkpoint.resources(before)))
    outcome = _once_more(world, pulumi, stack, how, outcome, say)
    after = pulumi.export(stack)
    journal.keep_state(stack, after)
    _verify(world, stack, after, outcome, say)
    if not outcome.ok:
        raise faults.explain(stack, outcome)
    return _brought(stack, outcome, (*notes, *_notes(after)))


def without_password(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of users that were adopted: their passwords are in no state."""
    return tuple(
        str((row.get("inputs") or {}).get("name"))
        for row in checkpoint.own(document)
        if row["type"] == "openstack:identity/user:User" and not (row.get("inputs") or {}).get("password")
    )


def _once_more(world: World, pulumi: Pulumi, stack: str, how: How, outcome: Outcome, say: Say) -> Outcome:
    """A lock that came between our look and the engine's: wait for it if asked, clear it if its holder is dead.

    `pulumi` is the one that just ran, with all that this run told it.
    """
    if outcome.ok or locks.MARK not in outcome.words:
        return outcome
    who = locks.holders(outcome.words)
    locks.free(
        lambda: locks.holders_in(world.access.backend_url, pulumi.project.name, stack) or _first(who),
        stack,
        how.wait,
        say,
        lambda: pulumi.cancel(stack),
    )
    return pulumi.up(stack, say, refresh=how.refresh)


def _first(who: tuple[locks.Holder, ...]) -> tuple[locks.Holder, ...]:
    return who[:1]


def _verify(world: World, stack: str, document: Mapping[str, Any], outcome: Outcome, say: Say) -> None:
    """Compare aggregates with nova's listing; where they differ, make the state true and say which host it was."""
    desired = world.desired(stack)
    cloud = world.cloud_of(stack)
    if not isinstance(desired, SiteStack) or desired.zone is None or cloud is None:
        return
    api = world.reached.clouds[cloud.name]
    wanted = {a.name: frozenset(a.hosts) for a in desired.zone.aggregates}
    try:
        found = strays(document, api, wanted if outcome.ok else {})
    except IsthmusError:
        raise
    except Exception as problem:
        if not outcome.ok:
            return
        raise faults.lookup_failed(api, problem) from None
    if not found:
        return
    say("nova lists an aggregate otherwise: making the state true")
    refreshed = world.pulumi.refresh(stack, say, targets=[s.urn for s in found])
    if not refreshed.ok:
        raise faults.explain(stack, refreshed)
    refused = next((s for s in found if s.missing), None)
    if refused:
        raise refused.error(desired.name)


def preview(world: World, stack: str, how: How, say: Say) -> Brought:
    """What `up` would do, from the engine. A stack that was never made is one whose every resource is new."""
    pulumi = world.pulumi
    pulumi.init(stack)
    document = pulumi.export(stack)
    world.check_same_cloud(stack, document, moved=how.moved)
    interrupted = checkpoint.pending(document)
    notes = (f"an earlier run was interrupted: up settles {len(interrupted)} operations first",) if interrupted else ()
    outcome = pulumi.preview(stack, say, refresh=how.refresh)
    if not outcome.ok:
        raise faults.explain(stack, outcome)
    return replace(_brought(stack, outcome, notes), planned=True)


def _brought(stack: str, outcome: Outcome, notes: tuple[str, ...]) -> Brought:
    names = tuple(
        (op, checkpoint.name_of(urn)) for op, urn in outcome.changed if checkpoint.STACK not in urn and op != "read"
    )
    return Brought(
        stack=stack,
        created=outcome.count("create"),
        updated=outcome.count("update", "replace"),
        deleted=outcome.count("delete"),
        same=outcome.count("same"),
        seconds=outcome.seconds,
        changed=names,
        notes=notes,
    )


def _notes(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What the program itself says about the stack."""
    for row in checkpoint.resources(document):
        if row["type"] == checkpoint.STACK:
            told = (row.get("outputs") or {}).get("notes")
            return tuple(map(str, told)) if isinstance(told, list) else ()
    return ()

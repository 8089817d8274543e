"""Adoption stack after stack: a cloud's first, since its sites' things hang on it."""

from collections.abc import Iterator, Sequence
from typing import Any

from isthmus.derive.site import SiteStack
from isthmus.errors import IsthmusError, Unavailable
from isthmus.progress import Reporter, task
from isthmus.run import checkpoint
from isthmus.run.adopt import Adopted, Adopting, adopt
from isthmus.run.journal import Journal, digest_of
from isthmus.run.lost import NotLost
from isthmus.run.stack import How, bring
from isthmus.run.up import forward_interrupts
from isthmus.run.world import World

_SHOWN = 20


def adopt_all(world: World, stacks: Sequence[str], asked: Adopting, reporter: Reporter) -> tuple[Adopted, ...]:
    """Adopt into the stacks in order. With a lost state, each is brought right after, so that the next can read it."""
    name = world.resolved.federation.name
    journal = Journal("adopt", name, world.access.words(), tuple(stacks), digest_of(world.folder))
    results: list[Adopted] = []
    restore = forward_interrupts(world.pulumi.running, reporter)
    try:
        for stack in stacks:
            results.append(_one(world, stack, asked, journal, reporter, results))
    finally:
        restore()
        bad = any(r.error for r in results) or len(results) < len(stacks)
        told: dict[str, Any] = {r.stack: r.as_json() for r in results}
        journal.end("failed" if bad else "done", told)
    if world.pulumi.running.interrupted:
        raise KeyboardInterrupt
    return _settled(results)


def _settled(results: Sequence[Adopted]) -> tuple[Adopted, ...]:
    """A state that was not lost is an error only where no other was lost either."""
    sound = [isinstance(r.error, NotLost) for r in results]
    if all(sound):
        return tuple(results)
    return tuple(Adopted(r.stack, kept=True) if fine else r for r, fine in zip(results, sound, strict=True))


def _one(
    world: World, stack: str, asked: Adopting, journal: Journal, reporter: Reporter, before: Sequence[Adopted]
) -> Adopted:
    try:
        with task(reporter, f"adopt {stack}", 60) as job:
            _check_cloud(world, stack, before)
            result = adopt(world, stack, asked, journal, job.say)
            if asked.lost_state and not asked.dry_run:
                bring(world, stack, How(wait=asked.wait, moved=asked.moved), journal, job.say)
            job.result = f"{len(result.taken)} taken in, {len(result.missing)} not there"
            return result
    except IsthmusError as problem:
        return Adopted(stack, error=problem)


def _check_cloud(world: World, stack: str, before: Sequence[Adopted]) -> None:
    """A site's stack reads what its cloud's has brought: say so before the engine stumbles over it."""
    desired = world.desired(stack)
    if not isinstance(desired, SiteStack) or desired.cloud_stack is None:
        return
    cloud = desired.cloud_stack
    if any(r.stack == cloud and r.error and not isinstance(r.error, NotLost) for r in before):
        raise Unavailable(f"{stack} was not begun", why=f"it builds on {cloud}, which failed", next_step="see above")
    if cloud in world.pulumi.stacks():
        rows = checkpoint.resources(world.pulumi.export(cloud))
        if any(r["type"] == checkpoint.STACK and (r.get("outputs") or {}).get("projects") for r in rows):
            return
    raise Unavailable(
        f"{stack} cannot be looked at yet",
        why=f"it reads ids from {cloud}, which was not brought up since its things were adopted",
        next_step=f"isthmus up --only {cloud}, then isthmus adopt {stack}",
    )


def words(results: Sequence[Adopted], asked: Adopting) -> Iterator[str]:
    """What was taken in, for people."""
    verb = "would be taken in" if asked.dry_run else "taken in, unchanged"
    for r in results:
        if r.error:
            yield f"{r.stack}: FAILED: {r.error.what}"
            continue
        if r.kept:
            yield f"{r.stack}: its state is not lost and stays as it is"
            continue
        yield f"{r.stack}: {len(r.taken)} {verb}, {len(r.missing)} not there yet"
        yield from (f"  {name}  {found}" for name, found in r.taken[:_SHOWN])
        if len(r.taken) > _SHOWN:
            yield f"  and {len(r.taken) - _SHOWN} more: --json shows them all"
        yield from (f"  differs: {name} ({', '.join(keys)}); up will change it" for name, keys in r.differences)
        yield from (f"  made anew: {name}, since {why}" for name, why in r.anew)
    if not asked.dry_run and not asked.lost_state and any(r.missing or r.differences for r in results):
        yield "Next: isthmus up makes what is not there."

"""Bring sites: stack after stack where one needs the other, side by side where not."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import FrameType

from isthmus.derive.site import SiteStack
from isthmus.errors import IsthmusError, Unavailable
from isthmus.progress import Reporter, task
from isthmus.run.journal import Journal, digest_of
from isthmus.run.process import Running
from isthmus.run.stack import Brought, How, bring
from isthmus.run.world import World

_EXPECTED_S = 40.0
Work = Callable[[str, Callable[[str], None]], Brought]


def up(world: World, stacks: Sequence[str], how: How, reporter: Reporter) -> tuple[Brought, ...]:
    """Bring the stacks; one stack's failure stays in its result and with those that build on it.

    Raises KeyboardInterrupt after an interruption, when every engine has ended and its state is written.
    """
    verb = "preview" if how.dry_run else "up"
    journal = Journal(
        verb, world.resolved.federation.name, world.access.words(), tuple(stacks), digest_of(world.folder)
    )

    def work(stack: str, say: Callable[[str], None]) -> Brought:
        return bring(world, stack, how, journal, say)

    return in_order(world, stacks, work, journal, reporter)


def in_order(
    world: World, stacks: Sequence[str], work: Work, journal: Journal, reporter: Reporter, *, backwards: bool = False
) -> tuple[Brought, ...]:
    """Run `work` on every stack: a site's after its cloud's (before it, where `backwards`), others side by side."""
    needs = {s: _needs(world, s, stacks) for s in stacks}
    if backwards:
        needs = {s: tuple(o for o in stacks if s in _needs(world, o, stacks)) for s in stacks}
    done: dict[str, Brought] = {}
    restore = forward_interrupts(world.pulumi.running, reporter)
    try:
        with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
            running: dict[Future[Brought], str] = {}
            left = list(stacks)
            while left or running:
                for stack in [s for s in left if all(n in done for n in needs[s])]:
                    left.remove(stack)
                    failed = next((n for n in needs[stack] if done[n].error), None)
                    if failed:
                        done[stack] = Brought(stack, error=_not_begun(stack, failed))
                    else:
                        running[pool.submit(_one, stack, work, reporter, world.pulumi.running)] = stack
                ended, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), ())
                for future in ended:
                    done[running.pop(future)] = future.result()
    finally:
        restore()
        results = [done[s] for s in stacks if s in done]
        bad = any(r.error for r in results) or len(results) < len(stacks)
        result = "interrupted" if world.pulumi.running.interrupted else "failed" if bad else "done"
        journal.end(result, {r.stack: r.as_json() for r in results})
    if world.pulumi.running.interrupted:
        raise KeyboardInterrupt
    return tuple(done[s] for s in stacks)


def forward_interrupts(running: Running, reporter: Reporter) -> Callable[[], None]:
    """Make Ctrl-C stop the engines after the step they are in; the second time it kills them. Returns the undoing."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None

    def heard(number: int, frame: FrameType | None) -> None:
        words = "killing the engine" if running.interrupted else "stopping after the current steps (again: kill)"
        reporter.said("interrupt", words)
        running.interrupt()

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _needs(world: World, stack: str, among: Sequence[str]) -> tuple[str, ...]:
    desired = world.desired(stack)
    cloud_stack = desired.cloud_stack if isinstance(desired, SiteStack) else None
    return (cloud_stack,) if cloud_stack and cloud_stack in among else ()


def _not_begun(stack: str, failed: str) -> IsthmusError:
    return Unavailable(
        f"{stack} was not begun", why=f"it builds on {failed}, which failed", next_step=f"mend {failed} first"
    )


def _one(stack: str, work: Work, reporter: Reporter, running: Running) -> Brought:
    try:
        with task(reporter, stack, _EXPECTED_S) as job:
            if running.interrupted:
                raise Unavailable(f"{stack} was not begun", why="the run was interrupted", next_step="run it again")
            brought = work(stack, job.say)
            job.result = words(brought)
            return brought
    except IsthmusError as problem:
        return Brought(stack, error=problem)
    except Exception as problem:
        if os.environ.get("ISTHMUS_DEBUG"):
            raise
        return Brought(stack, error=_unexpected(stack, problem))


def _unexpected(stack: str, problem: Exception) -> IsthmusError:
    """One site's surprise is not the others'."""
    return IsthmusError(
        f"isthmus met a case it does not know while it worked on {stack}",
        why=f"{type(problem).__name__}: {problem}",
        next_step="run it again with ISTHMUS_DEBUG=1 and report what it prints",
    )


def words(brought: Brought) -> str:
    """`12 created, 3 same`, or `12 to create, 3 same`."""
    verbs = ("to create", "to update", "to delete") if brought.planned else ("created", "updated", "deleted")
    counts = (brought.created, brought.updated, brought.deleted, brought.same)
    parts = [f"{n} {word}" for n, word in zip(counts, (*verbs, "same"), strict=True) if n]
    return ", ".join(parts) or "nothing there"

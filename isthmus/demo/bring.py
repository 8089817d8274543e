"""Everything side by side: two lanes make the parts, and each stack comes up when its own parts are there.

One lane compiles (the engine first, since every stack needs it, then
Kubernetes), the other installs and starts the clouds: a compiler uses every
core by itself, so two of them at once would only delay the first zone.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from isthmus.demo.schedule import ENGINE, Schedule, needs
from isthmus.engine.environment import assemble, ensure_cli, ensure_language, prepare_openstack_provider
from isthmus.errors import IsthmusError, Unavailable
from isthmus.ledger.entries import Resolved
from isthmus.progress import Quiet, Reporter
from isthmus.run.process import Running
from isthmus.run.stack import Brought, How
from isthmus.run.up import up
from isthmus.run.world import open_world
from lab.box import Box

STACKS_AT_ONCE = 2


class Stoppable:
    """Passes progress on until it is stopped; then whoever reports next ends, at the next thing it has to say."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.stopped = False

    def started(self, task: str, expected_s: float | None) -> None:
        self._go_on(task)
        self._reporter.started(task, expected_s)

    def said(self, task: str, text: str) -> None:
        self._go_on(task)
        self._reporter.said(task, text)

    def finished(self, task: str, seconds: float, text: str) -> None:
        self._reporter.finished(task, seconds, text)

    def failed(self, task: str, seconds: float, text: str) -> None:
        self._reporter.failed(task, seconds, text)

    def _go_on(self, task: str) -> None:
        if self.stopped:
            raise Unavailable(f"{task} was stopped", why="the demo was interrupted", next_step="run it again to go on")


class Everything:
    """One go at the whole federation: build, start, bring. A part's failure leaves stacks that need it unbegun."""

    def __init__(self, resolved: Resolved, folder: Path, box: Box, reporter: Reporter) -> None:
        self._resolved, self._folder, self._box = resolved, folder, box
        self._reporter = Stoppable(reporter)
        self._schedule = Schedule(needs(resolved))
        self._engines = Running()
        self._brought: list[Future[Brought]] = []

    def bring(self) -> tuple[tuple[Brought, ...], tuple[str, ...]]:
        """Every stack's result, and the lines every run begins with. Raises KeyboardInterrupt when told to stop."""
        with (
            self._box.lock(self._reporter),
            ThreadPoolExecutor(STACKS_AT_ONCE) as self._stacks,
            ThreadPoolExecutor(2) as lanes,
        ):
            runs = [lanes.submit(self._compile), lanes.submit(self._start)]
            try:
                problems = [_problem(run) for run in runs]
                results = self._collect()
            except KeyboardInterrupt:
                self._reporter.stopped = True
                self._engines.interrupt()
                self._stacks.shutdown(wait=True, cancel_futures=True)
                raise
        why = "; ".join(str(p) for p in problems if p)
        for stack, lacking in self._schedule.left().items():
            error = Unavailable(f"{stack} was not begun", why=why or f"{', '.join(sorted(lacking))} did not come")
            results.append(Brought(stack, error=error))
        order = {name: i for i, name in enumerate(needs(self._resolved))}
        return tuple(sorted(results, key=lambda r: order[r.stack])), self._notes()

    def _compile(self) -> None:
        cli = ensure_cli(self._reporter)
        ensure_language(self._reporter)
        prepare_openstack_provider(self._reporter)
        self._engine = assemble(cli, self._reporter)
        self._ready(ENGINE)
        self._box.clusters_up(self._reporter, self._ready)

    def _start(self) -> None:
        self._box.clouds_up(self._reporter, self._ready)

    def _ready(self, part: str) -> None:
        self._brought += [self._stacks.submit(self._stack, stack) for stack in self._schedule.ready(part)]

    def _stack(self, stack: str) -> Brought:
        try:
            world = open_world(self._folder, self._box.access, (stack,), self._resolved, Quiet())
        except IsthmusError as problem:
            return Brought(stack, error=problem)
        world = replace(world, pulumi=replace(world.pulumi, running=self._engines))
        (brought,) = up(world, (stack,), How(wait=True), self._reporter)
        if not brought.error:
            self._ready(f"stack {stack}")
        return brought

    def _collect(self) -> list[Brought]:
        """Results as they come; a stack that ends may have begun others."""
        results: list[Brought] = []
        while len(results) < len(self._brought):
            results.append(self._brought[len(results)].result())
        return results

    def _notes(self) -> tuple[str, ...]:
        engine = getattr(self, "_engine", None)
        return tuple(f"engine: {line}" for line in engine.describe()) if engine else ()


def _problem(lane: Future[None]) -> IsthmusError | None:
    """The lane's failure; None when it ended well. What is no expected failure is raised."""
    try:
        lane.result()
    except IsthmusError as problem:
        return problem
    return None

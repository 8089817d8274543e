"""Everything side by side: two lanes make the parts, and each site comes up when its own parts are there.

One lane compiles (the engine first, since every site needs it, then
Kubernetes), the other installs and starts the clouds: a compiler uses every
core by itself, so two of them at once would only delay the first site.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.derive.site import derive_site
from isthmus.engine.environment import (
    Engine,
    assemble,
    ensure_cli,
    ensure_language,
    prepare_openstack_provider,
)
from isthmus.errors import IsthmusError
from isthmus.ledger.entries import Resolved
from isthmus.progress import Reporter
from lab.box import Box

ENGINE = "engine"
SITES_AT_ONCE = 2


@dataclass(frozen=True)
class SiteResult:
    """How a site's way up ended: the stacks' counts, or the failure in words."""

    site: str
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    problem: str = ""

    @property
    def succeeded(self) -> bool:
        return not self.problem


Bring = Callable[[str, Engine], SiteResult]


def needs(resolved: Resolved, site: str) -> frozenset[str]:
    """The parts a site waits for: the engine, its cloud where one is driven, its clusters."""
    stack = derive_site(resolved, site)
    cloud = resolved.federation.cloud_by_site[site]
    clouds = {f"cloud {cloud.name}"} if stack.zone else set()
    return frozenset({ENGINE, *clouds, *(f"cluster {c.name}" for c in stack.clusters)})


class Schedule:
    """Which parts are there, and which sites still wait for some."""

    def __init__(self, wanted: dict[str, frozenset[str]]) -> None:
        self._waiting = dict(wanted)
        self._there: set[str] = set()
        self._lock = threading.Lock()

    def ready(self, part: str) -> tuple[str, ...]:
        """Note that a part is there; returns the sites that waited for nothing else."""
        with self._lock:
            self._there.add(part)
            now = tuple(sorted(s for s, parts in self._waiting.items() if parts <= self._there))
            for site in now:
                del self._waiting[site]
            return now

    def left(self) -> dict[str, frozenset[str]]:
        """Sites that never got all their parts, with what each still lacks."""
        with self._lock:
            return {site: parts - self._there for site, parts in self._waiting.items()}


def bring_everything(resolved: Resolved, box: Box, bring: Bring, reporter: Reporter) -> tuple[SiteResult, ...]:
    """Build, start, and bring up every site. One part's failure leaves the sites that do not need it alone."""
    schedule = Schedule({site: needs(resolved, site) for site in sorted(resolved.federation.sites)})
    engine: list[Engine] = []
    runs: list[Future[SiteResult]] = []
    with box.lock(reporter), ThreadPoolExecutor(SITES_AT_ONCE) as sites, ThreadPoolExecutor(2) as lanes:

        def ready(part: str) -> None:
            runs.extend(sites.submit(bring, site, engine[0]) for site in schedule.ready(part))

        def compile_and_cluster() -> None:
            engine.append(_engine(reporter))
            ready(ENGINE)
            box.clusters_up(reporter, ready)

        problems = [
            _words(lane) for lane in [lanes.submit(compile_and_cluster), lanes.submit(box.clouds_up, reporter, ready)]
        ]
        results = [run.result() for run in list(runs)]
    why = "; ".join(p for p in problems if p)
    missing = [SiteResult(s, problem=f"{', '.join(sorted(p))} did not come: {why}") for s, p in schedule.left().items()]
    return tuple(sorted([*results, *missing], key=lambda r: r.site))


def _engine(reporter: Reporter) -> Engine:
    cli = ensure_cli(reporter)
    ensure_language(reporter)
    prepare_openstack_provider(reporter)
    return assemble(cli, reporter)


def _words(lane: Future[None]) -> str:
    """The lane's failure in words; empty when it ended well. What is no expected failure is raised."""
    try:
        lane.result()
    except IsthmusError as problem:
        return str(problem)
    return ""

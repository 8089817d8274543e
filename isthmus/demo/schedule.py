"""Who waits for what: stacks come up when the parts they need are there, whichever comes last."""

import threading

from isthmus.derive.cloud import CloudStack
from isthmus.derive.site import derive_stack, stacks_for
from isthmus.ledger.entries import Resolved

ENGINE = "engine"


def needs(resolved: Resolved) -> dict[str, frozenset[str]]:
    """For every stack the parts it waits for: the engine, its cloud, its clusters, and its cloud's stack."""
    found: dict[str, frozenset[str]] = {}
    for name in stacks_for(resolved, ()):
        stack = derive_stack(resolved, name)
        if isinstance(stack, CloudStack):
            found[name] = frozenset({ENGINE, f"cloud {stack.cloud.name}"})
            continue
        cloud = resolved.federation.cloud_by_site[name]
        shared = {f"cloud {cloud.name}", f"stack {stack.cloud_stack}"} if stack.cloud_stack else set()
        found[name] = frozenset({ENGINE, *shared, *(f"cluster {c.name}" for c in stack.clusters)})
    return found


class Schedule:
    """Which parts are there, and which stacks still wait for some. Safe to use from several threads."""

    def __init__(self, wanted: dict[str, frozenset[str]]) -> None:
        self._waiting = dict(wanted)
        self._there: set[str] = set()
        self._lock = threading.Lock()

    def ready(self, part: str) -> tuple[str, ...]:
        """Note that a part is there; returns the stacks that waited for nothing else, each once."""
        with self._lock:
            self._there.add(part)
            now = tuple(s for s, parts in self._waiting.items() if parts <= self._there)
            for stack in now:
                del self._waiting[stack]
            return now

    def left(self) -> dict[str, frozenset[str]]:
        """Stacks that did not get all their parts, with what each still lacks."""
        with self._lock:
            return {stack: parts - self._there for stack, parts in self._waiting.items()}

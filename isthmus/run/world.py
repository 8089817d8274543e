"""Everything a run works with: the federation, its target, the engine, and clients of what it reaches."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.access import Access, find_access
from isthmus.derive.cloud import CloudStack
from isthmus.derive.site import SiteStack, derive_stack
from isthmus.errors import Refused
from isthmus.ledger.entries import Resolved
from isthmus.model.cloud import Cloud
from isthmus.progress import Reporter
from isthmus.run import checkpoint, preflight
from isthmus.run.finders import Search
from isthmus.run.project import find_project
from isthmus.run.pulumi import Pulumi
from isthmus.state import state_root

if TYPE_CHECKING:
    from isthmus.engine.environment import Engine


@dataclass(frozen=True)
class World:
    """A run's surroundings. `notes` are the lines that every run begins with."""

    resolved: Resolved
    folder: Path
    access: Access
    pulumi: Pulumi
    reached: preflight.Reached
    notes: tuple[str, ...]

    @property
    def locks(self) -> Path:
        """Where this machine's locks of the backend's stacks lie."""
        import hashlib

        return state_root() / "locks" / hashlib.sha256(self.access.backend_url.encode()).hexdigest()[:16]

    def desired(self, stack: str) -> CloudStack | SiteStack:
        return derive_stack(self.resolved, stack)

    def cloud_of(self, stack: str) -> Cloud | None:
        """The cloud a stack's OpenStack resources are in, None where it has none."""
        desired = self.desired(stack)
        if isinstance(desired, CloudStack):
            return desired.cloud
        return self.resolved.federation.cloud_by_site[desired.name] if desired.cloud_stack else None

    def search(self, stack: str) -> Search:
        """Finders for the stack's resources."""
        cloud = self.cloud_of(stack)
        desired = self.desired(stack)
        names = [c.name for c in desired.clusters] if isinstance(desired, SiteStack) else []
        clusters = {name: self.reached.clusters[name] for name in names if name in self.reached.clusters}
        return Search(self.reached.clouds.get(cloud.name) if cloud else None, clusters)

    def check_same_cloud(self, stack: str, document: dict[str, object], *, moved: bool) -> None:
        """Refuse a stack that was made against another cloud than the one reached now, unless it has moved.

        A box may come back on other ports; its state lives and goes with it.
        """
        cloud = self.cloud_of(stack)
        if moved or cloud is None or self.access.kind == "box":
            return
        now = self.reached.clouds[cloud.name].entry.auth_url
        before = [url for url in checkpoint.identities(document) if url.rstrip("/") != now.rstrip("/")]
        if before:
            raise Refused(
                f"stack {stack} was made against {before[0]}",
                why=f"the access in use now leads to {now}",
                next_step="choose the right one with --access; if the cloud itself has moved: --moved",
            )


def open_world(
    folder: Path, access_folder: Path | None, stacks: Sequence[str], resolved: Resolved, reporter: Reporter
) -> World:
    """Find the target and the engine, and see that everything the stacks need answers. Raises one clear sentence."""
    from isthmus.engine.environment import engine

    federation = resolved.federation
    access = find_access(federation.name, access_folder)
    clouds, clusters = needed(resolved, stacks, access)
    reached = preflight.reach(access, clouds, clusters, folder)
    ready = engine(reporter)
    pulumi = engine_with(ready, access, folder, resolved, clouds)
    notes = (access.words(reached.identities), *(f"engine: {line}" for line in ready.describe()), *reached.warnings)
    return World(resolved, folder, access, pulumi, reached, notes)


def open_engine(folder: Path, access_folder: Path | None, resolved: Resolved, reporter: Reporter) -> Pulumi:
    """The engine with its target, without asking whether anything answers: for reading state."""
    from isthmus.engine.environment import engine

    access = find_access(resolved.federation.name, access_folder)
    return engine_with(engine(reporter), access, folder, resolved, ())


def engine_with(ready: "Engine", access: Access, folder: Path, resolved: Resolved, clouds: Sequence[Cloud]) -> Pulumi:
    """The driver of an engine that is ready, for one target."""
    from isthmus.engine.environment import environment

    env = environment(ready) | {"ISTHMUS_FEDERATION": str(folder.resolve())} | proxies(access, clouds)
    logs = state_root() / "runs" / resolved.federation.name / "logs"
    _prune(logs)
    return Pulumi(ready.pulumi, env, find_project(folder), access, logs)


def needed(resolved: Resolved, stacks: Sequence[str], access: Access) -> tuple[list[Cloud], list[str]]:
    """The clouds and clusters the stacks reach. A cluster that others deliver counts once it can be reached."""
    clouds: dict[str, Cloud] = {}
    clusters: dict[str, None] = {}
    for stack in stacks:
        desired = derive_stack(resolved, stack)
        if isinstance(desired, CloudStack):
            clouds[desired.cloud.name] = desired.cloud
            continue
        cloud = resolved.federation.cloud_by_site[desired.name]
        if desired.cloud_stack:
            clouds[cloud.name] = cloud
        for cluster in desired.clusters:
            bare = cluster.cluster.runs_on == "bare-metal" and cluster.nodes
            if bare or access.kubeconfig(cluster.name).exists():
                clusters[cluster.name] = None
    return list(clouds.values()), list(clusters)


def proxies(access: Access, clouds: Sequence[Cloud]) -> dict[str, str]:
    """Each live cloud's proxy under the name the Pulumi program asks for; the box has none."""
    if access.kind == "box":
        return {}
    return {
        f"ISTHMUS_PROXY_{cloud.name.upper().replace('-', '_')}": cloud.identity.proxy
        for cloud in clouds
        if cloud.identity and cloud.identity.proxy
    }


def _prune(logs: Path, kept: int = 200) -> None:
    ages: list[tuple[float, Path]] = []
    for path in logs.glob("*.log"):
        # Another run may tidy at the same time.
        with contextlib.suppress(FileNotFoundError):
            ages.append((path.stat().st_mtime, path))
    for _, old in sorted(ages)[:-kept]:
        old.unlink(missing_ok=True)

"""The federation in a box: real control planes on loopback, one folder, ended by id.

Stand-ins are the hypervisors, the network agents and the storage under the
OpenStack (`lab/standins`), and the kubelets under Kubernetes (kwok). The APIs,
schedulers, quotas and databases are the real ones.
"""

import contextlib
import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from isthmus.ledger.entries import Resolved
from isthmus.private import write_private
from isthmus.progress import Reporter
from isthmus.resolve import load_resolved
from isthmus.state import box_folder, state_root
from isthmus.supply.cache import lock
from lab.ending import end_boxes, end_under
from lab.kubernetes.control_plane import KubernetesCluster
from lab.openstack.cloud import OpenStackCloud
from lab.process import PartStatus
from lab.specs import cloud_specs, cluster_specs

Ready = Callable[[str], None]


@dataclass(frozen=True)
class BoxPart:
    """One process of the box, and the cloud or cluster it belongs to."""

    part: str
    process: PartStatus


class Box:
    """A federation's box in `folder`. Every method may be called again at any time: what stands is left alone."""

    def __init__(self, folder: Path, resolved: Resolved) -> None:
        self.folder = folder
        self.federation = resolved.federation.name
        shared = folder / "database"
        self.clouds = {
            spec.name: OpenStackCloud(folder / "clouds" / spec.name, spec, shared) for spec in cloud_specs(resolved)
        }
        self.clusters = {
            spec.name: KubernetesCluster(folder / "clusters" / spec.name, spec) for spec in cluster_specs(resolved)
        }

    @property
    def access(self) -> Path:
        """The access folder: clouds.yaml and kubeconfig/, as an operator would have for live sites."""
        return self.folder / "access"

    def up(self, reporter: Reporter, ready: Ready = lambda part: None) -> None:
        """Bring up every part; `ready` is called with `cloud NAME` or `cluster NAME` as each one answers.

        Clouds come one after the other, so that the first stands early;
        clusters come beside them. Raises the first failure after all parts
        had their chance.
        """
        with self.lock(reporter), ThreadPoolExecutor(max_workers=2) as lanes:
            runs = [lanes.submit(self.clouds_up, reporter, ready), lanes.submit(self.clusters_up, reporter, ready)]
        for run in runs:
            run.result()

    @contextlib.contextmanager
    def lock(self, reporter: Reporter) -> Iterator[None]:
        """Only one operator changes the box at a time; a second one waits and is told so."""
        with self._alone(reporter):
            # Only now: whoever held the lock may have wiped the box.
            self._folder()
            yield

    @contextlib.contextmanager
    def _alone(self, reporter: Reporter) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with lock(self.folder / "lock", lambda: reporter.said("box", "waiting: somebody else is changing it")):
            yield

    def clouds_up(self, reporter: Reporter, ready: Ready) -> None:
        """Bring up the clouds, one after the other; the caller holds the lock."""
        for name, cloud in self.clouds.items():
            cloud.up(reporter)
            self._publish_clouds()
            ready(f"cloud {name}")

    def clusters_up(self, reporter: Reporter, ready: Ready) -> None:
        """Bring up the clusters, one after the other; the caller holds the lock."""
        for name, cluster in self.clusters.items():
            cluster.prepare(reporter)
            cluster.up(reporter)
            write_private(self.access / "kubeconfig" / f"{name}.yaml", cluster.kubeconfig().read_text())
            ready(f"cluster {name}")

    def down(self, reporter: Reporter) -> int:
        """End every process of the box, those of parts that have left the model too. Returns how many ran.

        What the box holds stays on disk.
        """
        if not self.folder.exists():
            return 0
        with self._alone(reporter):
            return end_under(self.folder)

    def wipe(self, reporter: Reporter) -> int:
        """`down`, and remove the box's folder: databases, credentials and the stacks' state. Returns how many ran."""
        if not self.folder.exists():
            return 0
        with self._alone(reporter):
            ended = end_under(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)
        return ended

    def status(self) -> tuple[BoxPart, ...]:
        """Every process of the box, whether it runs or not. A process that several clouds share is listed with each."""
        parts = [(f"cloud {n}", p) for n, c in self.clouds.items() if c.folder.exists() for p in c.status()]
        parts += [(f"cluster {n}", p) for n, c in self.clusters.items() for p in c.status().parts]
        return tuple(BoxPart(part, process) for part, process in parts)

    def memory_bytes(self) -> int:
        """What all processes use together; shared ones count once."""
        return sum({p.process.pid: p.process.memory_bytes for p in self.status() if p.process.pid}.values())

    def _folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.access / "kubeconfig").mkdir(parents=True, exist_ok=True)
        backend = self.folder / "pulumi"
        backend.mkdir(exist_ok=True)
        passphrase = self.folder / "passphrase"
        if not passphrase.exists():
            write_private(passphrase, secrets.token_urlsafe(24))
        write_private(
            self.access / "box.json",
            json.dumps(
                {"federation": self.federation, "backend": backend.as_uri(), "passphrase_file": str(passphrase)}
            ),
        )

    def _publish_clouds(self) -> None:
        entries = {name: cloud.clouds_yaml_entry() for name, cloud in self.clouds.items() if cloud.folder.exists()}
        write_private(self.access / "clouds.yaml", yaml.safe_dump({"clouds": entries}, sort_keys=True))


def open_box(federation_folder: Path) -> Box:
    """The box of the federation in that folder, running or not. Raises BadInput when the federation has errors."""
    resolved = load_resolved(federation_folder)
    return Box(box_folder(resolved.federation.name), resolved)


def end_every_box(*, wipe: bool) -> int:
    """End every process under every box of this user, whatever became of the federation files it was made from."""
    return end_boxes(state_root() / "box", wipe=wipe)

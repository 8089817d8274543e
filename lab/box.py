"""The federation in a box: real control planes on loopback, one folder, ended by id.

Stand-ins are the hypervisors, the network agents and the storage under the
OpenStack (`lab/standins`), and the kubelets under Kubernetes (kwok). The APIs,
schedulers, quotas and databases are the real ones.
"""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from isthmus.ledger.entries import Resolved
from isthmus.progress import Reporter
from isthmus.resolve import load_resolved
from isthmus.state import box_folder, state_root
from isthmus.supply.cache import lock
from lab.kubernetes.control_plane import KubernetesCluster
from lab.openstack.cloud import OpenStackCloud
from lab.process import Daemon
from lab.specs import cloud_specs, cluster_specs

Ready = Callable[[str], None]


@dataclass(frozen=True)
class PartState:
    """One process of the box as `status` sees it: the part it belongs to, and whether it answers."""

    part: str
    process: str
    state: str
    detail: str
    memory_bytes: int

    @property
    def running(self) -> bool:
        return self.state in ("running", "silent", "not answering")


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
        self._folder()
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
            cluster.up(reporter)
            _write_private(self.access / "kubeconfig" / f"{name}.yaml", cluster.kubeconfig().read_text())
            ready(f"cluster {name}")

    def down(self) -> int:
        """End every process of the box; what it holds stays on disk. Returns how many parts were running."""
        before = sum(s.running for s in self.status())
        for cluster in self.clusters.values():
            cluster.down()
        for cloud in self.clouds.values():
            cloud.down()
        return before

    def wipe(self) -> None:
        """End everything and remove the box's folder: databases, credentials and the stacks' state."""
        self.down()
        for cloud in self.clouds.values():
            if cloud.folder.exists():
                cloud.wipe()
        for cluster in self.clusters.values():
            cluster.wipe()
        shutil.rmtree(self.folder, ignore_errors=True)

    def status(self) -> tuple[PartState, ...]:
        """Every process of the box, whether it runs or not. A process that several clouds share is listed with each."""
        found = []
        for name, cloud in self.clouds.items():
            for process in cloud.status() if cloud.folder.exists() else ():
                found.append(
                    PartState(f"cloud {name}", process.name, process.state, process.where, process.memory_bytes)
                )
        for name, cluster in self.clusters.items():
            state = cluster.status()
            for one in state.parts:
                found.append(PartState(f"cluster {name}", one.name, one.state, one.detail, one.memory_bytes))
        return tuple(found)

    def _folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.access / "kubeconfig").mkdir(parents=True, exist_ok=True)
        backend = self.folder / "pulumi"
        backend.mkdir(exist_ok=True)
        passphrase = self.folder / "passphrase"
        if not passphrase.exists():
            _write_private(passphrase, secrets.token_urlsafe(24))
        _write_private(
            self.access / "box.json",
            json.dumps(
                {"federation": self.federation, "backend": f"file://{backend}", "passphrase_file": str(passphrase)}
            ),
        )

    def _publish_clouds(self) -> None:
        entries = {name: cloud.clouds_yaml_entry() for name, cloud in self.clouds.items() if cloud.folder.exists()}
        _write_private(self.access / "clouds.yaml", yaml.safe_dump({"clouds": entries}, sort_keys=True))


def _write_private(path: Path, text: str) -> None:
    """Write for the owner's eyes only, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.touch(mode=0o600)
    scratch.write_text(text)
    scratch.replace(path)


def open_box(federation_folder: Path) -> Box:
    """The box of the federation in that folder, running or not. Raises BadInput when the federation has errors."""
    resolved = load_resolved(federation_folder)
    return Box(box_folder(resolved.federation.name), resolved)


def end_every_box(*, wipe: bool) -> int:
    """End every process under every box of this user, whatever became of the federation files it was made from."""
    ended = 0
    for folder in sorted((state_root() / "box").glob("*")):
        for pid_file in sorted(folder.rglob("*.pid"), key=lambda path: path.stem.startswith(("mariadb", "etcd"))):
            ended += Daemon(pid_file.stem, (), {}, folder, folder / "log", pid_file.parent).stop()
        if wipe:
            shutil.rmtree(folder, ignore_errors=True)
    return ended

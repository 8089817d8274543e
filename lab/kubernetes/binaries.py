"""The programs of the Kubernetes half: built from pinned Go modules once, kept in the cache.

Each maker is a callable of its own, so that whoever sets up the box can run
them beside other work; `expected_s` is what two quiet cores took.
"""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import Unavailable
from isthmus.progress import Reporter, task
from isthmus.supply import cache, go

_PINS = Path(__file__).parent / "pins"

KUBERNETES_VERSION = "1.36.3"


@dataclass(frozen=True)
class Part:
    """Programs that are built together from one pinned module (a folder under pins/)."""

    name: str
    packages: Sequence[str]
    programs: Sequence[str]
    version: str
    expected_s: float

    def make(self, reporter: Reporter) -> Path:
        """The folder with the programs, built on first use. Raises Unavailable when it cannot be built."""
        with task(reporter, f"build {self.name}", None if self.built() else self.expected_s) as running:
            folder = self._build(running.say)
            running.result = f"{', '.join(self.programs)} {self.version}"
        return folder

    def built(self) -> Path | None:
        """The folder with the programs if they are built already; looks only, never builds."""
        digest = go.digest(self._pins, self.packages, "-s -w")
        folder = cache.cache_root() / f"{self._part}-{digest}"
        return folder if folder.is_dir() else None

    def program(self, name: str) -> Path:
        """One of its programs. Raises Unavailable when it is not built yet."""
        folder = self.built()
        if folder is None or not (folder / name).exists():
            raise Unavailable(
                f"{name} {self.version} is not built on this machine",
                why=f"the cache {cache.cache_root()} does not hold it",
                next_step="run `isthmus lab up`, which builds what is missing",
            )
        return folder / name

    @property
    def _pins(self) -> Path:
        return _PINS / self.name

    @property
    def _part(self) -> str:
        return f"kubernetes/{self.name}-{self.version}-{platform.machine()}"

    def _build(self, say: Callable[[str], None]) -> Path:
        return go.build(self._part, self._pins, self.packages, say=say)


CONTROL_PLANE = Part(
    "control-plane",
    (
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
        "k8s.io/kubernetes/cmd/kube-scheduler",
        "sigs.k8s.io/kwok/cmd/kwok",
    ),
    ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"),
    KUBERNETES_VERSION,
    230,
)
KUBECTL = Part("control-plane", ("k8s.io/kubernetes/cmd/kubectl",), ("kubectl",), KUBERNETES_VERSION, 20)
ETCD = Part("etcd", ("go.etcd.io/etcd/server/v3",), ("server",), "3.6.5", 45)
HELM = Part("helm", ("helm.sh/helm/v3/cmd/helm",), ("helm",), "3.22.0", 70)

"""One Kubernetes control plane of the box: real etcd, API server, controllers and scheduler, as plain processes."""

import base64
import contextlib
import json
import shutil
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from infra.standin.kubernetes import kubeconfig
from infra.standin.kubernetes.connection import ApiError, Connection, explain
from isthmus.errors import IsthmusError, Unavailable
from isthmus.private import write_private
from isthmus.progress import Reporter, task
from isthmus.supply.cache import lock
from lab.ending import end_under
from lab.kubernetes import nodes
from lab.kubernetes.binaries import CONTROL_PLANE, ETCD
from lab.kubernetes.parts import PORTS, Layout, daemons
from lab.kubernetes.pki import Authority
from lab.kubernetes.spec import ClusterSpec
from lab.ports import LOOPBACK, keep_or_choose
from lab.process import Daemon, PartStatus, wait_for

_PATIENCE_S = 60
_EXPECTED_START_S = 8
_USERS = {
    "admin": ("isthmus-admin", ("system:masters",)),
    "controller-manager": ("system:kube-controller-manager", ()),
    "scheduler": ("system:kube-scheduler", ()),
    # kwok plays kubelets; `nodes.allow` gives it the rights for that.
    "kwok": ("isthmus-kwok", ()),
}


@dataclass(frozen=True)
class ClusterStatus:
    """A cluster as it is now. `nodes_ready` of `nodes_total` are kwok nodes (stand-in)."""

    name: str
    parts: tuple[PartStatus, ...]
    nodes_ready: int
    nodes_total: int

    @property
    def healthy(self) -> bool:
        return bool(self.parts) and all(part.state == "running" for part in self.parts)

    @property
    def running(self) -> bool:
        return any(part.pid for part in self.parts)


class KubernetesCluster:
    """A cluster that lives in `folder`. Every method may be called in any state, and again."""

    def __init__(self, folder: Path, spec: ClusterSpec) -> None:
        self._layout = Layout(folder.resolve())
        self._spec = spec
        self._authority = Authority(self._layout.pki, f"isthmus-lab-{spec.name}")

    def prepare(self, reporter: Reporter) -> None:
        """Build what is missing of the programs. Raises Unavailable."""
        ETCD.make(reporter)
        CONTROL_PLANE.make(reporter)

    def up(self, reporter: Reporter) -> None:
        """Start what is down, and bring the nodes in line. Raises BadInput for the spec, Unavailable for a part."""
        self._spec.check()
        with task(reporter, f"kubernetes {self._spec.name}", _EXPECTED_START_S) as running, self._locked():
            parts = self._parts()
            begun = time.monotonic()
            self._start(parts, running.say)
            done = nodes.reconcile(self._admin, self._spec, running.say)
            self._await_nodes(running.say)
            running.result = (
                f"{len(self._spec.nodes)} kwok nodes (stand-in) {done}, ready after {time.monotonic() - begun:.1f} s"
            )

    def down(self) -> None:
        """End every process of this cluster; its data stays."""
        with self._locked():
            end_under(self._layout.folder)

    def wipe(self) -> None:
        """End it and forget it: data, certificates, ports, logs."""
        self.down()
        shutil.rmtree(self._layout.folder, ignore_errors=True)

    def status(self) -> ClusterStatus:
        """How it is now; looks only."""
        parts = tuple(self._part_status(name, daemon) for name, daemon in self._known_daemons().items())
        try:
            ready, total = nodes.ready(self._admin) if parts and parts[1].state == "running" else (0, 0)
        except (IsthmusError, ApiError):
            ready, total = 0, 0
        return ClusterStatus(self._spec.name, parts, ready, total)

    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, readable by its owner only; exists after the first `up`."""
        return self._layout.kubeconfig("admin")

    @property
    def server(self) -> str:
        """The API server's address."""
        return f"https://{LOOPBACK}:{self._ports()['apiserver']}"

    @cached_property
    def _admin(self) -> Connection:
        return Connection(kubeconfig.read(str(self.kubeconfig())), timeout_s=30)

    def _parts(self) -> dict[str, Daemon]:
        """Every process with its certificates, kubeconfigs and ports in place."""
        self._layout.folder.mkdir(parents=True, exist_ok=True)
        self._layout.folder.chmod(0o700)
        remembered = self._ports()
        ours = self._running(remembered)
        ports = keep_or_choose(remembered, PORTS, ours)
        if ports != remembered:
            write_private(self._ports_file, json.dumps(ports))
        self._authority.ensure()
        for name, (user, groups) in _USERS.items():
            self._write_kubeconfig(name, user, groups, ports["apiserver"])
        return daemons(self._layout, self._spec, ports, self._authority)

    def _running(self, remembered: dict[str, int]) -> set[str]:
        if not remembered:
            return set()
        alive = {name for name, daemon in self._known_daemons().items() if daemon.alive()}
        return alive | ({"etcd-peer"} if "etcd" in alive else set())

    def _start(self, parts: dict[str, Daemon], say: Callable[[str], None]) -> None:
        parts["etcd"].start()
        apiserver = parts["apiserver"]
        apiserver.start()
        wait_for(apiserver, lambda: self._answers("apiserver", "/readyz"), _PATIENCE_S, say)
        nodes.allow(self._admin)
        clients = [name for name in parts if name not in ("etcd", "apiserver")]
        for name in clients:
            parts[name].start()
        for name in clients:
            wait_for(parts[name], lambda name=name: self._answers(name, "/healthz"), _PATIENCE_S, say)  # type: ignore[misc]

    def _await_nodes(self, say: Callable[[str], None]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                ready, total = nodes.ready(self._admin)
            except ApiError as problem:
                raise explain(problem, "see whether the kwok nodes (stand-in) are ready") from problem
            if ready >= total:
                return
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"{total - ready} of {total} kwok nodes (stand-in) of {self._spec.name} are not ready",
                    why="kwok did not report them",
                    next_step=f"read {self._layout.logs / 'kwok.log'}, then run the same command again",
                )
            say(f"{ready} of {total} kwok nodes (stand-in) ready")
            time.sleep(0.1)

    def _part_status(self, name: str, daemon: Daemon) -> PartStatus:
        port = self._ports()[name]

        def answers() -> bool:
            return self._listens(port) if name == "etcd" else self._answers(name, "/healthz")

        return daemon.status(f"{LOOPBACK}:{port}", answers)

    def _known_daemons(self) -> dict[str, Daemon]:
        """The processes of an earlier `up`; none if there was none."""
        ports = self._ports()
        if not set(PORTS) <= ports.keys() or not self._authority.certificate.exists() or not CONTROL_PLANE.built():
            return {}
        return daemons(self._layout, self._spec, ports, self._authority) if ETCD.built() else {}

    def _answers(self, name: str, path: str) -> bool:
        scheme = "http" if name == "kwok" else "https"
        url = f"{scheme}://{LOOPBACK}:{self._ports()[name]}{path}"
        # No proxy: the machine's settings are for the world outside.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if scheme == "https":
            trusted = ssl.create_default_context(cafile=str(self._authority.certificate))
            handlers.append(urllib.request.HTTPSHandler(context=trusted))
        try:
            with urllib.request.build_opener(*handlers).open(url, timeout=3) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError):
            return False

    def _listens(self, port: int) -> bool:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=3):
                return True
        except OSError:
            return False

    def _write_kubeconfig(self, name: str, user: str, groups: tuple[str, ...], port: int) -> None:
        pair = self._authority.client(name, user, groups)
        cluster = {
            "server": f"https://{LOOPBACK}:{port}",
            "certificate-authority-data": _base64(self._authority.certificate),
        }
        login = {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self._spec.name, "cluster": cluster}],
            "users": [{"name": user, "user": login}],
            "contexts": [{"name": self._spec.name, "context": {"cluster": self._spec.name, "user": user}}],
            "current-context": self._spec.name,
        }
        text = yaml.safe_dump(document, sort_keys=False)
        path = self._layout.kubeconfig(name)
        if not path.exists() or path.read_text() != text:
            write_private(path, text)
            self.__dict__.pop("_admin", None)

    @property
    def _ports_file(self) -> Path:
        return self._layout.folder / "ports.json"

    def _ports(self) -> dict[str, int]:
        try:
            ports = json.loads(self._ports_file.read_text())
        except (OSError, ValueError):
            return {}
        return {str(name): int(port) for name, port in ports.items()}

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return lock(self._layout.folder.with_name(f".{self._layout.folder.name}.lock"))


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()

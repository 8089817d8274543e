"""The processes of one control plane, each as a Daemon with the flags that make it ours alone.

Flags: the reference of each component of Kubernetes 1.36, etcd 3.6, kwok 0.8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.kubernetes.binaries import CONTROL_PLANE, ETCD
from lab.kubernetes.pki import Authority
from lab.kubernetes.spec import ClusterSpec
from lab.ports import LOOPBACK
from lab.process import Daemon

PORTS = ("etcd", "etcd-peer", "apiserver", "controller-manager", "scheduler", "kwok")

_STAGES = Path(__file__).with_name("stages.yaml")
# Half the usual heap headroom: several clusters share one machine, and the load is small.
_FRUGAL = {"GOGC": "50"}


@dataclass(frozen=True)
class Layout:
    """Where one cluster keeps what."""

    folder: Path

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def etcd_data(self) -> Path:
        return self.folder / "etcd"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def kubeconfig(self, user: str) -> Path:
        return self.folder / f"{user}.kubeconfig"


def daemons(layout: Layout, spec: ClusterSpec, ports: Mapping[str, int], authority: Authority) -> dict[str, Daemon]:
    """Every process, in the order of start."""
    commands = {
        "etcd": _etcd(layout, ports, authority),
        "apiserver": _apiserver(spec, ports, authority),
        "controller-manager": _controller_manager(layout, ports, authority),
        "scheduler": _scheduler(layout, ports, authority),
        "kwok": _kwok(layout, spec, ports),
    }
    return {
        name: Daemon(name, argv, _FRUGAL, layout.folder, layout.logs / f"{name}.log", layout.run)
        for name, argv in commands.items()
    }


def _etcd(layout: Layout, ports: Mapping[str, int], authority: Authority) -> list[str]:
    client, peer = f"https://{LOOPBACK}:{ports['etcd']}", f"https://{LOOPBACK}:{ports['etcd-peer']}"
    pair = authority.serving("etcd")
    return [
        str(ETCD.program("server")),
        "--name=box",
        f"--data-dir={layout.etcd_data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=box={peer}",
        f"--cert-file={pair.certificate}",
        f"--key-file={pair.key}",
        f"--trusted-ca-file={authority.certificate}",
        "--client-cert-auth",
        f"--peer-cert-file={pair.certificate}",
        f"--peer-key-file={pair.key}",
        f"--peer-trusted-ca-file={authority.certificate}",
        "--peer-client-cert-auth",
        # A power cut may cost the box its state; every write would else wait for the disk.
        "--unsafe-no-fsync",
        "--snapshot-count=10000",
        "--log-level=warn",
    ]


def _apiserver(spec: ClusterSpec, ports: Mapping[str, int], authority: Authority) -> list[str]:
    serving = authority.serving("apiserver")
    etcd = authority.client("apiserver-etcd", "apiserver")
    return [
        str(CONTROL_PLANE.program("kube-apiserver")),
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports['apiserver']}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority.certificate}",
        f"--etcd-servers=https://{LOOPBACK}:{ports['etcd']}",
        f"--etcd-cafile={authority.certificate}",
        f"--etcd-certfile={etcd.certificate}",
        f"--etcd-keyfile={etcd.key}",
        "--authorization-mode=RBAC",
        "--enable-admission-plugins=ResourceQuota,Priority,LimitRanger,DefaultStorageClass,PodSecurity",
        f"--service-cluster-ip-range={spec.service_cidr}",
        f"--service-account-issuer=https://{LOOPBACK}:{ports['apiserver']}",
        f"--service-account-key-file={authority.service_account_key}",
        f"--service-account-signing-key-file={authority.service_account_key}",
        # No pod reaches loopback of this machine, and the API refuses loopback as an endpoint.
        "--endpoint-reconciler-type=none",
        "--profiling=false",
    ]


def _controller_manager(layout: Layout, ports: Mapping[str, int], authority: Authority) -> list[str]:
    return [
        str(CONTROL_PLANE.program("kube-controller-manager")),
        *_client(layout, "controller-manager", ports, authority),
        "--use-service-account-credentials",
        f"--service-account-private-key-file={authority.service_account_key}",
        f"--root-ca-file={authority.certificate}",
        f"--cluster-signing-cert-file={authority.certificate}",
        f"--cluster-signing-key-file={authority.key}",
        # Its usual 20 requests a second, not the machine, would bound how fast pods appear.
        "--kube-api-qps=300",
        "--kube-api-burst=600",
    ]


def _scheduler(layout: Layout, ports: Mapping[str, int], authority: Authority) -> list[str]:
    return [
        str(CONTROL_PLANE.program("kube-scheduler")),
        *_client(layout, "scheduler", ports, authority),
        "--kube-api-qps=300",
        "--kube-api-burst=600",
    ]


def _client(layout: Layout, name: str, ports: Mapping[str, int], authority: Authority) -> list[str]:
    """Flags that the controller manager and the scheduler share."""
    serving = authority.serving(name)
    kubeconfig = layout.kubeconfig(name)
    return [
        f"--kubeconfig={kubeconfig}",
        # Who asks these for their health is known by certificate; nothing else needs looking up.
        "--authentication-skip-lookup",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports[name]}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority.certificate}",
        "--leader-elect=false",
        "--profiling=false",
    ]


def _kwok(layout: Layout, spec: ClusterSpec, ports: Mapping[str, int]) -> list[str]:
    return [
        str(CONTROL_PLANE.program("kwok")),
        f"--kubeconfig={layout.kubeconfig('kwok')}",
        f"--config={_STAGES}",
        "--manage-all-nodes=true",
        f"--cidr={spec.pod_cidr}",
        f"--server-address={LOOPBACK}:{ports['kwok']}",
        "--node-lease-duration-seconds=40",
    ]

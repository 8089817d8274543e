"""The box's Kubernetes half, for real: comes up, is healed, is brought in line, goes without a trace."""

import json
import os
import signal
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.standin.kubernetes import kubeconfig
from infra.standin.kubernetes.connection import ApiError, Connection
from isthmus.progress import Lines, Quiet
from lab.kubernetes import nodes
from lab.kubernetes.control_plane import KubernetesCluster
from lab.kubernetes.spec import ClusterSpec, NodeSpec, Taint

pytestmark = pytest.mark.lab

CPU = tuple(NodeSpec(f"cpu-{number}", cpu=192, memory_bytes=1536 * 2**30, zone="bari") for number in range(3))
GPU = NodeSpec(
    "gpu-0",
    cpu=64,
    memory_bytes=2**40,
    gpus={"nvidia.com/gpu": 4},
    labels={"isthmus.dev/class": "gpu"},
    taints=(Taint("nvidia.com/gpu", "present"),),
    zone="bari",
)
SPEC = ClusterSpec("bari", (*CPU, GPU))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kubernetes") / "bari"


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[KubernetesCluster]:
    cluster = KubernetesCluster(folder, SPEC)
    cluster.prepare(Lines())
    cluster.up(Lines())
    yield cluster
    cluster.wipe()


@pytest.fixture
def api(cluster: KubernetesCluster) -> Connection:
    return Connection(kubeconfig.read(str(cluster.kubeconfig())), timeout_s=10)


def node(api: Connection, name: str) -> dict[str, Any]:
    return api.get(f"/api/v1/nodes/{name}")


def test_every_part_runs_and_every_node_is_ready(cluster: KubernetesCluster) -> None:
    status = cluster.status()
    assert status.healthy
    assert (status.nodes_ready, status.nodes_total) == (4, 4)
    assert {part.name for part in status.parts} == {"etcd", "apiserver", "controller-manager", "scheduler", "kwok"}
    assert all(part.memory_bytes > 2**20 for part in status.parts)


def test_nodes_are_as_the_spec_says(cluster: KubernetesCluster, api: Connection) -> None:
    gpu = node(api, "gpu-0")
    assert gpu["status"]["allocatable"]["nvidia.com/gpu"] == "4"
    assert gpu["metadata"]["labels"]["topology.kubernetes.io/zone"] == "bari"
    assert {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"} in gpu["spec"]["taints"]
    assert "stand-in" in gpu["status"]["nodeInfo"]["kubeletVersion"]
    assert node(api, "cpu-0")["status"]["capacity"]["cpu"] == "192"


def test_up_again_changes_nothing_and_is_quick(cluster: KubernetesCluster, api: Connection) -> None:
    before = {part.name: part.pid for part in cluster.status().parts}
    begun = time.monotonic()
    cluster.up(Quiet())
    assert time.monotonic() - begun < 5
    assert {part.name: part.pid for part in cluster.status().parts} == before
    assert str(nodes.reconcile(api, SPEC, lambda text: None)) == "as they should be"


def test_only_loopback_listens(cluster: KubernetesCluster) -> None:
    heard = {address for part in cluster.status().parts for address in listening(part.pid or 0)}
    assert heard
    assert heard <= {"0100007F"}, heard


def test_credentials_are_private(cluster: KubernetesCluster, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.kubeconfig().stat().st_mode) == 0o600
    for part in cluster.status().parts:
        command = Path(f"/proc/{part.pid}/cmdline").read_text()
        assert "PRIVATE" not in command
        assert "token=" not in command


@pytest.mark.parametrize("part", ["etcd", "apiserver", "controller-manager", "scheduler", "kwok"])
def test_a_crash_is_seen_and_healed(cluster: KubernetesCluster, part: str) -> None:
    before = {entry.name: entry for entry in cluster.status().parts}
    pid = before[part].pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while state(cluster, part) != "crashed" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert state(cluster, part) == "crashed"
    assert not cluster.status().healthy
    cluster.up(Quiet())
    after = {entry.name: entry for entry in cluster.status().parts}
    assert cluster.status().healthy
    assert after[part].where == before[part].where, "the port is remembered"


def test_nodes_are_added_changed_and_removed(cluster: KubernetesCluster, folder: Path, api: Connection) -> None:
    api.call(
        "PATCH",
        "/api/v1/nodes/gpu-0",
        body={"metadata": {"labels": {"team": "theirs"}}},
        content_type="application/merge-patch+json",
    )
    bigger = replace(GPU, cpu=128, gpus={"amd.com/gpu": 8}, taints=(), labels={})
    added = NodeSpec("cpu-9", cpu=8, memory_bytes=2**33)
    KubernetesCluster(folder, ClusterSpec("bari", (*CPU[1:], bigger, added))).up(Quiet())
    names = {entry["metadata"]["name"] for entry in api.get("/api/v1/nodes")["items"]}
    assert names == {"cpu-1", "cpu-2", "cpu-9", "gpu-0"}
    changed = node(api, "gpu-0")
    assert changed["status"]["capacity"]["cpu"] == "128"
    assert changed["status"]["capacity"]["amd.com/gpu"] == "8"
    assert "nvidia.com/gpu" not in changed["status"]["capacity"]
    assert changed["metadata"]["labels"]["team"] == "theirs"
    assert "isthmus.dev/class" not in changed["metadata"]["labels"]
    assert not any(taint["key"] == "nvidia.com/gpu" for taint in changed["spec"].get("taints", []))
    cluster.up(Quiet())
    assert node(api, "gpu-0")["status"]["capacity"]["nvidia.com/gpu"] == "4"


def test_a_quota_refuses_what_is_over_it(cluster: KubernetesCluster, api: Connection) -> None:
    api.call("POST", "/api/v1/namespaces", body={"metadata": {"name": "small"}})
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"requests.nvidia.com/gpu": "1"}}}
    api.call("POST", "/api/v1/namespaces/small/resourcequotas", body=quota)
    container = {"name": "c", "image": "i", "resources": {"limits": {"nvidia.com/gpu": "2"}}}
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [container]}}
    deadline = time.monotonic() + 10
    while True:
        try:
            api.call("POST", "/api/v1/namespaces/small/pods", body=pod)
        except ApiError as refusal:
            if "exceeded quota" in refusal.message:
                break
            assert "service account" in refusal.message or "status unknown" in refusal.message, refusal.message
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_rbac_refuses_who_has_no_role(cluster: KubernetesCluster, folder: Path) -> None:
    kwok = Connection(kubeconfig.read(str(folder / "kwok.kubeconfig")), timeout_s=5)
    with pytest.raises(ApiError) as refused:
        kwok.get("/api/v1/namespaces/kube-system/secrets")
    assert refused.value.code == 403


def test_a_second_cluster_lives_beside_it(cluster: KubernetesCluster, tmp_path: Path) -> None:
    other = KubernetesCluster(tmp_path / "lecce", ClusterSpec("lecce", CPU[:1]))
    try:
        other.up(Quiet())
        assert other.status().healthy
        assert cluster.status().healthy
        assert other.server != cluster.server
    finally:
        other.wipe()
    assert not (tmp_path / "lecce").exists()


def test_down_leaves_no_process_and_up_brings_everything_back(
    cluster: KubernetesCluster, folder: Path, api: Connection
) -> None:
    api.call("POST", "/api/v1/namespaces", body={"metadata": {"name": "kept"}})
    ports = json.loads((folder / "ports.json").read_text())
    cluster.down()
    assert processes_of(folder) == []
    assert [part.state for part in cluster.status().parts] == ["stopped"] * 5
    begun = time.monotonic()
    cluster.up(Quiet())
    assert time.monotonic() - begun < 20
    assert json.loads((folder / "ports.json").read_text()) == ports
    assert api.get("/api/v1/namespaces/kept")["metadata"]["name"] == "kept"


def state(cluster: KubernetesCluster, name: str) -> str:
    return next(part.state for part in cluster.status().parts if part.name == name)


def processes_of(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if str(folder) in command and "pytest" not in command:
                found.append(command)
    return found


def listening(pid: int) -> set[str]:
    """Addresses (hexadecimal, as in /proc/net/tcp) on which a process listens."""
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(handle.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].rpartition(":")[0])
    return found

"""The stand-in Kubernetes provider under the real Pulumi engine and the official Python SDK."""

import json
import os
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.standin.kubernetes import kubeconfig
from infra.standin.kubernetes.connection import ApiError, Connection
from isthmus.engine import environment as engines
from isthmus.progress import Lines
from lab.kubernetes.control_plane import KubernetesCluster
from lab.kubernetes.spec import ClusterSpec, NodeSpec

pytestmark = pytest.mark.lab

PROGRAM = textwrap.dedent(
    """
    import os, pulumi, pulumi_kubernetes as k8s

    provider = k8s.Provider("cluster", kubeconfig=pulumi.Output.secret(open(os.environ["TEST_KUBECONFIG"]).read()))
    options = pulumi.ResourceOptions(provider=provider)
    team = k8s.core.v1.Namespace("team", metadata={"name": "team", "labels": {"a": "b"}}, opts=options)
    inside = {"namespace": team.metadata.name}
    k8s.core.v1.ResourceQuota(
        "quota", metadata={**inside, "name": "quota"},
        spec={"hard": {"cpu": "2000m", "requests.nvidia.com/gpu": "4"}}, opts=options,
    )
    data = os.environ.get("TEST_DATA", "1")
    settings = k8s.core.v1.ConfigMap("settings", metadata=inside, data={"a": data}, opts=options)
    k8s.core.v1.Secret("secret", metadata={**inside, "name": "s"}, string_data={"password": "hush-hush"}, opts=options)
    k8s.storage.v1.StorageClass(
        "fast", metadata={"name": "fast"}, provisioner="none.example.org",
        parameters={"type": data}, opts=options,
    )
    k8s.apps.v1.Deployment(
        "web", metadata={**inside, "name": "web"}, opts=options,
        spec={
            "replicas": 2, "selector": {"match_labels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "0.1"}}}]},
            },
        },
    )
    if os.environ.get("TEST_IMPORT"):
        k8s.core.v1.Namespace(
            "old", metadata={"name": "old", "labels": {"who": "hand"}},
            opts=pulumi.ResourceOptions(provider=provider, import_="old"),
        )
    pulumi.export("settings", settings.metadata.name)
    """
)


@dataclass
class Workplace:
    """A Pulumi project with a stack of its own, and the cluster it works on."""

    folder: Path
    api: Connection
    env: dict[str, str] = field(repr=False)

    def pulumi(self, *arguments: str, fails: bool = False, **extra: str) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**self.env, **extra},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def summary(self, *arguments: str, **extra: str) -> dict[str, int]:
        """How many resources were created, same, updated..."""
        out = self.pulumi(*arguments, "--json", **extra)
        last = [json.loads(line) for line in out.splitlines() if '"summaryEvent"' in line]
        if last:
            return dict(last[-1]["summaryEvent"]["resourceChanges"])
        return dict(json.loads(out[out.index("{") :])["changeSummary"])


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    folder = tmp_path_factory.mktemp("engine")
    cluster = KubernetesCluster(folder / "cluster", ClusterSpec("one", (NodeSpec("n", cpu=8, memory_bytes=2**34),)))
    cluster.prepare(Lines())
    cluster.up(Lines())
    engine = engines.engine(Lines())
    if "kubernetes" not in engine.stand_ins:
        cluster.wipe()
        pytest.skip("the official Kubernetes plugin is installed here, so the stand-in does not serve")
    project = folder / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: tests\nruntime: python\n")
    (project / "__main__.py").write_text(PROGRAM)
    (folder / "state").mkdir()
    env = engines.environment(engine, os.environ) | {
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "for tests",
        "TEST_KUBECONFIG": str(cluster.kubeconfig()),
    }
    place = Workplace(project, Connection(kubeconfig.read(str(cluster.kubeconfig())), timeout_s=10), env)
    place.pulumi("stack", "init", "one")
    yield place
    cluster.wipe()


def names(api: Connection, path: str) -> set[str]:
    return {entry["metadata"]["name"] for entry in api.get(path)["items"]}


def test_a_whole_life(workplace: Workplace) -> None:
    before = _listing(workplace.api)
    workplace.pulumi("up", "--yes", "--skip-preview")
    assert workplace.summary("preview") == {"same": 8}
    assert "8 unchanged" in workplace.pulumi("up", "--yes", "--skip-preview")
    refreshed = workplace.pulumi("refresh", "--yes", "--skip-preview")
    assert "8 unchanged" in refreshed, refreshed

    exported = workplace.pulumi("stack", "export")
    assert "hush-hush" not in exported
    assert "PRIVATE KEY" not in exported

    body = {"spec": {"replicas": 5}}
    path = "/apis/apps/v1/namespaces/team/deployments/web/scale"
    workplace.api.call("PATCH", path, body=body, content_type="application/merge-patch+json")
    drift = workplace.pulumi("preview", "--refresh", "--diff", fails=True)
    assert "replicas: 5 => 2" in drift, drift
    assert "owns spec.replicas" in drift, "a preview tells what an update would be refused"
    refused = workplace.pulumi("up", "--refresh", "--yes", "--skip-preview", fails=True)
    assert "owns spec.replicas" in refused
    assert "prematurely" not in refused
    body = {"spec": {"replicas": 2}}
    workplace.api.call("PATCH", path, body=body, content_type="application/merge-patch+json")

    first = workplace.pulumi("stack", "output", "settings").strip()
    workplace.pulumi("up", "--refresh", "--yes", "--skip-preview", TEST_DATA="2")
    second = workplace.pulumi("stack", "output", "settings").strip()
    assert first != second, "a changed ConfigMap gets a new name, as with the official plugin"
    assert first not in names(workplace.api, "/api/v1/namespaces/team/configmaps")
    assert workplace.api.get("/apis/storage.k8s.io/v1/storageclasses/fast")["parameters"] == {"type": "2"}

    workplace.pulumi("destroy", "--yes", "--skip-preview")
    assert _listing(workplace.api) == before


def test_a_lost_state_is_told_and_an_import_changes_nothing(workplace: Workplace) -> None:
    old = {"metadata": {"name": "old", "labels": {"who": "hand"}}}
    made = workplace.api.call("POST", "/api/v1/namespaces", query={"fieldManager": "hand"}, body=old)
    workplace.pulumi("up", "--yes", "--skip-preview", TEST_IMPORT="1")
    after = workplace.api.get("/api/v1/namespaces/old")
    assert after["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert workplace.summary("preview", TEST_IMPORT="1") == {"same": 9}

    # Lost state, same stack: what is there carries this resource's own manager and is taken as ours.
    workplace.pulumi("stack", "rm", "--yes", "--force", "one")
    workplace.pulumi("stack", "init", "one")
    workplace.pulumi("up", "--yes", "--skip-preview", TEST_IMPORT="1")
    workplace.pulumi("destroy", "--yes", "--skip-preview", TEST_IMPORT="1")
    with pytest.raises(ApiError):
        workplace.api.get("/api/v1/namespaces/old")


def test_another_stack_does_not_take_what_is_not_its_own(workplace: Workplace) -> None:
    workplace.pulumi("up", "--yes", "--skip-preview")
    workplace.pulumi("stack", "init", "two")
    refused = workplace.pulumi("up", "--yes", "--skip-preview", fails=True)
    assert "exists already" in refused
    workplace.pulumi("destroy", "--yes", "--skip-preview")
    assert "team" in names(workplace.api, "/api/v1/namespaces"), "the other stack's namespace stands"
    workplace.pulumi("stack", "select", "one")
    workplace.pulumi("destroy", "--yes", "--skip-preview")


def _listing(api: Connection) -> dict[str, Any]:
    paths = ("/api/v1/namespaces", "/apis/storage.k8s.io/v1/storageclasses", "/apis/apps/v1/deployments")
    return {path: names(api, path) for path in paths}

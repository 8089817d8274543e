"""The stand-in Kubernetes provider against a real API server, spoken to as the engine does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standin_client import Client, Told, seconds_each

from infra.standin.kubernetes import kubeconfig
from infra.standin.kubernetes.connection import ApiError, Connection
from infra.standin.kubernetes.helm import PROGRAM_VARIABLE
from infra.standin.kubernetes.protocol import messages
from isthmus.progress import Lines
from lab.kubernetes.binaries import HELM
from lab.kubernetes.control_plane import KubernetesCluster
from lab.kubernetes.spec import ClusterSpec, NodeSpec

pytestmark = pytest.mark.lab

CHART = str(Path(__file__).parent / "charts" / "greeting")
NODES = tuple(NodeSpec(f"node-{number}", cpu=8, memory_bytes=2**34) for number in range(2))
CONFIGMAP = "kubernetes:core/v1:ConfigMap"
CONTAINER = {"name": "c", "image": "none", "resources": {"limits": {"cpu": "100m"}}}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesCluster]:
    cluster = KubernetesCluster(tmp_path_factory.mktemp("standin") / "bari", ClusterSpec("bari", NODES))
    cluster.prepare(Lines())
    cluster.up(Lines())
    yield cluster
    cluster.wipe()


@pytest.fixture(scope="module")
def api(cluster: KubernetesCluster) -> Connection:
    return Connection(kubeconfig.read(str(cluster.kubeconfig())), timeout_s=10)


@pytest.fixture
def client(cluster: KubernetesCluster) -> Iterator[Client]:
    client = Client(kubeconfig=cluster.kubeconfig().read_text(), namespace="team")
    yield client
    client.close()


@pytest.fixture(scope="module", autouse=True)
def team(api: Connection) -> None:
    api.call("POST", "/api/v1/namespaces", body={"metadata": {"name": "team"}})


def deployment(replicas: int, app: str = "web") -> dict[str, Any]:
    labels = {"app": app}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": "web"}, "spec": spec}


def scale(api: Connection, replicas: int, manager: str) -> None:
    api.call(
        "PATCH",
        "/apis/apps/v1/namespaces/team/deployments/web/scale",
        query={"fieldManager": manager},
        body={"spec": {"replicas": replicas}},
        content_type="application/merge-patch+json",
    )


def test_a_deployment_lives_a_whole_life(client: Client, api: Connection) -> None:
    web = client.resource("kubernetes:apps/v1:Deployment", "web")
    assert web.preview(deployment(2))["spec"]["strategy"]["type"] == "RollingUpdate", "the server's own preview"
    with pytest.raises(ApiError):
        api.get("/apis/apps/v1/namespaces/team/deployments/web")
    web.create(deployment(2))
    assert web.identity == "team/web"
    assert web.state["status"]["availableReplicas"] == 2, "create waits until it is available"
    assert web.diff(deployment(2)).changes == messages.DiffResponse.DIFF_NONE
    assert list(web.diff(deployment(3)).detailedDiff) == ["spec.replicas"]
    web.update(deployment(3))
    assert web.refresh()
    assert web.diff(deployment(3)).changes == messages.DiffResponse.DIFF_NONE, "no drift after a refresh"

    scale(api, 5, "kubectl")
    assert web.refresh()
    assert web.inputs["spec"]["replicas"] == 5, "a refresh shows what others changed"
    assert list(web.diff(deployment(3)).detailedDiff) == ["spec.replicas"]
    with pytest.raises(Told, match=r"'kubectl' owns spec\.replicas"):
        web.update(deployment(3))
    force = {"annotations": {"pulumi.com/patchForce": "true"}, "name": "web"}
    web.update({**deployment(3), "metadata": force})
    assert api.get("/apis/apps/v1/namespaces/team/deployments/web")["spec"]["replicas"] == 3

    replaced = web.diff({**deployment(3, app="other"), "metadata": force})
    assert replaced.deleteBeforeReplace
    assert any(path.startswith("spec.selector") for path in replaced.replaces)
    web.delete()
    assert not web.refresh()
    pods = api.get("/api/v1/namespaces/team/pods", {"labelSelector": "app=web"})["items"]
    assert not [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]], "what it owned is gone too"


def test_the_server_says_what_cannot_change_in_place(client: Client) -> None:
    claim = client.resource("kubernetes:core/v1:PersistentVolumeClaim", "claim")
    given = {
        "metadata": {"name": "claim", "annotations": {"pulumi.com/skipAwait": "true"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    claim.create(given)
    other = {**given, "spec": {**given["spec"], "volumeMode": "Block"}}
    assert claim.diff(other).replaces
    claim.delete()
    binding = client.resource("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "b")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    binding.create({"metadata": {"name": "b"}, "roleRef": role})
    assert binding.diff({"metadata": {"name": "b"}, "roleRef": {**role, "name": "edit"}}).replaces
    service = client.resource("kubernetes:core/v1:Service", "s")
    spec = {"ports": [{"port": 80}], "clusterIP": "10.96.7.7"}
    service.create({"metadata": {"name": "s"}, "spec": spec})
    found = service.diff({"metadata": {"name": "s"}, "spec": {**spec, "clusterIP": "10.96.7.8"}})
    assert list(found.replaces) == ["spec.clusterIP"], "not in our table: the API server's own word"
    assert found.deleteBeforeReplace
    service.delete()


def test_a_mistyped_field_is_told_by_the_preview(client: Client) -> None:
    wrong = deployment(1)
    wrong["spec"]["replcas"] = 2
    with pytest.raises(Told, match=r"replcas"):
        client.resource("kubernetes:apps/v1:Deployment", "web").preview(wrong)


def test_what_exists_is_not_taken_and_can_be_adopted(client: Client, api: Connection) -> None:
    api.call("POST", "/api/v1/namespaces/team/configmaps", query={"fieldManager": "hand"}, body=_map("old"))
    theirs = client.resource(CONFIGMAP, "old")
    with pytest.raises(Told, match=r"exists already, because it was made by hand.*import id 'team/old'"):
        theirs.create({"metadata": {"name": "old"}, "data": {"a": "1"}})
    adopted = client.resource(CONFIGMAP, "old")
    adopted.identity = "team/old"
    assert adopted.refresh()
    assert adopted.diff({"metadata": {"name": "old"}, "data": {"a": "1"}}).changes == messages.DiffResponse.DIFF_NONE
    assert "kubernetes.io/metadata.name" not in str(adopted.inputs)
    adopted.delete()


def _map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}}


def test_an_interrupted_create_is_found_again(cluster: KubernetesCluster, api: Connection) -> None:
    made = []
    for _ in range(2):
        # A new process of the provider each time, as after a kill: only the API server remembers.
        client = Client(kubeconfig=cluster.kubeconfig().read_text(), namespace="team")
        resource = client.resource(CONFIGMAP, "interrupted")
        resource.create({"data": {"a": "1"}})
        made.append(resource.identity)
        client.close()
    assert made[0] == made[1]
    names = [entry["metadata"]["name"] for entry in api.get("/api/v1/namespaces/team/configmaps")["items"]]
    assert len([name for name in names if name.startswith("interrupted-")]) == 1


def test_a_patch_owns_its_fields_only(client: Client, api: Connection) -> None:
    patch = client.resource("kubernetes:core/v1:NodePatch", "gpu")
    patch.create({"metadata": {"name": "node-0", "labels": {"isthmus.dev/class": "gpu"}}})
    labels = api.get("/api/v1/nodes/node-0")["metadata"]["labels"]
    assert labels["isthmus.dev/class"] == "gpu"
    assert patch.refresh()
    patch.update({"metadata": {"name": "node-0", "labels": {"isthmus.dev/class": "cpu"}}})
    patch.delete()
    labels = api.get("/api/v1/nodes/node-0")["metadata"]["labels"]
    assert "isthmus.dev/class" not in labels
    assert labels["kubernetes.io/hostname"] == "node-0"


def test_a_secret_is_secret_and_its_drift_is_seen(client: Client, api: Connection) -> None:
    secret = client.resource("kubernetes:core/v1:Secret", "s")
    given = {"metadata": {"name": "s"}, "stringData": {"password": "one"}}
    checked = client.call("Check", messages.CheckRequest(urn=secret.urn, news=_struct(given)))
    assert "4dabf18193072939515e22adb298388d" in checked.inputs.fields["stringData"].struct_value.fields
    secret.create(given)
    assert secret.refresh()
    assert secret.inputs["stringData"] == {"password": "one"}
    body = {"stringData": {"password": "two"}}
    api.call("PATCH", "/api/v1/namespaces/team/secrets/s", body=body, content_type="application/merge-patch+json")
    assert secret.refresh()
    assert secret.inputs["stringData"] == {"password": "two"}
    secret.delete()


def _struct(values: dict[str, Any]) -> Any:
    from standin_client import struct

    return struct(values)


def test_a_kind_and_its_objects_come_in_one_run(client: Client) -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"n": {"type": "integer"}}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "foos", "singular": "foo", "kind": "Foo"}
    spec = {"group": "example.org", "scope": "Namespaced", "names": names, "versions": [version]}
    foo = client.resource("kubernetes:example.org/v1:Foo", "foo")
    assert foo.preview({"metadata": {"name": "foo", "namespace": "team"}, "spec": {"n": 1}})
    kind = client.resource("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "kind")
    kind.create({"metadata": {"name": "foos.example.org"}, "spec": spec})
    # The garbage collector, which a foreground deletion waits for, learns of new kinds only every 30 s.
    background = {"pulumi.com/deletionPropagationPolicy": "background"}
    foo.create({"metadata": {"name": "foo", "annotations": background}, "spec": {"n": 1}})
    assert foo.identity == "team/foo"
    foo.delete()
    kind.delete()


def test_what_never_gets_ready_is_told_and_kept(client: Client) -> None:
    job = client.resource("kubernetes:batch/v1:Job", "stuck")
    pod = {"restartPolicy": "Never", "nodeSelector": {"no": "where"}, "containers": [CONTAINER]}
    given = {"metadata": {"name": "stuck"}, "spec": {"template": {"spec": pod}}}
    with pytest.raises(Told, match=r"not ready after 1 s: the job is not complete"):
        job.create(given, timeout=1)
    job.identity = "team/stuck"
    assert job.refresh(), "the object is there, and the engine was told its id"
    job.delete()


def test_what_cannot_be_deleted_is_told_with_the_cause(client: Client, api: Connection) -> None:
    held = client.resource(CONFIGMAP, "held")
    held.create({"metadata": {"name": "held", "finalizers": ["example.org/keep"]}, "data": {}})
    with pytest.raises(Told, match=r"is not gone after 1 s, because its finalizers are not done: example.org/keep"):
        held.delete(timeout=1)
    body = {"metadata": {"finalizers": None}}
    path = "/api/v1/namespaces/team/configmaps/held"
    api.call("PATCH", path, body=body, content_type="application/merge-patch+json")


def test_an_object_made_anew_by_somebody_else_is_not_deleted(client: Client, api: Connection) -> None:
    mine = client.resource(CONFIGMAP, "anew")
    mine.create({"metadata": {"name": "anew"}, "data": {"a": "1"}})
    path = "/api/v1/namespaces/team/configmaps"
    api.call("DELETE", f"{path}/anew")
    api.call("POST", path, body=_map("anew"))
    with pytest.raises(Told, match="made anew by somebody else"):
        mine.delete()


def test_an_unreachable_cluster_is_one_sentence(cluster: KubernetesCluster) -> None:
    text = cluster.kubeconfig().read_text()
    port = cluster.server.rpartition(":")[2]
    client = Client(kubeconfig=text.replace(port, "1"))
    with pytest.raises(Told, match=r"127.0.0.1:1 does not answer, because the connection was refused"):
        client.resource("kubernetes:core/v1:Namespace", "n").preview({"metadata": {"name": "n"}})
    client.close()


def test_a_resource_that_did_not_change_costs_little(client: Client) -> None:
    resource = client.resource(CONFIGMAP, "same")
    given = {"metadata": {"name": "same"}, "data": {"a": "1"}}
    resource.create(given)
    resource.diff(given)
    assert seconds_each(lambda number: resource.diff(given), 50) < 0.02
    resource.delete()


def test_a_release_lives_a_whole_life(
    client: Client, api: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, str(HELM.make(Lines()) / "helm"))
    release = client.resource("kubernetes:helm.sh/v3:Release", "greeting")
    given: dict[str, Any] = {"chart": CHART, "name": "hi", "compat": "true", "values": {"greeting": "ciao"}}
    path = "/api/v1/namespaces/team/configmaps/hi"
    release.preview(given)
    with pytest.raises(ApiError):
        api.get(path)
    release.create(given)
    assert release.identity == "team/hi"
    assert api.get(path)["data"] == {"greeting": "ciao"}
    assert release.state["status"]["revision"] == 1
    assert release.state["status"]["chart"] == "greeting"
    assert release.diff(given).changes == messages.DiffResponse.DIFF_NONE
    assert release.refresh()
    assert release.diff(given).changes == messages.DiffResponse.DIFF_NONE
    changed = {**given, "values": {"greeting": "salve"}}
    assert list(release.diff(changed).detailedDiff) == ["values.greeting"]
    release.update(changed)
    assert api.get(path)["data"] == {"greeting": "salve"}
    assert release.state["status"]["revision"] == 2
    again = client.resource("kubernetes:helm.sh/v3:Release", "greeting")
    again.create(changed)
    assert again.identity == "team/hi", "an interrupted create is found again"
    with pytest.raises(Told, match="exists already"):
        client.resource("kubernetes:helm.sh/v3:Release", "other").create(given)
    with pytest.raises(Told, match="greeting is needed"):
        release.update({**given, "values": {"greeting": ""}})
    release.delete()
    assert not release.refresh()
    with pytest.raises(ApiError):
        api.get(path)

"""The stand-in provider's pure parts: wire values, tokens, provider settings, kubeconfigs, differences, readiness."""

import base64
from typing import Any

import pytest

from infra.standin.kubernetes import difference, kubeconfig, naming, readiness, settings, tokens, wire
from infra.standin.kubernetes.connection import unreachable
from infra.standin.kubernetes.protocol import messages
from infra.standin.kubernetes.wire import UNKNOWN, Properties
from isthmus.errors import BadInput

KUBECONFIG = """
current-context: a
clusters: [{name: c, cluster: {server: "https://127.0.0.1:6443/"}}]
contexts: [{name: a, context: {cluster: c, user: u, namespace: team}}]
users: [{name: u, user: {token: hush}}]
"""


def test_wire_values_survive_the_way_there_and_back() -> None:
    values = {"a": {"b": [1, 2.5, "x", True, UNKNOWN]}, "s": {"password": "hush"}, "e": {}, "l": []}
    given = Properties(values, frozenset({("s", "password"), ("a", "b", 2)}))
    struct = wire.encode(given, messages.CreateResponse().properties)
    assert wire.decode(struct) == given


def test_wire_secrets_are_marked() -> None:
    struct = wire.encode(Properties({"data": {"a": "b"}}, frozenset({("data",)})), messages.CreateResponse().properties)
    assert "4dabf18193072939515e22adb298388d" in struct.fields["data"].struct_value.fields


def test_wire_numbers_stay_whole() -> None:
    struct = wire.encode(Properties({"replicas": 3}), messages.CreateResponse().properties)
    assert type(wire.decode(struct).values["replicas"]) is int


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:Namespace", tokens.Kind("v1", "Namespace")),
        ("kubernetes:apps/v1:Deployment", tokens.Kind("apps/v1", "Deployment")),
        ("kubernetes:core/v1:NodePatch", tokens.Kind("v1", "Node", patch=True)),
        ("kubernetes:example.org/v1:Foo", tokens.Kind("example.org/v1", "Foo")),
        ("kubernetes:helm.sh/v3:Release", tokens.Kind("helm.sh/v3", "Release", release=True)),
    ],
)
def test_tokens(token: str, kind: tokens.Kind) -> None:
    assert tokens.parse(token) == kind


@pytest.mark.parametrize(
    "token",
    [
        "kubernetes:yaml/v2:ConfigGroup",
        "kubernetes:helm.sh/v4:Chart",
        "kubernetes:kustomize/v2:Directory",
        "kubernetes:core/v1:PodList",
        "aws:s3/bucket:Bucket",
    ],
)
def test_tokens_that_are_not_served_say_so(token: str) -> None:
    with pytest.raises(tokens.NotServed, match=token):
        tokens.parse(token)


def test_a_urn_names_type_and_resource() -> None:
    urn = "urn:pulumi:bari::itineris::isthmus:infra:Cluster$kubernetes:core/v1:Namespace::team::a"
    assert tokens.type_of(urn) == "kubernetes:core/v1:Namespace"
    assert tokens.name_of(urn) == "team::a"


def test_settings_without_kubeconfig_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere")
    assert "takes no credentials from its surroundings" in settings.problems({})["kubeconfig"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"renderYamlToDirectory": "out"}, "does not serve 'renderYamlToDirectory'"),
        ({"enableServerSideApply": "false"}, "by server-side apply only"),
        ({"deleteUnreachable": "perhaps"}, "true or false"),
        ({"kubeClientSettings": '{"speed": 1}'}, "kubeClientSettings takes"),
        ({"context": "b"}, "has no context 'b' because it knows a"),
    ],
)
def test_settings_that_are_not_served_are_refused(given: dict[str, Any], said: str) -> None:
    found = settings.problems({"kubeconfig": KUBECONFIG, **given})
    assert len(found) == 1
    assert said in next(iter(found.values())).replace(", because", " because")


def test_settings_are_read() -> None:
    read = settings.read({"kubeconfig": KUBECONFIG, "enablePatchForce": "true", "kubeClientSettings": '{"timeout": 7}'})
    assert read.access is not None
    assert (read.access.server, read.namespace, read.force, read.request_timeout_s) == (
        "https://127.0.0.1:6443",
        "team",
        True,
        7,
    )
    assert "hush" not in repr(read)


def test_another_server_is_another_cluster_unless_it_is_identified() -> None:
    old, new = {"kubeconfig": KUBECONFIG}, {"kubeconfig": KUBECONFIG.replace("6443", "6444")}
    assert settings.reaches_another_cluster(old, new)
    assert not settings.reaches_another_cluster(old, {"kubeconfig": KUBECONFIG.replace("hush", "other")})
    same = {"clusterIdentifier": "bari"}
    assert not settings.reaches_another_cluster({**old, **same}, {**new, **same})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not YAML"),
        ("{}", "names no cluster"),
        (KUBECONFIG.replace("token: hush", "exec: {command: x}"), "logs in by `exec`"),
        (KUBECONFIG.replace("user: u,", "user: v,"), "has no user 'v'"),
        ("/no/such/file", "cannot be read"),
    ],
)
def test_kubeconfigs_that_cannot_be_used(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        kubeconfig.read(text)


def test_a_kubeconfigs_certificates_are_decoded() -> None:
    data = base64.b64encode(b"PEM").decode()
    read = kubeconfig.read(KUBECONFIG.replace("server:", f'certificate-authority-data: "{data}", server:'))
    assert read.ca_pem == "PEM"


def test_paths_are_written_as_pulumi_does() -> None:
    found = difference.between(
        {"metadata": {"labels": {"a.b/c": "1"}}, "spec": {"ports": [{"port": 80}]}},
        {"metadata": {"labels": {}}, "spec": {"ports": [{"port": 81}]}},
    )
    assert [entry.text for entry in found] == ['metadata.labels["a.b/c"]', "spec.ports[0].port"]
    assert [entry.change for entry in found] == [difference.Change.DELETE, difference.Change.UPDATE]


def test_a_boolean_is_not_a_number() -> None:
    assert difference.between({"a": True}, {"a": 1})


def test_a_made_name_is_marked() -> None:
    made, _ = naming.complete(
        "urn:pulumi:s::p::kubernetes:core/v1:Namespace::n",
        tokens.Kind("v1", "Namespace"),
        {},
        Properties({}),
        lambda: None,
    )
    assert naming.is_autonamed(made)


@pytest.mark.parametrize("annotation", ["pulumi.com/waitFor", "pulumi.com/replaceUnready"])
def test_annotations_that_are_not_served_are_refused(annotation: str) -> None:
    given = Properties({"metadata": {"name": "n", "annotations": {annotation: "x"}}})
    _, wrong = naming.complete("urn:pulumi:s::p::t::n", tokens.Kind("v1", "Pod"), {}, given, lambda: "default")
    assert annotation in next(iter(wrong.values()))


@pytest.mark.parametrize(
    ("live", "waits_for"),
    [
        ({"kind": "ConfigMap"}, ""),
        ({"kind": "Namespace", "status": {"phase": "Active"}}, ""),
        ({"kind": "Deployment", "metadata": {"generation": 2}, "status": {"observedGeneration": 1}}, "not seen"),
        (
            {"kind": "Deployment", "metadata": {}, "spec": {"replicas": 2}, "status": {"availableReplicas": 1}},
            "0 of 2 pods",
        ),
        ({"kind": "Job", "status": {"conditions": None}}, "not complete"),
        ({"kind": "ResourceQuota", "spec": {"hard": {"cpu": "2"}}, "status": {"hard": {"cpu": "2"}}}, ""),
    ],
)
def test_readiness(live: dict[str, Any], waits_for: str) -> None:
    answer = readiness.missing(live, lambda path, query: {})
    assert waits_for in answer
    assert bool(waits_for) == bool(answer)


def test_a_failed_job_is_told_at_once() -> None:
    conditions = [{"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}]
    with pytest.raises(readiness.Failed, match="BackoffLimitExceeded"):
        readiness.missing({"kind": "Job", "status": {"conditions": conditions}}, lambda path, query: {})


def test_a_server_that_is_down_is_one_sentence() -> None:
    said = settings.sentence(unreachable("https://127.0.0.1:1", ConnectionRefusedError("Connection refused")))
    assert said.startswith("the Kubernetes API server https://127.0.0.1:1 does not answer, because the connection was")
    assert "isthmus lab status" in said

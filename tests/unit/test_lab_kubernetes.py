"""The box's Kubernetes half, as far as it is pure: spec, node objects, certificates."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from isthmus.errors import BadInput
from lab.kubernetes import nodes
from lab.kubernetes.parts import Layout
from lab.kubernetes.pki import Authority
from lab.kubernetes.spec import ClusterSpec, NodeSpec, Taint

GPU = NodeSpec(
    "gpu-1",
    cpu=64,
    memory_bytes=2**40,
    gpus={"nvidia.com/gpu": 4},
    labels={"isthmus.dev/class": "gpu"},
    taints=(Taint("nvidia.com/gpu", "present"),),
    zone="bari",
)


def test_a_node_offers_what_the_spec_says() -> None:
    assert nodes.capacity(GPU) == {"cpu": "64", "memory": "1073741824Ki", "pods": "250", "nvidia.com/gpu": "4"}
    made = nodes.manifest(GPU)
    assert made["metadata"]["labels"]["topology.kubernetes.io/zone"] == "bari"
    assert made["metadata"]["labels"]["isthmus.dev/class"] == "gpu"
    assert made["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]


def _live(node: NodeSpec) -> dict[str, object]:
    return {**nodes.manifest(node), "status": {"capacity": nodes.capacity(node)}}


def test_a_node_matches_its_own_spec_and_no_other() -> None:
    assert nodes.matches(GPU, _live(GPU))
    for other in (
        replace(GPU, cpu=65),
        replace(GPU, gpus={}),
        replace(GPU, zone="lecce"),
        replace(GPU, labels={}),
        replace(GPU, taints=()),
    ):
        assert not nodes.matches(other, _live(GPU)), other


def test_labels_and_taints_of_others_do_not_matter() -> None:
    live = nodes.manifest(GPU)
    live["metadata"]["labels"]["team"] = "theirs"
    live["spec"]["taints"].append({"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"})
    assert nodes.matches(GPU, {**live, "status": {"capacity": nodes.capacity(GPU)}})


def test_a_change_takes_back_only_what_an_earlier_spec_had_put_there() -> None:
    live = nodes.manifest(GPU)
    live["metadata"]["labels"]["team"] = "theirs"
    live["spec"]["taints"].append({"key": "theirs", "effect": "NoExecute"})
    plain = replace(GPU, labels={}, taints=(), zone="")
    patch = nodes._metadata_patch(nodes.manifest(plain), live)
    assert patch["metadata"]["labels"]["isthmus.dev/class"] is None
    assert patch["metadata"]["labels"]["topology.kubernetes.io/zone"] is None
    assert "team" not in patch["metadata"]["labels"]
    assert patch["spec"]["taints"] == [{"key": "theirs", "effect": "NoExecute"}]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (ClusterSpec("Bari", ()), "cannot name a cluster"),
        (ClusterSpec("bari", (GPU, GPU)), "node 'gpu-1' twice"),
        (ClusterSpec("bari", (), service_cidr="10.0.0.0/8", pod_cidr="10.1.0.0/16"), "overlap"),
        (ClusterSpec("bari", (), pod_cidr="ten"), "a range that is none"),
        (ClusterSpec("bari", (replace(GPU, taints=(Taint("a", effect="Never"),)),)), "effect 'Never'"),
    ],
)
def test_a_spec_that_cannot_come_up_is_refused(spec: ClusterSpec, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        spec.check()


def test_certificates_are_private_and_stay(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki", "test")
    authority.ensure()
    pair = authority.client("admin", "isthmus-admin", ("system:masters",))
    before = pair.certificate.read_bytes()
    authority.ensure()
    assert authority.client("admin", "isthmus-admin", ("system:masters",)).certificate.read_bytes() == before
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "pki").iterdir())
    subject = x509.load_pem_x509_certificate(before).subject.rfc4514_string()
    assert subject == "O=system:masters,CN=isthmus-admin"


def test_a_server_certificate_is_for_loopback_only(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "test")
    authority.ensure()
    certificate = x509.load_pem_x509_certificate(authority.serving("apiserver").certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


def test_a_cluster_keeps_everything_in_one_folder(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for path in (layout.pki, layout.etcd_data, layout.run, layout.logs, layout.kubeconfig("admin")):
        assert path.is_relative_to(tmp_path)

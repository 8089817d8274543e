"""The Pulumi program against strict mocks: what it declares, under which names, with which guards."""

import pulumi
import pytest
from infra_mocks import ITINERIS, Recorder, access_folder, declare

from infra.stack import own_name, words
from isthmus.derive.site import derive_stack
from isthmus.errors import BadInput, Finding, Location, Unavailable
from isthmus.resolve import load_resolved

pytestmark = pytest.mark.filterwarnings("ignore:openstack.index:DeprecationWarning")
CLUSTERS = ("k8s-bari", "k8s-lecce")


@pytest.fixture(scope="module")
def access(tmp_path_factory):
    return access_folder(tmp_path_factory.mktemp("access") / "access", *CLUSTERS)


@pytest.fixture(scope="module")
def cloud(access):
    recorder = Recorder()
    outputs = declare("cloud-infn", access, recorder)
    return recorder, outputs


@pytest.fixture(scope="module")
def bari(access, cloud):
    recorder = Recorder(cloud[1])
    outputs = declare("bari", access, recorder)
    return recorder, outputs


@pytest.mark.parametrize("stack", ["cloud-infn", "bari", "lecce", "infn-3"])
def test_every_resource_name_belongs_to_one_desired_thing_and_every_thing_has_one(access, cloud, stack):
    recorder = Recorder(None if stack.startswith("cloud-") else cloud[1])
    declare(stack, access, recorder)
    keys = {thing.key for thing in derive_stack(load_resolved(ITINERIS), stack).things()}
    names = [r.name for r in recorder.resources()]
    assert {name.partition("/")[0] for name in names} == keys
    kinds = [(r.type, r.name) for r in recorder.resources()]
    assert len(set(kinds)) == len(kinds)


def test_private_flavors_are_opened_to_their_tenants_only(cloud):
    recorder, _ = cloud
    flavor = recorder.one("flavor-gpu-4xh100")
    assert flavor.inputs["isPublic"] is False
    opened = [r.inputs["tenantId"] for r in recorder.resources() if r.name.startswith("flavor-gpu-4xh100/")]
    assert opened == ["id-of-project-lifewatch", "id-of-project-itineris-users"]
    assert recorder.one("flavor-small").inputs["isPublic"] is True


def test_a_group_that_administers_a_project_does_not_administer_the_cloud(cloud):
    recorder, _ = cloud
    roles = {r.inputs["roleId"] for r in recorder.resources() if r.type.endswith(":RoleAssignment")}
    assert "role-manager" in roles
    assert "role-admin" not in roles


def test_quotas_of_the_three_services_come_from_one_row(cloud):
    recorder, _ = cloud
    things = {t.key: t for t in derive_stack(load_resolved(ITINERIS), "cloud-infn").things()}
    row = things["quota-lifewatch"]
    assert recorder.one("quota-lifewatch/compute").inputs["cores"] == row.cores
    assert recorder.one("quota-lifewatch/network").inputs["floatingip"] == row.addresses
    assert recorder.one("quota-lifewatch/volumes").inputs["gigabytes"] == row.gigabytes


def test_segments_are_shared_with_members_and_with_nobody_else(cloud):
    recorder, _ = cloud
    network = recorder.one("segment-infn-storage")
    assert network.inputs["segments"] == [{"networkType": "vlan", "physicalNetwork": "physnet1", "segmentationId": 120}]
    assert network.inputs["shared"] is False
    shares = {r.inputs["targetTenant"] for r in recorder.resources() if r.name.startswith("segment-infn-storage/")}
    assert "id-of-project-operations" in shares
    assert "id-of-project-lifewatch" not in shares
    assert "*" not in shares


def test_the_zone_has_its_hosts_before_any_class_aggregate(bari):
    recorder, outputs = bari
    names = [r.name for r in recorder.resources() if r.type.endswith(":AggregateV2")]
    assert names[0] == "zone"
    assert recorder.one("zone").inputs["zone"] == outputs["zone"] == "bari"
    assert recorder.one("hosts-gpu").inputs.get("zone") is None


def test_the_security_group_denies_by_default(bari):
    recorder, _ = bari
    assert recorder.one("security-group").inputs["deleteDefaultRules"] is True
    rules = [r.inputs for r in recorder.resources() if r.type.endswith(":SecGroupRule")]
    assert all(rule.get("remoteIpPrefix") for rule in rules if rule["direction"] == "ingress")
    assert {rule.get("portRangeMin") for rule in rules if rule["direction"] == "ingress"} == {22, 443}


def test_exactly_one_storage_class_is_the_default(bari):
    recorder, _ = bari
    marks = [
        r.inputs["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"]
        for r in recorder.resources()
        if r.type.endswith(":StorageClass")
    ]
    assert marks.count("true") == 1


def test_quotas_are_written_as_the_api_server_writes_them(bari):
    recorder, _ = bari
    hard = recorder.one("k8s-bari-namespace-lifewatch/quota").inputs["spec"]["hard"]
    assert hard["requests.storage"] == "200T"
    assert hard["requests.nvidia.com/gpu"] == "3"


def test_a_namespace_is_closed_and_enforces_pod_security(bari):
    recorder, _ = bari
    namespace = recorder.one("k8s-bari-namespace-lifewatch").inputs["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"
    deny = recorder.one("k8s-bari-namespace-lifewatch/deny-all").inputs["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    assert "egress" not in deny


def test_no_provider_leaves_a_setting_to_the_environment(bari):
    """Every input that the provider would else take from OS_* is given, empty where it is not used."""
    recorder, _ = bari
    providers = [d for d in recorder.declared if d.type == "pulumi:providers:openstack"]
    assert {p.name for p in providers} == {"operator", "site-bari"}
    for provider in providers:
        from_environment = {
            *("authUrl", "cloud", "token", "tenantId", "tenantName", "userId", "userName", "password", "cacertFile"),
            *("applicationCredentialId", "applicationCredentialName", "applicationCredentialSecret", "region"),
            *("domainId", "domainName", "projectDomainId", "projectDomainName", "userDomainId", "userDomainName"),
            *("cert", "key", "insecure", "systemScope", "swauth", "endpointType", "defaultDomain"),
        }
        assert from_environment <= set(provider.inputs), from_environment - set(provider.inputs)


def test_what_is_not_proven_is_said(bari):
    assert any("no data plane was tested" in note for note in bari[1]["notes"])


def test_a_site_without_its_cloud_says_what_to_bring_first(access):
    with pytest.raises(Unavailable, match="cloud-infn was never brought up") as failure:
        declare("bari", access, Recorder(None))
    assert "isthmus up" in failure.value.next_step


def test_a_cloud_that_is_behind_is_named(access, cloud):
    behind = {**cloud[1], "segments": {}}
    with pytest.raises(Unavailable, match="behind"):
        declare("bari", access, Recorder(behind))


def test_a_missing_kubeconfig_is_refused_where_the_cluster_has_nodes(tmp_path, cloud):
    with pytest.raises(Unavailable, match="no way to reach cluster k8s-bari"):
        declare("bari", access_folder(tmp_path / "access"), Recorder(cloud[1]))


def test_a_stack_may_carry_its_federations_name():
    assert own_name("itineris.bari", "itineris") == "bari"
    assert own_name("bari", "itineris") == "bari"
    with pytest.raises(BadInput, match="belongs to federation 'perugia'"):
        own_name("perugia.bari", "itineris")


def test_findings_are_part_of_the_words():
    finding = Finding(Location("site.yaml", 3, 1), "E101", "is wrong", "do it right")
    assert "site.yaml:3:1  E101  is wrong" in words(BadInput("cannot load", findings=(finding,)))


def test_imports_reach_resources_and_nothing_else(access, monkeypatch, tmp_path):
    """A component and a provider may bear a thing's name; only the resource is adopted."""
    seen = []
    original = pulumi.ResourceOptions.merge

    def watch(before, after):
        if after is not None and after.import_:
            seen.append(after.import_)
        return original(before, after)

    named = tmp_path / "imports.json"
    named.write_text('{"segment-federation": "an-id", "operator": "never"}')
    monkeypatch.setenv("ISTHMUS_IMPORTS", str(named))
    monkeypatch.setattr(pulumi.ResourceOptions, "merge", staticmethod(watch))
    declare("cloud-infn", access, Recorder())
    assert seen == ["an-id"]

"""What stands in the way of a deletion is asked by what the state has, whatever the model has forgotten."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from test_run_lookups import Listings

from isthmus.derive.site import SiteStack
from isthmus.derive.zone import Zone
from isthmus.errors import Refused
from isthmus.run import guards
from isthmus.run.api.kubernetes import KubernetesApi
from isthmus.run.api.openstack import OpenStackApi

FORGOTTEN = SiteStack("bari", None, None, (), ())
PROVIDER = "pulumi:providers:kubernetes"


def row(kind: str, name: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:bari::isthmus::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "id": f"id-{name}", "inputs": {"name": name}} | more


def document(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"deployment": {"resources": list(rows)}}


def in_a_cluster(kind: str) -> dict[str, Any]:
    provider = row(PROVIDER, "k8s", id="7", inputs={"clusterIdentifier": "k8s-bari"})
    thing = row(kind, "biology", provider=f"{provider['urn']}::7", inputs={"metadata": {"name": "biology"}})
    return document(provider, thing)


class Cluster:
    name = "k8s-bari"

    def all(self, api_version: str, kind: str, namespace: str = "") -> list[dict[str, Any]]:
        return [{"metadata": {"name": "notebook"}}] if (kind, namespace) == ("Pod", "biology") else []


@pytest.mark.parametrize("kind", ["kubernetes:core/v1:Namespace", "kubernetes:storage.k8s.io/v1:StorageClass"])
def test_a_cluster_that_nobody_can_ask_any_more_is_not_taken_for_an_empty_one(kind: str) -> None:
    with pytest.raises(Refused, match="Nothing was changed") as caught:
        guards.uses_of(FORGOTTEN, in_a_cluster(kind), None, {})
    assert "k8s-bari" in caught.value.why and "kubeconfig" in caught.value.next_step


def test_a_cluster_is_asked_for_what_runs_in_the_states_namespaces() -> None:
    clusters = {"k8s-bari": cast(KubernetesApi, Cluster())}
    found = guards.uses_of(FORGOTTEN, in_a_cluster("kubernetes:core/v1:Namespace"), None, clusters)
    assert found == (guards.Use("pod", "notebook", "namespace biology of k8s-bari"),)


def test_a_cloud_that_the_model_no_longer_drives_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(Refused, match="nobody can say whether tenants use bari"):
        guards.uses_of(FORGOTTEN, document(row("openstack:networking/network:Network", "public")), None, {})
    assert guards.uses_of(FORGOTTEN, document(), None, {}) == (), "an empty state needs nobody's answer"


def test_volumes_count_by_the_types_that_the_state_has() -> None:
    api = Listings(
        servers=[{"id": "s", "name": "work", "OS-EXT-AZ:availability_zone": "bari"}],
        volumes=[{"id": "v", "name": "data", "size": 3, "volume_type": "fast", "availability_zone": "nova"}],
    )
    state = document(row("openstack:blockstorage/volumeTypeV3:VolumeTypeV3", "volume-type", inputs={"name": "fast"}))
    found = guards.uses_of(FORGOTTEN, state, cast(OpenStackApi, api), {})
    assert [(u.kind, u.name) for u in found] == [("server", "work"), ("volume", "data")]


def test_the_sites_own_smoke_server_is_no_tenants_but_one_of_that_name_elsewhere_is() -> None:
    zone = cast(Zone, SimpleNamespace(volume_types=(), smoke=SimpleNamespace(name="smoke-bari")))
    site = SiteStack("bari", "cloud-bench", zone, (), ())
    state = document(row("pulumi:providers:openstack", "site-bari", inputs={"tenantId": "p-bari"}))
    smoke = {"name": "smoke-bari", "OS-EXT-AZ:availability_zone": "bari"}
    ours, theirs = smoke | {"id": "1", "tenant_id": "p-bari"}, smoke | {"id": "2", "tenant_id": "p-biology"}
    assert guards.uses_of(site, state, cast(OpenStackApi, Listings(servers=[ours])), {}) == ()
    assert len(guards.uses_of(site, state, cast(OpenStackApi, Listings(servers=[ours, theirs])), {})) == 1

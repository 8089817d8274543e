"""Finding what is there, what is in use, and what nova lists otherwise: against listings of our own making."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from isthmus.errors import Refused
from isthmus.run import guards, verify
from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.finders import Search, Wanted, known

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Listings:
    """Answers listings from a table; a filter by name works as the APIs' does."""

    region = "RegionOne"
    token = SimpleNamespace(project_id="admin", user_id="me")

    def __init__(self, **rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.deleted: list[str] = []

    def all(self, service: str, path: str, key: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        asked = {k: v for k, v in (query or {}).items() if k in ("name", "host", "security_group_id")}
        return [r for r in self.rows.get(key, []) if all(r.get(k) == v for k, v in asked.items())]

    def find(self, service: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return {path.rsplit("/", 1)[-1]: self.rows.get(path.rsplit("/", 1)[-1], [])}

    def delete(self, service: str, path: str) -> None:
        self.deleted.append(path)


def search(**rows: list[dict[str, Any]]) -> tuple[Search, Listings]:
    api = Listings(**rows)
    return Search(cast(OpenStackApi, api), {}), api


NETWORK = "openstack:networking/network:Network"


def test_a_thing_is_found_by_name_and_owner_and_not_when_another_resource_has_it() -> None:
    found, _ = search(
        networks=[{"id": "1", "name": "a", "project_id": "admin"}, {"id": "2", "name": "a", "project_id": "x"}]
    )
    wanted = Wanted(NETWORK, {"name": "a"})
    assert (hit := found.find(wanted)) and hit.id == "1"
    assert found.find(wanted, taken=frozenset({"1"})) is None
    assert found.find(Wanted(NETWORK, {"name": "a", "tenantId": "x"})).id == "2"  # type: ignore[union-attr]


def test_several_that_fit_are_named_and_none_is_taken() -> None:
    rows = [{"id": i, "name": "a", "project_id": "admin"} for i in ("1", "2")]
    with pytest.raises(Refused) as caught:
        search(networks=rows)[0].find(Wanted(NETWORK, {"name": "a"}))
    assert "ids 1, 2" in caught.value.why


def test_a_rule_is_found_by_what_it_allows() -> None:
    base = {"security_group_id": "g", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    rows = [
        {"id": "22", "port_range_min": 22, "port_range_max": 22} | base,
        {"id": "80", "port_range_min": 80, "port_range_max": 80} | base,
    ]
    asked = {"securityGroupId": "g", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    token = "openstack:networking/secGroupRule:SecGroupRule"
    hit = search(security_group_rules=rows)[0].find(Wanted(token, asked | {"portRangeMin": 80.0, "portRangeMax": 80}))
    assert hit and hit.id == "80"


def test_an_image_whose_upload_was_cut_and_a_credential_are_not_kept() -> None:
    found, api = search(
        images=[{"id": "i", "name": "debian", "status": "queued"}],
        application_credentials=[{"id": "c", "name": "bari"}],
    )
    image = found.find(Wanted("openstack:images/image:Image", {"name": "debian"}))
    credential = found.find(Wanted("openstack:identity/applicationCredential:ApplicationCredential", {"name": "bari"}))
    assert image and credential and not image.keep and not credential.keep
    found.remove(image)
    found.remove(credential)
    assert api.deleted == ["/images/i", "/users/me/application_credentials/c"]


def test_a_group_taken_in_after_a_cut_loses_neutrons_default_rules_only() -> None:
    own = {"id": "own", "security_group_id": "g", "direction": "egress", "protocol": "tcp"}
    found, api = search(
        security_groups=[{"id": "g", "name": "deny", "project_id": "admin"}],
        security_group_rules=[
            {"id": "default", "security_group_id": "g", "direction": "egress", "ethertype": "IPv4"},
            own,
        ],
    )
    wanted = Wanted("openstack:networking/secGroup:SecGroup", {"name": "deny", "deleteDefaultRules": True})
    hit = found.find(wanted)
    assert hit
    found.finish(wanted, hit)
    assert api.deleted == ["/security-group-rules/default"]


def test_what_is_not_known_yet_is_recognised_at_any_depth() -> None:
    assert not known({"a": [{"b": UNKNOWN}]})
    assert known({"a": [{"b": "x"}]})
    assert Wanted(NETWORK, {"name": UNKNOWN}).text("name") == ""


def aggregate(hosts: list[str]) -> dict[str, Any]:
    row = {
        "urn": "urn:x::zone",
        "type": verify.AGGREGATE,
        "custom": True,
        "id": "7",
        "inputs": {"name": "bari"},
        "outputs": {"hosts": hosts},
    }
    return {"deployment": {"resources": [row]}}


def test_a_host_that_nova_refused_is_named_with_its_zone_and_servers() -> None:
    api = Listings(
        aggregates=[
            {"id": 7, "name": "bari", "availability_zone": "bari", "hosts": ["h1"]},
            {"id": 8, "name": "old", "availability_zone": "old", "hosts": ["h2"]},
        ],
        servers=[{"name": "work", "host": "h2"}],
    )
    (stray,) = verify.strays(aggregate(["h1", "h2"]), cast(OpenStackApi, api), {"bari": frozenset({"h1", "h2"})})
    error = stray.error("bari")
    assert error.what == "aggregate bari did not get host h2"
    assert error.why == "it is in zone old, and servers run on it: work"
    assert "move or delete these servers" in error.next_step


def test_agreement_with_nova_is_one_listing_and_silence() -> None:
    api = Listings(aggregates=[{"id": 7, "name": "bari", "availability_zone": "bari", "hosts": ["h1"]}])
    assert verify.strays(aggregate(["h1"]), cast(OpenStackApi, api), {"bari": frozenset({"h1"})}) == ()


def test_a_refusal_names_a_bounded_number_of_uses() -> None:
    uses = [guards.Use("server", f"s{n:02d}", "on h1") for n in range(12)] + [guards.Use("volume", "v", "1 GB")]
    error = guards.refuse("bari", uses)
    assert error.what == "bari is in use: 12 servers, 1 volume. Nothing was changed."
    assert "s00" in error.why and "and 3 more" in error.why and "s11" not in error.why

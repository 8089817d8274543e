"""The bridge's table of tokens against the installed Python SDK, and how it is made."""

import json
from importlib import metadata
from pathlib import Path

import pytest

from infra.bridge import sdk, tokens
from isthmus.engine import pins

TABLE = json.loads(Path(tokens.__file__).with_name("tokens.json").read_text(encoding="utf-8"))


def flat(names: dict[str, list[str]]) -> list[str]:
    return [token for known in names.values() for token in known]


def test_every_token_of_the_sdk_is_in_the_table_once() -> None:
    package = sdk.read(tokens.installed())
    assert sorted(flat(TABLE["resources"])) == sorted(package.resources)
    assert sorted(flat(TABLE["functions"])) == sorted(package.functions)


def test_versions_belong_together() -> None:
    assert metadata.version("pulumi") == pins.CLI
    assert metadata.version("pulumi-openstack") == TABLE["version"]


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("openstack:compute/flavor:Flavor", "openstack_compute_flavor_v2"),
        ("openstack:database/instance:Instance", "openstack_db_instance_v1"),
        ("openstack:compute/aggregateV2:AggregateV2", "openstack_compute_aggregate_v2"),
        ("openstack:networking/getNetwork:getNetwork", "openstack_networking_network_v2"),
    ],
)
def test_names_follow_the_rule(token: str, name: str) -> None:
    assert tokens.match([token], [name]) == {name: [token]}


def test_an_alias_comes_after_the_current_token() -> None:
    old, new = "openstack:index/bgpvpnV2:BgpvpnV2", "openstack:bgpvpn/v2:V2"
    assert tokens.match([old, new], ["openstack_bgpvpn_v2"]) == {"openstack_bgpvpn_v2": [new, old]}


def test_what_has_no_counterpart_is_named() -> None:
    with pytest.raises(ValueError, match=r"openstack:compute/moon:Moon, openstack_compute_flavor_v2"):
        tokens.match(["openstack:compute/moon:Moon"], ["openstack_compute_flavor_v2"])


def test_inputs_are_read_from_generated_source() -> None:
    package = sdk.read(tokens.installed())
    port = package.resources["openstack:networking/port:Port"]
    assert port["networkId"] == sdk.Input("string", is_list=False, required=True)
    assert port["fixedIps"].is_list
    assert port["fixedIps"].members["ipAddress"] == sdk.Input("string", is_list=False, required=False)
    assert not port["binding"].is_list
    assert package.functions["openstack:compute/getFlavor:getFlavor"]["flavorId"].kind == "string"
    assert "allTags" in package.outputs["openstack:networking/port:Port"]
    assert package.provider["authUrl"].kind == "string"

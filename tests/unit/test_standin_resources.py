"""The stand-in provider's verbs against an API server in memory."""

import threading
from typing import Any

import pytest
from standin_api import FakeApi

from infra.standin.kubernetes import ownership
from infra.standin.kubernetes.connection import ApiError, Cause
from infra.standin.kubernetes.resources import Resources
from infra.standin.kubernetes.settings import Settings
from infra.standin.kubernetes.tokens import Kind
from infra.standin.kubernetes.wire import UNKNOWN, Properties
from isthmus.errors import BadInput, IsthmusError, Refused

CONFIGMAP = Kind("v1", "ConfigMap")
STORAGECLASS = Kind("storage.k8s.io/v1", "StorageClass")
DEPLOYMENT = Kind("apps/v1", "Deployment")
URN = "urn:pulumi:bari::itineris::kubernetes:core/v1:ConfigMap::settings"
PATH = "/api/v1/namespaces/team/configmaps/settings"


def provider(api: FakeApi, **given: Any) -> Resources:
    return Resources(api, Settings(access=None, namespace="team", **given), threading.Event())  # type: ignore[arg-type]


def inputs(
    resources: Resources, kind: Kind, given: dict[str, Any], old: dict[str, Any] | None = None
) -> dict[str, Any]:
    values, wrong = resources.check(URN, kind, Properties(old or {}), Properties(given))
    assert not wrong, wrong
    return values


def made(resources: Resources, data: str = "1") -> tuple[str, dict[str, Any], dict[str, Any]]:
    values = inputs(resources, CONFIGMAP, {"metadata": {"name": "settings"}, "data": {"a": data}})
    identity, state = resources.create(URN, CONFIGMAP, Properties(values), 0, preview=False)
    return identity, state, values


def test_a_missing_namespace_is_the_providers() -> None:
    assert inputs(provider(FakeApi()), CONFIGMAP, {"metadata": {"name": "x"}})["metadata"]["namespace"] == "team"
    assert "namespace" not in inputs(provider(FakeApi()), STORAGECLASS, {"metadata": {"name": "x"}})["metadata"]


def test_a_missing_name_is_made_once_and_kept() -> None:
    resources = provider(FakeApi())
    first = inputs(resources, CONFIGMAP, {"data": {"a": "1"}})
    assert first["metadata"]["name"].startswith("settings-")
    assert len(first["metadata"]["name"]) == len("settings-") + 8
    assert inputs(provider(FakeApi()), CONFIGMAP, {"data": {"a": "1"}}) == first, "preview and update disagree"
    kept = inputs(resources, CONFIGMAP, {"data": {"a": "2"}}, old=first)
    assert kept["metadata"]["name"] == first["metadata"]["name"]
    fresh = inputs(resources, CONFIGMAP, {"data": {"a": "2"}})
    assert fresh["metadata"]["name"] != first["metadata"]["name"], "a replacement needs a name of its own"


def test_a_secret_does_not_shape_a_name() -> None:
    secret = Kind("v1", "Secret")
    one = inputs(provider(FakeApi()), secret, {"stringData": {"password": "one"}})
    two = inputs(provider(FakeApi()), secret, {"stringData": {"password": "two"}})
    assert one["metadata"]["name"] == two["metadata"]["name"]


def test_a_type_and_its_inputs_may_not_contradict() -> None:
    _, wrong = provider(FakeApi()).check(URN, CONFIGMAP, Properties({}), Properties({"kind": "Secret"}))
    assert "contradicts" in wrong["kind"]


def test_create_read_update_delete() -> None:
    api = FakeApi()
    resources = provider(api)
    identity, state, values = made(resources)
    assert identity == "team/settings"
    assert api.objects[PATH]["data"] == {"a": "1"}
    assert "managedFields" not in state["metadata"]
    live, now = resources.read(URN, CONFIGMAP, identity, state, values) or ({}, {})
    assert now == values
    assert live == state
    changed = {**values, "data": {"a": "2"}}
    resources.update(URN, CONFIGMAP, identity, state, values, Properties(changed), 0, preview=False)
    assert api.objects[PATH]["data"] == {"a": "2"}
    resources.delete(URN, CONFIGMAP, identity, state, 0)
    assert api.objects == {}
    assert resources.read(URN, CONFIGMAP, identity, state, values) is None
    resources.delete(URN, CONFIGMAP, identity, state, 0)


def test_a_preview_changes_nothing() -> None:
    api = FakeApi()
    resources = provider(api)
    values = inputs(resources, CONFIGMAP, {"metadata": {"name": "settings"}, "data": {"a": "1"}})
    resources.create(URN, CONFIGMAP, Properties(values), 0, preview=True)
    assert api.objects == {}
    assert f"PATCH {PATH} (dry)" in api.requests


def test_equal_inputs_cost_no_request() -> None:
    api = FakeApi()
    resources = provider(api)
    identity, state, values = made(resources)
    api.requests.clear()
    assert not resources.diff(URN, CONFIGMAP, identity, state, values, Properties(values)).differences
    assert api.requests == []


def test_what_somebody_else_made_is_not_taken() -> None:
    api = FakeApi()
    api.call("PATCH", PATH, query={"fieldManager": "kubectl"}, body={"metadata": {"name": "settings"}})
    with pytest.raises(Refused) as refused:
        made(provider(api))
    assert "exists already" in refused.value.what
    assert "kubectl" in refused.value.why
    assert "team/settings" in refused.value.next_step
    made(provider(api, upsert=True))


def test_a_killed_run_finds_its_own_object_again() -> None:
    api = FakeApi()
    first, _, _ = made(provider(api))
    second, _, _ = made(provider(api))
    assert first == second
    assert len(api.objects) == 1


def test_a_replacement_of_the_same_name_must_delete_first() -> None:
    api = FakeApi()
    resources = provider(api)
    identity, state, values = made(resources)
    verdict = resources.diff(URN, CONFIGMAP, identity, state, values, Properties({**values, "data": {"a": "2"}}))
    assert verdict.delete_first
    assert all(entry.replace for entry in verdict.differences)
    with pytest.raises(Refused, match="before it is deleted"):
        made(resources, "2")


def test_configmaps_change_in_place_where_the_provider_says_so() -> None:
    api = FakeApi()
    resources = provider(api, configmaps_mutable=True)
    identity, state, values = made(resources)
    verdict = resources.diff(URN, CONFIGMAP, identity, state, values, Properties({**values, "data": {"a": "2"}}))
    assert [entry.text for entry in verdict.differences] == ["data.a"]
    assert not verdict.differences[0].replace


def test_fields_of_others_are_not_taken() -> None:
    api = FakeApi()
    resources = provider(api)
    identity, state, values = made(resources)
    api.call("PATCH", PATH, query={"fieldManager": "curl", "force": "1"}, body={"data": {"a": "9"}, "metadata": {}})
    changed = Properties({**values, "data": {"a": "2"}})
    with pytest.raises(Refused) as refused:
        resources.update(URN, CONFIGMAP, identity, state, values, changed, 0, preview=True)
    assert "'curl' owns data" in refused.value.why
    assert api.objects[PATH]["data"] == {"a": "9"}
    forced = provider(api, force=True)
    forced.update(URN, CONFIGMAP, identity, state, values, changed, 0, preview=False)
    assert api.objects[PATH]["data"] == {"a": "2"}


def test_drift_is_seen_and_equal_quantities_are_none() -> None:
    api = FakeApi()
    resources = provider(api)
    identity, state, values = made(resources)
    api.objects[PATH]["data"] = {"a": "9", "b": "theirs"}
    _, now = resources.read(URN, CONFIGMAP, identity, state, values) or ({}, {})
    assert now["data"] == {"a": "9"}
    written = {**values, "data": {"a": "1000m"}}
    _, now = resources.read(URN, CONFIGMAP, identity, {**state, "data": api.objects[PATH]["data"]}, written) or ({}, {})
    assert now["data"] == {"a": "1000m"}


def test_immutable_fields_mean_a_replacement() -> None:
    api = FakeApi()
    resources = provider(api, configmaps_mutable=True)
    identity, state, values = made(resources)
    cause = Cause("FieldValueInvalid", "data", "Invalid value: field is immutable when `immutable` is set")
    api.refuses[f"PATCH {PATH}"] = ApiError(422, "Invalid", "ConfigMap is invalid", (cause,))
    verdict = resources.diff(URN, CONFIGMAP, identity, state, values, Properties({**values, "data": {"a": "2"}}))
    assert verdict.delete_first
    assert verdict.differences[0].replace


def test_a_mistake_is_told_by_the_preview() -> None:
    api = FakeApi()
    resources = provider(api, configmaps_mutable=True)
    identity, state, values = made(resources)
    cause = Cause("FieldValueInvalid", "data.a", "Invalid value: must be shorter")
    api.refuses[f"PATCH {PATH}"] = ApiError(422, "Invalid", "ConfigMap is invalid", (cause,))
    with pytest.raises(BadInput, match="must be shorter"):
        resources.diff(URN, CONFIGMAP, identity, state, values, Properties({**values, "data": {"a": "2"}}))


def test_what_is_unknown_is_not_asked() -> None:
    api = FakeApi()
    resources = provider(api)
    values = inputs(resources, CONFIGMAP, {"metadata": {"name": "settings"}, "data": {"a": UNKNOWN}})
    api.requests.clear()
    assert resources.create(URN, CONFIGMAP, Properties(values), 0, preview=True) == ("", values)
    assert api.requests == []


def test_an_adopted_object_keeps_what_the_program_does_not_mention() -> None:
    api = FakeApi()
    there = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "team"},
        "data": {"a": "1"},
    }
    api.call("PATCH", PATH, query={"fieldManager": "kubectl"}, body={**there, "immutable": False})
    resources = provider(api, configmaps_mutable=True)
    state, now = resources.read(URN, CONFIGMAP, "team/settings", {}, {}) or ({}, {})
    assert now["data"] == {"a": "1"}
    assert now["immutable"] is False
    fewer = {key: item for key, item in now.items() if key != "immutable"}
    assert not resources.diff(URN, CONFIGMAP, "team/settings", state, now, Properties(fewer)).differences
    resources.update(URN, CONFIGMAP, "team/settings", state, now, Properties(fewer), 0, preview=False)
    assert api.objects[PATH]["immutable"] is False


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (403, "exceeded quota: compute", "exceeded quota: compute"),
        (401, "Unauthorized", "credentials are not accepted"),
        (500, "etcdserver: request timed out", "etcdserver: request timed out"),
    ],
)
def test_a_refusal_is_one_sentence(code: int, message: str, said: str) -> None:
    api = FakeApi()
    api.refuses[f"PATCH {PATH}"] = ApiError(code, "", message)
    with pytest.raises(IsthmusError) as refused:
        made(provider(api))
    assert refused.value.what == "cannot create v1 ConfigMap team/settings"
    assert said in refused.value.why
    assert refused.value.next_step


def test_the_manager_is_the_urns_and_stays_after_a_rename() -> None:
    assert ownership.manager(URN, {}) == ownership.manager(URN, {})
    assert ownership.manager(URN, {}) != ownership.manager(URN + "x", {})
    assert ownership.manager(URN, {ownership.STATE_KEY: "isthmus-old"}) == "isthmus-old"

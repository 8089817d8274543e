"""The stand-in's inputs are those of the official SDK, and both those of the running API server.

A resource's inputs go to the API server as they come, so this holds the
SDK's classes against the OpenAPI documents that the server publishes.
"""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.standin.kubernetes import kubeconfig, tokens
from infra.standin.kubernetes.connection import Connection
from infra.standin.kubernetes.releases import _FLAGS, _OPTIONS, _OTHERS
from isthmus.progress import Lines
from lab.kubernetes.control_plane import KubernetesCluster
from lab.kubernetes.spec import ClusterSpec

pytestmark = pytest.mark.lab
pulumi_kubernetes = pytest.importorskip("pulumi_kubernetes")

# Written by nobody: the API server's own half of an object.
OUTPUTS = {"status"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    cluster = KubernetesCluster(tmp_path_factory.mktemp("inputs") / "one", ClusterSpec("one", ()))
    cluster.prepare(Lines())
    cluster.up(Lines())
    yield Connection(kubeconfig.read(str(cluster.kubeconfig())), timeout_s=30)
    cluster.wipe()


def published(api: Connection) -> dict[tuple[str, str], set[str]]:
    """What the API server says each kind holds at its top."""
    found: dict[tuple[str, str], set[str]] = {}
    for root, entry in api.get("/openapi/v3")["paths"].items():
        if not re.fullmatch(r"api/v1|apis/.+/v[^/]+", root):
            continue
        document = api.get(entry["serverRelativeURL"].partition("?")[0])
        for schema in document.get("components", {}).get("schemas", {}).values():
            for kind in schema.get("x-kubernetes-group-version-kind", []):
                version = f"{kind['group']}/{kind['version']}".removeprefix("/")
                found[version, kind["kind"]] = set(schema.get("properties", {}))
    return found


def sdk_classes() -> Iterator[tuple[str, Any]]:
    source = (Path(pulumi_kubernetes.__file__).parent / "__init__.py").read_text()
    modules = json.loads(re.findall(r'resource_modules="""(.*?)"""', source, re.S)[0])
    for module in modules:
        for token, name in module["classes"].items():
            yield token, (module["fqn"], name)


def test_inputs_of_every_served_kind_are_the_sdks(api: Connection) -> None:
    schemas = published(api)
    compared, different = 0, {}
    for token, (module, name) in sdk_classes():
        try:
            kind = tokens.parse(token)
        except tokens.NotServed:
            continue
        if (kind.api_version, kind.name) not in schemas:
            continue
        arguments = getattr(importlib.import_module(module), f"{name}Args")
        given = {argument(parameter) for parameter in inspect.signature(arguments.__init__).parameters} - {"Self"}
        compared += 1
        if given - OUTPUTS != schemas[kind.api_version, kind.name] - OUTPUTS:
            different[token] = sorted(given ^ schemas[kind.api_version, kind.name])
    assert compared > 100
    assert different == {}


def test_inputs_of_a_release_are_the_sdks() -> None:
    arguments = inspect.signature(pulumi_kubernetes.helm.v3.ReleaseArgs.__init__).parameters
    sdk = {argument(name) for name in arguments} - {"Self"}
    ours = {*_FLAGS, *_OPTIONS, *_OTHERS} - {"checksum"}
    assert ours <= sdk
    assert sdk - ours == {
        "allowNullValues",
        "disableCrdHooks",
        "lint",
        "manifest",
        "postrender",
        "recreatePods",
        "replace",
        "resourceNames",
        "takeOwnership",
        "valueYamlFiles",
    }, "refused in a sentence by check"


def argument(name: str) -> str:
    """The name on the wire of a Python parameter."""
    first, *rest = name.strip("_").split("_")
    return (first or "Self").replace("self", "Self") + "".join(part.capitalize() for part in rest)

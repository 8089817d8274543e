"""The engine that `isthmus engine` gives, on real programs; and the bridge beside the official Python SDK."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.bridge import sdk, tokens
from isthmus.engine import environment, plugins
from isthmus.progress import Quiet

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1500)]

KINDS = {"String": "string", "Bool": "boolean", "Int": "number", "Float": "number", "Map": "map"}
"""Terraform's scalar types and what the SDK calls them; lists and sets say their kind by their members."""

PROGRAM = """\
import pulumi


class Site(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("isthmus:test:Site", name)
        self.zone = pulumi.Output.secret(f"{name}-zone")
        self.register_outputs({"zone": self.zone})


pulumi.export("zone", Site("bari").zone)
"""


@pytest.fixture(scope="module")
def engine() -> environment.Engine:
    return environment.engine(Quiet())


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    bridge = plugins.build_bridge(Quiet()) / "pulumi-resource-openstack"
    answer = subprocess.run([str(bridge), "-properties"], capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout))


@pytest.fixture(scope="module")
def package() -> sdk.Sdk:
    return sdk.read(tokens.installed())


def differences(path: str, served: Mapping[str, Any], wanted: Mapping[str, sdk.Input], required: bool) -> Iterator[str]:
    """Every way in which the bridge's inputs are not the SDK's, nested objects included."""
    for name in sorted({*served, *wanted}):
        here = f"{path}.{name}"
        if name not in served or name not in wanted:
            yield f"{here}: only in the {'bridge' if name in served else 'SDK'}"
            continue
        ours, theirs = served[name], wanted[name]
        if ours["list"] != theirs.is_list:
            yield f"{here}: a list only in the {'bridge' if ours['list'] else 'SDK'}"
        if required and ours["required"] != theirs.required:
            yield f"{here}: required only in the {'bridge' if ours['required'] else 'SDK'}"
        if KINDS.get(ours["type"], theirs.kind) != theirs.kind:
            yield f"{here}: {ours['type']} in the bridge, {theirs.kind} in the SDK"
        yield from differences(here, ours.get("members", {}), theirs.members, required)


def all_differences(
    served: Mapping[str, Any], wanted: Mapping[str, Mapping[str, sdk.Input]], required: bool
) -> list[str]:
    found = [f"{token}: only in one of them" for token in sorted(set(served) ^ set(wanted))]
    for token in sorted(set(served) & set(wanted)):
        found += differences(token, served[token]["inputs"], wanted[token], required)
    return found


def test_every_resource_of_the_sdk_is_served_with_the_same_inputs(served: dict[str, Any], package: sdk.Sdk) -> None:
    assert len(package.resources) > 100
    assert all_differences(served["resources"], package.resources, required=True) == []


def test_every_data_source_of_the_sdk_is_served_with_the_same_inputs(served: dict[str, Any], package: sdk.Sdk) -> None:
    # The SDK makes every argument of a data source optional, so what is required cannot be compared.
    assert len(package.functions) > 60
    assert all_differences(served["functions"], package.functions, required=False) == []


def test_what_programs_read_is_served_too(served: dict[str, Any], package: sdk.Sdk) -> None:
    missing = {
        token: sorted(unknown)
        for token, outputs in package.outputs.items()
        if (unknown := outputs - set(served["resources"][token]["outputs"]))
    }
    assert missing == {}


def test_the_providers_own_settings_are_the_same(served: dict[str, Any], package: sdk.Sdk) -> None:
    assert list(differences("provider", served["provider"], package.provider, required=True)) == []


def test_a_difference_would_be_seen(served: dict[str, Any], package: sdk.Sdk) -> None:
    flavor = "openstack:compute/flavor:Flavor"
    inputs = dict(served["resources"][flavor]["inputs"])
    inputs["memory"] = inputs.pop("ram")
    found = list(differences(flavor, inputs, package.resources[flavor], required=True))
    assert found == [f"{flavor}.memory: only in the bridge", f"{flavor}.ram: only in the SDK"]


class Project:
    """A Pulumi project in a folder of its own, with its state there."""

    def __init__(self, folder: Path, engine: environment.Engine) -> None:
        self._folder = folder
        (folder / "state").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text("name: proof\nruntime: python\n", encoding="utf-8")
        (folder / "__main__.py").write_text(PROGRAM, encoding="utf-8")
        self._engine = engine
        self._environment = environment.environment(engine) | {
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        }

    def run(self, *arguments: str) -> str:
        ended = subprocess.run(
            [str(self._engine.pulumi), *arguments, "--non-interactive"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


def changes(preview: str) -> Iterable[str]:
    return [step["op"] for step in json.loads(preview)["steps"]]


def test_a_component_comes_stays_and_goes(tmp_path: Path, engine: environment.Engine) -> None:
    project = Project(tmp_path / "proof", engine)
    project.run("stack", "init", "bari")
    assert changes(project.run("preview", "--json")) == ["create", "create"]
    project.run("up", "--yes", "--skip-preview")
    assert json.loads(project.run("stack", "output", "--json", "--show-secrets")) == {"zone": "bari-zone"}
    assert set(changes(project.run("preview", "--json"))) == {"same"}
    project.run("destroy", "--yes", "--skip-preview")
    assert json.loads(project.run("stack", "export"))["deployment"].get("resources", []) == []


def test_a_shell_readied_by_the_exports_runs_plain_pulumi(engine: environment.Engine) -> None:
    exports = environment.shell_exports(engine)
    said = subprocess.run(
        ["/bin/sh", "-c", f"{exports}\ncommand -v pulumi && pulumi version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == [str(engine.pulumi), f"v{engine.version}"]

"""The Pulumi program without an engine: every resource it declares, kept; unknown outputs fail."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
import yaml
from pulumi.runtime import mocks
from pulumi.runtime.stack import run_pulumi_func

ITINERIS = Path(__file__).parents[2] / "sites" / "itineris"

COMPUTED: dict[str, dict[str, Any]] = {
    "openstack:identity/applicationCredential:ApplicationCredential": {"secret": "drawn by keystone"},
    "openstack:networking/network:Network": {"mtu": 1500},
}
"""What each kind of resource gives beyond its inputs and its id, as far as the program may read it."""


@dataclass(frozen=True)
class Declared:
    type: str
    name: str
    inputs: dict[str, Any] = field(repr=False)
    custom: bool
    id: str


class Refusal(grpc.RpcError):
    """An answer of the engine that is an error."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return str(self)


class Recorder(mocks.Mocks):
    """Keeps what is declared; answers only what is known."""

    def __init__(self, cloud_outputs: dict[str, Any] | None = None) -> None:
        self.declared: list[Declared] = []
        self.cloud_outputs = cloud_outputs

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        identity = f"id-of-{args.name}"
        self.declared.append(Declared(args.typ, args.name, args.inputs, bool(args.custom), identity))
        return identity, {**COMPUTED.get(args.typ, {}), **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> dict[Any, Any]:
        if args.token == "openstack:identity/getRole:getRole":
            return {**args.args, "id": f"role-{args.args['name']}"}
        if args.token == "openstack:identity/getAuthScope:getAuthScope":
            return {**args.args, "id": "scope", "projectId": "operators-project"}
        if args.token == "pulumi:pulumi:readStackOutputs":
            if self.cloud_outputs is None:
                raise Refusal(f'unknown stack "{args.args["name"]}"')
            return {"name": args.args["name"], "outputs": self.cloud_outputs, "secretOutputNames": ["passwords"]}
        raise AssertionError(f"{args.token} was not expected")

    def resources(self) -> list[Declared]:
        """Declared resources that are neither components, providers nor the stack."""
        return [d for d in self.declared if d.custom and not d.type.startswith("pulumi:")]

    def one(self, name: str) -> Declared:
        found = [d for d in self.resources() if d.name == name]
        assert len(found) == 1, (name, found)
        return found[0]


def access_folder(folder: Path, *clusters: str, **entry: Any) -> Path:
    """An access folder that knows the three clouds of itineris, as its operator."""
    auth = {"auth_url": "https://keystone.example.org/v3", "username": "admin", "password": "a password"}
    one = {"auth": {**auth, "project_name": "admin"}, "region_name": "RegionOne", **entry}
    folder.mkdir(exist_ok=True)
    (folder / "clouds.yaml").write_text(
        yaml.safe_dump({"clouds": dict.fromkeys(("infn", "regional-1", "regional-2"), one)})
    )
    (folder / "kubeconfig").mkdir(exist_ok=True)
    for cluster in clusters:
        (folder / "kubeconfig" / f"{cluster}.yaml").write_text("kind: Config\n")
    return folder


def declare(stack: str, access: Path, recorder: Recorder, federation: Path = ITINERIS) -> dict[str, Any]:
    """Run the program for `stack` with `recorder` as the engine; returns its outputs, plain."""
    from infra.stack import declare as run

    found: dict[str, Any] = {}

    def program() -> None:
        run(stack, federation, access)
        root = pulumi.runtime.get_root_resource()
        for name, output in dict(root.outputs).items():  # type: ignore[union-attr]
            pulumi.Output.from_input(output).apply(lambda value, name=name: found.update({name: value}))

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks.set_mocks(recorder, project="isthmus", stack=stack, preview=False)
    try:
        loop.run_until_complete(run_pulumi_func(program))
    finally:
        # What a failed run left must not be waited for by the next one.
        pulumi.runtime.settings.SETTINGS.rpc_manager.clear()
        pulumi.runtime.settings.SETTINGS.outputs.clear()
        pulumi.runtime.settings.reset_options()
        loop.close()
        asyncio.set_event_loop(None)
    assert_known(found)
    return found


def assert_known(value: Any, path: str = "outputs") -> None:
    """Fail where an output is unknown: nothing the real provider gives was read."""
    if value is None:
        pytest.fail(f"{path} is not known")
    for key, inner in value.items() if isinstance(value, dict) else ():
        assert_known(inner, f"{path}.{key}")

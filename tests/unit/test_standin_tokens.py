"""The stand-in's tokens are those of the official SDK: every resource class of it parses to its own kind."""

import importlib
import inspect
import json
import re
from pathlib import Path

import pytest

from infra.standin.kubernetes import STANDIN_VERSION, settings, tokens

pulumi_kubernetes = pytest.importorskip("pulumi_kubernetes")

FOLDER = Path(pulumi_kubernetes.__file__).parent
# Components that the official plugin itself builds, the client-side chart, and lists.
NOT_SERVED = re.compile(r"kubernetes:(yaml/|kustomize/|helm\.sh/v4:|.*List$)")


def sdk_tokens() -> list[str]:
    """Every resource token in the SDK's own registration."""
    modules = json.loads(re.findall(r'resource_modules="""(.*?)"""', (FOLDER / "__init__.py").read_text(), re.S)[0])
    return sorted(token for module in modules for token in module["classes"])


def test_the_version_is_the_sdks() -> None:
    assert importlib.metadata.version("pulumi_kubernetes") == STANDIN_VERSION


def test_there_are_tokens() -> None:
    assert len(sdk_tokens()) > 400


def test_every_token_is_served_or_refused_in_a_sentence() -> None:
    for token in sdk_tokens():
        if NOT_SERVED.match(token):
            with pytest.raises(tokens.NotServed, match=re.escape(token)):
                tokens.parse(token)
        else:
            kind = tokens.parse(token)
            module = token.split(":")[1].removeprefix("core/") if ":core/" in token else token.split(":")[1]
            assert kind.api_version == module, token
            assert token.endswith(kind.name + ("Patch" if kind.patch else "")), token


def test_every_input_of_the_sdks_provider_is_known() -> None:
    parameters = inspect.signature(pulumi_kubernetes.Provider._internal_init).parameters
    inputs = {camel(name) for name in parameters if not name.startswith("__")} - {"resourceName", "opts"}
    unserved = {"alwaysRender", "renderYamlToDirectory", "helmReleaseSettings"}
    for name in inputs:
        found = settings.problems({name: None}).get(name, "")
        assert ("does not serve" in found) == (name in unserved), f"{name}: {found}"


def camel(name: str) -> str:
    first, *rest = name.strip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)

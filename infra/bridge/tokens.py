"""Make tokens.json: which token of the Python SDK is which name of the Terraform provider.

    python -m infra.bridge.tokens PROVIDER

PROVIDER is a built bridge; it lists the Terraform names. The official
provider's table follows a rule (module and name without `openstack_` and
`_vN`), with a handful of exceptions that history made.
"""

import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from infra.bridge import sdk

PREFIXES = {"database": "db", "loadbalancer": "lb", "firewall": "fw", "index": ""}
"""SDK module: its prefix in Terraform names, where that is another word."""

BY_HAND = {
    "openstack:blockstorage/quoteSetV3:QuoteSetV3": "openstack_blockstorage_quotaset_v3",
    "openstack:loadbalancer/flavorV2:FlavorV2": "openstack_lb_flavor_v2",
    "openstack:loadbalancer/getFlavorV2:getFlavorV2": "openstack_loadbalancer_flavor_v2",
    "openstack:loadbalancer/getLbFlavorDeprecated:getLbFlavorDeprecated": "openstack_lb_flavor_v2",
    "openstack:index/workflowWorkflowV2:WorkflowWorkflowV2": "openstack_workflow_workflow_v2",
    "openstack:objectstorage/containerObject:ContainerObject": "openstack_objectstorage_object_v1",
    "openstack:sharedfilesystem/getAvailbilityZones:getAvailbilityZones": (
        "openstack_sharedfilesystem_availability_zones_v2"
    ),
}

RENAMED = {"openstack_orchestration_stack_v1": {"outputs": "StackOutputs"}}
"""Properties the official provider names against its rule (`outputs` is reserved in some languages)."""


def match(tokens: Iterable[str], names: Iterable[str]) -> dict[str, list[str]]:
    """Terraform name to its tokens, the current one before those that live on as aliases.

    Raises ValueError with every token that has no name, and every name that has no token.
    """
    by_key: dict[str, str] = {}
    for name in sorted(names):
        plain = _key(name.removeprefix("openstack_"))
        by_key.setdefault(re.sub(r"v\d$", "", plain), name)
        by_key[plain] = name
    found: dict[str, list[str]] = {name: [] for name in sorted(names)}
    unknown = []
    for token in sorted(tokens, key=lambda token: (token.startswith("openstack:index/"), "Deprecated" in token, token)):
        _, module, member = token.split(":")
        module, member = module.split("/")[0], re.sub(r"^get(?=[A-Z])", "", member)
        keys = [_key(PREFIXES.get(module, module) + member), _key(module + member), _key(member)]
        name = BY_HAND.get(token) or next((by_key[key] for key in keys if key in by_key), "")
        if name:
            found[name].append(token)
        else:
            unknown.append(token)
    unknown += [name for name, matched in found.items() if not matched]
    if unknown:
        raise ValueError(f"no counterpart: {', '.join(unknown)}")
    return found


def installed() -> Path:
    """The folder of the installed `pulumi_openstack`."""
    spec = importlib.util.find_spec("pulumi_openstack")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pulumi_openstack is not installed")
    return Path(spec.origin).parent


def main() -> None:
    listed = subprocess.run([sys.argv[1], "-properties"], capture_output=True, text=True, check=True)
    terraform = json.loads(listed.stdout)["terraform"]
    package = sdk.read(installed())
    table = {
        "version": importlib.metadata.version("pulumi-openstack"),
        "resources": match(package.resources, terraform["resources"]),
        "functions": match(package.functions, terraform["data_sources"]),
        "renamed": RENAMED,
    }
    target = Path(__file__).with_name("tokens.json")
    target.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


if __name__ == "__main__":
    main()

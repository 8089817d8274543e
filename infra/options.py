"""Resource options: one place for protection, parents, ignored inputs and adoption."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pulumi

from isthmus.errors import BadInput

Adopt = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


def options(
    parent: pulumi.Resource,
    *,
    provider: pulumi.ProviderResource | None = None,
    holds_data: bool = False,
    after: Sequence[pulumi.Resource] = (),
    unreadable: Sequence[str] = (),
    unique: bool = False,
    secret_outputs: Sequence[str] = (),
) -> pulumi.ResourceOptions:
    """Options of a resource below `parent`, whose provider it takes unless another is given.

    `holds_data` protects it against deletion and replacement. `unreadable`
    names inputs that the API does not give back, so that they count when the
    resource is made and never again. `unique` is for names of which the API
    allows one: the old one goes before the new one comes.
    """
    return pulumi.ResourceOptions(
        parent=parent,
        provider=provider,
        protect=True if holds_data else None,
        depends_on=list(after) or None,
        ignore_changes=list(unreadable) or None,
        delete_before_replace=True if unique else None,
        additional_secret_outputs=list(secret_outputs) or None,
    )


def read_imports() -> dict[str, str]:
    """What is adopted instead of made: provider ids by resource name, from the JSON file $ISTHMUS_IMPORTS names."""
    named = os.environ.get("ISTHMUS_IMPORTS")
    if not named:
        return {}
    try:
        found = json.loads(Path(named).read_text())
    except (OSError, ValueError) as problem:
        raise BadInput(f"{named} cannot be read", why=str(problem), next_step="unset ISTHMUS_IMPORTS") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadInput(f"{named} is not a list of ids by resource name", next_step="unset ISTHMUS_IMPORTS")
    return found


def adopt(imports: Mapping[str, str]) -> Adopt:
    """A transformation that gives every resource named in `imports` its id; components are never adopted."""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        found = imports.get(args.name)
        if found is None or not isinstance(args.resource, pulumi.CustomResource) or _is_provider(args.type_):
            return None
        own = pulumi.ResourceOptions(import_=found)
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, own))

    return transform


def _is_provider(token: str) -> bool:
    return token.startswith("pulumi:providers:")

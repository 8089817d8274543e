"""What a site's stack reads from its cloud's: ids, and the password of the site's own user."""

from dataclasses import dataclass, field
from typing import Any

import pulumi

from isthmus.errors import Unavailable


@dataclass(frozen=True)
class Shared:
    """Outputs of a cloud's stack, plain but for the passwords."""

    stack: str
    values: dict[str, Any] = field(repr=False)

    def id(self, kind: str, key: str) -> str:
        """The provider's id of `key` among `kind` (flavors, images, projects, segments, users).

        Raises Unavailable where the cloud's stack lacks it.
        """
        found = (self.values.get(kind) or {}).get(key)
        if not isinstance(found, str) or not found:
            raise _behind(self.stack, f"{key} is not among its {kind}")
        return found

    def password(self, user_key: str) -> pulumi.Output[str]:
        """The password of a site's user, as a secret. Raises Unavailable where the cloud's stack lacks it."""
        found = (self.values.get("passwords") or {}).get(user_key)
        if not isinstance(found, str) or not found:
            raise _behind(self.stack, f"the password of {user_key} is not in it")
        return pulumi.Output.secret(found)


def read_shared(cloud_stack: str, own_stack: str) -> Shared:
    """The cloud's outputs, read from the same backend. Raises Unavailable where that stack was never brought up.

    The engine's own call behind StackReference is used, because it can be
    asked and answered before the first resource: a stack that is missing
    becomes one sentence.
    """
    prefix = own_stack.rpartition(".")[0]
    name = f"{prefix}.{cloud_stack}" if prefix else cloud_stack
    full = f"{pulumi.get_organization()}/{pulumi.get_project()}/{name}"
    try:
        found = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": full})
    except Exception as problem:
        if "unknown stack" not in str(problem):
            raise Unavailable(f"the outputs of stack {name} cannot be read", why=str(problem)) from None
        raise _missing(name) from None
    values = (found.value or {}).get("outputs") or {}
    if not values:
        raise _missing(name)
    return Shared(name, values)


def _missing(stack: str) -> Unavailable:
    return Unavailable(
        f"the site's cloud has nothing to build on: stack {stack} was never brought up",
        why="flavors, projects and networks that sites share are made there",
        next_step=f"isthmus up SITE brings both in order; by hand: pulumi up -s {stack}",
    )


def _behind(stack: str, why: str) -> Unavailable:
    return Unavailable(
        f"stack {stack} is behind what the federation's files say",
        why=why,
        next_step=f"bring the cloud first: isthmus up SITE, or pulumi up -s {stack}",
    )

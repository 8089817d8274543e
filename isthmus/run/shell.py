"""What makes a plain shell ready for `pulumi`: the engine on PATH, the target, the stacks made."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.access import BACKEND, PASSPHRASE, PASSPHRASE_FILE, find_access
from isthmus.derive.site import stacks_for
from isthmus.ledger.entries import Resolved
from isthmus.progress import Reporter
from isthmus.run import faults
from isthmus.run.pulumi import CONFIG_FILE, SETTINGS, EngineFailed
from isthmus.run.world import engine_with, needed, proxies

if TYPE_CHECKING:
    from isthmus.engine.environment import Engine


@dataclass(frozen=True)
class Settings:
    """Variables to export, and the target in words."""

    values: Mapping[str, str]
    target: str


def settings(
    ready: "Engine", resolved: Resolved, folder: Path, access_folder: Path | None, reporter: Reporter
) -> Settings:
    """The variables; makes stacks that are not there yet, since `pulumi up -s STACK` would refuse them.

    Values are paths, addresses and switches: no secret is among them.
    """
    from isthmus.engine.environment import environment

    access = find_access(resolved.federation.name, access_folder)
    stacks = stacks_for(resolved, ())
    clouds, _ = needed(resolved, stacks, access)
    pulumi = engine_with(ready, access, folder, resolved, clouds)
    try:
        for stack in stacks:
            if not pulumi.exists(stack):
                reporter.said("stacks", f"making stack {stack}")
                pulumi.init(stack)
    except EngineFailed as failed:
        raise faults.explain_command("", failed) from None
    base = dict(os.environ)
    changed = {k: v for k, v in environment(ready, base).items() if base.get(k) != v or k == "PATH"}
    values = changed | access.environment() | proxies(access, clouds) | {"ISTHMUS_FEDERATION": str(folder.resolve())}
    if access.stacks:
        values[CONFIG_FILE] = str(access.stacks / SETTINGS)
    return Settings(values, access.words().removeprefix("target: "))


def exports(values: Mapping[str, str], base: Mapping[str, str]) -> str:
    """Lines for `eval` in a POSIX shell. What another target left in it is unset, and so are OpenStack's own
    variables, which the provider would mix with the stack's credentials."""
    # The engine prefers a passphrase in the environment to the file that the target names.
    left = (CONFIG_FILE, BACKEND, PASSPHRASE_FILE, *([PASSPHRASE] if PASSPHRASE_FILE in values else []))
    stale = [name for name in base if (name in left or name.startswith("OS_")) and name not in values]
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(values.items())]
    return "\n".join([*(f"unset {name}" for name in stale), *lines])

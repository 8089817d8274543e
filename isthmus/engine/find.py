"""A `pulumi` that the user already has."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from isthmus.engine import pins
from isthmus.supply import cache


def on_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The user's own `pulumi`, if it is there with its Python language host and its version fits."""
    found = outside_cache("pulumi", environment)
    if found is None or not fits(version(found)):
        return None
    beside = found.resolve().with_name("pulumi-language-python")
    return found if beside.exists() or outside_cache("pulumi-language-python", environment) else None


def outside_cache(program: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """`program` on PATH, ours left out: a shell readied by `isthmus engine env` has those on PATH too."""
    ours = cache.cache_root()
    folders = [
        folder
        for folder in environment.get("PATH", "").split(os.pathsep)
        if folder and not Path(folder).resolve().is_relative_to(ours)
    ]
    found = shutil.which(program, path=os.pathsep.join(folders)) if folders else None
    return Path(found) if found else None


def version(pulumi: Path) -> str:
    """`3.255.0` as the program says; empty where it does not answer."""
    try:
        answer = subprocess.run(
            [str(pulumi), "version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip().removeprefix("v")


def fits(said: str) -> bool:
    """Whether a version like `3.260.1` is of our major version and not older than what we need."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", said)
    if not numbers:
        return False
    parts = tuple(int(number) for number in numbers.groups())
    return parts[0] == pins.OLDEST_CLI[0] and parts >= pins.OLDEST_CLI

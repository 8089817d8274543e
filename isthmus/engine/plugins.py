"""The provider plugins: the official ones, and stand-ins where those cannot be installed."""

import hashlib
import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import infra
from isthmus.engine import find, pins
from isthmus.errors import Unavailable
from isthmus.progress import Reporter, task
from isthmus.supply import cache, download, go

_BRIDGE_SECONDS = 90.0
_INSTALL_LIMIT_S = 300.0
_ASK_AGAIN_S = 3600.0
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Provider:
    """A provider plugin that the engine will launch."""

    name: str
    version: str
    """The version of the Python SDK it serves."""
    kind: Literal["official", "stand-in", "on PATH"]
    folder: Path | None
    """The folder to put on PATH for it; None where the engine finds it by itself."""

    def __str__(self) -> str:
        meaning = {
            "official": "official plugin",
            "stand-in": "stand-in, for the official plugin could not be installed",
            "on PATH": "the one on your PATH",
        }
        return f"{self.name} {self.version}: {meaning[self.kind]}"


def sdk_version(name: str) -> str:
    """The installed version of `pulumi-NAME`, which names the plugin that belongs to it."""
    return importlib.metadata.version(f"pulumi-{name}")


def home(environment: Mapping[str, str] = os.environ, *, own_engine: bool) -> Path:
    """Pulumi's folder of plugins and credentials: the user's, where the engine or the setting is; else ours."""
    if chosen := environment.get("PULUMI_HOME"):
        return Path(chosen)
    return cache.cache_root() / "engine" / "home" if own_engine else Path.home() / ".pulumi"


def openstack(pulumi: Path, pulumi_home: Path, reporter: Reporter) -> Provider:
    """The OpenStack provider: official if it can be had, else the bridge; raises Unavailable when neither can."""
    return _installed("openstack", pulumi, pulumi_home, reporter) or _stand_in("openstack", build_bridge(reporter))


def kubernetes(pulumi: Path, pulumi_home: Path, reporter: Reporter) -> Provider:
    """The Kubernetes provider: official if it can be had, else the Python stand-in."""
    return _installed("kubernetes", pulumi, pulumi_home, reporter) or _stand_in("kubernetes", kubernetes_launcher())


def build_bridge(reporter: Reporter) -> Path:
    """The folder with the bridged OpenStack provider, built on first use; raises Unavailable."""
    part, source = "engine/standin-openstack", _infra() / "bridge"
    if done := go.built(part, source, ["."]):
        return done
    with task(reporter, "openstack (bridge)", _BRIDGE_SECONDS) as running:
        folder = go.build(part, source, ["."], say=running.say)
        running.result = f"{(folder / 'pulumi-resource-openstack').stat().st_size / 1e6:.0f} MB"
    return folder


def kubernetes_launcher(python: str = sys.executable) -> Path:
    """The folder with a script that runs the Kubernetes stand-in in this Python environment."""
    # -P: the engine starts plugins in the program's folder, whose own `infra` must not shadow ours.
    script = f'#!/bin/sh\nexec {shlex.quote(python)} -P -u -m infra.standin.kubernetes "$@"\n'
    name = f"engine/standin-kubernetes-{hashlib.sha256(script.encode()).hexdigest()[:12]}"

    def make(scratch: Path) -> None:
        launcher = scratch / "pulumi-resource-kubernetes"
        launcher.write_text(script, encoding="utf-8")
        launcher.chmod(0o755)

    return cache.part(name, make)


def _infra() -> Path:
    return Path(infra.__file__ or "").parent


def _stand_in(name: str, folder: Path) -> Provider:
    return Provider(name, sdk_version(name), "stand-in", folder)


def _installed(name: str, pulumi: Path, pulumi_home: Path, reporter: Reporter) -> Provider | None:
    """The provider without our doing (on PATH, or installed before), or the official one installed now."""
    version = sdk_version(name)
    if find.outside_cache(f"pulumi-resource-{name}"):
        return Provider(name, version, "on PATH", None)
    official = Provider(name, version, "official", None)
    plugin = pulumi_home / "plugins" / f"resource-{name}-v{version}"
    if (plugin / f"pulumi-resource-{name}").exists():
        return official
    if not _can_be_asked():
        return None
    if not download.reachable(_plugin_url(name, version)):
        _remember_in_vain()
        return None
    with task(reporter, f"{name} (plugin)", 30) as running:
        try:
            _install(name, version, pulumi, pulumi_home)
        except Unavailable as problem:
            _remember_in_vain()
            running.result = f"not installed, a stand-in will serve: {problem.why.splitlines()[-1]}"
            return None
        running.result = f"version {version}"
    return official


def _install(name: str, version: str, pulumi: Path, pulumi_home: Path) -> None:
    command = [str(pulumi), "plugin", "install", "resource", name, version, "--non-interactive"]
    surroundings = {**os.environ, "PULUMI_HOME": str(pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    with tempfile.TemporaryFile(mode="w+", errors="replace") as said:
        try:
            ended = subprocess.run(
                command, env=surroundings, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=_INSTALL_LIMIT_S
            ).returncode
        except subprocess.TimeoutExpired:
            ended = -1
        said.seek(0)
        lines = said.read().strip()
    if ended:
        raise Unavailable(
            f"the official {name} plugin {version} could not be installed",
            why=lines or f"it took longer than {_INSTALL_LIMIT_S:.0f} s",
            next_step=f"run `pulumi plugin install resource {name} {version}` to see more",
        )


def _plugin_url(name: str, version: str) -> str:
    machine = _MACHINES.get(platform.machine(), platform.machine())
    return f"{pins.PLUGINS}/pulumi-resource-{name}-v{version}-{platform.system().lower()}-{machine}.tar.gz"


def _asked_in_vain() -> Path:
    return cache.cache_root() / "engine" / "no-official-plugins"


def _remember_in_vain() -> None:
    _asked_in_vain().parent.mkdir(parents=True, exist_ok=True)
    _asked_in_vain().touch()


def _can_be_asked() -> bool:
    """False for an hour after plugins were out of reach, so that runs do not wait for the network each time."""
    try:
        return time.time() - _asked_in_vain().stat().st_mtime > _ASK_AGAIN_S
    except OSError:
        return True

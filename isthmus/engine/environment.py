"""The engine as a whole: made ready, described, and put into a process's or a shell's environment."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from isthmus.engine import find, pins, plugins, release, source
from isthmus.errors import Unavailable
from isthmus.progress import Reporter, task
from isthmus.supply import cache

Origin = Literal["on PATH", "release", "built"]


@dataclass(frozen=True)
class Cli:
    """A `pulumi` program and where it came from; `folder` also holds its language host, once that is ensured."""

    pulumi: Path
    version: str
    origin: Origin

    @property
    def folder(self) -> Path:
        return self.pulumi.parent


@dataclass(frozen=True)
class Engine:
    """Everything `pulumi up` needs."""

    pulumi: Path
    version: str
    origin: Origin
    providers: tuple[plugins.Provider, ...]
    home: Path | None
    """PULUMI_HOME, where it is not the user's own."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """What goes on PATH, in order."""
        return (self.pulumi.parent, *(provider.folder for provider in self.providers if provider.folder))

    @property
    def stand_ins(self) -> tuple[str, ...]:
        return tuple(provider.name for provider in self.providers if provider.kind == "stand-in")

    def describe(self) -> list[str]:
        """A line for the engine and one for each provider, to be shown by every run."""
        meaning = {
            "on PATH": "the one on your PATH",
            "release": "official release",
            "built": f"built from its Go module, Python language host {pins.LANGUAGE_HOST}",
        }
        return [f"pulumi {self.version}: {meaning[self.origin]}", *(str(provider) for provider in self.providers)]


def engine(reporter: Reporter) -> Engine:
    """The engine, with what is missing installed or built; raises Unavailable.

    Builds follow one another: each keeps every core busy, the later ones share
    what the earlier compiled, and an interruption ends the one that runs.
    """
    cli = ensure_cli(reporter)
    ensure_language(reporter)
    return assemble(cli, reporter)


def ensure_cli(reporter: Reporter) -> Cli:
    """The command line: the user's own if it fits, else the release, else built; raises Unavailable."""
    origin = _origin()
    if origin == "on PATH" and (own := find.on_path()):
        return Cli(own, find.version(own), "on PATH")
    if origin == "release":
        try:
            return Cli(release.install(reporter) / "pulumi", pins.CLI, "release")
        except Unavailable as problem:
            with task(reporter, "pulumi (release)") as running:
                running.result = f"given up, it will be built: {problem.what}"
    return Cli(source.build_cli(reporter) / "pulumi", pins.CLI, "built")


def ensure_language(reporter: Reporter) -> None:
    """The Python language host and `pip`, which it asks, where the command line is built too; raises Unavailable."""
    if _origin() == "built":
        source.build_language(reporter)
        _ensure_pip()


def prepare_openstack_provider(reporter: Reporter) -> None:
    """Build the OpenStack bridge where the official plugin is out of reach; it needs no command line to be there."""
    if _origin() == "built" and not find.outside_cache("pulumi-resource-openstack"):
        plugins.build_bridge(reporter)


def assemble(cli: Cli, reporter: Reporter) -> Engine:
    """Put the parts together, installing or building what is still missing; raises Unavailable."""
    own_engine = cli.origin != "on PATH"
    pulumi = cli.pulumi
    if cli.origin == "built":
        pulumi = source.together(cli.folder, source.build_language(reporter)) / "pulumi"
        _ensure_pip()
    home = plugins.home(own_engine=own_engine)
    providers = (plugins.openstack(pulumi, home, reporter), plugins.kubernetes(pulumi, home, reporter))
    return Engine(pulumi, cli.version, cli.origin, providers, home if own_engine else None)


def environment(engine: Engine, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base` made ready to run `pulumi`: its PATH, its home, and none of the ambient credentials in it."""
    kept = {name: value for name, value in base.items() if not _is_ambient(name)}
    return {**kept, **_settings(engine, base)}


def shell_exports(engine: Engine, base: Mapping[str, str] = os.environ) -> str:
    """Lines for `eval` in a POSIX shell that ready it for plain `pulumi`: settings, and no ambient credentials."""
    settings = _settings(engine, base)
    ambient = "".join(f"unset {name}\n" for name in sorted(base) if _is_ambient(name))
    return ambient + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(settings.items()))


def _settings(engine: Engine, base: Mapping[str, str]) -> dict[str, str]:
    settings = {
        "PATH": _path(engine, base),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        # The engine starts the program and its plugins anew at every run: compiling them each time would cost more
        # than what they do.
        "PYTHONDONTWRITEBYTECODE": "",
        # The program reaches its engine on loopback by gRPC, which else would ask the operator's proxy for it.
        "no_grpc_proxy": "127.0.0.1,localhost",
    }
    if engine.home:
        settings["PULUMI_HOME"] = str(engine.home)
    if engine.stand_ins:
        settings["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return settings


def _path(engine: Engine, base: Mapping[str, str]) -> str:
    """This environment's programs first (the old language host asks PATH), then the engine's, then the user's."""
    own = [Path(sys.executable).parent] if sys.prefix != sys.base_prefix else []
    ours = [str(folder) for folder in (*own, *engine.folders)]
    cached = cache.cache_root() / "engine"
    others = [
        folder
        for folder in base.get("PATH", os.defpath).split(os.pathsep)
        if folder and folder not in ours and not Path(folder).is_relative_to(cached)
    ]
    return os.pathsep.join([*ours, *others])


def _is_ambient(name: str) -> bool:
    """Credentials that providers would take from the environment; ours are always given explicitly."""
    return name.startswith("OS_") or name in {"KUBECONFIG", "KUBE_CONFIG_PATH"}


def _origin() -> Origin:
    """Where the command line will come from; what is here already is not asked for again."""
    if find.on_path():
        return "on PATH"
    if release.is_installed():
        return "release"
    if source.is_built():
        return "built"
    return "release" if release.is_reachable() else "built"


def _ensure_pip() -> None:
    """The built language host lists packages by `python -m pip`; environments made by other tools lack it."""
    if importlib.util.find_spec("pip"):
        return
    uv = Path(sys.executable).with_name("uv")
    found = str(uv) if uv.exists() else shutil.which("uv")
    command = (
        [found, "pip", "install", "--quiet", "--python", sys.executable, "pip"]
        if found
        else [sys.executable, "-m", "ensurepip", "--default-pip"]
    )
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        raise Unavailable(
            f"{sys.executable} has no pip, which Pulumi's Python language host asks for installed packages",
            why=(ended.stderr.strip().splitlines() or ["it could not be added"])[-1],
            next_step="add pip to this environment (`python -m ensurepip` or `uv pip install pip`), and run again",
        )

"""Where the engine comes from, and what it puts into an environment."""

import hashlib
import http.server
import io
import os
import platform
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from isthmus.engine import find, pins, plugins, release, source
from isthmus.engine.environment import Engine, ensure_cli, environment, shell_exports
from isthmus.errors import Unavailable
from isthmus.progress import Quiet
from isthmus.supply import download


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def program(folder: Path, name: str, says: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / name
    made.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    made.chmod(0o755)
    return made


@pytest.mark.parametrize(
    ("said", "fitting"),
    [("3.255.0", True), ("3.300.1", True), ("3.254.9", False), ("4.0.0", False), ("", False), ("dev", False)],
)
def test_which_versions_fit(said: str, fitting: bool) -> None:
    assert find.fits(said) is fitting


def test_a_fitting_pulumi_on_path_is_used(tmp_path: Path) -> None:
    own = program(tmp_path / "bin", "pulumi", f"v{pins.CLI}")
    surroundings = {"PATH": str(tmp_path / "bin")}
    assert find.on_path(surroundings) is None, "without its language host it runs no Python program"
    program(tmp_path / "bin", "pulumi-language-python")
    assert find.on_path(surroundings) == own


def test_an_old_pulumi_on_path_is_left_alone(tmp_path: Path) -> None:
    program(tmp_path / "bin", "pulumi", "v3.100.0")
    program(tmp_path / "bin", "pulumi-language-python")
    assert find.on_path({"PATH": str(tmp_path / "bin")}) is None


def test_our_own_pulumi_on_path_is_not_taken_for_the_users(own_cache: Path) -> None:
    program(own_cache / "engine" / "built", "pulumi", f"v{pins.CLI}")
    program(own_cache / "engine" / "built", "pulumi-language-python")
    assert find.on_path({"PATH": str(own_cache / "engine" / "built")}) is None


def test_the_checksum_of_an_archive_is_found() -> None:
    published = "aa11  pulumi-v1-linux-arm64.tar.gz\nbb22  pulumi-v1-linux-x64.tar.gz\n"
    assert release.checksum(published, "pulumi-v1-linux-x64.tar.gz") == "bb22"
    with pytest.raises(Unavailable, match=r"no pulumi-v1-plan9\.tar\.gz"):
        release.checksum(published, "pulumi-v1-plan9.tar.gz")


def archive(path: Path, names: list[str]) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 2
            packed.addfile(member, io.BytesIO(b"ok"))
    return path


def test_only_the_engine_is_unpacked_and_only_into_the_folder(tmp_path: Path) -> None:
    packed = archive(tmp_path / "a.tgz", ["pulumi/pulumi", "../../pulumi-language-python", "pulumi/pulumi-language-go"])
    (tmp_path / "out").mkdir()
    release.unpack(packed, tmp_path / "out")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["pulumi", "pulumi-language-python"]
    assert os.access(tmp_path / "out" / "pulumi", os.X_OK)


def test_an_incomplete_release_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(Unavailable, match="incomplete"):
        release.unpack(archive(tmp_path / "a.tgz", ["pulumi/pulumi"]), tmp_path / "out")


@pytest.fixture
def built(own_cache: Path) -> Engine:
    bridge = own_cache / "engine" / "standin-openstack-1"
    providers = (
        plugins.Provider("openstack", "5.5.3", "stand-in", bridge),
        plugins.Provider("kubernetes", "4.34.2", "official", None),
    )
    home = own_cache / "engine" / "home"
    return Engine(own_cache / "engine" / "built-1" / "pulumi", pins.CLI, "built", providers, home)


def test_the_environment_finds_the_engine_and_holds_no_ambient_credentials(built: Engine, own_cache: Path) -> None:
    old = own_cache / "engine" / "built-0"
    base = {"PATH": f"{old}:/usr/bin", "OS_PASSWORD": "x", "KUBECONFIG": "/k", "LANG": "C"}
    ready = environment(built, base)
    folders = ready["PATH"].split(":")
    assert folders.index(str(built.pulumi.parent)) < folders.index("/usr/bin")
    assert str(own_cache / "engine" / "standin-openstack-1") in folders
    assert str(old) not in folders, "an engine of an earlier version must not be found first"
    assert not {"OS_PASSWORD", "KUBECONFIG"} & set(ready)
    assert ready["LANG"] == "C"
    assert ready["PULUMI_HOME"] == str(built.home)
    assert ready["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_a_proxy_is_not_asked_for_loopback(built: Engine) -> None:
    ready = environment(built, {"PATH": "/usr/bin", "https_proxy": "http://proxy.example:3128"})
    assert ready["no_grpc_proxy"] == "127.0.0.1,localhost"
    assert ready["https_proxy"] == "http://proxy.example:3128"


def test_with_official_plugins_only_they_may_install_themselves(tmp_path: Path) -> None:
    official = tuple(plugins.Provider(name, "1.0.0", "official", None) for name in ("openstack", "kubernetes"))
    own = Engine(tmp_path / "pulumi", "3.260.0", "on PATH", official, None)
    ready = environment(own, {"PATH": "/usr/bin"})
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in ready
    assert "PULUMI_HOME" not in ready
    assert own.stand_ins == ()


def test_a_shell_reads_the_exports_whatever_is_in_them(built: Engine, tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s a "folder" $HOME'
    text = shell_exports(built, {"PATH": f"{odd}:/usr/bin:/bin"})
    said = subprocess.run(["/bin/sh", "-c", f'{text}\nprintf %s "$PATH"'], capture_output=True, text=True, check=True)
    assert said.stdout == environment(built, {"PATH": f"{odd}:/usr/bin:/bin"})["PATH"]


def test_every_run_can_say_what_is_a_stand_in(built: Engine) -> None:
    said = built.describe()
    assert said[0].startswith(f"pulumi {pins.CLI}: built from its Go module")
    assert said[1] == "openstack 5.5.3: stand-in, for the official plugin could not be installed"
    assert said[2] == "kubernetes 4.34.2: official plugin"
    assert built.stand_ins == ("openstack",)


def test_the_kubernetes_launcher_runs_the_stand_in_from_anywhere(tmp_path: Path) -> None:
    python = tmp_path / "a venv" / "python"
    program(python.parent, "python")
    python.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    launcher = plugins.kubernetes_launcher(str(python)) / "pulumi-resource-kubernetes"
    said = subprocess.run([str(launcher), "127.0.0.1:1"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "-P -u -m infra.standin.kubernetes 127.0.0.1:1"


def test_homes(own_cache: Path) -> None:
    assert plugins.home({"PULUMI_HOME": "/mine"}, own_engine=True) == Path("/mine")
    assert plugins.home({}, own_engine=True) == own_cache / "engine" / "home"
    assert plugins.home({}, own_engine=False) == Path.home() / ".pulumi"


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a web server that stands for the publisher's."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "web"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    for name in ("RELEASES", "CHECKSUMS", "PLUGINS"):
        monkeypatch.setattr(pins, name, here)
    yield folder
    server.shutdown()
    server.server_close()


def publish(folder: Path, *, honest: bool = True) -> None:
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    name = f"pulumi-v{pins.CLI}-linux-{machine}.tar.gz"
    packed = archive(folder / name, ["pulumi/pulumi", "pulumi/pulumi-language-python"])
    digest = hashlib.sha256(packed.read_bytes() if honest else b"").hexdigest()
    (folder / f"v{pins.CLI}").mkdir()
    (folder / f"v{pins.CLI}" / f"pulumi-{pins.CLI}-checksums.txt").write_text(f"{digest}  {name}\n", encoding="utf-8")


def test_the_release_is_preferred_to_building(internet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(internet)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(source, "build_cli", lambda _: pytest.fail("built although the release was there"))
    cli = ensure_cli(Quiet())
    assert (cli.origin, cli.version, cli.pulumi.read_bytes()) == ("release", pins.CLI, b"ok")


def test_a_forged_release_is_not_used(
    internet: Path, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(internet, honest=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(source, "build_cli", lambda _: tmp_path)
    assert ensure_cli(Quiet()).origin == "built"
    assert not release.is_installed()


def test_the_official_plugin_is_preferred_to_a_stand_in(
    internet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "build_bridge", lambda _: pytest.fail("built although the plugin was there"))
    version = plugins.sdk_version("openstack")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    (internet / f"pulumi-resource-openstack-v{version}-linux-{machine}.tar.gz").touch()
    pulumi = program(tmp_path / "bin", "pulumi")
    called = tmp_path / "called"
    pulumi.write_text(f'#!/bin/sh\necho "$PULUMI_HOME $@" >> {called}\n', encoding="utf-8")
    home = tmp_path / "home"
    assert plugins.openstack(pulumi, home, Quiet()).kind == "official"
    assert called.read_text(encoding="utf-8").startswith(f"{home} plugin install resource openstack {version}")


def test_a_plugin_that_cannot_be_installed_gets_a_stand_in(
    internet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "build_bridge", lambda _: tmp_path / "bridge")
    asked: list[str] = []

    def refuse(url: str) -> bool:
        asked.append(url)
        return False

    monkeypatch.setattr(download, "reachable", refuse)
    for _ in range(2):
        provider = plugins.openstack(tmp_path / "pulumi", tmp_path / "home", Quiet())
        assert (provider.kind, provider.folder) == ("stand-in", tmp_path / "bridge")
    assert len(asked) == 1, "for an hour nobody waits for the network again"


def test_an_installed_plugin_is_used_without_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "reachable", lambda *_, **__: pytest.fail("asked"))
    version = plugins.sdk_version("kubernetes")
    program(tmp_path / "home" / "plugins" / f"resource-kubernetes-v{version}", "pulumi-resource-kubernetes")
    assert plugins.kubernetes(tmp_path / "pulumi", tmp_path / "home", Quiet()).kind == "official"

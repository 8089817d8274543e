"""The box's OpenStack without running it: daemons, ports, configuration, secrets."""

import configparser
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from isthmus.errors import Unavailable
from lab import ports
from lab.openstack import config, migrate, private, state
from lab.openstack.cloud import OpenStackCloud
from lab.openstack.database import Database
from lab.openstack.parts import MariaDB
from lab.openstack.spec import CloudSpec, HostSpec, PciSpec, VolumeBackendSpec
from lab.process import Daemon, wait_for

SPEC = CloudSpec(
    name="stretched",
    region="region-one",
    hosts=(HostSpec("bari-1", "bari", pci=(PciSpec("10de", "2330", 4),)), HostSpec("lecce-1", "lecce")),
    physical_networks={"physnet1": (100, 199), "physnet2": (300, 399)},
    pci_aliases={"h100": ("10de", "2330"), "fpga": ("10ee", "5000")},
    volume_backends=(VolumeBackendSpec("bari-store", "bari", 360_000), VolumeBackendSpec("any-store")),
)


def sleeper(folder: Path, program: str = "import time; time.sleep(60)", name: str = "sleeper") -> Daemon:
    return Daemon(name, [sys.executable, "-c", program], {}, folder, folder / "log" / f"{name}.log", folder / "run")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = sleeper(tmp_path)
    yield made
    made.stop(timeout_s=1)


def settings(folder: Path, spec: CloudSpec = SPEC) -> config.Settings:
    """Settings whose services environment is a folder with the one file that is copied from it."""
    environment = folder / "env"
    (environment / "etc/nova").mkdir(parents=True, exist_ok=True)
    (environment / "etc/nova/api-paste.ini").write_text("[app]\n")
    numbers = {service: 21000 + index for index, service in enumerate(config.SERVICES)}
    database = Database(folder / "db", MariaDB(Path("/")))
    return config.Settings(spec, folder / "cloud", environment, database, numbers, "service-secret")


def read(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.read(path)
    return parser


class TestDaemon:
    def test_starting_twice_is_starting_once(self, daemon: Daemon) -> None:
        first = daemon.start()
        assert daemon.start() == first == daemon.alive()
        assert daemon.status().state == "running"
        deadline = time.monotonic() + 10
        while daemon.memory_bytes() < 1_000_000 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert 1_000_000 < daemon.memory_bytes() < 100_000_000

    def test_a_stopped_one_is_gone_with_its_children(self, tmp_path: Path) -> None:
        child = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
        parent = sleeper(tmp_path, child)
        pid = parent.start()
        deadline = time.monotonic() + 10
        while len(parent._session()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        family = parent._session()
        assert pid in family
        assert len(family) == 2
        assert parent.stop(timeout_s=2)
        assert not any(Path(f"/proc/{member}").exists() and member == pid for member in family)
        assert parent._session() == []
        assert parent.status().state == "stopped"

    def test_orphans_of_a_crash_are_ended_by_the_next_start(self, tmp_path: Path) -> None:
        child = "import subprocess, time; subprocess.Popen(['sleep', '61']); time.sleep(60)"
        parent = sleeper(tmp_path, child)
        pid = parent.start()
        deadline = time.monotonic() + 10
        while len(parent._session()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        while parent.alive():
            time.sleep(0.02)
        orphans = parent._session()
        assert len(orphans) == 1
        assert parent.status().state == "crashed"
        assert parent.start() != pid
        assert not set(orphans) & set(parent._session())
        parent.stop(timeout_s=1)

    def test_one_that_ignores_term_is_killed(self, tmp_path: Path) -> None:
        deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
        daemon = sleeper(tmp_path, f"{deaf}; print('deaf', flush=True); time.sleep(60)")
        daemon.start()
        wait_for(daemon, lambda: "deaf" in daemon.log.read_text(), 10, lambda _: None)
        begun = time.monotonic()
        assert daemon.stop(timeout_s=0.3)
        assert time.monotonic() - begun < 5
        assert daemon.alive() is None

    def test_a_reused_process_id_is_not_ours(self, daemon: Daemon) -> None:
        daemon.start()
        text = daemon.pid_file.read_text()
        daemon.stop()
        daemon.pid_file.write_text(text.replace(f'"pid": {_pid(text)}', f'"pid": {os.getpid()}'))
        assert daemon.alive() is None
        assert not daemon.stop()

    def test_the_operators_environment_does_not_leak(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OS_PASSWORD", "hush")
        daemon = sleeper(tmp_path, "import os; print(sorted(os.environ), flush=True)")
        daemon.start()
        deadline = time.monotonic() + 10
        while "PATH" not in daemon.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "OS_PASSWORD" not in daemon.log.read_text()

    def test_death_is_told_with_its_reason(self, tmp_path: Path) -> None:
        daemon = sleeper(tmp_path, "print('error: no such port'); print('bye')")
        daemon.start()
        with pytest.raises(Unavailable) as failure:
            wait_for(daemon, lambda: False, 10, lambda _: None)
        assert str(failure.value) == (
            "sleeper ended\n    because error: no such port\n"
            f"    next: read {daemon.log}, then run the same command again: it starts what is down"
        )

    def test_an_older_runs_reason_is_not_told(self, tmp_path: Path) -> None:
        daemon = sleeper(tmp_path, "print('fine')")
        daemon.log.parent.mkdir()
        daemon.log.write_text("error: of yesterday\n")
        daemon.start()
        with pytest.raises(Unavailable) as failure:
            wait_for(daemon, lambda: False, 10, lambda _: None)
        assert failure.value.why == "fine"

    def test_silence_is_told_too(self, daemon: Daemon) -> None:
        daemon.start()
        with pytest.raises(Unavailable, match="did not answer within 0 s"):
            wait_for(daemon, lambda: False, 0.2, lambda _: None)

    def test_a_missing_program_is_named(self, tmp_path: Path) -> None:
        daemon = Daemon("x", ["/no/such/program"], {}, tmp_path, tmp_path / "x.log", tmp_path)
        with pytest.raises(Unavailable, match="x cannot be started"):
            daemon.start()


class TestPorts:
    def test_taken_ports_are_passed_over(self) -> None:
        with socket.socket() as taken:
            taken.bind((ports.LOOPBACK, 0))
            taken.listen()
            number = taken.getsockname()[1]
            assert not ports.is_free(number)
            assert number not in ports.free_ports(3, near=number)

    def test_ports_are_kept_while_they_are_free_or_ours(self) -> None:
        first = ports.keep_or_choose({}, ["a", "b"])
        assert ports.keep_or_choose(first, ["a", "b"]) == first
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((ports.LOOPBACK, first["a"]))
            other.listen()
            assert ports.keep_or_choose(first, ["a", "b"], ours=["a"]) == first
            moved = ports.keep_or_choose(first, ["a", "b"])
        assert moved["b"] == first["b"]
        assert moved["a"] not in first.values()


class TestConfiguration:
    def test_sites_keep_their_volumes(self, tmp_path: Path) -> None:
        made = settings(tmp_path)
        config.write(made)
        cinder = read(made.file("cinder"))
        assert cinder["DEFAULT"]["enabled_backends"] == "bari-store,any-store"
        assert cinder["bari-store"]["backend_availability_zone"] == "bari"
        assert cinder["bari-store"]["standin_capacity_gb"] == "360000"
        assert "backend_availability_zone" not in cinder["any-store"]

    def test_networks_and_devices_are_the_specs(self, tmp_path: Path) -> None:
        made = settings(tmp_path)
        config.write(made)
        neutron = read(made.file("neutron"))
        assert neutron["ml2_type_vlan"]["network_vlan_ranges"] == "physnet1:100:199,physnet2:300:399"
        nova = made.file("nova").read_text()
        assert nova.count("device_spec = ") == 2
        assert 'alias = {"name": "h100", "vendor_id": "10de", "product_id": "2330", "device_type": "type-PCI"}' in nova

    def test_only_a_changed_service_restarts(self, tmp_path: Path) -> None:
        before = config.write(settings(tmp_path))
        assert config.write(settings(tmp_path)) == before
        grown = replace(SPEC, hosts=(*SPEC.hosts, HostSpec("bari-2")))
        after = config.write(settings(tmp_path, grown))
        assert {service for service in after if after[service] != before[service]} == {"nova"}

    def test_no_secret_is_readable_by_others(self, tmp_path: Path) -> None:
        made = settings(tmp_path)
        config.write(made)
        private.keys(made.folder)
        private.passwords(made.folder)
        assert made.folder.stat().st_mode & 0o777 == 0o700
        files = [path for path in made.folder.rglob("*") if path.is_file() and path.name != "api-paste.ini"]
        assert files
        assert [path for path in files if path.stat().st_mode & 0o077] == []
        assert "service-secret" not in repr(made)
        assert private.passwords(made.folder).admin not in repr(private.passwords(made.folder))

    def test_passwords_and_keys_stay(self, tmp_path: Path) -> None:
        private.keys(tmp_path)
        key = (tmp_path / "keys/fernet/1").read_text()
        assert private.passwords(tmp_path) == private.passwords(tmp_path)
        private.keys(tmp_path)
        assert (tmp_path / "keys/fernet/1").read_text() == key
        assert private.passwords(tmp_path).admin != private.passwords(tmp_path / "other").admin


class TestCloudThatNeverRan:
    def test_looking_at_it_installs_and_writes_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
        cloud = OpenStackCloud(tmp_path / "box", SPEC)
        assert {part.state for part in cloud.status()} == {"stopped"}
        cloud.down()
        with pytest.raises(Unavailable, match="the cloud stretched was never started"):
            cloud.clouds_yaml_entry()
        assert list(tmp_path.iterdir()) == []


class TestDatabase:
    def test_a_long_folder_gets_a_short_socket(self, tmp_path: Path) -> None:
        deep = Database(tmp_path / ("x" * 120), MariaDB(Path("/")))
        assert len(str(deep.socket)) < 108
        assert deep.socket != Database(tmp_path / ("y" * 120), MariaDB(Path("/"))).socket
        assert Database(Path("/short"), MariaDB(Path("/"))).socket == Path("/short/mariadb.sock")

    def test_an_odd_folder_is_in_its_address_as_it_is(self) -> None:
        odd = Database(Path("/a b/50%"), MariaDB(Path("/")))
        (said,) = parse_qs(urlsplit(odd.url("nova")).query)["unix_socket"]
        assert said == "/a b/50%/mariadb.sock"

    def test_the_installer_meets_no_space(self, tmp_path: Path) -> None:
        """The shell script stands for MariaDB's own, which splits its arguments too."""
        program, box = tmp_path / "a program", tmp_path / "a box"
        (program / "usr/bin").mkdir(parents=True)
        box.mkdir()
        script = program / "usr/bin/mariadb-install-db"
        script.write_text(
            '#!/bin/sh\nfor a in $*; do case $a in --datadir=*) mkdir "${a#*=}";; b*) exit 1;; esac; done\n'
        )
        script.chmod(0o755)
        Database(box, MariaDB(program))._install()
        assert (box / "data").is_dir()

    def test_templates_are_made_anew_for_other_releases(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = migrate.digest()
        other = tmp_path / "requirements.txt"
        other.write_text("nova==35.0.0\n")
        monkeypatch.setattr(migrate, "REQUIREMENTS", other)
        assert migrate.digest() != before

    def test_state_survives_being_written(self, tmp_path: Path) -> None:
        kept = state.State({"nova": 21005}, {"nova": "abc"}, "somewhere")
        kept.write(tmp_path)
        assert state.State.read(tmp_path) == kept
        (tmp_path / "state.json").write_text("{ half")
        assert state.State.read(tmp_path) == state.State()


def _pid(text: str) -> str:
    import json

    return str(json.loads(text)["pid"])

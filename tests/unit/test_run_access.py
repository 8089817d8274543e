"""Which target a run has, and what is said when there is none."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from isthmus.access import Access, find_access
from isthmus.errors import BadInput, Unavailable
from isthmus.run.api.entry import entry_of, read_entries
from isthmus.run.process import Running
from isthmus.run.project import Project
from isthmus.run.pulumi import Pulumi
from isthmus.run.shell import exports


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ISTHMUS_ACCESS", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ISTHMUS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def make_box(tmp_path: Path) -> Path:
    access = tmp_path / "state/box/perugia/access"
    access.mkdir(parents=True)
    told = {"backend": "file:///box/pulumi", "passphrase_file": "/box/passphrase"}
    (access / "box.json").write_text(json.dumps(told))
    return access


def test_without_any_target_both_ways_to_one_are_named() -> None:
    with pytest.raises(Unavailable) as caught:
        find_access("perugia")
    assert "isthmus lab up" in caught.value.next_step


def test_the_box_is_found_and_says_that_it_has_stand_ins(tmp_path: Path) -> None:
    access = find_access("perugia") if make_box(tmp_path) else None
    assert access and access.kind == "box"
    assert "stand-ins" in access.words()
    assert access.environment()["PULUMI_BACKEND_URL"] == "file:///box/pulumi"


def test_a_live_folder_comes_before_the_box_and_wants_a_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_box(tmp_path)
    (tmp_path / "config/isthmus/perugia").mkdir(parents=True)
    with pytest.raises(BadInput) as caught:
        find_access("perugia")
    assert "passphrase" in caught.value.what
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/secret/passphrase")
    live = find_access("perugia")
    assert live.kind == "live" and live.backend_url.startswith("file://")
    assert live.words(("https://k.example.org/v3",)) == "target: live, https://k.example.org/v3"


def test_a_shell_readied_for_the_box_puts_no_live_state_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_box(tmp_path).parent
    live = tmp_path / "live"
    live.mkdir()
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{box}/pulumi")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(box / "passphrase"))
    with pytest.raises(BadInput, match="no passphrase"):
        find_access("perugia", live)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "geheim")
    found = find_access("perugia", live)
    assert (found.backend_url, found.passphrase_file) == (f"file://{tmp_path}/state/stacks/perugia", None)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/secret/passphrase")
    found = find_access("perugia", live)
    assert (found.backend_url, str(found.passphrase_file)) == ("s3://states", "/secret/passphrase")


def test_the_box_of_another_federation_is_refused(tmp_path: Path) -> None:
    folder = make_box(tmp_path)
    told = json.loads((folder / "box.json").read_text())
    (folder / "box.json").write_text(json.dumps(told | {"federation": "itineris"}))
    with pytest.raises(BadInput, match="federation itineris's box"):
        find_access("perugia", folder)
    assert find_access("itineris", folder).kind == "box"


def engine_environment(access: Access, **shell: str) -> dict[str, str]:
    """What the engine gets in its environment."""
    seen: dict[str, str] = {}

    class Calls:
        def call(self, command: object, env: dict[str, str], *more: object, **options: object) -> int:
            seen.update(env)
            return 0

    project = cast(Project, SimpleNamespace(name="isthmus", folder=Path()))
    Pulumi(Path("pulumi"), shell, project, access, Path(), cast(Running, Calls())).cancel("bari")
    return seen


def test_settings_of_another_target_do_not_reach_the_engine(tmp_path: Path) -> None:
    live = Access("live", "perugia", tmp_path, "s3://states")
    assert "PULUMI_OPTION_CONFIG_FILE" not in engine_environment(live, PULUMI_OPTION_CONFIG_FILE="/box/stacks.yaml")
    (tmp_path / "stacks.yaml").touch()
    box = Access("box", "perugia", tmp_path, "file:///box", Path("/box/passphrase"), tmp_path)
    seen = engine_environment(box, PULUMI_OPTION_CONFIG_FILE="/other/stacks.yaml")
    assert seen["PULUMI_OPTION_CONFIG_FILE"] == str(tmp_path / "stacks.yaml")


def test_exports_unset_what_the_box_left_in_a_shell_that_is_now_for_a_live_target() -> None:
    left = {"PULUMI_BACKEND_URL": "file:///box", "PULUMI_CONFIG_PASSPHRASE_FILE": "/box/p", "HOME": "/h"}
    text = exports({"PULUMI_BACKEND_URL": "s3://states"}, left)
    assert text.splitlines() == ["unset PULUMI_CONFIG_PASSPHRASE_FILE", "export PULUMI_BACKEND_URL=s3://states"]


def test_a_passphrase_in_the_shell_does_not_beat_the_file_of_the_target(tmp_path: Path) -> None:
    box = Access("box", "perugia", tmp_path, "file:///box", Path("/box/passphrase"), tmp_path)
    seen = engine_environment(box, PULUMI_CONFIG_PASSPHRASE="geheim")
    assert "PULUMI_CONFIG_PASSPHRASE" not in seen
    assert seen["PULUMI_CONFIG_PASSPHRASE_FILE"] == "/box/passphrase"
    live = Access("live", "perugia", tmp_path, "s3://states")
    seen = engine_environment(live, PULUMI_CONFIG_PASSPHRASE="geheim", PULUMI_CONFIG_PASSPHRASE_FILE="/box/passphrase")
    assert seen["PULUMI_CONFIG_PASSPHRASE"] == "geheim" and "PULUMI_CONFIG_PASSPHRASE_FILE" not in seen
    shell = {"PULUMI_CONFIG_PASSPHRASE": "geheim"}
    assert exports(box.environment(), shell).startswith("unset PULUMI_CONFIG_PASSPHRASE\n")
    assert "unset" not in exports(live.environment(), shell)


def test_a_named_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        find_access("perugia", tmp_path / "nowhere")


def clouds_yaml(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "clouds.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


GOOD = "clouds:\n  perugia:\n    auth: {auth_url: 'http://k:5000/v3', username: u, password: geheim}\n"


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (GOOD, 0o644, "can be read by others"),
        ("clouds: [\n", 0o600, "is not YAML"),
        ("cloud: {}\n", 0o600, "has no clouds"),
        ("clouds: {other: {}}\n", 0o600, "has no entry 'perugia'"),
        ("clouds: {perugia: {auth: {auth_url: 'http://k'}}}\n", 0o600, "cannot be used"),
    ],
)
def test_what_is_wrong_with_clouds_yaml_is_said(tmp_path: Path, text: str, mode: int, said: str) -> None:
    path = clouds_yaml(tmp_path, text, mode)
    with pytest.raises(BadInput) as caught:
        entry_of(path, "perugia", read_entries(path))
    assert said in caught.value.what
    assert caught.value.where


def test_a_missing_clouds_yaml_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        read_entries(tmp_path / "clouds.yaml")


def test_an_entry_never_shows_its_secrets(tmp_path: Path) -> None:
    entry = entry_of(clouds_yaml(tmp_path, GOOD), "perugia", read_entries(tmp_path / "clouds.yaml"))
    assert "geheim" not in repr(entry)
    assert entry.request()["auth"]["identity"]["password"]["user"]["password"] == "geheim"
    assert entry.identity == "http://k:5000/v3"
    assert os.access(entry.file, os.R_OK)

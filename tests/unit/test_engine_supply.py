"""Downloads with checksums, and builds from pinned Go modules, without leaving the machine."""

import hashlib
import http.server
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from isthmus.errors import Unavailable
from isthmus.supply import cache, download, go, watched


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server with one file, `part`, that says `hello`."""
    monkeypatch.setenv("no_proxy", "*")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "part").write_bytes(b"hello")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(tmp_path / "web")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_file_comes_with_its_checksum(site: str, tmp_path: Path) -> None:
    said: list[str] = []
    download.file(f"{site}/part", tmp_path / "got", sha256=hashlib.sha256(b"hello").hexdigest(), say=said.append)
    assert (tmp_path / "got").read_bytes() == b"hello"
    assert said


def test_a_changed_file_is_refused_and_not_kept(site: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not what was published"):
        download.file(f"{site}/part", tmp_path / "got", sha256="00" * 32, say=lambda _: None)
    assert not (tmp_path / "got").exists()


def test_a_missing_file_is_one_sentence(site: str) -> None:
    with pytest.raises(Unavailable) as caught:
        download.text(f"{site}/absent")
    assert "404" in caught.value.why
    assert not download.reachable(f"{site}/absent")
    assert download.reachable(f"{site}/part")


def test_a_silent_network_costs_seconds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        time.sleep(2)
        raise TimeoutError

    monkeypatch.setattr("urllib.request.urlopen", silent)
    begun = time.monotonic()
    assert not download.reachable("http://192.0.2.1/", within_s=0.2)
    assert time.monotonic() - begun < 1.0


def module(folder: Path, code: str) -> Path:
    folder.mkdir()
    (folder / "go.mod").write_text("module example.org/small\n\ngo 1.26\n", encoding="utf-8")
    (folder / "main.go").write_text(f"package main\n\nfunc main() {{ {code} }}\n", encoding="utf-8")
    return folder


def test_the_digest_follows_the_pins_and_not_the_notes(tmp_path: Path) -> None:
    source = module(tmp_path / "small", "")
    before = go.digest(source, ["."], "")
    (source / "README.md").write_text("notes", encoding="utf-8")
    (source / "generate.py").write_text("pass", encoding="utf-8")
    assert go.digest(source, ["."], "") == before
    assert go.digest(source, ["./other"], "") != before
    (source / "go.sum").write_text("x", encoding="utf-8")
    assert go.digest(source, ["."], "") != before


def test_a_folder_without_pins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="pins no Go module"):
        go.digest(tmp_path, ["."], "")


def fake_go(folder: Path, listing: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `go` that answers `go list` by a shell script and builds nothing."""
    folder.mkdir()
    made = folder / "go"
    made.write_text(
        f'#!/bin/sh\ncase "$1" in\nenv) echo go1.26.0;;\nlist) {listing};;\nbuild) echo fmt;;\nesac\n', encoding="utf-8"
    )
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr("time.sleep", lambda _: None)
    return made


def test_what_a_killed_run_left_is_removed_and_nothing_else(own_cache: Path) -> None:
    left, other = own_cache / "engine" / ".small-abcd_123", own_cache / "engine" / ".small-extra-abcd_123"
    left.mkdir(parents=True)
    other.mkdir()
    cache.part("engine/small", lambda scratch: (scratch / "made").touch())
    assert not left.exists()
    assert other.exists()


def test_a_proxy_that_does_not_answer_is_asked_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = tmp_path / "tries"
    fake_go(tmp_path / "bin", f"echo x >> {tries}; echo 'dial tcp: i/o timeout'; exit 1", monkeypatch)
    said: list[str] = []
    with pytest.raises(Unavailable, match="could not be downloaded") as caught:
        go.build("test/small", module(tmp_path / "small", ""), ["."], say=said.append)
    assert len(tries.read_text(encoding="utf-8").split()) == 4
    assert "i/o timeout" in caught.value.why
    assert any("try 2 of 4" in line for line in said)
    assert go.built("test/small", tmp_path / "small", ["."]) is None


def test_a_wrong_checksum_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = tmp_path / "tries"
    fake_go(tmp_path / "bin", f"echo x >> {tries}; echo 'verifying: checksum mismatch'; exit 1", monkeypatch)
    with pytest.raises(Unavailable, match="could not be downloaded"):
        go.build("test/small", module(tmp_path / "small", ""), ["."], say=lambda _: None)
    assert len(tries.read_text(encoding="utf-8").split()) == 1


def test_progress_counts_downloads_and_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go(tmp_path / "bin", "echo 'go: downloading a v1'; echo fmt; echo os", monkeypatch)
    said: list[str] = []
    source = module(tmp_path / "small", "")
    folder = go.build("test/small", source, ["."], say=said.append)
    assert said == ["downloaded 1 modules, now a v1", "compiled 1 of 2 packages"]
    assert go.built("test/small", source, ["."]) == folder


def test_a_silent_program_is_ended(tmp_path: Path) -> None:
    begun = time.monotonic()
    command = [sys.executable, "-c", "import time; print('on', flush=True); time.sleep(60)"]
    code, lines = watched.run(command, cwd=tmp_path, env={}, on_line=lambda _: None, stalled_after_s=1.0)
    assert code != 0
    assert "stalled" in lines[-1]
    assert time.monotonic() - begun < 20


def test_an_interrupted_wait_leaves_no_program(tmp_path: Path) -> None:
    pid: list[str] = []

    def interrupt(line: str) -> None:
        pid.append(line)
        raise KeyboardInterrupt

    command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
    with pytest.raises(KeyboardInterrupt):
        watched.run(command, cwd=tmp_path, env={}, on_line=interrupt)
    assert not Path(f"/proc/{pid[0]}").exists()

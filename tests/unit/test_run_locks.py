"""Who holds a lock, and what becomes of the dead."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.errors import Busy
from isthmus.run import locks
from isthmus.run.journal import Journal

SAID = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
    "lock file with `pulumi cancel`.\n  file:///state/.pulumi/locks/organization/isthmus/bari/5f0d.json: "
    "created by ada@host.example.org (pid 4711) at 2026-11-21T14:00:01Z"
)


def test_the_engines_message_names_the_holder() -> None:
    (holder,) = locks.holders(SAID)
    assert (holder.user, holder.host, holder.pid) == ("ada", "host.example.org", 4711)
    assert not holder.dead, "nobody can tell for another machine"
    assert str(holder) == "ada on host.example.org (process 4711) since 2026-11-21T14:00:01Z"


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def write_lock(backend: Path, pid: int) -> None:
    folder = backend / ".pulumi/locks/organization/isthmus/bari"
    folder.mkdir(parents=True)
    told = {"pid": pid, "username": "ada", "hostname": socket.gethostname(), "timestamp": "2026-11-21T14:00:01.1Z"}
    (folder / "5f0d.json").write_text(json.dumps(told))


def test_a_dead_holders_lock_is_cleared(tmp_path: Path) -> None:
    write_lock(tmp_path, dead_pid())
    cleared: list[bool] = []
    locks.free(
        lambda: locks.holders_in(f"file://{tmp_path}", "isthmus", "bari"),
        "bari",
        False,
        lambda text: None,
        lambda: cleared.append(True),
    )
    assert cleared


def test_a_living_holder_is_named(tmp_path: Path) -> None:
    write_lock(tmp_path, os.getpid())
    with pytest.raises(Busy) as caught:
        locks.free(
            lambda: locks.holders_in(f"file://{tmp_path}", "isthmus", "bari"), "bari", False, print, lambda: None
        )
    assert f"process {os.getpid()}" in caught.value.why
    assert "--wait" in caught.value.next_step


def test_a_second_run_on_this_machine_is_told_who_is_at_work(tmp_path: Path) -> None:
    with locks.on_this_machine(tmp_path, "bari", False, print):
        with pytest.raises(Busy) as caught, locks.on_this_machine(tmp_path, "bari", False, print):
            raise AssertionError("both hold it")
        with locks.on_this_machine(tmp_path, "lecce", False, print):
            pass
    assert f"process {os.getpid()}" in caught.value.why
    with locks.on_this_machine(tmp_path, "bari", False, print):
        pass


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987654)
    monkeypatch.setenv("ISTHMUS_STATE", str(tmp_path / "state"))
    with locks.on_this_machine(tmp_path / "locks", "bari", False, print):
        assert (tmp_path / "locks/bari.lock").read_text().startswith("987654 on ")
    assert Journal("up", "perugia", "the box", ("bari",), "").entry.user == "987654"

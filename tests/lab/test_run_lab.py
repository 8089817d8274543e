"""Sites come up, stay as they are, drift and are mended, are refused to go while in use, and leave nothing behind."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Bench
from run_help import boot, cloud, listing, remove_server, send

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def unchanged(bench: Bench, *sites: str) -> bool:
    told = json.loads(bench.isthmus("up", *sites, "--json").stdout)
    return all((s["created"], s["updated"], s["deleted"]) == (0, 0, 0) for s in told["stacks"])


def test_up_twice_then_down_leaves_nothing(bench: Bench) -> None:
    bench.isthmus("down", "--all")
    before = listing(bench.access)
    dry = bench.isthmus("up", "--dry-run", "--only", "cloud-bench", check=False)
    assert dry.returncode == 3
    assert listing(bench.access) == before, "a dry run changes nothing"
    first = bench.isthmus("up")
    assert "target: the box (stand-ins" in first.stderr and "engine:" in first.stderr
    assert unchanged(bench)
    assert bench.isthmus("show", "--live").returncode == 0
    bench.isthmus("down", "--all")
    after = listing(bench.access)
    gone = {kind: before[kind] - after[kind] for kind in before}
    left = {kind: after[kind] - before[kind] for kind in before}
    assert not any(left.values()), left
    assert not any(gone.values()), gone


def test_plain_pulumi_sees_what_isthmus_up_left(bench: Bench) -> None:
    bench.isthmus("up", "south")
    exports = bench.isthmus("engine", "env").stdout
    assert all(line.startswith(("export ", "unset ")) for line in exports.splitlines())
    shell = f"{exports}\ncd {Path.cwd()}\npulumi preview -s south --expect-no-changes --non-interactive"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, env=dict(bench.env), timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    clean = subprocess.run(["git", "status", "--porcelain", "sites"], capture_output=True, text=True)
    assert "Pulumi.south" not in clean.stdout, "a run on the box leaves the checkout as it was"


def test_drift_is_seen_and_mended(bench: Bench) -> None:
    bench.isthmus("up", "south")
    api = cloud(bench.access)
    rules = api.all("network", "/security-group-rules", "security_group_rules")
    doomed = next(r for r in rules if r["protocol"] == "tcp" and r["port_range_min"] == 443)
    api.delete("network", f"/security-group-rules/{doomed['id']}")
    assert bench.isthmus("show", "south", "--live", check=False).returncode == 4
    bench.isthmus("up", "south", "--refresh")
    assert bench.isthmus("show", "south", "--live").returncode == 0


def test_a_site_in_use_does_not_go(bench: Bench) -> None:
    bench.isthmus("up", "south")
    api = cloud(bench.access)
    server = boot(api, "someones-work", "south")
    try:
        before = listing(bench.access)
        refused = bench.isthmus("down", "south", check=False)
        assert refused.returncode == 1
        assert "someones-work" in refused.stderr and "Nothing was changed" in refused.stderr
        assert listing(bench.access) == before
    finally:
        remove_server(api, server)


def test_a_host_that_nova_keeps_in_another_zone_is_named_and_the_state_stays_true(bench: Bench) -> None:
    bench.isthmus("down", "south")
    bench.isthmus("up", "--only", "cloud-bench")
    api = cloud(bench.access)
    body = {"aggregate": {"name": "elsewhere", "availability_zone": "elsewhere"}}
    other = send(api, "POST", "compute", "/os-aggregates", body)["aggregate"]["id"]
    add = {"add_host": {"host": "south-fat-cpu-01"}}
    send(api, "POST", "compute", f"/os-aggregates/{other}/action", add)
    server = boot(api, "holds-the-host", "elsewhere")
    try:
        failed = bench.isthmus("up", "south", check=False)
        assert failed.returncode == 1
        for word in ("south-fat-cpu-01", "elsewhere", "holds-the-host", "next:"):
            assert word in failed.stderr, failed.stderr
    finally:
        remove_server(api, server)
        gone = {"remove_host": {"host": "south-fat-cpu-01"}}
        send(api, "POST", "compute", f"/os-aggregates/{other}/action", gone)
        api.delete("compute", f"/os-aggregates/{other}")
    bench.isthmus("up", "south")
    assert unchanged(bench, "south")
    (zone,) = [a for a in api.all("compute", "/os-aggregates", "aggregates") if a["name"] == "south"]
    assert zone["hosts"] == ["south-fat-cpu-01"]


def test_a_service_that_is_down_is_named_and_a_second_run_finishes(bench: Bench) -> None:
    bench.isthmus("down", "south")
    bench.isthmus("up", "--only", "cloud-bench")
    bench.box.clouds["bench"].stop_service("neutron")
    try:
        failed = bench.isthmus("up", "south", check=False)
        assert failed.returncode == 1
        assert "Traceback" not in failed.stderr and "next:" in failed.stderr
    finally:
        bench.box.clouds["bench"].start_service("neutron")
    bench.isthmus("up", "south")
    assert unchanged(bench, "south")


def start_up(bench: Bench, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "isthmus.cli.main", "up", "south", *more]
    return subprocess.Popen(
        [*command, "--federation", str(bench.federation_folder)],
        env=dict(bench.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_making(run: "subprocess.Popen[str]") -> None:
    """Until the run says that it makes something of the site."""
    assert run.stderr is not None
    for line in run.stderr:
        if "making" in line and "] south" in line:
            return
    raise AssertionError("the run ended before it made anything")


def test_ctrl_c_loses_nothing(bench: Bench) -> None:
    bench.isthmus("down", "south")
    bench.isthmus("up", "--only", "cloud-bench")
    run = start_up(bench)
    wait_until_making(run)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 130, errors
    bench.isthmus("up", "south")
    assert unchanged(bench, "south")
    assert bench.isthmus("show", "south", "--live").returncode == 0


def test_a_second_operator_is_told_who_is_at_work_or_waits(bench: Bench) -> None:
    bench.isthmus("down", "south")
    bench.isthmus("up", "--only", "cloud-bench")
    first = start_up(bench)
    wait_until_making(first)
    second = bench.isthmus("up", "--only", "south", check=False)
    assert second.returncode == 1
    assert f"process {first.pid}" in second.stderr and "--wait" in second.stderr
    begun = time.monotonic()
    third = bench.isthmus("up", "--only", "south", "--wait")
    assert first.communicate(timeout=120) and first.returncode == 0
    assert third.returncode == 0 and time.monotonic() - begun < 120

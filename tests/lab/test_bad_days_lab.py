"""A cloud that refuses: wrong credentials, no room in a quota. One sentence each, and the next run finishes the job."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import Bench
from run_help import cloud, listing, send

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def access_copy(bench: Bench, folder: Path) -> Path:
    """The box's access folder again, so that a test may spoil it."""
    copy = folder / "access"
    shutil.copytree(bench.access, copy)
    return copy


def test_refused_credentials_are_one_sentence_and_change_nothing(bench: Bench, tmp_path: Path) -> None:
    before = listing(bench.access)
    access = access_copy(bench, tmp_path)
    clouds = yaml.safe_load((access / "clouds.yaml").read_text())
    clouds["clouds"]["bench"]["auth"]["password"] = "not-the-password"
    (access / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    failed = bench.isthmus("up", "south", "--access", str(access), check=False)
    assert failed.returncode == 1
    assert "refuses" in failed.stderr and "next:" in failed.stderr and "Traceback" not in failed.stderr
    assert "not-the-password" not in failed.stdout + failed.stderr
    assert listing(bench.access) == before


def test_a_full_quota_is_named_and_the_next_run_finishes(bench: Bench) -> None:
    bench.isthmus("up", "--only", "cloud-bench")
    bench.isthmus("down", "north")
    bench.isthmus("up", "--only", "cloud-bench")
    api = cloud(bench.access)
    projects = {p["name"]: p["id"] for p in api.all("identity", "/projects", "projects")}
    path = f"/os-quota-sets/{projects['site-north']}"
    limits = api.get("compute", path)["quota_set"]
    send(api, "PUT", "compute", path, {"quota_set": {"cores": 0}})
    try:
        failed = bench.isthmus("up", "--only", "north", check=False)
        assert failed.returncode == 1
        assert "quota" in failed.stderr and "next:" in failed.stderr and "Traceback" not in failed.stderr
    finally:
        send(api, "PUT", "compute", path, {"quota_set": {"cores": limits["cores"]}})
    bench.isthmus("up", "north")
    told = json.loads(bench.isthmus("up", "north", "--json").stdout)
    assert all((s["created"], s["updated"], s["deleted"]) == (0, 0, 0) for s in told["stacks"]), told
    smoke = [s for s in api.all("compute", "/servers/detail", "servers", {"all_tenants": "1"}) if "smoke" in s["name"]]
    assert [s["status"] for s in smoke] == ["ACTIVE"], "the refused server is made once"

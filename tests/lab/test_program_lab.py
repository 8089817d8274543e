"""The Pulumi program by plain `pulumi` against a real OpenStack and a real Kubernetes."""

import json
import subprocess
from pathlib import Path

import pytest
from conftest import Bench
from run_help import cloud

from isthmus.derive.site import derive_stack
from isthmus.resolve import load_resolved

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def pulumi(bench: Bench, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """`pulumi ARGUMENTS` in a shell readied by `isthmus engine env`; `before` runs after that."""
    exports = bench.isthmus("engine", "env").stdout
    command = " ".join(("pulumi", *arguments, "--non-interactive"))
    shell = f"{exports}\ncd {Path.cwd()}\n{before}\n{command}"
    return subprocess.run(["sh", "-c", shell], capture_output=True, text=True, env=dict(bench.env), timeout=300)


def state(bench: Bench, stack: str) -> list[dict[str, object]]:
    told = json.loads(pulumi(bench, "stack", "export", "-s", stack).stdout)
    return list(told["deployment"].get("resources") or [])


def outputs(bench: Bench, stack: str) -> dict[str, object]:
    told = pulumi(bench, "stack", "output", "-s", stack, "--json", "--show-secrets")
    return dict(json.loads(told.stdout))


def test_a_site_without_its_cloud_is_one_sentence(bench: Bench) -> None:
    bench.isthmus("down", "--all")
    done = pulumi(bench, "preview", "-s", "south")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "stack cloud-bench was never brought up" in said
    assert "Traceback" not in said


def test_a_shell_with_credentials_of_its_own_is_refused(bench: Bench) -> None:
    done = pulumi(bench, "preview", "-s", "cloud-bench", before="export OS_TOKEN=of-somebody-else")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "this shell has OpenStack variables (OS_TOKEN)" in said
    assert "Traceback" not in said
    assert "of-somebody-else" not in said


def test_what_stands_has_no_drift_and_bears_the_names_of_the_plan(bench: Bench) -> None:
    bench.isthmus("up")
    resolved = load_resolved(bench.federation_folder)
    for stack in ("cloud-bench", "north", "south"):
        refreshed = pulumi(bench, "refresh", "-s", stack, "--yes", "--skip-preview", "--expect-no-changes")
        assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
        previewed = pulumi(bench, "preview", "-s", stack, "--expect-no-changes")
        assert previewed.returncode == 0, previewed.stdout + previewed.stderr
        keys = {thing.key for thing in derive_stack(resolved, stack).things()}
        own = [r for r in state(bench, stack) if r.get("custom") and not str(r["type"]).startswith("pulumi:")]
        assert {str(r["urn"]).split("::")[-1].partition("/")[0] for r in own} == keys


def test_secrets_lie_in_the_state_encrypted_only(bench: Bench) -> None:
    bench.isthmus("up", "south")
    secret = str(outputs(bench, "south")["application_credential_secret"])
    password = str(outputs(bench, "cloud-bench")["passwords"]["user-site-south"])  # type: ignore[index]
    admin = str(cloud(bench.access).entry.auth["password"])
    kept = "".join(f.read_text() for f in (bench.box.folder / "pulumi").rglob("*.json*") if f.is_file())
    assert kept
    for hidden in (secret, password, admin):
        assert len(hidden) > 8
        assert hidden not in kept


def test_the_sites_credential_works_in_its_own_project_and_nowhere_else(bench: Bench) -> None:
    import openstack
    from openstack.exceptions import ForbiddenException

    bench.isthmus("up", "south")
    told = outputs(bench, "south")
    auth = {
        "auth_url": cloud(bench.access).entry.auth_url,
        "application_credential_id": told["application_credential_id"],
        "application_credential_secret": told["application_credential_secret"],
    }
    with openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth_type="v3applicationcredential",
        auth=auth,
        region_name="RegionOne",
    ) as site:
        assert "south-default-deny" in [group.name for group in site.network.security_groups()]
        with pytest.raises(ForbiddenException):
            list(site.compute.aggregates())
        rules = [
            rule for rule in site.network.security_group_rules() if rule.security_group_id == told["security_group"]
        ]
        assert all(rule.remote_ip_prefix for rule in rules if rule.direction == "ingress")

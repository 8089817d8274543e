"""SIGKILL between an API's create and the state's write, at every kind of call that brings the federation up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Bench
from interruption_proxy import proxied_access, template
from run_help import duplicates

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]


class Once:
    """Kill at the first call of every kind (`finely`: of every kind and content)."""

    def __init__(self, *, finely: bool) -> None:
        self.finely = finely
        self.seen: set[str] = set()

    def __call__(self, method: str, path: str, body: str) -> bool:
        key = f"{method} {template(path)}" + (body[:16] if path.endswith("/action") else "")
        if self.finely:
            key += body
        if key in self.seen:
            return False
        self.seen.add(key)
        return True


def bring_with_cuts(bench: Bench, site: str, folder: Path, judge: Once) -> list[str]:
    """Run `isthmus up SITE` again and again, each run killed at its worst moment, until one gets through."""
    proxy = proxied_access(bench.access, folder, judge)
    command = [sys.executable, "-m", "isthmus.cli.main", "up", site, "--access", str(folder)]
    try:
        for _ in range(150):
            run = subprocess.Popen(
                [*command, "--federation", str(bench.federation_folder)],
                env=dict(bench.env),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            proxy.victim = run.pid
            out = run.communicate(timeout=300)[0]
            proxy.victim = None
            if run.returncode == 0:
                return proxy.killed
            assert run.returncode == -9, f"a run after an interruption failed:\n{out}"
    finally:
        proxy.close()
    raise AssertionError("no run got through")


@pytest.mark.parametrize(
    ("sites", "finely", "cuts"),
    [
        pytest.param(("south",), False, 8, id="each-kind-of-a-site"),
        pytest.param(("south", "north"), False, 25, id="each-kind-of-everything", marks=pytest.mark.slow),
        pytest.param(("south", "north"), True, 60, id="each-resource", marks=pytest.mark.slow),
    ],
)
def test_cut_runs_are_finished_without_duplicates(
    bench: Bench, tmp_path: Path, sites: tuple[str, ...], finely: bool, cuts: int
) -> None:
    """The quick case begins with the cloud's stack in place, so that only the site's own calls are cut."""
    bench.isthmus("down", "--all")
    if len(sites) == 1:
        bench.isthmus("up", "--only", "cloud-bench")
    judge = Once(finely=finely)
    killed = [cut for site in sites for cut in bring_with_cuts(bench, site, tmp_path / site, judge)]
    assert len(killed) >= cuts, killed
    assert duplicates(bench.access) == {}
    # Back from the proxy's address to the cloud's own, which every login in the state then has.
    bench.isthmus("up", *sites)
    told = json.loads(bench.isthmus("up", *sites, "--json").stdout)
    assert all((s["created"], s["updated"], s["deleted"]) == (0, 0, 0) for s in told["stacks"]), told
    for site in sites:
        assert bench.isthmus("show", site, "--live").returncode == 0

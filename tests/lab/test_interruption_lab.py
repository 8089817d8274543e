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
    "finely", [pytest.param(False, id="each-kind"), pytest.param(True, id="each-resource", marks=pytest.mark.slow)]
)
def test_cut_runs_are_finished_without_duplicates(bench: Bench, tmp_path: Path, finely: bool) -> None:
    bench.isthmus("down", "--all")
    judge = Once(finely=finely)
    killed = [*bring_with_cuts(bench, "south", tmp_path / "access", judge)]
    killed += bring_with_cuts(bench, "north", tmp_path / "more", judge)
    assert len(killed) > 15, killed
    assert duplicates(bench.access) == {}
    told = json.loads(bench.isthmus("up", "--json").stdout)
    assert all((s["created"], s["updated"], s["deleted"]) == (0, 0, 0) for s in told["stacks"]), told
    assert bench.isthmus("show", "--live").returncode == 0

"""The toolkit as a stranger gets it: a wheel, `init` in an empty folder, and a site that comes up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import plain_environment

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.lab


def run(*argv, env, cwd, timeout=600):
    """Run a command; its whole output is in the error when it fails."""
    done = subprocess.run([str(a) for a in argv], env=env, cwd=cwd, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"{argv} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """A folder and an environment that know nothing of this checkout but the wheel."""
    base = tmp_path_factory.mktemp("stranger")
    env = plain_environment() | {"ISTHMUS_STATE": str(base / "state")}
    env.pop("PYTHONPATH", None)
    uv = Path(sys.executable).with_name("uv")
    run(uv, "build", "--wheel", "--quiet", "--out-dir", base / "dist", ROOT, env=env, cwd=base)
    (wheel,) = (base / "dist").glob("*.whl")
    run(uv, "venv", "--quiet", "--python", sys.executable, base / "venv", env=env, cwd=base)
    python = base / "venv" / "bin" / "python"
    lock = base / "constraints.txt"
    pins = [line.split(" ")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line[:80]]
    lock.write_text("\n".join(p for p in pins if p[0].isalpha()))
    run(uv, "pip", "install", "--quiet", "--python", python, "-c", lock, wheel, env=env, cwd=base)
    return base, env, base / "venv" / "bin" / "isthmus"


def test_a_stranger_brings_a_site_up(stranger):
    base, env, isthmus = stranger
    home = base / "own"
    home.mkdir()
    run(isthmus, "init", "--site", "delta", env=env, cwd=home)
    assert (home / "requirements.txt").read_text().startswith("isthmus==")
    assert "no errors" in run(isthmus, "check", env=env, cwd=home)
    try:
        run(isthmus, "lab", "up", env=env, cwd=home)
        result = json.loads(run(isthmus, "up", "--json", env=env, cwd=home))
        assert [s["stack"] for s in result["stacks"]] == ["cloud-own", "delta"]
        assert all(s["created"] > 10 for s in result["stacks"])
        assert run(isthmus, "plan", env=env, cwd=home).startswith("own: nothing to change.")
    finally:
        run(isthmus, "lab", "down", "--wipe", env=env, cwd=home)


def test_init_overwrites_nothing(stranger):
    base, env, isthmus = stranger
    home = base / "taken"
    home.mkdir()
    (home / "README.md").write_text("mine")
    done = subprocess.run([isthmus, "init"], env=env, cwd=home, capture_output=True, text=True)
    assert done.returncode == 1 and "README.md exists already" in done.stderr
    assert (home / "README.md").read_text() == "mine" and len(list(home.iterdir())) == 1

"""What a no-change `pulumi up` of a site costs, against a program that imports both SDKs and makes both providers.

Needs a box that is up (`isthmus lab up`, `isthmus up`). Wanted: at most 1.2 times the bare program, plus 20 ms a
resource. Both are timed in turn, A B A B, on the same engine, plugins, backend kind and machine.
"""

import json
import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from isthmus.defaults import default_federation
from isthmus.progress import Quiet
from isthmus.resolve import load_resolved
from isthmus.run.world import World, open_world
from tests.bench.timing import Times, process, timed

RUNS = 5
MS_A_RESOURCE = 20
BARE = """\
import os, pathlib
import pulumi, pulumi_kubernetes, pulumi_openstack, yaml

access = pathlib.Path(os.environ["ISTHMUS_ACCESS"])
auth = yaml.safe_load((access / "clouds.yaml").read_text())["clouds"][os.environ["BENCH_CLOUD"]]["auth"]
pulumi_openstack.Provider(
    "cloud", auth_url=auth["auth_url"], user_name=auth["username"], password=auth["password"],
    tenant_name=auth["project_name"], user_domain_name="Default", project_domain_name="Default",
)
pulumi_kubernetes.Provider("cluster", kubeconfig=(access / "kubeconfig" / os.environ["BENCH_CLUSTER"]).read_text())
"""


def measure() -> Iterator[str]:
    folder = default_federation()
    resolved = load_resolved(folder)
    site = next(s for s in sorted(resolved.federation.sites) if resolved.federation.sites[s].kubernetes)
    world = open_world(folder, None, (site,), resolved, Quiet())
    cluster = resolved.federation.sites[site].kubernetes[0].name
    cloud = resolved.federation.cloud_by_site[site].name
    with tempfile.TemporaryDirectory() as scratch:
        bare = _bare(world, Path(scratch), cloud, cluster)
        pairs = [(_up(world, site), timed(bare, runs=1, warmup=0).median) for _ in range(RUNS)]
    resources = _resources(world, site)
    whole, floor = Times(tuple(a for a, _ in pairs)), Times(tuple(b for _, b in pairs))
    ratio = statistics.median((a - resources * MS_A_RESOURCE / 1000) / b for a, b in pairs)
    yield f"bare program, 2 providers        {floor}"
    yield f"site {site}, {resources} resources        {whole}"
    yield f"(site - {MS_A_RESOURCE} ms x {resources}) / bare = {ratio:.2f}; wanted at most 1.2"


def _up(world: World, site: str) -> float:
    def call() -> None:
        outcome = world.pulumi.up(site, lambda _: None)
        if not outcome.ok or outcome.count("create", "update", "delete"):
            raise RuntimeError(f"{site} was not at rest: {dict(outcome.changes)} {outcome.words}")

    return timed(call, runs=1, warmup=0).median


def _resources(world: World, site: str) -> int:
    return len(world.pulumi.export(site)["deployment"]["resources"])


def _bare(world: World, scratch: Path, cloud: str, cluster: str):  # type: ignore[no-untyped-def]
    (scratch / "Pulumi.yaml").write_text("name: bare\nruntime: python\n")
    (scratch / "__main__.py").write_text(BARE)
    (scratch / "state").mkdir()
    env = dict(world.pulumi.environment) | world.access.environment() | {
        "PULUMI_BACKEND_URL": f"file://{scratch / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "BENCH_CLOUD": cloud,
        "BENCH_CLUSTER": f"{cluster}.yaml",
    }  # fmt: skip
    env.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
    pulumi = [str(world.pulumi.program), "-C", str(scratch), "--non-interactive"]
    process([*pulumi, "stack", "init", "bare"], env)
    command = [*pulumi, "up", "-s", "bare", "--yes", "--skip-preview", "--json"]
    process(command, env)
    return lambda: process(command, env)


if __name__ == "__main__":
    print(json.dumps(list(measure()), indent=1), os.getloadavg())

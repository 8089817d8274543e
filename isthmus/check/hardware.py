"""Nodes: MIG instances that fit their GPU, pools that can serve what they say."""

from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.derive.hardware import Pool
from isthmus.errors import Finding
from isthmus.load.words import listed, nearest

MIG_SLICES = 7
MIG_MEMORY_SLICES = 8
MIG_PROFILES: dict[str, dict[str, tuple[int, int]]] = {
    "A100": {
        "1g.5gb": (1, 1),
        "1g.10gb": (1, 2),
        "2g.10gb": (2, 2),
        "3g.20gb": (3, 4),
        "4g.20gb": (4, 4),
        "7g.40gb": (7, 8),
    },
    "A100-80GB": {
        "1g.10gb": (1, 1),
        "1g.20gb": (1, 2),
        "2g.20gb": (2, 2),
        "3g.40gb": (3, 4),
        "4g.40gb": (4, 4),
        "7g.80gb": (7, 8),
    },
    "H100": {
        "1g.10gb": (1, 1),
        "1g.20gb": (1, 2),
        "2g.20gb": (2, 2),
        "3g.40gb": (3, 4),
        "4g.40gb": (4, 4),
        "7g.80gb": (7, 8),
    },
    "H100-NVL": {
        "1g.12gb": (1, 1),
        "1g.24gb": (1, 2),
        "2g.24gb": (2, 2),
        "3g.47gb": (3, 4),
        "4g.47gb": (4, 4),
        "7g.94gb": (7, 8),
    },
    "H200": {
        "1g.18gb": (1, 1),
        "1g.35gb": (1, 2),
        "2g.35gb": (2, 2),
        "3g.71gb": (3, 4),
        "4g.71gb": (4, 4),
        "7g.141gb": (7, 8),
    },
}
"""Compute and memory slices per instance (NVIDIA, Multi-Instance GPU User Guide, supported profiles).
A100 without a size is the 40 GB card."""


def check(view: View) -> Iterator[Finding]:
    for name in sorted(view.sites):
        by_label = {pool.label: number for number, pool in enumerate(view.sites[name].nodes)}
        for pool in view.pools(name):
            if pool.mig:
                yield from _mig(view, pool, by_label[pool.name])
            if pool.serves != "storage" and not pool.cores and pool.hosts:
                where = view.where(name, "nodes", by_label[pool.name])
                message = f"nobody says how many cores the nodes of pool '{pool.name}' have"
                hint = "add cores here or in the class; until then nothing can be scheduled there"
                yield Finding(where, "W201", message, hint)


def _mig(view: View, pool: Pool, number: int) -> Iterator[Finding]:
    where = view.where(pool.site, "nodes", number, "mig")
    if pool.gpus is None:
        yield Finding(where, "E226", f"pool '{pool.name}' has MIG instances and no GPU", "add gpus, or remove mig")
        return
    profiles = MIG_PROFILES.get(pool.gpus.kind.upper())
    if profiles is None:
        known = listed(MIG_PROFILES)
        yield Finding(where, "E226", f"{pool.gpus.kind} has no MIG that I know", f"known: {known}; or remove mig")
        return
    unknown = False
    for item, instances in enumerate(pool.mig):
        if instances.kind not in profiles:
            unknown = True
            right = nearest(instances.kind, profiles)
            hint = f"did you mean {right}? (it has {listed(profiles)})" if right else f"it has {listed(profiles)}"
            place = view.where(pool.site, "nodes", number, "mig", item)
            yield Finding(place, "E226", f"{pool.gpus.kind} has no MIG profile {instances.kind}", hint)
    if unknown:
        return
    compute = sum(i.count * profiles[i.kind][0] for i in pool.mig)
    memory = sum(i.count * profiles[i.kind][1] for i in pool.mig)
    if compute > MIG_SLICES or memory > MIG_MEMORY_SLICES:
        message = (
            f"these instances take {compute} of {MIG_SLICES} compute and {memory} of {MIG_MEMORY_SLICES} memory slices"
        )
        yield Finding(where, "E226", message, f"one {pool.gpus.kind} holds less; mig is counted per GPU")

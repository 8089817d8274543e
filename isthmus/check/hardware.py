"""Nodes: MIG instances that fit their GPU, pools that can serve what they say."""

import re
from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.derive.flavors import GPU_PCI_IDS
from isthmus.derive.hardware import Pool
from isthmus.errors import Finding
from isthmus.load.words import listed, nearest, quoted

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


_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_PREFIX = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def check(view: View) -> Iterator[Finding]:
    yield from _labels(view)
    for name in sorted(view.sites):
        by_label = {pool.label: number for number, pool in enumerate(view.sites[name].nodes)}
        for pool in view.pools(name):
            if pool.mig:
                yield from _mig(view, pool, by_label[pool.name])
            yield from _passthrough(view, pool, by_label[pool.name])
            lacking = [w for w, size in (("cores", pool.cores), ("memory", pool.memory_bytes)) if not size]
            if pool.serves != "storage" and lacking and pool.hosts:
                where = view.where(name, "nodes", by_label[pool.name])
                words = {"cores": "how many cores", "memory": "how much memory"}
                message = f"nobody says {' or '.join(words[w] for w in lacking)} the nodes of pool '{pool.name}' have"
                hint = f"add {' and '.join(lacking)} here or in the class; until then nothing can be scheduled there"
                yield Finding(where, "W201", message, hint)


def _labels(view: View) -> Iterator[Finding]:
    """Labels as the API server takes them (Kubernetes, labels and selectors: syntax)."""
    for at, node_class in enumerate(view.shared.node_classes):
        for key, value in node_class.labels.items():
            prefix, slash, name = key.rpartition("/")
            sound = _LABEL_NAME.fullmatch(name) and (not slash or _LABEL_PREFIX.fullmatch(prefix))
            if not sound or (value and not _LABEL_NAME.fullmatch(value)):
                where = view.where(None, "node_classes", at, "labels", key, key=not sound)
                message = f"{quoted(value if sound else key)} cannot be a label's {'value' if sound else 'key'}"
                hint = "letters, digits, '-', '_' and '.', at most 63; a key may have a domain and a slash before it"
                yield Finding(where, "E237", message, hint)


def _passthrough(view: View, pool: Pool, number: int) -> Iterator[Finding]:
    """A PCI alias needs the card's vendor and product id."""
    asked = pool.serves == "openstack" and pool.gpus is not None and pool.gpu_access == "passthrough"
    if asked and pool.gpus and pool.gpus.kind not in GPU_PCI_IDS:
        message = f"no PCI id is known for '{pool.gpus.kind}', so no flavor of pool '{pool.name}' could be placed"
        hint = f"use gpu_access: resource-class or vgpu; ids are known for {listed(sorted(GPU_PCI_IDS))}"
        yield Finding(view.where(pool.site, "nodes", number), "E241", message, hint)


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

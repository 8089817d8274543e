"""Hosts: node pools with their classes composed, and the names of their nodes."""

from dataclasses import dataclass
from functools import reduce

from isthmus.model.federation import Federation
from isthmus.model.hardware import BUILT_IN_CLASSES, Layer, NodeClass, NodePool, Shape
from isthmus.model.quantity import Devices
from isthmus.model.site import Site

_SHAPE = tuple(Shape.model_fields)


@dataclass(frozen=True)
class Pool:
    """A node pool with every property known: what the class says, overridden by what the pool says."""

    site: str
    name: str
    node_class: str
    hosts: tuple[str, ...]
    serves: Layer
    cores: int
    memory_bytes: int
    disk_bytes: int
    gpus: Devices | None
    gpu_access: str
    mig: tuple[Devices, ...]
    fpgas: Devices | None
    capacity_bytes: int
    labels: dict[str, str]


def node_classes(federation: Federation) -> dict[str, NodeClass]:
    """Built-in classes and the federation's own, by name; its own win."""
    return {c.name: c for c in (*BUILT_IN_CLASSES, *federation.shared.node_classes)}


def compose(name: str, classes: dict[str, NodeClass]) -> dict[str, object]:
    """Properties of a class after `extends`: later parents win over earlier ones, its own values win last."""
    node_class = classes[name]
    inherited: dict[str, object] = reduce(
        lambda seen, parent: {**seen, **compose(parent, classes)}, node_class.extends, {}
    )
    own = {field: getattr(node_class, field) for field in _SHAPE if getattr(node_class, field) is not None}
    labels = {**_labels(inherited), **node_class.labels}
    return {**inherited, **own, "labels": labels}


def _labels(properties: dict[str, object]) -> dict[str, str]:
    found = properties.get("labels", {})
    return found if isinstance(found, dict) else {}


def pools(federation: Federation, site: Site) -> tuple[Pool, ...]:
    """The site's node pools, composed, in the order they are written."""
    classes = node_classes(federation)
    return tuple(_pool(site, pool, compose(pool.node_class, classes)) for pool in site.nodes)


def _pool(site: Site, pool: NodePool, composed: dict[str, object]) -> Pool:
    def value(field: str) -> object:
        own = getattr(pool, field)
        return own if own is not None else composed.get(field)

    cores, memory, disk, capacity = (int(str(value(f) or 0)) for f in ("cores", "memory", "disk", "capacity"))
    gpus, fpgas = value("gpus"), value("fpgas")
    return Pool(
        site=site.site,
        name=pool.label,
        node_class=pool.node_class,
        hosts=tuple(f"{site.site}-{pool.label}-{n:02d}" for n in range(1, pool.count + 1)),
        serves=pool.serves or ("storage" if capacity and not cores else "openstack"),
        cores=cores,
        memory_bytes=memory,
        disk_bytes=disk,
        gpus=gpus if isinstance(gpus, Devices) else None,
        gpu_access=pool.gpu_access,
        mig=pool.mig,
        fpgas=fpgas if isinstance(fpgas, Devices) else None,
        capacity_bytes=capacity,
        labels=_labels(composed),
    )

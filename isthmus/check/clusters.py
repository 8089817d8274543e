"""Clusters: they have nodes, and nodes have a cluster."""

from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_
from isthmus.model.cluster import Cluster


def check(view: View) -> Iterator[Finding]:
    for name in sorted(view.sites):
        site = view.sites[name]
        cloud = view.cloud_of(name)
        for at, cluster in enumerate(site.kubernetes):
            path: Path_ = ("kubernetes", at)
            if cluster.runs_on == "openstack" and cloud is not None and cloud.platform != "openstack":
                message = f"cluster '{cluster.name}' runs on openstack, and cloud '{cloud.name}' is no OpenStack"
                yield Finding(view.where(name, *path, "runs_on"), "E214", message, "write bare-metal or provider")
            yield from _nodes(view, name, cluster, path)
        yield from _idle(view, name)
        yield from _shared(view, name)


def _nodes(view: View, site: str, cluster: Cluster, path: Path_) -> Iterator[Finding]:
    pools = {pool.name: pool for pool in view.pools(site)}
    if cluster.runs_on == "openstack":
        if cluster.workers is None:
            message = f"cluster '{cluster.name}' runs on openstack and has no workers"
            yield Finding(view.where(site, *path), "E228", message, "add workers: {count: 3, cores: 8, memory: 32GiB}")
    elif cluster.runs_on == "bare-metal" and cluster.nodes is None:
        if not any(p.serves == "kubernetes" and p.hosts for p in pools.values()):
            message = f"cluster '{cluster.name}' has no nodes: no pool of this site serves kubernetes"
            yield Finding(view.where(site, *path), "E228", message, "add serves: kubernetes to a node pool")
    elif cluster.runs_on == "bare-metal" and not any(n not in pools or pools[n].hosts for n in cluster.nodes or ()):
        message = f"cluster '{cluster.name}' has no nodes"
        yield Finding(view.where(site, *path, "nodes"), "E228", message, "name a pool that has some")
    for number, label in enumerate(cluster.nodes or ()):
        pool = pools.get(label)
        if pool is not None and pool.serves != "kubernetes":
            message = f"pool '{label}' serves {pool.serves}, and cluster '{cluster.name}' wants its nodes"
            where = view.where(site, *path, "nodes", number)
            yield Finding(where, "E229", message, "add serves: kubernetes to the pool, or name another")


def _idle(view: View, site: str) -> Iterator[Finding]:
    """Pools that serve kubernetes, and no cluster takes them; not told where a cluster mistypes its pool."""
    clusters = [c for c in view.sites[site].kubernetes if c.runs_on != "openstack"]
    if any(c.nodes is None for c in clusters):
        return
    taken = {label for c in clusters for label in c.nodes or ()}
    if taken - {pool.label for pool in view.sites[site].nodes}:
        return
    for number, pool in enumerate(view.sites[site].nodes):
        if pool.serves == "kubernetes" and pool.label not in taken:
            message = f"pool '{pool.label}' serves kubernetes, and no cluster of this site takes it"
            hint = "name it in a cluster's nodes" if clusters else "declare a cluster under kubernetes"
            yield Finding(view.where(site, "nodes", number, "serves"), "E227", message, hint)


def _shared(view: View, site: str) -> Iterator[Finding]:
    """A node joins one cluster only."""
    every = [p.label for p in view.sites[site].nodes if p.serves == "kubernetes"]
    taken: dict[str, str] = {}
    for at, cluster in enumerate(view.sites[site].kubernetes):
        if cluster.runs_on == "openstack" or (cluster.runs_on == "provider" and cluster.nodes is None):
            continue
        for label in every if cluster.nodes is None else dict.fromkeys(cluster.nodes):
            other = taken.setdefault(label, cluster.name)
            if other != cluster.name:
                message = f"pool '{label}' is in cluster '{other}' already"
                where = view.where(site, "kubernetes", at, "nodes" if cluster.nodes else "name")
                yield Finding(where, "E229", message, "name the pools of each cluster under its nodes")

"""Names that meet across sites: in one cloud, among all hosts, in the access folder."""

from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.derive.flavors import SMOKE, cut
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_

LONGEST_HOST = 63
"""A host name is a DNS label (RFC 1123), and Kubernetes keeps it as a label's value."""

_Place = tuple[str | None, Path_]


def check(view: View) -> Iterator[Finding]:
    yield from _tenants(view)
    yield from _flavors(view)
    yield from _volume_types(view)
    yield from _clusters(view)
    yield from _hosts(view)


def _tenants(view: View) -> Iterator[Finding]:
    """A tenant gives its name to a project, a namespace and their quotas."""
    taken = {
        "operator": "the quota of the cloud's operator",
        **dict.fromkeys(("admin", "service"), "a project every OpenStack has"),
        "default": "a namespace every cluster has",
        **{f"site-{site}": f"the project of site '{site}'" for site in view.site_names},
    }
    for at, tenant in enumerate(view.shared.tenants):
        what = "namespaces of Kubernetes itself" if tenant.name.startswith("kube-") else taken.get(tenant.name)
        if what:
            where = view.where(None, "tenants", at, "name")
            message = f"the name '{tenant.name}' is kept for {what}"
            yield Finding(where, "E232", message, "choose another name for the tenant")


def _flavors(view: View) -> Iterator[Finding]:
    for at, cloud in enumerate(view.shared.clouds):
        made = {SMOKE: "the flavor that proves zones"}
        for site in cloud.sites:
            if site in view.sites:
                for pool in view.pools(site):
                    made |= dict.fromkeys((f.name for f in cut(pool)), f"a flavor of node class {pool.node_class}")
        for number, flavor in enumerate(cloud.flavors):
            if flavor.name in made:
                where = view.where(None, "clouds", at, "flavors", number, "name")
                message = f"'{flavor.name}' is {made[flavor.name]} already"
                yield Finding(where, "E201", message, "choose another name, or remove it")


def _volume_types(view: View) -> Iterator[Finding]:
    """Volume types are the cloud's, not the zone's (Cinder)."""
    for cloud in view.shared.clouds:
        first: dict[str, _Place] = {}
        for site in cloud.sites if cloud.platform == "openstack" else ():
            for number, kind in enumerate(view.sites[site].openstack.volume_types if site in view.sites else ()):
                path: Path_ = ("openstack", "volume_types", number, "name")
                what = f"volume type '{kind.name}' of cloud '{cloud.name}'"
                yield from _again(view, first, kind.name, (site, path), what, f"{site}-{kind.name}")


def _clusters(view: View) -> Iterator[Finding]:
    """Access to a cluster lies in kubeconfig/CLUSTER.yaml, whichever its site."""
    first: dict[str, _Place] = {}
    for site in sorted(view.sites):
        for number, cluster in enumerate(view.sites[site].kubernetes):
            place: _Place = (site, ("kubernetes", number, "name"))
            yield from _again(view, first, cluster.name, place, f"cluster '{cluster.name}'", f"{cluster.name}-{site}")


def _again(
    view: View, first: dict[str, _Place], name: str, place: _Place, what: str, instead: str
) -> Iterator[Finding]:
    """A finding where another site has the name; twice in one site is told elsewhere."""
    site, path = first.setdefault(name, place)
    if site != place[0]:
        other = view.where(site, *path)
        hint = f"it stands at {other.file}:{other.line} too; choose for example {instead}"
        yield Finding(view.where(place[0], *place[1]), "E201", f"{what} is at site '{site}' already", hint)


def _hosts(view: View) -> Iterator[Finding]:
    """Hosts are named SITE-POOL-NN, so site a-b with pool c meets site a with pool b-c."""
    first: dict[str, tuple[str, int]] = {}
    for site in sorted(view.sites):
        number = {pool.label: n for n, pool in enumerate(view.sites[site].nodes)}
        for pool in view.pools(site):
            if not pool.hosts:
                continue
            where = view.where(site, "nodes", number[pool.name])
            if len(pool.hosts[-1]) > LONGEST_HOST:
                message = f"'{pool.hosts[-1]}' is too long for a host's name ({len(pool.hosts[-1])} characters)"
                yield Finding(where, "E235", message, f"the longest is {LONGEST_HOST}: give the pool a shorter name")
            other, at = first.setdefault(pool.hosts[0], (site, number[pool.name]))
            if other != site:
                earlier = view.where(other, "nodes", at)
                message = f"host '{pool.hosts[0]}' is at site '{other}' already"
                hint = f"it comes from {earlier.file}:{earlier.line} too; give one of the pools another name"
                yield Finding(where, "E201", message, hint)

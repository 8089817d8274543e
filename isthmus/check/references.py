"""Names that point at something: what they name must be declared."""

from collections.abc import Iterator

from isthmus.check.view import View, not_declared
from isthmus.errors import Finding


def check(view: View) -> Iterator[Finding]:
    yield from _to_sites(view)
    yield from _to_segments(view)
    yield from _to_classes(view)
    for site in view.sites:
        yield from _in_site(view, site)


def _to_sites(view: View) -> Iterator[Finding]:
    overlay = view.shared.overlay
    found: list[tuple[str, tuple[str | int, ...]]] = []
    for at, segment in enumerate(overlay.segments):
        found += [(s, ("overlay", "segments", at, "sites", n)) for n, s in enumerate(segment.sites or ())]
    for at, link in enumerate(overlay.links):
        found += [(s, ("overlay", "links", at, "between", n)) for n, s in enumerate(link.between)]
    if isinstance(overlay.tunnels, tuple):
        for at, pair in enumerate(overlay.tunnels):
            found += [(s, ("overlay", "tunnels", at, n)) for n, s in enumerate(pair)]
    if overlay.root is not None:
        found.append((overlay.root, ("overlay", "root")))
    for at, tenant in enumerate(view.shared.tenants):
        found += [(q.site, ("tenants", at, "quotas", n, "site")) for n, q in enumerate(tenant.quotas)]
    for site, path in found:
        if site not in view.site_names:
            yield Finding(view.where(None, *path), "E203", *not_declared("site", site, view.site_names))


def _to_segments(view: View) -> Iterator[Finding]:
    names = {s.name: n for n, s in enumerate(view.shared.overlay.segments)}
    for at, tenant in enumerate(view.shared.tenants):
        for number, name in enumerate(tenant.segments):
            if name not in names:
                declared = {s: view.where(None, "overlay", "segments", n, "name") for s, n in names.items()}
                where = view.where(None, "tenants", at, "segments", number)
                yield Finding(where, "E203", *not_declared("segment", name, declared))


def _to_classes(view: View) -> Iterator[Finding]:
    for at, node_class in enumerate(view.shared.node_classes):
        for number, parent in enumerate(node_class.extends):
            where = ("node_classes", at, "extends", number)
            if parent not in view.classes:
                problem = not_declared("node class", parent, view.classes.keys())
                yield Finding(view.where(None, *where), "E203", *problem)
            elif parent == node_class.name:
                hint = "remove it, or give the new class a name of its own"
                yield Finding(view.where(None, *where), "E204", f"class '{parent}' extends itself", hint)
            elif _closes_circle(view, at, parent):
                message = f"class '{node_class.name}' extends itself through '{parent}'"
                yield Finding(view.where(None, *where), "E204", message, "remove one step of the circle")


def _closes_circle(view: View, at: int, parent: str) -> bool:
    """Whether `parent` leads back to class number `at`; told once a circle, at the class written first."""
    name = view.shared.node_classes[at].name
    if not _reaches(view, parent, name, set()):
        return False
    earlier = [c.name for c in view.shared.node_classes[:at]]
    return not any(_reaches(view, parent, e, set()) and _reaches(view, e, name, set()) for e in earlier)


def _reaches(view: View, start: str, goal: str, seen: set[str]) -> bool:
    if start == goal:
        return True
    if start in seen or start not in view.classes:
        return False
    seen.add(start)
    return any(_reaches(view, parent, goal, seen) for parent in view.classes[start].extends)


def _in_site(view: View, name: str) -> Iterator[Finding]:
    site = view.sites[name]
    for at, pool in enumerate(site.nodes):
        if pool.node_class not in view.classes:
            where = view.where(name, "nodes", at, "class")
            yield Finding(where, "E203", *not_declared("node class", pool.node_class, view.classes.keys()))
    pools = {pool.label: n for n, pool in enumerate(site.nodes)}
    clusters = {cluster.name: n for n, cluster in enumerate(site.kubernetes)}
    for at, cluster in enumerate(site.kubernetes):
        for number, label in enumerate(cluster.nodes or ()):
            if label not in pools:
                declared = {p: view.where(name, "nodes", n) for p, n in pools.items()}
                where = view.where(name, "kubernetes", at, "nodes", number)
                yield Finding(where, "E203", *not_declared("node pool", label, declared))
    for at, service in enumerate(site.services):
        if service.cluster is not None and service.cluster not in clusters:
            declared = {c: view.where(name, "kubernetes", n, "name") for c, n in clusters.items()}
            where = view.where(name, "services", at, "cluster")
            yield Finding(where, "E203", *not_declared("cluster", service.cluster, declared))

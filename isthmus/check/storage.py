"""Storage and priorities: exactly one default, and classes that the site can serve."""

from collections.abc import Iterator

from isthmus.check.view import View, not_declared
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_
from isthmus.model.cluster import Cluster, StorageClass

SHARED_ACCESS = ("cephfs", "nfs", "longhorn")
"""Provisioners that can mount a volume on several nodes at once (each driver's documentation)."""


def check(view: View) -> Iterator[Finding]:
    for name in sorted(view.sites):
        site = view.sites[name]
        defaults = [n for n, kind in enumerate(site.openstack.volume_types) if kind.default]
        for number in defaults[1:]:
            first = site.openstack.volume_types[defaults[0]].name
            where = view.where(name, "openstack", "volume_types", number, "default")
            message = f"volume type '{first}' is the default already"
            yield Finding(where, "E212", message, "a site has one default volume type, or none")
        for at, cluster in enumerate(site.kubernetes):
            path: Path_ = ("kubernetes", at)
            yield from _defaults(view, name, cluster, path)
            for number, kind in enumerate(cluster.storage):
                yield from _class(view, name, kind, (*path, "storage", number))


def _defaults(view: View, site: str, cluster: Cluster, path: Path_) -> Iterator[Finding]:
    chosen = [n for n, kind in enumerate(cluster.storage) if kind.default]
    if not chosen:
        message = f"no storage class of cluster '{cluster.name}' is the default"
        hint = f"add default: true to one, for example {cluster.storage[0].name}"
        yield Finding(view.where(site, *path, "storage"), "E210", message, hint)
    for number in chosen[1:]:
        message = f"storage class '{cluster.storage[chosen[0]].name}' is the default already"
        hint = "exactly one class of a cluster is the default"
        yield Finding(view.where(site, *path, "storage", number, "default"), "E210", message, hint)
    for number, kind in enumerate(cluster.priorities):
        if kind.name.startswith("system-"):
            where = view.where(site, *path, "priorities", number, "name")
            message = f"the name '{kind.name}' is kept for Kubernetes itself"
            yield Finding(where, "E232", message, "choose a name that does not begin with system-")
    default_priorities = [n for n, kind in enumerate(cluster.priorities) if kind.default]
    for number in default_priorities[1:]:
        message = f"priority class '{cluster.priorities[default_priorities[0]].name}' is the default already"
        hint = "at most one class of a cluster is the default"
        yield Finding(view.where(site, *path, "priorities", number, "default"), "E211", message, hint)


def _class(view: View, site: str, kind: StorageClass, path: Path_) -> Iterator[Finding]:
    types = {t.name: n for n, t in enumerate(view.sites[site].openstack.volume_types)}
    cloud = view.cloud_of(site)
    if kind.provisioner == "cinder-csi" and cloud is not None and cloud.platform != "openstack":
        message = f"storage class '{kind.name}' asks Cinder, and cloud '{cloud.name}' is no OpenStack"
        hint = "choose ceph-rbd, cephfs, nfs, longhorn or local-path"
        yield Finding(view.where(site, *path, "provisioner"), "E214", message, hint)
    elif kind.volume_type is not None and kind.provisioner != "cinder-csi":
        message = f"storage class '{kind.name}' names a volume type, which only cinder-csi knows"
        yield Finding(view.where(site, *path, "volume_type"), "E213", message, "remove it, or use cinder-csi")
    elif kind.volume_type is not None and kind.volume_type not in types:
        declared = {t: view.where(site, "openstack", "volume_types", n, "name") for t, n in types.items()}
        _, hint = not_declared("volume type", kind.volume_type, declared)
        message = f"this site has no volume type '{kind.volume_type}' (storage class {kind.name})"
        yield Finding(view.where(site, *path, "volume_type"), "E213", message, hint)
    if kind.access == "ReadWriteMany" and kind.provisioner not in SHARED_ACCESS:
        message = f"{kind.provisioner} cannot give volumes that several nodes write (storage class {kind.name})"
        yield Finding(view.where(site, *path, "access"), "E234", message, f"choose {', '.join(SHARED_ACCESS)}")

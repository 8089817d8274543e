"""Storage classes: the volumes a cluster offers, exactly one of them by default."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import storage
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra.options import options
from isthmus.derive.cluster import StorageClassThing

DEFAULT_MARK = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class StorageClassesArgs:
    """Exactly one is the default; the model sees to that."""

    classes: tuple[StorageClassThing, ...]


class StorageClasses(pulumi.ComponentResource):
    """The cluster's storage classes. Claims bind when a pod is placed, so that volumes lie where work runs."""

    def __init__(self, name: str, args: StorageClassesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:kubernetes:StorageClasses", name, None, opts)
        for thing in args.classes:
            storage.v1.StorageClass(
                thing.key,
                metadata=ObjectMetaArgs(
                    name=thing.storage.name,
                    annotations={DEFAULT_MARK: "true" if thing.storage.default else "false"},
                ),
                provisioner=thing.provisioner,
                parameters=thing.parameters or None,
                reclaim_policy=thing.storage.reclaim,
                allow_volume_expansion=thing.storage.expandable,
                volume_binding_mode="WaitForFirstConsumer",
                opts=options(self, holds_data=thing.holds_data, unique=True),
            )
        self.register_outputs({})

"""A Kubernetes cluster's component: what tenants, node classes and storage need in it."""

from dataclasses import dataclass

import pulumi

from infra.access import cluster_provider
from infra.kubernetes.namespaces import Namespace, NamespaceArgs
from infra.kubernetes.nodes import Nodes, NodesArgs
from infra.kubernetes.priorities import Priorities, PrioritiesArgs
from infra.kubernetes.storage import StorageClasses, StorageClassesArgs
from infra.login import Surroundings
from isthmus.derive.cluster import ClusterState


@dataclass(frozen=True)
class ClusterArgs:
    desired: ClusterState
    around: Surroundings


class ClusterComponent(pulumi.ComponentResource):
    """Everything in one cluster."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:kubernetes:Cluster", name, None, opts)
        desired = args.desired
        below = pulumi.ResourceOptions(
            parent=self, provider=cluster_provider(f"{name}-provider", name, args.around, self)
        )
        Nodes(f"{name}-nodes", NodesArgs(desired.nodes), below)
        Priorities(f"{name}-priorities", PrioritiesArgs(desired.priorities), below)
        StorageClasses(f"{name}-storage", StorageClassesArgs(desired.storage), below)
        for thing in desired.namespaces:
            Namespace(thing.key, NamespaceArgs(thing), below)
        self.register_outputs({})

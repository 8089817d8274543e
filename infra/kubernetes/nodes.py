"""Nodes: labels and taints from their class; nodes themselves join by their own kubelet."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core
from pulumi_kubernetes.meta.v1 import ObjectMetaPatchArgs

from infra.options import options
from isthmus.derive.cluster import NodeThing


@dataclass(frozen=True)
class NodesArgs:
    nodes: tuple[NodeThing, ...]


class Nodes(pulumi.ComponentResource):
    """Labels and taints of the cluster's nodes, by server-side apply: only these fields are ours."""

    def __init__(self, name: str, args: NodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:kubernetes:Nodes", name, None, opts)
        for thing in args.nodes:
            taints = [core.v1.TaintPatchArgs(key=t.key, value=t.value, effect=t.effect) for t in thing.taints]
            core.v1.NodePatch(
                thing.key,
                metadata=ObjectMetaPatchArgs(
                    name=thing.name,
                    labels=thing.labels,
                    # Whoever made the node may have set the same labels; what the federation says wins.
                    annotations={"pulumi.com/patchForce": "true"},
                ),
                spec=core.v1.NodeSpecPatchArgs(taints=taints) if taints else None,
                opts=options(self),
            )
        self.register_outputs({})

"""Priority classes: which pods go first."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import scheduling
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra.options import options
from isthmus.derive.cluster import PriorityThing


@dataclass(frozen=True)
class PrioritiesArgs:
    priorities: tuple[PriorityThing, ...]


class Priorities(pulumi.ComponentResource):
    """The cluster's priority classes. Their values cannot change: another value is another class, under one name."""

    def __init__(self, name: str, args: PrioritiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:kubernetes:Priorities", name, None, opts)
        for thing in args.priorities:
            priority = thing.priority
            scheduling.v1.PriorityClass(
                thing.key,
                metadata=ObjectMetaArgs(name=priority.name),
                value=priority.value,
                global_default=priority.default,
                preemption_policy="PreemptLowerPriority" if priority.preempts else "Never",
                description=thing.because,
                opts=options(self, unique=True),
            )
        self.register_outputs({})

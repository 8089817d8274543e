"""What was applied, kept in the state itself, so that a plan can be made without asking anybody."""

from collections.abc import Iterable

import pulumi

from isthmus.derive.thing import Thing
from isthmus.plan.recorded import OUTPUT, output_of


class Record(pulumi.ComponentResource):
    """The things of a stack as they are now, written only once every resource in `after` has been made or changed.

    A component's outputs, not the stack's: people who read `pulumi up` need not see them.
    """

    def __init__(self, things: Iterable[Thing], after: Iterable[pulumi.Resource]) -> None:
        super().__init__("isthmus:index:Record", "record")
        told = output_of(things)
        self.register_outputs({OUTPUT: pulumi.Output.all(*(r.urn for r in after)).apply(lambda _: told)})


class Made:
    """Collects every resource the program declares."""

    def __init__(self) -> None:
        self.resources: list[pulumi.Resource] = []

    def note(self, args: pulumi.ResourceTransformationArgs) -> None:
        """A transformation that changes nothing."""
        self.resources.append(args.resource)

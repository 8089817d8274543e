"""Nodes: what hardware a site has, by class."""

from typing import Literal

from pydantic import Field

from isthmus.model.base import MOST, Name, Part
from isthmus.model.quantity import Bytes, DeviceCount, Rate

Layer = Literal["openstack", "kubernetes", "storage"]


class Shape(Part):
    """The properties a node can have. Every one may be left out and come from the class."""

    cores: int | None = Field(None, ge=1, le=MOST, description="hardware threads the scheduler may hand out")
    memory: Bytes | None = Field(None, description="main memory")
    disk: Bytes | None = Field(None, description="local disk for guests")
    gpus: DeviceCount | None = Field(None, description="graphics processors, for example 4 x H100")
    fpgas: DeviceCount | None = Field(None, description="FPGA cards, for example 2 x U250")
    capacity: Bytes | None = Field(None, description="usable storage a storage host offers")
    nic: Rate | None = Field(None, description="speed of the fastest network port")


class NodeClass(Shape):
    """A kind of node. `extends` names classes whose properties it takes; later ones win, its own win last."""

    name: Name
    extends: tuple[Name, ...] = Field((), description="classes whose properties it takes; later ones win")
    labels: dict[str, str] = Field(default_factory=dict, description="Kubernetes labels of such nodes")


class NodePool(Shape):
    """`count` nodes of one class at a site, with what differs from the class."""

    node_class: Name = Field(alias="class")
    count: int = Field(ge=0, le=100_000, description="how many nodes")
    name: Name | None = Field(None, description="tells two pools of one class apart; the class name by default")
    serves: Layer | None = Field(
        None, description="who hands these nodes out; storage classes serve storage by default"
    )
    gpu_access: Literal["passthrough", "resource-class", "vgpu"] = Field(
        "resource-class",
        description="how OpenStack flavors ask for a GPU: PCI alias, custom resource class with trait, or VGPU",
    )
    mig: tuple[DeviceCount, ...] = Field((), description="MIG instances per GPU, for example 3 x 1g.10gb")

    @property
    def label(self) -> str:
        """The pool's name within its site."""
        return self.name or self.node_class


BUILT_IN_CLASSES: tuple[NodeClass, ...] = (
    NodeClass(name="fat-cpu", cores=192),
    NodeClass.model_validate({"name": "gpu", "gpus": "4 x H100"}),
    NodeClass.model_validate({"name": "storage", "capacity": "360TB"}),
)
"""The three classes of ITINERIS D6.9, section 3; memory and disk are left open there and here."""

"""Kubernetes clusters and their storage."""

from typing import Literal

from pydantic import Field

from isthmus.model.base import MOST, Name, Part
from isthmus.model.quantity import Memory

Provisioner = Literal["cinder-csi", "ceph-rbd", "cephfs", "nfs", "longhorn", "local-path"]


class StorageClass(Part):
    """A class of dynamic volumes; exactly one per cluster is the default."""

    name: Name
    provisioner: Provisioner = Field(description="the driver that makes its volumes")
    default: bool = Field(False, description="taken where a claim names no class")
    access: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        "ReadWriteOnce", description="ReadWriteMany: several nodes may write at once"
    )
    reclaim: Literal["Delete", "Retain"] = Field("Delete", description="what becomes of the volume when its claim goes")
    expandable: bool = Field(True, description="whether claims may grow")
    volume_type: Name | None = Field(None, description="Cinder volume type, for cinder-csi")
    parameters: dict[str, str] = Field(default_factory=dict, description="handed to the driver as they are")


class PriorityClass(Part):
    """A priority of pods; higher values go first and may push lower ones out."""

    name: Name
    value: int = Field(ge=-1_000_000_000, le=1_000_000_000, description="higher goes first")
    default: bool = Field(False, description="taken where a pod names no class")
    preempts: bool = Field(True, description="whether it may push lower ones out")


class Workers(Part):
    """Worker servers of a cluster that runs on OpenStack."""

    count: int = Field(ge=1, le=100_000, description="how many")
    cores: int = Field(ge=1, le=MOST, description="virtual CPUs each")
    memory: Memory = Field(description="main memory each")


class Cluster(Part):
    """A Kubernetes cluster at this site. Left-out `nodes` means every pool that serves kubernetes."""

    name: Name
    runs_on: Literal["bare-metal", "openstack", "provider"] = Field(
        "bare-metal", description="provider: a managed cluster that somebody else's platform delivers"
    )
    version: str = Field("1.36", pattern=r"^1\.\d+(\.\d+)?$", description="Kubernetes version, in quotes")
    control_planes: Literal[1, 3, 5] = Field(1, description="control plane nodes; odd, so that a majority exists")
    nodes: tuple[Name, ...] | None = Field(None, description="names of the node pools that are its workers")
    workers: Workers | None = Field(None, description="its workers, where it runs on openstack or at a provider")
    storage: tuple[StorageClass, ...] = Field(
        min_length=1, description="classes of dynamic volumes; exactly one is the default"
    )
    priorities: tuple[PriorityClass, ...] = Field((), description="priorities of pods")
    gpus: Literal["whole", "mig", "time-slicing"] = Field("whole", description="how GPUs are handed out")

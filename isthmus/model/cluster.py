"""Kubernetes clusters and their storage."""

from typing import Literal

from pydantic import Field

from isthmus.model.base import Name, Part
from isthmus.model.quantity import Bytes

Provisioner = Literal["cinder-csi", "ceph-rbd", "cephfs", "nfs", "longhorn", "local-path"]


class StorageClass(Part):
    """A class of dynamic volumes; exactly one per cluster is the default."""

    name: Name
    provisioner: Provisioner
    default: bool = False
    access: Literal["ReadWriteOnce", "ReadWriteMany"] = "ReadWriteOnce"
    reclaim: Literal["Delete", "Retain"] = "Delete"
    expandable: bool = True
    volume_type: Name | None = Field(None, description="Cinder volume type, for cinder-csi")
    parameters: dict[str, str] = Field(default_factory=dict)


class PriorityClass(Part):
    """A priority of pods; higher values go first and may push lower ones out."""

    name: Name
    value: int = Field(ge=-1_000_000_000, le=1_000_000_000)
    default: bool = False
    preempts: bool = True


class Workers(Part):
    """Worker servers of a cluster that runs on OpenStack."""

    count: int = Field(ge=1)
    cores: int = Field(ge=1)
    memory: Bytes


class Cluster(Part):
    """A Kubernetes cluster at this site. Left-out `nodes` means every pool that serves kubernetes."""

    name: Name
    runs_on: Literal["bare-metal", "openstack", "provider"] = Field(
        "bare-metal", description="provider: a managed cluster that somebody else's platform delivers"
    )
    version: str = Field("1.36", pattern=r"^1\.\d+(\.\d+)?$")
    control_planes: Literal[1, 3, 5] = 1
    nodes: tuple[Name, ...] | None = Field(None, description="names of the node pools that are its workers")
    workers: Workers | None = Field(None, description="its workers, where it runs on openstack or at a provider")
    storage: tuple[StorageClass, ...] = Field(min_length=1)
    priorities: tuple[PriorityClass, ...] = ()
    gpus: Literal["whole", "mig", "time-slicing"] = "whole"

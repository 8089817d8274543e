"""Tenants: communities that use the federation, and the one table of what each may use where."""

from typing import Literal

from pydantic import Field

from isthmus.model.base import Count, Mailbox, Name, Part
from isthmus.model.quantity import Bytes


class Quota(Part):
    """A row of the quota table: what a tenant may use at one site, in one layer.

    OpenStack counts per project and cloud, not per zone, so a cloud's limit
    is the sum of its sites' rows; Kubernetes counts per namespace and cluster.
    """

    site: Name
    on: Literal["openstack", "kubernetes"] = Field("openstack", description="the layer that counts")
    servers: Count | None = Field(None, description="servers, or pods on Kubernetes")
    cpu: Count = Field(0, description="virtual CPUs")
    memory: Bytes = Field(0, description="main memory")
    gpu: Count = Field(0, description="GPUs, or MIG instances where the nodes are cut so")
    fpga: Count = Field(0, description="FPGA cards")
    volumes: Count = Field(0, description="volumes, or claims on Kubernetes")
    capacity: Bytes = Field(0, description="sum of volume sizes")
    addresses: Count = Field(0, description="floating addresses, or load balancers on Kubernetes")


class Group(Part):
    """A group of the identity provider, and the role its members get in the tenant's projects."""

    name: str = Field(min_length=1, description="the group's name at the identity provider")
    role: Literal["admin", "member", "reader"] = Field("member", description="role its members get")


class Tenant(Part):
    """A community with projects, namespaces, quotas and segments."""

    name: Name
    title: str = Field("", description="what people call it")
    contact: Mailbox | None = Field(None, description="whom to ask")
    groups: tuple[Group, ...] = Field((), description="groups of the identity provider that belong to it")
    segments: tuple[Name, ...] = Field((), description="segments its projects may use")
    quotas: tuple[Quota, ...] = Field((), description="what it may use, a row per site and layer")

"""Tenants: communities that use the federation, and the one table of what each may use where."""

from typing import Literal

from pydantic import Field

from isthmus.model.base import Mailbox, Name, Part
from isthmus.model.quantity import Bytes


class Quota(Part):
    """A row of the quota table: what a tenant may use at one site, in one layer.

    OpenStack counts per project and cloud, not per zone, so a cloud's limit
    is the sum of its sites' rows; Kubernetes counts per namespace and cluster.
    """

    site: Name
    on: Literal["openstack", "kubernetes"] = "openstack"
    servers: int | None = Field(None, ge=0, description="servers, or pods on Kubernetes")
    cpu: int = Field(0, ge=0, description="virtual CPUs")
    memory: Bytes = 0
    gpu: int = Field(0, ge=0)
    fpga: int = Field(0, ge=0)
    volumes: int = Field(0, ge=0, description="volumes, or claims on Kubernetes")
    capacity: Bytes = Field(0, description="sum of volume sizes")
    addresses: int = Field(0, ge=0, description="floating addresses, or load balancers on Kubernetes")


class Group(Part):
    """A group of the identity provider, and the role its members get in the tenant's projects."""

    name: str = Field(min_length=1)
    role: Literal["admin", "member", "reader"] = "member"


class Tenant(Part):
    """A community with projects, namespaces, quotas and segments."""

    name: Name
    title: str = ""
    contact: Mailbox | None = None
    groups: tuple[Group, ...] = ()
    segments: tuple[Name, ...] = ()
    quotas: tuple[Quota, ...] = ()

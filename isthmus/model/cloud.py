"""A cloud: one control plane (an OpenStack, or one we only describe) with a zone per site."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from isthmus.model.base import MOST, Day, Name, Part, Url
from isthmus.model.quantity import Bytes, DeviceCount, Memory


def _digest(text: str) -> str:
    if not re.match(r"sha256:[0-9a-f]{64}\Z", text):
        raise PydanticCustomError(
            "digest",
            f"'{text}' is not an image digest",
            {"fix": "write sha256: and the 64 hexadecimal digits of the file"},
        )
    return text


class Identity(Part):
    """Where the cloud's Keystone answers, and how we reach it. Secrets never stand here: they live in clouds.yaml."""

    url: Url = Field(description="Keystone's address, version included")
    region: str = Field("RegionOne", min_length=1, description="OpenStack region")
    domain: str = Field("Default", min_length=1, description="Keystone domain of projects and users")
    ca_bundle: str | None = Field(None, description="PEM file of a private CA, relative to the federation's folder")
    proxy: Url | None = Field(None, description="HTTP proxy towards the cloud's APIs")
    credential_expires: Day | None = Field(None, description="day the credential in clouds.yaml stops working")


class Image(Part):
    """A guest image, pinned by digest."""

    name: Name
    digest: Annotated[str, AfterValidator(_digest)] = Field(description="sha256: and 64 hexadecimal digits of the file")
    source: str = Field(description="web address, or a file relative to the federation's folder")
    format: Literal["qcow2", "raw"] = Field("qcow2", description="disk format")
    min_disk: Bytes | None = Field(None, description="smallest disk that holds it")
    min_memory: Bytes | None = Field(None, description="smallest memory it boots with")


class Flavor(Part):
    """A size of server beyond those derived from node classes."""

    name: Name
    cores: int = Field(ge=1, le=MOST, description="virtual CPUs")
    memory: Memory = Field(description="main memory")
    disk: Bytes | None = Field(None, description="root disk")
    gpus: DeviceCount | None = Field(None, description="GPUs it asks for")
    gpu_access: Literal["passthrough", "resource-class", "vgpu"] = Field(
        "resource-class", description="how it asks for them, as in node pools"
    )


class Cloud(Part):
    """One control plane and the sites whose hosts it runs; each site is an availability zone of it."""

    name: Name
    sites: tuple[Name, ...] = Field(min_length=1, description="the sites whose hosts this control plane runs")
    platform: Literal["openstack", "vcloud-director", "none"] = Field(
        "openstack", description="only openstack is driven; the others are described, and every plan says so"
    )
    identity: Identity | None = Field(None, description="where its Keystone answers; needed on openstack")
    physical_network: str = Field("physnet1", description="Neutron's name of the network that carries the VLANs")
    images: tuple[Image, ...] = Field((), description="guest images every site of the cloud offers")
    flavors: tuple[Flavor, ...] = Field((), description="sizes of server beside those cut from node classes")

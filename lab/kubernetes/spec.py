"""What a cluster of the box should look like: values that the federation's model gives."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from isthmus.errors import BadInput

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True)
class Taint:
    """Keeps pods off a node unless they tolerate it. `effect` is NoSchedule, PreferNoSchedule or NoExecute."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True)
class NodeSpec:
    """One machine, played by a kwok node (stand-in: the API knows it, no container runs on it).

    `gpus` counts extended resources, like `{"nvidia.com/gpu": 4}`; `zone`
    becomes `topology.kubernetes.io/zone`.
    """

    name: str
    cpu: int
    memory_bytes: int
    pods: int = 250
    gpus: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    taints: tuple[Taint, ...] = ()
    zone: str = ""


@dataclass(frozen=True)
class ClusterSpec:
    """One cluster: its nodes, and the ranges of its services and pods (CIDR, IPv4 or IPv6)."""

    name: str
    nodes: tuple[NodeSpec, ...]
    service_cidr: str = "10.96.0.0/16"
    pod_cidr: str = "10.128.0.0/14"

    def check(self) -> None:
        """Raises BadInput when the cluster could not come up as described."""
        for kind, name in [("cluster", self.name), *(("node", node.name) for node in self.nodes)]:
            if not _NAME.fullmatch(name):
                raise BadInput(
                    f"'{name}' cannot name a {kind} of the box",
                    why="Kubernetes takes lower-case letters, digits and inner hyphens, at most 63",
                    next_step="rename it in the site's file",
                )
        names = [node.name for node in self.nodes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise BadInput(f"cluster {self.name} has node '{twice[0]}' twice", next_step="give each node its own name")
        for node in self.nodes:
            wrong = [taint for taint in node.taints if taint.effect not in _EFFECTS]
            if wrong:
                raise BadInput(
                    f"node {node.name} has a taint with effect '{wrong[0].effect}'",
                    next_step=f"write one of {', '.join(_EFFECTS)}",
                )
        self._check_ranges()

    def _check_ranges(self) -> None:
        try:
            services, pods = ipaddress.ip_network(self.service_cidr), ipaddress.ip_network(self.pod_cidr)
        except ValueError as problem:
            raise BadInput(
                f"cluster {self.name} has a range that is none: {problem}", next_step="write it as 10.96.0.0/16"
            ) from problem
        if services.version == pods.version and services.overlaps(pods):
            raise BadInput(
                f"cluster {self.name}: services {services} and pods {pods} overlap",
                next_step="take ranges from separate pools",
            )

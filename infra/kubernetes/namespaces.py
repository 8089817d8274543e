"""Namespaces: a tenant's, with its quota, defaults, policies and the groups that have roles in it."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, rbac
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra.kubernetes.policies import Policies, PoliciesArgs
from infra.kubernetes.quantity import canonical
from infra.options import options
from isthmus.derive.cluster import NamespaceThing

CLUSTER_ROLES = {"admins": "admin", "members": "edit", "readers": "view"}
"""Kubernetes' user-facing roles (its RBAC reference)."""

POD_SECURITY = "baseline"
"""Pod Security Standard: notebooks and workflow engines run under it; `restricted` warns."""


@dataclass(frozen=True)
class NamespaceArgs:
    thing: NamespaceThing


class Namespace(pulumi.ComponentResource):
    """A tenant's namespace and everything that limits it."""

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:kubernetes:Namespace", name, None, opts)
        thing = args.thing
        namespace = core.v1.Namespace(
            thing.key,
            metadata=ObjectMetaArgs(
                name=thing.name,
                labels={
                    **thing.labels,
                    "pod-security.kubernetes.io/enforce": POD_SECURITY,
                    "pod-security.kubernetes.io/warn": "restricted",
                },
            ),
            opts=options(self, holds_data=thing.holds_data, unique=True),
        )
        inside = namespace.metadata.apply(lambda metadata: metadata.name or thing.name)
        core.v1.ResourceQuota(
            f"{thing.key}/quota",
            metadata=ObjectMetaArgs(name="tenant", namespace=inside),
            spec=core.v1.ResourceQuotaSpecArgs(hard={key: canonical(size) for key, size in thing.quota.items()}),
            opts=options(self, unique=True),
        )
        # A quota on requests refuses pods that ask nothing; these get a small share instead.
        core.v1.LimitRange(
            f"{thing.key}/defaults",
            metadata=ObjectMetaArgs(name="defaults", namespace=inside),
            spec=core.v1.LimitRangeSpecArgs(
                limits=[
                    core.v1.LimitRangeItemArgs(type="Container", default_request={"cpu": "100m", "memory": "256Mi"})
                ]
            ),
            opts=options(self, unique=True),
        )
        for role, groups in (("admins", thing.admins), ("members", thing.members), ("readers", thing.readers)):
            if groups:
                self._binding(thing, inside, role, groups)
        Policies(thing.key, PoliciesArgs(thing.key, inside), pulumi.ResourceOptions(parent=self))
        self.register_outputs({})

    def _binding(self, thing: NamespaceThing, inside: pulumi.Output[str], role: str, groups: tuple[str, ...]) -> None:
        rbac.v1.RoleBinding(
            f"{thing.key}/{role}",
            metadata=ObjectMetaArgs(name=role, namespace=inside),
            role_ref=rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=CLUSTER_ROLES[role]
            ),
            subjects=[
                rbac.v1.SubjectArgs(api_group="rbac.authorization.k8s.io", kind="Group", name=group) for group in groups
            ],
            # The role of a binding cannot change.
            opts=options(self, unique=True),
        )

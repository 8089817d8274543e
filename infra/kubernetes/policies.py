"""Network policies: deny by default; names resolve, and pods of one namespace reach each other."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import networking
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from infra.options import options

DNS_NAMESPACE = "kube-system"


@dataclass(frozen=True)
class PoliciesArgs:
    """`key` is the namespace's; `namespace` its name."""

    key: str
    namespace: pulumi.Input[str]


class Policies(pulumi.ComponentResource):
    """A tenant's namespace, closed. What it offers outside is opened by whoever offers it."""

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:kubernetes:Policies", name, None, opts)
        self._args = args
        self._policy(
            "deny-all",
            networking.v1.NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(), policy_types=["Ingress", "Egress"]),
        )
        dns = networking.v1.NetworkPolicyPeerArgs(
            namespace_selector=LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": DNS_NAMESPACE})
        )
        self._policy(
            "allow-dns",
            networking.v1.NetworkPolicySpecArgs(
                pod_selector=LabelSelectorArgs(),
                policy_types=["Egress"],
                egress=[
                    networking.v1.NetworkPolicyEgressRuleArgs(
                        to=[dns],
                        ports=[
                            networking.v1.NetworkPolicyPortArgs(protocol=protocol, port=53)
                            for protocol in ("UDP", "TCP")
                        ],
                    )
                ],
            ),
        )
        own = networking.v1.NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs())
        self._policy(
            "allow-own",
            networking.v1.NetworkPolicySpecArgs(
                pod_selector=LabelSelectorArgs(),
                policy_types=["Ingress", "Egress"],
                ingress=[networking.v1.NetworkPolicyIngressRuleArgs(from_=[own])],
                egress=[networking.v1.NetworkPolicyEgressRuleArgs(to=[own])],
            ),
        )
        self.register_outputs({})

    def _policy(self, name: str, spec: networking.v1.NetworkPolicySpecArgs) -> None:
        networking.v1.NetworkPolicy(
            f"{self._args.key}/{name}",
            metadata=ObjectMetaArgs(name=name, namespace=self._args.namespace),
            spec=spec,
            opts=options(self, unique=True),
        )

# mypy: disable-error-code="import-not-found, unused-ignore, import-untyped"
"""Stand-in for the network agents: an ML2 mechanism driver that binds every port on every host at once.

Ports become ACTIVE without any data plane; everything else in Neutron is stock.
"""

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import constants as numbers
from neutron_lib.plugins.ml2 import api
from neutron_lib.services.qos import base
from neutron_lib.services.qos import constants as qos

_ANY_AMOUNT = {"type:range": [0, numbers.DB_INTEGER_MAX_VALUE]}
_ANY_DIRECTION = {"type:values": constants.VALID_DIRECTIONS}
_QOS_RULES = {
    qos.RULE_TYPE_BANDWIDTH_LIMIT: {
        qos.MAX_KBPS: _ANY_AMOUNT,
        qos.MAX_BURST: _ANY_AMOUNT,
        qos.DIRECTION: _ANY_DIRECTION,
    },
    qos.RULE_TYPE_DSCP_MARKING: {qos.DSCP_MARK: {"type:values": constants.VALID_DSCP_MARKS}},
    qos.RULE_TYPE_MINIMUM_BANDWIDTH: {qos.MIN_KBPS: _ANY_AMOUNT, qos.DIRECTION: _ANY_DIRECTION},
}


class EveryPolicyDriver(base.DriverBase):  # type: ignore[misc]
    """Takes every QoS rule that Open vSwitch takes, and does nothing with it."""

    def validate_rule_for_port(self, context: Any, rule: Any, port: Any) -> bool:
        return True

    def validate_rule_for_network(self, context: Any, rule: Any, network_id: str) -> bool:
        return True


class EveryPortDriver(api.MechanismDriver):  # type: ignore[misc]
    """Binds as Open vSwitch would, were there one."""

    def initialize(self) -> None:
        self._policies = EveryPolicyDriver(
            "everyport", [portbindings.VIF_TYPE_OVS], [portbindings.VNIC_NORMAL], _QOS_RULES
        )

    @property
    def connectivity(self) -> str:
        return str(portbindings.CONNECTIVITY_L2)

    def bind_port(self, context: Any) -> None:
        for segment in context.segments_to_bind[:1]:
            details = {portbindings.CAP_PORT_FILTER: True, portbindings.OVS_HYBRID_PLUG: False}
            context.set_binding(
                segment[api.ID], portbindings.VIF_TYPE_OVS, details, status=constants.PORT_STATUS_ACTIVE
            )

    def filter_hosts_with_segment_access(
        self, context: Any, segments: Any, candidate_hosts: list[str], agent_getter: Any
    ) -> set[str]:
        return set(candidate_hosts)

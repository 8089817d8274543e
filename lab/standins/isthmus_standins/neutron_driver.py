# mypy: disable-error-code="import-not-found, unused-ignore, import-untyped"
"""Stand-in for the network agents: an ML2 mechanism driver that binds every port on every host at once.

Ports become ACTIVE without any data plane; everything else in Neutron is stock.
"""

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class EveryPortDriver(api.MechanismDriver):  # type: ignore[misc]
    """Binds as Open vSwitch would, were there one."""

    def initialize(self) -> None:
        pass

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

"""MTU arithmetic: the published figures, and that nothing ever fragments."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.mtu import Encryption, Version, budget, on_the_wire, tagged_on_the_wire, tunnel_mtu

WAN = st.integers(min_value=1280, max_value=9216)
ENCRYPTION = st.sampled_from(get_args(Encryption))
VERSION = st.sampled_from(get_args(Version))


def test_the_worked_example() -> None:
    left = budget(1500, "openvpn")
    assert (left.tunnel, left.segment, left.tagged) == (1448, 1398, 1394)
    assert str(left) == "1500 - 52 (tunnel) - 50 (VXLAN) - 4 (tag) = 1394"


@pytest.mark.parametrize(
    ("wan", "encryption", "outer", "tunnel"),
    [
        (1500, "wireguard", 4, 1440),
        (1500, "wireguard", 6, 1420),
        (1500, "openvpn", 6, 1428),
        (1500, "ipsec", 4, 1438),
        (1500, "ipsec", 6, 1418),
        (1280, "none", 6, 1280),
    ],
)
def test_tunnels(wan: int, encryption: Encryption, outer: Version, tunnel: int) -> None:
    assert tunnel_mtu(wan, encryption, outer=outer) == tunnel


def test_vxlan_over_ipv6_loopbacks_takes_twenty_more() -> None:
    assert budget(1500, "wireguard").segment - budget(1500, "wireguard", vtep=6).segment == 20


@settings(deadline=None)
@given(WAN, ENCRYPTION, VERSION, VERSION)
def test_never_fragments_and_wastes_nothing(wan: int, encryption: Encryption, outer: Version, vtep: Version) -> None:
    left = budget(wan, encryption, outer=outer, vtep=vtep)
    assert on_the_wire(left.tunnel, encryption, outer=outer) <= wan
    assert on_the_wire(left.tunnel + 1, encryption, outer=outer) > wan
    assert tagged_on_the_wire(left.tagged, encryption, outer=outer, vtep=vtep) <= wan
    assert tagged_on_the_wire(left.tagged + 1, encryption, outer=outer, vtep=vtep) > wan


@settings(deadline=None)
@given(WAN, ENCRYPTION, VERSION, st.integers(min_value=1, max_value=9000))
def test_smaller_packets_fit_too(wan: int, encryption: Encryption, outer: Version, packet: int) -> None:
    inside = tunnel_mtu(wan, encryption, outer=outer)
    assert on_the_wire(min(packet, inside), encryption, outer=outer) <= wan

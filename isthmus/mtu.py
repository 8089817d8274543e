"""MTU is arithmetic: what a path takes away, layer by layer, and what is left.

Every figure is bytes of an IP packet. Sources: UDP (RFC 768) over IPv4 (RFC
791) or IPv6 (RFC 8200); OpenVPN data channel v2 with AES-GCM (opcode and peer
4, packet id 4, tag 16); ESP in UDP (RFC 3948, RFC 4303) with AES-GCM (RFC
4106: IV 8, ICV 16); WireGuard transport data (Donenfeld 2017, section 5.4.6:
header 16, tag 16); VXLAN (RFC 7348) with its inner Ethernet header; IEEE
802.1Q tag.
"""

from dataclasses import dataclass
from typing import Literal

Encryption = Literal["ipsec", "openvpn", "wireguard", "none"]
Version = Literal[4, 6]

IP_HEADER: dict[int, int] = {4: 20, 6: 40}
UDP_HEADER = 8
OPENVPN = 24
WIREGUARD = 32
ESP_HEADER_AND_IV = 16
ESP_TRAILER = 2
ESP_ICV = 16
ESP_ALIGNMENT = 4
VXLAN_HEADER = 8
ETHERNET_HEADER = 14
VLAN_TAG = 4

SMALLEST: dict[int, int] = {4: 576, 6: 1280}
"""The least a link must carry: RFC 791 asks hosts for 576 bytes, RFC 8200 asks links for 1280."""


@dataclass(frozen=True)
class Budget:
    """A path's MTU: `wan` as given, `tunnel` inside the encryption, `segment` inside VXLAN, `tagged` for guests."""

    wan: int
    tunnel: int
    segment: int
    tagged: int

    def __str__(self) -> str:
        steps = (self.tunnel - self.wan, self.segment - self.tunnel, self.tagged - self.segment)
        return f"{self.wan} - {-steps[0]} (tunnel) - {-steps[1]} (VXLAN) - {-steps[2]} (tag) = {self.tagged}"


def budget(wan_mtu: int, encryption: Encryption, *, outer: Version = 4, vtep: Version = 4) -> Budget:
    """What each layer of a path may carry.

    `outer` is the IP version between the gateways' public addresses, `vtep`
    the one between their loopbacks, which carries VXLAN.
    """
    tunnel = tunnel_mtu(wan_mtu, encryption, outer=outer)
    segment = tunnel - IP_HEADER[vtep] - UDP_HEADER - VXLAN_HEADER - ETHERNET_HEADER
    return Budget(wan_mtu, tunnel, segment, segment - VLAN_TAG)


def tunnel_mtu(wan_mtu: int, encryption: Encryption, *, outer: Version = 4) -> int:
    """The largest IP packet that one packet of the tunnel carries."""
    room = wan_mtu - IP_HEADER[outer] - UDP_HEADER
    if encryption == "none":
        return wan_mtu
    if encryption == "openvpn":
        return room - OPENVPN
    if encryption == "wireguard":
        return room - WIREGUARD
    padded = room - ESP_HEADER_AND_IV - ESP_ICV
    return padded - padded % ESP_ALIGNMENT - ESP_TRAILER


def on_the_wire(packet: int, encryption: Encryption, *, outer: Version = 4) -> int:
    """The size on the WAN of a tunnelled IP packet of `packet` bytes: the inverse of `tunnel_mtu`.

    WireGuard pads to 16 bytes, but never beyond the tunnel's MTU, so padding
    adds nothing at the limit and is left out here.
    """
    outside = IP_HEADER[outer] + UDP_HEADER
    if encryption == "none":
        return packet
    if encryption == "openvpn":
        return packet + OPENVPN + outside
    if encryption == "wireguard":
        return packet + WIREGUARD + outside
    unpadded = packet + ESP_TRAILER
    padding = -unpadded % ESP_ALIGNMENT
    return unpadded + padding + ESP_HEADER_AND_IV + ESP_ICV + outside


def tagged_on_the_wire(packet: int, encryption: Encryption, *, outer: Version = 4, vtep: Version = 4) -> int:
    """The size on the WAN of a guest's IP packet that leaves in a tagged frame through VXLAN and tunnel."""
    encapsulated = packet + VLAN_TAG + ETHERNET_HEADER + VXLAN_HEADER + UDP_HEADER + IP_HEADER[vtep]
    return on_the_wire(encapsulated, encryption, outer=outer)

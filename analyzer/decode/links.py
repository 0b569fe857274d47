"""Link types (LINKTYPE_ values, tcpdump.org/linktypes.html): how decoding a frame of each begins.

Adding one is adding a row to `LINKS`, and a layer to the kernels if its header is a new one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.decode.kernels import layers

NAMED_ONLY = 0
"""In place of a layer: the link type is known by name, and its frames are not decoded."""

LINKS: dict[int, tuple[str, int]] = {
    0: ("BSD loopback", layers.NULL),
    1: ("Ethernet", layers.ETHERNET),
    3: ("AX.25", NAMED_ONLY),
    6: ("IEEE 802.5 Token Ring", NAMED_ONLY),
    7: ("ARCNET", NAMED_ONLY),
    8: ("SLIP", NAMED_ONLY),
    9: ("PPP", layers.PPP),
    10: ("FDDI", NAMED_ONLY),
    12: ("raw IP", layers.IPV4),
    14: ("raw IP", layers.IPV4),
    50: ("PPP in HDLC framing", layers.PPP),
    51: ("PPP over Ethernet", layers.PPPOE),
    99: ("Symantec firewall", NAMED_ONLY),
    100: ("ATM, RFC 1483", NAMED_ONLY),
    101: ("raw IP", layers.IPV4),
    104: ("Cisco HDLC", layers.CISCO_HDLC),
    105: ("IEEE 802.11", NAMED_ONLY),
    107: ("Frame Relay", NAMED_ONLY),
    108: ("OpenBSD loopback", layers.NULL),
    109: ("OpenBSD IPsec", layers.ENC),
    113: ("Linux cooked", layers.SLL),
    114: ("LocalTalk", NAMED_ONLY),
    117: ("OpenBSD firewall log", NAMED_ONLY),
    119: ("IEEE 802.11 with Prism header", NAMED_ONLY),
    122: ("IP over Fibre Channel", NAMED_ONLY),
    123: ("SunATM", NAMED_ONLY),
    127: ("IEEE 802.11 with radiotap header", NAMED_ONLY),
    129: ("ARCNET, Linux", NAMED_ONLY),
    138: ("IP over IEEE 1394", NAMED_ONLY),
    140: ("MTP2", NAMED_ONLY),
    143: ("DOCSIS", NAMED_ONLY),
    144: ("Linux IrDA", NAMED_ONLY),
    147: ("private use 0", NAMED_ONLY),
    149: ("Darwin packet tap", layers.PKTAP),
    163: ("IEEE 802.11 with AVS header", NAMED_ONLY),
    166: ("PPP of pppd", NAMED_ONLY),
    177: ("Linux LAPD", NAMED_ONLY),
    187: ("Bluetooth HCI UART", NAMED_ONLY),
    189: ("USB, Linux", NAMED_ONLY),
    192: ("per-packet information", NAMED_ONLY),
    195: ("IEEE 802.15.4", NAMED_ONLY),
    197: ("Endace ERF", NAMED_ONLY),
    201: ("Bluetooth HCI UART with direction", NAMED_ONLY),
    203: ("LAPD", NAMED_ONLY),
    204: ("PPP with direction", layers.PPP_DIRECTION),
    205: ("Cisco HDLC with direction", NAMED_ONLY),
    206: ("Frame Relay with direction", NAMED_ONLY),
    209: ("I2C, Linux", NAMED_ONLY),
    219: ("MPLS", layers.MPLS),
    220: ("USB, Linux, padded", NAMED_ONLY),
    224: ("Fibre Channel", NAMED_ONLY),
    226: ("Solaris ipnet", NAMED_ONLY),
    227: ("CAN bus", NAMED_ONLY),
    228: ("raw IPv4", layers.IPV4),
    229: ("raw IPv6", layers.IPV6),
    230: ("IEEE 802.15.4 without FCS", NAMED_ONLY),
    231: ("D-Bus", NAMED_ONLY),
    235: ("DVB common interface", NAMED_ONLY),
    239: ("Linux netfilter log", layers.NFLOG),
    240: ("Hilscher netANALYZER", NAMED_ONLY),
    242: ("IP over InfiniBand", NAMED_ONLY),
    243: ("MPEG-2 transport stream", NAMED_ONLY),
    247: ("InfiniBand", NAMED_ONLY),
    248: ("SCTP", NAMED_ONLY),
    249: ("USB, Windows", NAMED_ONLY),
    251: ("Bluetooth Low Energy", NAMED_ONLY),
    252: ("Wireshark upper protocols", NAMED_ONLY),
    253: ("Linux netlink", NAMED_ONLY),
    258: ("Darwin packet tap", layers.PKTAP),
    265: ("DOCSIS 3.1 XRA", NAMED_ONLY),
    266: ("USB, macOS", NAMED_ONLY),
    276: ("Linux cooked v2", layers.SLL2),
    283: ("IEEE 802.15.4 with TAP header", NAMED_ONLY),
}
"""Number → name, and the layer a frame begins with."""


NO_FRAME = 0xFFFF
"""Link type of records that Wireshark numbers although they hold no frame (`sources.NO_LINK`)."""


def link_name(number: int) -> str:
    """A link type as people call it, with its number: `link type 105 (IEEE 802.11)`."""
    if number == NO_FRAME:
        return "records without a frame"
    if number in LINKS:
        return f"link type {number} ({LINKS[number][0]})"
    return f"link type {number}"


def start_table() -> npt.NDArray[np.uint8]:
    """The layer a frame begins with by link type, 0 where we cannot decode it."""
    table = np.zeros(1 << 16, np.uint8)
    for number, (_, layer) in LINKS.items():
        table[number] = layer
    return table

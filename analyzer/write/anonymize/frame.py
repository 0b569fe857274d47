"""One frame made anonymous: the layers in the order in which they follow each other."""

from __future__ import annotations

from analyzer.write.anonymize import link, network, transport, tunnels
from analyzer.write.anonymize.names import Names
from analyzer.write.anonymize.packet import Packet

MOST_LAYERS = 64  # as the decoder takes
LAYERS = link.LAYERS | network.LAYERS | transport.LAYERS | tunnels.LAYERS | tunnels.OVER_UDP
SMALLEST_OVER_UDP = 8


def anonymized(data: bytes, original: int, link_type: int, fcs: int, names: Names) -> bytes:
    """The headers of a frame with other names, and nothing else of it.

    data: what was captured of it. original: its length on the wire. fcs: octets of FCS at its end.
    """
    end = max(original, len(data)) - fcs
    packet = Packet(bytearray(data), max(min(len(data), end), 0), end, names)
    layer = link.STARTS.get(link_type)
    for _ in range(MOST_LAYERS):
        if layer is None or (layer in tunnels.OVER_UDP and not packet.has(SMALLEST_OVER_UDP)):
            break
        layer = LAYERS[layer](packet)
    for write in reversed(packet.later):
        write()
    return bytes(packet.data[: packet.kept])

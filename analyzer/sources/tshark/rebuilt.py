"""A plain frame from what tshark says of one: its innermost IP and TCP header, nothing before and behind.

An ICMP error keeps the header that it quotes, ARP its addresses. What carries none of these becomes a
stub that the decoder counts by the same reason as it would the frame itself, as far as tshark tells.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

from analyzer.sources.tshark.fields import Said, number

ETHERNET, RAW_IP = 1, 101  # LINKTYPE_ values
IPV4, IPV6 = "ip", "ipv6"
ICMPS = {"icmp": (1, b"\x45"), "icmpv6": (58, b"\x60")}
TCP, ESP, NO_PROTOCOL = 6, 50, 255  # the last is reserved: it stands for all that is not TCP
NO_IP = bytes(12) + b"\xff\xff"  # an Ethernet header with a reserved type
ARP_HEADER = bytes(12) + b"\x08\x06" + b"\x00\x01\x08\x00\x06\x04"
QUOTED = 16  # octets of a TCP header from which on it tells more than ports and sequence number
LONGEST = 0xFFFF  # of an IP packet; longer ones, which offloading makes, have a length of 0


class Rebuilt(NamedTuple):
    """A frame. original: its length on the wire. segments: TCP headers that tshark saw in it."""

    link_type: int
    data: bytes
    original: int
    segments: int


def rebuilt(said: Said) -> Rebuilt:
    """The frame of which tshark says this. Raises ValueError or OSError where it makes no sense."""
    layers = (said["frame.protocols"] or [""])[0].split(":")
    if "tcp" in layers and said["tcp.srcport"] and said["tcp.seq"]:
        return _segment(said, layers)
    if said["arp.opcode"] and said["arp.src.proto_ipv4"] and said["arp.dst.proto_ipv4"]:
        return _arp(said)
    if said["ip.src"] or said["ipv6.src"]:
        return _other(said, layers)
    return _frame(NO_IP, ETHERNET)


def _segment(said: Said, layers: list[str]) -> Rebuilt:
    place = len(layers) - 1 - layers[::-1].index("tcp")
    header = _tcp(said)
    inside = _last(layers, place, (IPV4, IPV6))
    outside = _last(layers, inside, (*ICMPS, IPV4, IPV6))
    if outside >= 0 and layers[outside] in ICMPS:
        quoted = _ip(said, layers, inside, TCP, len(header)) + header
        return _frame(_error(said, layers, outside, quoted))
    if inside < 0:  # over something else than IP
        return _frame(NO_IP, ETHERNET)
    length = max(len(header), 20)
    if said["tcp.len"]:  # else the header contradicts itself, or is cut
        length = number(said["tcp.hdr_len"]) + number(said["tcp.len"])
    data = _ip(said, layers, inside, TCP, length) + header
    return Rebuilt(RAW_IP, data, len(data) - len(header) + length, layers.count("tcp"))


def _tcp(said: Said) -> bytes:
    """The TCP header; as much as there is of one that is cut."""
    seq = said["tcp.seq_raw"] or said["tcp.seq"]  # of a quoted header there is only the latter, as it stands
    ports = struct.pack("!HHI", number(said["tcp.srcport"]), number(said["tcp.dstport"]), number(seq))
    if not said["tcp.window_size_value"]:
        return ports
    octets = number(said["tcp.hdr_len"])
    bits = (octets // 4 & 0xF) << 12 | number(said["tcp.flags"]) & 0xFFF
    header = ports + struct.pack(
        "!IHHHH",
        number(said["tcp.ack_raw"]),
        bits,
        number(said["tcp.window_size_value"]),
        number(said["tcp.checksum"]),
        number(said["tcp.urgent_pointer"]),
    )
    options = bytes.fromhex(said["tcp.options"][-1].replace(":", "")) if said["tcp.options"] else b""
    return header + options


def _ip(said: Said, layers: list[str], place: int, protocol: int, length: int) -> bytes:
    """The IP header that is `layers[place]`, before `length` octets."""
    kind = layers[place]
    which = layers[: place + 1].count(kind) - 1
    source = socket.inet_pton(_family(kind), said[f"{kind}.src"][which])
    destination = socket.inet_pton(_family(kind), said[f"{kind}.dst"][which])
    if kind == IPV6:
        payload = length if length <= LONGEST else 0
        limit = number(said["ipv6.hlim"], which)
        return struct.pack("!IHBB", 6 << 28, payload, protocol, limit) + source + destination
    total = 20 + length if 20 + length <= LONGEST else 0
    fragment = number(said["ip.flags.df"], which) << 14
    if not said["tcp.srcport"]:
        fragment |= number(said["ip.frag_offset"], which) // 8 & 0x1FFF
    ttl = number(said["ip.ttl"], which)
    return (
        struct.pack("!BBHHHBBH", 0x45, 0, total, number(said["ip.id"], which), fragment, ttl, protocol, 0)
        + source
        + destination
    )


def _error(said: Said, layers: list[str], place: int, quoted: bytes) -> bytes:
    """The ICMP error that is `layers[place]`."""
    kind = layers[place]
    which = layers[: place + 1].count(kind) - 1
    told = struct.pack("!BB6x", number(said[f"{kind}.type"], which), number(said[f"{kind}.code"], which))
    carrier = _last(layers, place, (IPV4, IPV6))
    return _ip(said, layers, carrier, ICMPS[kind][0], len(told) + len(quoted)) + told + quoted


def _arp(said: Said) -> Rebuilt:
    ends = [socket.inet_aton(said[f"arp.{end}.proto_ipv4"][-1]) for end in ("src", "dst")]
    packet = struct.pack("!H", number(said["arp.opcode"])) + bytes(6) + ends[0] + bytes(6) + ends[1]
    return _frame(ARP_HEADER + packet, ETHERNET)


def _other(said: Said, layers: list[str]) -> Rebuilt:
    """An IP packet without TCP: a later fragment, ESP, or another protocol."""
    place = _last(layers, len(layers), (IPV4, IPV6))
    if place < 0:
        return _frame(NO_IP, ETHERNET)
    which = layers[: place + 1].count(IPV4) - 1
    later = layers[place] == IPV4 and number(said["ip.frag_offset"], which) > 0
    protocol = TCP if later else ESP if "esp" in layers[place:] else NO_PROTOCOL
    return _frame(_ip(said, layers, place, protocol, 8) + bytes(8))


def _last(layers: list[str], before: int, names: tuple[str, ...]) -> int:
    """Where the last of these layers before that place is, -1: nowhere."""
    return next((place for place in range(before - 1, -1, -1) if layers[place] in names), -1)


def _family(kind: str) -> socket.AddressFamily:
    return socket.AF_INET6 if kind == IPV6 else socket.AF_INET


def _frame(data: bytes, link_type: int = RAW_IP) -> Rebuilt:
    return Rebuilt(link_type, data, len(data), 0)

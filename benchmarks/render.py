"""Rows of frames to the bytes of a capture file: Ethernet, IPv4 or IPv6, TCP.

Every row is laid out at full width, with room for both IP versions, the longest
options and the longest payload; a mask then drops what a frame does not have.
Checksums are right, also those of payload that the snap length cuts off.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.traffic import FULL, NO_OPTIONS, SYN_OPTIONS, TIMESTAMPS, Ints, Table

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

FORMATS = ("pcap-us", "pcap-ns", "pcapng-us", "pcapng-ns")
IPV6_EVERY = 10  # every tenth connection uses IPv6
CLIENT_NET, SERVER_NET = 0xC6120000, 0xC6130000  # 198.18.0.0/16 and 198.19.0.0/16: RFC 2544
IPV6_NET = (0x2001, 0x0002)  # 2001:2::/48: RFC 5180
MAC = np.array([0x02_00_00_00_00_01, 0x02_00_00_00_00_02])  # client side, server side
HOP_LIMIT = np.array([64, 60])
PORT_CLIENT, PORT_SERVER = 32768, 18500
MOST_FLOWS = 1 << 26
OPTION_BYTES = np.array([12, 20, 0])  # by TIMESTAMPS, SYN_OPTIONS, NO_OPTIONS
MSS, SACK_PERMITTED, TWO_NOPS, TIMES = 0x0204, 0x0402, 0x0101, 0x080A  # option kinds and lengths
SCALE_BY_7 = (0x0103, 0x0307)

PATTERN: Bytes = (np.arange(FULL) * 89 % 251).astype(np.uint8)  # begins with 0, the garbage byte of a probe
PATTERN_SUM: Ints = np.concatenate(
    [[0], np.cumsum(PATTERN * np.where(np.arange(FULL) % 2, 1, 256))]
)  # sum of the 16-bit words of the first n bytes


@dataclass(frozen=True)
class Layout:
    """What of the file format shows in every row."""

    format: str
    snap: int

    @property
    def is_pcapng(self) -> bool:
        return self.format.startswith("pcapng")

    @property
    def tick_ns(self) -> int:
        return 1 if self.format.endswith("ns") else 1000

    @property
    def payload_room(self) -> int:
        """Most payload that any frame keeps: Ethernet, IPv4, TCP and timestamps take 66 bytes."""
        return min(self.snap - 66, FULL)

    @property
    def row(self) -> np.dtype[np.void]:
        record = [("record", "<u4", 7 if self.is_pcapng else 4)]
        ethernet = [("mac", ">u2", 6), ("ethertype", ">u2")]
        ip4 = [("ip4", ">u2", 10)]
        ip6 = [("ip6", ">u2", 20)]
        tcp = [("ports", ">u2", 2), ("numbers", ">u4", 2), ("tail", ">u2", 4), ("options", ">u2", 10)]
        end = [("payload", "u1", self.payload_room), ("pad", "u1", 3), ("trailer", "<u4")]
        return np.dtype([*record, *ethernet, *ip4, *ip6, *tcp, *end])


def file_header(layout: Layout) -> bytes:
    """Everything before the first frame."""
    if not layout.is_pcapng:
        magic = 0xA1B23C4D if layout.tick_ns == 1 else 0xA1B2C3D4
        return np.array([magic, 2 | 4 << 16, 0, 0, layout.snap, 1], "<u4").tobytes()
    section = np.array([0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0xFFFFFFFF, 0xFFFFFFFF, 28], "<u4")
    digits = 9 if layout.tick_ns == 1 else 6
    resolution = [9 | 1 << 16, digits, 0]  # if_tsresol, then the end of the options
    interface = np.array([1, 32, 1, layout.snap, *resolution, 32], "<u4")
    return section.tobytes() + interface.tobytes()


def scatter(flow: Ints) -> Ints:
    """A permutation of 26-bit numbers, so that neighbours in time do not have neighbouring addresses."""
    mixed = flow * 0x2C1B3C6D & MOST_FLOWS - 1
    mixed ^= mixed >> 13
    return mixed * 0x297A2D39 & MOST_FLOWS - 1


@dataclass(frozen=True)
class Ends:
    """Both ends of each frame's connection, source first; the arrays are (2, frames)."""

    is6: Bools
    side: Ints  # 0 client, 1 server
    host: Ints  # number within the side's network
    port: Ints


def ends(frames: Table) -> Ends:
    """Addresses and ports, which follow from the number of the flow alone."""
    number = scatter(frames["flow"].astype(np.int64))
    server = number >> 5 & 63
    host = np.stack([number & 4095, server])
    port = np.stack([PORT_CLIENT + (number >> 12), PORT_SERVER + server])
    side = np.stack([frames["sender"], 1 - frames["sender"]]).astype(np.int64)
    column = np.arange(frames.size)
    is6 = frames["flow"] % IPV6_EVERY == IPV6_EVERY - 1
    return Ends(is6, side, host[side, column], port[side, column])


def frame_bytes(frames: Table, layout: Layout) -> bytes:
    """The frames as records (pcap) or enhanced packet blocks (pcapng), back to back."""
    rows = np.zeros(frames.size, layout.row)
    at = ends(frames)
    tcp_length = 20 + OPTION_BYTES[frames["options"]] + frames["length"].astype(np.int64)
    wire = np.where(at.is6, 54, 34) + tcp_length
    captured = np.minimum(wire, layout.snap)
    kept = captured - (wire - frames["length"])  # payload bytes
    _fill_record(rows, frames["time"], captured, wire, layout)
    _fill_link(rows, at)
    addresses = _fill_network(rows, frames, tcp_length, at)
    _fill_tcp(rows, frames, at, addresses + 6 + tcp_length)
    rows["payload"] = PATTERN[: layout.payload_room]
    mask = _masks(layout)[at.is6.astype(np.int64), frames["options"], kept]
    flat: Bytes = rows.view(np.uint8).reshape(frames.size, -1)[mask]
    return flat.tobytes()


def _fill_link(rows: Table, at: Ends) -> None:
    for column, mac in ((0, MAC[at.side[1]]), (3, MAC[at.side[0]])):
        for word in range(3):
            rows["mac"][:, column + word] = mac >> 32 - 16 * word & 0xFFFF
    rows["ethertype"] = np.where(at.is6, 0x86DD, 0x0800)


def _fill_network(rows: Table, frames: Table, tcp_length: Ints, at: Ends) -> Ints:
    """IP headers of both versions; the sum of the address words, for the TCP checksum."""
    net4: Ints = np.array([CLIENT_NET, SERVER_NET])[at.side] | at.host + 1
    hop = HOP_LIMIT[frames["sender"]]
    ip4, ip6 = rows["ip4"], rows["ip6"]
    words = [0x4500, 20 + tcp_length, frames["ip_id"], 0x4000, hop << 8 | 6, 0]
    words += [net4[0] >> 16, net4[0] & 0xFFFF, net4[1] >> 16, net4[1] & 0xFFFF]
    for column, word in enumerate(words):
        ip4[:, column] = word
    ip4[:, 5] = _checksum(sum((np.asarray(word, np.int64) for word in words), np.zeros(hop.size, np.int64)))
    ip6[:, 0], ip6[:, 2], ip6[:, 3] = 0x6000, tcp_length, 6 << 8 | hop
    for column, side in ((4, 0), (12, 1)):
        ip6[:, column], ip6[:, column + 1] = IPV6_NET
        ip6[:, column + 6], ip6[:, column + 7] = at.side[side] + 1, at.host[side] + 1
    sums = np.where(at.is6, sum(IPV6_NET) + at.side + at.host + 2, (net4 >> 16) + (net4 & 0xFFFF))
    return np.asarray(sums.sum(axis=0), np.int64)


def _fill_tcp(rows: Table, frames: Table, at: Ends, pseudo: Ints) -> None:
    """TCP header with checksum; pseudo is the sum of the pseudo header's words."""
    rows["ports"] = at.port.T
    rows["numbers"][:, 0], rows["numbers"][:, 1] = frames["seq"], frames["ack"]
    size = OPTION_BYTES[frames["options"]]
    tail = rows["tail"]
    tail[:, 0] = (20 + size) // 4 << 12 | frames["flags"]
    tail[:, 1] = frames["window"]
    options = rows["options"]
    is_syn, is_timed = frames["options"] == SYN_OPTIONS, frames["options"] == TIMESTAMPS
    high, low = frames["ts"] >> 16, frames["ts"] & 0xFFFF
    echo_high, echo_low = frames["ts_echo"] >> 16, frames["ts_echo"] & 0xFFFF
    permitted = np.where(frames["sack"] == 1, SACK_PERMITTED, TWO_NOPS)
    for_syn: list[Any] = [MSS, FULL, permitted, TIMES, high, low, echo_high, echo_low, *SCALE_BY_7]
    for_others: list[Any] = [TWO_NOPS, TIMES, high, low, echo_high, echo_low, 0, 0, 0, 0]
    total = pseudo + PATTERN_SUM[frames["length"]] + at.port.sum(axis=0) + tail[:, 0] + tail[:, 1]
    for column in range(10):
        word = np.where(is_syn, for_syn[column], np.where(is_timed, for_others[column], 0)).astype(np.int64)
        options[:, column] = word
        total += word
    for number in (frames["seq"], frames["ack"]):
        total += (number >> 16) + (number & 0xFFFF).astype(np.int64)
    tail[:, 2] = _checksum(total)


def _checksum(total: Ints) -> Ints:
    """Internet checksum (RFC 1071) of a sum of 16-bit words."""
    for _ in range(2):
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _fill_record(rows: Table, time: Ints, captured: Ints, wire: Ints, layout: Layout) -> None:
    ticks = time // layout.tick_ns
    record = rows["record"]
    if not layout.is_pcapng:
        second = 1_000_000_000 // layout.tick_ns
        columns: tuple[Ints, ...] = (time // 1_000_000_000, ticks % second, captured, wire)
    else:
        length = 32 + (captured + 3) // 4 * 4
        rows["trailer"] = length
        kind, interface = np.full_like(length, 6), np.zeros_like(length)
        columns = (kind, length, interface, ticks >> 32, ticks & 0xFFFFFFFF, captured, wire)
    for column, values in enumerate(columns):
        record[:, column] = values


@cache
def _masks(layout: Layout) -> Bools:
    """Which bytes of a row to keep, by IP version, options and payload kept."""
    row = layout.row
    offset = {name: int(field[1]) for name, field in (row.fields or {}).items()}
    masks = np.ones((2, 3, layout.payload_room + 1, row.itemsize), np.bool_)
    masks[1, ..., offset["ip4"] : offset["ip6"]] = False
    masks[0, ..., offset["ip6"] : offset["ports"]] = False
    for options in (TIMESTAMPS, SYN_OPTIONS, NO_OPTIONS):
        masks[:, options, :, offset["options"] + OPTION_BYTES[options] : offset["payload"]] = False
        for kept in range(layout.payload_room + 1):
            masks[:, options, kept, offset["payload"] + kept : offset["pad"]] = False
    if not layout.is_pcapng:
        masks[..., offset["pad"] :] = False
        return masks
    for version, network in ((0, 20), (1, 40)):
        for options in (TIMESTAMPS, SYN_OPTIONS, NO_OPTIONS):
            for kept in range(layout.payload_room + 1):
                captured = 14 + network + 20 + int(OPTION_BYTES[options]) + kept
                masks[version, options, kept, offset["pad"] + -captured % 4 : offset["trailer"]] = False
    return masks

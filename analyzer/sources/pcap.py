"""pcap files: one header, one interface, then records (draft-ietf-opsawg-pcap).

Lengths follow Wireshark: a frame may be longer than the snap length says or than it was on the
wire, as some writers do; only a captured length beyond any sense ends the capture.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from analyzer.errors import UnreadableError
from analyzer.facts import CaptureFacts, Interface, Rows
from analyzer.records import FRAME, rows
from analyzer.sources.base import FileSource
from analyzer.sources.inputs import Input, named
from analyzer.sources.kernels import LONGEST_FRAME, walk_pcap
from analyzer.sources.window import Window


class Variant(NamedTuple):
    """What a magic number says: ns in a unit of the fraction, bytes of file and record header.

    Patched libpcaps of 1999 wrote more into each record; the likeliest header comes first.
    """

    tick_ns: int
    file_header: int = 24
    record_headers: tuple[int, ...] = (16,)


VARIANTS = {
    0xA1B2C3D4: Variant(1000, record_headers=(16, 24, 20)),  # Red Hat 6.1 and Nokia: same magic
    0xA1B23C4D: Variant(1),
    0xA1B2CD34: Variant(1000, record_headers=(24, 28)),  # Kuznetzov's patch; that of SuSE 6.3
    0x1C0001AB: Variant(1000, file_header=28),  # Ixia software capture: the file's length
    0x1C0001AC: Variant(1, file_header=28),  # Ixia hardware capture
}
MAGICS = {magic.to_bytes(4, order): magic for magic in VARIANTS for order in ("little", "big")}

# Link types whose frames may be longer (Wireshark's wtap_max_snaplen_for_encap): USB and D-Bus.
# None carries TCP; the limit is what the window can hold.
LONG_LINK_TYPES = frozenset((186, 189, 220, 231, 249, 266, 279, 288, 293, 294, 295))
LONGEST_OF_THESE = 1 << 24

# Whether a record header makes sense: our choice, after Wireshark's test of the first records.
MOST_ORIGINAL = 1 << 27  # bytes; more than any frame
DAY_S = 86400  # an unlikely header must not be further from the first in time

FCS_PRESENT = 0x0400_0000
RESERVED = 0x03FF_0000


class PcapSource(FileSource):
    """A pcap file whose first bytes are in the window. Raises UnreadableError for a bad header.

    header: the file's header as it stands, 24 or 28 bytes. record_header: bytes before each frame.
    """

    def __init__(self, facts: CaptureFacts, opened: Input, window: Window, chunk_frames: int) -> None:
        super().__init__(facts, opened, window, chunk_frames)
        magic = window.take(4)
        self.variant = VARIANTS[MAGICS[magic]]
        if not window.want(self.variant.file_header):
            raise UnreadableError(f"{named(facts.path)}: cut short in the middle of the file header")
        self.big_endian = magic == MAGICS[magic].to_bytes(4, "big")
        order = ">" if self.big_endian else "<"
        self.header = header = window.take(self.variant.file_header)
        major, minor = struct.unpack_from(order + "HH", header, 4)
        snap_length, network = struct.unpack_from(order + "II", header, 16)
        if major < 2:
            raise UnreadableError(f"{named(facts.path)}: pcap version {major}.{minor} is not supported")
        if network & RESERVED:
            raise UnreadableError(
                f"{named(facts.path)}: damaged pcap header (link type field 0x{network:08x})"
            )
        window.start += self.variant.file_header
        self.swapped = _length_order(major, minor)
        link_type = network & 0xFFFF
        self.longest = LONGEST_OF_THESE if link_type in LONG_LINK_TYPES else LONGEST_FRAME
        self.pattern = rows(1, FRAME)
        self.pattern[0].link_type = link_type
        if network & FCS_PRESENT:
            self.pattern[0].fcs = 2 * (network >> 28)  # the field counts 16-bit words
        facts.interfaces.append(Interface(link_type, snap_length))
        self.record_header = self._record_header(order)

    def walk(self, frames: Rows) -> tuple[int, int, int]:
        window = self.window
        found: tuple[int, int, int] = walk_pcap(
            window.data,
            window.start,
            window.end,
            int(self.big_endian),
            self.variant.tick_ns,
            self.record_header,
            self.swapped,
            self.longest,
            self.pattern,
            frames,
        )
        return found

    def _record_header(self, order: str) -> int:
        """How long record headers are: the first length for which the second record makes sense.

        As in Wireshark, a pipe is not kept waiting for a second record.
        """
        likeliest = self.variant.record_headers[0]
        if not self._within_reach(16) or len(self.variant.record_headers) == 1 or self.swapped:
            return likeliest
        began, _fraction, captured, _original = struct.unpack(order + "IIII", self.window.take(16))
        for length in self.variant.record_headers:
            second = length + captured
            if captured > self.longest or not self._within_reach(second + 16):
                break
            header = struct.unpack(order + "IIII", self.window.take(second + 16)[second:])
            if self._makes_sense(*header) and (length == likeliest or abs(header[0] - began) < DAY_S):
                return length
        return likeliest

    def _within_reach(self, count: int) -> bool:
        window = self.window
        return window.end - window.start >= count if self.opened.size is None else window.want(count)

    def _makes_sense(self, _seconds: int, fraction: int, captured: int, original: int) -> bool:
        return fraction < 10**6 and captured <= min(original, self.longest) and original <= MOST_ORIGINAL

    def resolve(self, status: int) -> bool:
        return self.damage("record length beyond any sense")


def _length_order(major: int, minor: int) -> int:
    """How `walk_pcap` must take the two lengths (its `swapped`)."""
    if major == 543 or (major == 2 and minor < 3):  # 543: tcpdump of DG/UX
        return 1
    return 2 if (major, minor) == (2, 3) else 0  # 2.3 was written in both orders

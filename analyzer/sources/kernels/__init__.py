"""The record walks: where each frame lies in the bytes read so far.

Every offset is compared with `end` before it is read; a length that does not fit is never
followed. All arithmetic is int64: two unsigned numbers of different width would become floats.
"""

from analyzer.sources.kernels.octets import (
    BAD_LENGTH,
    FULL,
    LONGEST_FRAME,
    MISMATCH,
    MORE,
    NO_INTERFACE,
    OTHER,
    TOO_LONG,
)
from analyzer.sources.kernels.pcap import walk_pcap
from analyzer.sources.kernels.pcapng import (
    CUSTOM,
    CUSTOM_KEPT_HERE,
    ENHANCED_PACKET,
    EVENT,
    EVENT_2,
    INTERFACE_BLOCK,
    JOURNAL,
    LARGE_EVENT_2,
    LATEST_NS,
    LONGEST_BLOCK,
    LONGEST_KEPT,
    NO_LINK,
    OLD_PACKET,
    SECTION_HEADER,
    SIMPLE_PACKET,
    STATISTICS,
    walk_pcapng,
)

__all__ = [
    "BAD_LENGTH",
    "CUSTOM",
    "CUSTOM_KEPT_HERE",
    "ENHANCED_PACKET",
    "EVENT",
    "EVENT_2",
    "FULL",
    "INTERFACE_BLOCK",
    "JOURNAL",
    "LARGE_EVENT_2",
    "LATEST_NS",
    "LONGEST_BLOCK",
    "LONGEST_FRAME",
    "LONGEST_KEPT",
    "MISMATCH",
    "MORE",
    "NO_INTERFACE",
    "NO_LINK",
    "OLD_PACKET",
    "OTHER",
    "SECTION_HEADER",
    "SIMPLE_PACKET",
    "STATISTICS",
    "TOO_LONG",
    "walk_pcap",
    "walk_pcapng",
]

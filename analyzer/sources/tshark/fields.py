"""What tshark is asked for, frame by frame, and how it says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "frame.interface_id",
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ip.ttl",
    "ip.id",
    "ip.flags.df",
    "ip.frag_offset",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.hlim",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.seq",
    "tcp.ack_raw",
    "tcp.hdr_len",
    "tcp.flags",
    "tcp.window_size_value",
    "tcp.checksum",
    "tcp.urgent_pointer",
    "tcp.options",
    "tcp.len",
    "icmp.type",
    "icmp.code",
    "icmpv6.type",
    "icmpv6.code",
    "arp.opcode",
    "arp.src.proto_ipv4",
    "arp.dst.proto_ipv4",
)

BETWEEN, AMONG = "\t", ";"
FORM = ("-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", f"aggregator={AMONG}")
WORDS = (*FORM, *(word for field in FIELDS for word in ("-e", field)))
"""Arguments that make tshark write one line a frame."""

PREFERENCES = ("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE")
"""A fragmented segment is where its header is, in the first fragment; tshark puts it into the last."""

Said = dict[str, list[str]]
"""What tshark says of a frame: each field as often as it occurs, from the outermost header inwards."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_NS = 1_000_000_000


def said(line: str) -> Said:
    """One line of tshark's output. Raises ValueError where it is none."""
    values = line.rstrip("\n").split(BETWEEN)
    return {field: value.split(AMONG) if value else [] for field, value in zip(FIELDS, values, strict=True)}


def time_ns(text: str) -> int:
    """Nanoseconds since the epoch, from seconds, or from ISO 8601, as EK (4.2) and JSON (4.6) have it.

    Raises ValueError where it is no time.
    """
    try:
        if not text.endswith("Z"):
            return int(Decimal(text) * SECOND_NS)
        whole, _, fraction = text.removesuffix("Z").partition(".")
        second = (datetime.fromisoformat(whole + "+00:00") - EPOCH).total_seconds()
        return round(second) * SECOND_NS + int(fraction[:9].ljust(9, "0") or 0)
    except (InvalidOperation, OverflowError):
        raise ValueError(text) from None


def number(values: Sequence[str], place: int = -1, default: int = 0) -> int:
    """One of a field's values as a number: 80, 0x50, True."""
    if not -len(values) <= place < len(values):
        return default
    text = values[place]
    return int(text == "True") if text in ("True", "False") else int(text, 0)

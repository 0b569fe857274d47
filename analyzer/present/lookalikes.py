"""What other tools make of keep-alive probes: lost data sent again, or a byte of the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer import kinds
from analyzer.tables.labelled import Segment
from analyzer.wording import counted, listed, number

OPENS = (kinds.SYN, kinds.SYN_RETRANSMISSION, kinds.SYN_ACK)
NUMBERS = 1 << 32  # sequence numbers, RFC 9293 3.4


def lookalikes(segments: Sequence[Segment]) -> Iterator[str]:
    """Sentences on one connection's probes, where they can be mistaken for data."""
    probes = [each for each in segments if each.kind == kinds.KEEPALIVE_PROBE]
    for sender, who in enumerate(kinds.SENDER_WORDS):
        octets = [each for each in probes if each.sender == sender and each.length]
        if octets:
            yield garbage(octets, who, [each for each in segments if each.sender == sender])
    again = sum(each.kind == kinds.RETRANSMISSION for each in segments)
    if probes and (again or any(each.length for each in probes)):
        yield (
            f"{number(len(probes))} of {number(len(probes) + again)} segments below the next sequence "
            "number, which some tools all count as retransmissions, are keep-alive probes; "
            f"{number(again)} {'is data' if again == 1 else 'are data'} sent again"
        )


def garbage(octets: Sequence[Segment], who: str, own: Sequence[Segment]) -> str:
    """Where in a stream bytes of probes stand that are none of it. own: all segments of that side."""
    begun = next((each.seq for each in own if each.kind in OPENS), None)
    offsets = sorted({(each.seq - begun - 1) % NUMBERS for each in octets} if begun is not None else ())
    at = f" at offset {', '.join(map(number, offsets))} of its stream" if offsets else ""
    frames = listed([each.frame for each in octets])
    return (
        f"{counted(len(octets), 'probe')} of the {who} ({frames}) with a byte "
        f"of garbage{at}: to be dropped where the stream is put together"
    )

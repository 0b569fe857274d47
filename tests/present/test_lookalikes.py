"""What other tools mistake probes for, said below a connection's ladder."""

from __future__ import annotations

from analyzer import kinds
from analyzer.present.lookalikes import lookalikes
from analyzer.tables.labelled import Segment


def segment(frame: int, kind: int, seq: int, length: int = 0, sender: int = 0) -> Segment:
    return Segment(frame, frame * 10**9, kind, sender, "10.0.0.1", seq, 1, length, 500, 0.0, 0)


def test_garbage_is_said_with_its_place_in_the_stream() -> None:
    said = list(
        lookalikes(
            [
                segment(1, kinds.SYN, 2**32 - 50),
                segment(7, kinds.KEEPALIVE_PROBE, 50, 1),
                segment(9, kinds.KEEPALIVE_PROBE, 50, 1),
                segment(12, kinds.KEEPALIVE_PROBE, 77, 1, sender=1),
            ]
        )
    )
    assert said == [
        "2 probes of the client (frames 7, 9) with a byte of garbage at offset 99 of its stream: "
        "to be dropped where the stream is put together",
        "1 probe of the server (frame 12) with a byte of garbage: "
        "to be dropped where the stream is put together",
        "3 of 3 segments below the next sequence number, which some tools all count as retransmissions, "
        "are keep-alive probes; 0 are data sent again",
    ]


def test_probes_are_told_from_loss() -> None:
    probes = [segment(frame, kinds.KEEPALIVE_PROBE, 100) for frame in range(1, 11)]
    [said] = lookalikes([*probes, segment(11, kinds.RETRANSMISSION, 90, 10)])
    assert said == (
        "10 of 11 segments below the next sequence number, which some tools all count as retransmissions, "
        "are keep-alive probes; 1 is data sent again"
    )


def test_nothing_to_say_without_a_doubt() -> None:
    assert list(lookalikes([segment(1, kinds.KEEPALIVE_PROBE, 100)])) == []
    assert list(lookalikes([segment(1, kinds.RETRANSMISSION, 100, 10)])) == []

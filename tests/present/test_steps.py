"""What a timeline tells one by one, and what it sums up."""

from __future__ import annotations

from analyzer import kinds
from analyzer.present.labels import chatter, label
from analyzer.present.steps import TELL_STEPS, Step, steps
from analyzer.present.timeline import summary
from analyzer.tables.labelled import Segment

NAN = float("nan")


def segment(frame: int, at: float, kind: int, sender: int = 0, **fields: object) -> Segment:
    values = {
        "source": "",
        "seq": 0,
        "ack": 0,
        "length": 0,
        "window": 10,
        "rtt_s": NAN,
        "answers": 0,
    } | fields
    return Segment(frame, round(at * 1e9), kind, sender, **values)  # type: ignore[arg-type]


def burst(first: int, at: float, count: int, kind: int = kinds.DATA) -> list[Segment]:
    return [segment(first + n, at + n / 100, kind, n % 2, length=100) for n in range(count)]


def exchange(first: int, at: float) -> list[Segment]:
    return [
        segment(first, at, kinds.KEEPALIVE_PROBE),
        segment(first + 1, at + 0.001, kinds.KEEPALIVE_REPLY, 1, answers=first, rtt_s=0.001),
    ]


def shape(told: list[Step]) -> list[tuple[str, int, bool]]:
    return [(step.kind, len(step.segments), step.told) for step in told]


def test_a_few_data_segments_are_told_one_by_one() -> None:
    assert shape(steps(burst(1, 0, 3))) == [("burst", 3, True)]


def test_many_are_summed_up() -> None:
    told = steps(burst(1, 0, 214))
    assert shape(told) == [("burst", 214, False)]
    assert summary(told[0]) == "214 frames of data both ways, 21.4 kB"


def test_bursts_with_pauses_are_summed_up_but_the_last() -> None:
    told = steps([each for n in range(10) for each in burst(n * 10, n * 30, 4)])
    assert [len(step.segments) for step in told] == [4, 28, 4, 4]
    assert summary(told[1]) == "28 frames of data both ways, 2.8 kB, in 7 bursts, pauses up to 30.0 s"


def test_answered_probes_are_summed_up_between_the_first_two_and_the_last() -> None:
    told = steps([each for n in range(60) for each in exchange(n * 2 + 1, n * 45.0)])
    assert shape(told) == [
        ("exchange", 2, True),
        ("exchange", 2, True),
        ("exchange", 114, False),
        ("exchange", 2, True),
    ]
    assert summary(told[2]) == "57 more probes, all answered after 1.0 ms, 45.0 s apart"


def test_crossing_probes_are_one_exchange() -> None:
    crossing = [
        segment(1, 0, kinds.KEEPALIVE_PROBE, 0),
        segment(2, 0.001, kinds.KEEPALIVE_PROBE, 1),
        segment(3, 0.002, kinds.KEEPALIVE_REPLY, 0, answers=2, rtt_s=0.001),
        segment(4, 0.003, kinds.KEEPALIVE_REPLY, 1, answers=1, rtt_s=0.003),
    ]
    assert shape(steps(crossing)) == [("exchange", 4, True)]


def test_a_probe_before_an_unanswered_one_is_no_exchange() -> None:
    lone = segment(9, 50, kinds.KEEPALIVE_PROBE)
    assert shape(steps([*exchange(1, 0), lone])) == [("exchange", 2, True), ("lone", 1, True)]


def test_unanswered_probes_are_told_up_to_eight() -> None:
    probes = [segment(n, n * 75.0, kinds.KEEPALIVE_PROBE) for n in range(1, 9)]
    assert all(step.told for step in steps(probes))
    many = [segment(n, n * 75.0, kinds.KEEPALIVE_PROBE) for n in range(1, 31)]
    told = steps(many)
    assert [step.told for step in told] == [True, True, True, False, True, True, True]
    assert summary(told[3]) == "24 more probes without an answer, 75.0 s apart"


def test_a_retransmission_after_a_timeout_is_told() -> None:
    story = [*burst(1, 0, 20), segment(21, 0.5, kinds.RETRANSMISSION, length=100)]
    assert shape(steps(story)) == [("burst", 20, False), ("other", 1, True)]
    quick = [*burst(1, 0, 20), segment(21, 0.2, kinds.RETRANSMISSION, length=100)]
    assert shape(steps(quick)) == [("burst", 21, False)]
    assert summary(steps(quick)[0]) == "21 frames of data both ways, 2.0 kB, 1 sent again"


def test_a_story_that_is_too_long_loses_its_middle() -> None:
    story = [
        each for n in range(500) for each in (*exchange(n * 4, n * 60.0), *burst(n * 4 + 2, n * 60.0 + 5, 2))
    ]
    told = steps(story)
    assert len(told) == TELL_STEPS + 1
    assert summary(told[100]).startswith("1,402 frames not told (198 to 1599): 702 data, ")
    assert told[-1].segments[-1] == story[-1]


def test_the_whole_story() -> None:
    story = burst(1, 0, 214)
    assert [step.segments for step in steps(story, whole=True)] == [(each,) for each in story]


def test_nothing() -> None:
    assert steps([]) == []


def test_labels() -> None:
    assert label(segment(1, 0, kinds.KEEPALIVE_PROBE), True) == "keep-alive probe: no answer"
    assert label(segment(1, 0, kinds.KEEPALIVE_PROBE), False) == "keep-alive probe"
    reply = segment(2, 0, kinds.KEEPALIVE_REPLY, 1, answers=1, rtt_s=0.0003)
    assert label(reply, False) == "reply to 1 after 300 µs"
    ambiguous = segment(2, 0, kinds.KEEPALIVE_REPLY, 1, answers=1)
    assert label(ambiguous, False) == "reply to 1"
    data = segment(2, 0, kinds.DATA, 1, answers=1, length=5)
    assert label(data, False) == "data, 5 bytes (answers 1)"
    closed = segment(2, 0, kinds.ZERO_WINDOW_REPLY, 1, answers=1, window=0, rtt_s=0.001)
    assert label(closed, False) == "reply to 1 after 1.0 ms: still closed"


def test_every_kind_has_a_label_that_fits_a_narrow_ladder() -> None:
    for code, word in enumerate(kinds.KIND_WORDS[:-1]):
        text = label(segment(99999, 0, code, answers=0, length=1), False)
        assert text and len(text) <= 40, word


def test_chatter_without_data() -> None:
    assert chatter(burst(1, 0, 2, kinds.ACK)) == "2 frames without new data"

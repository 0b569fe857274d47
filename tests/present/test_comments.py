"""What is said of frames in Wireshark, to the letter."""

from __future__ import annotations

from pathlib import Path

from analyzer import pipeline
from analyzer.present import Clock
from analyzer.present.comments import Notes, comments_of
from analyzer.rules import Options
from analyzer.tables import Filters, Tables, choose
from tests.diagnose.plan.support import opening, written

Comments = dict[int, list[str]]


def comments_on(path: Path, every: bool = False) -> Comments:
    """By frame."""
    options = Options(packets=every)
    outcome = pipeline.analyze([str(path)], options)
    tables = Tables(choose(outcome.captures, Filters()), pipeline.Diagnosis(options.rules), every)
    return {frame: list(texts) for frame, texts in comments_of(tables, Clock(), every)}


def test_a_peer_that_dies(recorded: Path) -> None:
    said = comments_on(recorded / "peer-dead.pcapng")
    assert list(said) == [3, 4, 5, 10, 11, 12, 15]
    assert [said[frame] for frame in (3, 4, 5)] == [["syn"], ["syn_ack"], ["handshake_ack"]]
    reason = (
        "peer_dead: 3 probes (frames 10, 11, 12) unanswered; client gave up with RST in frame 15; "
        "last sign of life at time 0.009"
    )
    assert said[10] == ["keepalive_probe after 1.999 s, no answer", f"finding {reason}"]
    assert said[12] == ["keepalive_probe after 1.024 s, no answer", f"finding {reason}"]
    label, verdict, advice = said[15]
    assert (label, verdict) == ("keepalive_timeout", f"connection 0: {reason}")
    assert advice.startswith("advice: Look for a crash")


def test_probes_and_their_answers(recorded: Path) -> None:
    said = comments_on(recorded / "alive.pcapng")
    assert said[21] == ["keepalive_probe after 2.016 s"]
    assert said[22] == [
        "keepalive_reply to 21, 46 µs",
        "connection 0: alive: last probe (frame 21) answered in frame 22 after 46 µs",
    ]
    assert 6 not in said  # data


def test_every_segment_where_asked(recorded: Path) -> None:
    said = comments_on(recorded / "alive.pcapng", every=True)
    assert list(said) == list(range(1, 23))
    assert (said[1], said[6], said[7]) == (["arp_request"], ["data"], ["ack"])


def test_data_may_answer(tmp_path: Path) -> None:
    story = opening() + "10 c>s A 100:201\n10.1 s>c PA 201+5:101\n"
    path = written(tmp_path / "in.pcap", story)
    probe = comments_on(path)[7]
    assert probe[0] == "keepalive_probe after 9.960 s"  # and it is not said that nothing answered
    assert comments_on(path, every=True)[8][0] == "data, answers 7, 100 ms"


def test_icmp_errors_and_window_probes(recorded: Path) -> None:
    assert comments_on(recorded / "host-unreachable.pcapng")[15] == ["icmp_error from 192.0.2.1"]
    window = comments_on(recorded / "zero-window-with-keep-alive.pcapng")
    assert (window[19][0], window[20][0][:32]) == (
        "zero_window_reply to 18, 24 µs",
        "zero_window_probe after 432 ms, ",
    )


def test_findings_stand_on_their_evidence(recorded: Path) -> None:
    said = comments_on(recorded / "gone-from-lan.pcapng")
    assert said[11][0].startswith("finding arp_unanswered: 192.0.2.2 asked for 192.0.2.3 by ARP 6 times")
    assert [text for texts in said.values() for text in texts if text.startswith("advice: `ip neigh")] == [
        said[18][1]
    ]


def test_sentences_come_out_by_frame_also_when_they_are_many() -> None:
    notes = Notes(in_memory=100)
    for frame in (3, 1, 2, 1):
        notes.add(frame, f"about {frame} " + "é" * 30)
    notes.add(2, "tells \x1b[2J")
    said = [(frame, text.replace("é", "")) for frame, text in notes.in_order()]
    notes.close()
    assert said == [(1, "about 1 "), (1, "about 1 "), (2, "about 2 "), (2, "tells \\x1b[2J"), (3, "about 3 ")]

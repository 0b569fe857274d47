"""What is wrong with the capture itself, and how sure findings are then."""

from __future__ import annotations

import struct

import pytest

from analyzer import found
from analyzer.diagnose.findings import search
from analyzer.errors import Damage
from analyzer.rules import Rules
from tests.diagnose.support import OPENING, judge, tell
from tests.helpers import wire
from tests.helpers.timeline import timeline


def test_copies_are_told_once_for_all_connections() -> None:
    second = "50 d>s S 0\n50.1 s>d SA 0:1\n50.1001 copy 11\n50.2 d>s A 1:1"
    case = tell(
        "0 c>s S 0\n0.0001 copy 1\n0.1 s>c SA 0:1\n0.1001 copy 3\n0.2 c>s A 1:1\n0.2001 copy 5\n"
        "0.2002 copy 5\n0.3 c>s PA 1+9:1\n0.4 s>c A 1:10\n" + second,
        endpoints={"d": ("10.0.0.1", 40001)},
    )
    assert case.found == []
    [finding] = case.wide.values()
    assert found.WORDS[finding.name] == "seen_twice"
    assert finding.summary == (
        "5 of 13 segments of 2 connections are copies of others, a moment apart (the first of each: "
        "frames 2, 12): the capture has them twice, the hosts sent them once; they count for nothing "
        "here, where other tools see retransmissions"
    )
    assert (finding.scope, finding.flows.tolist(), finding.frames) == (found.OF_CAPTURE, [0, 1], (2, 12))
    assert "`editcap -I 26 -D 100 in.pcapng out.pcapng`" in finding.advice


ONE_WAY = "0 c>s S 0\n0.1 c>s A 1:1\n0.2 c>s PA 1+9:1\n0.3 c>s A 10:50"


@pytest.mark.parametrize(
    "story",
    [
        ONE_WAY,
        "0 c>s PA 1+9:1\n1 c>s PA 10+9:50\n2 c>s A 19:90",  # it acknowledges ever more
        "".join(f"{place} c>s PA {1 + 1400 * place}+1400:1\n" for place in range(12)),  # and sends on and on
        "0.1 s>c SA 0:1\n0.3 s>c A 1:10\n0.4 s>c PA 1+9:20",  # the server's
    ],
)
def test_a_side_that_must_have_been_there(story: str) -> None:
    case = tell(story)
    [finding] = case.wide.values()
    assert found.WORDS[finding.name] == "capture_incomplete"
    assert finding.summary == (
        "of 1 connection only one direction is there, first in frame 1: what rests on frames that are "
        "not there is less sure"
    )
    assert (finding.scope, finding.flows.tolist(), finding.frames) == (found.OF_CAPTURE, [0], (1,))
    assert finding.advice.startswith("Capture at a host itself")


@pytest.mark.parametrize(
    "story",
    [
        OPENING,
        "0 c>s S 0\n1 c>s S 0",  # nobody there
        "0 s>c SA 0:1",  # backscatter
        "0 s>c R 5",
        "0 c>s PA 1+9:1\n0.3 c>s PA 1+9:1\n1 c>s PA 1+9:1",  # nobody answers any more
        "0 c>s FA 1:1\n1 c>s FA 1:1\n3 c>s FA 1:1",
        "0 c>s A 1:1\n60 c>s A 1:1\n61 c>s A 1:1",
    ],
)
def test_a_side_that_may_not_be_there(story: str) -> None:
    assert "capture_incomplete" not in tell(story).wide


LOST = OPENING + "1 c>s A 201+100:201\n1.1 s>c A 201:301\n"


def test_octets_that_were_acknowledged_but_never_seen() -> None:
    [finding] = tell(LOST).wide.values()
    assert (
        "of 1 connection octets were acknowledged that no frame shows, first of the one that begins in "
        "frame 1" in (finding.summary)
    )
    assert "`dumpcap -B 256`" in finding.advice


def test_octets_that_come_late_are_there() -> None:
    assert not tell(OPENING + "1 c>s A 201+100:201\n1.01 c>s A 101+100:201\n1.1 s>c A 201:301").wide
    assert not tell(OPENING + "1 c>s A 201+100:201").wide  # nobody says that they arrived


def test_a_file_that_is_cut_short() -> None:
    content = wire.pcap_bytes(timeline(OPENING).records)
    [finding] = judge(content[:-7]).wide.values()
    [damage] = judge(content[:-7]).result.facts.damages
    assert finding.summary.startswith(f"the file is incomplete: {damage}: ")
    assert (finding.flows.tolist(), finding.frames) == ([], ())


def test_a_capture_that_ended_by_itself() -> None:
    result = tell(OPENING).result
    result.facts.damages.append(Damage(-1, "the capture ended: it was killed"))
    [finding] = search.find(result, Rules()).wide
    assert finding.summary.startswith("the capture is incomplete: the capture ended: it was killed: ")
    assert "Copy" not in finding.advice


def test_frames_that_were_dropped() -> None:
    result = tell(OPENING).result
    result.facts.interfaces[0].dropped = 12
    [finding] = search.find(result, Rules()).wide
    assert finding.summary.startswith("the capturing program dropped 12 frames: ")
    assert "`dumpcap -B 256`" in finding.advice


def test_a_snap_length_that_cuts_the_header() -> None:
    content = wire.pcap_bytes(timeline(OPENING).records)
    raw = wire.frame_bytes(timeline(OPENING).records[0])[:40]
    content += struct.pack("<IIII", 1_700_000_001, 0, len(raw), 54) + raw
    [finding] = judge(content).wide.values()
    assert finding.summary.startswith("the snap length cut 1 frame before the end of the TCP header: ")
    assert "`-s 128`" in finding.advice


GIVEN_UP = "60 c>s A 300:201\n75 c>s A 300:201\n90 c>s A 300:201\n105 c>s RA 301:201"


def test_a_connection_that_lacks_segments_is_judged_with_less_certainty() -> None:
    [sure] = tell((OPENING + GIVEN_UP).replace("300", "100").replace("301", "101")).findings
    [unsure] = tell(LOST + GIVEN_UP).findings
    assert (sure.name, unsure.name) == (found.PEER_DEAD, found.PEER_DEAD)
    assert (sure.confidence, unsure.confidence) == (found.CERTAIN, found.LIKELY)

"""A live capture as people hold it: it runs beside them, goes on in silence, ends as asked, loses nothing."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analyzer import kinds, live_capture
from analyzer.errors import UsageError
from analyzer.live_capture import Live, live
from analyzer.news import News, Wish
from analyzer.sources.live import LiveSource, open_follow
from analyzer.watch import Search

RECORDED = Path(__file__).parents[1] / "captures" / "recorded"
WAIT_S = 30.0


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that a thread brings about."""
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


class Feeder:
    """A capture written bit by bit into a file that is followed."""

    def __init__(self, path: Path, recording: str) -> None:
        self.octets = (RECORDED / f"{recording}.pcapng").read_bytes()
        self.path = path
        self.given = 0
        path.write_bytes(b"")

    def give(self, until: int | None = None) -> None:
        """Append what is missing up to this offset."""
        with self.path.open("ab") as file:
            file.write(self.octets[self.given : until])
        self.given = len(self.octets) if until is None else until

    def source(self) -> LiveSource:
        return open_follow(str(self.path))


@pytest.fixture
def feeder(tmp_path: Path) -> Iterator[Feeder]:
    yield Feeder(tmp_path / "growing.pcapng", "peer-dead")


def test_it_tells_what_came_while_it_runs_and_ends_when_stopped(feeder: Feeder) -> None:
    news: list[News] = []
    feeder.give()
    capture = Live(feeder.source(), tell=[news.append])
    with capture:
        until(lambda: capture.totals().verdicts[kinds.PEER_DEAD] == 1)
        assert capture.running and capture.failure() is None
    assert not capture.running and capture.failure() == ""
    judged = [int(each.result.flows.verdict[row]) for each in news for row in each.judged]
    assert judged[-1] == kinds.PEER_DEAD
    assert capture.totals().frames == 15


def test_a_verdict_of_silence_comes_while_no_segment_does(feeder: Feeder) -> None:
    """All but the RST that gives up: two spacings behind the last probe, nobody waits for it."""
    feeder.octets = feeder.octets[: frame_end(feeder.octets, 12)]
    feeder.give()
    capture = Live(feeder.source())
    with capture:
        until(lambda: capture.totals().verdicts[kinds.PROBING] == 1)
        until(lambda: capture.totals().verdicts[kinds.PEER_DEAD] == 1)
        board = capture.board(Wish())
        assert board.verdict.tolist() == [kinds.PEER_DEAD]
        assert board.life_s[0] > 2 * board.keepalive_interval_s[0]
    assert capture.totals().now_ns > capture.analysis().events["time"].max().value


def test_time_goes_by_the_frames_not_by_the_clock_of_this_host(feeder: Feeder) -> None:
    feeder.give()
    capture = Live(feeder.source())
    with capture:
        until(lambda: capture.totals().frames == 15)
    passed_s = (capture.totals().now_ns - capture.analysis().events["time"].max().value) / 1e9
    assert 0 <= passed_s < WAIT_S


def test_tables_are_data_frames_of_now(feeder: Feeder) -> None:
    feeder.give(frame_end(feeder.octets, 9))
    with Live(feeder.source()) as capture:
        until(lambda: len(capture.events) > 0)
        first = capture.flows
        assert isinstance(first, pd.DataFrame) and first["verdict"].tolist() != ["peer_dead"]
        feeder.give()
        until(lambda: capture.flows["verdict"].tolist() == ["peer_dead"])
        assert capture.findings["finding"].tolist() == ["peer_dead"]
        assert capture.probe_runs["probes"].tolist() == [3]
        assert len(capture.handshakes) == len(capture.captures) == 1
        assert first["verdict"].tolist() != ["peer_dead"]  # what was handed out does not change
        with pytest.raises(UsageError, match="keeps no packets"):
            capture.analysis().packets()
        assert "running" in repr(capture)


def test_a_connection_can_be_opened_until_it_leaves_memory(feeder: Feeder) -> None:
    feeder.give()
    with Live(feeder.source()) as capture:
        until(lambda: capture.totals().verdicts[kinds.PEER_DEAD] == 1)
        connection = capture.connection(0)
        assert connection is not None
        assert connection.flow["verdict"] == "peer_dead" and len(connection.runs) == 1
        assert [each.kind for each in connection.segments].count(kinds.KEEPALIVE_PROBE) == 3
        assert capture.connection(7) is None


@contextmanager
def standard_input(octets: bytes) -> Iterator[None]:
    """Standard input is a pipe with these in it."""
    read, write = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(write, octets), os.close(write)))
    saved = os.dup(0)
    os.dup2(read, 0)
    writer.start()
    try:
        yield
    finally:
        os.dup2(saved, 0)
        os.close(read)
        os.close(saved)
        writer.join()


def test_an_end_of_the_input_ends_it() -> None:
    with standard_input((RECORDED / "peer-rebooted.pcapng").read_bytes()):
        capture = Live(open_follow("-"))
        capture.run()
    assert capture.failure() == ""
    assert capture.totals().verdicts[kinds.PEER_REBOOTED] == 1


def test_a_cut_capture_says_so_and_keeps_what_came() -> None:
    octets = (RECORDED / "peer-dead.pcapng").read_bytes()
    with standard_input(octets[: frame_end(octets, 12) + 10]):
        capture = Live(open_follow("-"))
        capture.run()
    assert "cut short" in str(capture.failure())
    assert (capture.totals().frames, capture.totals().probes) == (12, 3)


def test_what_fails_while_telling_is_raised_by_who_stops_it(feeder: Feeder) -> None:
    def fail(_: News) -> None:
        raise OSError("no space left")

    feeder.give()
    capture = Live(feeder.source(), tell=[fail])
    capture.start()
    until(lambda: not capture.running)
    assert capture.failure() == "no space left"
    with pytest.raises(OSError, match="no space left"):
        capture.stop()
    capture.stop()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "live: name either an interface or a file"),
        ({"interface": "lo", "follow": "a.pcap"}, "live: name either an interface or a file"),
        ({"follow": "a.pcap", "capture_filter": "tcp"}, "capture_filter and record are for an interface"),
        ({"follow": "a.pcap", "record": "folder"}, "capture_filter and record are for an interface"),
        ({"interface": "lo", "most_flows": 0}, r"live\(most_flows=0\): a whole number above 0"),
        ({"interface": "lo", "most_flows": "9"}, r"live\(most_flows='9'\): a whole number above 0"),
        ({"interface": "lo", "backend": "pyshark"}, "^no backend 'pyshark'; there are: "),
        ({"interface": "lo", "backend": "scapy", "record": "folder"}, "^recording needs dumpcap: "),
    ],
)
def test_what_makes_no_sense_is_said_as_python_says_it(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        live(**given)
    assert "--" not in str(caught.value)


def test_a_source_that_no_capture_comes_of_is_let_go(feeder: Feeder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a capture program would go on, and nobody could end it."""
    feeder.give()
    source = feeder.source()
    monkeypatch.setattr(live_capture, "open_follow", lambda path: source)
    with pytest.raises((MemoryError, ValueError)):
        live(follow=feeder.path, most_flows=1 << 60)
    assert source.opened.handle.closed


def test_a_capture_that_nobody_stopped_ends_with_python(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else dumpcap would go on with a recording."""
    at_exit: list[tuple[Any, ...]] = []
    monkeypatch.setattr(atexit, "register", lambda *call: at_exit.append(call))
    feeder.give()
    capture = live(follow=feeder.path)
    assert capture.running
    [(end, *arguments)] = at_exit
    end(*arguments)
    assert not capture.running and capture.totals().frames == 15


def test_searching_everything_takes_no_more_than_its_share(feeder: Feeder) -> None:
    feeder.give()
    capture = Live(feeder.source())
    capture._schedule(Search.EVERYWHERE, 100.0, 105.0)
    assert capture._next[Search.EVERYWHERE] == pytest.approx(105.0 + 5.0 / live_capture.SHARE)
    assert capture._next[Search.NOWHERE] == pytest.approx(
        105.0 + live_capture.LOOK_S
    )  # verdicts do not wait for it
    capture.source.close()


def frame_end(octets: bytes, frame: int) -> int:
    """Offset behind a frame of a little-endian pcapng file."""
    offset = found = 0
    while found < frame:
        kind, size = (int.from_bytes(octets[offset + at : offset + at + 4], "little") for at in (0, 4))
        found += kind in (6, 3)
        offset += size
    return offset

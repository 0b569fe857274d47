"""The order of the stages: files in, judged captures out, whatever happens on the way."""

from __future__ import annotations

import functools
import gzip
import os
import random
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import kinds, pipeline
from analyzer.decode import Decoder
from analyzer.facts import CaptureResult
from analyzer.pipeline import analyze, analyze_source
from analyzer.reading import PATIENCE_S, ReadAhead
from analyzer.rules import Options, Rules
from analyzer.sources import CHUNK_FRAMES, Chunk, discover, open_capture, open_source
from tests.helpers import wire
from tests.helpers.segment import Record
from tests.helpers.strategies import conversations
from tests.helpers.timeline import START_NS, timeline
from tests.track.support import bits, table, track

SECOND = 1_000_000_000
STORY = """
    0      c>s  S   0
    0.1    s>c  SA  0:1
    0.2    c>s  A   1:1
    60     c>s  A   0:1
    60.1   s>c  A   1:1
"""
PCAP_HEADER = 24
"""Bytes before the first record of a pcap file."""


def write(path: Path, text: str = STORY) -> str:
    path.write_bytes(wire.pcap_bytes(timeline(text).records))
    return str(path)


def only(path: str | Path, options: Options | None = None) -> CaptureResult:
    """The one capture that comes of a file."""
    outcome = analyze([str(path)], options)
    assert not outcome.failures
    (capture,) = outcome.captures
    return capture


def rows_of(capture: CaptureResult) -> Any:
    batches = list((capture.packets or capture.events).batches())
    return np.concatenate(batches)


def test_story_from_file_to_verdict(tmp_path: Path) -> None:
    capture = only(write(tmp_path / "a.pcap"))
    assert [kinds.VERDICT_WORDS[flow.verdict] for flow in capture.flows] == ["alive"]
    assert (capture.frames, capture.tcp_segments, capture.skipped) == (5, 5, {})
    assert capture.start_ns == START_NS
    assert capture.end_ns == START_NS + 60_100_000_000
    assert capture.verdicts[kinds.ALIVE] == sum(capture.verdicts) == 1
    assert [kinds.KIND_WORDS[event.kind] for event in rows_of(capture)] == [
        *("syn", "syn_ack", "handshake_ack"),
        *("keepalive_probe", "keepalive_reply"),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(records=conversations(), form=st.sampled_from(("pcap", "swapped", "pcapng", "gzip")))
def test_bytes_through_every_stage_are_the_same_as_rows_through_tracking(
    records: list[Record], form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Framing and decoding lose nothing that tracking looks at."""
    path = tmp_path_factory.getbasetemp() / "same"
    content = wire.pcap_bytes(records, byte_order=">" if form == "swapped" else "<")
    if form == "pcapng":
        content = wire.pcapng_bytes(records)
    path.write_bytes(gzip.compress(content) if form == "gzip" else content)
    capture = only(path, Options(packets=True))
    direct = track(records)
    for name in ("verdict", "decided_frame", "decided_by"):
        direct.flows[name] = capture.flows[name]
    assert bits(direct.flows) == bits(capture.flows)
    if records:
        assert bits(table(direct)) == bits(rows_of(capture))


class TestManySources:
    def test_flows_are_numbered_through(self, tmp_path: Path) -> None:
        paths = [
            write(tmp_path / "a.pcap"),
            write(tmp_path / "b.pcap", "0 c>s S 0\n1 c>s S 5\n2 c>s S 9"),
            write(tmp_path / "c.pcap"),
        ]
        captures = analyze(paths).captures
        assert [capture.capture for capture in captures] == [0, 1, 2]
        assert [capture.first_flow for capture in captures] == [0, 1, 4]
        assert [capture.facts.path for capture in captures] == paths

    def test_one_that_cannot_be_read_stops_no_other(self, tmp_path: Path) -> None:
        (tmp_path / "b.pcap").write_bytes(b"no capture at all")
        outcome = analyze([str(tmp_path / "b.pcap"), str(tmp_path / "missing"), write(tmp_path / "z.pcap")])
        assert len(outcome.captures) == 1
        assert {path for path, _ in outcome.failures} == {str(tmp_path / "b.pcap"), str(tmp_path / "missing")}
        assert all("\n" not in str(error) for _, error in outcome.failures)
        assert (outcome.captures[0].capture, outcome.captures[0].first_flow) == (0, 0)

    def test_strangers_in_a_folder_are_noted(self, tmp_path: Path) -> None:
        write(tmp_path / "a.pcap")
        (tmp_path / "notes.txt").write_text("hello")
        outcome = analyze([str(tmp_path)])
        assert len(outcome.captures) == 1
        assert not outcome.failures
        assert any("notes.txt" in note for note in outcome.notes)

    def test_settings_of_one_analysis_do_not_reach_another(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.pcap", "0 c>s PA 0+5:0\n0.05 copy 1")
        wide = Options(packets=True, rules=Rules(dedup_window_ns=SECOND))
        kinds_of = [
            rows_of(only(path, options))["kind"].tolist() for options in (wide, Options(packets=True), wide)
        ]
        assert kinds_of[0] == kinds_of[2] == [kinds.DATA, kinds.DUPLICATE]
        assert kinds_of[1] == [kinds.DATA, kinds.RETRANSMISSION]


class TestDamage:
    def test_cut_anywhere_gives_the_frames_before_it(self, tmp_path: Path) -> None:
        whole = wire.pcap_bytes(timeline(STORY).records)
        path = tmp_path / "cut.pcap"
        ends = list(record_ends(whole))
        for cut in range(PCAP_HEADER, len(whole)):
            path.write_bytes(whole[:cut])
            capture = only(path, Options(packets=True))
            assert capture.frames == sum(end <= cut for end in ends)
            clean = cut in (PCAP_HEADER, *ends)
            assert len(capture.facts.damages) == (0 if clean else 1)
            if not clean:
                (damage,) = capture.facts.damages
                assert damage.offset == max(end for end in (PCAP_HEADER, *ends) if end <= cut)

    def test_empty_capture(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.pcap"
        path.write_bytes(wire.pcap_bytes([]))
        capture = only(path, Options(packets=True))
        assert (capture.frames, capture.start_ns, capture.end_ns) == (0, kinds.MISSING, kinds.MISSING)
        assert (
            len(capture.flows)
            == len(capture.find_probing(None)[0])
            == len(capture.events)
            == sum(capture.verdicts)
            == 0
        )

    def test_flows_without_room_are_reported(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "many.pcap"
        path.write_bytes(many_flows(10))
        monkeypatch.setattr(pipeline, "SMALLEST_FRAME", 1 << 30)  # so that room is made for one flow
        capture = only(path)
        assert len(capture.flows) == 1
        assert [str(damage) for damage in capture.facts.damages] == [
            "no memory left for 9 segments of further connections"
        ]


def record_ends(content: bytes) -> Iterator[int]:
    """Offsets behind each record of a little-endian pcap file."""
    place = PCAP_HEADER
    while place < len(content):
        place += 16 + struct.unpack_from("<I", content, place + 8)[0]
        yield place


def many_flows(count: int, repeat: int = 1) -> bytes:
    """A pcap of SYNs from `count` ports, in turns."""
    first = wire.pcap_bytes(timeline("0 c>s S 0").records)
    header, record = first[:PCAP_HEADER], first[PCAP_HEADER:]
    port = 16 + 14 + 20  # behind the record's, Ethernet's and IP's headers
    parts = [record[:port] + struct.pack(">H", 1024 + n) + record[port + 2 :] for n in range(count)]
    return header + b"".join(parts) * repeat


class TestChunks:
    def test_frames_are_numbered_through(self, tmp_path: Path) -> None:
        """More frames than a chunk holds; the same SYN comes again in every round."""
        path = tmp_path / "long.pcap"
        rounds = 3 * CHUNK_FRAMES // 1000 + 1
        path.write_bytes(many_flows(1000, rounds))
        reports: list[tuple[str, int, int | None, int]] = []
        outcome = analyze([str(path)], Options(packets=True), lambda *report: reports.append(report))
        (capture,) = outcome.captures
        assert capture.frames == capture.tcp_segments == 1000 * rounds
        assert capture.flows.frames.tolist() == [rounds] * 1000
        rows = rows_of(capture)
        assert rows["frame"].tolist() == list(range(1, 1000 * rounds + 1))
        assert rows["flow"].tolist() == list(range(1000)) * rounds
        assert [frames for *_, frames in reports] == sorted({frames for *_, frames in reports})
        assert len(reports) >= 3
        assert reports[-1] == (str(path), path.stat().st_size, path.stat().st_size, capture.frames)

    @pytest.mark.parametrize(
        ("chunk_bytes", "chunk_frames"), [(1 << 20, 1), (64, 100), (200, 2), (1 << 20, 7)]
    )
    def test_size_of_a_chunk_does_not_matter(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int, chunk_frames: int
    ) -> None:
        records = list(timeline(STORY).records) + list(
            timeline(STORY, start_ns=START_NS + 9 * SECOND).records
        )
        path = tmp_path / "a.pcap"
        path.write_bytes(wire.pcap_bytes(replace(record, frame=n) for n, record in enumerate(records, 1)))
        plain = only(path, Options(packets=True))
        smaller = functools.partial(open_capture, chunk_bytes=chunk_bytes, chunk_frames=chunk_frames)
        monkeypatch.setattr(pipeline, "open_capture", smaller)
        cut = only(path, Options(packets=True))
        assert bits(plain.flows) == bits(cut.flows)
        assert bits(rows_of(plain)) == bits(rows_of(cut))

    def test_times_that_run_backwards_still_bound_the_capture(self, tmp_path: Path) -> None:
        capture = only(write(tmp_path / "a.pcap", "5 c>s S 0\n9 s>c SA 0:1\n2 c>s A 1:1"))
        assert capture.start_ns == START_NS + 2 * SECOND
        assert capture.end_ns == START_NS + 9 * SECOND

    def test_frames_of_other_protocols_bound_the_capture_too(self, tmp_path: Path) -> None:
        path = tmp_path / "a.pcap"
        content = wire.pcap_bytes(timeline(STORY).records)
        path.write_bytes(content + struct.pack("<IIII14x", START_NS // SECOND + 500, 7, 14, 14))
        capture = only(path)
        assert capture.end_ns == START_NS + 500 * SECOND + 7
        assert (capture.frames, capture.tcp_segments) == (6, 5)
        assert sum(capture.skipped.values()) == 1


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "keepalive-reader"]


class TestReader:
    def test_what_it_raises_comes_out(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        found = discover([write(tmp_path / "a.pcap")], join=False)
        with open_capture(found.captures[0]) as source:
            good = source.chunks()

            def chunks() -> Iterator[Any]:
                yield from good
                raise OSError("the disk is gone")

            monkeypatch.setattr(source, "chunks", chunks)
            with pytest.raises(OSError, match="the disk is gone"):
                analyze_source(source, Options(), 0, 0)
        assert not readers()

    def test_it_stops_where_the_caller_does(self, tmp_path: Path) -> None:
        path = tmp_path / "long.pcap"
        path.write_bytes(many_flows(1000, 9 * CHUNK_FRAMES // 1000))

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            analyze([str(path)], progress=interrupted)
        assert not readers()

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_it_stops_while_a_pipe_is_silent(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writing = os.open(pipe, os.O_RDWR)  # opens without a reader, and never ends
        os.write(writing, Path(write(tmp_path / "a.pcap")).read_bytes())
        began = time.monotonic()
        with open_capture(discover([str(pipe)], join=False).captures[0]) as source:
            batches = iter(ReadAhead(source, Decoder(CHUNK_FRAMES)))
            assert next(batches).frames > 0
            batches.close()
            assert not readers()
        os.close(writing)
        assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize("most", [1, 20, 10_000])
def test_segments_wait_for_who_is_slow_within_a_bound_and_stay_what_they_are(
    most: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.pcap", "\n".join(f"{n} c>s PA {9 * n}+9:0" for n in range(300)))
    read = [0]
    with open_source(path, chunk_frames=3) as source:
        whole = source.chunks

        def counted() -> Iterator[Chunk]:
            for chunk in whole():
                read[0] += len(chunk.frames)
                yield chunk

        source.chunks = counted  # type: ignore[method-assign]
        batches = ReadAhead(source, Decoder(3), most).batches()
        first = next(batches)
        assert first is not None
        time.sleep(0.2)
        assert read[0] <= min(len(first.segments) + most + 3 + 3, 300)  # one more is ready, and one refused
        taken = [first, *(each for each in batches if each is not None)]
    assert read[0] == 300
    numbers = np.concatenate([each.segments.frame for each in taken])
    assert numbers.tolist() == list(range(1, 301))


def test_warming_up_fills_the_cache_and_leaves_nothing_else() -> None:
    pipeline.warm_up()
    assert not pipeline.compiles_first()
    assert not readers()


def test_two_analyses_at_once_do_not_mix(tmp_path: Path) -> None:
    """The kernels release the interpreter lock."""
    chance = random.Random(3)
    stories = {
        f"{number}.pcap": "\n".join(
            f"{n}.{number} c>s PA {9 * n}+9:0" for n in range(chance.randrange(5, 400))
        )
        for number in range(8)
    }
    paths = [write(tmp_path / name, text) for name, text in stories.items()]
    alone = [bits(rows_of(only(path, Options(packets=True)))) for path in paths]
    together: dict[str, bytes] = {}

    def work(path: str) -> None:
        together[path] = bits(rows_of(only(path, Options(packets=True))))

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[path] for path in paths] == alone

"""Standard input as a live source: `ssh host tcpdump -U -w - tcp | …`."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from analyzer.sources.inputs import PipeInput
from analyzer.sources.live.source import LiveSource
from analyzer.sources.opening import read_source
from tests.sources.files import interface, packet, pcap_header, record, section

READERS = {
    "as a file": "from analyzer.sources import open_source as open_it",
    "as a live source": "from analyzer.sources.live import open_follow as open_it",
}
READ = """
import sys, time
OPEN
with open_it("-") as source:
    sys.stderr.write("open\\n")
    for chunk in source.chunks():
        print(len(chunk.frames), time.monotonic(), flush=True)
    print(0, source.facts.damages, flush=True)
"""


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("head", "one"),
    [(pcap_header(), record()), (section() + interface(), packet())],
    ids=["pcap", "pcapng"],
)
def test_each_frame_is_handed_on_at_once(reader: str, head: bytes, one: bytes) -> None:
    """Whatever else the writer does then: a remote tcpdump sends frame by frame."""
    child = subprocess.Popen(
        [sys.executable, "-c", READ.replace("OPEN", READERS[reader])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    assert child.stdin and child.stdout
    child.stdin.write(head)
    for cut in (len(one), 10, len(one)):
        child.stdin.write(one[:cut])
        time.sleep(0.1)
        began = time.monotonic()
        child.stdin.write(one[cut:])
        count, at = child.stdout.readline().split()
        assert count == b"1"
        assert float(at) - began < 0.3 or cut == len(one)
    child.stdin.close()
    assert child.stdout.readline().split() == [b"0", b"[]"]
    child.stdout.close()
    assert child.wait() == 0


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_compressed_frames_do_not_wait_for_the_end(pack: Callable[[bytes], bytes]) -> None:
    """Two members, as of a writer that compresses some frames at a time: each is handed on when it comes."""
    read, write = os.pipe()
    os.write(write, pack(pcap_header() + record()))
    pipe = PipeInput(io.FileIO(read))
    source = LiveSource(read_source(pipe, "pipe"), pipe)
    chunks = source.chunks()
    assert len(next(chunks).frames) == 1
    os.write(write, pack(record() + record()))
    assert len(next(chunks).frames) == 2
    os.close(write)
    assert list(chunks) == [] and not source.facts.damages
    source.close()


def ends_soon(source: LiveSource, end: Callable[[], None]) -> float:
    """How long after `end` the source ends, s."""
    frames: list[int] = []
    thread = threading.Thread(target=lambda: frames.extend(len(each.frames) for each in source.chunks()))
    thread.start()
    while not frames:
        time.sleep(0.01)
    began = time.monotonic()
    end()
    thread.join(5)
    assert not thread.is_alive()
    assert sum(frames) == 1
    return time.monotonic() - began


def test_stop_ends_it_while_nothing_arrives() -> None:
    reading, writing = os.pipe()
    opened = PipeInput(io.FileIO(reading))
    os.write(writing, pcap_header() + record() + record()[:20])
    with LiveSource(read_source(opened, "-"), opened) as source:
        assert ends_soon(source, source.stop) < 0.2
        assert source.facts.damages == []
        source.stop()
    source.stop()
    source.close()
    os.close(writing)


def test_a_writer_that_goes_away_in_the_middle_of_a_record_is_damage() -> None:
    reading, writing = os.pipe()
    opened = PipeInput(io.FileIO(reading))
    os.write(writing, pcap_header() + record() + record()[:20])
    with LiveSource(read_source(opened, "-"), opened) as source:
        assert ends_soon(source, lambda: os.close(writing)) < 0.2
        assert [each.reason for each in source.facts.damages] == ["cut short in the middle of a record"]


def test_it_can_be_closed_while_another_thread_reads() -> None:
    reading, writing = os.pipe()
    opened = PipeInput(io.FileIO(reading))
    os.write(writing, pcap_header() + record())
    source = LiveSource(read_source(opened, "-"), opened)
    assert ends_soon(source, source.close) < 0.2
    os.close(writing)

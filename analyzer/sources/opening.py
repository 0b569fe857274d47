"""From a path to a source: what is compressed, and what is inside, is told by content alone."""

from __future__ import annotations

from analyzer.errors import UnreadableError
from analyzer.facts import CaptureFacts
from analyzer.sources import pcap, pcapng
from analyzer.sources.base import CHUNK_BYTES, CHUNK_FRAMES, FileSource
from analyzer.sources.compression import MAGIC_BYTES, Decompressed, codec_of
from analyzer.sources.foreign import HEAD_BYTES, describe, foreign_capture
from analyzer.sources.inputs import Input, named, open_input
from analyzer.sources.window import Window


def open_source(path: str, chunk_bytes: int = CHUNK_BYTES, chunk_frames: int = CHUNK_FRAMES) -> FileSource:
    """Open a capture file ("-": standard input). Raises UnreadableError with one line for people.

    The buffer starts with `chunk_bytes`, and has room for `chunk_frames` frames a chunk.
    """
    return read_source(open_input(path), path, chunk_bytes, chunk_frames)


def read_source(
    opened: Input, path: str, chunk_bytes: int = CHUNK_BYTES, chunk_frames: int = CHUNK_FRAMES
) -> FileSource:
    """The capture in what is open already, and is closed where it is none; `path` is how it is called."""
    try:
        window, compression = _unpacked(opened, chunk_bytes)
        facts = CaptureFacts(path, files=[path])
        if window.take(4) in pcap.MAGICS:
            facts.format = "pcap"
        elif window.take(4) == pcapng.MAGIC:
            facts.format = "pcapng"
        else:
            opened.finish()  # no capture: nobody waits for more of it
            raise UnreadableError(f"{named(path)}: {_complaint(window, path, compression)}")
        if compression:
            facts.format += f", {compression}"
        kind = pcap.PcapSource if facts.format.split(",")[0] == "pcap" else pcapng.PcapngSource
        source = kind(facts, opened, window, chunk_frames)
        source.compressed = bool(compression)
        return source
    except BaseException:
        opened.close()
        raise


def is_capture(path: str, foreign: bool = False) -> bool:
    """Whether a file begins as a capture does, also inside compression.

    foreign: a capture in another format is one. Raises UnreadableError where it cannot be opened, or
    is such a capture and those are not wanted.
    """
    opened = open_input(path)
    try:
        window, compression = _unpacked(opened, HEAD_BYTES)
        if window.take(4) in pcap.MAGICS or window.take(4) == pcapng.MAGIC:
            return True
        window.want(HEAD_BYTES)
        other = foreign_capture(window.take(HEAD_BYTES), path)
        if other and not foreign:
            raise UnreadableError(f"{path}: {_within(compression)}{other}")
        return bool(other)
    finally:
        opened.close()


def _unpacked(opened: Input, size: int) -> tuple[Window, str]:
    """A window on the data, and the compression it is in ("" for none)."""
    window = Window(opened, min(size, HEAD_BYTES))
    window.want(MAGIC_BYTES)
    codec = codec_of(window.take(MAGIC_BYTES))
    if codec is None:
        window.reserve(size)
        return window, ""
    window = Window(Decompressed(opened, window.take(window.end), codec), size)
    window.want(MAGIC_BYTES)
    return window, codec.name


def _complaint(window: Window, path: str, compression: str) -> str:
    window.want(HEAD_BYTES)
    head = window.take(HEAD_BYTES)
    if window.failure and len(head) < 4:
        return window.failure
    if not head:
        return f"the {compression} data in it is empty" if compression else "the file is empty"
    if compression and codec_of(head):
        return f"compressed more than once ({compression} outside); unpack it first"
    return _within(compression) + describe(head, path)


def _within(compression: str) -> str:
    return f"{compression} data of " if compression else ""

"""The window: moving, growing, skipping, and streams that break off."""

from __future__ import annotations

import pytest

from analyzer.sources import window
from analyzer.sources.window import StreamError, Window


class Pieces:
    """A stream that hands out one piece at a time, then ends or breaks off."""

    def __init__(self, *pieces: bytes, broken: str = "") -> None:
        self.pieces = list(pieces)
        self.broken = broken
        self.closed = False

    def readinto(self, view: memoryview) -> int:
        if not self.pieces:
            if self.broken:
                raise StreamError(self.broken)
            return 0
        piece = self.pieces.pop(0)
        count = min(len(piece), len(view))
        view[:count] = piece[:count]
        if piece[count:]:
            self.pieces.insert(0, piece[count:])
        return count

    def close(self) -> None:
        self.closed = True


def test_what_is_held_moves_to_the_front() -> None:
    held = Window(Pieces(b"abcdef", b"ghi", b"j"), 8)
    assert held.more()
    held.start = 4
    assert held.more()
    assert (held.start, held.end, held.origin, held.offset) == (0, 5, 4, 4)
    assert held.take(99) == b"efghi"
    held.start = 5
    assert held.more()
    assert (held.take(9), held.offset) == (b"j", 9)
    assert not held.more()
    assert held.failure == ""


def test_it_grows_only_when_it_is_full() -> None:
    held = Window(Pieces(b"x" * 100), 8)
    assert held.want(9)
    assert len(held.data) == 16
    assert held.want(100)
    assert len(held.data) == 128
    assert not held.want(101)
    assert held.take(100) == b"x" * 100


def test_it_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "LARGEST", 32)
    held = Window(Pieces(b"x" * 100), 8)
    assert not held.want(50)
    assert held.failure == "a record of more than 32 bytes"
    assert held.end == 32


def test_skipping_stores_nothing() -> None:
    held = Window(Pieces(b"x" * 1000, b"tail"), 8)
    assert held.skip(1001)
    assert held.want(3)
    assert (held.take(9), held.offset, len(held.data)) == (b"ail", 1001, 8)
    assert not held.skip(4)


def test_a_stream_that_breaks_off_is_told() -> None:
    stream = Pieces(b"abc", broken="the wire was cut")
    held = Window(stream, 8)
    assert not held.want(4)
    assert (held.take(4), held.failure) == (b"abc", "the wire was cut")
    held.close()
    assert stream.closed

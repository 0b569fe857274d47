"""Files that are still being written: read on, a ring's next file, an end when it is time."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError
from analyzer.sources.live import LiveSource, open_follow
from analyzer.sources.live.growing import head_of
from tests.sources.files import FRAME, interface, packet, pcap_header, record, section

PATIENCE_S = 10.0


HEAD = section() + interface(snap_length=256)


class Reader:
    """Reads a source in a thread of its own and notes how many frames came."""

    def __init__(self, source: LiveSource) -> None:
        self.source = source
        self.frames = 0
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        for chunk in self.source.chunks():
            self.frames += len(chunk.frames)

    def wait_for(self, frames: int) -> None:
        wait_until(lambda: self.frames >= frames)
        assert self.frames == frames

    def end(self) -> list[str]:
        """Stop; what was said of damage."""
        self.source.stop()
        return self.ended()

    def ended(self) -> list[str]:
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        self.source.close()
        return [str(each) for each in self.source.facts.damages]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def follow() -> Iterator[Callable[[Path], Reader]]:
    readers: list[Reader] = []

    def begin(path: Path) -> Reader:
        readers.append(Reader(open_follow(str(path))))
        return readers[-1]

    yield begin
    for reader in readers:
        reader.end()


def test_what_is_added_is_read(tmp_path: Path, follow: Callable[[Path], Reader]) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap_header() + record(FRAME, 1))
    reader = follow(path)
    reader.wait_for(1)
    append(path, record(FRAME, 2) + record(FRAME, 3)[:20])
    reader.wait_for(2)
    append(path, record(FRAME, 3)[20:])
    reader.wait_for(3)
    assert reader.end() == []


def test_a_compressed_file_is_read_as_far_as_it_is_there(
    tmp_path: Path, follow: Callable[[Path], Reader]
) -> None:
    path = tmp_path / "a.pcap.gz"
    path.write_bytes(gzip.compress(pcap_header() + record(FRAME, 1)))
    reader = follow(path)
    reader.wait_for(1)
    append(path, gzip.compress(record(FRAME, 2))[:10])
    assert reader.end() == []


def test_a_record_that_is_not_whole_when_we_stop_is_no_damage(
    tmp_path: Path, follow: Callable[[Path], Reader]
) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap_header() + record(FRAME, 1) + record(FRAME, 2)[:20])
    reader = follow(path)
    reader.wait_for(1)
    began = time.monotonic()
    assert reader.end() == []
    assert time.monotonic() - began < 5  # not for ever


def test_a_file_that_shrinks_ends_the_capture(tmp_path: Path, follow: Callable[[Path], Reader]) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap_header() + record(FRAME, 1))
    reader = follow(path)
    reader.wait_for(1)
    path.write_bytes(pcap_header())
    (said,) = reader.ended()
    assert said.startswith("the file was made shorter while it was followed")


def test_another_file_in_its_place_ends_the_capture(tmp_path: Path, follow: Callable[[Path], Reader]) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap_header() + record(FRAME, 1))
    reader = follow(path)
    reader.wait_for(1)
    (tmp_path / "b").write_bytes(pcap_header())
    (tmp_path / "b").rename(path)
    (said,) = reader.ended()
    assert said.startswith("another file took its place")


def ring_file(folder: Path, number: int, stem: str = "live") -> Path:
    return folder / f"{stem}_{number:05}_202601010000{number % 60:02}.pcapng"


def test_a_ring_is_one_capture(tmp_path: Path, follow: Callable[[Path], Reader]) -> None:
    """In one section, however many files there are: each would describe its interface anew."""
    ring_file(tmp_path, 1).write_bytes(HEAD + packet())
    ring_file(tmp_path, 2, "other").write_bytes(HEAD + packet())
    reader = follow(ring_file(tmp_path, 1))
    reader.wait_for(1)
    append(ring_file(tmp_path, 1), packet())
    ring_file(tmp_path, 2).write_bytes(HEAD[:10])
    reader.wait_for(2)
    append(ring_file(tmp_path, 2), HEAD[10:])
    append(ring_file(tmp_path, 2), packet())
    reader.wait_for(3)
    ring_file(tmp_path, 1).unlink()  # as a ring does
    for number in range(3, 20):
        ring_file(tmp_path, number).write_bytes(HEAD + packet())
    reader.wait_for(20)
    assert reader.end() == []
    assert len(reader.source.facts.interfaces) == 1


def test_a_file_of_the_ring_that_begins_in_another_way_has_its_own_interfaces(
    tmp_path: Path, follow: Callable[[Path], Reader]
) -> None:
    ring_file(tmp_path, 1).write_bytes(HEAD + packet())
    reader = follow(ring_file(tmp_path, 1))
    ring_file(tmp_path, 2).write_bytes(section() + interface(snap_length=128) + packet())
    reader.wait_for(2)
    assert reader.end() == []
    assert [each.snap_length for each in reader.source.facts.interfaces] == [256, 128]


def test_files_that_were_deleted_before_they_were_read_are_told(
    tmp_path: Path, follow: Callable[[Path], Reader]
) -> None:
    ring_file(tmp_path, 1).write_bytes(HEAD + packet())
    reader = follow(ring_file(tmp_path, 1))
    ring_file(tmp_path, 4).write_bytes(HEAD + packet())
    reader.wait_for(2)
    assert reader.end() == ["2 files of the ring were deleted before they were read"]


def test_an_empty_next_file_ends_with_the_writer(tmp_path: Path) -> None:
    ring_file(tmp_path, 1).write_bytes(HEAD + packet())
    reader = Reader(open_follow(str(ring_file(tmp_path, 1))))
    ring_file(tmp_path, 2).write_bytes(b"")
    reader.wait_for(1)
    time.sleep(0.3)
    reader.source.opened.finish()  # type: ignore[union-attr]
    assert reader.ended() == []


def test_pcap_files_of_a_ring(tmp_path: Path, follow: Callable[[Path], Reader]) -> None:
    ring_file(tmp_path, 1).write_bytes(pcap_header() + record(FRAME, 1))
    reader = follow(ring_file(tmp_path, 1))
    ring_file(tmp_path, 2).write_bytes(pcap_header() + record(FRAME, 2))
    reader.wait_for(2)
    ring_file(tmp_path, 3).write_bytes(pcap_header(network=101) + record(FRAME, 3))
    (said,) = reader.ended()
    assert "another kind" in said


def test_no_option_is_advised_that_following_has_not(tmp_path: Path) -> None:
    path = tmp_path / "a.snoop"
    path.write_bytes(b"snoop\0\0\0\0\0\0\2\0\0\0\4" + bytes(64))
    with pytest.raises(UnreadableError, match=r"a Sun snoop capture; convert it: editcap .*\.pcapng$"):
        open_follow(str(path))


def test_what_cannot_be_followed(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="no such file"):
        open_follow(str(tmp_path / "none"))
    with pytest.raises(UnreadableError, match="a folder"):
        open_follow(str(tmp_path))
    (tmp_path / "text").write_text("This is no capture.\n")  # however short: more is not waited for
    with pytest.raises(UnreadableError, match="a text file, not a capture"):
        open_follow(str(tmp_path / "text"))


@pytest.mark.parametrize("rest", [b"", packet(), b"\x05\0\0\0\x0c\0\0", b"\x01\0\0\0\xff\xff\xff\xff"])
def test_the_head_is_what_comes_before_frames(rest: bytes) -> None:
    assert head_of(HEAD + rest) == HEAD
    assert head_of(HEAD + interface() + rest) == HEAD + interface()
    assert head_of(pcap_header() + record(FRAME, 1)) == pcap_header()

"""Several files as one capture: in mergecap's order, few files open, damage kept apart."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError
from analyzer.sources import JoinedSource, joined, open_source

from .files import Read, damages, interface, option, packet, pcap_header, read_frames, record, section

Times = list[int]


def write_pcaps(folder: Path, files: list[Times]) -> list[str]:
    """One file for each list of times (us); each frame tells its file and place in it."""
    paths = []
    for number, times in enumerate(files):
        path = folder / f"{number}.pcap"
        records = [
            record(b"%d:%d" % (number, place) + bytes(place % 9), *divmod(time, 10**6))
            for place, time in enumerate(times)
        ]
        path.write_bytes(pcap_header() + b"".join(records))
        paths.append(str(path))
    return paths


def merge(
    paths: list[str], chunk_bytes: int = 1 << 16, chunk_frames: int = 100, ring: bool = False
) -> list[Read]:
    with JoinedSource("joined", paths, chunk_bytes, chunk_frames, ring) as source:
        frames = read_frames(source)
        assert source.facts.damages == []
        assert source.consumed == source.size == sum(os.path.getsize(path) for path in paths)
        return frames


def naive_order(files: list[Times], ring: bool) -> list[tuple[int, int]]:
    """File and place of each frame: the earliest head, of equals the last (of a ring, the first)."""
    heads = [0] * len(files)
    order = []
    while any(head < len(times) for head, times in zip(heads, files, strict=True)):
        ready = [number for number in range(len(files)) if heads[number] < len(files[number])]
        number = min(ready, key=lambda each: (files[each][heads[each]], each if ring else -each))
        order.append((number, heads[number]))
        heads[number] += 1
    return order


def places(frames: list[Read]) -> list[tuple[int, int]]:
    found = []
    for frame in frames:
        number, place = frame.data.rstrip(b"\0").split(b":")
        found.append((int(number), int(place)))
    return found


def jumble(seed: int) -> list[Times]:
    """Files that overlap or do not, with equal times, and clocks that go back now and then."""
    chance = random.Random(seed)
    files = []
    for _ in range(chance.randint(1, 6)):
        now, times = chance.randrange(2000), []
        for _ in range(chance.choice((0, 1, 5, 60))):
            now = max(0, now + chance.choice((0, 0, 1, 1, 5, 40, -30)))
            times.append(now)
        files.append(times)
    return files


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("chunk_bytes", "chunk_frames"), [(1, 1), (100, 3), (1 << 16, 1000)])
def test_frames_are_merged_by_time(
    tmp_path: Path, seed: int, chunk_bytes: int, chunk_frames: int, ring: bool
) -> None:
    files = jumble(seed)
    frames = merge(write_pcaps(tmp_path, files), chunk_bytes, chunk_frames, ring)
    assert places(frames) == naive_order(files, ring)
    interfaces = {number: frame.interface for (number, _), frame in zip(places(frames), frames, strict=True)}
    assert len(set(interfaces.values())) == len(interfaces)
    assert {(place[0], frame.interface) for place, frame in zip(places(frames), frames, strict=True)} == set(
        interfaces.items()
    )


@pytest.mark.tshark
@pytest.mark.parametrize("seed", range(12))
def test_the_order_is_that_of_mergecap_itself(tmp_path: Path, seed: int, tshark: str) -> None:
    mergecap = shutil.which("mergecap")
    if mergecap is None:
        pytest.skip("mergecap is not installed")
    paths = write_pcaps(tmp_path, jumble(seed + 1000))
    merged = tmp_path / "merged"
    subprocess.run([mergecap, "-F", "pcap", "-w", merged, *paths], check=True, capture_output=True)
    with open_source(str(merged)) as source:
        expected = [(frame.time_ns, frame.data, frame.original) for frame in read_frames(source)]
    assert [(frame.time_ns, frame.data, frame.original) for frame in merge(paths)] == expected


def test_chunks_of_files_that_do_not_overlap_are_passed_on(tmp_path: Path) -> None:
    paths = write_pcaps(tmp_path, [list(range(100, 200)), list(range(100)), list(range(200, 300))])
    with JoinedSource("joined", paths) as source:
        chunks = source.chunks()
        for path in (paths[1], paths[0], paths[2]):
            chunk = next(chunks)
            assert len(chunk.frames) == 100
            (member,) = source.active
            assert member.path == path
            assert chunk.buffer is member.buffer


def test_few_files_are_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring's neighbours overlap a little; two open files are enough."""
    paths = write_pcaps(tmp_path, [list(range(i * 50, i * 50 + 60)) for i in range(40)])
    most = 0

    def counted(self: JoinedSource, member: joined.Member) -> None:
        nonlocal most
        original(self, member)
        most = max(most, len(self.active))

    original = JoinedSource._begin
    monkeypatch.setattr(JoinedSource, "_begin", counted)
    assert len(merge(paths)) == 40 * 60
    assert most == 2


def test_buffers_shrink_where_very_many_files_overlap(tmp_path: Path) -> None:
    paths = write_pcaps(tmp_path, [[i, 1000 + i] for i in range(200)])
    with JoinedSource("joined", paths) as source:
        chunks = source.chunks()
        next(chunks)
        held = sum(len(member.buffer) for member in source.active)
        assert len(source.active) > 100
        assert held < 60 << 20
        assert 0 < len([frame for chunk in chunks for frame in chunk.frames]) <= 400


def test_interfaces_are_renumbered_as_they_are_described(tmp_path: Path) -> None:
    """Two pcapng files that overlap, each describing an interface late, with its statistics."""

    def name(text: bytes) -> bytes:
        return option(2, text)

    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(
        section(options=option(1, b"one"))
        + interface(link_type=1, options=name(b"a"))
        + packet(b"a", 10)
        + packet(b"a", 20)
        + interface(link_type=101, options=name(b"b"))
        + packet(b"b", 30, 1)
    )
    second.write_bytes(
        section(options=option(1, b"two"))
        + interface(link_type=113, options=name(b"c"))
        + packet(b"c", 15)
        + interface(link_type=276, options=name(b"d"))
        + packet(b"d", 25, 1, options=option(4, (7).to_bytes(8, "little")))
    )
    for chunk_bytes in (1, 1 << 16):
        with JoinedSource("joined", [str(first), str(second)], chunk_bytes) as source:
            frames = read_frames(source)
        facts = source.facts
        assert [frame.data for frame in frames] == [b"a", b"c", b"a", b"d", b"b"]
        for frame in frames:
            described = facts.interfaces[frame.interface]
            assert described.name == frame.data.decode()
            assert described.link_type == frame.link_type
        assert sorted(each.name for each in facts.interfaces) == ["a", "b", "c", "d"]
        assert facts.dropped == 7
        assert sorted(facts.comments) == ["one", "two"]
        assert facts.format == "pcapng"
        assert facts.files == [str(first), str(second)]
        assert facts.path == "joined"


def test_more_interfaces_than_can_be_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert joined.MOST_INTERFACES == 1 << 16
    monkeypatch.setattr(joined, "MOST_INTERFACES", 10)
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(section() + interface() * 9 + packet(ticks=1))
    second.write_bytes(section() + interface() * 3 + packet(ticks=2) + packet(ticks=3, number=2))
    with JoinedSource("joined", [str(first), str(second)]) as source:
        assert [frame.interface for frame in read_frames(source)] == [0, 9, 9]
    assert len(source.facts.interfaces) == 10


def test_formats_are_told_once(tmp_path: Path) -> None:
    files = {"1": section() + interface() + packet(), "2": gzip.compress(pcap_header() + record())}
    files["3"] = pcap_header()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with JoinedSource("joined", [str(tmp_path / name) for name in files]) as source:
        assert len(read_frames(source)) == 2
    assert sorted(source.facts.format.split(" + ")) == ["pcap", "pcap, gzip", "pcapng"]
    assert source.compressed


def test_damage_in_one_file_leaves_the_others(tmp_path: Path) -> None:
    paths = write_pcaps(tmp_path, [[1, 3, 5], [2, 4, 6]])
    cut = Path(paths[0])
    cut.write_bytes(cut.read_bytes()[:-1])
    missing = str(tmp_path / "missing")
    with JoinedSource("joined", [*paths, missing]) as source:
        assert places(read_frames(source)) == [(0, 0), (1, 0), (0, 1), (1, 1), (1, 2)]
    assert damages(source) == [
        (-1, f"{missing}: no such file"),
        (cut.stat().st_size - 20, f"{cut}: cut short in the middle of a record"),
    ]


def test_a_file_that_vanishes_meanwhile_is_damage(tmp_path: Path) -> None:
    """dumpcap deletes the oldest file of its ring."""
    paths = write_pcaps(tmp_path, [[1], [2]])
    with JoinedSource("joined", paths) as source:
        os.unlink(paths[1])
        assert places(read_frames(source)) == [(0, 0)]
    assert damages(source) == [(-1, f"{paths[1]}: no such file")]
    assert source.consumed == source.size


def test_nothing_readable_is_unreadable(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(UnreadableError, match="missing: no such file$"):
        JoinedSource("joined", [missing, str(tmp_path)])
    with pytest.raises(UnreadableError, match="^joined: no files$"):
        JoinedSource("joined", [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_among_them(tmp_path: Path) -> None:
    paths = write_pcaps(tmp_path, [[1, 3, 5], [2, 4, 6]])
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    data = Path(paths[0]).read_bytes()
    writer = threading.Thread(target=Path(pipe).write_bytes, args=(data,))
    writer.start()
    with JoinedSource("joined", [pipe, paths[1]]) as source:
        assert places(read_frames(source)) == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]
        assert source.size is None
    writer.join()


def test_closing_early(tmp_path: Path) -> None:
    with JoinedSource("joined", write_pcaps(tmp_path, [[1, 3], [2, 4], [9]])) as source:
        next(source.chunks())
        assert 0 < source.consumed

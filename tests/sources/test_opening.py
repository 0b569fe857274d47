"""Opening: missing files, folders, permissions, pipes, standard input."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError
from analyzer.sources import is_capture, open_source

from .files import FRAME, pcap_header, read, read_frames, record
from .permissions import needs_permissions, unprivileged

PLAIN = pcap_header() + b"".join(record(FRAME, i) for i in range(5000))
COUNT = """
import sys
from analyzer.errors import UnreadableError
from analyzer.sources import open_source
try:
    with open_source("-") as source:
        print(sum(len(chunk.frames) for chunk in source.chunks()), source.size, source.facts.damages)
except UnreadableError as error:
    print(error)
"""


def complaint(path: str) -> str:
    with pytest.raises(UnreadableError) as caught:
        open_source(path)
    (line,) = str(caught.value).splitlines()
    return line


def count_from(stdin: object, **how: object) -> str:
    """What a child that reads its standard input prints."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], stdin=stdin, capture_output=True, text=True, check=True, **how
    )  # type: ignore[call-overload]
    assert done.stderr == ""
    return str(done.stdout.strip())


def test_what_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pcap")
    assert complaint(missing) == f"{missing}: no such file"
    assert complaint(str(tmp_path)) == f"{tmp_path}: this is a folder, not a file"
    assert complaint("a\0b").endswith("embedded null byte")
    assert "no such file" in complaint("") or "No such file" in complaint("")
    long = str(tmp_path / ("x" * 300))
    assert complaint(long) == f"{long}: file name too long"


@needs_permissions
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(PLAIN)
    path.chmod(0)
    with unprivileged(tmp_path):
        assert complaint("secret") == "secret: no permission to read it"


def test_is_capture(tmp_path: Path) -> None:
    for data, expected in (
        (PLAIN, True),
        (gzip.compress(PLAIN), True),
        (b"\n\r\r\n" + bytes(100), True),
        (b"text", False),
        (b"", False),
        (gzip.compress(b"text"), False),
        (b"\x1f\x8b\x08 no", False),
    ):
        path = tmp_path / "file"
        path.write_bytes(data)
        assert is_capture(str(path)) is expected


def test_closing_twice(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(PLAIN))
    source = open_source(str(path))
    source.close()
    source.close()


def test_leaving_early_needs_no_care(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(PLAIN)
    with open_source(str(path), 1 << 12) as source:
        assert len(next(source.chunks()).frames)
        assert 0 < source.consumed < len(PLAIN)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_named_pipe(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(pack(PLAIN),))  # type: ignore[operator]
    writer.start()
    frames, source = read(path)
    writer.join()
    assert len(frames) == 5000
    assert source.size is None
    assert source.facts.damages == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_live_pipe_gives_frames_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    seen = threading.Event()

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            pipe.write(PLAIN[:24])
            pipe.write(PLAIN[24:130])  # one frame, and the beginning of the next
            assert seen.wait(10)
            pipe.write(PLAIN[130:])

    writer = threading.Thread(target=write)
    writer.start()
    with open_source(str(path)) as source:
        chunks = source.chunks()
        assert len(next(chunks).frames) == 1
        seen.set()
        assert sum(len(chunk.frames) for chunk in chunks) == 4999
    writer.join()


def test_pieces_of_a_pipe_are_gathered() -> None:
    """A pipe hands out at most 64 KiB at a time; a chunk for each would be slow."""
    receiving, sending = os.pipe()
    data = PLAIN * 1

    def write() -> None:
        with os.fdopen(sending, "wb", buffering=0) as pipe:
            pipe.write(data)

    writer = threading.Thread(target=write)
    writer.start()
    with open_source(f"/dev/fd/{receiving}") as source:
        sizes = [len(chunk.frames) for chunk in source.chunks()]
    writer.join()
    os.close(receiving)
    assert sum(sizes) == 5000
    assert len(sizes) <= 3


def test_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(PLAIN)
    with path.open("rb") as file:
        assert count_from(file) == f"5000 {len(PLAIN)} []"
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as cat:
        assert count_from(cat.stdout) == "5000 None []"
    path.write_bytes(gzip.compress(PLAIN[:-1]))
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as cat:
        cut = 24 + 4999 * 76
        said = f"4999 None [Damage(offset={cut}, reason='cut short in the middle of a record')]"
        assert count_from(cat.stdout) == said
    assert count_from(subprocess.DEVNULL) == "standard input: the file is empty"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")
def test_a_terminal_is_no_capture() -> None:
    master, slave = os.openpty()
    try:
        assert count_from(slave).startswith("standard input is a terminal: pipe a capture into it")
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.skipif(sys.platform == "win32", reason="non-blocking pipes are of POSIX")
def test_a_non_blocking_pipe_is_waited_for() -> None:
    receiving, sending = os.pipe()
    os.set_blocking(receiving, False)

    def write() -> None:
        with os.fdopen(sending, "wb", buffering=0) as pipe:
            for start in range(0, len(PLAIN), 100_000):
                time.sleep(0.05)
                pipe.write(PLAIN[start : start + 100_000])

    writer = threading.Thread(target=write)
    writer.start()
    assert count_from(receiving) == "5000 None []"
    writer.join()
    os.close(receiving)


def test_a_read_error_in_the_middle_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(PLAIN)
    with open_source(str(path), 1 << 12) as source:
        handle = source.opened.handle

        class Failing:
            def readinto(self, view: memoryview) -> int:
                if source.consumed > 20_000:
                    raise OSError(5, "Input/output error")
                return int(handle.readinto(view) or 0)

            def close(self) -> None:
                handle.close()

        monkeypatch.setattr(source.opened, "handle", Failing())
        frames = read_frames(source)
    (damage,) = source.facts.damages
    assert damage.reason == "reading failed: Input/output error"
    assert damage.offset == source.consumed
    assert len(frames) == (damage.offset - 24) // 76

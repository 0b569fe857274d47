"""Which files the arguments of a call stand for, and which belong together."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError
from analyzer.sources import Capture, discover, open_capture

from .files import damages, pcap_header, read_frames, record, section
from .permissions import needs_permissions, unprivileged

PCAP = pcap_header() + record()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with captures and other files in it and below."""
    monkeypatch.chdir(tmp_path)
    for name, data in {
        "b.pcap": PCAP,
        "a.bin": section(),
        "notes.txt": b"text",
        "empty.pcap": b"",
        "below/c.pcap.gz": gzip.compress(PCAP),
        "below/deep/d": PCAP,
        "below/deep/picture": b"\x89PNG\r\n",
        "other/readme": b"text",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path


def paths(*arguments: str, join: bool = False) -> list[str]:
    found = discover(arguments, join)
    assert found.failures == []
    return [capture.path for capture in found.captures]


def test_files_come_in_the_order_of_the_arguments(folder: Path) -> None:
    assert paths("b.pcap", "a.bin") == ["b.pcap", "a.bin"]
    assert discover(["b.pcap"]).captures == [Capture("b.pcap", ("b.pcap",))]


def test_a_file_named_twice_counts_once(folder: Path) -> None:
    assert paths("b.pcap", "./b.pcap", str(folder / "b.pcap"), "below/../b.pcap", "-", "-") == ["b.pcap", "-"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_to_one_file_count_once(folder: Path) -> None:
    (folder / "link").symlink_to("b.pcap")
    os.link("b.pcap", "hard")
    assert paths("link", "b.pcap", "hard") == ["link"]


def test_what_was_named_is_kept_even_if_it_cannot_be_read(folder: Path) -> None:
    assert paths("missing", "notes.txt") == ["missing", "notes.txt"]
    for capture in discover(["missing", "notes.txt"]).captures:
        with pytest.raises(UnreadableError):
            open_capture(capture)


def test_folders_are_searched_for_captures(folder: Path) -> None:
    found = discover([str(folder)])
    assert [os.path.relpath(capture.path, folder) for capture in found.captures] == [
        "a.bin",
        "b.pcap",
        os.path.join("below", "c.pcap.gz"),
        os.path.join("below", "deep", "d"),
    ]
    left_out = ["empty.pcap", "notes.txt", os.path.join("below", "deep", "picture"), "other/readme"]
    assert found.notes == [f"{folder}: left out, no captures: {', '.join(map(os.path.normpath, left_out))}"]
    assert found.failures == []


def test_others_with_the_same_ending_are_counted(folder: Path) -> None:
    for i in range(30):
        (folder / "below" / f"{i:02}.json").write_bytes(b"text")
    (note,) = discover(["below"]).notes
    assert note == f"below: left out, no captures: 30 *.json, {os.path.join('deep', 'picture')}"


def test_the_line_stays_short(folder: Path) -> None:
    for i in range(30):
        (folder / "below" / f"noted-{i:02}").write_bytes(b"text")
    (note,) = discover(["below"]).notes
    assert note.startswith("below: left out, no captures: noted-00, noted-01, ")
    assert note.endswith("noted-07 and 23 more")


def test_a_folder_without_captures_is_a_failure(folder: Path) -> None:
    found = discover(["other", "b.pcap"])
    assert [capture.path for capture in found.captures] == ["b.pcap"]
    assert [(path, str(error)) for path, error in found.failures] == [
        ("other", "other: no captures in this folder")
    ]
    assert found.notes == ["other: left out, no captures: readme"]


def test_a_capture_that_must_be_converted_is_a_failure(folder: Path) -> None:
    (folder / "below" / "sun").write_bytes(b"snoop\0\0\0" + bytes(8))
    ((path, error),) = discover(["below"]).failures
    assert path == os.path.join("below", "sun")
    assert str(error) == (
        f"{path}: a Sun snoop capture; convert it: editcap -F pcapng {path} {path}.pcapng, "
        "or have tshark read it: --reader tshark"
    )
    assert path in [each.path for each in discover(["below"], reader="tshark").captures]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_pipes_in_a_folder_are_left_alone(folder: Path) -> None:
    os.mkfifo(folder / "below" / "pipe")
    assert paths("below") == [os.path.join("below", "c.pcap.gz"), os.path.join("below", "deep", "d")]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_in_a_folder_do_not_lead_in_circles(folder: Path) -> None:
    (folder / "below" / "circle").symlink_to("..", target_is_directory=True)
    (folder / "below" / "dangling").symlink_to("nowhere")
    assert len(paths("below")) == 2


@needs_permissions
def test_a_folder_that_cannot_be_listed(folder: Path) -> None:
    deep = Path("below", "deep")
    deep.chmod(0)
    with unprivileged(folder):
        found = discover(["below"])
    assert [capture.path for capture in found.captures] == [os.path.join("below", "c.pcap.gz")]
    assert [(path, str(error)) for path, error in found.failures] == [
        (str(deep), f"{deep}: no permission to read it")
    ]


@needs_permissions
def test_nobody_knows_whether_captures_are_where_nothing_may_be_read(folder: Path) -> None:
    secret = [Path("below", "c.pcap.gz"), Path("below", "deep")]
    for path in (Path("other"), *secret):
        path.chmod(0)
    with unprivileged(folder):
        failures = [str(error) for _, error in discover(["other", "below"]).failures]
    assert failures == [f"{path}: no permission to read it" for path in ("other", *secret)]


def test_globs_that_the_shell_left(folder: Path) -> None:
    assert paths("*.pcap") == ["b.pcap", "empty.pcap"]
    assert paths("**/d") == [os.path.join("below", "deep", "d")]
    assert paths("b[e]*") == [os.path.join("below", "c.pcap.gz"), os.path.join("below", "deep", "d")]
    ((path, error),) = discover(["*.cap"]).failures
    assert (path, str(error)) == ("*.cap", "*.cap: no file matches")


def test_a_name_with_glob_signs_is_a_file_first(folder: Path) -> None:
    (folder / "a[1].pcap").write_bytes(PCAP)
    assert paths("a[1].pcap") == ["a[1].pcap"]


RING = [
    "ring_00003_20240101120200.pcapng",
    "ring_00001_20240101120000.pcapng.gz",
    "ring_00002_20240101120100.pcapng",
]


def test_files_of_a_ring_are_one_capture(folder: Path) -> None:
    for name in RING:
        (folder / name).write_bytes(gzip.compress(PCAP) if name.endswith("gz") else PCAP)
    (folder / "below" / RING[0]).write_bytes(PCAP)  # another folder, another ring of one
    other = "other_00001_20240101120000.pcapng"
    (folder / other).write_bytes(PCAP)
    assert discover([other, RING[0], "b.pcap", f"below/{RING[0]}", RING[1], RING[2]]).captures == [
        Capture(other, (other,)),
        Capture("ring_*.pcapng.gz", (RING[1], RING[2], RING[0]), ring=True),
        Capture("b.pcap", ("b.pcap",)),
        Capture(f"below/{RING[0]}", (f"below/{RING[0]}",)),
    ]
    with open_capture(discover(RING).captures[0]) as source:
        assert len(read_frames(source)) == 3


@pytest.mark.parametrize(
    "name",
    [
        "ring_0001_20240101120000.pcap",
        "ring_00001_2024010112000.pcap",
        "ring_00001_20240101120000_x.pcap",
        "ring-00001-20240101120000.pcap",
        "_00001_20240101120000.pcap",
    ],
)
def test_other_names_are_no_ring(folder: Path, name: str) -> None:
    again = name.replace("0001_", "0002_").replace("0001-", "0002-")
    assert len(discover([name, again]).captures) == 2


def test_join_makes_one_capture_of_all(folder: Path) -> None:
    assert discover(["b.pcap", "a.bin"], join=True).captures == [
        Capture("b.pcap + a.bin", ("b.pcap", "a.bin"))
    ]
    assert discover(["b.pcap"], join=True).captures == [Capture("b.pcap", ("b.pcap",))]
    (capture,) = discover(["b.pcap", "a.bin", "below"], join=True).captures
    assert capture.path == "b.pcap + 3 more"
    with open_capture(discover(["b.pcap", "notes.txt"], join=True).captures[0]) as source:
        assert len(read_frames(source)) == 1
        reason = "notes.txt: a text file, not a capture (text2pcap turns a hex dump into one)"
        assert damages(source) == [(-1, reason)]


def test_nothing_named_is_nothing_found() -> None:
    found = discover([])
    assert (found.captures, found.notes, found.failures) == ([], [], [])

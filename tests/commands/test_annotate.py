"""`keepalive annotate`: from the call to the file, and what is said of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from analyzer.commands.main import main
from tests.write.support import added_comments, asked, blocks_of, comments_in_tshark


@pytest.fixture
def keepalive(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*words: object) -> tuple[int, str, str]:
        return main(["annotate", *map(str, words)]), *capfd.readouterr()

    return run


@pytest.fixture
def capture(recorded: Path) -> Path:
    return recorded / "peer-dead.pcapng"


def test_what_is_written(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert keepalive(capture, out) == (0, "", f"keepalive: {out}: comments on 7 of 15 frames\n")
    comments = added_comments(capture.read_bytes(), out.read_bytes())
    assert comments[10][0] == "keepalive_probe after 1.999 s, no answer"
    assert comments[15][1].startswith("connection 0: peer_dead: 3 probes")
    assert comments[15][1].endswith("last sign of life at time 0.009")
    assert [path.name for path in tmp_path.iterdir()] == ["out.pcapng"]


def test_times_and_all_labels(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert keepalive(capture, out, "--all", "--utc")[2].endswith("comments on 15 of 15 frames\n")
    comments = added_comments(capture.read_bytes(), out.read_bytes())
    assert comments[6] == ["data"]
    assert comments[15][1].endswith("last sign of life at 05:35:57.494")


def test_standard_output(capture: Path, tmp_path: Path, capfdbinary: Any) -> None:
    out = tmp_path / "out.pcapng"
    main(["annotate", str(capture), str(out)])
    capfdbinary.readouterr()
    assert main(["annotate", str(capture), "-"]) == 0
    assert capfdbinary.readouterr().out == out.read_bytes()


def test_an_annotated_capture_gives_the_same(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    """And may be annotated once more: comments are added, never taken away."""
    once, twice = tmp_path / "once.pcapng", tmp_path / "twice.pcapng"
    keepalive(capture, once)
    keepalive(once, twice)
    first = added_comments(capture.read_bytes(), once.read_bytes())
    assert added_comments(once.read_bytes(), twice.read_bytes()) == first


def test_damaged_input(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    damaged, out = tmp_path / "in.pcapng", tmp_path / "out.pcapng"
    blocks = blocks_of(capture.read_bytes())
    packets = [place for place, block in enumerate(blocks) if block.is_packet]
    whole = b"".join(block.content for block in blocks[: packets[12]])
    damaged.write_bytes(whole + blocks[packets[12]].content[:-5])
    status, _, said = keepalive(damaged, out)
    assert status == 4
    assert said.splitlines() == [
        f"keepalive: {damaged}: cut short in the middle of a record at byte {len(whole)}",
        f"keepalive: {out}: comments on 6 of 12 frames",
    ]
    assert added_comments(whole, out.read_bytes())[12][0].startswith("keepalive_probe")


def test_never_onto_its_own_input(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    own, other = tmp_path / "own.pcapng", tmp_path / "other.pcapng"
    shutil.copy(capture, own)
    os.link(own, other)
    for target in (own, other, tmp_path / "." / "own.pcapng"):
        status, _, said = keepalive(own, target)
        assert (status, said) == (
            2,
            f"keepalive: {target}: this is the capture that is read; another name is wanted\n",
        )
    assert own.read_bytes() == capture.read_bytes()


def test_what_cannot_be_read(keepalive: Any, tmp_path: Path) -> None:
    out, text = tmp_path / "out.pcapng", tmp_path / "text"
    text.write_text("no capture")
    wanted = "one capture file is wanted, for it is read twice"
    assert keepalive("-", out) == (2, "", f"keepalive: -: {wanted}\n")
    assert keepalive(tmp_path, out) == (2, "", f"keepalive: {tmp_path}: {wanted}\n")
    assert keepalive(tmp_path / "none", out) == (3, "", f"keepalive: {tmp_path / 'none'}: no such file\n")
    assert keepalive(text, out)[0] == 3
    assert not out.exists()


def test_what_cannot_be_written(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "none" / "out.pcapng"
    assert keepalive(capture, out) == (
        3,
        "",
        f"keepalive: cannot write: No such file or directory: {out}\n",
    )


@pytest.mark.tshark
@pytest.mark.captures
@pytest.mark.parametrize("folder", ["", "formats"])
def test_every_shared_capture_in_wireshark(
    keepalive: Any, tshark: str, shared_captures: Path, tmp_path: Path, folder: str
) -> None:
    """Wireshark sees the same frames, and our comments beside them."""
    fields = ("frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols", "_ws.malformed")
    for path in sorted((shared_captures / folder).glob("*.pcap*")):
        out = tmp_path / f"{path.name}.pcapng"
        status, _, said = keepalive(path, out)
        assert status == 0
        before = asked(tshark, path, *fields)
        assert asked(tshark, out, *fields) == before
        comments = comments_in_tshark(tshark, out)
        assert said.endswith(f"comments on {len(comments):,} of {len(before):,} frames\n")
        if path.suffix == ".pcapng":
            assert sorted(added_comments(path.read_bytes(), out.read_bytes())) == sorted(comments)

"""`keepalive verify`: our labels beside Wireshark's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from analyzer import kinds
from analyzer.commands import verify
from analyzer.commands.main import main
from analyzer.commands.wireshark import flagged
from analyzer.errors import UnreadableError
from analyzer.present.confusion import FLAGS, NONE, SAME, WHY, confusion
from tests.helpers import wire
from tests.helpers.timeline import timeline

PROBED = """
    0.000   c>s   S   0
    0.010   s>c   SA  0:1
    0.011   c>s   A   1:1
    1.000   c>s   PA  1+5:1
    1.010   s>c   A   1:6
    11.000  c>s   A   5:1
    11.010  s>c   A   1:6
    21.000  s>c   A   1:6    win=0
    21.500  c>s   A   5:1
    21.510  s>c   A   1:6    win=0
"""


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "probed.pcap"
    path.write_bytes(wire.pcap_bytes(timeline(PROBED).records))
    return path


def text(ours: dict[int, str], theirs: dict[int, str]) -> str:
    lines = confusion("a.pcap", ours, theirs, 80)
    return "\n".join("".join(piece for piece, _ in line).rstrip() for line in lines)


def test_the_table_and_the_reasons() -> None:
    ours = {1: "keepalive_probe", 2: "keepalive_reply", 3: "retransmission", 4: "data", 5: "keepalive_probe"}
    theirs = {1: "keep_alive", 2: "keep_alive_ack", 3: "keep_alive", 9: "keep_alive"}
    assert text(ours, theirs) == (
        "a.pcap  5 TCP segments\n"
        "  ours             keep_alive  keep_alive_ack  no flag\n"
        "  keepalive_probe           1               -        1\n"
        "  keepalive_reply           -               1        -\n"
        "  (not decoded)             1               -        -\n"
        "  retransmission            1               -        -\n"
        "  2 labels in common, 3 different\n"
        "\n"
        "  retransmission, Wireshark: keep_alive  1 frame\n"
        "    a lost byte of data sent again: it carries PSH, follows the segment before\n"
        "      within a second, or was not acknowledged yet. Wireshark looks at sequence\n"
        "      number and length only\n"
        "    frame 3\n"
        "\n"
        "  keepalive_probe, Wireshark: no flag  1 frame\n"
        "    the capture begins in mid-connection (or lost frames): Wireshark does not\n"
        "      know the next sequence number yet. The peer's answer of exactly one more\n"
        "      proves the probe\n"
        "    frame 5\n"
        "\n"
        "  (not decoded), Wireshark: keep_alive  1 frame\n"
        "    Wireshark's flag rests on sequence number and length alone; design 4.1 and\n"
        "      4.2 have our rule\n"
        "    frame 9"
    )


def test_many_frames_are_counted() -> None:
    ours = dict.fromkeys(range(1, 21), "old_ack")
    theirs = dict.fromkeys(range(1, 21), "keep_alive")
    assert "frames 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 8 more, the last 20" in text(ours, theirs)


def test_nothing_to_compare() -> None:
    assert text({1: "data"}, {}) == "a.pcap  1 TCP segment\n  neither finds a probe or an answer to one"


def test_reasons_are_about_kinds_and_flags_that_exist() -> None:
    for kind, flag in [*WHY, *SAME.items()]:
        assert kind in kinds.KIND_WORDS and flag in FLAGS
    assert not [pair for pair in WHY if SAME.get(pair[0], NONE) == pair[1]]


def test_standard_input_cannot_be_read_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "-"]) == 2
    assert "which standard input does not allow" in capsys.readouterr().err


def test_without_tshark(
    capture: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["verify", str(capture)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "keepalive: tshark is not installed; to get it: apt install tshark, brew install wireshark, "
        "or https://www.wireshark.org/download.html\n"
    )


def test_without_a_readable_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "none.pcap")]) == 3
    assert capsys.readouterr().err.endswith("none.pcap: no such file\n")


@pytest.mark.tshark
def test_verify_with_tshark(tshark: str, capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(capture)]) == 0
    out = capsys.readouterr().out
    assert "  keepalive_probe             1               -        -\n" in out
    assert "zero_window_probe, Wireshark: keep_alive  1 frame\n    the peer's window is closed:" in out


@pytest.mark.tshark
def test_flags_are_read_within_a_running_event_loop(tshark: str, capture: Path) -> None:
    async def inside() -> dict[int, str]:
        return flagged(str(capture))

    assert asyncio.run(inside()) == {6: "keep_alive", 7: "keep_alive_ack", 9: "keep_alive"}


@pytest.mark.tshark
def test_a_cut_file_is_read_as_far_as_it_goes(tshark: str, capture: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[:-5])
    assert flagged(str(cut)) == flagged(str(capture))


@pytest.mark.tshark
def test_what_tshark_cannot_read_is_an_error(tshark: str, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pcap"
    junk.write_bytes(b"no capture at all")
    with pytest.raises(UnreadableError, match=r"^\S+junk.pcap: tshark could not read it: The file "):
        flagged(str(junk))


def test_labels_are_those_of_segments(capture: Path) -> None:
    from analyzer import pipeline
    from analyzer.rules import Options

    result = pipeline.analyze([str(capture)], Options(packets=True)).captures[0]
    found = verify.labels(result)
    assert (found[1], found[4], found[6], len(found)) == ("syn", "data", "keepalive_probe", 10)

"""What scapy crafts is what the timeline says, and it cannot be taken for a recording."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import reader
from tests.helpers.segment import Segment
from tests.helpers.timeline import timeline

from .crafted import MARK, write

STORY = """
    0.000   c>s  S   0          mss=1460 ws=8 ts=1000/0 sackok
    0.010   s>c  SA  0:1        mss=1460 ws=7 ts=2000/1000 sackok
    0.011   c>s  A   1:1        ts=1010/2000
    0.020   c>s  PA  1+100:1    ts=1020/2000
    7200.0  c>s  A   100+1:1
    7200.1  s>c  A   1:101      ts=3000/1020 sack=100-101 win=17 ttl=57
    7201.0  c>s  RA  101:1      win=0
"""


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "crafted.pcapng"
    write(path, timeline(STORY).records, f"{MARK}: a test of the crafting")
    return path


def without_payload(segment: Segment) -> Segment:
    """Nor checksum: it is that of another payload than the timeline's."""
    return replace(segment, payload=b"", checksum=0)


def test_frames_are_what_the_timeline_says(capture: Path) -> None:
    found = [without_payload(each) for each in reader.read(capture).records if isinstance(each, Segment)]
    assert found == [without_payload(each) for each in timeline(STORY).segments]


@pytest.mark.tshark
def test_wireshark_shows_the_mark_on_every_frame_and_right_checksums(capture: Path, tshark: str) -> None:
    fields = [
        "-T",
        "fields",
        "-e",
        "frame.comment",
        "-e",
        "tcp.checksum.status",
        "-o",
        "tcp.check_checksum:TRUE",
    ]
    shown = subprocess.run(
        [tshark, "-r", capture, *fields], capture_output=True, text=True, check=True
    ).stdout
    assert shown.splitlines() == [f"{MARK}: a test of the crafting\t1"] * 7

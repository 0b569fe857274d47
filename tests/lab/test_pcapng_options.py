"""What a cleaned pcapng file still says."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from analyzer.lab.failures import LabError
from analyzer.lab.pcapng_options import (
    BYTE_ORDER,
    IF_NAME,
    IF_TSRESOL,
    INTERFACE,
    NAME_RESOLUTION,
    SECTION_HEADER,
    SHB_OS,
    SHB_USERAPPL,
    block,
    blocks,
    encode_options,
    forget_machine,
    options,
)

SHB_HARDWARE = 2
IF_OS = 12
PACKET = 6
FRAME = b"a frame stays as it is, to the byte"


@pytest.fixture
def talkative(tmp_path: Path) -> Path:
    """A file that says much about the machine it was captured on."""
    about = [(SHB_HARDWARE, b"A fine processor"), (SHB_OS, b"Linux 6.18.44-ours"), (SHB_USERAPPL, b"Dumpcap")]
    interface = [(IF_NAME, b"eth0"), (IF_TSRESOL, b"\x09"), (IF_OS, b"Linux 6.18.44-ours")]
    path = tmp_path / "talkative.pcapng"
    path.write_bytes(
        block(SECTION_HEADER, BYTE_ORDER + struct.pack("=HHq", 1, 0, 4711) + encode_options(about))
        + block(INTERFACE, struct.pack("=HHI", 1, 0, 262144) + encode_options(interface))
        + block(NAME_RESOLUTION, b"workstation.example\0")
        + block(PACKET, FRAME + b"\0")
    )
    return path


def test_machine_is_forgotten_and_frames_are_kept(talkative: Path) -> None:
    forget_machine(talkative, "Linux 6.18", "lab")
    content = talkative.read_bytes()
    kinds = dict(blocks(content))
    assert list(kinds) == [SECTION_HEADER, INTERFACE, PACKET]
    assert dict(options(kinds[SECTION_HEADER][16:])) == {SHB_OS: b"Linux 6.18", SHB_USERAPPL: b"lab"}
    assert dict(options(kinds[INTERFACE][8:])) == {IF_NAME: b"eth0", IF_TSRESOL: b"\x09"}
    assert kinds[PACKET] == FRAME + b"\0"
    assert b"ours" not in content
    assert b"workstation" not in content


def test_the_section_s_length_is_not_claimed_any_more(talkative: Path) -> None:
    forget_machine(talkative, "Linux 6.18", "lab")
    body = dict(blocks(talkative.read_bytes()))[SECTION_HEADER]
    assert struct.unpack_from("=q", body, 8) == (-1,)  # "not specified", draft-ietf-opsawg-pcapng 4.1


def test_cleaning_twice_changes_nothing_more(talkative: Path) -> None:
    forget_machine(talkative, "Linux 6.18", "lab")
    once = talkative.read_bytes()
    forget_machine(talkative, "Linux 6.18", "lab")
    assert talkative.read_bytes() == once


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"\xd4\xc3\xb2\xa1" + bytes(20))
    with pytest.raises(LabError, match="did not write a pcapng file"):
        forget_machine(path, "Linux", "lab")


def test_a_file_cut_short_is_refused(talkative: Path) -> None:
    talkative.write_bytes(talkative.read_bytes()[:-1])
    with pytest.raises(LabError, match="damaged"):
        forget_machine(talkative, "Linux", "lab")

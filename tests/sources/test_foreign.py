"""Files that are no captures of ours: named, with the command that converts them."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError
from analyzer.sources import is_capture, open_source
from analyzer.sources.foreign import HEAD_BYTES, describe

from .files import FRAME, pcap_header, read, record

WRITTEN_BY_EDITCAP = {
    "snoop": "a Sun snoop capture",
    "netmon1": "a Microsoft Network Monitor 1 capture",
    "netmon2": "a Microsoft Network Monitor 2 capture",
    "ngsniffer": "a DOS Sniffer capture",
    "ngwsniffer_1_1": "a NetXray or Windows Sniffer capture",
    "ngwsniffer_2_0": "a NetXray or Windows Sniffer capture",
    "nettl": "an HP-UX nettl trace",
    "visual": "a Visual Networks capture",
    "lanalyzer": "a Novell LANalyzer capture",
    "observer": "a Network Instruments Observer capture",
    "5views": "an Accellent 5Views capture",
    "k12text": "a Tektronix K12 text capture",
}


def erf(seconds: int, data: bytes = FRAME, kind: int = 2) -> bytes:
    header = struct.pack("<Q", seconds << 32) + struct.pack(">BBHHH", kind, 4, 18 + len(data), 0, len(data))
    return header + b"\0\0" + data


def complaint(path: Path) -> str:
    with pytest.raises(UnreadableError) as caught:
        open_source(str(path))
    (line,) = str(caught.value).splitlines()
    return line


@pytest.mark.tshark
@pytest.mark.parametrize("written", WRITTEN_BY_EDITCAP)
def test_other_capture_formats_are_named_and_can_be_converted(
    tmp_path: Path, written: str, tshark: str
) -> None:
    editcap = shutil.which("editcap")
    if editcap is None:
        pytest.skip("editcap is not installed")
    plain, path = tmp_path / "plain", tmp_path / "the capture"
    plain.write_bytes(pcap_header() + record(seconds=1_700_000_000) * 3)
    subprocess.run([editcap, "-F", written, plain, path], check=True, capture_output=True)
    options = "-T ether " if written in ("nettl", "k12text") else ""
    command = f"editcap -F pcapng {options}'{path}' '{path}.pcapng'"
    reader = ", or have tshark read it: --reader tshark"
    assert complaint(path) == f"{path}: {WRITTEN_BY_EDITCAP[written]}; convert it: {command}{reader}"
    with pytest.raises(UnreadableError, match=WRITTEN_BY_EDITCAP[written]):
        is_capture(str(path))
    if written == "observer":
        return  # editcap 4.0 writes files that it cannot read
    subprocess.run(command, shell=True, check=True, capture_output=True)
    assert [frame.data for frame in read(f"{path}.pcapng")[0]] == [FRAME] * 3


@pytest.mark.tshark
@pytest.mark.parametrize("written", ["nokiapcap", "rh6_1pcap", "suse6_3pcap", "modpcap"])
def test_patched_pcap_variants_are_read(tmp_path: Path, written: str, tshark: str) -> None:
    editcap = shutil.which("editcap")
    if editcap is None:
        pytest.skip("editcap is not installed")
    plain, path = tmp_path / "plain", tmp_path / "patched"
    plain.write_bytes(pcap_header() + b"".join(record(FRAME + bytes(i), 1_700_000_000 + i) for i in range(9)))
    subprocess.run([editcap, "-F", written, plain, path], check=True, capture_output=True)
    assert read(path)[0] == read(plain)[0]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello world\n" * 5, "a text file, not a capture (text2pcap turns a hex dump into one)"),
        ("käse\n".encode() * 1000, "a text file, not a capture"),
        ("\ufeff0000  45 00".encode("utf-16"), "a text file, not a capture"),
        (b"PK\x03\x04" + bytes(30), "a zip archive; unpack it first"),
        (bytes(257) + b"ustar\x0000" + bytes(300), "a tar archive; unpack it first"),
        (b"%PDF-1.7", "a PDF document, not a capture"),
        (b"\x1f\x9d\x90" + bytes(20), "compressed with compress; unpack it first"),
        (b"\x02\x21\x4c\x18" + bytes(20), "compressed with the old lz4 format; unpack it first"),
        (bytes(72) + b"\x02\x00\x02\xc0" + bytes(50), "a Windows event trace; convert it: etl2pcapng "),
        (b"\xa1\xb2\x34\xcd" + bytes(20), "a variant of pcap that is not known here (magic a1b234cd); try: "),
        (b"\xcd\x34\xb2\xa1" + bytes(20), "a variant of pcap that is not known here (magic cd34b2a1); try: "),
        (
            b"\x01\x02\x03\x04" + bytes(99),
            "not a capture in a known format (it begins with 01 02 03 04); if W",
        ),
        (b"\x01", "not a capture in a known format (it begins with 01); if Wireshark can open it"),
        (erf(1_700_000_000) * 2, "an Endace ERF capture; convert it: editcap -F pcapng "),
        (erf(1_700_000_000), "an Endace ERF capture; convert it: editcap -F pcapng "),
        (erf(0, bytes(80), 27) + erf(1_700_000_000), "an Endace ERF capture; convert it: editcap -F pcapng "),
        (b"", "the file is empty"),
    ],
)
def test_everything_else_is_named(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert complaint(path).startswith(f"{path}: {said}")


def test_an_event_trace_is_told_by_its_name_too(tmp_path: Path) -> None:
    path = tmp_path / "NetTrace.ETL"
    path.write_bytes(bytes(range(100)))
    assert complaint(path) == f"{path}: a Windows event trace; convert it: etl2pcapng {path} {path}.pcapng"


def test_random_bytes_are_no_erf() -> None:
    said = [describe(os.urandom(HEAD_BYTES), "x") for _ in range(2000)]
    assert not [each for each in said if "ERF" in each]


def test_commands_for_standard_input_name_no_file() -> None:
    assert describe(b"snoop\0\0\0", "-") == (
        "a Sun snoop capture; convert it: editcap -F pcapng IN OUT, or have tshark read it: --reader tshark"
    )

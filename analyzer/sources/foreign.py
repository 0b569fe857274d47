"""What a file is that is no capture we read: named, with the command that converts it.

Only the first bytes are looked at. Names and magic numbers of other capture formats are those that
Wireshark reads, so that its tools can convert them.
"""

from __future__ import annotations

import shlex

HEAD_BYTES = 4096  # two ERF records of full Ethernet frames

CONVERTIBLE = (
    (b"snoop\0\0\0", "a Sun snoop capture"),
    (b"GMBU", "a Microsoft Network Monitor 2 capture"),
    (b"RTSS", "a Microsoft Network Monitor 1 capture"),
    (b"XCP\0", "a NetXray or Windows Sniffer capture"),
    (b"VL\0\0", "an old NetXray capture"),
    (b"TRSNIFF data    \x1a", "a DOS Sniffer capture"),
    (b"iptrace 1.0", "an AIX iptrace capture"),
    (b"iptrace 2.0", "an AIX iptrace capture"),
    (b"\x05VNF", "a Visual Networks capture"),
    (b"\xaa\xaa\xaa\xaa", "an Accellent 5Views capture"),
    (b"\x01\x10\x4c\x00", "a Novell LANalyzer capture"),
    (b"\x07\x10\x4c\x00", "a Novell LANalyzer capture"),
    (b"\x00\x00\x02\x00\x12\x05\x00\x10", "a Tektronix K12 capture"),
    (b"\x7fver", "a WildPackets OmniPeek capture"),
    (b"ObserverPktBuffe", "a Network Instruments Observer capture"),
    (b"btsnoop\0", "a Bluetooth btsnoop capture"),
    (b"\x42\xd2\x00\x34\x12\x66\x22\x88", "a RADCOM capture"),
    (b"EyeSDN", "an EyeSDN trace"),
    (b"V0208", "an Aethra trace"),
    (b"LOGG", "a Vector BLF log"),
    (b"cpse", "a Colasoft Capsa capture"),
    (b"TTL ", "a TTTech capture"),
)

LINK_TYPE_NEEDED = (
    (b"\0\0\0\x01\0\0\0\0\0\0\x07\xd0", "an HP-UX 9 nettl trace"),
    (b"TR\0d\0", "an HP-UX nettl trace"),
    (b"+---------+---------------+----------+", "a Tektronix K12 text capture"),
)
"""Formats with a link type for each record, which a pcapng interface cannot have."""

ETL_MARKS = (b"\x02\x00\x01\xc0", b"\x02\x00\x02\xc0")  # system trace header behind the buffer header
ETL_MARK_AT = 72

FIRST_ERF_S = 788918400  # 1995: no ERF file is older
DAY_S = 86400
ERF_META = 27  # record type

OR_TSHARK = ", or have tshark read it: --reader tshark"

PCAP_VARIANTS = (b"\xa1\xb2", b"\xa1\x2b")  # first half of what some patched libpcaps write

ARCHIVES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"\x1f\x9d", "compressed with compress"),
    (b"LZIP", "compressed with lzip"),
    (b"\x02\x21\x4c\x18", "compressed with the old lz4 format"),
    (b"\xff\x06\0\0sNaPpY", "compressed with snappy"),
)
TAR_MARK, TAR_MARK_AT = b"ustar", 257

OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)


def foreign_capture(head: bytes, path: str) -> str:
    """What capture format other than ours begins with `head`, and how to convert it; "" for none."""
    if name := _first(CONVERTIBLE, head) or ("an Endace ERF capture" if _is_erf(head) else ""):
        return f"{name}; convert it: {_editcap(path)}{OR_TSHARK}"
    if name := _first(LINK_TYPE_NEEDED, head):
        return f"{name}; convert it: {_editcap(path, '-T ether ')}{OR_TSHARK}"
    if head[ETL_MARK_AT : ETL_MARK_AT + 4] in ETL_MARKS or path.lower().endswith(".etl"):
        return f"a Windows event trace; convert it: etl2pcapng {_quoted(path)} {_quoted(path + '.pcapng')}"
    if head[:2] in PCAP_VARIANTS or head[3:1:-1] in PCAP_VARIANTS:
        return f"a variant of pcap that is not known here (magic {head[:4].hex()}); try: {_editcap(path)}"
    return ""


def describe(head: bytes, path: str) -> str:
    """One clause that says what begins with `head` (up to HEAD_BYTES), and what to do about it."""
    if foreign := foreign_capture(head, path):
        return foreign
    if name := _first(ARCHIVES, head):
        return f"{name}; unpack it first"
    if head[TAR_MARK_AT : TAR_MARK_AT + 5] == TAR_MARK:
        return "a tar archive; unpack it first"
    if name := _first(OTHERS, head):
        return f"{name}, not a capture"
    if _is_text(head):
        return "a text file, not a capture (text2pcap turns a hex dump into one)"
    return (
        f"not a capture in a known format (it begins with {head[:4].hex(' ')}); "
        f"if Wireshark can open it, convert it: {_editcap(path)}"
    )


def _first(table: tuple[tuple[bytes, str], ...], head: bytes) -> str:
    return next((name for magic, name in table if head.startswith(magic)), "")


def _editcap(path: str, options: str = "") -> str:
    return f"editcap -F pcapng {options}{_quoted(path)} {_quoted(path + '.pcapng')}"


def _quoted(path: str) -> str:
    return {"-": "IN", "-.pcapng": "OUT"}.get(path) or shlex.quote(path)


def _is_erf(head: bytes) -> bool:
    """ERF has no magic: two records in a row, or one that is all, must make sense.

    A record: 8 bytes of time (seconds in the high half), type, flags, length, losses, wire length.
    """
    at, seconds = 0, 0
    for number in range(2):
        header = head[at : at + 16]
        if len(header) < 16:
            return number == 1 and at == len(head) < HEAD_BYTES
        earlier, seconds = seconds, int.from_bytes(header[4:8], "little")
        length = int.from_bytes(header[10:12], "big")
        if not 1 <= header[8] & 0x7F <= 48 or length < 16 or header[14:16] == b"\0\0":
            return False
        if header[8] & 0x7F == ERF_META and not seconds:
            seconds = earlier  # about what follows, written before its time is known
        elif seconds < FIRST_ERF_S or (earlier and abs(seconds - earlier) > DAY_S):
            return False
        at += length
    return True


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, as PowerShell writes it
        return True
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # not just the last character cut in two
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and sum(each.isprintable() or each.isspace() for each in text) >= 0.95 * len(text)

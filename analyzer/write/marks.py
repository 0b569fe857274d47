"""Empty frames that mark when a capture began and ended.

Silence is judged up to the capture's last frame, of whatever protocol. An extract that left it out
would tell another story, so a frame with nothing in it stands in its place: a link header without
addresses, and an IP packet of a protocol for experiments (253, RFC 3692) without a payload.
"""

from __future__ import annotations

from analyzer.write.anonymize.packet import checksum_of, ones_sum

_HEAD = bytes.fromhex("45000014 00000000 40fd")
_IPV4 = _HEAD + checksum_of(ones_sum(_HEAD)).to_bytes(2, "big") + bytes(8)
_IPV6 = bytes.fromhex("60000000 0000 3b 40") + bytes(32)  # 59: no next header
_PPP = b"\xff\x03\x00\x21"
_TAP = bytes.fromhex("6c000000 01000000 0c000000") + bytes(96)

LINK_HEADERS = {
    0: b"\x02\0\0\0",
    1: bytes(12) + b"\x08\0",
    9: _PPP,
    12: b"",
    14: b"",
    50: _PPP,
    51: b"\x11\0\0\0\0\x16\0\x21",
    101: b"",
    104: b"\x0f\0\x08\0",
    108: b"\0\0\0\x02",
    109: b"\x02\0\0\0" + bytes(8),
    113: bytes(14) + b"\x08\0",
    149: _TAP,
    204: b"\0" + _PPP,
    219: b"\0\0\x01\x40",
    228: b"",
    239: b"\x02\0\0\0\x18\0\x09\0",
    258: _TAP,
    276: b"\x08\0" + bytes(18),
}
"""By link type what stands before an IPv4 packet."""

RAW_IPV6 = 229


def mark(link_type: int, original: int, fcs: int) -> tuple[bytes, int]:
    """Octets of a mark, and its length on the wire; where the link type is not known, nothing of `original`.

    fcs: octets of frame check sequence that frames of this link end with.
    """
    if link_type == RAW_IPV6:
        octets = _IPV6
    elif link_type in LINK_HEADERS:
        octets = LINK_HEADERS[link_type] + _IPV4
    else:
        return b"", original
    return octets + bytes(fcs), len(octets) + fcs

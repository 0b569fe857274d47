"""The recordings under test, and a reader for them that shares nothing with the analyzer or the lab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).parents[2] / "captures"
RECORDED = CAPTURES / "recorded"


def sidecar_paths() -> list[Path]:
    return sorted(RECORDED.glob("*.json"))


def read_sidecar(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def tcp_flags_by_sender(capture: Path) -> dict[str, list[str]]:
    """The flags of each TCP segment in scapy's letters ("RA": RST and ACK), by its source address."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6
    from scapy.utils import PcapReader

    flags: dict[str, list[str]] = {}
    with PcapReader(str(capture)) as reader:
        for frame in reader:
            if TCP in frame:
                source = frame[IPv6 if IPv6 in frame else IP].src
                flags.setdefault(source, []).append(str(frame[TCP].flags))
    return flags

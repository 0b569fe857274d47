"""What can be captured on, as the programs list it."""

from __future__ import annotations

import shutil

import pytest

from analyzer.errors import MissingToolError, UsageError
from analyzer.sources.live import choose, list_interfaces
from analyzer.sources.live.interfaces import LINK_TYPE, LISTED, is_up
from analyzer.sources.live.opening import BACKENDS
from tests.lab.conditions import needs_lab

DUMPCAP = """1. eth0
2. any
3. lo (Loopback)
4. \\Device\\NPF_{2C9C} (Local Area Connection)
"""
TCPDUMP = """1.eth0 [Up, Running, Connected]
2.any (Pseudo-device that captures on all interfaces) [Up, Running]
3.nflog (Linux netfilter log (NFLOG) interface) [none]
"""
TYPES = """Data link types of interface eth0 (use option -y to set):
  EN10MB (Ethernet)
  DOCSIS (DOCSIS)
"""


def test_lists_are_read() -> None:
    assert [each.groups() for each in LISTED.finditer(DUMPCAP)] == [
        ("eth0", None),
        ("any", None),
        ("lo", "Loopback"),
        ("\\Device\\NPF_{2C9C}", "Local Area Connection"),
    ]
    assert [each.groups() for each in LISTED.finditer(TCPDUMP)] == [
        ("eth0", None),
        ("any", "Pseudo-device that captures on all interfaces"),
        ("nflog", "Linux netfilter log (NFLOG) interface"),
    ]
    assert LINK_TYPE.findall(TYPES) == ["Ethernet", "DOCSIS"]


@needs_lab
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda each: each.name)
def test_the_loopback_can_be_captured_on(backend) -> None:  # type: ignore[no-untyped-def]
    if not backend.installed():
        pytest.skip(f"{backend.name} is not installed")
    found = {each.name: each for each in list_interfaces(backend)}
    loopback = found["lo"]
    assert (loopback.link_type, loopback.allowed, loopback.why_not) == ("Ethernet", True, "")
    assert "127.0.0.1" in loopback.addresses
    assert loopback.up == is_up("lo")


def test_what_is_no_interface_is_neither_up_nor_down() -> None:
    assert is_up("no such thing") is None
    assert is_up("x" * 100) is None
    assert is_up("\udcff") is None


def test_the_first_that_is_installed_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"dumpcap", "tcpdump"}
    monkeypatch.setattr(shutil, "which", lambda name: name if name in there else None)
    assert choose().name == "dumpcap"
    there.remove("dumpcap")
    assert choose().name == "tcpdump"
    there.remove("tcpdump")
    assert choose().name == "scapy"
    with pytest.raises(MissingToolError, match="capturing needs tcpdump: "):
        choose("tcpdump")
    with pytest.raises(UsageError, match="no backend 'pyshark'; there are: dumpcap, tcpdump, scapy"):
        choose("pyshark")

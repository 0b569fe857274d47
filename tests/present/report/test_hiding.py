"""Other names: the same for the same, none of the old ones left, and sentences that still make sense."""

from __future__ import annotations

import pytest

from analyzer.present.report.hiding import Hiding


def test_an_address_has_one_name_wherever_it_stands() -> None:
    names = Hiding()
    said = "203.0.113.7: `tcpdump -ni any 'host 203.0.113.7 and tcp port 443'`; [2a00:1450::8]:443 is there."
    named = "10.0.0.1: `tcpdump -ni any 'host 10.0.0.1 and tcp port 443'`; [2001:db8::1]:443 is there."
    assert names.text(said) == named
    assert names.address("2a00:1450::8") == "2001:db8::1"
    assert names.address("203.0.113.8") == "10.0.0.2"
    assert names.text("203.0.113.8.") == "10.0.0.2."
    assert names.text("203.0.113.8:50001 → 203.0.113.7:7777") == "10.0.0.2:50001 → 10.0.0.1:7777"


@pytest.mark.parametrize(
    "text",
    [
        "at 2026-11-20T12:03:11.204000000Z, or 12:03:11.204",
        "127.0.0.1, ::1, 0.0.0.0, ::, 255.255.255.255, 224.0.0.251, ff02::fb",
        "version 1.2.3, 10.0 s, 1.2.3.4.5, frames 3, 5 … 9: 60 s",
        "frame.number >= 3 && frame.number <= 15",
        "::std::move",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert Hiding().text(text) == text


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("fe80::225:90ff:fe12:3456", "fe80::1"),  # it holds a hardware address
        ("fd12:3456::1", "2001:db8::1"),
        ("239.1.2.3", "239.0.0.1"),
        ("ff0e::1:2:3", "ff0e::db8:1"),
        ("10.1.2.3", "10.0.0.1"),
    ],
)
def test_each_kind_of_address_stays_of_its_kind(address: str, name: str) -> None:
    assert Hiding().text(f"from {address} on") == f"from {name} on"


def test_hardware_addresses() -> None:
    names = Hiding()
    assert names.text("00:25:90:12:34:56 is 00-25-90-12-34-56") == "02:00:00:00:00:01 is 02:00:00:00:00:01"
    assert names.text("a4:5e:60:00:00:01") == "02:00:00:00:00:02"


def test_names_are_counted_by_kind() -> None:
    names = Hiding()
    assert names.name("capture-{}.pcap", "/captures/customer.pcap") == "capture-1.pcap"
    assert names.name("interface {}", "eth0") == "interface 1"
    assert names.name("capture-{}.pcap", "/captures/other.pcap") == "capture-2.pcap"
    assert names.name("capture-{}.pcap", "/captures/customer.pcap") == "capture-1.pcap"


def test_what_is_to_be_hidden_is_left_out_of_sentences() -> None:
    names = Hiding()
    names.hide(["host db.example.org", "host db.example.org and port 5432", ""], "(left out)")
    said = names.text("one direction (capture filter: host db.example.org and port 5432), first in frame 3")
    assert said == "one direction (capture filter: (left out)), first in frame 3"

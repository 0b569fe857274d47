"""Other names for addresses: first those of the ends of connections, whoever is met first."""

from __future__ import annotations

import ipaddress

import pytest

from analyzer.pseudonyms import Pseudonyms


def packed(*addresses: str) -> list[bytes]:
    return [ipaddress.ip_address(each).packed for each in addresses]


def named(names: Pseudonyms, address: str) -> str:
    return str(ipaddress.ip_address(names.address(ipaddress.ip_address(address).packed)))


def test_known_hosts_are_named_before_others() -> None:
    names = Pseudonyms(packed("203.0.113.7", "2a00:1450::7", "203.0.113.8"))
    assert named(names, "198.51.100.1") == "10.0.0.3"
    assert named(names, "203.0.113.8") == "10.0.0.2" and named(names, "203.0.113.7") == "10.0.0.1"
    assert named(names, "2a00:1450::8") == "2001:db8::2" and named(names, "2a00:1450::7") == "2001:db8::1"


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.53", "224.0.0.1", "::1", "ff02::1"])
def test_what_names_nobody_stays_and_takes_no_number(address: str) -> None:
    names = Pseudonyms(packed(address))
    assert named(names, address) == address
    assert named(names, "203.0.113.7") == "10.0.0.1" and named(names, "2a00:1450::7") == "2001:db8::1"


def test_hardware_addresses_and_groups() -> None:
    names = Pseudonyms()
    assert names.mac(bytes.fromhex("001b21aabb01")).hex(":") == "02:00:00:00:00:01"
    assert names.mac(bytes.fromhex("09000b000001")).hex(":") == "03:00:00:00:00:01"
    assert names.mac(b"\xff" * 6) == b"\xff" * 6

"""Two hosts on one LAN."""

from __future__ import annotations

import pytest

from analyzer.lab.hosts import LabError
from analyzer.lab.lan import Lan
from analyzer.lab.network import CLIENT, SERVER

from .conditions import needs_lab


def test_it_is_about_arp_and_so_ipv4_only() -> None:
    with pytest.raises(LabError, match="ARP, which is IPv4's: record it without --ipv6"):
        Lan(6)


def test_both_hosts_are_on_one_network() -> None:
    links = Lan().links
    assert links[CLIENT].host != links[SERVER].host
    assert links[CLIENT].host.rsplit(".", 1)[0] == links[SERVER].host.rsplit(".", 1)[0]
    assert links[CLIENT].host_mac != links[SERVER].host_mac


def test_a_switch_cannot_cut_a_path() -> None:
    with pytest.raises(LabError, match="power a host off"):
        Lan().cut()


@needs_lab
def test_hosts_reach_each_other_without_a_router() -> None:
    with Lan() as lan:
        service = (lan.links[SERVER].host, 7777)
        lan.server.listen(service, {})
        lan.client.connect((lan.links[CLIENT].host, 50001), service, {})
        # no default route: what is not on this LAN cannot be reached
        with pytest.raises(LabError, match="unreachable"):
            lan.client.connect((lan.links[CLIENT].host, 50002), ("198.51.100.2", 7777), {})

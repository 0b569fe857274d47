"""Two hosts on one LAN."""

from __future__ import annotations

from ipaddress import ip_interface

import pytest

from analyzer.lab.failures import LabError
from analyzer.lab.lan import Lan
from analyzer.lab.network import CLIENT, SERVER

from .conditions import needs_lab


@pytest.mark.parametrize("ip_version", [4, 6])
def test_both_hosts_are_on_one_network(ip_version: int) -> None:
    links = Lan(ip_version).links
    assert links[CLIENT].host != links[SERVER].host
    networks = {ip_interface(f"{link.host}/{link.prefix_bits}").network for link in links.values()}
    assert len(networks) == 1
    assert links[CLIENT].host_mac != links[SERVER].host_mac


def test_a_switch_cannot_cut_a_path() -> None:
    with pytest.raises(LabError, match="power a host off"):
        Lan().cut()


@needs_lab
@pytest.mark.parametrize(("ip_version", "elsewhere"), [(4, "198.51.100.2"), (6, "2001:db8:2::2")])
def test_hosts_reach_each_other_without_a_router(ip_version: int, elsewhere: str) -> None:
    with Lan(ip_version) as lan:
        service = (lan.links[SERVER].host, 7777)
        lan.server.listen(service, {})
        lan.client.connect((lan.links[CLIENT].host, 50001), service, {})
        # no default route: what is not on this LAN cannot be reached
        with pytest.raises(LabError, match="unreachable"):
            lan.client.connect((lan.links[CLIENT].host, 50002), (elsewhere, 7777), {})

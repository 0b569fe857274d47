"""The network between client and server, and how it is cut."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from analyzer.lab.failures import LabError, SocketError
from analyzer.lab.lan import Lan
from analyzer.lab.network import CLIENT, ENDS, LINKS, PLACES, SERVER, Network

from .conditions import needs_lab

FOR_TESTS = [ip_network(net) for net in ("192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "2001:db8::/32")]
DOCUMENTATION = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")]


@pytest.mark.parametrize("ip_version", [4, 6])
def test_addresses_belong_to_nobody(ip_version: int) -> None:
    for link in LINKS[ip_version].values():
        for address in map(ip_address, (link.host, link.router)):
            assert address.version == ip_version
            assert any(address in net for net in DOCUMENTATION if net.version == ip_version)
        assert link.host_mac.startswith("02:")  # locally administered


@pytest.mark.parametrize("ip_version", [4, 6])
@pytest.mark.parametrize("kind", [Network, Lan])
def test_networks_side_by_side_have_addresses_of_their_own(kind: type[Network], ip_version: int) -> None:
    places = [0, 1, 2, PLACES // 2, PLACES - 1]
    networks = [kind(ip_version, place) for place in places]
    links = [link for network in networks for link in network.links.values()]
    own = [(link.host, f"{link.router}/{link.prefix_bits}") for link in links]
    assert len({host for host, _ in own}) == len(own) == 2 * len(places)
    for host, router in own:
        assert ip_address(host) in ip_network(router, strict=False)
        assert any(ip_address(host) in net for net in FOR_TESTS if net.version == ip_version)


@needs_lab
@pytest.mark.parametrize("ip_version", [4, 6])
def test_hosts_reach_each_other_until_the_path_is_cut(ip_version: int) -> None:
    with Network(ip_version) as network:
        service = (network.links[SERVER].host, 7777)
        network.server.listen(service, {})
        network.client.connect((network.links[CLIENT].host, 50001), service, {})
        network.cut(towards=(CLIENT,))
        connection = network.client.connect
        network.client.ask("sysctl", name="net/ipv4/tcp_syn_retries", value="1")
        network.client.ask("sysctl", name="net/ipv4/tcp_syn_linear_timeouts", value="0")
        with pytest.raises(SocketError) as failure:
            connection((network.links[CLIENT].host, 50002), service, {})
        # no ICMP error came back, or it would be EHOSTUNREACH or ENETUNREACH
        assert failure.value.errno_name == "ETIMEDOUT"
        network.restore()
        connection((network.links[CLIENT].host, 50003), service, {})


@needs_lab
def test_a_rebooted_server_is_another_kernel_with_the_same_addresses() -> None:
    with Network() as network:
        service = (network.links[SERVER].host, 7777)
        network.server.listen(service, {})
        network.client.connect((network.links[CLIENT].host, 50001), service, {})
        before = network.host(SERVER)
        network.cut()
        network.reboot(SERVER)
        network.restore()
        assert network.host(SERVER) is not before
        assert network.server.counters()["InSegs"] == 0
        with pytest.raises(SocketError, match="refused"):
            network.client.connect((network.links[CLIENT].host, 50002), service, {})


@needs_lab
@pytest.mark.parametrize("ip_version", [4, 6])
def test_one_of_the_server_s_addresses_can_be_lost_without_the_other(ip_version: int) -> None:
    with Network(ip_version) as network:
        other = network.add_server_address()
        assert ip_address(other) in ip_network(f"{network.links[SERVER].host}/24", strict=False)
        for number, address in enumerate((network.links[SERVER].host, other)):
            network.server.listen((address, 7777), {})
            network.client.connect((network.links[CLIENT].host, 50001 + number), (address, 7777), {})
        network.cut_off(other)
        network.client.ask("sysctl", name="net/ipv4/tcp_syn_retries", value="1")
        network.client.ask("sysctl", name="net/ipv4/tcp_syn_linear_timeouts", value="0")
        with pytest.raises(SocketError) as failure:
            network.client.connect((network.links[CLIENT].host, 50003), (other, 7777), {})
        assert failure.value.errno_name == "ETIMEDOUT"
        service = (network.links[SERVER].host, 7777)
        network.client.connect((network.links[CLIENT].host, 50004), service, {})


@needs_lab
def test_a_rebooted_client_may_use_its_old_port_again() -> None:
    with Network() as network:
        ends = (network.links[CLIENT].host, 50001), (network.links[SERVER].host, 7777)
        network.server.listen(ends[1], {})
        network.client.connect(*ends, {})
        network.cut()
        network.reboot(CLIENT)
        network.restore()
        network.client.connect(*ends, {})
        assert network.client.counters()["OutRsts"] == 1  # for the server's challenge ACK
        assert network.server.counters()["TCPChallengeACK"] == 1


@needs_lab
def test_a_host_without_power_says_nothing_and_the_router_reports_it() -> None:
    with Network() as network:
        service = (network.links[SERVER].host, 7777)
        listener = network.server.listen(service, {})
        network.client.connect((network.links[CLIENT].host, 50001), service, {})
        listener.accept({})
        sent = network.server.counters()["OutSegs"]
        network.power_off(SERVER)
        with pytest.raises(SocketError) as failure:
            network.client.connect((network.links[CLIENT].host, 50002), service, {})
        assert failure.value.errno_name == "EHOSTUNREACH"
        assert network.server.counters()["OutSegs"] == sent
        assert network.router.counters()["IcmpOutDestUnreachs"] > 0


@needs_lab
def test_nothing_runs_before_and_after() -> None:
    network = Network()
    with pytest.raises(LabError):
        network.client.counters()
    with network:
        assert all(network.host(end).counters() for end in ENDS)
    with pytest.raises(LabError):
        network.client.counters()

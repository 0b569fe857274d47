"""Counting over the capture, and over a reboot."""

from __future__ import annotations

import pytest

from analyzer.lab.network import CLIENT, SERVER
from analyzer.lab.tally import Tally

from .pretend import PretendHost, PretendNetwork


@pytest.fixture
def network() -> PretendNetwork:
    return PretendNetwork()


def test_what_was_counted_before_the_capture_does_not_count(network: PretendNetwork) -> None:
    network.hosts[CLIENT] = PretendHost(OutSegs=5)
    tally = Tally(network)
    tally.begin()
    network.hosts[CLIENT].counted["OutSegs"] = 8
    assert tally.counters(CLIENT)["OutSegs"] == 3


def test_a_rebooted_host_counts_on_from_its_first_life(network: PretendNetwork) -> None:
    tally = Tally(network)
    tally.begin()
    network.hosts[SERVER].counted["OutSegs"] = 4
    tally.end_life(SERVER)
    network.hosts[SERVER] = PretendHost(OutSegs=1, OutRsts=1)
    assert tally.counters(SERVER)["OutSegs"] == 5
    assert tally.counters(SERVER)["OutRsts"] == 1


def test_what_was_sent_again_was_sent(network: PretendNetwork) -> None:
    tally = Tally(network)
    tally.begin()
    network.hosts[CLIENT].counted.update(OutSegs=6, RetransSegs=1)
    assert tally.sent(CLIENT) == 7


def test_an_end_s_own_probes_are_no_answers(network: PretendNetwork) -> None:
    tally = Tally(network)
    tally.begin()
    network.hosts[SERVER].counted.update(OutSegs=7, TCPKeepAlive=3, TCPWinProbe=1)
    assert tally.spoken(SERVER) == 3

"""Packets that the router holds back: on a real network, since only a kernel can say that it works."""

from __future__ import annotations

import time

import pytest

from analyzer.lab.delay import hold_back, release
from analyzer.lab.network import CLIENT, ENDS, SERVER, Network

from .conditions import needs_lab


@needs_lab
@pytest.mark.parametrize("ip_version", [4, 6])
def test_what_was_held_back_arrives_once_it_is_released(ip_version: int) -> None:
    with Network(ip_version) as network:
        service = (network.links[SERVER].host, 7777)
        listener = network.server.listen(service, {})
        near = network.client.connect((network.links[CLIENT].host, 0), service, {})
        far = listener.accept({})
        hold_back(network, ENDS)
        near.send(10)
        near.shut_down()
        time.sleep(0.1)
        far.require_state("ESTABLISHED")
        release(network, SERVER)
        far.receive(10)
        far.wait_for_end("EOF")
        near.require_state("FIN_WAIT1")  # the acknowledgment is held back too
        release(network, CLIENT)
        time.sleep(0.1)
        near.require_state("FIN_WAIT2")
        assert network.client.counters()["RetransSegs"] <= 2  # what took long was sent again, not lost

"""The network with a VLAN trunk in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.lab import trunk
from analyzer.lab.capture import DUMPCAP, Capture
from analyzer.lab.failures import LabError
from analyzer.lab.network import CLIENT, SERVER
from analyzer.lab.trunk import ON_TRUNK, VLAN, TrunkedNetwork

from .conditions import needs_lab

WHOLE_FRAME = 1514
TAG = 4


@needs_lab
@pytest.mark.parametrize("ip_version", [4, 6])
def test_hosts_talk_over_the_trunk_and_every_frame_on_it_is_tagged(ip_version: int, tmp_path: Path) -> None:
    from scapy.layers.l2 import Dot1Q
    from scapy.utils import PcapReader

    path = tmp_path / "trunk.pcapng"
    with TrunkedNetwork(ip_version) as network:
        switch = network.host(ON_TRUNK.host)
        with Capture(DUMPCAP, switch, ON_TRUNK, path) as capture:
            service = (network.links[SERVER].host, 7777)
            listener = network.server.listen(service, {})
            client = network.client.connect((network.links[CLIENT].host, 50001), service, {})
            server = listener.accept({})
            server.send(4000)
            client.receive(4000)
            client.send(4000)
            server.receive(4000)
            capture.finish()
    with PcapReader(str(path)) as reader:
        frames = list(reader)
    assert {frame[Dot1Q].vlan for frame in frames} == {VLAN}
    # as large as they may be, in both directions, and the tag comes on top
    assert {frame.src for frame in frames if len(frame) == WHOLE_FRAME + TAG} == {
        network.links[CLIENT].host_mac,
        network.links[CLIENT].router_mac,
    }


@needs_lab
def test_a_switch_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "switch.py"
    broken.write_text("import sys; sys.exit('no such port')")
    monkeypatch.setattr(trunk, "PROGRAM", broken)
    with pytest.raises(LabError, match="switch did not start: no such port"), TrunkedNetwork():
        pass

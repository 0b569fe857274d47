"""The router that forgets idle connections, and the program that it takes."""

from __future__ import annotations

import shutil
import time

import pytest

from analyzer.lab.failures import LabError, SocketError
from analyzer.lab.middlebox import Middlebox
from analyzer.lab.network import CLIENT, SERVER, Network

from .conditions import needs_lab

IDLE_TIMEOUT_S = 1


def needs_iptables(test):
    """Mark a test that has a kernel track connections; skip it where nothing can tell the kernel to."""
    missing = shutil.which("iptables") is None
    return needs_lab(pytest.mark.skipif(missing, reason="iptables is not installed")(test))


@needs_iptables
@pytest.mark.parametrize("ip_version", [4, 6])
@pytest.mark.parametrize("resets", [False, True], ids=["silently", "by a reset"])
def test_a_connection_idle_for_too_long_is_forgotten(ip_version: int, resets: bool) -> None:
    with Network(ip_version) as network:
        middlebox = Middlebox(network, resets)
        for name, value in middlebox.parameters(IDLE_TIMEOUT_S).items():
            network.router.ask("sysctl", name=name, value=value)
        service = (network.links[SERVER].host, 7777)
        network.server.listen(service, {})
        connection = network.client.connect((network.links[CLIENT].host, 50001), service, {})
        for _ in range(3):  # in all longer than the timeout, each pause shorter
            time.sleep(0.6)
            connection.send(1)
        middlebox.require_stopped(0)
        time.sleep(IDLE_TIMEOUT_S + 0.3)
        connection.send(1)
        if resets:
            connection.wait_for_end("ECONNRESET", patience_s=5.0)
        else:
            with pytest.raises(SocketError, match="timed out"):
                connection.wait_for_end("ECONNRESET", patience_s=0.1)
        with pytest.raises(LabError, match="the middlebox stopped: 0 planned, 1 counted"):
            middlebox.require_stopped(0)
        network.client.connect((network.links[CLIENT].host, 50002), service, {})


@needs_iptables
def test_what_iptables_refuses_is_a_clear_error() -> None:
    with Network() as network:
        middlebox = Middlebox(network)
        with pytest.raises(LabError, match="`iptables -L NOWHERE` failed on the lab's router: iptables"):
            middlebox._run("-L", "NOWHERE")

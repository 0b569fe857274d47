"""A live capture in a notebook: it runs beside the cells and their event loop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.lab.network import SERVER, Network
from tests.lab.conditions import needs_lab
from tests.live.staging import HERE, Program, application, wait_until

PORT = 7777


@needs_lab
@pytest.mark.usefixtures("warm_kernels")
def test_tables_are_those_of_now_in_a_later_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(folder, str(tmp_path / folder))
    with Network() as network:
        network.client.ip("link", "set", "lo", "up")
        service = (network.links[SERVER].host, PORT)
        network.server.listen(service, {})
        with (
            application(network.client, *service, (1, 1, 9)) as connected,
            Program(network.client, HERE / "notebook_program.py") as notebook,
        ):
            port = connected.wait_for(what="connected")["port"]
            wait_until(lambda: notebook.process.poll() is not None, "the notebook ends", 150)
            assert notebook.end() == 0, notebook.errors
            said = {row["cell"]: row["said"] for row in notebook.rows()}
    assert "running" in said["begin"]
    assert int(said["wait"]) > 5  # the loop went on meanwhile
    [flow] = json.loads(said["flows"])
    assert (flow["client_port"], flow["server_port"], flow["prober"]) == (port, PORT, "client")
    assert flow["verdict"] in ("alive", "open")
    assert said["drops"] == "[True]"  # dumpcap tells when it ends
    assert said["stop"] == "False True 1 [0]"

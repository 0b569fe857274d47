"""One network, one set of watchers, and what befalls two connections there: shared by all assertions."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from analyzer.lab.failures import SocketError
from analyzer.lab.network import CLIENT, SERVER, Network
from analyzer.lab.setting import SERVICE_PORT
from tests.lab.conditions import MISSING
from tests.live.staging import HERE, Crowd, Program, Terminal, application, live, wait_until

METRICS_PORT, WEBHOOK_PORT = 9100, 9101
INTERVAL_S = 1.0
DYING, REBOOTED = (1, 1, 3), (1, 1, 5)
"""Keep-alive time and interval (s), and count, of each connection."""


@dataclass
class Watched:
    """Everything that watches the client's interface, and what became of its connections and of itself."""

    network: Network
    folder: Path
    json: Program
    plain: Program
    tcpdump: Program
    recording: Program
    screen: Program
    bystander: Program
    terminal: Terminal
    ended_s: dict[str, float] = field(default_factory=dict)  # by verdict, for the application, monotonic
    ports: dict[str, int] = field(default_factory=dict)
    crowd: Crowd = field(default_factory=Crowd)
    shown: dict[str, str] = field(default_factory=dict)  # by moment: what stood in the terminal
    status: dict[str, int] = field(default_factory=dict)  # by program: how it ended

    @property
    def bound_s(self) -> float:
        """Within one interval, and what a crowded machine withholds from everybody: from frame to alert, four
        processes have to get their turn, one after the other."""
        return INTERVAL_S * self.crowd.times + 4 * self.crowd.worst_s


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory, warm_kernels: None) -> Iterator[Watched]:
    """All that happens, from the first frame until the interface is removed."""
    if MISSING is not None:
        pytest.skip(MISSING)
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    folder = tmp_path_factory.mktemp("live")
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        network.client.ip("link", "set", "lo", "up")
        watched = start(stack, network, folder)
        with watched.crowd:
            play(stack, watched)
        take_down_and_up(watched)
        end(watched)
        yield watched


def start(stack: ExitStack, network: Network, folder: Path) -> Watched:
    """All watchers, at work."""
    client = network.client
    bystander = Program(client, "-I", HERE / "bystander.py", WEBHOOK_PORT, METRICS_PORT)
    alerts = ["--exec", shlex.join([sys.executable, str(HERE / "alerted.py"), str(folder / "alerts")])]
    alerts += ["--webhook", f"http://127.0.0.1:{WEBHOOK_PORT}/", "--alert-on", "peer_dead,peer_rebooted"]
    watched = Watched(
        network,
        folder,
        json=live(client, "--json", *alerts, "--metrics", METRICS_PORT),
        plain=live(client, "--plain"),
        tcpdump=live(client, "--json", "--backend", "tcpdump"),
        recording=live(client, "--json", "--record", folder / "kept"),
        screen=Program(client, "-m", "tests.live.screen_program"),
        bystander=bystander,
        terminal=stack.enter_context(Terminal(client, folder, 80, 24)),
    )
    for each in (bystander, watched.screen, *commands(watched)):
        stack.enter_context(each)
    watched.terminal.run("-m", "analyzer", "live", "-i", "eth0")
    network.server.listen((network.links[SERVER].host, SERVICE_PORT), {})
    wait_until(lambda: knock(network) and all_see(watched), "all watch")
    return watched


def commands(watched: Watched) -> list[Program]:
    return [watched.json, watched.plain, watched.tcpdump, watched.recording]


def knock(network: Network) -> bool:
    """Where nobody listens."""
    service = (network.links[SERVER].host, SERVICE_PORT + 1)
    with pytest.raises(SocketError, match="ECONNREFUSED|refused"):
        network.client.connect((network.links[CLIENT].host, 0), service, {})
    time.sleep(0.3)
    return True


def all_see(watched: Watched) -> bool:
    return (
        all(each.lines for each in commands(watched))
        and watched.screen.rows(name="knocked") != []
        and f":{SERVICE_PORT + 1}" in watched.terminal.shown()
    )


def play(stack: ExitStack, watched: Watched) -> None:
    """One connection loses its path, the other its peer's memory; both applications wait for the end."""
    network = watched.network
    service = (network.links[SERVER].host, SERVICE_PORT)
    for verdict, timers in (("peer_dead", DYING), ("peer_rebooted", REBOOTED)):
        program = stack.enter_context(application(network.client, *service, timers))
        watched.ports[verdict] = program.wait_for(what="connected")["port"]
        watched.json.wait_for(type="event", kind="keepalive_reply", source=service[0])
        network.cut()
        if verdict == "peer_rebooted":
            network.reboot(SERVER)
            network.restore()
        ended = program.wait_for(what="ended")
        assert ended["how"] == {"peer_dead": "ETIMEDOUT", "peer_rebooted": "ECONNRESET"}[verdict]
        watched.ended_s[verdict] = ended["at_s"]
        watched.screen.wait_for(name=verdict)
        if verdict == "peer_dead":
            network.restore()
    for each in ("json", "tcpdump", "recording"):
        getattr(watched, each).wait_for(type="verdict", verdict="peer_rebooted")


def take_down_and_up(watched: Watched) -> None:
    """The interface, not the capture; and what the terminal shows then."""
    for how, words in (("down", "went down"), ("up", "up again")):
        watched.network.client.ip("link", "set", "eth0", how)
        wait_until(lambda said=words: said in watched.plain.errors, f"the interface {words}")  # type: ignore[misc]
        wait_until(lambda said=words: said in watched.terminal.shown(), f"the screen says {words}")  # type: ignore[misc]
    watched.shown["live"] = watched.terminal.shown()


def end(watched: Watched) -> None:
    """Each in another way."""
    watched.terminal.press("q")
    wait_until(lambda: "it ended with" in watched.terminal.shown(), "the screen closes")
    watched.shown["left"] = watched.terminal.shown()
    watched.screen.write("enough")
    watched.status["screen"] = watched.screen.end()
    watched.status["json"] = watched.json.end(signal.SIGINT)
    watched.status["tcpdump"] = watched.tcpdump.end(signal.SIGTERM)
    wait_until(lambda: recorded(watched.folder) >= set(watched.ports), "what was told is recorded")
    watched.status["recording"] = watched.recording.end(signal.SIGKILL)
    watched.network.client.ip("link", "del", "eth0")
    watched.status["plain"] = watched.plain.end()


def recorded(folder: Path) -> set[str]:
    """Verdicts in the recorded tables."""
    parts = list(folder.glob("kept/tables-*/flows/*.parquet"))
    return set(pd.read_parquet(parts[0].parent)["verdict"]) if parts else set()

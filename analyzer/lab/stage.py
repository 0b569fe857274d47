"""The stage on which a scenario plays: it connects, talks and waits through this.

At its end a scenario states what the recording must give (`must_give`). Leaving the stage ends
the capture and holds the statement against what the kernel counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from analyzer.lab.application import Application
from analyzer.lab.capture import Capture, Tool
from analyzer.lab.connection import Connection, Ends, KeepAlive, view
from analyzer.lab.failures import LabError, NotAsPlannedError, SocketError
from analyzer.lab.network import CLIENT, ENDS, ROUTER, SERVER, Network
from analyzer.lab.setting import ANSWER_S, SERVICE_PORT, Setting
from analyzer.lab.truth import PRINCIPAL_COUNTERS, STOPPED, Counters, Expected, Side, confirm, require_equal
from analyzer.lab.vantage import NEAR_CLIENT, Second, Vantage

FIRST_CLIENT_PORT = 50001


class Stage(Setting):
    """A context manager around one scenario."""

    def __init__(self, network: Network, tool: Tool, path: Path) -> None:
        super().__init__(network)
        self._tool = tool
        self._path = path
        self._running = ExitStack()
        self._capture: Capture | None = None
        self._second_capture: Capture | None = None
        self.second: Second | None = None
        """What was recorded from a second vantage point at the same time."""
        self._failures: list[dict[str, Any]] = []
        self.expected: list[Expected] = []
        """What the recording must give; with all counts once the stage is left."""
        self.counters: dict[str, Counters] = {}
        """By end, and of the router, once the stage is left: how far they rose during the capture."""
        self.segments: dict[str, dict[str, int]] = {}
        """By end, where several connections share the counters: their segments and duplicates together."""
        self.states: dict[str, dict[str, int]] = {}
        """By end, once the stage is left: how many connections its kernel had in each state."""
        self.views: dict[str, list[dict[str, Any]]] = {}
        """By end, once the stage is left: options and fate of each socket, as its kernel tells them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._running:
            if kind is None:
                self._finish()

    def start_capture(self, vantage: Vantage = NEAR_CLIENT, second: Vantage | None = None) -> None:
        """From here on every frame is recorded, and what the kernel counts belongs to the recording.

        second: where else, into a file of its own; all claims are about the first.
        """
        self.vantage = vantage.over(self._network.ip_version)
        if second is not None:
            self.second = Second(second, self._path.with_stem(f"{self._path.stem}-{second.name}"))
            self._second_capture = self._capture_at(second, self.second.path)
        self._capture = self._capture_at(self.vantage, self._path)
        self._tally.begin()

    def _capture_at(self, vantage: Vantage, path: Path) -> Capture:
        only_from = self._network.links[vantage.only_from].host if vantage.only_from else None
        capture = Capture(self._tool, self._network.host(vantage.host), vantage, path, only_from)
        return self._running.enter_context(capture)

    def second_lacks(self, client: int = 0, server: int = 0) -> None:
        """State how many segments of each end stand in the first capture and not in the second."""
        if self.second is None:
            raise LabError("this scenario has no second capture that could lack anything")
        self.second = replace(self.second, lacks={CLIENT: client, SERVER: server})

    def connect(
        self,
        client: KeepAlive | None = None,
        server: KeepAlive | None = None,
        meanwhile: Callable[[], None] | None = None,
        from_any_port: bool = False,
        address: str | None = None,
    ) -> Connection:
        """A connection from the client to the service, which is started if need be.

        meanwhile: done while the client's SYN is under way. from_any_port: its kernel chooses.
        address: which of the server's.
        """
        own, service = self._next_ends(address)
        if service[0] not in self._listeners:
            self.start_service(address=address)
        own = (own[0], 0) if from_any_port else own
        handshake = self._network.client.begin_connect(own, service, client.options() if client else {})
        if meanwhile is not None:
            meanwhile()
        near = handshake()
        far = self._listeners[service[0]].accept(server.options() if server else {})
        ends = (own[0], near.own_port()), service
        for end, socket in ((CLIENT, near), (SERVER, far)):
            socket.client_port = ends[0][1]
            self._sockets[end].append(socket)
        return Connection(near, far, ends)

    def serve(self, connection: Connection) -> Application:
        """Have a process of its own reply on this connection, until the stage is left."""
        return self._running.enter_context(Application(connection.client, connection.server))

    def connect_in_vain(self, expected: str) -> Ends:
        """Try to connect where that must fail with this error; the addresses that it was tried with."""
        ends = self._next_ends()
        try:
            self._network.client.connect(*ends, {})
        except SocketError as failure:
            if failure.errno_name != expected:
                raise
            self._failures.append({"client_port": ends[0][1], "ended_with": failure.errno_name})
            return ends
        raise NotAsPlannedError("a connection was made that this scenario expects to fail")

    def let_probe(self, client: int = 0, server: int = 0, answered: bool = True) -> None:
        """Stay idle until the kernels have sent so many more keep-alives; all are answered, or none."""
        planned = {CLIENT: client, SERVER: server}
        answers = self._while_idle("TCPKeepAlive", planned)
        self._require_answers(planned, answered, answers)

    def let_probes_cross(self) -> None:
        """Both ends send a keep-alive before they hear of the other's, which the router holds meanwhile."""
        self.hold_back()
        planned = dict.fromkeys(ENDS, 1)
        answers = self._while_idle("TCPKeepAlive", planned, then=self._let_through)
        self._require_answers(planned, True, answers)

    def let_window_probe(self, client: int) -> int:
        """Stay idle until the client has sent so many more window probes; how many were answered.

        The server's kernel answers at most one such segment per 0.5 s (`tcp_invalid_ratelimit`), and
        counts those that it skipped.
        """
        skipped = self.counted(SERVER, "TCPACKSkippedSeq")
        answers = self._while_idle("TCPWinProbe", {CLIENT: client})[SERVER]
        skipped = self.counted(SERVER, "TCPACKSkippedSeq") - skipped
        require_equal("window probes that were answered", client - skipped, answers)
        return answers

    def wait_until_window_closed(self) -> None:
        """Wait until the server has said that it takes no more; the first window probe is 0.2 s away."""
        self._network.server.wait_until("TCPToZeroWindowAdv", 1)

    def wait_until_reset(self, end: str) -> None:
        """Wait until this end's kernel has given up a connection because of a RST."""
        self._network.host(end).wait_until("EstabResets", 1)

    def require_states(self, end: str, **planned: int) -> None:
        """Raise unless one end's kernel has so many connections in these states now."""
        states = self._network.host(end).states()
        for state, connections in planned.items():
            require_equal(f"connections of the {end} in {state}", connections, states.get(state, 0))

    def stop_probing(self) -> None:
        """No more keep-alives from either end; those on their way are answered when this returns."""
        for end in ENDS:
            self._network.host(end).ask("stop_probing")
        time.sleep(ANSWER_S)

    def note_answers(self, end: str, answers: int) -> None:
        """Count answers that no `let_probe` has seen, told by the sockets that sent them."""
        self._tally.answers[end] += answers

    def must_give(
        self, ends: Ends, verdict: str, client: Side, server: Side, findings: tuple[str, ...] = ()
    ) -> None:
        """State the truth about one connection: all findings (design 6), and no others."""
        self.expected.append(Expected(*ends, verdict, {CLIENT: client, SERVER: server}, findings))

    def _next_ends(self, address: str | None = None) -> Ends:
        """The addresses of the next connection; ports of our choice, so that failures have one too."""
        server = address or self._network.links[SERVER].host
        self._ports_used += 1
        port = FIRST_CLIENT_PORT + self._ports_used - 1
        return (self._network.links[CLIENT].host, port), (server, SERVICE_PORT)

    def _let_through(self) -> None:
        for end in ENDS:
            self.release(towards=end)

    def _require_answers(self, planned: dict[str, int], answered: bool, answers: dict[str, int]) -> None:
        """Raise unless each end has answered all of the other's probes; answered=False: none."""
        for end, peer in ((CLIENT, SERVER), (SERVER, CLIENT)):
            require_equal(f"answers of the {end}", planned[peer] if answered else 0, answers[end])

    def _while_idle(
        self, counter: str, more: dict[str, int], then: Callable[[], None] | None = None
    ) -> dict[str, int]:
        """Wait until the counters have risen. All that an end says meanwhile is answers: how many.

        then: what to do once they have, before the answers are waited for.
        """
        goals = {end: self._network.host(end).counters()[counter] + count for end, count in more.items()}
        spoken = {end: self._tally.spoken(end) for end in ENDS}
        for end, goal in goals.items():
            self._network.host(end).wait_until(counter, goal)
        if then is not None:
            then()
        time.sleep(ANSWER_S)
        answers = {end: self._tally.spoken(end) - spoken[end] for end in ENDS}
        for end in ENDS:
            self._tally.answers[end] += answers[end]
        return answers

    def _finish(self) -> None:
        """End the capture and confirm what was stated."""
        if self._capture is None or not self.expected:
            raise LabError("this scenario records nothing, or does not say what its recording must give")
        time.sleep(ANSWER_S)
        self.views = {end: [view(socket) for socket in self._sockets[end]] for end in ENDS}
        self.views[CLIENT] += self._failures
        self.states = {end: self._network.host(end).states() for end in ENDS}
        for end in ENDS:
            self._network.host(end).ask("stop_probing")
        self._note_unheard()
        self.counters = {name: self._tally.counters(name) for name in (*ENDS, ROUTER)}
        self._capture.finish()
        if self._second_capture is not None:
            self._second_capture.finish()
        for end in ENDS:
            later = self._tally.counters(end)
            for name in PRINCIPAL_COUNTERS:
                require_equal(
                    f"{name} of the {end} at the end", self.counters[end].get(name, 0), later.get(name, 0)
                )
            sides = [expected.sides[end] for expected in self.expected]
            confirm(end, sides, self.counters[end], self._tally.answers[end])
        self._confirm_middlebox()
        self._add_segments()

    def _confirm_middlebox(self) -> None:
        """Hold the resets that a middlebox is said to have sent against what it stopped."""
        stopped = self._middlebox.stopped() if self._middlebox else 0
        resets = sum(side.router_resets or 0 for each in self.expected for side in each.sides.values())
        sent = stopped if self._middlebox and self._middlebox.resets else 0
        require_equal("resets of the middlebox", resets, sent)
        self.counters[ROUTER][STOPPED] = stopped

    def _add_segments(self) -> None:
        """Say how many segments the kernels sent, and their copies: of each side, or of all of an end's."""
        for end in ENDS:
            sides_of_end = [each.sides[end] for each in self.expected]
            if (
                self.vantage.counts(end)
                and end not in self._unheard
                and not any(side.unseen for side in sides_of_end)
            ):
                sent = self._tally.sent(end) + sum(side.router_resets or 0 for side in sides_of_end)
                copies = sent * self.vantage.copies
                if len(self.expected) == 1:
                    sides = self.expected[0].sides
                    sides[end] = replace(sides[end], segments=sent, duplicates=copies)
                else:
                    self.segments[end] = {"segments": sent, "duplicates": copies}

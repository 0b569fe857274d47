"""Counting along: what each end's kernel sent during the capture, over a reboot too."""

from __future__ import annotations

from analyzer.lab.network import CLIENT, ENDS, ROUTER, SERVER, Network
from analyzer.lab.truth import Counters, rise, total


class Tally:
    """The kernel's counters of both ends, from `begin` on, and the answers that were seen to be sent."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._before: dict[str, Counters] = {name: {} for name in (*ENDS, ROUTER)}
        self._earlier_lives: dict[str, Counters] = {name: {} for name in (*ENDS, ROUTER)}
        self.answers = {CLIENT: 0, SERVER: 0}
        """By end: bare acknowledgments of the peer's probes, of either kind."""

    def begin(self) -> None:
        """Forget what was counted so far."""
        self._before = {name: self._network.host(name).counters() for name in (*ENDS, ROUTER)}

    def end_life(self, end: str) -> None:
        """The host at this end is about to reboot: its next kernel counts from zero."""
        self._earlier_lives[end] = self.counters(end)
        self._before[end] = {}

    def counters(self, name: str) -> Counters:
        """How far each counter of one end, or of the router, has risen, all its lives together."""
        this_life = rise(self._network.host(name).counters(), self._before[name])
        return total(self._earlier_lives[name], this_life)

    def sent(self, end: str) -> int:
        """All segments that this end sent; `OutSegs` leaves out those sent again (RFC 4022)."""
        counters = self.counters(end)
        return counters["OutSegs"] + counters["RetransSegs"]

    def spoken(self, end: str) -> int:
        """All segments that this end sent, but its own probes: in an idle phase, its answers."""
        counters = self.counters(end)
        return counters["OutSegs"] - counters["TCPKeepAlive"] - counters["TCPWinProbe"]

"""A network without a kernel: hosts whose counters a test sets by hand."""

from __future__ import annotations

from analyzer.lab.network import CLIENT, LINKS, ROUTER, SERVER


class PretendHost:
    """Reports the counters it was given, and agrees to everything."""

    def __init__(self, **counters: int) -> None:
        self.counted = {"OutSegs": 0, "RetransSegs": 0, "TCPKeepAlive": 0, "TCPWinProbe": 0} | counters

    def counters(self) -> dict[str, int]:
        return dict(self.counted)

    def states(self) -> dict[str, int]:
        return {"TIME_WAIT": 2}

    def ask(self, action: str, **arguments: object) -> None:
        pass


class PretendNetwork:
    """Client, router and server, all pretended."""

    def __init__(self) -> None:
        self.ip_version = 4
        self.links = LINKS[4]
        self.hosts = {name: PretendHost() for name in (CLIENT, ROUTER, SERVER)}

    def cut(self, towards: tuple[str, ...]) -> None:
        pass

    def restore(self) -> None:
        pass

    def host(self, end: str) -> PretendHost:
        return self.hosts[end]

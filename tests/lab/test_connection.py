"""Both sockets of a connection, and what they are told."""

from __future__ import annotations

from analyzer.lab.connection import Connection, KeepAlive


def test_a_user_timeout_is_an_option_in_milliseconds() -> None:
    without = KeepAlive(time_s=2, interval_s=1, count=3).options()
    with_it = KeepAlive(time_s=2, interval_s=1, count=3, user_timeout_s=4).options()
    assert with_it == without | {"TCP_USER_TIMEOUT": 4000}  # tcp(7)


def test_in_a_talk_each_receives_all_that_the_other_sent() -> None:
    class Told:
        def __init__(self) -> None:
            self.calls: list[tuple[str, int]] = []

        def send(self, octets: int) -> None:
            self.calls.append(("send", octets))

        def receive(self, octets: int) -> None:
            self.calls.append(("receive", octets))

    client, server = Told(), Told()
    Connection(client, server, (("192.0.2.2", 50001), ("198.51.100.2", 7777))).talk(3, 5)
    assert client.calls == [("send", 3), ("receive", 5)]
    assert server.calls == [("receive", 3), ("send", 5)]

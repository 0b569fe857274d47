"""The queue before a target: bounded, tried again, ended in time, everything counted."""

from __future__ import annotations

import threading
import time

from analyzer.alerts import Alert, Channel
from analyzer.alerts.channel import PAUSES_S, DeliveryError

ALERT = Alert("peer_dead", "{}", {})


class Scripted:
    """A target that does what a list says: "ok", "again", "never", or waits for `released`."""

    name = "scripted"

    def __init__(self, *script: str, workers: int = 1) -> None:
        self.script, self.workers = list(script), workers
        self.tried: list[float] = []
        self.released = threading.Event()
        self.most = self.running = 0
        self.lock = threading.Lock()

    def deliver(self, alert: Alert) -> None:
        with self.lock:
            self.tried.append(time.monotonic())
            what = self.script.pop(0) if self.script else "ok"
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            if what == "wait" and not self.released.wait(30):
                raise AssertionError("nobody released it")
            if what in ("again", "never"):
                raise DeliveryError("out of order", again=what == "again")
        finally:
            with self.lock:
                self.running -= 1

    def abort(self) -> None:
        self.released.set()


def wait_until(holds: object, within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_fails_is_tried_again_after_growing_pauses() -> None:
    target, said = Scripted("again", "again", "again"), list[str]()
    channel = Channel(target, said.append, pauses_s=(0.05, 0.1, 0.2))
    channel.put(ALERT)
    channel.close(10)
    assert (channel.sent, channel.failed, channel.lost) == (1, 0, 0)
    pauses = [later - earlier for earlier, later in zip(target.tried, target.tried[1:], strict=False)]
    assert all(pause >= wanted - 0.01 for pause, wanted in zip(pauses, (0.05, 0.1, 0.2), strict=True))
    assert said == [] and list(PAUSES_S) == sorted(PAUSES_S) and len(PAUSES_S) == 3


def test_it_is_not_tried_for_ever() -> None:
    target, said = Scripted(*["again"] * 8), list[str]()
    channel = Channel(target, said.append, pauses_s=(0.01, 0.01, 0.01))
    channel.put(ALERT)
    channel.put(ALERT)
    channel.close(10)
    assert len(target.tried) == 8
    assert str(channel) == "scripted: 0 alerts sent, 2 failed (the last: out of order)"
    assert said == ["an alert failed: scripted: out of order; further ones are counted"]


def test_what_cannot_help_is_not_tried_again() -> None:
    target = Scripted("never")
    channel = Channel(target, lambda _: None, pauses_s=(60.0,))
    channel.put(ALERT)
    channel.close(10)
    assert (len(target.tried), channel.failed) == (1, 1)


def test_what_the_queue_has_no_room_for_is_lost_and_counted() -> None:
    target = Scripted("wait")
    channel = Channel(target, lambda _: None, room=3)
    channel.put(ALERT)
    wait_until(lambda: target.running)
    began = time.monotonic()
    for _ in range(10):
        channel.put(ALERT)
    assert time.monotonic() - began < 5 and channel.room == 0
    target.released.set()
    channel.close(10)
    assert str(channel) == "scripted: 4 alerts sent, 7 lost"


def test_only_so_many_at_once() -> None:
    target = Scripted(*["wait"] * 20, workers=3)
    channel = Channel(target, lambda _: None)
    for _ in range(20):
        channel.put(ALERT)
    wait_until(lambda: target.running == 3)
    target.released.set()
    channel.close(10)
    assert (target.most, channel.sent) == (3, 20)


def test_closing_gives_up_in_time_and_counts_what_is_left() -> None:
    target = Scripted(*["wait"] * 5, workers=2)
    channel = Channel(target, lambda _: None)
    for _ in range(5):
        channel.put(ALERT)
    began = time.monotonic()
    channel.close(0.2)
    assert 0.2 <= time.monotonic() - began < 5
    assert channel.sent + channel.failed + channel.lost == 5 and channel.lost >= 3


def test_closing_does_not_wait_for_a_pause_to_end() -> None:
    target = Scripted("again")
    channel = Channel(target, lambda _: None, pauses_s=(60.0,))
    channel.put(ALERT)
    wait_until(lambda: target.tried)
    began = time.monotonic()
    channel.close(0.2)
    assert time.monotonic() - began < 5
    assert str(channel) == "scripted: 0 alerts sent, 1 lost"


def test_a_target_that_never_returns_keeps_nobody_waiting() -> None:
    class Stuck(Scripted):
        def abort(self) -> None:
            pass

    target = Stuck("wait")
    channel = Channel(target, lambda _: None)
    channel.put(ALERT)
    wait_until(lambda: target.running)
    began = time.monotonic()
    channel.close(0.1)
    assert time.monotonic() - began < 5 and channel.lost == 1
    target.released.set()


def test_threads_end() -> None:
    before = set(threading.enumerate())
    channel = Channel(Scripted(workers=4), lambda _: None)
    assert set(threading.enumerate()) == before
    for _ in range(8):
        channel.put(ALERT)
    channel.close(10)
    assert channel.sent == 8
    wait_until(lambda: set(threading.enumerate()) <= before)

"""A bounded queue before whoever is told, and the threads that deliver from it, again where it fails."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from analyzer.alerts.matching import Alert
from analyzer.wording import counted, number

ROOM = 1000  # alerts that wait; our choice: more than anybody reads
PAUSES_S = (1.0, 2.0, 4.0)
"""Before each further try. Our choice: a service that restarts is back by then; later the news is old."""
LAST_WORDS_S = 1.0  # for ending what is still under way when time is up


class DeliveryError(Exception):
    """An alert was not delivered; `again`: trying once more may help."""

    def __init__(self, reason: str, again: bool = True) -> None:
        super().__init__(reason)
        self.again = again


class Target(Protocol):
    """Whoever is told. name: how messages call it. workers: how many deliveries at once."""

    name: str
    workers: int

    def deliver(self, alert: Alert) -> None:
        """Deliver, or raise DeliveryError; within a bounded time."""
        ...

    def abort(self) -> None:
        """End what is under way."""
        ...


class Channel:
    """Alerts on their way to one target.

    complain: called with one line when a delivery fails for the first time, from another thread.
    """

    def __init__(
        self,
        target: Target,
        complain: Callable[[str], None],
        pauses_s: tuple[float, ...] = PAUSES_S,
        room: int = ROOM,
    ) -> None:
        self.target = target
        self.sent = self.failed = self.lost = 0
        self._complain = complain
        self._pauses_s = pauses_s
        self._waiting: queue.Queue[Alert | None] = queue.Queue(room)
        self._counting = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepted = 0
        self._reason = ""

    @property
    def room(self) -> int:
        """How many more alerts can wait."""
        return self._waiting.maxsize - self._waiting.qsize()

    def put(self, alert: Alert) -> None:
        """Queue an alert; where there is no room it is lost."""
        try:
            self._waiting.put_nowait(alert)
        except queue.Full:
            self.lose(1)
            return
        self._accepted += 1
        if len(self._threads) < min(self._accepted, self.target.workers):
            thread = threading.Thread(target=self._work, name=f"alerts {self.target.name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def lose(self, count: int) -> None:
        """Count alerts that never came as far as the queue."""
        self.lost += count

    def close(self, timeout_s: float) -> None:
        """Give what is queued so much time, then end what is under way; what was not delivered is lost."""
        self._drain(timeout_s)
        self._over.set()
        self.target.abort()
        end = monotonic() + LAST_WORDS_S
        for _ in self._threads:
            try:
                self._waiting.put_nowait(None)
            except queue.Full:  # they look at `_over` before they take another one
                break
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))
        with self._counting:
            self.lost += self._accepted - self.sent - self.failed
            self._accepted = self.sent + self.failed

    def _drain(self, timeout_s: float) -> None:
        with self._waiting.all_tasks_done:
            self._waiting.all_tasks_done.wait_for(lambda: not self._waiting.unfinished_tasks, timeout_s)

    def _work(self) -> None:
        while not self._over.is_set():
            alert = self._waiting.get()
            if alert is None:
                return
            try:
                self._deliver(alert)
            finally:
                self._waiting.task_done()

    def _deliver(self, alert: Alert) -> None:
        for pause_s in (*self._pauses_s, None):
            if self._over.is_set():
                return
            try:
                self.target.deliver(alert)
            except DeliveryError as error:
                if self._over.is_set():
                    return
                if pause_s is None or not error.again:
                    self._fail(str(error))
                    return
                self._over.wait(pause_s)
            else:
                with self._counting:
                    self.sent += 1
                return

    def _fail(self, reason: str) -> None:
        with self._counting:
            self.failed += 1
            self._reason = reason
            first = self.failed == 1
        if first:
            self._complain(f"an alert failed: {self.target.name}: {reason}; further ones are counted")

    def __str__(self) -> str:
        """alerts by --exec mail: 12 sent, 3 failed (the last: exit status 1), 1 lost"""
        if not (self.sent or self.failed or self.lost):
            return ""
        parts = [f"{counted(self.sent, 'alert')} sent"]
        if self.failed:
            parts.append(f"{number(self.failed)} failed (the last: {self._reason})")
        if self.lost:
            parts.append(f"{number(self.lost)} lost")
        return f"{self.target.name}: {', '.join(parts)}"

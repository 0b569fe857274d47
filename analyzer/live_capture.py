"""`Live`: a capture that goes on, as the object that commands, the screen and notebooks hold.

One thread reads and decodes, one tracks and looks what is new; who asks for a board, a connection or a table
waits for it no longer than a batch takes. The time of now is the last frame's and what has passed since it
came, by the monotonic clock: it is right also for captures of other machines and other days.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer import kinds, pipeline
from analyzer.analysis import Analysis
from analyzer.errors import Damage, KeepaliveError, UsageError
from analyzer.news import Board, News, Totals, Wish
from analyzer.pipeline import Diagnosis, Outcome
from analyzer.reading import Batch, ReadAhead
from analyzer.rules import SECOND_NS, Options
from analyzer.sources.live import LiveOptions, LiveSource, open_follow, open_live
from analyzer.track import MOST_FLOWS
from analyzer.watch import Boards, Processes, Search, Watch
from analyzer.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.present.timeline import Connection

LOOK_S = 0.2  # between looks for what is new; our choice: people and alerts do not notice less
PAUSES_S = {Search.NOWHERE: LOOK_S, Search.STIRRED: 1.0, Search.EVERYWHERE: 10.0}
"""Between looks that search for findings nowhere, where something stirred, and everywhere, which finds
also what only time brings."""
SHARE = 0.1  # of the time that searching may take
WAITING = 1 << 18  # segments, 31 MB: what comes while lines are written; our choice: two seconds at 130,000/s
RATE_S = 3.0  # over which the rate is measured

Teller = Callable[[News], None]


def live(
    interface: str | None = None,
    *,
    follow: str | os.PathLike[str] | None = None,
    backend: str = "",
    capture_filter: str = "",
    record: str | os.PathLike[str] | None = None,
    most_flows: int = MOST_FLOWS,
) -> Live:
    """Watch an interface ("eth0"), or `follow` a capture file that is still being written.

    It runs in threads of its own until `stop()`, or until the `with` block ends. backend: "dumpcap",
    "tcpdump" or "scapy". capture_filter: in pcap-filter's syntax, beside our own. record: a folder for
    dumpcap's ring of files. most_flows: connections to hold in memory.

    Raises UsageError, MissingToolError or UnreadableError where nothing can be captured.
    """
    if (interface is None) == (follow is None):
        raise UsageError("live: name either an interface or a file to follow")
    if follow is not None and (backend or capture_filter or record is not None):
        raise UsageError("live(follow=…): backend, capture_filter and record are for an interface")
    if not isinstance(most_flows, int) or most_flows < 1:
        raise UsageError(f"live(most_flows={most_flows!r}): a whole number above 0 is wanted")
    if pipeline.compiles_first():
        pipeline.warm_up()  # before, not while frames wait
    if follow is not None:
        source = open_follow(os.fspath(follow))
    else:
        folder = None if record is None else Path(record)
        source = open_live(
            LiveOptions(interface or "", backend=backend, capture_filter=capture_filter, record=folder)
        )
    try:
        capture = Live(source, most_flows=most_flows, processes=follow is None)
        capture.start()
    except BaseException:
        source.close()  # nobody holds it who could
        raise
    atexit.register(_end, weakref.ref(capture))  # of a recording dumpcap would go on by itself
    return capture


def _end(capture: weakref.ref[Live]) -> None:
    """Python ends, and the capture with it."""
    if (running := capture()) is not None:
        running.stop()


class Live:
    """A live capture: reads `source` once it runs (`run`, or `start` for a thread of its own).

    tell: called with what is new, in order, in the capture's thread. processes: whether to look for
    local processes of connections.
    """

    def __init__(
        self,
        source: LiveSource,
        options: Options | None = None,
        *,
        most_flows: int = MOST_FLOWS,
        tell: Sequence[Teller] = (),
        processes: bool = False,
    ) -> None:
        self.source = source
        self._options = options or Options()
        self._watch = Watch(source.facts, self._options, most_flows)
        self._diagnosis = Diagnosis(self._options.rules, self._options.profiles)
        self._boards = Boards(self._watch, self._diagnosis, Processes() if processes else None)
        self._tell = tuple(tell)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._last_ns = kinds.MISSING
        self._came = 0.0
        self._next = dict.fromkeys(Search, 0.0)
        self._totals = self._watch.totals()
        self._counted: list[tuple[float, int]] = []

    def run(self) -> None:
        """Read until the source ends or `stop`; the last news have been told then."""
        try:
            self._run()
        except BaseException as error:
            self._error = error  # before it is over, for who asks why
            raise
        finally:
            self._over.set()
            self.source.close()

    def _run(self) -> None:
        try:
            for batch in ReadAhead(self.source, self._watch.decoder, WAITING).batches(LOOK_S):
                if batch is not None:
                    self._take(batch)
                if time.monotonic() >= self._next[Search.NOWHERE] or self._watch.pressing:
                    self._look(self._what())
        except KeepaliveError as error:
            self.source.facts.damages.append(Damage(-1, str(error)))
        finally:
            self._watch.ended = True
            self._look(Search.EVERYWHERE)

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread = threading.Thread(target=self._run_aside, name="keepalive-live", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float | None = 30.0) -> None:
        """End the capture, and wait until everything that came has been told."""
        self.source.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(wait_s)
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run_aside(self) -> None:
        with suppress(BaseException):  # handed to who stops the capture
            self.run()

    @property
    def running(self) -> bool:
        """Whether the capture goes on."""
        return not self._over.is_set()

    def failure(self) -> str | None:
        """Why the capture ended: "" as asked or at the end of its input; None: it goes on."""
        if self.running:
            return None
        if self._error is not None:
            return str(self._error) or type(self._error).__name__
        return "; ".join(map(str, self.source.facts.damages))

    def totals(self) -> Totals:
        """Counts so far, as of the latest look."""
        return self._totals

    def board(self, wish: Wish) -> Board:
        """The connections of now, as far as they are wished for."""
        with self._lock:
            return self._boards.board(wish, self._totals, self._rate(), self._now_ns())

    def connection(self, flow: int) -> Connection | None:
        """One connection with its events, runs and findings, to be drawn; None: it left memory."""
        analysis = self.analysis(flow)
        if not len(analysis):
            return None
        return replace(analysis.flow(flow).connection("events"), going_on=self.running)

    def analysis(self, flow: int | None = None) -> Analysis:
        """What is in memory now, or one connection of it, as an analysis that does not change any more."""
        with self._lock:
            chosen = None if flow is None else self._watch.rows_of(flow)
            result = self._watch.result(chosen)
        return Analysis(Outcome([result], options=self._options))

    @property
    def captures(self) -> pd.DataFrame:
        """One row: the capture so far."""
        return self.analysis().captures

    @property
    def flows(self) -> pd.DataFrame:
        """One row per connection in memory."""
        return self.analysis().flows

    @property
    def events(self) -> pd.DataFrame:
        """The latest events of these."""
        return self.analysis().events

    @property
    def probe_runs(self) -> pd.DataFrame:
        """Their runs of keep-alive probes."""
        return self.analysis().probe_runs

    @property
    def handshakes(self) -> pd.DataFrame:
        """Their handshakes."""
        return self.analysis().handshakes

    @property
    def findings(self) -> pd.DataFrame:
        """What is worth telling of them."""
        return self.analysis().findings

    def _take(self, batch: Batch) -> None:
        with self._lock:
            self._watch.step(batch)
            self._last_ns, self._came = batch.end_ns, time.monotonic()

    def _now_ns(self) -> int:
        if self._last_ns == kinds.MISSING:
            return kinds.MISSING
        return self._last_ns + round((time.monotonic() - self._came) * SECOND_NS)

    def _what(self) -> Search:
        """The widest search that is due."""
        now = time.monotonic()
        due = [search for search in Search if now >= self._next[search]]
        return max(due, key=lambda search: search.value, default=Search.NOWHERE)

    def _look(self, search: Search) -> None:
        begun = time.monotonic()
        with self._lock:
            self._watch.dropped = self.source.drops()
            news = self._watch.look(self._now_ns(), search)
            self._totals = self._watch.totals()
        self._count(begun)
        self._schedule(search, begun, time.monotonic())
        for each in news:
            for tell in self._tell:
                tell(each)

    def _schedule(self, search: Search, begun: float, done: float) -> None:
        """No sooner than its pause, and so that searching takes no more than its share of the time."""
        for each, pause in PAUSES_S.items():
            if each.value < search.value:
                self._next[each] = done + pause
        self._next[search] = done + max(PAUSES_S[search], (done - begun) / SHARE)

    def _count(self, now: float) -> None:
        self._counted.append((now, self._totals.segments))
        while len(self._counted) > 2 and now - self._counted[1][0] >= RATE_S:
            del self._counted[0]

    def _rate(self) -> float:
        """Segments a second of late."""
        if len(self._counted) < 2:
            return 0.0
        (since, before), (until, after) = self._counted[0], self._counted[-1]
        return (after - before) / max(until - since, 1e-3)

    def __enter__(self) -> Live:
        if self._thread is None:
            self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def _repr_html_(self) -> str:
        return self.analysis()._repr_html_()

    def __repr__(self) -> str:
        how = (self.source.trouble or "running") if self.running else "ended"
        seen = counted(self._totals.connections, "connection")
        return f"<Live capture of {self.source.facts.path}, {how}: {seen}>"

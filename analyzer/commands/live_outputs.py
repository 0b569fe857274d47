"""Who is told of a live capture: lines, alerts, metrics, recorded tables, and the exit status."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from analyzer import found
from analyzer.commands import choices, outputs
from analyzer.commands.main import complain
from analyzer.errors import KeepaliveError
from analyzer.kinds import PROBLEM, VERDICT_SEVERITY
from analyzer.news import News, Totals
from analyzer.pipeline import Diagnosis
from analyzer.present.live_lines import PlainLines
from analyzer.rules import Options
from analyzer.sources.live import LiveSource
from analyzer.tables.lines import JsonLines

if TYPE_CHECKING:
    from analyzer.alerts import Alerts
    from analyzer.metrics import MetricsServer
    from analyzer.tables.parts import PartsWriter

LOOK_S = 0.5  # between looks at what else is to be done
FLUSH_S = 5.0  # between writings of the tables: what a power cut may take away
ALERTS_S = 10.0  # at the end, for alerts that wait
MOST_KEPT = 100  # messages while a screen is open
SHOWN_S = 30.0  # for so long the screen shows a message


class Messages:
    """Lines on standard error; an open screen shows the latest, and they are kept until it is closed."""

    def __init__(self) -> None:
        self._kept: deque[str] | None = None
        self._latest = "", -SHOWN_S

    def latest(self) -> str:
        """What was said a moment ago; "": nothing."""
        message, said_s = self._latest
        return message if time.monotonic() - said_s < SHOWN_S else ""

    def say(self, message: str) -> None:
        """Now, or when the screen is closed."""
        self._latest = message, time.monotonic()
        if self._kept is None:
            complain(message)
        else:
            self._kept.append(message)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """While a screen is open."""
        self._kept = deque(maxlen=MOST_KEPT)
        try:
            yield
        finally:
            kept, self._kept = self._kept, None
            for message in kept:
                complain(message)


class Lines(Protocol):
    """`JsonLines` or `PlainLines`."""

    def tell(self, news: News) -> None:
        """Write what is new."""
        ...

    def end(self, totals: Totals) -> None:
        """Write the summary."""
        ...


class Recording:
    """Writes the tables; where that fails it is said, and the capture goes on without."""

    def __init__(self, writer: PartsWriter, messages: Messages) -> None:
        self._writer: PartsWriter | None = writer
        self._messages = messages
        self.failed = False

    def tell(self, news: News) -> None:
        """Take note of news."""
        self._try(lambda writer: writer.add(news))

    def flush(self) -> None:
        """Write what there is."""
        self._try(lambda writer: writer.flush())

    def _try(self, act: Callable[[PartsWriter], None]) -> None:
        if self._writer is None:
            return
        try:
            act(self._writer)
        except OSError as error:
            self._writer, self.failed = None, True
            where = f": {error.filename}" if error.filename else ""
            self._messages.say(f"the tables are recorded no further: {error.strerror or error}{where}")


class FailOn:
    """Whether there was a verdict or finding of those that `--fail-on` names."""

    def __init__(self, verdicts: list[int], findings: list[int]) -> None:
        self._verdicts = verdicts
        self._findings = findings
        self._wide = False

    def tell(self, news: News) -> None:
        """Note findings that no connection is counted for."""
        self._wide |= any(each.name in self._findings and not len(each.flows) for each in news.findings)

    def matched(self, totals: Totals) -> bool:
        """By what the whole capture came to."""
        judged = any(totals.verdicts[code] for code in self._verdicts)
        return self._wide or judged or any(totals.findings[name] for name in self._findings)


class LiveOutputs:
    """Everything that is told, as the options say; checked before anything is captured."""

    def __init__(self, arguments: argparse.Namespace, options: Options, messages: Messages) -> None:
        self._messages = messages
        self._options = options
        self._metrics_at = _checked_address(arguments.metrics)
        self._metrics: MetricsServer | None = None
        wanted = arguments.plain or arguments.json
        self.on_screen = not wanted and sys.stdout.isatty() and sys.stdin.isatty()
        self._lines = self._make_lines(arguments)
        self._fail_on = FailOn(*choices.fail_on(arguments.fail_on))
        self._alerts = self._make_alerts(arguments)
        self.recording: Recording | None = None

    def _diagnosis(self) -> Diagnosis:
        """One for each: they run in different threads."""
        return Diagnosis(self._options.rules, self._options.profiles)

    def _make_lines(self, arguments: argparse.Namespace) -> Lines:
        filters = choices.ends(arguments)
        if arguments.json:
            return JsonLines(sys.stdout, self._diagnosis(), filters)
        return PlainLines(sys.stdout, outputs.clock_for(arguments), self._diagnosis(), filters)

    def _make_alerts(self, arguments: argparse.Namespace) -> Alerts | None:
        verdicts, findings = choices.fail_on(arguments.alert_on, "--alert-on")
        if not (arguments.exec or arguments.webhook):
            return None
        from analyzer.alerts import Alerts, Channel, Command, Webhook

        if not arguments.alert_on:
            verdicts = [code for code, severity in enumerate(VERDICT_SEVERITY) if severity == PROBLEM]
            findings = [code for code, severity in enumerate(found.SEVERITY) if severity == PROBLEM]
        channels = []
        if arguments.exec:
            channels.append(Channel(Command(arguments.exec), self._messages.say))
        if arguments.webhook:
            channels.append(Channel(Webhook(arguments.webhook), self._messages.say))
        return Alerts(verdicts, findings, self._diagnosis(), channels)

    def begin_recording(self, folder: str | None) -> None:
        """Make the tables of this run, if they are wanted."""
        if folder is not None:
            from analyzer.tables.parts import PartsWriter

            tables = Path(folder) / time.strftime("tables-%Y%m%dT%H%M%S")
            self.recording = Recording(PartsWriter(tables, self._diagnosis()), self._messages)

    @property
    def tellers(self) -> list[Callable[[News], None]]:
        """Whom the capture tells what is new; lines last, since their reader may go away."""
        every = (self._fail_on, self._alerts, self.recording, None if self.on_screen else self._lines)
        return [each.tell for each in every if each is not None]

    def serve_metrics(self, totals: Callable[[], Totals]) -> None:
        """Begin to serve metrics, if they are wanted."""
        if self._metrics_at is not None:
            from analyzer.metrics import serve

            self._metrics = serve(self._metrics_at, totals)
            if self._metrics_at.rpartition(":")[2] == "0":
                self._messages.say(f"metrics are at http://{self._metrics.address}/metrics")

    def end(self, totals: Totals) -> None:
        """The last words."""
        self._lines.end(totals)

    def status(self, totals: Totals) -> int:
        """The exit status, as far as what was told decides it."""
        if self.recording is not None and self.recording.failed:
            return KeepaliveError.exit_status
        return 1 if self._fail_on.matched(totals) else 0

    def __enter__(self) -> LiveOutputs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._metrics is not None:
            self._metrics.close()
        if self.recording is not None:
            self.recording.flush()
        if self._alerts is not None:
            said = self._alerts.close(ALERTS_S if kind is None else 0.0)
            if said:
                self._messages.say(said)


def _checked_address(address: str | None) -> str | None:
    if address is not None:
        from analyzer.metrics import host_and_port

        host_and_port(address)
    return address


class Housekeeping:
    """In a thread: says what happens to the source, has the tables written, ends the capture in time."""

    def __init__(
        self, source: LiveSource, told: LiveOutputs, messages: Messages, duration_s: float | None
    ) -> None:
        self._source = source
        self._recording = told.recording
        self._messages = messages
        self._end = None if duration_s is None else time.monotonic() + duration_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepalive-house", daemon=True)

    def _run(self) -> None:
        flush = time.monotonic() + FLUSH_S
        while not self._over.wait(LOOK_S):
            self._say_notices()
            if self._recording is not None and time.monotonic() >= flush:
                self._recording.flush()
                flush = time.monotonic() + FLUSH_S
            if self._end is not None and time.monotonic() >= self._end:
                self._source.stop()

    def _say_notices(self) -> None:
        for notice in self._source.notices():
            self._messages.say(notice)

    def __enter__(self) -> Housekeeping:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._say_notices()

"""Counts of a live capture for Prometheus, served over HTTP. docs/metrics.md lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from analyzer import found
from analyzer.errors import KeepaliveError, UsageError
from analyzer.kinds import MISSING, VERDICT_WORDS
from analyzer.news import Totals
from analyzer.wording import endpoint

if TYPE_CHECKING:
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import Metric

LOOPBACK = "127.0.0.1"
LAST_WORDS_S = 2.0  # for requests that are being answered when the server ends


class MetricsServer:
    """A running server. address: where it listens, also where port 0 was asked for."""

    def __init__(self, server: WSGIServer, thread: Thread) -> None:
        self._server = server
        self._thread = thread
        host, port, *_ = server.server_address
        self.address = endpoint(str(host), int(port))

    def close(self) -> None:
        """Stop answering, and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(LAST_WORDS_S)


class TotalsCollector:
    """Turns the totals of the moment into metrics, each time they are asked for."""

    def __init__(self, totals: Callable[[], Totals]) -> None:
        self._totals = totals

    def collect(self) -> Iterator[Metric]:
        """All metrics; what is not known is left out."""
        totals = self._totals()
        yield from _of_connections(totals)
        yield from _of_frames(totals)
        yield from _of_times(totals)


def serve(address: str, totals: Callable[[], Totals]) -> MetricsServer:
    """Serve metrics at [HOST:]PORT, on loopback where no host is given.

    totals: called in other threads, at each request. Raises UsageError where the address makes no sense,
    KeepaliveError where nobody can listen there.
    """
    from prometheus_client import CollectorRegistry, start_http_server

    host, port = host_and_port(address)
    registry = CollectorRegistry()  # ours alone: nothing of this process and its Python
    registry.register(TotalsCollector(totals))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise KeepaliveError(f"--metrics {endpoint(host, port)}: {reason}") from None
    server.handle_error = _ignore  # type: ignore[assignment,method-assign]
    return MetricsServer(server, thread)


def _ignore(*_: object) -> None:
    """Whoever goes away in the middle of a request is no news: standard error belongs to people."""


def host_and_port(address: str) -> tuple[str, int]:
    """9100, 0.0.0.0:9100, localhost:9100, [::1]:9100"""
    match = re.fullmatch(r"(?:(?:\[([0-9A-Fa-f:.%\w]+)\]|([\w.-]+)):)?(\d{1,5})", address, re.ASCII)
    if match is None or int(match[3]) > 65535:
        wanted = "a port is wanted, or an address and a port, such as 9100, 0.0.0.0:9100 or [::1]:9100"
        raise UsageError(f"--metrics {address!r}: {wanted}")
    return match[1] or match[2] or LOOPBACK, int(match[3])


def _of_connections(totals: Totals) -> Iterator[Metric]:
    seen = zip(VERDICT_WORDS, totals.verdicts, strict=True)
    yield _gauges(
        "connections", "Connections seen, by their verdict now or when they left memory.", "verdict", seen
    )
    yield _counter("connections_seen", "Connections seen.", totals.connections)
    yield _gauge("held_connections", "Connections in memory.", totals.held)
    unsaid = "Connections of which nothing came and that were not told one by one, as in a flood."
    yield _counter("unsaid_connections", unsaid, totals.unsaid)
    told = zip(found.WORDS, totals.findings, strict=False)  # there may be room for more names
    yield _gauges(
        "findings", "Connections for which a finding holds, or did when they left memory.", "finding", told
    )
    retired = "Connections that left memory, by why."
    yield _counters("retired_flows", retired, "why", totals.retired.items())
    yield _counter("probes", "Keep-alive probes seen.", totals.probes)
    yield _gauge("unanswered_probes", "Of these, the ones that nothing has answered.", totals.unanswered)


def _of_frames(totals: Totals) -> Iterator[Metric]:
    yield _counter("frames", "Frames seen, of whatever protocol.", totals.frames)
    yield _counter("segments", "TCP segments seen.", totals.segments)
    if totals.dropped is not None:
        lost = "Frames that the capturing program says it lost; absent while it says nothing."
        yield _counter("dropped_frames", lost, totals.dropped)
    yield _counter("late_segments", "Segments of connections that had left memory.", totals.late)
    yield _counter("untracked_segments", "Segments for which there was no room.", totals.untracked)


def _of_times(totals: Totals) -> Iterator[Metric]:
    for name, text, time_ns in (
        ("start_time_seconds", "Time of the first frame, since the epoch.", totals.start_ns),
        ("time_seconds", "Time of the last frame and what has passed since, since the epoch.", totals.now_ns),
    ):
        if time_ns != MISSING:
            yield _gauge(name, text, time_ns / 1e9)


def _gauge(name: str, text: str, value: float) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(f"keepalive_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(f"keepalive_{name}", text, value=value)


def _gauges(name: str, text: str, label: str, values: Iterable[tuple[str, int]]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"keepalive_{name}", text, labels=(label,))
    for word, value in values:
        family.add_metric((word,), value)
    return family


def _counters(name: str, text: str, label: str, values: Iterable[tuple[str, int]]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(f"keepalive_{name}", text, labels=(label,))
    for word, value in values:
        family.add_metric((word,), value)
    return family

"""Metrics, as Prometheus would scrape them."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from analyzer import found
from analyzer.errors import KeepaliveError, UsageError
from analyzer.kinds import MISSING, VERDICT_WORDS
from analyzer.metrics import MetricsServer, host_and_port, serve
from analyzer.news import Totals
from tests.helpers_news import ROOT, analyzed, totals_of

Samples = dict[tuple[str, str], float]


@pytest.fixture(scope="module")
def totals() -> Totals:
    seen = totals_of(analyzed("peer-dead", "middlebox-timeout"))
    return replace(seen, dropped=7, retired={"closed": 3, 'odd "one"\n': 1}, late=2, untracked=5, unsaid=9)


@contextmanager
def served(address: str, totals: Callable[[], Totals]) -> Iterator[MetricsServer]:
    server = serve(address, totals)
    try:
        yield server
    finally:
        server.close()


def text_at(address: str, path: str = "/metrics") -> str:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read().decode()
    finally:
        connection.close()


def scraped(address: str) -> Samples:
    """Samples by name and label value; each family must be documented and have its type."""
    samples: Samples = {}
    for family in text_string_to_metric_families(text_at(address)):
        assert family.documentation.endswith(".") and family.type in ("gauge", "counter")
        for sample in family.samples:
            assert (family.type == "counter") == sample.name.endswith("_total")
            samples[sample.name, "".join(sample.labels.values())] = sample.value
    return samples


def test_what_a_scrape_says(totals: Totals) -> None:
    with served("0", lambda: totals) as server:
        samples = scraped(server.address)
    for word, count in zip(VERDICT_WORDS, totals.verdicts, strict=True):
        assert samples["keepalive_connections", word] == count
    for word, count in zip(found.WORDS, totals.findings, strict=False):
        assert samples["keepalive_findings", word] == count
    assert samples["keepalive_findings", "peer_dead"] >= 1
    rest = {name: value for (name, label), value in samples.items() if not label}
    assert rest == {
        "keepalive_connections_seen_total": totals.connections,
        "keepalive_held_connections": totals.held,
        "keepalive_unsaid_connections_total": 9,
        "keepalive_probes_total": totals.probes,
        "keepalive_unanswered_probes": totals.unanswered,
        "keepalive_frames_total": totals.frames,
        "keepalive_segments_total": totals.segments,
        "keepalive_dropped_frames_total": 7,
        "keepalive_late_segments_total": 2,
        "keepalive_untracked_segments_total": 5,
        "keepalive_start_time_seconds": totals.start_ns / 1e9,
        "keepalive_time_seconds": totals.now_ns / 1e9,
    }
    retired = {
        label: value for (name, label), value in samples.items() if name == "keepalive_retired_flows_total"
    }
    assert retired == totals.retired


def test_what_is_not_known_is_left_out(totals: Totals) -> None:
    early = replace(totals, now_ns=MISSING, start_ns=MISSING, dropped=None)
    with served("0", lambda: early) as server:
        names = {name for name, _ in scraped(server.address)}
    assert not names & {
        "keepalive_dropped_frames_total",
        "keepalive_time_seconds",
        "keepalive_start_time_seconds",
    }


def test_each_scrape_has_the_totals_of_the_moment(totals: Totals) -> None:
    now = [totals]
    with served("0", lambda: now[0]) as server:
        assert scraped(server.address)["keepalive_frames_total", ""] == totals.frames
        now[0] = replace(totals, frames=totals.frames + 1)
        assert scraped(server.address)["keepalive_frames_total", ""] == totals.frames + 1


def test_only_our_metrics(totals: Totals) -> None:
    with served("0", lambda: totals) as server:
        assert all(name.startswith("keepalive_") for name, _ in scraped(server.address))


def test_loopback_unless_another_host_is_named(totals: Totals) -> None:
    with served("0", lambda: totals) as server:
        assert server.address.startswith("127.0.0.1:")
    with served("localhost:0", lambda: totals) as server:
        assert scraped(server.address)


def test_ipv6(totals: Totals) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no IPv6 loopback")
    with served("[::1]:0", lambda: totals) as server:
        assert server.address.startswith("[::1]:")
        assert scraped(server.address)["keepalive_frames_total", ""] == totals.frames


def test_a_port_that_is_taken(totals: Totals) -> None:
    with served("0", lambda: totals) as server:
        with pytest.raises(
            KeepaliveError, match=f"--metrics {server.address}: address already in use"
        ) as caught:
            serve(server.address, lambda: totals)
        assert caught.value.exit_status == 3
    serve(server.address, lambda: totals).close()


def test_a_host_that_is_not_ours(totals: Totals) -> None:
    with pytest.raises(KeepaliveError, match=r"--metrics 192.0.2.1:9100: cannot assign"):
        serve("192.0.2.1:9100", lambda: totals)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("9100", ("127.0.0.1", 9100)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("my-host.example:1", ("my-host.example", 1)),
        ("[2001:db8::1]:65535", ("2001:db8::1", 65535)),
        ("[fe80::1%eth0]:9", ("fe80::1%eth0", 9)),
    ],
)
def test_addresses(address: str, parts: tuple[str, int]) -> None:
    assert host_and_port(address) == parts


@pytest.mark.parametrize(
    "address", ["", ":", "host", "host:", ":9100x", "65536", "::1:9100", "a b:1", "1:2:3", "９１"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="a port is wanted, or an address and a port"):
        host_and_port(address)


def test_a_client_that_goes_away_is_no_news(totals: Totals, capfd: pytest.CaptureFixture[str]) -> None:
    with served("0", lambda: totals) as server:
        host, _, port = server.address.rpartition(":")
        for words in (b"GET /metrics HTTP/1.1\r\n", b"\xff\x00 nonsense\r\n\r\n"):
            with socket.create_connection((host, int(port)), timeout=10) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST at close
                client.sendall(words)
        assert scraped(server.address)
    assert capfd.readouterr().err == ""


def test_closing_ends_its_thread_and_gives_the_port_back(totals: Totals) -> None:
    before = set(threading.enumerate())
    with served("0", lambda: totals) as server:
        pass
    assert set(threading.enumerate()) <= before
    with pytest.raises(OSError):
        text_at(server.address)


def test_the_documentation_lists_every_metric(totals: Totals) -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    with served("0", lambda: totals) as server:
        names = {name for name, _ in scraped(server.address)}
    assert [name for name in sorted(names) if f"`{name}" not in text] == []

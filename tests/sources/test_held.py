"""Packets that a program holds already: scapy's and pyshark's, as people have them in a notebook."""

from __future__ import annotations

import asyncio
import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.dot11 import Dot11, RadioTap
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import LLC, SNAP, CookedLinux, Ether
from scapy.packet import Raw
from scapy.plist import PacketList
from scapy.utils import PcapNgReader, rdpcap, wrpcap

import analyzer as ka
from analyzer.sources.scapy_packets import open_packets

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

TABLES = ("flows", "events", "probe_runs", "handshakes", "packets")


def assert_same(ours: ka.Analysis, theirs: ka.Analysis) -> None:
    for name in TABLES:
        mine, other = (
            each.packets() if name == "packets" else getattr(each, name) for each in (ours, theirs)
        )
        assert mine.astype(str).equals(other.astype(str)), name


@pytest.mark.parametrize("name", ["peer-dead", "alive-ipv6", "zero-window", "host-unreachable"])
def test_a_packet_list_of_scapy(recorded: Path, name: str) -> None:
    path = recorded / f"{name}.pcapng"
    packets = rdpcap(str(path))
    read = ka.analyze(packets)
    assert_same(ka.analyze(path), read)
    assert list(read.captures.path) == list(read.captures.format) == ["scapy packets"]
    assert repr(read).startswith("<Analysis of scapy packets: 1 connection")


def test_packets_that_are_gone_through_once(recorded: Path) -> None:
    path = recorded / "peer-dead.pcapng"
    with PcapNgReader(str(path)) as reader:
        read = ka.analyze(reader)
    assert_same(ka.analyze(path), read)
    assert read.flow(0).timeline() == ka.analyze(path).flow(0).timeline().replace(str(path), "scapy packets")
    assert read.plan().connections.shape == ka.analyze(path).plan().connections.shape


def test_some_of_the_packets(recorded: Path) -> None:
    packets = rdpcap(str(recorded / "peer-dead.pcapng"))
    assert ka.analyze(packets.filter(lambda each: TCP in each)).verdicts == {"peer_dead": 1}
    assert ka.analyze(packets[:12]).verdicts == {"probing": 1}
    assert ka.analyze(iter(packets[:12])).verdicts == {"probing": 1}


def test_packets_made_by_hand() -> None:
    ends = {"sport": 40000, "dport": 80}
    made = [
        Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / TCP(**ends, flags="S", seq=100),
        CookedLinux(proto=0x0800)
        / IP(src="10.0.0.2", dst="10.0.0.1")
        / TCP(sport=80, dport=40000, flags="RA", seq=0, ack=101),
        IP(src="10.0.0.1", dst="10.0.0.2") / TCP(**ends, flags="S", seq=900),
        IPv6(src="::1", dst="::2") / TCP(**ends, flags="S", seq=100),
    ]
    for second, packet in enumerate(made):
        packet.time = 1_700_000_000 + second * 0.25
    read = ka.analyze(made)
    assert list(read.flows.verdict) == ["refused", "no_answer", "no_answer"]
    assert read.flows.duration_s[0] == pytest.approx(0.25)
    assert len(read.captures.link_types[0]) == 4  # raw IP has another number on OpenBSD


def syn(time: Any = 1_700_000_000, **fields: Any) -> Any:
    packet = Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / TCP(flags="S", **fields)
    packet.time = time
    return packet


def test_bytes_that_scapy_could_not_take_apart(tmp_path: Path) -> None:
    """A frame too short for its link layer becomes Raw, as does one of a link type that scapy lacks."""
    path, short, whole = tmp_path / "short.pcap", Raw(b"\0" * 13), syn()
    short.time = whole.time
    wrpcap(str(path), [whole, short], linktype=1)
    packets = rdpcap(str(path))
    assert type(packets[1]) is Raw
    read = ka.analyze(packets)
    assert read.verdicts == {"no_answer": 1}
    assert list(read.captures.frames) == [2]
    assert read.captures.skipped[0] == {"link type 147 (private use 0)": 1}
    with pytest.raises(
        ka.UsageError, match="^analyze: scapy knows the link layer of none of these packets: "
    ):
        ka.analyze(packets[1:])


@pytest.mark.parametrize("time", [-1, 3e10, float("nan"), float("inf"), None, "now", 10**400])
def test_times_that_no_capture_can_have(time: Any) -> None:
    with pytest.raises(ka.UnreadableError, match="^scapy packets: packet 2 has no time that a capture can"):
        ka.analyze([syn(), syn(time)])


def test_a_float_is_good_for_a_microsecond() -> None:
    times = [1_700_000_000 + micro / 1e6 for micro in range(0, 999_999, 1013)]
    packets = [syn(time, sport=1024 + place) for place, time in enumerate(times)]
    read = ka.analyze(iter(packets)).packets().time
    assert [each.value % 10**9 for each in read] == [micro * 1000 for micro in range(0, 999_999, 1013)]


def test_a_packet_longer_than_any_capture_has() -> None:
    packet = Ether() / Raw(b"x" * 17_000_000)
    packet.time = 1_700_000_000
    read = ka.analyze([packet, syn()])
    assert not read.damages and list(read.captures.frames) == [2] and len(read) == 1


def test_many_packets_come_in_large_pieces() -> None:
    """A chunk for each packet took ten times as long as scapy itself."""
    packet = syn()
    source = open_packets((packet for _ in range(30_000)), "")
    with source:
        sizes = [len(chunk.frames) for chunk in source.chunks()]
    assert sum(sizes) == 30_000 and len(sizes) < 10


@pytest.mark.tshark
def test_scapy_packets_that_only_tshark_knows(tshark: str, recorded: Path) -> None:
    wireless = []
    for packet in rdpcap(str(recorded / "peer-dead.pcapng")):
        if IP in packet:
            frame = RadioTap() / Dot11(type=2, FCfield=2) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
            wireless.append(frame / SNAP(OUI=0, code=0x0800) / packet[IP])
            wireless[-1].time = packet.time
    assert ka.analyze(wireless).flows.empty
    read = ka.analyze(wireless, reader="tshark")
    assert read.verdicts == {"peer_dead": 1} and list(read.captures.path) == ["scapy packets"]


@pytest.fixture
def file_capture(tshark: str) -> Iterator[Callable[..., Any]]:
    import pyshark

    opened = []

    def open_it(*words: Any, **settings: Any) -> Any:
        opened.append(pyshark.FileCapture(*words, eventloop=asyncio.new_event_loop(), **settings))
        return opened[-1]

    yield open_it
    for capture in opened:
        # asyncio may lose the status of a tshark that has ended to Popen.poll, and call that 255
        with warnings.catch_warnings(), suppress(pyshark.capture.capture.TSharkCrashException):
            warnings.simplefilter("ignore")
            capture.close()
        capture._running_processes.clear()  # or it is closed again when it is forgotten
        capture.eventloop.close()
    opened.clear()
    gc.collect()  # pyshark leaves transports open


@pytest.mark.tshark
def test_a_file_capture_of_pyshark(recorded: Path, file_capture: Callable[..., Any]) -> None:
    path = recorded / "peer-dead.pcapng"
    for settings in ({}, {"use_ek": True}, {"include_raw": True, "use_json": True}):
        assert_same(ka.analyze(path), ka.analyze(file_capture(str(path), **settings)))


@pytest.mark.tshark
def test_what_its_tshark_was_to_write_is_not_asked_again(
    recorded: Path, file_capture: Callable[..., Any]
) -> None:
    path = recorded / "peer-dead.pcapng"
    for words in (["-z", "conv,tcp"], ["-T", "json"], ["-V"], ["-q"]):
        assert_same(ka.analyze(path), ka.analyze(file_capture(str(path), custom_parameters=words)))


@pytest.mark.tshark
def test_its_display_filter_holds(recorded: Path, file_capture: Callable[..., Any]) -> None:
    path = recorded / "many-connections.pcapng"
    chosen = ka.analyze(path).where(verdict="peer_dead")
    one = chosen.flow(int(chosen.flows.flow.iloc[0]))
    read = ka.analyze(file_capture(path, display_filter=one.display_filter))
    assert list(read.flows.reason) == [one.reason]
    assert list(read.events.frame) == list(one.events.frame)
    assert set(read.captures.skipped[0]) == {"left out by a display filter"}
    assert str(read.captures.path[0]) == str(path)


@pytest.mark.tshark
def test_packets_that_pyshark_has_loaded(recorded: Path, file_capture: Callable[..., Any]) -> None:
    for name in ("peer-dead", "host-unreachable", "alive-ipv6"):
        path = recorded / f"{name}.pcapng"
        capture = file_capture(str(path))
        packets = list(capture)
        read = ka.analyze(packets)
        assert_same(ka.analyze(path), read)
        assert list(read.captures.path) == ["pyshark packets"]
    assert ka.analyze(packets[4:]).captures.frames[0] == len(packets)


@pytest.mark.tshark
def test_packets_of_a_capture_without_a_file(recorded: Path, tshark: str) -> None:
    import pyshark

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    packets = rdpcap(str(recorded / "peer-dead.pcapng"))
    capture = pyshark.InMemCapture(eventloop=loop)
    try:
        loaded = capture.parse_packets(
            [bytes(each) for each in packets], [float(each.time) for each in packets]
        )
    finally:
        capture.close()
        loop.close()
        asyncio.set_event_loop(None)
        gc.collect()
    assert ka.analyze(loaded).verdicts == {"peer_dead": 1}
    with pytest.raises(
        ka.UsageError, match="^analyze: InMemCapture: it holds no packets; hand over those it"
    ):
        ka.analyze(capture)


@pytest.mark.tshark
def test_a_capture_that_has_loaded_its_packets(recorded: Path, tshark: str) -> None:
    """As a live one has after sniff(): iterating over it would capture."""
    from pyshark.capture.pipe_capture import PipeCapture

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pipe = os.open(recorded / "peer-dead.pcapng", os.O_RDONLY)
    capture = PipeCapture(pipe, eventloop=loop)
    try:
        capture.load_packets(packet_count=12)
        assert ka.analyze(capture).verdicts == {"probing": 1}
    finally:
        capture.close()
        loop.close()
        asyncio.set_event_loop(None)
        gc.collect()


@pytest.mark.tshark
def test_packets_without_fields(recorded: Path, file_capture: Callable[..., Any]) -> None:
    path = str(recorded / "peer-dead.pcapng")
    for settings in ({"only_summaries": True}, {"use_ek": True}):
        with pytest.raises(ka.UsageError, match="^analyze: pyshark packets .*: hand over the file$"):
            ka.analyze(list(file_capture(path, **settings)))


def test_what_is_no_capture() -> None:
    with pytest.raises(
        ka.UsageError, match=r"^analyze: int: a path, scapy packets or a pyshark capture is wanted$"
    ):
        ka.analyze(3)  # type: ignore[arg-type]
    with pytest.raises(
        ka.UsageError, match=r"^analyze: list of int: packets of scapy or pyshark are wanted$"
    ):
        ka.analyze([3])
    for nothing in ([], PacketList([])):
        with pytest.raises(ka.UnreadableError, match=r"^\w+: there are no packets in it$"):
            ka.analyze(nothing)
    with pytest.raises(
        ka.UsageError, match="^analyze: scapy packets that begin with TCP: a link layer or IP is wanted$"
    ):
        ka.analyze([TCP()])
    with pytest.raises(ka.UnreadableError, match="^scapy packets: packet 1 has no bytes: "):
        ka.analyze([Ether() / IP(ttl="much")])


def test_only_files_can_be_joined(recorded: Path) -> None:
    packets = rdpcap(str(recorded / "peer-dead.pcapng"))
    with pytest.raises(ka.UsageError, match="^join: only files can be joined$"):
        ka.analyze(packets, recorded / "alive.pcapng", join=True)
    both = ka.analyze(packets, recorded / "alive.pcapng")
    assert sorted(both.flows.verdict) == ["alive", "peer_dead"] and len(both.packets())

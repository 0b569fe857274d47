"""Generated captures are repeatable, valid TCP, and hold what their sidecar says."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.generate import Settings, batches, generate, sidecar
from benchmarks.lives import TALK_FRAMES, phase_switches
from benchmarks.render import FORMATS, PATTERN, PATTERN_SUM, ends
from benchmarks.slices import count_frames
from benchmarks.traffic import FRAME

SMALL = Settings(frames=6000, flows=60, seed=7)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("generated") / "small.pcap"
    generate(path, SMALL)
    return path


def tshark(path: Path, *words: str) -> list[str]:
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    checks = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    command = ["tshark", "-n", "-r", str(path), *checks, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path, small: Path) -> None:
    generate(tmp_path / "again.pcap", SMALL)
    generate(tmp_path / "other.pcap", Settings(frames=6000, flows=60, seed=8))
    assert (tmp_path / "again.pcap").read_bytes() == small.read_bytes()
    assert (tmp_path / "other.pcap").read_bytes() != small.read_bytes()


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_exactly_the_frames_asked_for(tmp_path: Path, form: str) -> None:
    path = tmp_path / form
    truth = generate(path, Settings(frames=1234, flows=20, format=form, snap=99))
    assert truth["frames"] == count_frames(path) == 1234
    assert json.loads(sidecar(path).read_text(encoding="utf-8")) == truth
    assert truth["bytes"] == path.stat().st_size


def test_frames_are_in_order_of_time_over_all_batches() -> None:
    for settings in (SMALL, Settings(short_connections=50_000)):
        times = np.concatenate([batch["time"] for batch in batches(settings)])
        assert (np.diff(times) >= 0).all()


def test_every_flow_has_addresses_and_ports_of_its_own() -> None:
    frames = np.zeros(300_000, FRAME)
    frames["flow"] = np.arange(frames.size) * 223
    at = ends(frames)
    assert len(set(zip(at.host[0], at.port[0], at.host[1], at.port[1], strict=True))) == frames.size
    assert at.port.max() < 65536


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.9])
def test_the_keepalive_share_follows_from_the_switches(share: float) -> None:
    fall, wake = phase_switches(share)
    assert 0 < fall <= 1 and 0 < wake <= 1
    probing = fall / (fall + wake)  # of all turns, in the long run
    assert 2 * probing / (2 * probing + TALK_FRAMES * (1 - probing)) == pytest.approx(share)


def test_a_long_capture_comes_near_the_share_asked_for() -> None:
    frames = np.concatenate(list(batches(Settings(frames=24_000, flows=40, keepalive_share=0.1))))
    kept_alive = np.isin(frames["kind"], [6, 7, 8, 9]).mean()
    assert 0.07 < kept_alive < 0.13


def test_an_empty_share_has_no_probes(tmp_path: Path) -> None:
    assert generate(tmp_path / "busy.pcap", Settings(frames=3000, flows=30, keepalive_share=0))["probes"] == 0


def test_the_payload_sums_are_those_of_sixteen_bit_words() -> None:
    for length in (0, 1, 2, 7, 1400):
        padded = PATTERN[:length].tobytes() + b"\0" * (length % 2)
        assert PATTERN_SUM[length] == np.frombuffer(padded, ">u2").sum()


def test_short_connections_are_floods_or_complete(tmp_path: Path) -> None:
    truth = generate(tmp_path / "short.pcap", Settings(short_connections=30_000, flood_share=0.5))
    kinds = truth["kinds"]
    assert truth["flows"] == kinds["syn"] == 30_000
    assert kinds["syn_ack"] == kinds["handshake_ack"] == kinds["fin"] // 2
    assert 14_000 < kinds["syn_ack"] < 16_000


@pytest.mark.parametrize(
    "wrong",
    [
        Settings(format="erf"),
        Settings(snap=60),
        Settings(keepalive_share=1.0),
        Settings(flood_share=2.0),
        Settings(frames=0),
        Settings(flows=0),
    ],
)
def test_settings_that_cannot_be_written_are_refused(tmp_path: Path, wrong: Settings) -> None:
    with pytest.raises(ValueError):
        generate(tmp_path / "none.pcap", wrong)


def test_an_independent_count_agrees_with_the_sidecar(small: Path) -> None:
    """By scapy: a probe sits one below what its sender sends next; replies answer probes."""
    inet = pytest.importorskip("scapy.layers.inet")
    utils = pytest.importorskip("scapy.utils")
    truth = json.loads(sidecar(small).read_text(encoding="utf-8"))
    next_seq: dict[tuple[object, ...], int] = {}
    waiting: set[tuple[object, ...]] = set()
    found: Counter[str] = Counter()
    flows = set()
    with utils.PcapReader(str(small)) as reader:
        packets = reader.read_all()
    for packet in packets:
        tcp, ip = packet[inet.TCP], packet[inet.TCP].underlayer
        sender, peer = (ip.src, tcp.sport, ip.dst, tcp.dport), (ip.dst, tcp.dport, ip.src, tcp.sport)
        total = ip.len - 4 * ip.ihl if ip.version == 4 else ip.plen
        length = total - 4 * tcp.dataofs
        flows.add(frozenset((sender, peer)))
        expected = next_seq.get(sender, tcp.seq)
        if peer in next_seq and tcp.flags.A:
            assert tcp.ack == next_seq[peer], "acknowledges what was sent"
        if length <= 1 and (tcp.seq + 1) % 2**32 == expected and tcp.flags == "A":
            found["probes"] += 1
            waiting.add(sender)
            continue
        if peer in waiting:
            found["resets" if "R" in tcp.flags else "replies"] += 1
            waiting.discard(peer)
        waiting.discard(sender)
        if tcp.seq == expected:  # a retransmission is no new ground
            step = length + ("S" in tcp.flags) + ("F" in tcp.flags)
            next_seq[sender] = (tcp.seq + step) % 2**32
    assert found["probes"] == truth["probes"] > 50
    assert found["replies"] == truth["replies"] > 40
    assert found["resets"] == truth["kinds"]["keepalive_reset"] > 0
    assert len(flows) == truth["flows"] == 60


@pytest.mark.tshark
@pytest.mark.parametrize("form", ["pcap-us", "pcapng-ns"])
def test_tshark_decodes_every_frame_and_finds_nothing_bogus(tmp_path: Path, form: str) -> None:
    """Uncut frames, so that checksums can be verified; retransmissions are meant."""
    path = tmp_path / "whole"
    truth = generate(path, Settings(frames=6000, flows=60, format=form, snap=1600))
    assert len(tshark(path, "-Y", "tcp.checksum.status == 1")) == truth["frames"]
    assert tshark(path, "-Y", "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0") == []
    odd = "lost_segment || tcp.analysis.ack_lost_segment || tcp.analysis.out_of_order"
    reused = "tcp.analysis.reused_ports || tcp.analysis.zero_window || tcp.analysis.duplicate_ack"
    assert tshark(path, "-Y", f"tcp.analysis.{odd} || {reused}") == []
    assert len(tshark(path, "-Y", "tcp.analysis.retransmission")) == truth["kinds"]["retransmission"]


@pytest.mark.tshark
def test_tshark_sees_the_probes_and_streams_of_the_sidecar(small: Path) -> None:
    """Wireshark calls a few replies window updates: those that are a server's first ACK."""
    truth = json.loads(sidecar(small).read_text(encoding="utf-8"))
    assert len(tshark(small, "-Y", "tcp.analysis.keep_alive")) == truth["probes"]
    answers = len(tshark(small, "-Y", "tcp.analysis.keep_alive_ack"))
    updates = len(tshark(small, "-Y", "tcp.analysis.window_update && tcp.srcport < 32768"))
    assert answers <= truth["replies"] <= answers + updates
    assert len(set(tshark(small, "-T", "fields", "-e", "tcp.stream"))) == truth["flows"]

"""`Analysis.annotate` and `Analysis.extract`: the same files as from the command line."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP

import analyzer as ka
from analyzer.commands.main import main
from tests.conftest import ROOT
from tests.decode.test_through_tshark import LLC, WLAN, WLAN_DATA
from tests.sources.files import pcap_header, read, record
from tests.write.support import added_comments, blocks_of, comments_in_tshark

RECORDED = ROOT / "captures" / "recorded"
MANY = RECORDED / "many-connections.pcapng"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.pcapng"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "other.pcapng"


@pytest.mark.parametrize("every", [False, True])
def test_annotate_writes_what_the_command_writes(out: Path, other: Path, every: bool) -> None:
    assert main(["annotate", str(MANY), str(other), *(["--all"] if every else [])]) == 0
    ka.analyze(MANY).annotate(out, every=every)
    assert out.read_bytes() == other.read_bytes()
    assert len(added_comments(MANY.read_bytes(), out.read_bytes())) > 10


def test_annotate_speaks_of_the_chosen_connections(out: Path) -> None:
    analysis = ka.analyze(MANY)
    chosen = analysis.where(flow=[1, 3])
    chosen.annotate(out)
    said = added_comments(MANY.read_bytes(), out.read_bytes())
    verdicts = [text.split(":")[0] for texts in said.values() for text in texts if text[:11] == "connection "]
    assert sorted(verdicts) == ["connection 1", "connection 3"]
    events = set(chosen.events.frame)
    assert events and events <= set(said)
    assert not set(said) & (set(analysis.events.frame) - events)
    assert len(analysis) > 2


@pytest.mark.parametrize("only", ["", "keepalive"])
def test_extract_writes_what_the_command_writes(out: Path, other: Path, only: str) -> None:
    options = ["--only", only] if only else []
    assert main(["extract", str(MANY), str(other), "--flow", "1", *options]) == 0
    ka.analyze(MANY).where(flow=1).extract(out, only=only)
    assert out.read_bytes() == other.read_bytes()


def test_extract_gives_the_same_verdicts_under_other_addresses(out: Path) -> None:
    dead = ka.analyze(RECORDED / "peer-dead.pcapng").where(verdict="peer_dead")
    dead.extract(out, anonymize=True)
    after = ka.analyze(out)
    assert after.verdicts == dead.verdicts
    assert after.flows.client[0] == "10.0.0.1" != dead.flows.client[0]
    assert {block.order for block in blocks_of(out.read_bytes())} == {"<"}


def test_compressed_files_are_read(tmp_path: Path, out: Path) -> None:
    packed = tmp_path / "in.pcapng.gz"
    packed.write_bytes(gzip.compress(MANY.read_bytes()))
    ka.analyze(packed).extract(out)
    assert len(read(out)[0]) == len(read(MANY)[0])


@pytest.mark.tshark
def test_link_types_that_only_tshark_knows(
    tshark: str, tmp_path: Path, out: Path, other: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Numbers of frames are the same for both readers, and frames are copied as they stand."""
    wireless = tmp_path / "in.pcap"
    frames = [each for each in read(RECORDED / "peer-dead.pcapng")[0] if each.data[12:14] == b"\x08\0"]
    wireless.write_bytes(
        pcap_header(network=WLAN)
        + b"".join(
            record(WLAN_DATA + LLC + each.data[12:], each.time_ns // 10**9, each.time_ns % 10**9 // 1000)
            for each in frames
        )
    )
    assert main(["annotate", str(wireless), str(out), "--reader", "tshark"]) == 0
    said = comments_in_tshark(tshark, out)
    assert said[len(frames)][0] == "keepalive_timeout"
    assert said[len(frames)][1].startswith("connection 0: peer_dead: 3 probes (frames ")
    analysis = ka.analyze(wireless, reader="tshark")
    analysis.annotate(other)
    assert other.read_bytes() == out.read_bytes()
    analysis.extract(tmp_path / "out.pcap")
    assert ka.analyze(tmp_path / "out.pcap", reader="tshark").verdicts == {"peer_dead": 1}
    snoop = tmp_path / "in.snoop"
    snoop.write_bytes(b"snoop\0\0\0\0\0\0\2\0\0\0\4")
    capfd.readouterr()
    assert main(["extract", str(snoop), str(out), "--reader", "tshark"]) == 3
    assert capfd.readouterr().err.endswith(f"editcap -F pcapng {snoop} {snoop}.pcapng\n")


def test_what_is_no_single_file_cannot_be_copied(out: Path) -> None:
    both = ka.analyze(MANY, RECORDED / "alive.pcapng")
    live = ka.Analysis(type(both._outcome)(list(both._outcome.captures[:1])))
    for analysis, error in (
        (both, "one capture file is wanted, these are 2"),
        (ka.analyze([IP() / TCP()]), "packets that a program holds are in no file"),
        (live, "a live capture is in no file"),
    ):
        for carry_out in (analysis.annotate, analysis.extract):
            with pytest.raises(ka.UsageError, match=error):
                carry_out(out)
    assert not out.exists()


def test_what_makes_no_sense_is_said(out: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.pcapng"
    own.write_bytes(MANY.read_bytes())
    analysis = ka.analyze(own)
    (tmp_path / "linked.pcapng").symlink_to(own)
    for path in (own, tmp_path / "linked.pcapng"):
        with pytest.raises(ka.UsageError, match="this is the capture that is read"):
            analysis.annotate(path)
    with pytest.raises(ka.UsageError, match="only='probes'; there are: '', 'keepalive'"):
        analysis.extract(out, only="probes")
    with pytest.raises(ka.UsageError, match="nothing to extract: no such connection"):
        analysis.where(port=1).extract(out)
    assert own.read_bytes() == MANY.read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["linked.pcapng", "own.pcapng"]


def test_a_file_that_changed_meanwhile_is_not_half_copied(out: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.pcapng"
    own.write_bytes(MANY.read_bytes())
    analysis = ka.analyze(own, packets=True)
    own.write_bytes((RECORDED / "alive.pcapng").read_bytes())
    for carry_out in (analysis.annotate, analysis.extract):
        with pytest.raises(ka.UnreadableError, match="changed while it was read"):
            carry_out(out)
    own.unlink()
    with pytest.raises(ka.UnreadableError, match="no such file"):
        analysis.annotate(out)
    assert os.listdir(tmp_path) == []

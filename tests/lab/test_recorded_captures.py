"""What is in `captures/`: sidecars say what they must, captures hold it, the README lists it."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest

from analyzer.lab import SCENARIOS
from analyzer.lab.pcapng_options import (
    IF_FILTER,
    IF_NAME,
    IF_TSRESOL,
    INTERFACE,
    NAME_RESOLUTION,
    SECTION_HEADER,
    SHB_OS,
    SHB_USERAPPL,
    blocks,
    options,
)

from .recordings import CAPTURES, RECORDED, read_sidecar, sidecar_paths, tcp_flags_by_sender

FINDINGS = (
    "peer_dead peer_rebooted middlebox_reset middlebox_timeout outage replies_lost slow_detection "
    "hang_explained keepalive_off keepalive_too_slow lb_counts_payload_only heartbeat app_hung "
    "close_wait_leak fin_wait_2 half_open time_wait_pileup syn_retries refused no_answer "
    "abort_with_unread_data zero_window_stall data_unacknowledged mistaken_keepalives rate_limited "
    "idle_before_capture icmp_unreachable arp_unanswered seen_twice capture_incomplete"
).split()
COUNT = {"type": "integer", "minimum": 0}
CLAIMS = ("probes", "answers", "window_probes", "window_answers", "resets", "retransmissions")
WORDS = {
    "probe": ("probes",),
    "answer": ("answers",),
    "crossing": ("probes", "answers"),
    "window_probe": ("window_probes",),
    "window_answer": ("window_answers",),
    "reset": ("resets",),
}
FURTHER = ("segments", "duplicates", "keepalive_time_s", "keepalive_interval_s", "keepalive_count")
SIDE = {
    "type": "object",
    "properties": dict.fromkeys(CLAIMS + FURTHER, COUNT)
    | {"order": {"type": "array", "items": {"enum": list(WORDS)}}},
    "required": ["order", *CLAIMS],
    "additionalProperties": False,
}
CONNECTION = {
    "type": "object",
    "properties": {
        "client": {"type": "string"},
        "client_port": COUNT,
        "server": {"type": "string"},
        "server_port": COUNT,
        "verdict": {"enum": ["alive", "closed", "peer_dead", "peer_rebooted", "probing", "refused"]},
        "findings": {"type": "array", "items": {"enum": FINDINGS}, "uniqueItems": True},
        "sides": {
            "type": "object",
            "properties": {"client": SIDE, "server": SIDE},
            "required": ["client", "server"],
            "additionalProperties": False,
        },
    },
    "required": ["client", "client_port", "server", "server_port", "verdict", "findings", "sides"],
    "additionalProperties": False,
}
BOTH_ENDS = {"type": "object", "required": ["client", "server"], "additionalProperties": True}
SIDECAR = {
    "type": "object",
    "properties": {
        "scenario": {"enum": list(SCENARIOS)},
        "shows": {"type": "string", "pattern": r"^[A-Z].*\.$"},
        "capture": {"type": "string", "pattern": r"^[a-z0-9-]+\.(pcapng|pcap)$"},
        "ip_version": {"enum": [4, 6]},
        "recorded_with": {"type": "string", "pattern": "^keepalive lab record [a-z-]+( --ipv6)?$"},
        "kernel": {"type": "string", "pattern": r"^Linux \d+\.\d+$"},
        "vantage_point": {"type": "string"},
        "capture_tool": {"type": "string", "pattern": r"^(dumpcap|tcpdump) \d+(\.\d+)+$"},
        "must_give": {
            "type": "object",
            "properties": {"connections": {"type": "array", "items": CONNECTION, "minItems": 1}},
            "required": ["connections"],
            "additionalProperties": False,
        },
        "sockets": BOTH_ENDS,
        "kernel_counters": BOTH_ENDS,
    },
    "additionalProperties": False,
}
SIDECAR["required"] = list(SIDECAR["properties"])

each_sidecar = pytest.mark.parametrize("path", sidecar_paths(), ids=lambda path: path.stem)


@each_sidecar
def test_sidecar_says_all_it_must(path: Path) -> None:
    sidecar = read_sidecar(path)
    jsonschema.validate(sidecar, SIDECAR)
    assert Path(sidecar["capture"]).stem == path.stem
    assert sidecar["shows"] == SCENARIOS[sidecar["scenario"]].shows


@each_sidecar
def test_capture_holds_what_the_kernels_counted(path: Path) -> None:
    sidecar = read_sidecar(path)
    flags = tcp_flags_by_sender(RECORDED / sidecar["capture"])
    (connection,) = sidecar["must_give"]["connections"]
    for end in ("client", "server"):
        side = connection["sides"][end]
        seen = flags.get(connection[end], [])
        assert len(seen) == side["segments"] + side["duplicates"]
        copies = 2 if side["duplicates"] else 1
        assert sum("R" in each for each in seen) == side["resets"] * copies


@each_sidecar
def test_claims_agree_with_counters_and_sockets(path: Path) -> None:
    sidecar = read_sidecar(path)
    (connection,) = sidecar["must_give"]["connections"]
    for end, peer in (("client", "server"), ("server", "client")):
        order = connection["sides"][end]["order"]
        assert {claim: sum(claim in WORDS[word] for word in order) for claim in CLAIMS[:-1]} == {
            claim: connection["sides"][end][claim] for claim in CLAIMS[:-1]
        }
        side, counters = connection["sides"][end], sidecar["kernel_counters"][end]
        assert side["probes"] == counters["TCPKeepAlive"]
        assert side["window_probes"] == counters["TCPWinProbe"]
        assert side["resets"] == counters["OutRsts"]
        assert side["answers"] <= connection["sides"][peer]["probes"]
    fate = {
        "peer_dead": "ETIMEDOUT",
        "peer_rebooted": "ECONNRESET",
        "refused": "ECONNREFUSED",
        "closed": "closed",
    }
    assert sidecar["sockets"]["client"][0]["ended_with"] == fate.get(connection["verdict"])


def test_every_scenario_is_recorded_and_no_file_is_left_over() -> None:
    recorded = {path.stem for path in sidecar_paths()}
    assert set(SCENARIOS) <= recorded
    files = {path.name for path in RECORDED.iterdir()}
    assert files == {f"{name}.json" for name in recorded} | {
        read_sidecar(p)["capture"] for p in sidecar_paths()
    }


def test_readme_lists_each_recording_as_its_sidecar_describes_it() -> None:
    rows = re.findall(
        r"^\| \[([\w-]+)\]\(recorded/([\w.-]+)\) \| `(\w+)` \| (.+) \|$",
        (CAPTURES / "README.md").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    sidecars = map(read_sidecar, sidecar_paths())
    assert sorted(rows) == sorted(
        (
            Path(sidecar["capture"]).stem,
            sidecar["capture"],
            sidecar["must_give"]["connections"][0]["verdict"],
            sidecar["shows"],
        )
        for sidecar in sidecars
    )


def test_all_together_are_small() -> None:
    assert sum(path.stat().st_size for path in RECORDED.iterdir()) < 1_000_000


@each_sidecar
def test_no_file_names_the_machine_that_recorded_it(path: Path) -> None:
    for content in (path.read_bytes(), (RECORDED / read_sidecar(path)["capture"]).read_bytes()):
        assert not re.search(rb"/(home|root|tmp|work|var|usr)\b", content)


@pytest.mark.parametrize("capture", sorted(RECORDED.glob("*.pcapng")), ids=lambda path: path.stem)
def test_header_blocks_say_what_helps_to_read_and_no_more(capture: Path) -> None:
    body = dict(blocks(capture.read_bytes()))
    about = dict(options(body[SECTION_HEADER][16:]))
    assert set(about) == {SHB_OS, SHB_USERAPPL}
    assert re.fullmatch(rb"Linux \d+\.\d+", about[SHB_OS])
    assert re.fullmatch(rb"Keepalive Analyzer's lab, dumpcap [\d.]+", about[SHB_USERAPPL])
    assert set(dict(options(body[INTERFACE][8:]))) <= {IF_NAME, IF_TSRESOL, IF_FILTER}
    assert NAME_RESOLUTION not in body

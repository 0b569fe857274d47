"""What is in `captures/`: sidecars say what they must, captures hold it, the README lists it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analyzer.lab import SCENARIOS, OverIPv6
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

ENDS = ("client", "server")
FINDINGS = (
    "peer_dead peer_rebooted middlebox_reset middlebox_timeout outage replies_lost slow_detection "
    "hang_explained keepalive_off keepalive_too_slow lb_counts_payload_only heartbeat app_hung "
    "close_wait_leak fin_wait_2 half_open time_wait_pileup syn_retries refused no_answer "
    "abort_with_unread_data zero_window_stall data_unacknowledged mistaken_keepalives rate_limited "
    "idle_before_capture icmp_unreachable arp_unanswered seen_twice capture_incomplete"
).split()
FATES: dict[str, set[str | None]] = {
    "refused": {"ECONNREFUSED"},
    "no_answer": {"ETIMEDOUT"},
    "closed": {"closed", "EOF"},
    "middlebox_reset": {"ECONNRESET"},
    "peer_rebooted": {"ECONNRESET"},
    "peer_dead": {"ETIMEDOUT", "EHOSTUNREACH"},
    "half_closed": {"EOF"},
    "reset": {"ECONNRESET"},
    "probing": {None},
    "stalled": {"ETIMEDOUT"},
    "alive": {None},
    "open": {None},
    "unknown": {None},
}
"""By verdict: what the application of one end or the other saw of the connection's end."""

COUNT = {"type": "integer", "minimum": 0}
CLAIMS = ("probes", "answers", "window_probes", "window_answers", "resets", "retransmissions")
WORDS = {
    "probe": ("probes",),
    "answer": ("answers",),
    "window_probe": ("window_probes",),
    "window_answer": ("window_answers",),
    "reset": ("resets",),
}
FURTHER = (
    "router_resets",
    "segments",
    "duplicates",
    "keepalive_time_s",
    "keepalive_interval_s",
    "keepalive_count",
)
SIDE = {
    "type": "object",
    "properties": dict.fromkeys(CLAIMS + FURTHER, COUNT)
    | dict.fromkeys(("order", "unseen"), {"type": "array", "items": {"enum": list(WORDS)}}),
    "required": ["order", *CLAIMS],
    "additionalProperties": False,
}


def of_both_ends(each: dict[str, Any], router: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of what is said about client and server; router: of what may be said about that too."""
    return {
        "type": "object",
        "properties": {"client": each, "server": each} | ({"router": router} if router else {}),
        "required": ["client", "server"],
        "additionalProperties": False,
    }


CONNECTION = {
    "type": "object",
    "properties": {
        "client": {"type": "string"},
        "client_port": COUNT,
        "server": {"type": "string"},
        "server_port": COUNT,
        "verdict": {"enum": list(FATES)},
        "findings": {"type": "array", "items": {"enum": FINDINGS}, "uniqueItems": True},
        "sides": of_both_ends(SIDE),
    },
    "required": ["client", "client_port", "server", "server_port", "verdict", "findings", "sides"],
    "additionalProperties": False,
}
SOCKET = {
    "type": "object",
    "properties": {
        "client_port": COUNT,
        "options": {"type": "object", "additionalProperties": COUNT},
        "ended_with": {"type": ["string", "null"]},
        "states": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "tcp_info": {"type": "object"},
    },
    "required": ["client_port", "ended_with"],
    "additionalProperties": False,
}
PARAMETERS = {"type": "object", "additionalProperties": {"type": "string"}}
COUNTERS = {"type": "object", "additionalProperties": COUNT}
SHARED = {
    "type": "object",
    "properties": {"segments": COUNT, "duplicates": COUNT},
    "required": ["segments", "duplicates"],
    "additionalProperties": False,
}


SIDECAR = {
    "type": "object",
    "properties": {
        "scenario": {"enum": list(SCENARIOS)},
        "shows": {"type": "string", "pattern": r"^[A-Z].*\.$"},
        "capture": {"type": "string", "pattern": r"^[a-z0-9-]+\.(pcapng|pcap)$"},
        "ip_version": {"enum": [4, 6]},
        "recorded_with": {"type": "string", "pattern": "^keepalive lab record [a-z-]+( --ipv6)?$"},
        "kernel": {"type": "string", "pattern": r"^Linux \d+\.\d+$"},
        "kernel_parameters": of_both_ends(PARAMETERS, router=PARAMETERS | {"minProperties": 1}),
        "vantage_point": {"type": "string"},
        "second_capture": {
            "type": "object",
            "properties": {
                "capture": {"type": "string", "pattern": r"^[a-z0-9-]+\.(pcapng|pcap)$"},
                "vantage_point": {"type": "string"},
                "lacks": of_both_ends(COUNT),
            },
            "required": ["capture", "vantage_point", "lacks"],
            "additionalProperties": False,
        },
        "capture_tool": {"type": "string", "pattern": r"^(dumpcap|tcpdump) \d+(\.\d+)+$"},
        "must_give": {
            "type": "object",
            "properties": {
                "connections": {"type": "array", "items": CONNECTION, "minItems": 1},
                "segments": {"type": "object", "properties": dict.fromkeys(ENDS, SHARED)},
            },
            "required": ["connections"],
            "additionalProperties": False,
        },
        "sockets": of_both_ends({"type": "array", "items": SOCKET}),
        "kernel_states": of_both_ends(COUNTERS),
        "kernel_counters": of_both_ends(COUNTERS, router=COUNTERS | {"minProperties": 1}),
    },
    "additionalProperties": False,
}
SIDECAR["required"] = [name for name in SIDECAR["properties"] if name != "second_capture"]

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
    connections = sidecar["must_give"]["connections"]
    for end in ENDS:
        seen = [each for address in {it[end] for it in connections} for each in flags.get(address, [])]
        lone = connections[0]["sides"][end] if len(connections) == 1 else {}
        shared = sidecar["must_give"].get("segments", {}).get(end, lone)
        if "segments" in shared:  # else not all that this end sent is in the capture
            assert len(seen) == shared["segments"] + shared["duplicates"]
        copies = 2 if shared.get("duplicates") else 1
        assert sum("R" in each for each in seen) == copies * total(sidecar, end, "resets")


@each_sidecar
def test_claims_agree_with_counters_and_with_each_other(path: Path) -> None:
    sidecar = read_sidecar(path)
    for connection in sidecar["must_give"]["connections"]:
        for end, peer in (ENDS, ENDS[::-1]):
            side = connection["sides"][end]
            assert in_words(side["order"]) == {claim: side[claim] for claim in CLAIMS[:-1]}
            assert side["answers"] <= connection["sides"][peer]["probes"]
    for end in ENDS:
        counters = sidecar["kernel_counters"][end]
        assert total(sidecar, end, "probes", unseen=True) == counters["TCPKeepAlive"]
        assert total(sidecar, end, "window_probes", unseen=True) == counters["TCPWinProbe"]
        by_router = sum(
            each["sides"][end].get("router_resets", 0) for each in sidecar["must_give"]["connections"]
        )
        assert total(sidecar, end, "resets", unseen=True) - by_router == counters["OutRsts"]
        assert total(sidecar, end, "retransmissions") == counters["RetransSegs"]


@each_sidecar
def test_verdicts_agree_with_what_the_applications_saw(path: Path) -> None:
    sidecar = read_sidecar(path)
    for connection, sockets in with_sockets(sidecar):
        assert {each["ended_with"] for each in sockets.values()} & FATES[connection["verdict"]]


@each_sidecar
def test_timers_are_those_of_the_sockets(path: Path) -> None:
    options = {"keepalive_time_s": "TCP_KEEPIDLE", "keepalive_interval_s": "TCP_KEEPINTVL"}
    options["keepalive_count"] = "TCP_KEEPCNT"
    for connection, sockets in with_sockets(read_sidecar(path)):
        for end in ENDS:
            side = connection["sides"][end]
            for claim in set(options) & set(side):
                assert side[claim] == sockets[end]["options"][options[claim]]


def in_words(order: list[str]) -> dict[str, int]:
    """How often each claim is made by an order of words."""
    return {claim: sum(claim in WORDS[word] for word in order) for claim in CLAIMS[:-1]}


def total(sidecar: dict[str, Any], end: str, claim: str, unseen: bool = False) -> int:
    """One end's claim, of all connections together; with what the capture could not see."""
    sides = [connection["sides"][end] for connection in sidecar["must_give"]["connections"]]
    not_seen = sum(in_words(side.get("unseen", []))[claim] for side in sides) if unseen else 0
    return sum(side[claim] for side in sides) + not_seen


def with_sockets(sidecar: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each connection with its sockets by end: those of the same client port, in order."""
    left = {end: list(sidecar["sockets"][end]) for end in ENDS}
    for connection in sidecar["must_give"]["connections"]:
        found = {}
        for end in ENDS:
            of_port = [each for each in left[end] if each["client_port"] == connection["client_port"]]
            if of_port:
                found[end] = of_port[0]
                left[end].remove(of_port[0])
        yield connection, found


def test_every_scenario_is_recorded_and_no_file_is_left_over() -> None:
    recorded = {path.stem for path in sidecar_paths()}
    over_ipv6 = {f"{name}-ipv6" for name, scenario in SCENARIOS.items() if scenario.ipv6 is OverIPv6.ALWAYS}
    assert recorded == {*SCENARIOS, *over_ipv6}
    files = {path.name for path in RECORDED.iterdir()}
    assert files == {f"{name}.json" for name in recorded} | {
        name for path in sidecar_paths() for name in captures_of(read_sidecar(path))
    }


def captures_of(sidecar: dict[str, Any]) -> list[str]:
    """The capture, and the one from a second vantage point."""
    second = sidecar.get("second_capture")
    return [sidecar["capture"], *([second["capture"]] if second else [])]


def test_readme_lists_each_recording_as_its_sidecar_describes_it() -> None:
    """By family, in the order of the lab's own list; those over IPv6 follow their namesakes."""
    told: list[Any] = []
    for title, names in families():
        told.append(title)
        for sidecar in (read_sidecar(RECORDED / f"{name}.json") for name in names):
            verdicts = dict.fromkeys(f"`{it['verdict']}`" for it in sidecar["must_give"]["connections"])
            capture = sidecar["capture"]
            told.append((Path(capture).stem, capture, ", ".join(verdicts), sidecar["shows"]))
    found = re.findall(
        r"^### (.+)$|^\| \[([\w-]+)\]\(recorded/([\w.-]+)\) \| ((?:`\w+`,? ?)+) \| (.+) \|$",
        (CAPTURES / "README.md").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    assert [title or tuple(row) for title, *row in found] == told


def families() -> Iterator[tuple[str, list[str]]]:
    """The title of each family of scenarios, and the names of its recordings."""
    for title, members in groupby(SCENARIOS.values(), key=lambda scenario: scenario.family):
        names = []
        for each in members:
            names += [each.name, f"{each.name}-ipv6"] if each.ipv6 is OverIPv6.ALWAYS else [each.name]
        yield title, names


def test_scenarios_say_that_they_need_a_firewall_where_the_router_tracked_connections() -> None:
    tracked = {
        sidecar["scenario"]
        for sidecar in map(read_sidecar, sidecar_paths())
        if any("nf_conntrack" in name for name in sidecar["kernel_parameters"].get("router", {}))
    }
    assert tracked == {name for name, scenario in SCENARIOS.items() if "iptables" in scenario.needs}
    assert tracked


def test_all_together_are_small() -> None:
    assert sum(path.stat().st_size for path in RECORDED.iterdir()) < 8_000_000


@each_sidecar
def test_no_file_names_the_machine_that_recorded_it(path: Path) -> None:
    for name in (path.name, *captures_of(read_sidecar(path))):
        content = (RECORDED / name).read_bytes()
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

"""The TCP state of each end at the end of the capture, by RFC 9293 3.3.2 and 3.6."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import analyzer

from .support import OPENING, tell

STORIES: dict[str, tuple[str, float | None, tuple[str, str]]] = {
    # what happens: story, end of the capture, states of client and server
    "SYN": ("0 c>s S 0", 9, ("SYN-SENT", "UNKNOWN")),
    "SYN-ACK": ("0 c>s S 0\n0.1 s>c SA 0:1", None, ("SYN-SENT", "SYN-RECEIVED")),
    "open": (OPENING, None, ("ESTABLISHED", "ESTABLISHED")),
    "refused": ("0 c>s S 0\n0.1 s>c RA 0:1", None, ("CLOSED", "CLOSED")),
    "one direction": ("0 c>s PA 0+5:0", None, ("ESTABLISHED", "UNKNOWN")),
    "FIN": (OPENING + "1 c>s FA 101:201", None, ("FIN-WAIT-1", "ESTABLISHED")),
    "FIN acknowledged": (OPENING + "1 c>s FA 101:201\n1.1 s>c A 201:102", None, ("FIN-WAIT-2", "CLOSE-WAIT")),
    "FIN of the server acknowledged": (
        OPENING + "1 s>c FA 201:101\n1.1 c>s A 101:202",
        None,
        ("CLOSE-WAIT", "FIN-WAIT-2"),
    ),
    "both FINs": (
        OPENING + "1 c>s FA 101:201\n1.1 s>c FA 201:102",
        None,
        ("TIME-WAIT", "LAST-ACK"),
    ),
    "both FINs acknowledged": (
        OPENING + "1 c>s FA 101:201\n1.1 s>c FA 201:102\n1.2 c>s A 102:202",
        60,
        ("TIME-WAIT", "CLOSED"),
    ),
    "a minute later": (
        OPENING + "1 c>s FA 101:201\n1.1 s>c FA 201:102\n1.2 c>s A 102:202",
        62,
        ("CLOSED", "CLOSED"),
    ),
    "FINs cross, one acknowledged": (
        OPENING + "1 c>s FA 101:201\n1.01 s>c FA 201:101\n1.02 c>s A 102:202",
        None,
        ("CLOSING", "TIME-WAIT"),
    ),
    "FINs cross": (
        OPENING + "1 c>s FA 101:201\n1.01 s>c FA 201:101\n1.02 c>s A 102:202\n1.03 s>c A 202:102",
        None,
        ("TIME-WAIT", "TIME-WAIT"),
    ),
    "RST": (OPENING + "9 s>c R 201", None, ("CLOSED", "CLOSED")),
    "RST behind a FIN": (OPENING + "1 c>s FA 101:201\n1.1 s>c R 201", None, ("CLOSED", "CLOSED")),
    "RST behind both FINs": (
        OPENING + "1 c>s FA 101:201\n1.1 s>c FA 201:102\n1.2 c>s R 102",
        None,
        ("CLOSED", "CLOSED"),
    ),
    "given up": (
        OPENING + "60 c>s A 100:201\n75 c>s A 100:201\n90 c>s RA 101:201",
        None,
        ("CLOSED", "UNKNOWN"),
    ),
    "given up by the server": (
        OPENING + "60 s>c A 200:101\n75 s>c A 200:101\n90 s>c RA 201:101",
        None,
        ("UNKNOWN", "CLOSED"),
    ),
    "silence": (
        OPENING + "60 c>s A 100:201\n75 c>s A 100:201",
        200,
        ("UNKNOWN", "UNKNOWN"),
    ),
    "silence, but the next probe may yet come": (
        OPENING + "60 c>s A 100:201\n75 c>s A 100:201",
        100,
        ("ESTABLISHED", "ESTABLISHED"),
    ),
    "FIN, one direction captured": ("0 c>s PA 0+5:0\n1 c>s FA 5:0", None, ("UNKNOWN", "UNKNOWN")),
    "port used anew": (
        OPENING + "1 c>s FA 101:201\n1.1 s>c FA 201:102\n1.2 c>s A 102:202\n2 c>s S 900",
        None,
        ("CLOSED", "CLOSED"),
    ),
    "port used anew, nobody answers": (
        OPENING + "1 c>s FA 101:201\n1.1 s>c A 201:102\n2 c>s S 900",
        None,
        ("CLOSED", "CLOSE-WAIT"),
    ),
    "RST that was ignored": (
        OPENING + "9 s>c R 9201\n20 s>c PA 201+9:101\n20.02 c>s A 101:210",
        None,
        ("ESTABLISHED", "ESTABLISHED"),
    ),
    "rebooted": (OPENING + "60 c>s A 100:201\n60.1 s>c R 201", None, ("CLOSED", "CLOSED")),
}


@pytest.mark.parametrize("name", STORIES)
def test_states(name: str) -> None:
    text, end, states = STORIES[name]
    assert tell(text, end=end).states == states


def test_host_in_whose_name_a_middlebox_sent_a_rst_has_not_heard_of_it() -> None:
    """Its connection stays open: why such hangs last until *its* keep-alive finds out."""
    case = tell(OPENING + "9 c>s PA 101+9:201\n9.1 s>c R 201 ttl=60")
    assert case.verdict == "middlebox_reset"
    assert case.states in (("CLOSED", "ESTABLISHED"), ("CLOSED", "UNKNOWN"))


KERNEL = {"CLOSE": "CLOSED", "SYN_RECV": "SYN-RECEIVED", "FIN_WAIT1": "FIN-WAIT-1", "FIN_WAIT2": "FIN-WAIT-2"}
RECORDED = Path(__file__).parents[2] / "captures" / "recorded"
NOBODY_TOLD = ("peer_dead", "middlebox_reset", "unknown")
GONE = {"ETIMEDOUT": "CLOSED", "ECONNRESET": "CLOSED", "ECONNREFUSED": "CLOSED", "aborted": "CLOSED"}
GAVE_UP_UNSEEN = ("SYN-SENT", "ESTABLISHED")


@pytest.mark.parametrize("sidecar", sorted(RECORDED.glob("*.json")), ids=lambda path: path.stem)
def test_states_of_recordings_are_those_that_the_kernels_told(sidecar: Path) -> None:
    """Where the analyzer says UNKNOWN, the host must have had no way to know."""
    recording = json.loads(sidecar.read_text(encoding="utf-8"))
    flows = analyzer.analyze(sidecar.with_suffix(".pcapng")).flows
    for side in ("client", "server"):
        sockets = recording["sockets"][side]
        for connection, socket in zip(recording["must_give"]["connections"], sockets, strict=False):
            mine = flows.client_port == connection["client_port"]
            told = socket.get("tcp_info", {}).get("state", GONE.get(socket["ended_with"]))
            if told is None or mine.sum() != 1:  # closed by its application; or the port was used anew
                continue
            [flow] = flows[mine].to_dict("records")
            state = KERNEL.get(told, told).replace("_", "-")
            accepted = {state} | ({"UNKNOWN"} if flow["verdict"] in NOBODY_TOLD else set())
            if socket["ended_with"] == "ETIMEDOUT" and flow["verdict"] in ("stalled", "no_answer"):
                accepted |= set(GAVE_UP_UNSEEN)
            assert flow[f"{side}_state"] in accepted, (side, connection, socket)

"""What capture programs complain of, in one line for people, with what to do about it."""

from __future__ import annotations

import re
import signal
import socket
import sys

from analyzer.errors import KeepaliveError, UnreadableError, UsageError
from analyzer.sources.live.backend import LiveOptions

ALLOW_CAPTURE = {
    "linux": "run `sudo dpkg-reconfigure wireshark-common` and `sudo usermod -aG wireshark $USER`, then log "
    "in anew; or `sudo setcap cap_net_raw,cap_net_admin=eip $(which dumpcap)`; or use sudo",
    "darwin": "install ChmodBPF, which comes with Wireshark, or use sudo",
    "win32": "install Npcap, which comes with Wireshark, and do not restrict it to administrators",
}
"""What gives permission, by sys.platform."""

COUNTS = re.compile(r"^(File: |Capturing on |Packets |tcpdump: (listening on|data link type)|\d+ packets? )")
"""Lines that are no complaint."""

BAD_FILTER = re.compile(r"capture filter \((.*)\)\.?$|can't parse filter expression: (.*)$", re.MULTILINE)
"""The reason is in one of the groups: dumpcap's words, tcpdump's."""

ACTIVATION = re.compile(r"\(pcap_activate\(\) failed: (.*)\)")
"""libpcap's reason, in dumpcap's words about capabilities."""

MOST_NAMES = 20  # our choice: what a person still reads in one line


def allow_capture() -> str:
    """What to do to be allowed to capture here."""
    return ALLOW_CAPTURE.get(sys.platform, "run the command as administrator")


def bad_filter(said: str) -> str:
    """Why a filter is none, "" if the complaint is about something else."""
    found = BAD_FILTER.search(said)
    return (found[1] or found[2] or "").strip() if found else ""


def refusal(said: str, options: LiveOptions, program: str) -> KeepaliveError:
    """The error where a capture did not begin."""
    interface = options.interface
    if reason := bad_filter(said):
        return UsageError(f"{interface}: cannot filter there: {reason}")
    low = said.lower()
    if "permission" in low or "not permitted" in low:
        return UnreadableError(f"{interface}: no permission to capture; {allow_capture()}")
    if "no such device" in low or "no device named" in low or "no interface" in low:
        return UnreadableError(f"{interface}: no such interface; there are: {', '.join(_names())}")
    if "is not up" in low or "network is down" in low:
        advice = f"; try `sudo ip link set {interface} up`" if sys.platform == "linux" else ""
        return UnreadableError(f"{interface}: the interface is down{advice}")
    return UnreadableError(
        f"{interface}: {program} cannot capture: {complaint(said) or 'it gives no reason'}"
    )


def ending(said: str, status: int, program: str) -> str:
    """Why a capture ended that nobody had ended, as one clause."""
    if status < 0:
        try:
            name = f" ({signal.Signals(-status).name})"
        except ValueError:
            name = ""
        return f"the capture ended: {program} was killed by signal {-status}{name}"
    if reason := complaint(said):
        return f"the capture ended: {reason}"
    return f"the capture ended: {program} ended with status {status}"


def complaint(said: str) -> str:
    """The first complaint among what a program said, as one line without its name."""
    lines = [line.strip() for line in said.splitlines()]
    kept = [line for line in lines if line and not COUNTS.match(line)]
    start = next((at for at, line in enumerate(kept) if line.startswith(("dumpcap: ", "tcpdump: "))), 0)
    text = " ".join(kept[start : start + 1]).partition(": ")
    whole = text[2] if text[0] in ("dumpcap", "tcpdump") else "".join(text)
    if within := ACTIVATION.search(whole):
        return within[1]
    return whole.removeprefix("pcap_loop: ").rstrip(".")


def _names() -> list[str]:
    names = [name for _, name in socket.if_nameindex()]
    more = [f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    return [*names[:MOST_NAMES], *more, *(["any"] if sys.platform == "linux" else [])]

"""What capture programs complain of, in one line for people, with what to do about it."""

from __future__ import annotations

import re
import signal
import socket
import sys

from analyzer.errors import UnreadableError

ALLOW_CAPTURE = {
    "linux": "run `sudo dpkg-reconfigure wireshark-common` and `sudo usermod -aG wireshark $USER`, then log "
    "in anew; or `sudo setcap cap_net_raw,cap_net_admin=eip $(which dumpcap)`; or use sudo",
    "darwin": "install ChmodBPF, which comes with Wireshark, or use sudo",
    "win32": "install Npcap, which comes with Wireshark, and do not restrict it to administrators",
}
"""What gives permission, by sys.platform."""

NO_COMPLAINT = re.compile(
    r"^(File: |Capturing on |Packets |(tcpdump: )?(listening on |data link type |\d+ packets? ))"
)

BAD_FILTER = re.compile(r"isn't a valid capture filter \((.*)\)\.?$", re.MULTILINE)
"""dumpcap's words; the group is libpcap's."""

ACTIVATION = re.compile(r"\(pcap_activate\(\) failed: (.*)\)")
"""libpcap's reason, in dumpcap's words about capabilities."""

SENTENCES = "dumpcap: "
"""Who begins with this speaks in whole sentences, over several lines."""

NAMES = (SENTENCES, "tcpdump: ", "pcap_loop: ")
"""What a complaint begins with."""

NOT_THERE = ("no such device", "no device named", "adapter index")
"""Of an interface that there is none, in lower case; the last where it is a number, or nothing at all."""

MOST_NAMES = 20  # our choice: what a person still reads in one line


def allow_capture() -> str:
    """What to do to be allowed to capture here."""
    return ALLOW_CAPTURE.get(sys.platform, "run the command as administrator")


def bad_filter(said: str, status: int) -> str:
    """Why a program that compiles a filter does not take it; "" if it does. dumpcap's status is 0 anyway."""
    found = BAD_FILTER.search(said)
    reason = found[1] if found else complaint(said) if status else ""
    return reason.removeprefix("can't parse filter expression: ")


def obstacle(said: str, interface: str) -> UnreadableError | None:
    """The error where an interface cannot be captured on, whatever the filter."""
    low = said.lower()
    if "permission" in low or "not permitted" in low:
        return UnreadableError(f"{interface}: no permission to capture; {allow_capture()}")
    if any(words in low for words in NOT_THERE):
        named = interface or "''"
        return UnreadableError(f"{named}: no such interface; there are: {', '.join(_names())}")
    if "is not up" in low or "network is down" in low:
        advice = f"; try `sudo ip link set {interface} up`" if sys.platform == "linux" else ""
        return UnreadableError(f"{interface}: the interface is down{advice}")
    return None


def refusal(said: str, interface: str, program: str) -> UnreadableError:
    """The error where a capture did not begin."""
    reason = complaint(said) or "it gives no reason"
    return obstacle(said, interface) or UnreadableError(f"{interface}: {program} cannot capture: {reason}")


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
    kept = [line for line in lines if line and not NO_COMPLAINT.match(line)]
    start = next((at for at, line in enumerate(kept) if line.startswith(NAMES)), 0)
    text = "".join(kept[start : start + 1])
    if text.startswith(SENTENCES):
        for line in kept[start + 1 :]:
            if text.endswith("."):
                break
            text += " " + line
    for name in NAMES:
        text = text.removeprefix(name)
    within = ACTIVATION.search(text)
    return within[1] if within else text.rstrip(".")


def _names() -> list[str]:
    names = [name for _, name in socket.if_nameindex()]
    more = [f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    return [*names[:MOST_NAMES], *more, *(["any"] if sys.platform == "linux" else [])]

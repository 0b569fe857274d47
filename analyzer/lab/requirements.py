"""What the lab needs of the machine that it runs on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable

from analyzer.errors import MissingToolError
from analyzer.lab.background import last_line
from analyzer.lab.capture import find_tool
from analyzer.lab.failures import LabError

PACKAGES = {
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "dumpcap": "wireshark-common",
    "iptables": "iptables",
    "ip6tables": "iptables",
}
"""Which package brings a program."""

OF_EVERY_SCENARIO = ("ip", "nsenter", "setpriv", "unshare")

TRIAL = "ip link add near type veth peer name far && echo 1 > /proc/sys/net/ipv4/ip_forward"
"""What every scenario does, in a namespace that is gone at once: containers often may not."""


def require_lab() -> None:
    """Raise with what is missing, and what to do about it, unless scenarios can be recorded here."""
    if sys.platform != "linux":
        raise LabError("the lab needs Linux: its hosts are network namespaces of the Linux kernel")
    if os.geteuid() != 0:
        raise LabError("the lab needs root to make network namespaces: run the command with sudo")
    require_programs(OF_EVERY_SCENARIO)
    find_tool()
    trial = subprocess.run(
        ["unshare", "--net", "sh", "-c", TRIAL], capture_output=True, text=True, check=False
    )
    if trial.returncode != 0:
        raise LabError(f"the lab may not make network namespaces and links here: {last_line(trial.stderr)}")


def require_programs(names: Iterable[str]) -> None:
    """Raise unless these are installed."""
    for name in names:
        if shutil.which(name) is None:
            raise MissingToolError(f"this needs the program {name}: install the package {PACKAGES[name]}")

"""Where the figures were measured: enough to read them by, nothing that names the machine."""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

COMMANDS = {
    "tshark": ("tshark", "--version"),
    "capinfos": ("capinfos", "--version"),
    "tcptrace": ("tcptrace", "-v"),
}
PACKAGES = ("keepalive-analyzer", "numpy", "numba", "scapy", "dpkt", "pyshark", "nfstream")


def describe() -> dict[str, str]:
    """Date, processor, system, and the versions of all that took part."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    described = {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": str(cores),
        "memory": f"{_memory_bytes() / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    if hasattr(os, "getloadavg"):
        described["load at the start"] = f"{os.getloadavg()[0]:.1f}"
    for package in PACKAGES:
        try:
            described[package] = version(package)
        except PackageNotFoundError:
            continue
    for name, command in COMMANDS.items():
        if found := _version(command):
            described[name] = found
    return described


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists() and (found := re.search(r"model name\s*:\s*(.+)", facts.read_text(encoding="utf-8"))):
        return found[1].strip()
    return platform.processor() or "unknown"


def _memory_bytes() -> int:
    if sys.platform == "win32":
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _version(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found[0] if found else ""

"""Record a scenario: the capture, and beside it a sidecar that says what an analysis of it must give."""

from __future__ import annotations

import json
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from analyzer.lab.capture import DUMPCAP, TCPDUMP, Tool, find_tool
from analyzer.lab.hosts import require_lab
from analyzer.lab.network import Network
from analyzer.lab.pcapng_options import forget_machine
from analyzer.lab.scenarios import Scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import noted

LAB = "Keepalive Analyzer's lab"


READABLE = 0o644
"""The lab needs root, reading what it recorded does not."""


@dataclass(frozen=True)
class Recording:
    """Where a recording was put."""

    capture: Path
    sidecar: Path


def record(scenario: Scenario, folder: Path, ip_version: int = 4) -> Recording:
    """Play the scenario and write NAME.pcapng (NAME.pcap with tcpdump) and NAME.json into the folder.

    Files of an earlier recording are replaced, once the new one is complete.
    """
    require_lab()
    tool = find_tool()
    folder.mkdir(parents=True, exist_ok=True)
    name = recording_name(scenario, ip_version)
    with TemporaryDirectory(prefix=".recording-", dir=folder) as workplace:
        fresh = Path(workplace, name + tool.suffix)
        with Network(ip_version) as network, Stage(network, tool, fresh) as stage:
            scenario.play(stage)
        if tool is DUMPCAP:
            forget_machine(fresh, f"Linux {kernel()}", f"{LAB}, {tool.version()}")
        fresh.chmod(READABLE)
        for earlier in (DUMPCAP, TCPDUMP):
            Path(folder, name + earlier.suffix).unlink(missing_ok=True)
        capture = folder / fresh.name
        os.replace(fresh, capture)
    sidecar = folder / f"{name}.json"
    content = describe(scenario, stage, capture.name, tool, ip_version)
    sidecar.write_text(json.dumps(content, indent=2) + "\n")
    return Recording(capture, sidecar)


def recording_name(scenario: Scenario, ip_version: int) -> str:
    return scenario.name if ip_version == 4 else f"{scenario.name}-ipv{ip_version}"


def describe(scenario: Scenario, stage: Stage, capture: str, tool: Tool, ip_version: int) -> dict[str, Any]:
    """The sidecar: all that it claims comes from scenario, sockets and kernel, nothing from the capture."""
    ipv6 = " --ipv6" if ip_version == 6 else ""
    return {
        "scenario": scenario.name,
        "shows": scenario.shows,
        "capture": capture,
        "ip_version": ip_version,
        "recorded_with": f"keepalive lab record {scenario.name}{ipv6}",
        "kernel": f"Linux {kernel()}",
        "vantage_point": stage.vantage.words,
        "capture_tool": tool.version(),
        "must_give": {"connections": [expected.as_dict() for expected in stage.expected]},
        "sockets": stage.views,
        "kernel_counters": {end: noted(counters) for end, counters in stage.counters.items()},
    }


def kernel() -> str:
    """The running kernel's version without what its maker appended: `6.18`."""
    release = platform.release()
    numbers = re.match(r"\d+\.\d+", release)
    return numbers.group() if numbers else release

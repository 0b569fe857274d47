"""Record a scenario: the capture, and beside it a sidecar that says what an analysis of it must give."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.lab.capture import DUMPCAP, TCPDUMP, find_tool
from analyzer.lab.pcapng_options import forget_machine
from analyzer.lab.requirements import require_lab, require_programs
from analyzer.lab.scenarios import Scenario
from analyzer.lab.sidecar import describe, json_text, kernel
from analyzer.lab.stage import Stage

LAB = "Keepalive Analyzer's lab"

READABLE = 0o644
"""The lab needs root, reading what it recorded does not."""


@dataclass(frozen=True)
class Recording:
    """Where a recording was put."""

    capture: Path
    sidecar: Path
    second: Path | None = None
    """The capture from a second vantage point."""


def record(scenario: Scenario, folder: Path, ip_version: int = 4) -> Recording:
    """Play the scenario and write NAME.pcapng (NAME.pcap with tcpdump) and NAME.json into the folder.

    A capture from a second vantage point is NAME-near-server.pcapng. Files of an earlier recording are
    replaced, once the new one is complete. Raises LabError or MissingToolError, of which
    NotAsPlannedError is worth another try.
    """
    require_lab()
    require_programs(scenario.needs)
    tool = find_tool()
    folder.mkdir(parents=True, exist_ok=True)
    name = recording_name(scenario, ip_version)
    with TemporaryDirectory(prefix=".recording-", dir=folder) as workplace:
        fresh = Path(workplace, name + tool.suffix)
        with scenario.network(ip_version) as network, Stage(network, tool, fresh) as stage:
            scenario.play(stage)
        files = [fresh] if stage.second is None else [fresh, stage.second.path]
        for file in files:
            if tool is DUMPCAP:
                forget_machine(file, f"Linux {kernel()}", f"{LAB}, {tool.version()}")
            file.chmod(READABLE)
        content = describe(scenario, stage, fresh.name, tool, ip_version)
        beside = fresh.with_suffix(".json")
        beside.write_text(json_text(content) + "\n")
        for file in files:
            for earlier in (DUMPCAP, TCPDUMP):
                Path(folder, file.stem + earlier.suffix).unlink(missing_ok=True)
        for file in (*files, beside):
            os.replace(file, folder / file.name)
    second = folder / files[1].name if len(files) > 1 else None
    return Recording(folder / fresh.name, folder / beside.name, second)


def recording_name(scenario: Scenario, ip_version: int) -> str:
    return scenario.name if ip_version == 4 else f"{scenario.name}-ipv{ip_version}"

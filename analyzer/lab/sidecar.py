"""The sidecar: the JSON file beside a capture that says how it was made, and what an analysis must give."""

from __future__ import annotations

import json
import platform
import re
from typing import Any

from analyzer.lab.capture import Tool
from analyzer.lab.network import ROUTER
from analyzer.lab.scenarios import Scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import Counters, noted

LINE_COLUMNS = 180


def describe(scenario: Scenario, stage: Stage, capture: str, tool: Tool, ip_version: int) -> dict[str, Any]:
    """The content: all that it claims comes from scenario, sockets and kernel, nothing from the capture."""
    ipv6 = " --ipv6" if ip_version == 6 else ""
    must_give: dict[str, Any] = {"connections": [expected.as_dict() for expected in stage.expected]}
    if stage.segments:
        must_give["segments"] = stage.segments
    return {
        "scenario": scenario.name,
        "shows": scenario.shows,
        "capture": capture,
        "ip_version": ip_version,
        "recorded_with": f"keepalive lab record {scenario.name}{ipv6}",
        "kernel": f"Linux {kernel()}",
        "kernel_parameters": without_idle_router(stage.parameters),
        "vantage_point": stage.vantage.words,
        **({"second_capture": stage.second.as_dict()} if stage.second else {}),
        "capture_tool": tool.version(),
        "must_give": must_give,
        "sockets": stage.views,
        "kernel_states": stage.states,
        "kernel_counters": without_idle_router(kernel_counters(stage)),
    }


def kernel_counters(stage: Stage) -> dict[str, Counters]:
    """What is noted of each end, and of the router, which has no connections of its own, what rose."""
    counted = {name: noted(counters) for name, counters in stage.counters.items()}
    return counted | {ROUTER: {name: value for name, value in counted[ROUTER].items() if value}}


def without_idle_router(said: dict[str, Any]) -> dict[str, Any]:
    """What is said of each host, but nothing of a router that only forwarded."""
    return {name: about for name, about in said.items() if about or name != ROUTER}


def kernel() -> str:
    """The running kernel's version without what its maker appended: `6.18`."""
    release = platform.release()
    numbers = re.match(r"\d+\.\d+", release)
    return numbers.group() if numbers else release


def json_text(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON for people: what fits into a line stands in one. `before`: columns of it that are taken."""
    text = json.dumps(value)
    if not isinstance(value, dict | list) or not value or indent + before + len(text) < LINE_COLUMNS:
        return text
    inner = indent + 2
    if isinstance(value, dict):
        names = {name: f"{json.dumps(name)}: " for name in value}
        parts = [names[name] + json_text(each, inner, len(names[name])) for name, each in value.items()]
    else:
        parts = [json_text(each, inner) for each in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = ",\n".join(" " * inner + part for part in parts)
    return f"{opening}\n{lines}\n{' ' * indent}{closing}"

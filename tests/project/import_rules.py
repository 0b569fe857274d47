"""Who may import whom: the import table of the project's style guide, as data.

An area is a stage (`track`), the kernels of a stage (`track.kernels`), or a module beside the
stages (`pipeline`). `beside` is what an area may import though its row of the table does not
name it, each with the reason; a reason without an import fails, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SHARED = frozenset(
    "compared errors facts found kernel_cache kinds lateness measured news records rules sequence "
    "wording".split()
)
"""The language that stages share; `compared`, `facts`, `found`, `kernel_cache`, `lateness`, `measured`,
`news` and `wording` came after the table."""

STAGES = frozenset({"sources", "decode", "track", "diagnose"})


@dataclass(frozen=True)
class Row:
    """areas: of this package. lazily: only inside a function. libraries: beside the standard one."""

    areas: frozenset[str] = frozenset()
    lazily: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()
    beside: Mapping[str, str] = field(default_factory=dict)

    def may_import(self, area: str) -> bool:
        return area in self.areas | self.lazily or area in self.beside


def row(areas: str | frozenset[str] = "", lazily: str = "", libraries: str = "", **beside: str) -> Row:
    named = frozenset(areas.split()) if isinstance(areas, str) else areas
    return Row(named, frozenset(lazily.split()), frozenset(libraries.split()), beside)


def kernels_of(stage: str) -> frozenset[str]:
    return SHARED | {f"{stage}.kernels"}


VOCABULARY = "the codes of kinds, verdicts and findings, which the outputs put into words"
KEPT = "numba asks it where compiled kernels are kept, before the first one"
SENTENCES = "numbers, times and addresses are written in one way"
ONE_NAME = "a host is called the same in reports and in extracts"
SETTINGS = "the settings that the user's options become"

TABLE = {
    "analyzer": row(lazily="analysis comparison described errors flow live_capture"),
    "__main__": row("commands"),
    "errors": row(),
    "kinds": row(),
    "found": row("kinds"),
    "rules": row(),
    "compared": row(SHARED, libraries="numpy"),
    "facts": row(SHARED, libraries="numpy"),
    "measured": row(SHARED, libraries="numpy"),
    "news": row("facts", libraries="numpy"),
    "records": row(SHARED, libraries="numpy"),
    "sequence": row(SHARED, libraries="numpy numba"),
    "kernel_cache": row(SHARED, libraries="numba"),
    "wording": row(libraries="numpy"),
    "pseudonyms": row(),
    "lateness": row("rules"),
    "sources": row(kernels_of("sources"), libraries="numpy isal lz4 psutil scapy zstandard"),
    "decode": row(kernels_of("decode"), libraries="numpy"),
    "track": row(kernels_of("track"), libraries="numpy pyarrow"),
    "diagnose": row(kernels_of("diagnose"), libraries="numpy"),
    "sources.kernels": row("kinds sequence", libraries="numba numpy", kernel_cache=KEPT),
    "decode.kernels": row("kinds sequence", libraries="numba numpy", kernel_cache=KEPT),
    "track.kernels": row("kinds sequence", libraries="numba numpy", kernel_cache=KEPT),
    "diagnose.kernels": row("kinds sequence", libraries="numba numpy", kernel_cache=KEPT),
    "tables": row(
        "records kinds",
        libraries="numpy pandas pyarrow",
        compared="what a comparison of two captures came to",
        errors="a folder with the tables of another capture is wrong usage",
        facts="what a capture came to",
        found=VOCABULARY,
        news="what a live capture tells becomes lines",
        wording=SENTENCES,
    ),
    "present": row(
        "tables kinds",
        libraries="numpy plotly resvg_py rich textual",
        errors="what saving a plot raises is public",
        facts="what a capture came to",
        found=VOCABULARY,
        lateness="the setting behind a timer",
        news="what a live capture tells is put into words and boards",
        pseudonyms=ONE_NAME,
        wording=SENTENCES,
    ),
    "write": row(
        "sources sources.kernels records kinds write.kernels",
        libraries="numpy",
        facts="what the framing tells of a capture",
        pseudonyms=ONE_NAME,
    ),
    "write.kernels": row("kinds sequence", libraries="numba numpy", kernel_cache=KEPT),
    "reading": row(SHARED | {"sources", "decode"}, libraries="numpy"),  # a part of the pipeline
    "pipeline": row(SHARED | STAGES | {"reading"}, libraries="numpy"),
    "pairing": row(SHARED | STAGES | {"reading"}, libraries="numpy"),  # a part of the pipeline
    "watch": row(SHARED | STAGES | {"pipeline", "reading"}, libraries="numpy psutil"),  # the pipeline, live
    "live_capture": row(
        SHARED | STAGES | {"analysis", "pipeline", "reading", "watch"},
        lazily="present",
        libraries="pandas",
    ),
    "comparison": row(
        "pairing pipeline tables",
        lazily="present",
        libraries="numpy pandas",
        compared="what a comparison comes to",
        errors="what it raises is public",
        rules=SETTINGS,
    ),
    "plan": row(
        "pipeline tables",
        libraries="numpy pandas",
        errors="what it raises is public",
        rules=SETTINGS,
    ),
    "copies": row(  # a part of the facade, which the commands share
        "pipeline present sources tables write",
        errors="what it raises is public",
        facts="what a capture came to",
        kinds=VOCABULARY,
    ),
    "described": row("tables", lazily="present", errors="what it raises is public"),
    "plotting": row(
        "tables",
        lazily="analysis flow present",
        libraries="numpy",
        errors="what it raises is public",
        found=VOCABULARY,
        kinds=VOCABULARY,
        wording=SENTENCES,
    ),
    "analysis": row(
        "flow pipeline plotting tables",
        lazily="copies plan present",
        libraries="numpy pandas",
        errors="what it raises is public",
        kinds=VOCABULARY,
        rules=SETTINGS,
        wording=SENTENCES,
    ),
    "flow": row(
        "tables",
        lazily="analysis present",
        libraries="pandas",
        errors="what it raises is public",
        facts="what a capture came to",
    ),
    "alerts": row("news tables kinds facts found errors", libraries="numpy", wording=SENTENCES),
    "metrics": row("news kinds found errors", libraries="prometheus_client", wording=SENTENCES),
    "lab": row("errors"),
    "commands": row(
        "alerts analysis copies live_capture metrics news pipeline plan tables present write lab errors",
        libraries="numpy pyshark",
        analyzer="its version and where it is installed",
        compared="what a comparison comes to",
        facts="verify compares captures",
        found=VOCABULARY,
        kernel_cache="doctor says where compiled kernels are",
        kinds=VOCABULARY,
        pairing="compare brings two captures together",
        rules=SETTINGS,
        sources="interfaces are listed, and captured on",
        track="how many connections are held by default",
    ),
}

ONLY_IN = {
    "isal": {"sources.compression"},
    "lz4": {"sources.compression"},
    "numba": {"kernel_cache", "sequence", "*.kernels", "*.kernels.*"},
    "pandas": {"tables.frames"},
    "psutil": {"sources.live.interfaces", "watch.processes"},
    "plotly": {"present.plots.figure"},
    "prometheus_client": {"metrics"},
    "pyarrow": {"tables.parquet", "track.events"},
    "pyshark": {"commands.wireshark"},
    "resvg_py": {"present.plots.figure"},
    "rich": {"present.*"},
    "scapy": {"sources.live.scapy_pipe", "sources.scapy_packets"},
    "textual": {"present.screen.*"},
    "zstandard": {"sources.compression"},
}
"""Modules that load a library; elsewhere it may be named for type checking only."""

LAZY = {
    "isal",
    "lz4",
    "plotly",
    "prometheus_client",
    "psutil",
    "pyarrow",
    "pyshark",
    "resvg_py",
    "rich",
    "scapy",
    "textual",
    "zstandard",
}
"""Libraries that are loaded when they are needed, not with the module (but those of LATE)."""

LATE = ("tables.parquet", "tables.parts", "present.plots.figure", "present.screen.*")
"""Modules that are themselves loaded only when they are needed."""

NOT_IN_THE_CORE = {
    "asyncio",
    "logging",
    "multiprocessing",
    "random",
    "socket",
    "subprocess",
    "sys",
    "threading",
    "time",
}
"""Of the standard library: decode, track and diagnose read no clock, do no I/O and print nothing."""

"""Keepalive Analyzer: is the peer there? For every TCP connection in a packet capture.

The stages, in the order in which bytes travel; each hands arrays of records to the next:

sources   bytes in: pcap and pcapng framing, compression, files, pipes
decode    bytes to rows: link, IP and TCP headers, one record per segment
track     rows to events: the flow table, the state of each side, the labels
diagnose  events to answers: probe runs, timers, one verdict per connection and its reason
tables    records to tables: JSON, CSV, Parquet, DataFrames
present   tables to people: the overview, the timeline of a connection
commands  the command line

`pipeline` is the one place that knows this order, `records` and `kinds` are the language the
stages share, and `Analysis` is what you hold in Python:

    import analyzer as ka
    a = ka.analyze("trace.pcapng")
    a.flows, a.events, ka.columns("events")
    a.where(verdict="peer_dead", port=443).findings
    print(a.flow(3).timeline())
    watch = ka.live("eth0"); watch.flows; watch.stop()

Names are loaded when they are first used, so that `import analyzer` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.analysis import Analysis, analyze
    from analyzer.comparison import Comparison, compare
    from analyzer.described import columns
    from analyzer.errors import Damage, KeepaliveError, MissingToolError, UnreadableError, UsageError
    from analyzer.flow import Flow
    from analyzer.live_capture import Live, live

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Comparison",
    "Damage",
    "Flow",
    "KeepaliveError",
    "Live",
    "MissingToolError",
    "UnreadableError",
    "UsageError",
    "__version__",
    "analyze",
    "columns",
    "compare",
    "live",
]

_HOME = {
    "Analysis": "analysis",
    "Comparison": "comparison",
    "Flow": "flow",
    "Live": "live_capture",
    "analyze": "analysis",
    "columns": "described",
    "compare": "comparison",
    "live": "live_capture",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

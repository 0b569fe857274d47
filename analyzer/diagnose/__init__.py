"""Events to answers: probe runs, timers, verdicts, their reasons, and findings (design 5 and 6)."""

from analyzer.diagnose.context import Context
from analyzer.diagnose.findings import WANTS, find, tell
from analyzer.diagnose.reasons import reason
from analyzer.diagnose.runs import ProbingFinder, find_runs, probe_events
from analyzer.diagnose.summary import last_sign_of_life, summarize
from analyzer.diagnose.verdicts import decide

__all__ = [
    "WANTS",
    "Context",
    "ProbingFinder",
    "decide",
    "find",
    "find_runs",
    "last_sign_of_life",
    "probe_events",
    "reason",
    "summarize",
    "tell",
]

"""Events to answers: probe runs, timers, verdicts, states, their reasons, and findings (design 5 and 6)."""

from analyzer.diagnose.changes import in_force, state_changes
from analyzer.diagnose.context import Context
from analyzer.diagnose.courses import Span, busiest_hosts
from analyzer.diagnose.findings import OWN_NAMES, WANTS, find, tell
from analyzer.diagnose.reasons import reason
from analyzer.diagnose.runs import ProbingFinder, find_runs, probe_events
from analyzer.diagnose.summary import last_sign_of_life, summarize
from analyzer.diagnose.verdicts import decide, judge

__all__ = [
    "OWN_NAMES",
    "WANTS",
    "Context",
    "ProbingFinder",
    "Span",
    "busiest_hosts",
    "decide",
    "find",
    "find_runs",
    "in_force",
    "judge",
    "last_sign_of_life",
    "probe_events",
    "reason",
    "state_changes",
    "summarize",
    "tell",
]

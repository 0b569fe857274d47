"""Events to answers: probe runs, timers, verdicts and their reasons (design 5)."""

from analyzer.diagnose.reasons import reasons
from analyzer.diagnose.runs import ProbingFinder, find_runs, probe_events
from analyzer.diagnose.summary import last_sign_of_life, summarize
from analyzer.diagnose.verdicts import decide

__all__ = [
    "ProbingFinder",
    "decide",
    "find_runs",
    "last_sign_of_life",
    "probe_events",
    "reasons",
    "summarize",
]

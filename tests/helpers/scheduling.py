"""Which worker of `pytest -n N` runs what: a file stays together, what depends on time runs one by one.

Tests that compare with the kernel's own timers, or wait for a process to say something, would fail where
several of them share a core; the others may run beside them.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

DEPEND_ON_TIME = (
    "tests/commands/test_live.py",
    "tests/lab/",
    "tests/live/",
    "tests/notebooks/",
    "tests/present/screen/",
    "tests/soak/",
    "tests/sources/live/",
    "tests/test_live_capture.py",
)


class Scheduling(LoadScopeScheduling):
    """Hands out whole files, and all that depends on time as if it were one file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "depends on time" if file.startswith(DEPEND_ON_TIME) else file

"""Several recordings at once: each is a command of its own, and mostly sleeps."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from collections.abc import Sequence

POLL_S = 0.05

STOP_S = 20
"""How long a command may take to remove what it made, once it was told to end."""

END_WITH_US = ("setpriv", "--pdeathsig", "TERM")
"""However this process dies, its commands are told to end, and remove what they made."""


def run_side_by_side(commands: Sequence[Sequence[str]], jobs: int) -> list[int]:
    """Run these commands, `jobs` of them at a time; their exit statuses (negative: the signal's number).

    Each is in a session of its own, so that Ctrl-C is for this process alone. If an exception
    ends the waiting, the commands that still run get SIGTERM, and are waited for.
    """
    waiting = deque(enumerate(commands))
    running: dict[int, subprocess.Popen[bytes]] = {}
    statuses = [0] * len(commands)
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                place, command = waiting.popleft()
                running[place] = subprocess.Popen(
                    [*END_WITH_US, *command], stdin=subprocess.DEVNULL, start_new_session=True
                )
            time.sleep(POLL_S)
            for place in [place for place, each in running.items() if each.poll() is not None]:
                statuses[place] = running.pop(place).returncode
    finally:
        end(list(running.values()))
    return statuses


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Have them end in good order; kill what does not."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_S
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

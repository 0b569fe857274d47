"""Run one command and say how long it took and what memory it needed, in a small process.

The kernel counts memory of the launching process into the peak of what it starts, so
this file runs alone (`python -I -S`) and imports little: about 10 MB are its own, and
no peak below that can be told.
"""

import json
import os
import sys
import time

UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, bytes


def main() -> None:
    """Arguments: a file for the report, a file for stderr, then the command."""
    report, errors, *command = sys.argv[1:]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    outcome = {
        "seconds": seconds,
        "peak_bytes": usage.ru_maxrss * UNIT,
        "status": os.waitstatus_to_exitcode(status),
    }
    with open(report, "w", encoding="utf-8") as file:
        json.dump(outcome, file)


if __name__ == "__main__":
    main()

"""Commands side by side: how many at a time, and what becomes of them where the waiting ends early."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.lab import side_by_side
from analyzer.lab.side_by_side import run_side_by_side

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lab is for Linux")

PATIENCE_S = 10
SECONDS_EACH = 0.3


def python(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments)]


def stubborn(folder: Path) -> list[str]:
    """A command that says when it is up, and tidies up before it ends."""
    program = (
        "import signal, sys, time, pathlib\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.2), (folder / 'tidy').touch(), sys.exit()))\n"
        "(folder / 'up').touch()\n"
        "time.sleep(60)\n"
    )
    return python(program, folder)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_statuses_come_in_the_order_of_the_commands() -> None:
    exits = [python("import sys; sys.exit(int(sys.argv[1]))", status) for status in (3, 0, 4)]
    killed = python("import os; os.kill(os.getpid(), 9)")
    assert run_side_by_side([*exits, killed], jobs=4) == [3, 0, 4, -signal.SIGKILL]


@pytest.mark.parametrize("jobs", [1, 3])
def test_so_many_run_at_a_time_and_no_more(jobs: int, tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "began = time.monotonic(); time.sleep(float(sys.argv[2]))\n"
        "pathlib.Path(sys.argv[1]).write_text(f'{began} {time.monotonic()}')\n"
    )
    commands = [python(program, tmp_path / str(number), SECONDS_EACH) for number in range(4)]
    assert run_side_by_side(commands, jobs) == [0] * 4
    times = [tuple(map(float, path.read_text().split())) for path in tmp_path.iterdir()]
    assert max(sum(began <= at < ended for began, ended in times) for at, _ in times) == jobs


def test_where_the_waiting_ends_early_commands_tidy_up_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        wait_for((tmp_path / "up").exists)
        raise KeyboardInterrupt

    monkeypatch.setattr(side_by_side, "time", PretendTime(interrupted))
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side([stubborn(tmp_path)], jobs=1)
    assert (tmp_path / "tidy").exists()


def test_a_command_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "STOP_S", 0.1)
    deaf = subprocess.Popen(
        python(
            "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
        ),
        stdout=subprocess.PIPE,
    )
    with deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        side_by_side.end([deaf])
        assert deaf.returncode == -signal.SIGKILL


def test_commands_tidy_up_even_where_their_starter_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, json\n"
        "from analyzer.lab import run_side_by_side\n"
        "run_side_by_side([json.loads(sys.argv[1])], 1)\n"
    )
    import json

    with subprocess.Popen(python(program, json.dumps(stubborn(tmp_path)))) as starter:
        wait_for((tmp_path / "up").exists)
        starter.kill()
    wait_for((tmp_path / "tidy").exists)


class PretendTime:
    """The module `time`, with another `sleep`."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.sleep = sleep

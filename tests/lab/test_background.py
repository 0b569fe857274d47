"""Programs beside the recorder: started, ready, ended."""

from __future__ import annotations

import os
import sys

import pytest

from analyzer.lab.background import Background, last_line
from analyzer.lab.failures import LabError


class Clock(Background):
    """A program that says "ready", or what it is told to say, and then does nothing for a long time."""

    def __init__(self, says: str = "print('ready', flush=True)") -> None:
        super().__init__("clock")
        self.says = says

    def _command(self) -> list[str]:
        return [sys.executable, "-c", f"import sys, time; {self.says}; time.sleep(60)"]

    def _wait_until_ready(self) -> None:
        if not self._read_line():
            raise LabError(self._last_words())


def test_it_runs_in_a_session_of_its_own_until_the_block_ends() -> None:
    with Clock() as clock:
        process = clock._running()
        assert process.poll() is None
        assert not hasattr(os, "getsid") or os.getsid(process.pid) == process.pid
    assert process.poll() is not None
    clock.stop()  # a second time does nothing
    with pytest.raises(LabError, match="the lab's clock is not running"):
        clock._running()


def test_one_that_does_not_get_ready_is_gone_when_that_is_reported() -> None:
    clock = Clock(says="sys.exit('no battery')")
    with pytest.raises(LabError, match="no battery"), clock:
        pass
    with pytest.raises(LabError, match="not running"):
        clock._running()


def test_the_last_line_is_what_matters() -> None:
    assert last_line("Capturing…\nThere is no such device.\n") == "There is no such device."
    assert last_line("\n") == "it said nothing"

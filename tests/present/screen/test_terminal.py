"""The screen in a terminal, as the system makes one: what it writes there, and how it leaves it."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios

import pytest

from tests.project.modules import ROOT

PROGRAM = """
from analyzer.present.screen.app import run_screen
from tests.helpers.boards import Row, TableFeed
run_screen(TableFeed([Row(0), Row(1, client="10.0.0.77:1234")]), "eth0")
print("the screen is closed")
"""
OPENS, CLOSES = b"\x1b[?1049h", b"\x1b[?1049l"  # the alternate screen


def read_until(terminal: int, wanted: bytes, seen: bytes = b"") -> bytes:
    while wanted not in seen:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            more = b""
        assert more, seen[-2000:]
        seen += more
    return seen


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_it_opens_shows_and_leaves_the_terminal_in_order(key: bytes) -> None:
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(its)
    environment = os.environ | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=its, stdout=its, stderr=its, env=environment, cwd=ROOT
    )
    try:
        seen = read_until(ours, b"10.0.0.77:1234")
        assert OPENS in seen
        os.write(ours, key)
        seen = read_until(ours, b"the screen is closed", seen)
        assert seen.index(CLOSES) < seen.index(b"the screen is closed")
        assert process.wait(20) == 0
        assert termios.tcgetattr(its) == before
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(its)

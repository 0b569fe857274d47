"""The progress bar: only on a terminal, only when there is something to wait for."""

from __future__ import annotations

import io

import pytest

from analyzer.present import ProgressBar
from analyzer.present import progress as progress_module


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(Terminal):
    def isatty(self) -> bool:
        return False


def test_a_bar_only_on_a_terminal_and_not_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = Pipe()
    monkeypatch.setattr(progress_module, "PATIENCE_S", 0.0)
    with ProgressBar(quiet) as bar:
        bar.report("a.pcap", 10, 100, 1)
    assert quiet.getvalue() == ""
    monkeypatch.setattr(progress_module, "PATIENCE_S", 60.0)
    early = Terminal()
    with ProgressBar(early) as bar:
        bar.report("a.pcap", 10, 100, 1)
    assert early.getvalue() == ""


def test_the_bar_names_the_file_harmlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "PATIENCE_S", 0.0)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    with ProgressBar(stream) as bar:
        bar.report("[bold]\x1b]0;x\x07.pcap", 10_000_000, 100_000_000, 1234)
        bar.report("[bold]\x1b]0;x\x07.pcap", 50_000_000, 100_000_000, 5678)
        bar.report("-", 5, None, 5)
    assert "[bold]\\x1b]0;x\\x07.pcap" in stream.getvalue()
    assert "\x1b]0;" not in stream.getvalue() and "\x07" not in stream.getvalue()

"""The command: sub-commands, errors in one line, exit statuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer
from analyzer.commands import main as main_module
from analyzer.commands.main import COMMANDS, main
from analyzer.errors import UnreadableError


def command(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **options,  # type: ignore[call-overload]
    )


def test_version() -> None:
    done = command("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"keepalive {analyzer.__version__}\n", "")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    words = capsys.readouterr().out.split()
    assert all(name in words for name in COMMANDS)


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["analyze", "verify", "doctor"])
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: keepalive {name}")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["frobnicate"],
            "argument COMMAND: invalid choice: 'frobnicate' "
            "(choose from analyze, verify, doctor, lab) (keepalive --help says more)",
        ),
        (
            ["analyze", "x.pcap", "--nonsense"],
            "unrecognized arguments: --nonsense (keepalive --help says more)",
        ),
        (
            ["analyze"],
            "the following arguments are required: SOURCE (keepalive analyze --help says more)",
        ),
        (
            ["analyze", "x.pcap", "--flow", "first"],
            "argument --flow: invalid int value: 'first' (keepalive analyze --help says more)",
        ),
    ],
)
def test_wrong_usage_is_one_line(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    said = re.sub(
        r"choose from .*lab'?", "choose from analyze, verify, doctor, lab", captured.err
    )  # as of 3.12
    assert (captured.out, said) == ("", f"keepalive: {line}\n")


def test_an_error_is_one_harmless_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(words: object) -> int:
        raise UnreadableError("a\x1b[31m\nb: no such file")

    monkeypatch.setattr(main_module, "run", fail)
    assert main([]) == 3
    assert capsys.readouterr().err == "keepalive: a\\x1b[31m\\nb: no such file\n"


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "run", interrupt)
    assert main([]) == 130
    assert capsys.readouterr().err == "keepalive: interrupted\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line(recorded: Path) -> None:
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "analyzer", "analyze", str(recorded / "alive.pcapng")]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "keepalive: cannot write: No space left on device\n")


@pytest.mark.skipif(os.name == "nt", reason="pipes of the shell")
def test_a_reader_that_goes_away_is_no_error(recorded: Path) -> None:
    capture = recorded / "alive.pcapng"
    code = f"""if True:
        import subprocess, sys
        words = [sys.executable, "-m", "analyzer", "analyze", "--json", "--packets", {str(capture)!r}]
        child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdout.close()
        error = child.stderr.read().decode()
        sys.exit(0 if child.wait() == 141 and not error else f"{{child.wait()}} {{error}}")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

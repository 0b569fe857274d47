"""Time commands: one run at a time, each in its own process, in alternation."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
Say = Callable[[str], None]


class CommandFailed(Exception):
    """A measured command did not end as it should."""


AS_USUAL = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""What commands find around them; Python keeps compiled modules, as it does unless told not to."""


@dataclass(frozen=True)
class Sample:
    """One run: wall time, and the peak resident memory of its largest process."""

    seconds: float
    peak_bytes: int


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Sample:
    """Runs a command once, its output discarded; raises CommandFailed unless it exits with 0."""
    name = Path(command[0]).name  # messages are kept with the results: no path of this machine
    with tempfile.TemporaryDirectory() as folder:
        report, errors = Path(folder, "report"), Path(folder, "errors")
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(report), str(errors)]
        done = subprocess.run(
            [*launcher, *command],
            env={**AS_USUAL, **(environment or {})},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandFailed(f"{name} did not start: {_last_line(done.stderr)}")
        outcome = json.loads(report.read_text(encoding="utf-8"))
        if outcome["status"]:
            said = _last_line(errors.read_text(encoding="utf-8", errors="replace"))
            raise CommandFailed(f"{name} exited with {outcome['status']}: {said}")
    return Sample(outcome["seconds"], outcome["peak_bytes"])


def alternate(commands: Mapping[str, Sequence[str]], runs: int, say: Say) -> dict[str, list[Sample] | str]:
    """Samples of each command, measured in turns; a command that fails gives its error instead."""
    samples: dict[str, list[Sample] | str] = {name: [] for name in commands}
    for turn in range(runs):
        for name, command in commands.items():
            so_far = samples[name]
            if isinstance(so_far, str):
                continue
            say(f"run {turn + 1} of {runs}: {name}")
            try:
                so_far.append(run(command))
            except CommandFailed as error:
                say(f"left out: {name}: {error}")
                samples[name] = str(error)
    return samples


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "(it said nothing)"

"""The README's parts, and a way to bring the output that it shows up to date.

`python -m tests.project.readme` runs each command of a `console` block and puts its output below it.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

from .modules import ROOT

PATH = ROOT / "README.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def text() -> str:
    return PATH.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return [each["text"] for each in BLOCK.finditer(text()) if each["language"] == language]


def section(title: str) -> str:
    """The text between a heading and the next one of any level."""
    return re.split(r"^#+ .*$", text().split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


def first_cells(title: str) -> list[str]:
    """What stands in code quotes in the first column of a section's tables, row by row, words apart."""
    rows = [line.split(" | ")[0] for line in section(title).splitlines() if line.startswith("| ")]
    return [word for row in rows for quoted in re.findall(r"`([^`]+)`", row) for word in quoted.split()]


def output_of(command: str) -> str:
    """What a `keepalive` command writes to a pipe, run from the root of the repository."""
    words = [sys.executable, "-m", "analyzer", *shlex.split(command)[1:]]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")
    }
    environment["PYTHONUTF8"] = "1"
    done = subprocess.run(words, capture_output=True, cwd=ROOT, env=environment, check=True)
    return done.stdout.decode("utf-8")


def with_output(block: str) -> str:
    """A `console` block as it should be: the command, then what it writes."""
    command = block.splitlines()[0]
    return f"{command}\n{output_of(command.removeprefix('$ '))}"


def update() -> None:
    def renew(found: re.Match[str]) -> str:
        if found["language"] != "console":
            return found[0]
        return f"```console\n{with_output(found['text'])}```"

    PATH.write_text(BLOCK.sub(renew, text()), encoding="utf-8")


if __name__ == "__main__":
    update()

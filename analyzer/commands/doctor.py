"""`keepalive doctor`: what is installed, what is missing and how to get it; prepares the kernels."""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from textwrap import wrap

import analyzer
from analyzer.commands.wireshark import HOW_TO_GET
from analyzer.errors import KeepaliveError
from analyzer.present.paper import Line, paper_for, write

LIBRARIES = (
    "numpy",
    "numba",
    "llvmlite",
    "pandas",
    "pyarrow",
    "plotly",
    "resvg_py",
    "rich",
    "textual",
    "prometheus_client",
    "pyshark",
    "psutil",
    "scapy",
    "isal",
    "zstandard",
    "lz4",
)


INDENT = 12  # columns before the text of a line


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status: 3 where analysis itself cannot work."""
    paper = paper_for(sys.stdout)
    write(installed(paper.width), sys.stdout, paper)
    write(tools(), sys.stdout, paper)
    sys.stdout.flush()
    line, works = kernels()
    write([line], sys.stdout, paper)
    return 0 if works else KeepaliveError.exit_status


def installed(width: int) -> Iterator[Line]:
    """The package, Python and the libraries: of these as many in a line as fit its width."""
    yield _line("note", "package", f"{analyzer.__version__} in {Path(analyzer.__file__).parent}")
    machine = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield _line("note", "python", f"{platform.python_version()} on {machine}, {sys.executable}")
    versions = {name: _version(name) for name in LIBRARIES}
    there = ", ".join(f"{name}\u00a0{version}" for name, version in versions.items() if version)
    first, *further = wrap(there, width - INDENT, break_on_hyphens=False) or [""]
    yield _line("note", "libraries", first.replace("\u00a0", " "))
    yield from ([(" " * INDENT + each.replace("\u00a0", " "), "")] for each in further)
    missing = [name for name, version in versions.items() if not version]
    if missing:
        yield _line("problem", "missing", f"pip install {' '.join(missing)}")


def tools() -> Iterator[Line]:
    """Wireshark's programs, and whether capturing is allowed."""
    for name, use in (("tshark", "keepalive verify needs it"), ("dumpcap", "capturing is best with it")):
        path = shutil.which(name)
        if path is None:
            yield _line("warning", name, f"not installed ({use}); to get it: {HOW_TO_GET}")
        else:
            yield _line("note", name, f"{_first_line([path, '--version'])}, {path}")
    yield _capture_permission()


def kernels() -> tuple[Line, bool]:
    """Compile what is not compiled yet; say where it is kept."""
    try:
        from analyzer import kernel_cache, pipeline
        from analyzer.write import prepare_writing

        filled = kernel_cache.is_filled()
        if not filled:
            print("kernels: compiling, once; this takes some seconds …", file=sys.stderr)
        began = time.monotonic()
        pipeline.warm_up()
        prepare_writing()
    except Exception as error:  # whatever is broken, the doctor says so
        return _line("problem", "kernels", f"do not work: {type(error).__name__}: {error}"), False
    took = time.monotonic() - began
    how = f"loaded in {took:.1f} s" if filled else f"compiled in {took:.1f} s"
    if kernel_cache.NOT_KEPT:
        text = (
            f"{how}, but every run will compile anew ({kernel_cache.NOT_KEPT}); "
            "NUMBA_CACHE_DIR names a folder to keep them"
        )
        return _line("warning", "kernels", text), True
    folder = kernel_cache.FOLDER
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return _line("note", "kernels", f"{how}, kept in {folder} ({size / 1e6:.1f} MB)"), True


def _line(severity: str, name: str, text: str) -> Line:
    marks = {"note": "·", "warning": "▲", "problem": "✖"}
    return [(marks[severity] + " ", severity), (f"{name:<10}", "title"), (text, "")]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _first_line(command: list[str]) -> str:
    done = _run(command)
    lines = done.stdout.splitlines() if done else []
    return lines[0].split(" (Git")[0].rstrip(".") if lines else "does not run"


def _capture_permission() -> Line:
    """Whether any interface can be captured on: that some are listed says nothing of permission."""
    try:
        from analyzer.sources.live import allow_capture, choose, list_interfaces

        program = choose()
        interfaces = list_interfaces(program)
    except Exception as error:  # without the libraries: `kernels` says more
        return _line("warning", "capture", f"cannot be tried: {error}")
    allowed = sum(each.allowed for each in interfaces)
    if allowed:
        return _line("note", "capture", f"allowed on {allowed} interfaces, by {program.name}")
    return _line("warning", "capture", f"no permission to capture; to get it: {allow_capture()}")


def _run(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None

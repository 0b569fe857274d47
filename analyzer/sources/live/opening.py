"""From a wish to a live source: choose the program, check the filter, start it, read what it writes."""

from __future__ import annotations

import io
import os
import subprocess
import time
from functools import partial
from pathlib import Path

from analyzer.errors import MissingToolError, UnreadableError, UsageError
from analyzer.sources.foreign import OR_TSHARK
from analyzer.sources.inputs import STANDARD_INPUT, PipeInput, standard_input
from analyzer.sources.live.backend import Backend, LiveOptions, environment
from analyzer.sources.live.complaints import bad_filter, obstacle, refusal
from analyzer.sources.live.dumpcap import Dumpcap
from analyzer.sources.live.filters import kernel_filter
from analyzer.sources.live.growing import GrowingInput
from analyzer.sources.live.process import CaptureProcess
from analyzer.sources.live.scapy import Scapy
from analyzer.sources.live.source import CaptureSource, LiveSource
from analyzer.sources.live.tcpdump import Tcpdump
from analyzer.sources.opening import read_source

BACKENDS: tuple[Backend, ...] = (Dumpcap(), Tcpdump(), Scapy())
"""The best first."""

HOW_TO_GET = "apt install wireshark-common, dnf install wireshark-cli or brew install wireshark bring dumpcap"

CHECK_S = 20.0  # compiling a filter takes some ms, unless it names a host that nobody knows


def open_live(options: LiveOptions) -> LiveSource:
    """Begin to capture; frames are seen from now on.

    Raises UsageError for a filter or backend that cannot be, MissingToolError where no capture program is
    installed, UnreadableError where capturing is not possible; each says what to do.
    """
    backend = choose(options.backend)
    if options.record is not None and not backend.records:
        raise UsageError(f"recording needs dumpcap: {backend.name} writes no ring of files")
    capture_filter = kernel_filter(options.capture_filter, partial(_why_not, backend, options))
    file = _ring(options.record) if options.record is not None else None
    process = CaptureProcess(backend, backend.command(options, capture_filter, file), to_pipe=file is None)
    opened: PipeInput | GrowingInput | None = None
    try:
        if file is not None:
            opened = GrowingInput(_first_file(process, options))
        else:
            assert isinstance(process.output, io.FileIO)
            opened = PipeInput(process.output)
        reader = read_source(opened, options.interface)
        described = reader.facts.interfaces
        if described and not described[0].name:  # a pcap file does not say
            described[0].name, described[0].filter = options.interface, capture_filter
        return CaptureSource(reader, opened, process, options.interface)
    except BaseException as error:
        process.end()
        if opened is not None:
            opened.close()
        if isinstance(error, UnreadableError):
            process.wait()
            raise refusal(process.said, options.interface, backend.name) from None
        raise


def open_follow(path: str) -> LiveSource:
    """Read a capture that is still being written ("-": standard input), with its ring's later files.

    Waits for the file's header. Raises UnreadableError with one line for people.
    """
    if path == STANDARD_INPUT:
        return _followed(PipeInput(standard_input()), path)
    if os.path.isdir(path):
        raise UnreadableError(f"{path}: this is a folder, not a file")
    return _followed(GrowingInput(path), path)


def _followed(opened: PipeInput | GrowingInput, path: str) -> LiveSource:
    try:
        return LiveSource(read_source(opened, path), opened)
    except UnreadableError as error:  # tshark reads other formats, but follows nothing
        raise UnreadableError(str(error).removesuffix(OR_TSHARK)) from None


def choose(name: str = "") -> Backend:
    """The program of that name, or else the best that is installed."""
    named = [each for each in BACKENDS if name in ("", each.name)]
    if not named:
        raise UsageError(f"no backend {name!r}; there are: {', '.join(each.name for each in BACKENDS)}")
    if there := [each for each in named if each.installed()]:
        return there[0]
    names = " or ".join(each.name for each in named)
    raise MissingToolError(f"capturing needs {names}: {HOW_TO_GET}")


def _why_not(backend: Backend, options: LiveOptions, capture_filter: str) -> str:
    """Why an interface does not take a filter; "" if it does. Raises what refuses to capture at all."""
    try:
        done = subprocess.run(
            backend.check_command(options, capture_filter),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment(),
            timeout=CHECK_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{backend.name} did not understand it in {CHECK_S:g} s"
    except OSError as error:
        raise UnreadableError(f"{backend.name} does not start: {error.strerror or error}") from error
    said = done.stderr.replace(capture_filter, "…") if capture_filter else done.stderr  # it may say anything
    if refused := obstacle(said, options.interface):
        raise refused
    return bad_filter(said, done.returncode)


def _ring(folder: Path) -> Path:
    """What a ring's files are called, before dumpcap adds number and time: each run has its own."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableError(f"{folder}: cannot make this folder: {error.strerror or error}") from error
    return folder / f"live-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.pcapng"


def _first_file(process: CaptureProcess, options: LiveOptions) -> str:
    """Wait for the first file of a recording."""
    if process.wait_until_ready():
        for line in process.said.splitlines():
            if line.startswith(process.backend.ready):
                return line.removeprefix(process.backend.ready)
    raise UnreadableError(f"{options.interface}: nothing was captured")

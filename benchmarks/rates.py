"""The highest rate at which a live capture misses nothing: this project beside scapy and tshark.

    python -m benchmarks.rates                 # Linux, as root; needs ip (iproute2) and tcpreplay

A generated capture is replayed over a veth pair at rising rates. At each rate every tool is started anew,
listens, and is ended once it has nothing left to do; the rate counts as kept if it has seen as many frames as
the interface received, in one of two attempts. A tool is out after two rates in a row that it did not keep.
"""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.generate import Settings, generate
from benchmarks.tools import project_command
from benchmarks.wire import ENDS, Wire, WireFailed, missing, wire

SUMMARY = (__doc__ or "").partition("\n")[0]
SETTLE_S = 0.5  # between the first sign of listening and the first frame
QUIET_S, BUSY = 1.0, 0.03  # a tool has nothing left to do when it takes less than this share of a processor
PATIENCE_S = 120.0
ATTEMPTS, FAILURES = 2, 2
STEP = 2**0.5

SCAPY = f"""
import signal
from scapy.all import AsyncSniffer
count = 0
def take(packet):
    global count
    count += 1
sniffer = AsyncSniffer(iface={ENDS[1]!r}, prn=take, store=False)
signal.signal(signal.SIGINT, lambda *_: sniffer.stop())
sniffer.start()
sniffer.join()
print(count)
"""


@dataclass(frozen=True)
class Listener:
    """A tool that captures live. seen: frames, of what it wrote. first: the lowest rate to try, frames/s."""

    name: str
    command: tuple[str, ...]
    seen: Callable[[Path], int]
    first: float


def last_line(path: Path) -> str:
    """The last line of a text."""
    with path.open("rb") as text:
        text.seek(max(path.stat().st_size - 100_000, 0))
        lines = text.read().decode("utf-8", "replace").splitlines()
    return lines[-1] if lines else ""


def frames_of_summary(path: Path) -> int:
    """Frames by `--json`'s last line."""
    return int(json.loads(last_line(path))["frames"])


def frames_of_text(path: Path) -> int:
    """Frames by the summary for people."""
    with path.open("rb") as text:
        text.seek(max(path.stat().st_size - 100_000, 0))
        found = re.findall(r"([\d,]+) frames, [\d,]+ TCP segments", text.read().decode("utf-8", "replace"))
    return int(found[-1].replace(",", ""))


def lines_of(path: Path) -> int:
    """Lines: tshark writes one a frame."""
    with path.open("rb") as text:
        return sum(block.count(b"\n") for block in iter(lambda: text.read(1 << 20), b""))


def listeners() -> list[Listener]:
    """The tools."""
    live = (*project_command()[:-1], "live", "-i", ENDS[1])
    scapy = (sys.executable, "-c", SCAPY)
    return [
        Listener("scapy, sniff(prn=count, store=False)", scapy, lambda path: int(last_line(path)), 1_000),
        Listener("tshark -l", ("tshark", "-n", "-l", "-i", ENDS[1]), lines_of, 1_000),
        Listener("keepalive live --json", (*live, "--json"), frames_of_summary, 16_000),
        Listener("keepalive live", live, frames_of_text, 16_000),
    ]


def busy_s(root: psutil.Process) -> float:
    """Processor time of a process and all that it started."""
    total = 0.0
    for each in (root, *root.children(recursive=True)):
        try:
            used = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return total


def wait_until_idle(process: psutil.Process) -> None:
    """Until what waits in buffers is worked off."""
    end = time.monotonic() + PATIENCE_S
    before = busy_s(process)
    while time.monotonic() < end:
        time.sleep(QUIET_S)
        now = busy_s(process)
        if now - before < BUSY * QUIET_S:
            return
        before = now


def missed(line: Wire, listener: Listener, capture: Path, per_s: float, seconds: float) -> tuple[int, float]:
    """Frames that a tool did not see of those that arrived; and the rate at which they did, frames/s."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "out")
        with text.open("wb") as out, Path(folder, "errors").open("wb") as errors:
            process = subprocess.Popen(
                line.listener(listener.command), stdout=out, stderr=errors, start_new_session=True
            )
            try:
                wait_for(lambda: line.heard() or process.poll() is not None)
                time.sleep(SETTLE_S)
                sent = line.send(capture, round(per_s * seconds), per_s)
                wait_until_idle(psutil.Process(process.pid))
                process.send_signal(signal.SIGINT)
                process.wait(PATIENCE_S)
            finally:
                process.kill()
                process.wait()
        try:
            seen = listener.seen(text)
        except (ValueError, KeyError, IndexError) as error:
            said = Path(folder, "errors").read_text(encoding="utf-8", errors="replace").strip()
            raise WireFailed(f"{listener.name} did not say what it saw: {said or error}") from error
    return sent.received - seen, sent.received / sent.seconds


def wait_for(so: Callable[[], bool]) -> None:
    """Until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not so() and time.monotonic() < end:
        time.sleep(0.1)


def highest(line: Wire, listener: Listener, capture: Path, most: int, seconds: float) -> float:
    """The highest rate without loss, frames/s, as measured; tells each attempt on stderr."""
    per_s, best, failures = listener.first, 0.0, 0
    while failures < FAILURES and per_s * seconds <= most:
        kept = False
        for _ in range(ATTEMPTS):
            lost, rate = missed(line, listener, capture, per_s, seconds)
            print(f"{listener.name}: {rate:,.0f} frames/s, missed {lost:,}", file=sys.stderr, flush=True)
            if not lost:
                kept, best = True, max(best, rate)
                break
        failures = 0 if kept else failures + 1
        if kept and rate < 0.9 * per_s:  # the sender can do no more
            break
        per_s *= STEP
    return best


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rates", description=SUMMARY)
    parser.add_argument("--seconds", type=float, default=5.0, help="at each rate")
    parser.add_argument("--frames", type=float, default=3e6, help="of the capture: bounds rate times seconds")
    parser.add_argument(
        "--tools", default="", metavar="NAME,…", help="only some, by the start of their names"
    )
    options = parser.parse_args(arguments)
    if why := missing():
        parser.error(why)
    wanted = tuple(options.tools.split(","))
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, wire() as line:
        capture = Path(folder, "traffic.pcap")
        generate(capture, Settings(frames=int(options.frames), snap=1514))
        for listener in listeners():
            if not listener.name.startswith(wanted) or not shutil.which(listener.command[0]):
                continue
            results[listener.name] = highest(line, listener, capture, int(options.frames), options.seconds)
    least = min((rate for name, rate in results.items() if name.startswith("scapy")), default=0.0)
    for name, rate in results.items():
        beside = f"   {rate / least:6.1f} x scapy" if least else ""
        print(f"{name:<40} {rate:>10,.0f} frames/s{beside}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

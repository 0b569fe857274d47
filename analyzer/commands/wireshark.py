"""Wireshark's opinion of a capture: one tshark pass, through pyshark.

pyshark owns an event loop that fights others (Jupyter's), so it runs in a thread of its own with
a loop of its own. A display filter leaves only the flagged frames to it: it reads some hundred
packets a second, tshark tens of thousands.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from analyzer.errors import MissingToolError, UnreadableError

FLAGS = ("keep_alive", "keep_alive_ack", "zero_window_probe", "zero_window_probe_ack")
"""What Wireshark may call a segment, as in its field names tcp.analysis.*; the first that is set counts."""

HOW_TO_GET = "apt install tshark, brew install wireshark, or https://www.wireshark.org/download.html"
DAMAGE = ("cut short", "damaged", "corrupt")  # what tshark says of a file it read in part
PREFERENCES = {"tcp.analyze_sequence_numbers": "TRUE"}  # whatever the user's profile says


def flagged(path: str) -> dict[int, str]:
    """Frame number to flag, of every frame that Wireshark gives one."""
    with ThreadPoolExecutor(1, "tshark") as thread:
        return thread.submit(_read, path).result()


def _read(path: str) -> dict[int, str]:
    try:
        from pyshark.tshark.tshark import TSharkNotFoundException
    except ImportError as error:
        raise MissingToolError(f"pyshark is not installed: {error}; pip install pyshark") from None
    loop = asyncio.new_event_loop()
    try:
        capture = _capture(path, loop)
        try:
            return {int(packet.number): _flag(packet) for packet in capture}
        finally:
            capture.close()
    except TSharkNotFoundException:
        raise MissingToolError(f"tshark is not installed; to get it: {HOW_TO_GET}") from None
    finally:
        loop.close()


def _capture(path: str, loop: asyncio.AbstractEventLoop) -> Any:
    import pyshark

    class Pass(pyshark.FileCapture):  # type: ignore[misc]
        """Lets tshark end by itself: pyshark kills it at the end of its output, and a race on its exit
        status then looks like a crash."""

        async def _cleanup_subprocess(self, process: Any) -> None:
            if not self._eof_reached:
                with suppress(ProcessLookupError):
                    process.kill()
            status = await process.wait()
            self._running_processes.discard(process)
            await asyncio.gather(*self._stderr_handling_tasks)
            error = (self._last_error_line or "").strip().removeprefix("tshark: ")
            if self._eof_reached and status and not any(word in error for word in DAMAGE):
                raise UnreadableError(f"{path}: tshark could not read it: {error or f'exit status {status}'}")

    return Pass(
        path,
        keep_packets=False,
        display_filter=" || ".join(f"tcp.analysis.{flag}" for flag in FLAGS),
        override_prefs=PREFERENCES,
        custom_parameters=["-n"],  # no name is looked up
        eventloop=loop,
    )


def _flag(packet: Any) -> str:
    names = {name for layer in packet.layers if layer.layer_name == "tcp" for name in layer.field_names}
    return next((flag for flag in FLAGS if f"analysis_{flag}" in names), "")

"""The screen on a real capture, its keys pressed by Textual's pilot: says what it shows, and when.

Run in a host's namespace. Each verdict that appears is a line of JSON with the monotonic time; a line on
standard input opens the selected connection, and what the screen then shows is the last line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

from textual.pilot import Pilot

from analyzer.live_capture import live
from analyzer.present.screen.app import LiveApp

WORDS = ("peer_dead", "peer_rebooted")
EVERY_S = 0.05


def say(**what: object) -> None:
    print(json.dumps(what | {"at_s": time.monotonic()}), flush=True)


def shown(app: LiveApp) -> list[str]:
    """The lines of the screen as text."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips[:height]]


async def watch(pilot: Pilot[None], ended: threading.Event) -> None:
    app = pilot.app
    assert isinstance(app, LiveApp)
    seen: set[str] = set()
    while not ended.is_set():
        rows = [line for line in shown(app) if ":7777" in line]
        for word in WORDS:
            if word not in seen and any(word in row for row in rows):
                seen.add(word)
                say(channel="screen", name=word)
        if "knocked" not in seen and any(":7778" in line for line in shown(app)):
            seen.add("knocked")
            say(channel="screen", name="knocked")
        await asyncio.sleep(EVERY_S)


async def main() -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
    with live("eth0") as capture:
        app = LiveApp(capture, "eth0")
        async with app.run_test(size=(80, 24)) as pilot:
            await watch(pilot, ended)
            table = shown(app)
            await pilot.press("home", "enter")
            await pilot.pause(1.5)
            say(channel="screen", name="end", table=table, opened=shown(app))
            await pilot.press("escape", "q")


asyncio.run(main())

"""Chromium without a window, driven through its own pipe: no driver program, no library.

The protocol is Chromium's (https://chromedevtools.github.io/devtools-protocol/): JSON messages that
end with a zero byte, on the browser's file descriptors 3 and 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # tests run as root, too; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=OptimizationHints,MediaRouter,Translate,DialMediaRouteProvider",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--password-store=basic",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
)
PATIENCE_S = 60.0


def program() -> str | None:
    """Where Chromium is, if it is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class PageError(AssertionError):
    """The page's script raised, or the browser refused a command."""


class Browser:
    """One browser with one page. What it says meanwhile is in `heard`: (method, parameters)."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._rest = b""
        self._last = 0
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._session = ""
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise PageError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _message(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(until - time.monotonic(), 0))
            if not ready:
                raise TimeoutError("the browser says nothing")
            part = os.read(self._read, 1 << 20)
            if not part:
                raise EOFError("the browser has ended")
            self._rest += part
        raw, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        if "method" in message:
            self.heard.append((message["method"], message["params"]))
        return message

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file and wait until its scripts have run."""
        for url in ("about:blank", path.as_uri() + fragment):  # the first: else a fragment loads nothing
            self.heard.clear()
            self("Page.navigate", url=url)
            while not any(method == "Page.loadEventFired" for method, _ in self.heard):
                self._message()
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; promises are awaited, as if the user had clicked."""
        answer = self(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise PageError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """What people read there; "" if there is no such element."""
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def texts(self, selector: str) -> list[str]:
        """The same of all such elements."""
        found = self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.innerText)")
        return list(found)

    def click(self, selector: str) -> None:
        """Click the middle of the first such element, as a mouse does."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); "
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect(); "
            "return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        self.settle()

    def key(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key. code: its virtual key code."""
        self(
            "Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, text=text
        )
        self("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)
        self.settle()

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self("Input.insertText", text=text)
        self.settle()

    def settle(self) -> None:
        """Wait for what follows from an action to be drawn."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def window(self, width: int, height: int = 900, scale: float = 1, mobile: bool = False) -> None:
        """The size of the page in CSS pixels."""
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=mobile,
        )
        self.settle()

    def media(self, kind: str = "", scheme: str = "light") -> None:
        """What the page is shown on: "print" or the screen; and which colours the system has."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self("Emulation.setEmulatedMedia", media=kind, features=features)
        self.settle()

    def picture(self, path: Path, whole: bool = False) -> None:
        """A PNG of what is in sight, or of the whole page."""
        answer = self("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def paper(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(
            self("Page.printToPDF", printBackground=False, preferCSSPageSize=True)["data"]
        )

    def complaints(self) -> list[str]:
        """Exceptions, console messages, and what the browser logged: violations of the page's policy, too."""
        self.run("1")
        said = []
        for method, parameters in self.heard:
            if method in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
                said.append(json.dumps(parameters)[:500])
        return said

    def requests(self) -> list[str]:
        """What the page asked for beside itself."""
        asked = [
            each["request"]["url"] for method, each in self.heard if method == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith("data:")][1:]


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start it with its profile in this folder, and end it."""
    path = program()
    assert path, "chromium is not installed"
    their_read, our_write = os.pipe()
    our_read, their_write = os.pipe()

    moved = f'exec "$@" 3<&{their_read} 4>&{their_write}'
    process = subprocess.Popen(
        ["bash", "-c", moved, "bash", path, *FLAGS, f"--user-data-dir={folder}"],
        pass_fds=(their_read, their_write),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(their_read)
    os.close(their_write)
    try:
        yield Browser(our_read, our_write)
    finally:
        os.close(our_write)
        os.close(our_read)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(10)

"""Whom alerts are delivered to: a program, a web address."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
from base64 import b64encode
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from analyzer.alerts.channel import DeliveryError
from analyzer.alerts.matching import Alert
from analyzer.errors import UsageError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector, Request

COMMAND_S = 30.0  # for a program to end; our choice: what takes longer hangs
WEBHOOK_S = 5.0  # for a server to answer, at each step
AT_ONCE = 4  # programs running at the same time
OF_SHELL = frozenset((">", ">>", "<", "|", "||", "&", "&&", "2>&1"))  # not `;`, which ends find's -exec
COME_AGAIN = frozenset((408, 425, 429))  # beside 5xx: HTTP statuses that ask for another try, RFC 9110, 6585


class Command:
    """Starts a program for each alert: its JSON on standard input, KEEPALIVE_… in the environment.

    What the program writes is discarded: our own output belongs to results, and the screen to people.
    """

    workers = AT_ONCE

    def __init__(self, command: str, timeout_s: float = COMMAND_S) -> None:
        """command: words as for a shell, but no shell interprets them. Raises UsageError."""
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise UsageError(f"--exec {command!r}: {str(error).lower()}") from None
        if not self._words or shutil.which(self._words[0]) is None:
            raise UsageError(f"--exec {command!r}: there is no such program")
        for word in self._words:
            if word in OF_SHELL:
                raise UsageError(
                    f"--exec {command!r}: no shell reads it, so {word} would be an argument; "
                    "a script can do that, or sh -c '…'"
                )
        self.name = f"--exec {os.path.basename(self._words[0])}"
        self._timeout_s = timeout_s
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._aborted = False

    def deliver(self, alert: Alert) -> None:
        """Run the program to its end."""
        process = self._start(alert)
        try:
            process.communicate(alert.json.encode() + b"\n", self._timeout_s)
        except subprocess.TimeoutExpired:  # it may have done its work, so it is not tried again
            raise DeliveryError(f"not done after {self._timeout_s:g} s, ended", again=False) from None
        finally:
            self._leave(process)
        if process.returncode:
            raise DeliveryError(_how_it_ended(process.returncode))

    def _start(self, alert: Alert) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._aborted:
                raise DeliveryError("no time left", again=False)
            try:
                process = subprocess.Popen(
                    self._words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=os.environ | alert.environment,
                    start_new_session=True,  # Ctrl-C is for us: an alert on its way arrives
                )
            except OSError as error:
                raise DeliveryError(error.strerror or str(error)) from None
            self._running.add(process)
            return process

    def _leave(self, process: subprocess.Popen[bytes]) -> None:
        if process.returncode is None:
            end_group(process)
            process.wait()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        with self._lock:
            self._running.discard(process)

    def abort(self) -> None:
        """End the programs that run, and start no more."""
        with self._lock:
            self._aborted = True
            for process in self._running:
                end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started."""
    if process.poll() is not None:
        return
    with suppress(OSError):  # it has ended meanwhile
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _how_it_ended(status: int) -> str:
    return f"exit status {status}" if status > 0 else f"ended by signal {-status}"


class Webhook:
    """Posts each alert's JSON to a web address. Redirections are not followed: they lose what is posted."""

    workers = 1  # so that alerts come in their order

    def __init__(self, url: str, timeout_s: float = WEBHOOK_S) -> None:
        """Raises UsageError where it is no http:// or https:// address."""
        parts = _checked(url)
        host = parts.netloc.rpartition("@")[2]
        self.name = f"--webhook {host}"  # the rest of an address is often a secret
        self._url = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
        self._headers = {"Content-Type": "application/json", "User-Agent": "keepalive-analyzer"}
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {b64encode(user.encode()).decode()}"
        self._timeout_s = timeout_s
        self._opener: OpenerDirector | None = None

    def deliver(self, alert: Alert) -> None:
        """Post it."""
        from urllib.error import HTTPError, URLError
        from urllib.request import Request

        if self._opener is None:
            self._opener = _opener()
        request: Request = Request(self._url, alert.json.encode(), self._headers, method="POST")
        try:
            with self._opener.open(request, timeout=self._timeout_s):
                pass
        except HTTPError as error:
            error.close()
            again = error.code >= 500 or error.code in COME_AGAIN
            raise DeliveryError(f"HTTP {error.code}", again) from None
        except URLError as error:
            raise DeliveryError(_reason(error.reason)) from None
        except (OSError, HTTPException) as error:
            raise DeliveryError(_reason(error)) from None
        except ValueError as error:  # a host name that cannot be one
            raise DeliveryError(str(error), again=False) from None

    def abort(self) -> None:
        """Nothing to end: a request is given up after some seconds, and its thread keeps nobody waiting."""


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"--webhook {url!r}: an address such as https://example.org/hook is wanted")
    return parts


def _reason(error: Any) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _opener() -> OpenerDirector:
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    return build_opener(Stay)

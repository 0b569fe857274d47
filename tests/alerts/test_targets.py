"""Real programs and a real web server: what they get, and what becomes of those that hang, fail or refuse."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from analyzer.alerts import Alert, Channel, Command, Webhook
from analyzer.alerts.channel import DeliveryError
from analyzer.errors import UsageError

ALERT = Alert("peer_dead", '{"name": "peer_dead", "text": "→"}', {"KEEPALIVE_NAME": "peer_dead"})


def python(code: str, *words: object) -> str:
    return shlex.join([sys.executable, "-c", code, *map(str, words)])


def failure(target: Command | Webhook) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        target.deliver(ALERT)
    return caught.value


# Programs


def test_a_program_gets_the_alert(tmp_path: Path) -> None:
    code = (
        "import os, sys; out = open(sys.argv[1], 'w', encoding='utf-8');"
        "print(os.environ['KEEPALIVE_NAME'], os.environ['PATH'] != '', file=out);"
        "out.write(sys.stdin.buffer.read().decode())"
    )
    Command(python(code, tmp_path / "out put.txt")).deliver(ALERT)
    assert (tmp_path / "out put.txt").read_text(encoding="utf-8") == f"peer_dead True\n{ALERT.json}\n"


def test_no_shell_interprets_the_words(tmp_path: Path) -> None:
    Command(python("pass", f"; touch {tmp_path / 'made'} $(id)")).deliver(ALERT)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_does_not_read_is_no_failure() -> None:
    long = Alert("peer_dead", "x" * 1_000_000, {})
    Command(python("pass")).deliver(long)


def test_what_a_program_writes_is_discarded(capfd: pytest.CaptureFixture[str]) -> None:
    Command(python("import sys; print('out'); print('err', file=sys.stderr)")).deliver(ALERT)
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_program_that_fails_is_tried_again() -> None:
    error = failure(Command(python("raise SystemExit(3)")))
    assert (str(error), error.again) == ("exit status 3", True)
    killed = failure(Command(python("import os; os.kill(os.getpid(), 9)")))
    assert str(killed) == "ended by signal 9"


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "open(sys.argv[1], 'w').write(f'{os.getpid()} {child.pid}'); time.sleep(60)"
    )
    began = time.monotonic()
    error = failure(Command(python(code, pids), timeout_s=1.5))
    assert (str(error), error.again) == ("not done after 1.5 s, ended", False)
    assert time.monotonic() - began < 10
    for pid in map(int, pids.read_text().split()):
        assert ended(pid)


def ended(pid: int, within_s: float = 5) -> bool:
    """Whether a process is gone, or waits to be buried."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_closing_ends_programs_that_still_run(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    channel = Channel(Command(python(code, pids)), lambda _: None)
    channel.put(ALERT)
    while not (pids.exists() and pids.read_text()):
        time.sleep(0.01)
    began = time.monotonic()
    channel.close(0.1)
    assert time.monotonic() - began < 5 and channel.lost == 1
    assert ended(int(pids.read_text()))


def test_a_program_is_not_in_our_process_group(tmp_path: Path) -> None:
    """Ctrl-C in our terminal does not end an alert that is on its way."""
    code = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpgid(0)))"
    Command(python(code, tmp_path / "group")).deliver(ALERT)
    assert int((tmp_path / "group").read_text()) != os.getpgid(0)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("no-such-program --now", "there is no such program"),
        ("", "there is no such program"),
        ("'half", "no closing quotation"),
        (
            "cat >> alerts.txt",
            "no shell reads it, so >> would be an argument; a script can do that",
        ),
    ],
)
def test_what_is_no_command_is_said_before_capturing(command: str, problem: str) -> None:
    with pytest.raises(UsageError, match=f"--exec {command!r}: {problem}"):
        Command(command)


def test_a_shell_does_what_it_is_asked_to(tmp_path: Path) -> None:
    Command(f"sh -c 'cat > {tmp_path}/alert.json'").deliver(ALERT)
    assert (tmp_path / "alert.json").read_text() == ALERT.json + "\n"


# Web servers


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status = int(self.path.partition("?")[0].rpartition("/")[2] or 200)
        if status == 598:  # hangs
            self.server.released.wait(30)  # type: ignore[attr-defined]
            return
        if status == 599:  # no HTTP at all
            self.wfile.write(b"nonsense\r\n\r\n")
            return
        self.send_response(status)
        self.send_header("Location", "/elsewhere/200")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that they are waited for

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.released = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_gets_the_alert(server: Server) -> None:
    Webhook(server.url("hook/200?key=1#part")).deliver(ALERT)
    [(path, headers, body)] = server.seen
    assert path == "/hook/200?key=1"
    assert body.decode() == ALERT.json
    assert headers["Content-Type"] == "application/json" and "Authorization" not in headers


def test_a_server_that_wants_a_password(server: Server) -> None:
    Webhook(server.url("200").replace("//", "//me:p%40ss@")).deliver(ALERT)
    assert server.seen[0][1]["Authorization"] == "Basic bWU6cEBzcw=="
    assert "@" not in server.seen[0][1]["Host"]


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (404, False), (403, False)]
)
def test_only_what_may_pass_is_tried_again(server: Server, status: int, again: bool) -> None:
    error = failure(Webhook(server.url(str(status))))
    assert (str(error), error.again) == (f"HTTP {status}", again)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirections_are_not_followed(server: Server, status: int) -> None:
    error = failure(Webhook(server.url(str(status))))
    assert (str(error), error.again, len(server.seen)) == (f"HTTP {status}", False, 1)


def test_a_server_that_hangs(server: Server) -> None:
    began = time.monotonic()
    error = failure(Webhook(server.url("598"), timeout_s=0.3))
    assert (str(error), error.again) == ("no answer in time", True)
    assert time.monotonic() - began < 5


def test_a_server_that_speaks_nonsense(server: Server) -> None:
    assert failure(Webhook(server.url("599"))).again


def test_a_server_that_is_not_there(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = failure(Webhook(f"http://127.0.0.1:{free.getsockname()[1]}/"))
    assert (str(error), error.again) == ("Connection refused", True)


def test_a_server_that_is_back_later_gets_it(server: Server) -> None:
    codes = iter((503, 500, 200))

    class Recovering(Webhook):
        def deliver(self, alert: Alert) -> None:
            Webhook(server.url(str(next(codes)))).deliver(alert)

    channel = Channel(Recovering(server.url("")), lambda _: None, pauses_s=(0.01, 0.02, 0.04))
    channel.put(ALERT)
    channel.close(10)
    assert (channel.sent, len(server.seen)) == (1, 3)
    assert [json.loads(body)["name"] for _, _, body in server.seen] == ["peer_dead"] * 3


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "example.org",
        "http://",
        "http://[::1",
        "http://a b/",
        "http://x:y/",
    ],
)
def test_what_is_no_web_address_is_said_before_capturing(url: str) -> None:
    with pytest.raises(UsageError, match="such as https://example.org/hook"):
        Webhook(url)


def test_messages_keep_the_secret_part_of_an_address() -> None:
    assert Webhook("https://me:secret@hooks.example.org:8443/T0/secret?key=secret").name == (
        "--webhook hooks.example.org:8443"
    )

"""What other programs hear of a live capture: a server that webhooks reach, and a reader of its metrics.

Run in a host's namespace: WEBHOOK_PORT METRICS_PORT. Says what it heard as lines of JSON, each with the
monotonic time: the name in an alert, or a verdict that connections newly have in the metrics.
"""

from __future__ import annotations

import http.server
import json
import re
import sys
import threading
import time
import urllib.request

CONNECTIONS = re.compile(r'^keepalive_connections\{verdict="(\w+)"\} ([\d.]+)$', re.MULTILINE)
EVERY_S = 0.05


def say(channel: str, name: str, **more: object) -> None:
    line = {"channel": channel, "name": name, "at_s": time.monotonic()} | more
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        alert = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        say("webhook", alert["name"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    webhook_port, metrics_port = map(int, sys.argv[1:])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", webhook_port), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say("bystander", "ready")
    seen: dict[str, float] = {}
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with direct.open(f"http://127.0.0.1:{metrics_port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:  # not yet, or no longer
            text = ""
        for verdict, count in CONNECTIONS.findall(text):
            if float(count) > seen.get(verdict, 0):
                say("metrics", verdict, tells_drops="keepalive_dropped_frames" in text)
            seen[verdict] = float(count)
        time.sleep(EVERY_S)


main()

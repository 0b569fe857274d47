"""The command that `--exec` starts: notes in a FILE what it was told, and when."""

import json
import os
import sys
import time

at_s = time.monotonic()
alert = json.load(sys.stdin)
assert alert["name"] == os.environ["KEEPALIVE_NAME"]
with open(sys.argv[1], "a") as file:
    file.write(json.dumps({"name": alert["name"], "flow": alert.get("flow"), "at_s": at_s}) + "\n")

"""A program that watches an interface as ours does, and tells what it sees in lines of JSON.

Run in a lab host's namespace. Its argument: the fields of LiveOptions as JSON. A line on its standard input
ends it ("drops": tells of drops and notices instead). With `reads` false it reads no frame. Frames that
`namespaces.send` made are known by their mark.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from pathlib import Path

from analyzer.errors import KeepaliveError
from analyzer.sources.live import LiveOptions, LiveSource, open_live

MARKED = re.compile(rb"marked(.{4})", re.DOTALL)


def say(what: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"what": what, "at": time.monotonic(), **more}) + "\n")
    sys.stdout.flush()


def obey(source: LiveSource) -> None:
    for line in sys.stdin:
        if line.strip() == "drops":
            say("drops", drops=source.drops(), notices=source.notices())
        else:
            source.stop()


def main() -> int:
    fields = json.loads(sys.argv[1])
    if "record" in fields:
        fields["record"] = Path(fields["record"])
    reads = fields.pop("reads", True)
    try:
        source = open_live(LiveOptions(**fields))
    except KeepaliveError as error:
        say("refused", error=type(error).__name__, text=str(error), status=error.exit_status)
        return error.exit_status
    with source:
        say("open", process=source.process._popen.pid)  # type: ignore[attr-defined]
        if not reads:
            sys.stdin.readline()
            source.close()
            say("closed")
            return 0
        threading.Thread(target=obey, args=[source], daemon=True).start()
        seen: set[bytes] = set()
        frames = 0
        for chunk in source.chunks():
            frames += len(chunk.frames)
            first, last = chunk.frames[0], chunk.frames[-1]
            stretch = chunk.buffer[int(first.offset) : int(last.offset) + int(last.captured)].tobytes()
            seen |= set(MARKED.findall(stretch))
            say("frames", marked=len(seen), frames=frames)
        facts = source.facts
        interfaces = [[each.name, each.link_type] for each in facts.interfaces]
        damages = [str(each) for each in facts.damages]
        say(
            "end",
            marked=len(seen),
            frames=frames,
            damages=damages,
            drops=source.drops(),
            dropped=facts.dropped,
            interfaces=interfaces,
            notices=source.notices(),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A notebook with a live capture in it, run by a real Jupyter kernel: says what each cell gave.

Run in a host's namespace. The second cell waits by the kernel's own event loop, as cells do that draw or
serve something; the others come after it, each by itself.
"""

from __future__ import annotations

import json

import nbformat
from nbclient import NotebookClient

CELLS = {
    "begin": """
import analyzer as ka
live = ka.live("eth0")
print(live)
""",
    "wait": """
import asyncio, time
turns, end = 0, time.monotonic() + 60
while live.totals().probes < 3 and time.monotonic() < end:
    await asyncio.sleep(0.1)
    turns += 1
print(turns)
""",
    "flows": """
print(live.flows[["client_port", "server_port", "prober", "verdict"]].to_json(orient="records"))
""",
    "drops": """
print(live.captures["dropped"].isna().tolist())
""",
    "stop": """
live.stop()
print(live.running, live.failure() == "", len(live.flows), live.captures["dropped"].tolist())
""",
}


def main() -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    for name, cell in zip(CELLS, notebook.cells, strict=True):
        said = "".join(output.get("text", "") for output in cell.outputs)
        print(json.dumps({"cell": name, "said": said.strip()}), flush=True)


main()

"""How stacks behave that cannot be recorded here, as timelines. Everything here is crafted.

No capture in this folder was ever on a wire: scapy builds the frames from a timeline that was
written from what the docstring cites, and every frame carries a comment that says so. Where the
source is silent (options of a RST, say), the timeline is too. "Second hand" marks sources that are not the
stack's own code or its vendor's word. Where a timeline and a real capture differ, the capture is right.

The files are named after families of stacks; what Linux does is recorded (`analyzer/lab/`).
"""

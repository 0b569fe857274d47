"""What tests share: segments, timelines, wire bytes, and the naive reference of the labels.

    segment.py     one TCP header as seen in one frame, as a plain object
    timeline.py    a scenario in a few readable lines → segments and what they must be labelled
    wire.py        segments → the bytes of a real pcap or pcapng
    reader.py      a capture file → segments, without the package
    naive.py       segments → labels and verdicts, written from the design alone
                   (naive_state, _probe 4.1, _answer 4.2, _kind 4.3, _verdict 5)
    strategies.py  random plausible conversations for hypothesis (hosts.py, conversation.py: what they do)

Nothing here imports the package, so that a mistake in it cannot hide.
"""

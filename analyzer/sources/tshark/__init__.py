"""Frames through tshark: what our own decoder does not know, such as 802.11, ERF, snoop, rarer tunnels.

tshark takes the frame apart, `rebuilt` makes a plain one of what it says, which then goes the way of all
others: the same decoder, the same labels. `fields` are what it is asked for, `source` runs it.
"""

from analyzer.sources.tshark.source import RebuiltSource, TsharkSource

__all__ = ["RebuiltSource", "TsharkSource"]

"""Bytes to rows: link, IP and TCP headers become one record per segment.

A chunk of the file and the frames found in it go in (`sources`), an array of SEGMENT records
comes out. Decoding states facts and judges nothing; whoever wants a frame's meaning asks `track`.
"""

from analyzer.decode.links import link_name
from analyzer.decode.segments import Decoder

__all__ = ["Decoder", "link_name"]

"""Bytes in: from paths to chunks of frames (pcap and pcapng, plain or compressed, files and pipes)."""

from analyzer.sources.base import CHUNK_BYTES, CHUNK_FRAMES, Chunk, Source
from analyzer.sources.discover import Capture, Discovery, discover, open_capture
from analyzer.sources.held import OURS, READERS, Held, held
from analyzer.sources.joined import JoinedSource
from analyzer.sources.kernels import NO_LINK
from analyzer.sources.opening import is_capture, open_source

__all__ = [
    "CHUNK_BYTES",
    "CHUNK_FRAMES",
    "NO_LINK",
    "OURS",
    "READERS",
    "Capture",
    "Chunk",
    "Discovery",
    "Held",
    "JoinedSource",
    "Source",
    "discover",
    "held",
    "is_capture",
    "open_capture",
    "open_source",
]

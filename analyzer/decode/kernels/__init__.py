"""The compiled half of `decode`: one entry, `frames.decode_frames`, and what it is made of."""

from analyzer.decode.kernels.frames import decode_frames

__all__ = ["decode_frames"]

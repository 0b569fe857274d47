"""Captures out: annotated for Wireshark, or an extract of the frames that matter."""

from analyzer.write.annotate import Annotated, annotate

__all__ = ["Annotated", "annotate"]

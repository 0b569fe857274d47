"""Captures out: annotated for Wireshark, or an extract of the frames that matter."""

from analyzer.write.annotate import Annotated, annotate, prepare_writing
from analyzer.write.anonymous import extract_anonymized
from analyzer.write.extract import Choice, Wanted, extract

__all__ = ["Annotated", "Choice", "Wanted", "annotate", "extract", "extract_anonymized", "prepare_writing"]

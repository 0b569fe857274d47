"""Frames made anonymous: their headers with other addresses, and nothing else."""

from analyzer.write.anonymize.frame import anonymized
from analyzer.write.anonymize.names import Names

__all__ = ["Names", "anonymized"]

"""What is worth telling beyond the verdict (design 6): one module for each family of findings.

`finding` says how to write a check, `search` asks them all.
"""

from analyzer.diagnose.findings.search import OWN_NAMES, WANTS, find, tell

__all__ = ["OWN_NAMES", "WANTS", "find", "tell"]

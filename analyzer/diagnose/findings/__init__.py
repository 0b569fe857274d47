"""What is worth telling beyond the verdict (design 6): one module for each family of findings.

`finding` says how to write a check, `search` asks them all.
"""

from analyzer.diagnose.findings.search import WANTS, find, tell

__all__ = ["WANTS", "find", "tell"]

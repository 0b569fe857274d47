"""The report: one file that shows an analysis in a browser, and asks the network for nothing.

`document` says what it holds, `page` puts it together with the template, style and script in `assets`.
"""

from analyzer.present.report.document import Wish
from analyzer.present.report.writing import write_report

__all__ = ["Wish", "write_report"]

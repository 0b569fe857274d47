"""Two captures of the same connections: which segments left one and never reached the other."""

from analyzer.diagnose.compare.align import Pair, align
from analyzer.diagnose.compare.clock import crossings_of, estimate, nearer_ends
from analyzer.diagnose.compare.connections import connections_of, worth_keeping
from analyzer.diagnose.compare.match import keys_of, matches, sure_matches
from analyzer.diagnose.compare.segments import Seen, segment_rows
from analyzer.diagnose.compare.sights import Places, in_order, rows_of, sights_of

__all__ = [
    "Pair",
    "Places",
    "Seen",
    "align",
    "connections_of",
    "crossings_of",
    "estimate",
    "in_order",
    "keys_of",
    "matches",
    "nearer_ends",
    "rows_of",
    "segment_rows",
    "sights_of",
    "sure_matches",
    "worth_keeping",
]

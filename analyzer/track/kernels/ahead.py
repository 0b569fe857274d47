"""What is known of the next segments before they are tracked: their hashes, and likely their rows."""

import numpy as np

from analyzer.track.kernels.lookup import likely_row, tuple_hash
from analyzer.track.kernels.prefetch import prefetch_row
from analyzer.track.kernels.steps import step


@step
def look_ahead(segments, start, end, flows, probings, talks, buckets, ahead, counters):
    """Hash the segments from `start` to before `end`, and bring near the rows they will need."""
    for position in range(start, end):
        hashed = tuple_hash(segments[position], counters.seed)
        ahead[position - start].hashed = hashed
        prefetch_row(buckets, (hashed * len(buckets)) >> 32)
    for position in range(start, end):
        row = likely_row(buckets, ahead[position - start].hashed)
        ahead[position - start].row = row
        if row >= 0:
            prefetch_row(flows, row)
    for position in range(start, end):
        row = ahead[position - start].row
        if row >= 0:
            if flows[row].probing != 0:
                prefetch_row(probings, np.int64(flows[row].probing) - 1)
            if flows[row].talk != 0 and segments[position].length > 0:
                prefetch_row(talks, np.int64(flows[row].talk) - 1)

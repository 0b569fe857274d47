"""Connections are taken together in their order, not too many at a time, nor too many probes."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.tables.stretches import MOST_FLOWS, MOST_PROBES, stretches

PROBES = st.one_of(st.integers(0, 3), st.integers(0, 3 * MOST_PROBES))


@given(st.lists(PROBES, max_size=30))
def test_each_is_taken_once_and_no_more_than_fit(counts: list[int]) -> None:
    probes = np.array(counts, np.int64)
    taken = list(stretches(probes))
    assert [place for some in taken for place in range(len(counts))[some]] == list(range(len(counts)))
    assert all(len(probes[some]) == 1 or probes[some].sum() <= MOST_PROBES for some in taken)
    for some, following in pairwise(taken):
        assert probes[some].sum() + probes[following.start] > MOST_PROBES


def test_many_without_probes() -> None:
    lengths = [some.stop - some.start for some in stretches(np.zeros(2 * MOST_FLOWS + 1, np.int64))]
    assert lengths == [MOST_FLOWS, MOST_FLOWS, 1]

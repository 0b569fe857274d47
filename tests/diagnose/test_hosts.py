"""Hosts and paths are told apart by whole addresses."""

from __future__ import annotations

import numpy as np

from analyzer.diagnose.hosts import distinct, paths_of

HIGH = np.array([[0, 0], [0, 0], [7, 0], [0, 0]], np.uint64)
LOW = np.array([[1, 2], [2, 1], [1, 2], [2, 2]], np.uint64)


def test_an_address_is_both_halves() -> None:
    addresses, hosts = distinct(HIGH, LOW)
    assert addresses.tolist() == [[0, 1], [0, 2], [7, 1]]
    assert hosts.tolist() == [[0, 1], [1, 0], [2, 1], [1, 1]]


def test_a_path_has_no_direction() -> None:
    path, _ = paths_of(HIGH, LOW)
    assert path[0] == path[1]
    assert len(set(path.tolist())) == 3


def test_no_flows_have_no_paths() -> None:
    nothing = np.zeros((0, 2), np.uint64)
    assert [len(each) for each in paths_of(nothing, nothing)] == [0, 0]

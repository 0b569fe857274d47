"""Connections that were lost after a silence, and what the others on their paths survived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.hosts import paths_of
from analyzer.diagnose.plan.silences import Silences, Times
from analyzer.facts import CaptureResult

LOST = (kinds.PEER_DEAD, kinds.STALLED, kinds.PROBING, kinds.MIDDLEBOX_RESET)


@dataclass(frozen=True)
class Losses:
    """For each flow, int64[n], ns; MISSING where there is none.

    after: the silence after which its peer was never heard again. survived: the longest silence on
    the path (between its two hosts) after which the peer was heard. forgotten, bool[n]: a device on
    the path may have forgotten it: only shorter silences were survived there, and the peer's host was
    heard later, in another connection.
    """

    after: Times
    survived: Times
    forgotten: NDArray[np.bool_]


def losses_of(result: CaptureResult, silences: Silences, reset_ns: Times) -> Losses:
    """What was lost, and what survived. reset_ns, int64[n]: when a RST ended each flow, or MISSING."""
    count = len(result.flows)
    silent = silences.silent
    answered = silences.heard[silent.flow, 1 - silent.sender] >= silent.end
    path, hosts = paths_of(result.flows["address_high"], result.flows["address_low"])
    survived = np.full(count + 1, kinds.MISSING, np.int64)
    np.maximum.at(survived, path[silent.flow[answered]], silent.length[answered])
    after = np.full(count, kinds.MISSING, np.int64)
    when = np.full(count, kinds.MISSING, np.int64)
    lost = np.flatnonzero(~answered & np.isin(result.flows["verdict"][silent.flow], LOST))
    lost = lost[np.lexsort((silent.end[lost], silent.flow[lost]))]
    flow, first = np.unique(silent.flow[lost], return_index=True)
    after[flow] = silent.length[lost[first]]
    when[flow] = silent.end[lost[first]]
    forged = np.flatnonzero((result.flows["verdict"] == kinds.MIDDLEBOX_RESET) & (after == kinds.MISSING))
    forged = forged[reset_ns[forged] != kinds.MISSING]  # the RST came as the time was over
    after[forged] = reset_ns[forged] - silences.spoken[forged]
    when[forged] = reset_ns[forged]
    later = (heard_of_hosts(silences, hosts)[hosts] > when[:, None]).all(axis=1)
    own = survived[path]
    return Losses(after, own, (own != kinds.MISSING) & later & (after > own))


def heard_of_hosts(silences: Silences, hosts: Times) -> Times:
    """int64[h]: when each host was last heard in any connection, but by a RST."""
    heard = np.full(int(hosts.max(initial=-1)) + 1, kinds.MISSING, np.int64)
    np.maximum.at(heard, hosts, silences.heard)
    return heard

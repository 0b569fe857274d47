"""Which frames of a capture tell the story of the chosen connections."""

from __future__ import annotations

import numpy as np

from analyzer import found, kinds
from analyzer.facts import CaptureResult
from analyzer.kinds import NO_FLOW
from analyzer.tables.select import Selection
from analyzer.tables.values import Array
from analyzer.wording import MAPPED

ARP = (kinds.ARP_ASK, kinds.ARP_TELL)
IPV4_HALF = np.uint64(0xFFFFFFFF)


def frames_of(selection: Selection) -> Array:
    """Bool by frame number of one capture, read with all packets: what an analysis of them rests on.

    Every segment of the chosen connections; of those between the same hosts where a finding about a host
    or path explains one, since it rests on them; of those that used the same addresses and ports before or
    after, since verdicts do; ICMP errors about all these; ARP of their ends, and of whom these ask for.
    Nothing filtered out: all segments, ARP and malformed ones.
    """
    [result] = selection.results
    assert result.packets is not None
    related = _with_relatives(result, _with_neighbours(result, selection.chosen(0)))
    chosen = np.append(related, selection.whole)  # the last: rows of no flow
    wanted = np.zeros(result.frames + 1, np.bool_)
    addresses = None if selection.whole else _arp_addresses(result, chosen[:-1])
    for rows in result.packets.batches():
        flow = np.where(rows["flow"] == NO_FLOW, len(chosen) - 1, rows["flow"])
        keep = chosen[flow]
        if addresses is not None:
            keep |= _is_arp(rows) & (np.isin(rows["seq"], addresses) | np.isin(rows["ack"], addresses))
        wanted[rows["frame"][keep]] = True
    return wanted


def probing_of(selection: Selection) -> Array:
    """The same of the keep-alive probes of the chosen connections, their answers, and giving up alone."""
    [result] = selection.results
    wanted = np.zeros(result.frames + 1, np.bool_)
    wanted[result.find_probing(np.flatnonzero(selection.chosen(0)))[1]["frame"]] = True
    return wanted


def _with_neighbours(result: CaptureResult, chosen: Array) -> Array:
    """The chosen FLOW rows, and all between the hosts of one that a finding about a host or path explains."""
    told = np.zeros(len(chosen), np.bool_)
    for finding in result.findings.wide:
        if finding.scope != found.OF_CAPTURE:
            told[finding.flows] = True
    told &= chosen
    if not told.any():
        return chosen
    high, low = result.flows["address_high"], result.flows["address_low"]
    turned = (high[:, 0] > high[:, 1]) | ((high[:, 0] == high[:, 1]) & (low[:, 0] > low[:, 1]))
    hosts = np.stack((high, low), 2)  # [flow, side, half]
    hosts[turned] = hosts[turned, ::-1]
    paths = hosts.reshape(len(hosts), 4).view([("", hosts.dtype)] * 4)[:, 0]
    grown: Array = chosen | np.isin(paths, np.unique(paths[told]))
    return grown


def _with_relatives(result: CaptureResult, chosen: Array) -> Array:
    """The chosen FLOW rows and all others of their 4-tuples."""
    previous = result.flows["previous"].astype(np.int64)
    first = np.arange(len(previous))  # by row, the first use of its 4-tuple
    for row in np.flatnonzero(previous).tolist():
        first[row] = first[previous[row] - 1]
    related: Array = np.zeros(len(previous), np.bool_)
    related[first[chosen]] = True
    return related[first]


def _is_arp(rows: Array) -> Array:
    return np.isin(rows["kind"], ARP)


def _arp_addresses(result: CaptureResult, chosen: Array) -> Array:
    """IPv4 addresses of the chosen connections' ends, and of whom ARP says that they talk with."""
    assert result.packets is not None
    high, low = result.flows["address_high"][chosen], result.flows["address_low"][chosen]
    ipv4 = (high == 0) & (low >> np.uint64(32) == np.uint64(MAPPED))
    ends = np.unique((low[ipv4] & IPV4_HALF).astype(np.uint32))
    found = [ends]
    for rows in result.packets.batches():
        arp = rows[_is_arp(rows)]
        near = np.isin(arp["seq"], ends) | np.isin(arp["ack"], ends)
        found += [arp["seq"][near], arp["ack"][near]]
    return np.unique(np.concatenate(found))

"""Record rows as plain tuples with the same field names.

Sentences and states are built flow by flow, and reading one field of a NumPy record costs a
microsecond; a row turned into tuples at once costs a few for all of them.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer.facts import Rows
from analyzer.measured import RUN
from analyzer.records import EVENT, FLOW, PROBE_SIDE, PROBER, PROBING, SIDE, TALK, TALK_SIDE


def _tuple_like(name: str, dtype: np.dtype[Any]) -> Any:
    """A namedtuple with the fields of a dtype, which are known only at run time."""
    return namedtuple(name, list(dtype.names or ()))


_flow = _tuple_like("Flow", FLOW)
_side = _tuple_like("Side", SIDE)
_probe_side = _tuple_like("ProbeSide", PROBE_SIDE)
_prober = _tuple_like("Prober", PROBER)
_probing = _tuple_like("Probing", PROBING)
_talk_side = _tuple_like("TalkSide", TALK_SIDE)
_talk = _tuple_like("Talk", TALK)
_event = _tuple_like("Event", EVENT)
_run = _tuple_like("Run", RUN)


class Story(NamedTuple):
    """One flow with all that diagnosis looks at. flow: as FLOW; the lists: as RUN and EVENT rows.

    probing: as PROBING, None where nobody probed. probed: its probes, answers and giving up.
    """

    flow: Any
    probing: Any | None
    runs: list[Any]
    probed: list[Any]


def flows_of(table: Rows, chosen: NDArray[np.int64]) -> list[Any]:
    """Chosen FLOW rows."""
    return [
        _flow._make((*row[:-1], tuple(_side._make(side) for side in row[-1])))
        for row in np.asarray(table)[chosen].tolist()
    ]


def probings_of(table: Rows, chosen: NDArray[np.int64]) -> list[Any]:
    """Chosen PROBING rows."""
    return [
        _probing._make(
            (
                *row[:-2],
                tuple(_prober._make(each) for each in row[-2]),
                tuple(_probe_side._make(side) for side in row[-1]),
            )
        )
        for row in np.asarray(table)[chosen].tolist()
    ]


def talks_of(table: Rows, chosen: NDArray[np.int64]) -> list[Any]:
    """Chosen TALK rows."""
    return [
        _talk._make((*row[:-1], tuple(_talk_side._make(side.item()) for side in row[-1])))
        for row in np.asarray(table)[chosen].tolist()
    ]


def events_of(rows: NDArray[Any]) -> list[Any]:
    """EVENT rows."""
    return [_event._make(row) for row in np.asarray(rows).tolist()]


def runs_of(rows: NDArray[Any]) -> list[Any]:
    """RUN rows."""
    return [_run._make(row) for row in np.asarray(rows).tolist()]


def bounds_of(table: Rows, chosen: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Where the rows of each chosen flow begin and end in a table that is ordered by flow."""
    flow = np.ascontiguousarray(table.flow)
    begin = np.searchsorted(flow, chosen, "left").tolist()
    return list(zip(begin, np.searchsorted(flow, chosen, "right").tolist(), strict=True))

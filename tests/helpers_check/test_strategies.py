"""What holds for every random conversation, whatever the labels are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analyzer.kinds import ARP_ASK, ARP_TELL, BROKEN, KIND_WORDS, TENTATIVE
from tests.helpers.naive import label
from tests.helpers.naive_state import PROBES
from tests.helpers.segment import Record, Segment, following
from tests.helpers.strategies import conversations

from .checks import through_a_file


def moved(records: list[Record], by: int) -> list[Record]:
    """The same conversations with the clients' sequence numbers moved."""

    def move(segment: Segment) -> Segment:
        if segment.dport == 443:
            return replace(segment, seq=following(segment.seq, by))
        blocks = tuple((following(left, by), following(right, by)) for left, right in segment.sack_blocks)
        return replace(segment, ack=following(segment.ack, by), sack_blocks=blocks)

    return [move(record) if isinstance(record, Segment) else record for record in records]


@given(conversations(icmp=True))
def test_an_answer_names_an_earlier_probe_that_nothing_else_answers(records: list[Record]) -> None:
    labels = label(records)
    rows = {row.frame: row for row in labels.rows}
    assert list(rows) == [record.frame for record in records]
    answered = Counter(row.answers for row in labels.rows if row.answers is not None)
    assert set(answered.values()) <= {1}
    for row in labels.rows:
        if row.answers is not None:
            probe = rows[row.answers]
            assert probe.kind in PROBES
            assert probe.frame < row.frame
            assert (probe.flow, probe.sender != row.sender) == (row.flow, True)


@given(conversations(), st.integers(0, 2**32 - 1))
def test_labels_do_not_depend_on_where_sequence_numbers_start(records: list[Record], by: int) -> None:
    assert label(records).kinds() == label(moved(records, by)).kinds()


@given(conversations())
def test_labels_survive_the_way_through_a_file(records: list[Record]) -> None:
    assert label(records).kinds() == label(through_a_file(records)).kinds()


def test_every_kind_occurs_often_enough_to_be_tested() -> None:
    examples: Counter[str] = Counter()

    @settings(
        max_examples=600,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(conversations(icmp=True))
    def collect(records: list[Record]) -> None:
        examples.update({row.kind for row in label(records).rows})

    collect()
    elsewhere = {KIND_WORDS[code] for code in (ARP_ASK, ARP_TELL, BROKEN, TENTATIVE)}
    rare = {word for word in KIND_WORDS if word not in elsewhere and examples[word] < 12}
    assert not rare

"""Rows out of records: values, missing values, order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzer import found, kinds
from analyzer.facts import Findings
from analyzer.kinds import MISSING
from analyzer.tables import TABLES, Filters, Moment, Network, Tables, choose
from analyzer.tables import stretches as stretches_module
from analyzer.tables.about import plain_rows, wide_rows
from analyzer.tables.flow_columns import FlowView
from analyzer.wording import address_text
from tests.helpers_judge import Judge
from tests.helpers_result import START, Builder, Line, handshake, ipv4, life, life_builder

S = 1_000_000_000


def tables(filters: Filters | None = None, **options: bool) -> Tables:
    return Tables(choose([life()], filters or Filters()), Judge(), **options)


def test_a_flow_says_who_when_and_how_much() -> None:
    flow = plain_rows(tables(), "flows")[0]
    assert (flow["client"], flow["client_port"], flow["server"], flow["server_port"]) == (
        "10.0.0.1",
        51234,
        "10.0.0.2",
        443,
    )
    assert (flow["start"], flow["end"], flow["duration_s"]) == (START, START + 91_200_000_000, 91.2)
    assert (flow["client_bytes"], flow["server_bytes"]) == (0, 50 * 1448)
    assert (flow["verdict"], flow["severity"], flow["closed_by"]) == ("peer_dead", "problem", "client")
    assert (flow["prober"], flow["probes"], flow["unanswered"]) == ("client", 3, 3)
    assert (flow["client_keepalive_time_s"], flow["client_keepalive_count"]) == (60.0, 3)
    assert flow["server_keepalive_time_s"] is flow["server_keepalive_count"] is flow["rtt_min_s"] is None
    assert (flow["handshake_rtt_s"], flow["client_state"]) == (0.041012, "CLOSED")


def test_what_is_missing_is_none() -> None:
    flow = plain_rows(tables(), "flows")[4]
    assert flow["closed_by"] is flow["prober"] is flow["handshake_rtt_s"] is None


def test_the_client_may_be_side_1() -> None:
    builder = Builder()
    ends = ((ipv4("10.0.0.2"), 443), (ipv4("10.0.0.1"), 50000))
    flow = builder.flow(kinds.CLOSED, ends, [Line(0, 0, kinds.DATA, 10), Line(1, 1, kinds.FIN)], client=1)
    builder.run(flow, 1, [1], kinds.RUN_ANSWERED, 1)
    made = Tables(choose([builder.build()], Filters()), Judge())
    row = plain_rows(made, "flows")[0]
    assert (row["client"], row["client_port"], row["server_bytes"], row["closed_by"]) == (
        "10.0.0.1",
        50000,
        10,
        "client",
    )
    events = [event for event in plain_rows(made, "events") if event["flow"] == 0]
    assert [(event["sender"], event["source"]) for event in events] == [("client", "10.0.0.1")]
    assert plain_rows(made, "probe_runs")[0]["prober"] == "client"


def test_events_leave_out_what_only_packets_have() -> None:
    seen = {event["kind"] for event in plain_rows(tables(), "events")}
    assert not seen & {kinds.KIND_WORDS[code] for code in kinds.PACKETS_ONLY}
    packets = {packet["kind"] for packet in plain_rows(tables(packets=True), "packets")}
    assert {"data", "ack", "arp_request"} <= packets


def test_quiet_kinds_in_an_event_store_are_left_out_all_the_same() -> None:
    result = life()
    result.events = result.packets
    made = Tables(choose([result], Filters()), Judge())
    assert "data" not in {event["kind"] for event in plain_rows(made, "events")}


def test_an_answer_names_its_probe_and_how_long_it_took() -> None:
    events = plain_rows(tables(Filters(flows=(3,))), "events")
    probe, reset = events[-2:]
    assert (probe["kind"], probe["rtt_s"], probe["answers"]) == ("keepalive_probe", None, None)
    assert (reset["kind"], reset["answers"], reset["rtt_s"]) == ("keepalive_reset", probe["frame"], 0.0021)


def test_rows_of_no_sender_say_where_they_came_from() -> None:
    icmp, arp = plain_rows(tables(packets=True), "packets")[:2]
    assert (icmp["kind"], icmp["source"], icmp["flow"], icmp["sender"]) == (
        "icmp_error",
        "192.0.2.1",
        None,
        None,
    )
    assert (arp["kind"], arp["source"]) == ("arp_request", "10.0.0.9")
    assert icmp["rtt_s"] is icmp["answers"] is icmp["gap_s"] is arp["seq"] is arp["window"] is None


def test_handshakes_are_those_with_a_syn() -> None:
    made = plain_rows(tables(), "handshakes")
    assert [(row["flow"], row["outcome"]) for row in made] == [
        (0, "completed"),
        (1, "completed"),
        (3, "completed"),
        (4, "unanswered"),
        (5, "refused"),
    ]
    assert (made[0]["rtt_s"], made[0]["client_mss"], made[0]["server_window_scale"]) == (0.041012, 1460, 7)
    assert made[0]["client_sack"] is True and made[0]["client_tfo"] is False
    unanswered = made[3]
    assert (unanswered["syn_count"], unanswered["syn_ack_count"], unanswered["rtt_s"]) == (3, 0, None)
    assert unanswered["server_mss"] is unanswered["server_sack"] is None


def test_a_retried_syn_has_no_round_trip() -> None:
    builder = Builder()
    builder.flow(
        kinds.ALIVE,
        ((ipv4("10.0.0.1"), 1), (ipv4("10.0.0.2"), 2)),
        handshake(0),
        marks=kinds.FLOW_ESTABLISHED | kinds.FLOW_SYN_RETRIED,
        handshake_rtt_ns=5,
    )
    assert plain_rows(Tables(choose([builder.build()], Filters()), Judge()), "handshakes")[0]["rtt_s"] is None


def test_a_capture_says_what_is_wrong_with_it() -> None:
    row = plain_rows(tables(), "captures")[0]
    assert (row["path"], row["link_types"], row["dropped"], row["truncated_at"]) == (
        "office.pcapng",
        [1],
        2,
        104212,
    )
    assert row["skipped"] == {"not_tcp": 1, "unknown_link_type": 1}


def test_a_capture_without_frames_has_no_times() -> None:
    result = Builder()
    result.flow(kinds.CLOSED, ((ipv4("10.0.0.1"), 1), (ipv4("10.0.0.2"), 2)), [Line(0, 0, kinds.SYN)])
    empty = result.build()
    empty.start_ns = empty.end_ns = MISSING
    row = plain_rows(Tables(choose([empty], Filters()), Judge()), "captures")[0]
    assert row["start"] is row["end"] is row["duration_s"] is None


def test_flow_numbers_are_unique_over_captures() -> None:
    captures = [life_builder().build(capture=0), life_builder().build(capture=1, first_flow=7)]
    made = Tables(choose(captures, Filters()), Judge(), True)
    flows = plain_rows(made, "flows")
    assert [flow["flow"] for flow in flows] == list(range(14))
    assert [flow["stream"] for flow in flows] == [*range(7), *range(7)]
    assert {event["flow"] for event in plain_rows(made, "events") if event["capture"] == 1} == {
        None,
        *range(7, 14),
    }
    assert [run["flow"] for run in plain_rows(made, "probe_runs")] == [0, 2, 3, 7, 9, 10]


def test_rows_of_a_live_capture_keep_the_numbers_that_they_were_given() -> None:
    result = life_builder().build()
    result.numbers = np.arange(7) * 10 + 3
    made = Tables(choose([result], Filters()), Judge(), True)
    assert [(flow["flow"], flow["stream"]) for flow in plain_rows(made, "flows")] == [
        (number, number) for number in range(3, 73, 10)
    ]
    assert {event["flow"] for event in plain_rows(made, "events")} == {None, *range(3, 73, 10)}
    assert [run["flow"] for run in plain_rows(made, "probe_runs")] == [3, 23, 33]
    chosen = choose([result], Filters(flows=(23,)))
    assert chosen.row.tolist() == [2]


def test_sorting_over_captures_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches_module, "MOST_FLOWS", 3)
    captures = [life_builder().build(capture=0), life_builder().build(capture=1, first_flow=7)]
    made = Tables(choose(captures, Filters()), Judge()).sorted("frames", descending=True)
    flows = plain_rows(made, "flows")
    assert [flow["flow"] for flow in flows] == [2, 9, 0, 7, 1, 3, 6, 8, 10, 13, 4, 11, 5, 12]
    assert all(flow["capture"] == flow["flow"] // 7 for flow in flows)


@pytest.mark.parametrize("column", TABLES["flows"].names)
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts_with_missing_values_last(column: str, descending: bool) -> None:
    values = [row[column] for row in plain_rows(tables().sorted(column, descending), "flows")]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known
    key = ("note", "warning", "problem").index if column == "severity" else None
    assert known == sorted(known, key=key, reverse=descending)


def test_the_first_connections_restrict_every_table() -> None:
    made = tables(packets=True).first(1)
    assert [flow["flow"] for flow in plain_rows(made, "flows")] == [0]
    for name in ("events", "packets", "probe_runs", "handshakes"):
        assert {row["flow"] for row in plain_rows(made, name)} == {0}


@pytest.mark.parametrize(
    ("filters", "flows"),
    [
        (Filters(flows=(2, 5)), [2, 5]),
        (Filters(verdicts=(kinds.REFUSED, kinds.PEER_DEAD)), [0, 5]),
        (Filters(ports=(443,)), [0, 3]),
        (Filters(ports=(51300, 22)), [2, 4]),
        (Filters(hosts=(Network("10.0.0.7"),)), [2]),
        (Filters(hosts=(Network("10.9.0.0/16"), Network("2001:db8::/64"))), [1, 4]),
        (Filters(hosts=(Network("0.0.0.0/0"),)), [0, 2, 3, 4, 5, 6]),
        (Filters(hosts=(Network("::/0"),)), [0, 1, 2, 3, 4, 5, 6]),
        (Filters(hosts=(Network("10.0.0.1"),), ports=(443,), verdicts=(kinds.PEER_DEAD,)), [0]),
        (Filters(since=Moment(100 * S, relative=True)), [2]),
        (Filters(since=Moment(START + 100 * S)), [2]),
        (Filters(until=Moment(1 * S, relative=True)), [0, 1]),
        (Filters(since=Moment(5 * S, relative=True), until=Moment(6 * S, relative=True)), [0, 2, 3, 4]),
        (Filters(ports=(1,)), []),
    ],
)
def test_filters(filters: Filters, flows: list[int]) -> None:
    made = tables(filters, packets=True)
    assert [flow["flow"] for flow in plain_rows(made, "flows")] == flows
    for name in ("events", "packets", "probe_runs", "handshakes"):
        assert {row["flow"] for row in plain_rows(made, name)} <= set(flows), name


def test_times_cut_events_too() -> None:
    made = tables(Filters(since=Moment(60 * S, relative=True), until=Moment(80 * S, relative=True)))
    assert {event["flow"] for event in plain_rows(made, "events")} == {0, 3}
    assert all(START + 60 * S <= event["time"] <= START + 80 * S for event in plain_rows(made, "events"))


def test_nothing_chosen_gives_empty_tables() -> None:
    made = tables(Filters(ports=(1,)), packets=True)
    for name in made.names:
        assert name == "captures" or plain_rows(made, name) == []
    assert plain_rows(made.sorted("verdict"), "flows") == []


def test_no_capture_gives_empty_tables() -> None:
    made = Tables(choose([], Filters()), Judge(), True)
    assert all(plain_rows(made, name) == [] for name in made.names)


@pytest.mark.parametrize(
    ("high", "low", "text"),
    [
        (0, 0xFFFF << 32 | 0x7F000001, "127.0.0.1"),
        (0, 1, "::1"),
        (0, 0, "::"),
        (0x20010DB8 << 32, 0x10000, "2001:db8::1:0"),
    ],
)
def test_addresses(high: int, low: int, text: str) -> None:
    assert address_text(high, low) == text


def test_only_what_is_asked_for_is_judged() -> None:
    class Strict(Judge):
        def summarize(self, result, which):  # type: ignore[no-untyped-def]
            raise AssertionError

        reasons = summarize

    view = FlowView(life(), np.arange(7), Strict())
    assert view.port(1).tolist() == [443, 8080, 5432, 443, 22, 81, 9100]
    assert len(Tables(choose([life()], Filters()), Strict()).sorted("frames").selection) == 7


def names(rows: list[dict[str, Any]]) -> list[tuple[str, int | None]]:
    return [(row["finding"], row["flow"]) for row in rows]


def test_findings_are_ordered_by_severity_then_connection() -> None:
    assert names(plain_rows(tables(), "findings")) == [
        ("middlebox_timeout", None),
        ("peer_dead", 0),
        ("peer_rebooted", 3),
        ("slow_detection", 0),
        ("syn_retries", 1),
        ("no_answer", 4),
        ("refused", 5),
        ("capture_incomplete", None),
        ("heartbeat", 2),
    ]


def test_a_connection_names_what_explains_it_in_the_order_of_the_contract() -> None:
    flows = plain_rows(tables(), "flows")
    assert flows[0]["findings"] == ["peer_dead", "middlebox_timeout", "slow_detection"]
    assert flows[3]["findings"] == ["peer_rebooted", "middlebox_timeout"]
    assert flows[6]["findings"] == []
    assert [flow["stack"] for flow in flows[:2]] == ["Linux, lwIP", ""]


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        (Filters(flows=(1,)), [("syn_retries", 1)]),
        (Filters(flows=(3,)), [("middlebox_timeout", None), ("peer_rebooted", 3)]),
        (Filters(findings=(found.HEARTBEAT,)), [("heartbeat", 2)]),
        (Filters(findings=(found.CAPTURE_INCOMPLETE,)), [("capture_incomplete", None)]),
        (Filters(findings=(found.CAPTURE_INCOMPLETE,), ports=(443,)), []),
    ],
)
def test_findings_follow_the_chosen_connections(
    filters: Filters, chosen: list[tuple[str, int | None]]
) -> None:
    assert names(plain_rows(tables(filters), "findings")) == chosen


def test_findings_follow_the_order_of_the_connections_within_a_severity() -> None:
    made = tables().sorted("flow", descending=True)
    assert [row["flow"] for row in plain_rows(made, "findings") if row["severity"] == "warning"] == [
        5,
        4,
        1,
        0,
    ]
    assert names(plain_rows(made.first(1), "findings")) == []
    assert [row["finding"] for row in plain_rows(made.first(3), "findings")] == ["refused", "no_answer"]


def test_findings_of_several_captures_are_numbered_through() -> None:
    results = [life_builder().build(), life_builder().build(capture=1, first_flow=7)]
    results[1].findings = Findings(results[1].findings.marks & ~np.uint32(1 << found.MIDDLEBOX_TIMEOUT))
    made = Tables(choose(results, Filters()), Judge())
    rows = plain_rows(made, "findings")
    assert [(row["capture"], row["flow"]) for row in rows if row["finding"] == "refused"] == [(0, 5), (1, 12)]


def test_what_a_wide_finding_explains() -> None:
    cut, incomplete = wide_rows(choose([life()], Filters()))
    assert (cut.flows, cut.count, cut.row["scope"]) == ((0, 3), 2, "path")
    assert (incomplete.flows, incomplete.count, incomplete.row["start"]) == ((), 0, None)


def test_sorting_by_findings() -> None:
    made = tables().sorted("findings", descending=True)
    assert plain_rows(made.first(2), "flows")[0]["findings"] == ["syn_retries"]

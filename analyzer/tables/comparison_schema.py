"""The columns of the tables of a comparison of two captures, A and B (see `schema` for their forms)."""

from __future__ import annotations

from analyzer import compared
from analyzer.found import CONFIDENCE_WORDS
from analyzer.kinds import KIND_WORDS, SENDER_WORDS, SEVERITY_WORDS, VERDICT_WORDS
from analyzer.tables import schema
from analyzer.tables.schema import Column, Table

LAYOUT = "keepalive-analyzer-comparison/1"
"""Names the layout of the outputs, as `schema.SCHEMA` does."""


def _integer(name: str, text: str, unit: str = "", nullable: bool = False) -> Column:
    return Column(name, "integer", text, unit, nullable)


def _seconds(name: str, text: str) -> Column:
    return Column(name, "seconds", text, "s", True)


def _word(name: str, words: tuple[str, ...], text: str, nullable: bool = False) -> Column:
    return Column(name, "category", text, "", nullable, words)


def _ends(where: str, prefix: str = "") -> tuple[Column, ...]:
    return (
        Column(f"{prefix}client", "text", f"IP address of the client, as {where} has it."),
        _integer(f"{prefix}client_port", f"TCP port of the client, as {where} has it."),
        Column(f"{prefix}server", "text", f"IP address of the server, as {where} has it."),
        _integer(f"{prefix}server_port", f"TCP port of the server, as {where} has it."),
    )


def _of_end(who: str) -> tuple[Column, ...]:
    way = f"of the {who}, from the vantage point nearer to it to the other"
    return (
        _integer(f"{who}_both", f"Segments of the {who} that both captures have.", "segments"),
        _integer(f"{who}_a_only", f"Segments of the {who} that only A has.", "segments"),
        _integer(f"{who}_b_only", f"Segments of the {who} that only B has.", "segments"),
        _integer(f"{who}_not_covered", f"Segments of the {who} while only one captured.", "segments"),
        _seconds(f"{who}_delay_min_s", f"Shortest time under way of segments {way}."),
        _seconds(f"{who}_delay_median_s", f"Median time under way of segments {way}."),
        _seconds(f"{who}_delay_max_s", f"Longest time under way of segments {way}."),
    )


CLOCK = Table(
    "clock",
    "One row: how far B's clock is ahead of A's, estimated from segments that both have, as NTP does.",
    (
        _word("basis", compared.CLOCK_WORDS, "What the estimate rests on."),
        _seconds("offset_s", "B's clock minus A's, at the first segment that both have."),
        _seconds(
            "uncertainty_s", "At most so wrong: half the shortest round trip between the vantage points."
        ),
        Column(
            "drift_ppm",
            "seconds",
            "What B's clock gains on A's; missing where not clear.",
            "microseconds a second",
            True,
        ),
        _integer("forward", "Matched segments on their way from A to B.", "segments"),
        _integer("backward", "Matched segments on their way from B to A.", "segments"),
    ),
)

CONNECTIONS = Table(
    "connections",
    "One row per connection that both captures have.",
    (
        _integer("connection", "Number of the connection in this comparison, from 0."),
        _integer("a_flow", "Its number in an analysis of A alone."),
        _integer("b_flow", "Its number in an analysis of B alone."),
        *_ends("A"),
        *_ends("B", "b_"),
        _word("aligned_by", compared.ALIGNED_WORDS, "What shows that the two are one connection."),
        _word("a_verdict", VERDICT_WORDS, "What an analysis of A says became of it."),
        _word("b_verdict", VERDICT_WORDS, "What an analysis of B says became of it."),
        _word("nearer", SENDER_WORDS, "The end A is nearer to; missing where not clear.", nullable=True),
        _word("outcome", compared.OUTCOME_WORDS, "What the comparison comes to."),
        _word("severity", SEVERITY_WORDS, "How much that matters."),
        _word("confidence", CONFIDENCE_WORDS, "How sure it is."),
        Column("summary", "text", "The outcome in words, with the frames that show it."),
        *_of_end("client"),
        *_of_end("server"),
        _seconds("first_lost_after_s", "Silence on the path before the first segment lost for good."),
        _seconds("survived_s", "Longest silence on the path that a segment passed before."),
        Column("a_frames", "integers", "Frames of A that show it: the first ones and the last."),
        Column("b_frames", "integers", "Frames of B that show it: the first ones and the last."),
    ),
)

ALONE = Table(
    "alone",
    "One row per connection that only one capture has, as far as one can tell.",
    (
        _word("capture", compared.CAPTURE_WORDS, "The capture that has it."),
        _integer("flow", "Its number in an analysis of this capture alone."),
        *_ends("this capture"),
        Column("start", "time", "Time of its first segment.", "UTC"),
        _integer("frames", "Segments, duplicates included.", "frames"),
        _word("verdict", VERDICT_WORDS, "What an analysis of this capture says became of it."),
        _word("why", compared.ALONE_WORDS, "Why it stands alone."),
        Column("rivals", "integers", "Where ambiguous: the flows of the other capture that fit."),
    ),
)

SEGMENTS = Table(
    "segments",
    "One row per segment of the aligned connections: events, and whatever only one capture has.",
    (
        _integer("connection", "The connection."),
        Column("time", "time", "When the first vantage point that has it saw it, by A's clock.", "UTC"),
        _word("sender", SENDER_WORDS, "Which end sent it."),
        _word("kind", KIND_WORDS[:-1], "What it is, to the vantage point nearer to its sender (design 4)."),
        _integer("seq", "Sequence number, as A has it."),
        _integer("ack", "Acknowledgment number, as A has it."),
        _integer("length", "Payload length.", "bytes"),
        _integer("probe", "Which keep-alive probe of its sender it is, from 1; missing if none.", "", True),
        _word("seen", compared.SEEN_WORDS, "Which captures have it."),
        _integer("a_frame", "Frame in A; missing if not there (or in a frame cut otherwise).", "", True),
        Column("a_time", "time", "When A has it, by A's clock.", "UTC", True),
        _integer("b_frame", "Frame in B; missing if not there (or in a frame cut otherwise).", "", True),
        Column("b_time", "time", "When B has it, by B's clock.", "UTC", True),
        _seconds("delay_s", "Time from the vantage point nearer to its sender to the other."),
        _seconds("idle_s", "Since the last segment of the connection that passed both."),
    ),
)

TABLES = {table.name: table for table in (schema.CAPTURES, CLOCK, CONNECTIONS, ALONE, SEGMENTS)}

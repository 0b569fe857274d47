"""The columns of every table: name, type, unit and one sentence each (design 7).

This is the one description of the outputs. JSON, CSV, Parquet and DataFrames are built from it,
and the JSON Schema that ships in the package (`schema.json`) is generated from it by
`document`; a test fails where they disagree.

How the values of a column travel inside the program, by its type:

========  =====================================================  =====================
type      values                                                 missing
========  =====================================================  =====================
integer   int64 array                                            kinds.MISSING
seconds   float64 array                                          NaN
time      int64 array, nanoseconds since the epoch               kinds.MISSING
category  uint8 array, index into `Column.words`                 any code beyond them
boolean   uint8 array, 0 or 1                                    255
text      list of str                                            never
integers  list of lists of int                                   never
words     list of lists of str, each of `Column.words`           never
counts    list of dicts, word to int                             never
========  =====================================================  =====================
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer import found
from analyzer.kinds import KIND_WORDS, RUN_WORDS, SENDER_WORDS, SEVERITY_WORDS, STATE_WORDS, VERDICT_WORDS

SCHEMA = "keepalive-analyzer/1"
"""Names the layout of the outputs; the number grows with an incompatible change."""

HANDSHAKE_WORDS = ("completed", "refused", "unanswered", "incomplete")
PROBER_WORDS = ("client", "server", "both")


@dataclass(frozen=True)
class Column:
    """One column. `nullable`: values may be missing. `words`: what a category or list of words may say."""

    name: str
    type: str
    text: str
    unit: str = ""
    nullable: bool = False
    words: tuple[str, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether the words rise from the least to the most."""
        return self.words in (SEVERITY_WORDS, found.CONFIDENCE_WORDS)


@dataclass(frozen=True)
class Table:
    """One table: one file in CSV and Parquet, one array in JSON, one DataFrame."""

    name: str
    text: str
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _integer(name: str, text: str, unit: str = "", nullable: bool = False) -> Column:
    return Column(name, "integer", text, unit, nullable)


def _seconds(name: str, text: str, nullable: bool = True) -> Column:
    return Column(name, "seconds", text, "s", nullable)


def _time(name: str, text: str, nullable: bool = False) -> Column:
    return Column(name, "time", text, "UTC", nullable)


def _word(name: str, words: tuple[str, ...], text: str, nullable: bool = False) -> Column:
    return Column(name, "category", text, "", nullable, words)


def _timers(who: str) -> tuple[Column, ...]:
    return (
        _seconds(
            f"{who}_keepalive_time_s",
            f"Idle time after which the {who} sent its first probe, as measured; missing where not observed.",
        ),
        _seconds(
            f"{who}_keepalive_interval_s",
            f"Time between unanswered probes of the {who}, as measured; missing where not observed.",
        ),
        _integer(
            f"{who}_keepalive_count",
            f"Unanswered probes after which the {who} gave up; missing where not observed.",
            "probes",
            nullable=True,
        ),
    )


def _offer(who: str) -> tuple[Column, ...]:
    syn = "SYN" if who == "client" else "SYN-ACK"

    def said(name: str, text: str) -> Column:
        return Column(f"{who}_{name}", "boolean", f"Whether the {who}'s {syn} {text}.", "", nullable=True)

    return (
        _integer(
            f"{who}_mss", f"Maximum segment size in the {who}'s {syn}; missing if absent.", "bytes", True
        ),
        _integer(
            f"{who}_window_scale",
            f"Window scale shift in the {who}'s {syn} (RFC 7323); missing if absent.",
            "bits",
            True,
        ),
        said("sack", "permitted selective acknowledgments (RFC 2018)"),
        said("timestamps", "carried timestamps (RFC 7323)"),
        said("tfo", "carried the Fast Open option (RFC 7413)"),
        said("mptcp", "carried the Multipath TCP option (RFC 8684)"),
    )


CAPTURES = Table(
    "captures",
    "One row per capture: a file, or files joined into one.",
    (
        _integer("capture", "Number of the capture in this analysis, from 0."),
        Column("path", "text", "The path as given, or as found in a folder; `-` is standard input."),
        Column("format", "text", "File format, with its compression: `pcapng, gzip`."),
        Column(
            "link_types",
            "integers",
            "Link types of its interfaces, as numbered at tcpdump.org/linktypes.html.",
        ),
        _integer("frames", "Frames in the file, of whatever protocol.", "frames"),
        _integer("tcp_segments", "TCP segments decoded and tracked.", "segments"),
        Column("skipped", "counts", "Frames that were not decoded as TCP: reason and number.", "frames"),
        _time("start", "Time of the earliest frame.", nullable=True),
        _time("end", "Time of the latest frame.", nullable=True),
        _seconds("duration_s", "From the earliest to the latest frame."),
        _integer(
            "dropped",
            "Frames the capturing program says it lost; missing where it says nothing.",
            "frames",
            nullable=True,
        ),
        _integer(
            "truncated_at",
            "Offset in the (uncompressed) file where reading had to stop or skip; missing if whole.",
            "bytes",
            nullable=True,
        ),
    ),
)

FLOWS = Table(
    "flows",
    "One row per TCP connection.",
    (
        _integer("flow", "Number of the connection, unique in this analysis."),
        _integer("capture", "The capture it was seen in."),
        _integer(
            "stream", "Number within its capture, in order of first appearance, as Wireshark's tcp.stream."
        ),
        Column("client", "text", "IP address of the client, the sender of the SYN."),
        _integer("client_port", "TCP port of the client."),
        Column("server", "text", "IP address of the server."),
        _integer("server_port", "TCP port of the server."),
        _time("start", "Time of its first segment."),
        _time("end", "Time of its last segment that is no duplicate."),
        _seconds("duration_s", "From its first to its last segment.", nullable=False),
        _time("last_sign_of_life", "When the judged peer was last heard from.", nullable=True),
        _integer("frames", "Segments, duplicates included.", "frames"),
        _integer("client_bytes", "Payload the client sent, each byte counted once.", "bytes"),
        _integer("server_bytes", "Payload the server sent, each byte counted once.", "bytes"),
        _word("verdict", VERDICT_WORDS, "What became of the connection."),
        Column(
            "reason", "text", "Why: one sentence that names frames and times, in ISO 8601 as in all columns."
        ),
        _word("severity", SEVERITY_WORDS, "How much the verdict matters."),
        _word("closed_by", SENDER_WORDS, "Who sent the first FIN or RST; missing if nobody.", nullable=True),
        _word("prober", PROBER_WORDS, "Who sent keep-alive probes; missing if nobody.", nullable=True),
        _integer("probes", "Keep-alive probes of both sides.", "probes"),
        _integer("replies", "Probes that were answered, other than by a RST.", "probes"),
        _integer("unanswered", "Probes without any answer.", "probes"),
        _integer("resets", "Probes answered by a RST.", "probes"),
        *_timers("client"),
        *_timers("server"),
        _seconds("rtt_min_s", "Shortest time from a probe to its answer; missing without one."),
        _seconds("rtt_median_s", "Median time from a probe to its answer; missing without one."),
        _seconds("rtt_max_s", "Longest time from a probe to its answer; missing without one."),
        _seconds(
            "handshake_rtt_s", "From the SYN to the ACK that completed the handshake; missing if unclear."
        ),
        _word("client_state", STATE_WORDS, "TCP state of the client at the end of the capture (RFC 9293)."),
        _word("server_state", STATE_WORDS, "TCP state of the server at the end of the capture (RFC 9293)."),
        Column(
            "stack", "text", "TCP stacks that its probers may be, likeliest first; empty if nothing tells."
        ),
        Column(
            "findings",
            "words",
            "What is worth telling about it: names of the findings table that hold for it.",
            words=found.WORDS,
        ),
        Column("display_filter", "text", "Wireshark display filter that shows this connection."),
    ),
)

_LABELLED = (
    _integer("capture", "The capture it was seen in."),
    _integer("frame", "Frame number in the capture, from 1, as in Wireshark."),
    _time("time", "When it was captured."),
    _integer("flow", "The connection it belongs to; missing if none.", nullable=True),
    _word("kind", KIND_WORDS[:-1], "What it is (design 4)."),
    _word("sender", SENDER_WORDS, "Which end sent it; missing for what no end sent.", nullable=True),
    Column("source", "text", "IP address it came from: the sender's, or who reported an ICMP error."),
    _integer("seq", "Sequence number as in the header; missing beside TCP.", nullable=True),
    _integer("ack", "Acknowledgment number as in the header; missing beside TCP.", nullable=True),
    _integer("length", "Payload length; missing beside TCP.", "bytes", nullable=True),
    _integer("window", "Advertised window, unscaled; missing beside TCP.", "bytes", nullable=True),
    _seconds(
        "gap_s",
        "Since the connection's previous segment; for a probe, since the last activity other than probes "
        "and their answers, or since the same side's previous probe if later.",
    ),
    _seconds("rtt_s", "Answer minus probe; missing where there is none or it is ambiguous."),
    _integer("answers", "Frame of the probe that this segment answers; missing if none.", nullable=True),
)

EVENTS = Table("events", "One row per segment that says something about the connection's life.", _LABELLED)
PACKETS = Table("packets", "One row per TCP segment, ICMP error or ARP frame, on request.", _LABELLED)

PROBE_RUNS = Table(
    "probe_runs",
    "One row per run of probes of one side without other traffic between.",
    (
        _integer("flow", "The connection."),
        _word("prober", SENDER_WORDS, "Which end sent the probes."),
        _time("start", "Time of its first probe."),
        _time("end", "Time of its last probe, or of the answer to it."),
        _integer("probes", "Probes in the run.", "probes"),
        _integer("answered", "Of these, answered.", "probes"),
        _seconds(
            "idle_s", "Time from when the prober last heard its peer to its first probe; missing if unknown."
        ),
        _seconds("spacing_min_s", "Shortest time between two consecutive probes; missing for a single one."),
        _seconds("spacing_median_s", "Median time between consecutive probes; missing for a single one."),
        _seconds("spacing_max_s", "Longest time between two consecutive probes; missing for a single one."),
        _word("outcome", RUN_WORDS, "How the run ended."),
        _integer("first_frame", "Frame of its first probe."),
        _integer("last_frame", "Frame of its last probe."),
    ),
)

HANDSHAKES = Table(
    "handshakes",
    "One row per connection of which a SYN or SYN-ACK was seen.",
    (
        _integer("flow", "The connection."),
        _time("start", "Time of its first segment."),
        _integer("syn_count", "SYN segments of the client, repeats included.", "segments"),
        _integer("syn_ack_count", "SYN-ACK segments of the server, repeats included.", "segments"),
        _seconds("rtt_s", "From the SYN to the ACK that completed the handshake; missing after a SYN retry."),
        *_offer("client"),
        *_offer("server"),
        _word("outcome", HANDSHAKE_WORDS, "How the handshake ended."),
    ),
)

FINDINGS = Table(
    "findings",
    "One row per thing worth telling, the gravest first.",
    (
        _word("finding", found.WORDS, "What was found."),
        _word("severity", SEVERITY_WORDS, "How much it matters."),
        _word("confidence", found.CONFIDENCE_WORDS, "How sure it is."),
        _word("scope", found.SCOPE_WORDS, "What it is about."),
        _integer("capture", "The capture it was found in."),
        _integer(
            "flow", "The connection it is about; missing where it is about more than one.", nullable=True
        ),
        _time("start", "From when; missing where no time can be named.", nullable=True),
        _time("end", "To when; missing where no time can be named.", nullable=True),
        Column("frames", "integers", "The evidence: frames of the capture, the first ones and the last."),
        Column("summary", "text", "One sentence: what was seen, with frames and times, then what it means."),
        Column("advice", "text", "What to do about it."),
    ),
)

TABLES = {table.name: table for table in (CAPTURES, FLOWS, EVENTS, PACKETS, PROBE_RUNS, HANDSHAKES, FINDINGS)}
"""All tables by name, in the order in which outputs hold them."""

"""The rhythm of a flow's messages: requests and replies, heartbeats, silences survived (design 10).

Rows for all messages would be most of a chatty capture, so they are counted here, and only
heartbeats have rows: of four beats, the fourth and those that follow.
"""

import numpy as np

from analyzer import kinds
from analyzer.track.kernels.probes import is_probe
from analyzer.track.kernels.steps import aside, step

SECOND = 1e-9
MILLISECOND_NS = 1_000_000
LONGEST_MS = 0xFFFFFFFF
MOST = 0xFFFF
HEARTBEATS = 4  # three pauses alike are hardly chance


@aside
def open_talk(flow, talks, counters):
    """Give the flow a TALK row."""
    counters.talks_used += 1
    flow.talk = counters.talks_used
    talks[flow.talk - 1].tried_time = kinds.MISSING


@step
def note_beat(side, frame, pause_ns, steady_percent):
    """A small message continues the latest beats, or begins anew with the one before, or alone.

    Writes first_beat_frame, beats and the pauses; message_frame is still that of the one before.
    """
    beats = np.int64(side.beats)
    if beats == 0:
        side.first_beat_frame = frame
        side.beats = 1
        return
    shortest = min(pause_ns // MILLISECOND_NS, LONGEST_MS)
    longest = shortest
    if beats > 1:
        longest = max(np.int64(side.gap_max_ms), shortest)
        shortest = min(np.int64(side.gap_min_ms), shortest)
        if (longest - shortest) * 100 >= shortest * steady_percent:
            side.first_beat_frame = side.message_frame
            shortest = min(pause_ns // MILLISECOND_NS, LONGEST_MS)
            longest = shortest
            beats = 1
    side.gap_min_ms = shortest
    side.gap_max_ms = longest
    side.beats = min(beats + 1, MOST)


@step
def end_beats(side):
    """Something else than a small message comes."""
    side.beats = 0
    side.gap_min_ms = 0
    side.gap_max_ms = 0


@aside
def note_silence(flow, talk, sender, segment, silence_s):
    """A message breaks a silence longer than any survived; whether the last one was shows by now.

    While the peer has not been heard since, that one stays the one that was tried.
    """
    watch = np.int64(flow.watch)
    if talk.tried_time != kinds.MISSING:
        peer = 0 if watch & (kinds.WATCH_TRIED << 1) else 1
        if flow.side[peer].last_time < talk.tried_time:
            return
        talk.survived_s = talk.tried_s
        talk.survived_frame = talk.tried_frame
        talk.tried_time = kinds.MISSING
    if silence_s > talk.survived_s:
        talk.tried_time = segment.time_ns
        talk.tried_frame = segment.frame
        talk.tried_s = silence_s
        flow.watch = (watch & ~(3 * kinds.WATCH_TRIED)) | (kinds.WATCH_TRIED << sender)


@aside
def begin_message(flow, talk, sender, segment, last_time, counters):
    """A message of `sender` begins; whether it is a heartbeat. last_time: ns, the flow's previous segment."""
    side = talk.side[sender]
    silence_s = np.float32((segment.time_ns - last_time) * SECOND)
    if silence_s > talk.survived_s:
        note_silence(flow, talk, sender, segment, silence_s)
    watch = np.int64(flow.watch)
    if not watch & (kinds.WATCH_REPLY << sender):
        side.request_time = segment.time_ns
        side.request_frame = segment.frame
        side.unreplied = 0
    side.unreplied = min(np.int64(side.unreplied) + 1, MOST)
    watch |= kinds.WATCH_REPLY << sender
    if segment.length <= counters.small_octets:
        pause_ns = segment.time_ns - flow.side[sender].last_payload_time
        note_beat(side, segment.frame, pause_ns, counters.steady_percent)
        watch |= kinds.WATCH_BEATS << sender
    else:
        end_beats(side)
        watch &= ~(kinds.WATCH_BEATS << sender)
    side.message_frame = segment.frame
    flow.watch = watch
    return side.beats >= HEARTBEATS


@step
def end_request(flow, talk, asker, time_ns):
    """The peer of `asker` sends new payload: its reply to the messages that wait for one."""
    asked = talk.side[asker]
    reply_s = np.float32((time_ns - asked.request_time) * SECOND)
    if reply_s > asked.longest_reply_s:
        asked.longest_reply_s = reply_s
    asked.unreplied = 0
    flow.watch = np.int64(flow.watch) & ~(kinds.WATCH_REPLY << asker)


@step
def note_talk(flow, sender, segment, kind, last_time, talks, counters):
    """Note what a labelled segment that is no duplicate says, before it moves its flow's state on.

    last_time: ns, of the flow's previous segment that is no duplicate. Returns EVENT_BEAT or 0.
    """
    if segment.length == 0 or kind == kinds.RETRANSMISSION or kind == kinds.TENTATIVE or is_probe(kind):
        return 0
    if segment.control & kinds.FLAG_RST:
        return 0
    x = flow.side[sender]
    before = max(x.last_payload_time, flow.side[1 - sender].last_payload_time)
    watch = np.int64(flow.watch)
    mark = 0
    if watch & (kinds.WATCH_REPLY << (1 - sender)):
        end_request(flow, talks[flow.talk - 1], 1 - sender, segment.time_ns)
    if before == 0 and last_time != kinds.MISSING:
        before = flow.start
    if before != 0 and segment.time_ns - before >= counters.message_pause_ns:
        if flow.talk == 0:
            open_talk(flow, talks, counters)
        if begin_message(flow, talks[flow.talk - 1], sender, segment, last_time, counters):
            mark = kinds.EVENT_BEAT
    elif watch & (kinds.WATCH_BEATS << sender) and segment.length > counters.small_octets:
        end_beats(talks[flow.talk - 1].side[sender])
        flow.watch = np.int64(flow.watch) & ~(kinds.WATCH_BEATS << sender)
    x.last_payload_time = segment.time_ns
    return mark

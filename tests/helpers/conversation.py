"""Two hosts that talk a rough TCP: steps in, segments out. `strategies` draws the steps.

Nothing is lost or reordered here; `strategies` does that to the capture. Each
host keeps what a kernel keeps (next number to send, next expected, window), so
that what it sends is plausible whatever the steps are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import wire
from .hosts import MILLISECOND, Clock, Host, Step
from .segment import ACK, FIN, PSH, RST, SYN, IcmpError, Segment, following

SIZES = (1, 2, 10, 100, 1, 60, 7, 1)
TS_START = 2**32 - 40_000 - 1_700_000_000_000  # so that it wraps soon
FACTORS = (1.0, 1.0, 0.95, 1.05, 1.12, 1.5, 1.8, 3.0)


class Conversation:
    """One 4-tuple. Every method of the name of an action does that action."""

    def __init__(self, client: Host, server: Host, clock: Clock) -> None:
        client.expected, server.expected = server.next, client.next
        self.hosts = (client, server)
        self.clock = clock
        self.deaf = False
        """Nothing arrives for now, though the capture has it."""

    def do(self, step: Step) -> None:
        self.clock.now_ns += step.wait_ns
        x, y = self.hosts[::-1] if step.by_server else self.hosts
        action: Callable[[Host, Host, Step], None] = getattr(self, step.action)
        action(x, y, step)

    def send(self, x: Host, flags: int, seq: int, length: int = 0, **others: Any) -> Segment:
        """Put one segment of X on the wire."""
        y = self.hosts[1] if x is self.hosts[0] else self.hosts[0]
        x.ip_id = x.ip_id and x.ip_id % 0xFFFF + 1
        segment = Segment(
            len(self.clock.records) + 1,
            self.clock.now_ns,
            *x.endpoint,
            *y.endpoint,
            seq=seq % 2**32,
            ack=x.expected if flags & ACK else 0,
            flags=flags,
            window=x.window,
            length=length,
            ip_id=x.ip_id,
            ttl=x.ttl,
            **self.timestamps(x, y, flags),
        )
        segment = wire.with_checksum(replace(segment, **others))
        self.clock.records.append(segment)
        x.sent.append(segment)
        return segment

    def timestamps(self, x: Host, y: Host, flags: int) -> dict[str, int]:
        """RFC 7323, by a clock of milliseconds; Y hears of it at once unless `deaf`."""
        if x.echo is None or y.echo is None:
            return {}
        now = (TS_START + self.clock.now_ns // MILLISECOND) % 2**32
        made = {"tsval": now, "tsecr": x.echo}
        if not self.deaf:
            y.echo = now
        return made

    # connections begin and end

    def syn(self, x: Host, y: Host, step: Step) -> None:
        """A SYN, sometimes with data or with a number of its own; often the whole handshake."""
        if step.variant in (1, 2):
            x.next = following(x.next, 100_000)
        length = 20 if step.variant == 3 else 0
        first = self.send(x, SYN, x.next, length, mss=1460, window_scale=7, sack_permitted=True)
        if step.variant == 7:
            return
        if step.variant == 6:
            self.send(y, RST | ACK, 0, window=0, ack=following(x.next))
            return
        self.clock.now_ns += 20 * MILLISECOND
        y.expected, x.next = first.end, first.end
        answer = self.send(y, SYN | ACK, y.next, mss=1460)
        x.expected = y.next = answer.end
        self.clock.now_ns += MILLISECOND
        if step.variant != 5:
            self.send(x, ACK, x.next)

    def syn_again(self, x: Host, y: Host, step: Step) -> None:
        syns = [segment for segment in x.sent if segment.has(SYN)]
        if syns:
            self.send(x, syns[-1].flags, syns[-1].seq, syns[-1].length)

    def open_both(self, x: Host, y: Host, step: Step) -> None:
        """Simultaneous open."""
        for host in (x, y):
            self.send(host, SYN, host.next)
        for host, peer in ((x, y), (y, x)):
            host.expected = following(peer.next)
            self.send(host, SYN | ACK, host.next)
        x.next, y.next = following(x.next), following(y.next)

    def challenge(self, x: Host, y: Host, step: Step) -> None:
        """X forgot the connection and begins anew; Y still knows the old one."""
        self.send(x, SYN, x.next + 70_000)
        self.clock.now_ns += 10 * MILLISECOND
        challenge = self.send(y, ACK, y.next)
        self.send(x, RST, challenge.ack, window=0)

    def fin(self, x: Host, y: Host, step: Step) -> None:
        length = 30 if step.variant == 1 else 0
        x.next = self.send(x, FIN | ACK, x.next, length).end
        y.expected = x.next
        if step.variant >= 3:
            self.clock.now_ns += step.variant * MILLISECOND
            self.send(y, ACK, y.next)

    def close(self, x: Host, y: Host, step: Step) -> None:
        """FIN from both sides: one after the other, or at once."""
        for host, peer in ((x, y), (y, x)):
            end = self.send(host, FIN | ACK, host.next).end
            self.clock.now_ns += step.variant * MILLISECOND
            if step.variant < 6:
                host.next = peer.expected = end
        if step.variant >= 6:
            x.next, y.next = following(x.next), following(y.next)
            x.expected, y.expected = y.next, x.next
            self.send(y, ACK, y.next - step.variant % 2)
        self.send(x, ACK, x.next)

    def reset(self, x: Host, y: Host, step: Step) -> None:
        """A RST of one of the shapes that real hosts and middleboxes send."""
        shapes: tuple[tuple[int, int, dict[str, Any]], ...] = (
            (RST, y.expected, {"window": 0}),
            (RST | ACK, x.next, {}),
            (RST | ACK, x.next, {"window": 0}),
            (RST | ACK, x.next - 1, {}),
            (RST, x.next, {"ttl": x.ttl - 3, "window": 0}),
            (RST, x.next, {"ttl": 255, "window": 0}),
        )
        flags, seq, others = shapes[step.variant % len(shapes)]
        self.send(x, flags, seq, **others)

    # data and acknowledgments

    def data(self, x: Host, y: Host, step: Step) -> None:
        length = SIZES[step.variant]
        push = PSH if step.variant % 2 else 0
        x.next = self.send(x, ACK | push, x.next, length).end
        if step.variant != 7:
            y.expected = x.next

    def exchange(self, x: Host, y: Host, step: Step) -> None:
        self.data(x, y, step)
        self.clock.now_ns += 2 * MILLISECOND
        self.send(y, ACK, y.next)

    def beat(self, x: Host, y: Host, step: Step) -> None:
        """Small messages at a period that varies a little, replied to at first."""
        for count in range(3 + step.variant % 4):
            self.clock.now_ns += (
                max(step.wait_ns, 500 * MILLISECOND) + count * step.variant * 10 * MILLISECOND
            )
            for host, peer in ((x, y), (y, x))[: 2 if count < step.variant else 1]:
                length = 200 if step.variant == 7 and count == 5 else 8
                host.next = peer.expected = self.send(host, ACK | PSH, host.next, length).end
                self.clock.now_ns += 3 * MILLISECOND

    def again(self, x: Host, y: Host, step: Step) -> None:
        """An earlier segment once more, with a new IP ID."""
        carried = [segment for segment in x.sent if segment.length or segment.has(FIN)]
        if carried:
            old = carried[-1 - step.variant // 2 % len(carried)]
            self.send(x, old.flags, old.seq, old.length)

    def retry(self, x: Host, y: Host, step: Step) -> None:
        """Data that is sent again and again, the pauses doubling."""
        length = SIZES[step.variant]
        for count in range(2 + step.variant % 4):
            self.send(x, ACK | PSH, x.next, length)
            self.clock.now_ns += 200 * MILLISECOND << count
        x.next = following(x.next, length)

    def late(self, x: Host, y: Host, step: Step) -> None:
        """Two pieces in the wrong order."""
        length = SIZES[step.variant]
        self.send(x, ACK | PSH, x.next + length, 10)
        self.send(x, ACK, x.next, length)
        x.next = following(x.next, length + 10)
        y.expected = x.next

    def skip(self, x: Host, y: Host, step: Step) -> None:
        """Bytes that the capture lost; the peer got them or not."""
        x.next = following(x.next, SIZES[step.variant])
        if step.variant % 2:
            y.expected = x.next

    def ack(self, x: Host, y: Host, step: Step) -> None:
        back = (0, 0, 0, 1, 5, 0, 0, 0)[step.variant]
        self.send(x, ACK, x.next, ack=(x.expected - back) % 2**32)

    def old(self, x: Host, y: Host, step: Step) -> None:
        """An ACK that was overtaken."""
        self.send(x, ACK, x.next - (1, 1, 2, 10, 1, 3, 1, 1)[step.variant])

    def resize(self, x: Host, y: Host, step: Step) -> None:
        x.window = (0, 400, 501, 300, 500, 65535, 0, 1)[step.variant]
        self.send(x, ACK, x.next)

    # probes and answers

    def probe(self, x: Host, y: Host, step: Step) -> None:
        flags = ACK | PSH if step.variant >= 5 else ACK
        self.send(x, flags, x.next - 1, step.variant % 2)

    def reply(self, x: Host, y: Host, step: Step) -> None:
        """Y's answer to whatever X sent last; a D-SACK for a single byte."""
        last = x.sent[-1] if x.sent else None
        blocks: tuple[tuple[int, int], ...] = ()
        if last is not None and last.length == 1 and step.variant != 5:
            blocks = ((last.seq, last.end),)
        self.send(y, ACK, y.next, sack_blocks=blocks)

    def probed(self, x: Host, y: Host, step: Step) -> None:
        """Probe and answer, at times several probes."""
        for count in range(1 + step.variant % 3):
            self.clock.now_ns += count * step.wait_ns
            self.send(x, ACK | PSH if step.variant >= 6 else ACK, x.next - 1, step.variant // 4)
        self.clock.now_ns += 15 * MILLISECOND
        self.reply(x, y, step)

    def storm(self, x: Host, y: Host, step: Step) -> None:
        """More repeats of one probe than anybody should remember."""
        for _ in range(61 + step.variant):
            self.clock.now_ns += 20 * MILLISECOND
            self.send(x, ACK, x.next - 1)
        self.reply(x, y, step)

    def crossing(self, x: Host, y: Host, step: Step) -> None:
        self.send(x, ACK, x.next - 1)
        self.clock.now_ns += MILLISECOND
        self.send(y, ACK, y.next - 1)
        answers = (x, y) if step.variant % 2 else (y, x)
        for host in answers:
            self.clock.now_ns += MILLISECOND
            self.send(host, ACK, host.next)

    def give_up(self, x: Host, y: Host, step: Step) -> None:
        """Probes at an interval, then a RST about one interval later; some seen answered."""
        interval = max(step.wait_ns, 100 * MILLISECOND)
        self.deaf = step.flow % 2 == 0
        for _ in range(2 + step.variant % 2):
            self.send(x, ACK, x.next - 1)
            if step.variant in (2, 3):
                self.send(y, ACK, y.next)
            self.clock.now_ns += interval
        self.clock.now_ns += int(interval * (FACTORS[step.variant] - 1))
        self.send(x, RST | ACK, x.next)
        self.deaf = False

    def rebooted(self, x: Host, y: Host, step: Step) -> None:
        probe = self.send(x, ACK, x.next - 1, step.variant % 2)
        self.clock.now_ns += (1, 20, 500, 2999, 3000, 3001, 50, 5)[step.variant] * MILLISECOND
        self.send(y, RST, probe.ack, window=0)

    def closed_window(self, x: Host, y: Host, step: Step) -> None:
        """Y's window closes; X probes it, with the byte before or the next one."""
        y.window = 0
        self.send(y, ACK, y.next)
        refused = y.expected
        for count in range(1 + step.variant % 3):
            self.clock.now_ns += 200 * MILLISECOND << count
            seq, length = (x.next, 1) if step.variant % 2 else (x.next - 1, 0)
            self.send(x, ACK, seq, length)
            y.expected = following(refused, 1 if step.variant == 7 else 0)
            self.send(y, ACK, y.next)
        if step.variant == 7:
            x.next = following(x.next)
        if step.variant >= 4:
            y.window = 600

    # beside the connection

    def copy(self, x: Host, y: Host, step: Step) -> None:
        """One of X's last segments again, as a mirror port would have it."""
        if x.sent:
            original = x.sent[-1 - (0, 0, 0, 1, 2, 7, 8, 9)[step.variant] % len(x.sent)]
            shift = (1, 10, 11, 9, -5, 2, 3, 0)[step.variant] * MILLISECOND
            frame = len(self.clock.records) + 1
            ttl = original.ttl - step.variant % 2
            self.clock.records.append(
                replace(original, frame=frame, time_ns=original.time_ns + shift, ttl=ttl)
            )

    def icmp(self, x: Host, y: Host, step: Step) -> None:
        error = IcmpError(
            len(self.clock.records) + 1,
            self.clock.now_ns,
            y.endpoint[0],
            *x.endpoint,
            *y.endpoint,
            seq=x.next,
        )
        self.clock.records.append(error)

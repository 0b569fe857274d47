"""What to do about a finding: sentences with something to paste."""

from __future__ import annotations

from analyzer.diagnose.case import Case
from analyzer.diagnose.summary import last_sign_of_life
from analyzer.kinds import MISSING
from analyzer.wording import lasting, moment


def peer_dead(case: Case) -> str:
    """Where to look for the peer or the break."""
    prober = case.flow.decided_by
    life = last_sign_of_life(case.flow)
    when = f" around {moment(life)}" if life != MISSING else ""
    return (
        f"Look for a crash, a power cut or a broken path at {case.address(1 - prober)}{when}. "
        f"A capture taken there tells which: `tcpdump -ni any '{filter_of(case)}'`."
    )


def peer_rebooted(case: Case) -> str:
    """The peer, and the application that has to connect anew."""
    peer = case.flow.decided_by
    return (
        f"Find out what restarted {case.address(peer)} after {moment(last_sign_of_life(case.flow))}; "
        "`journalctl --list-boots` tells there. "
        f"The application on {case.address(1 - peer)} has to connect anew; nothing heals this connection."
    )


def middlebox_reset(case: Case) -> str:
    """The devices between; NAT that leaves a segment as it was.

    Linux translates nothing of what its connection tracking calls INVALID, and the host that such a segment
    then reaches resets a connection that it never had (github.com/kubernetes/kubernetes/issues/74839 and
    pull/120412, github.com/moby/libnetwork/issues/1090; be_liberal:
    docs.kernel.org/networking/nf_conntrack-sysctl.html).
    """
    return (
        "Look in the logs of the firewalls, load balancers and NAT devices between "
        f"{case.endpoint(0)} and {case.endpoint(1)}, and raise the idle timeout of the one that did it, "
        "or set the keep-alive time below it. No application closed. A Linux NAT does so without an "
        "idle timeout, too: what its conntrack takes for INVALID passes untranslated, and the wrong host "
        "answers RST. There: `sysctl -w net.netfilter.nf_conntrack_tcp_be_liberal=1`, or "
        "`iptables -I INPUT -m conntrack --ctstate INVALID -j DROP`, and the same for FORWARD."
    )


def forgotten(case: Case) -> str:
    """The device on the path, as middlebox_timeout tells."""
    return (
        f"The host {case.address(1 - case.flow.decided_by)} itself seems to be well: see middlebox_timeout. "
        f"A capture taken there tells whether the probes arrive: `tcpdump -ni any '{filter_of(case)}'`."
    )


def replies_lost(case: Case) -> str:
    """The way back, which is the one that is broken."""
    prober = case.flow.decided_by
    return (
        f"Look for what drops segments from {case.address(1 - prober)} to {case.address(prober)}: routing, a "
        f"filter, or a firewall that lost its state. See on {case.address(prober)} what still arrives: "
        f"`tcpdump -ni any '{filter_of(case)}'`."
    )


def refused(case: Case) -> str:
    """Whether something listens."""
    server = 1 - case.flow.client
    port = case.flow.port[server]
    return (
        f"See on {case.address(server)} whether something listens: `ss -ltn 'sport = :{port}'`. "
        "If so, a firewall rejects the connection."
    )


def no_answer(case: Case) -> str:
    """Whether the SYNs arrive."""
    server = 1 - case.flow.client
    return (
        f"See whether the SYNs reach {case.address(server)}: `tcpdump -ni any '{filter_of(case)}'`. "
        "If not, a firewall drops them, or the address or the route is wrong."
    )


def outage(case: Case, prober: int, most_ns: int) -> str:
    """The path, and timers that outlast such an outage."""
    return (
        f"Look for what cut the path between {case.address(prober)} and {case.address(1 - prober)} then. "
        f"To survive the like, keep interval times count of the {case.name(prober)} above {lasting(most_ns)} "
        "(TCP_KEEPINTVL x TCP_KEEPCNT)."
    )


def heartbeat(case: Case, side: int) -> str:
    """What it is good for."""
    return (
        f"Let the application of the {case.name(side)} close the connection after some heartbeats without a "
        "reply: that finds a hung application, too, which keep-alive (`setsockopt(fd, SOL_SOCKET, "
        "SO_KEEPALIVE, &(int){1}, sizeof(int))`) does not. Its period has to be below every idle timeout on "
        "the path."
    )


def where_it_hangs(case: Case, side: int) -> str:
    """How to see what a process does that neither reads nor replies."""
    port, peer = case.flow.port[side], case.flow.port[1 - side]
    return (
        f"On {case.address(side)}: `ss -tinp 'sport = :{port} and dport = :{peer}'` shows the process and "
        "its unread bytes (Recv-Q); `py-spy dump --pid PID` (Python), `jstack PID` (Java) or `gdb -p PID` "
        "show where it hangs."
    )


def app_hung(case: Case, hung: int) -> str:
    """The application, and a timeout of the asker's own."""
    return (
        f"{where_it_hangs(case, hung)} Keep-alive cannot see this, for it asks the kernel: "
        f"the application at {case.address(1 - hung)} needs a timeout for replies."
    )


def does_not_read(case: Case, owner: int) -> str:
    """The application that does not read."""
    return (
        f"{where_it_hangs(case, owner)} A larger SO_RCVBUF only delays it; "
        f"the application at {case.address(1 - owner)} needs a timeout for what it sends."
    )


def abort(case: Case, side: int) -> str:
    """How to close in good order."""
    return (
        f"The log of the application at {case.address(side)} may tell why it closed. To lose nothing, it has "
        "to read to the end first: `shutdown(fd, SHUT_WR); while (recv(fd, buf, sizeof buf, 0) > 0); "
        f"close(fd);`. {case.address(1 - side)} cannot know whether the data had any effect: it may repeat "
        "only what does no harm twice."
    )


def unacknowledged(case: Case, sender: int) -> str:
    """A timeout for data; tcp_retries2 and its 15 min: docs.kernel.org/networking/ip-sysctl.html."""
    return (
        f"On {case.address(sender)}: `setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(unsigned){{30000}}, "
        "sizeof(unsigned))` (RFC 5482) ends such waiting after 30 s; else Linux sends again for about 15 min "
        "(`sysctl net.ipv4.tcp_retries2`, 15; 8 is about 100 s)."
    )


def mistaken() -> str:
    """How to leave them out in Wireshark."""
    return (
        "In Wireshark, `tcp.analysis.keep_alive` shows them too; do not count them as keep-alives. "
        "`keepalive verify` shows them side by side."
    )


def filter_of(case: Case) -> str:
    """A capture filter (pcap-filter) for the connection; client port and address suffice."""
    client = case.flow.client
    return f"host {case.address(client)} and tcp port {case.flow.port[client]}"

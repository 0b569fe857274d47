"""What a Python user would write today to find keep-alives, one function per library.

    python -m benchmarks.readers scapy FILE

Each does the least that can be called the job: note the next sequence number of every
sender and count the segments just below it (Wireshark's rule, as pyshark has it from
tshark). nfstream knows no keep-alives and only counts flows.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

SYN, FIN, RST = 0x02, 0x01, 0x04
Segment = tuple[Any, int, int, int]  # 4-tuple in the sender's direction, seq, flags, payload length


def count_probes(segments: Iterable[Segment]) -> int:
    next_seq: dict[Any, int] = {}
    probes = 0
    for sender, seq, flags, length in segments:
        expected = next_seq.get(sender)
        if expected is None or flags & SYN:
            next_seq[sender] = (seq + length + (flags & SYN > 0)) & 0xFFFFFFFF
            continue
        if length <= 1 and (seq + 1 - expected) & 0xFFFFFFFF == 0 and not flags & (SYN | FIN | RST):
            probes += 1
            continue
        end = (seq + length + (flags & FIN)) & 0xFFFFFFFF
        if (end - expected) & 0xFFFFFFFF < 0x80000000:
            next_seq[sender] = end
    return probes


def with_scapy(path: str) -> int:
    scapy = import_module("scapy.all")

    def segments() -> Iterable[Segment]:
        with scapy.PcapReader(path) as reader:
            for packet in reader:
                if scapy.TCP not in packet:
                    continue
                tcp, ip = packet[scapy.TCP], packet[scapy.TCP].underlayer
                size = ip.len - 4 * ip.ihl if ip.version == 4 else ip.plen
                yield (ip.src, ip.dst, tcp.sport, tcp.dport), tcp.seq, int(tcp.flags), size - 4 * tcp.dataofs

    return count_probes(segments())


def with_dpkt(path: str) -> int:
    dpkt = import_module("dpkt")

    def segments() -> Iterable[Segment]:
        with open(path, "rb") as file:
            for _, frame in dpkt.pcap.UniversalReader(file):
                ip = dpkt.ethernet.Ethernet(frame).data
                tcp = getattr(ip, "data", None)
                if not isinstance(tcp, dpkt.tcp.TCP):
                    continue
                size = ip.len - 4 * ip.hl if ip.v == 4 else ip.plen
                yield (ip.src, ip.dst, tcp.sport, tcp.dport), tcp.seq, tcp.flags, size - 4 * tcp.off

    return count_probes(segments())


def with_pyshark(path: str) -> int:
    pyshark = import_module("pyshark")
    capture = pyshark.FileCapture(path, keep_packets=False, display_filter="tcp.analysis.keep_alive")
    probes = sum(1 for _ in capture)
    capture.close()
    return probes


def with_nfstream(path: str) -> int:
    nfstream = import_module("nfstream")
    return sum(1 for _ in nfstream.NFStreamer(source=path, n_dissections=0, statistical_analysis=True))


READERS = {"scapy": with_scapy, "dpkt": with_dpkt, "pyshark": with_pyshark, "nfstream": with_nfstream}

if __name__ == "__main__":
    print(READERS[sys.argv[1]](sys.argv[2]))

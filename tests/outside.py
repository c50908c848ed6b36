"""Run a command where nothing but loopback answers, and tell what it tried to reach beyond.

Started by `unshare --net --mount` as `python -m tests.outside REPORT COMMAND...`: in a network
namespace of its own, whose only way out ends in a capture. The report is a list of
"protocol address:port" as JSON.
"""

import json
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

ADDRESS, NOWHERE, HARDWARE = "192.0.2.1", "192.0.2.53", "02:00:00:00:00:53"
SETUP = f"""
ip link set lo up
ip link add out0 type veth peer name sink0
ip link set sink0 up arp off multicast off
ip link set out0 up multicast off
ip addr add {ADDRESS}/24 dev out0
ip route add default via {NOWHERE} dev out0
ip neigh add {NOWHERE} lladdr {HARDWARE} dev out0 nud permanent
"""
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}


def main(report: Path, command: list[str]) -> int:
    """Shut the namespace, run the command in it, write what left it; return the command's code."""
    _lead_nowhere(report.with_suffix(".resolv"))
    capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    capture.bind(("sink0", 0))
    capture.settimeout(0.2)
    seen: set[str] = set()
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(capture, seen, ended))
    watcher.start()
    code = subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode
    ended.set()
    watcher.join()
    report.write_text(json.dumps(sorted(seen)), encoding="utf-8")
    return code


def _lead_nowhere(resolver: Path) -> None:
    for scope in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1", encoding="ascii")
    for line in SETUP.strip().splitlines():
        subprocess.run(line.split(), check=True)
    text = f"nameserver {NOWHERE}\noptions timeout:1 attempts:1\n"
    resolver.write_text(text, encoding="ascii")
    subprocess.run(["mount", "--bind", str(resolver), "/etc/resolv.conf"], check=True)


def _watch(capture: socket.socket, seen: set[str], ended: threading.Event) -> None:
    while True:
        try:
            frame = capture.recv(2048)
        except TimeoutError:
            if ended.is_set():
                return
            continue
        seen.add(destination(frame[14:]))


def destination(packet: bytes) -> str:
    """Return protocol, address and port that an IPv4 packet is for; of a question also the name."""
    header = (packet[0] & 15) * 4
    protocol = PROTOCOLS.get(packet[9], str(packet[9]))
    address = socket.inet_ntoa(packet[16:20])
    if protocol not in ("tcp", "udp"):
        return f"{protocol} {address}"
    (port,) = struct.unpack("!H", packet[header + 2 : header + 4])
    question = f" {_name(packet[header + 20 :])}" if (protocol, port) == ("udp", 53) else ""
    return f"{protocol} {address}:{port}{question}"


def _name(question: bytes) -> str:
    labels = []
    while question and question[0]:
        labels.append(question[1 : 1 + question[0]].decode("ascii", "replace"))
        question = question[1 + question[0] :]
    return ".".join(labels)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))

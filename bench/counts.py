"""Counted work of one request: instructions, allocations, statements and system calls. Unlike times,
counts hardly change with the machine's load."""

import contextlib
import dataclasses
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import load
import report
import turns
from measures import USERS, Bench, Served
from processes import Failed

WARM, COUNTED, CHUNKS = 200, 1000, 100
ALLOCATING = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"}
COPYING = re.compile(r"(__)?mem(cpy|move)")

RECORDED = pathlib.Path(__file__).with_name("counts.json")
GROWTH = {"instructions": 1.05, "allocations": 1.05, "copies": 1.05, "statements": 1.05, "system calls": 1.25}
"""A count may be this many times the recorded one. The system calls depend on how much each turn of the
loop finds ready, so their sum has more room, and no single one is compared."""
ROOM = "memory: { limit: 1GiB }\n"
"""Under callgrind the process is larger, and would close its idle connections."""
SMALL = 0.5
"""A growth below this, in calls of one request, is noise of timers."""
IDLE = 5
"""Seconds in which the work of timers is counted, which is subtracted."""


class Client:
    """One kept connection that sends one request after another and reads each answer to its end."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sessions: list[tuple[str, str]] = []

    def ask(self, request: bytes) -> bytes:
        self.socket.sendall(request)
        answer = bytearray()
        while not load.is_whole(answer):
            piece = self.socket.recv(1 << 16)
            if not piece:
                raise Failed(f"the connection was closed: {answer[:300].decode(errors='replace')}")
            answer += piece
        if not answer.startswith(b"HTTP/1.1 2"):
            raise Failed(f"a request was refused: {answer[:600].decode(errors='replace')}")
        return bytes(answer)


def ask_again(served: Served, client: Client, numbers: range) -> None:
    for _ in numbers:
        client.ask(load.request(served.port, served.keys[0], False, "What is a berth?"))


def ask_anew(served: Served, client: Client, numbers: range) -> None:
    for number in numbers:
        client.ask(load.request(served.port, served.keys[0], False, f"What is berth {number:06}?"))


def stream(served: Served, client: Client, numbers: range) -> None:
    for number in numbers:
        client.ask(load.request(served.port, served.keys[0], True, f"What is berth {number:06}?"))


def turn(served: Served, client: Client, numbers: range) -> None:
    """The conversations alternate and get few turns each, so that prompts stay short."""
    if not client.sessions:
        client.sessions = [(key, name) for key in served.keys
                           for name in turns.open_sessions(served.port, key, 2)]
    for number in numbers:
        key, session = client.sessions[number % len(client.sessions)]
        text = f"Question {number:06}: what is a berth?"
        client.ask(load.turn(served.port, key, session, text))


@dataclasses.dataclass
class Work:
    """A kind of request: its sender, and the fake's pace and the cache that it needs."""
    send: Callable[[Served, Client, range], None]
    pace: tuple[str, ...] = ("--tokens", "1")
    cache: str = '{ scope: "off" }'


KINDS = {
    "hit": Work(ask_again, cache="{}"),
    "uncached call": Work(ask_anew),
    f"stream of {CHUNKS} chunks": Work(stream, pace=("--tokens", str(CHUNKS))),
    "durable turn": Work(turn),
}


def run(bench: Bench, machine: str, page: pathlib.Path | None) -> bool:
    """Counts every kind of request and prints a table. With a `page`, it writes the table there and
    records the counts. Returns whether a count has grown since it was recorded."""
    counted = {}
    for kind in KINDS:
        print(f"… {kind}", file=sys.stderr, flush=True)
        counted[kind] = {name: round(number, 2) for name, number in count(bench, kind).items()}
    names = sorted({name for one in counted.values() for name, number in one.items() if number >= SMALL},
                   key=lambda name: -max(one.get(name, 0) for one in counted.values()))
    lines = report.aligned([["of one request", *counted]] + [
        [name, *[f"{one.get(name, 0):,.1f}" for one in counted.values()]] for name in names])
    print("\n".join([machine, "", *lines]))
    if page:
        report.write(page, report.COUNTED, "scripts/bench --count --write", machine, lines)
        RECORDED.write_text(json.dumps(counted, indent=1) + "\n")
        return False
    if not RECORDED.exists():
        raise Failed(f"{RECORDED} does not exist: record the counts with --count --write")
    grown = [
        f"{kind}: {name} {before:,.2f} → {now:,.2f}"
        for kind, one in json.loads(RECORDED.read_text()).items() for name, most in GROWTH.items()
        if (now := counted[kind][name]) > (before := one[name]) * most and now - before > SMALL]
    print("\n".join(["", "Grown since they were recorded:", *grown] if grown else []))
    return bool(grown)


def count(bench: Bench, kind: str) -> dict[str, float]:
    """The counts of one request of that kind, by their names."""
    work, counts = KINDS[kind], {}
    for tool in (Callgrind, Strace):
        with contextlib.ExitStack() as stack:
            fake = stack.enter_context(bench.fake(*work.pace))
            used = tool(bench.folder)
            served = stack.enter_context(
                bench.serve(f"http://127.0.0.1:{fake}", USERS, cache=work.cache, more=ROOM,
                            under=used.command))
            client = Client(served.port)
            work.send(served, client, range(WARM))
            with used.counting(served.pid):
                work.send(served, client, range(WARM, WARM + COUNTED))
        counts |= {name: number / COUNTED for name, number in used.counted().items()}
    return counts


class Callgrind:
    """Counts instructions in user space and calls of functions, without those of timers."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.file, self.seconds = folder / "callgrind.out", 0.0
        self.command = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
                        f"--callgrind-out-file={self.file}"]

    @contextlib.contextmanager
    def counting(self, pid: int):
        self.control(pid, "-i", "on")
        time.sleep(IDLE)
        self.control(pid, "-d")
        began = time.monotonic()
        yield
        self.seconds = time.monotonic() - began
        self.control(pid, "-i", "off")

    def control(self, pid: int, *words: str) -> None:
        done = subprocess.run(["callgrind_control", *words, str(pid)], capture_output=True, text=True)
        if "OK" not in done.stdout:
            raise Failed(f"callgrind_control {words}: {done.stdout}{done.stderr}")

    def counted(self) -> dict[str, float]:
        # The dump after the idle seconds is the first part.
        idle, whole = self.read(self.file.with_suffix(".out.1")), self.read(self.file)
        return {name: number - idle[name] * self.seconds / IDLE for name, number in whole.items()}

    def read(self, file: pathlib.Path) -> dict[str, int]:
        """Reads a profile, which names each function once and then by its number."""
        names, calls, called, total = {}, Counter(), "", None
        for line in file.read_text(errors="replace").splitlines():
            if named := re.match(r"c?fn=\((\d+)\)(?: (.+))?", line):
                names.setdefault(named[1], named[2])
                called = names[named[1]] if line.startswith("c") else called
            elif line.startswith("calls="):
                # A recursive call has a mark such as 'malloc'2.
                calls[called.partition("'")[0]] += int(line[6:].split()[0])
            elif line.startswith("totals:"):
                total = int(line.split()[1])
        if total is None:
            raise Failed(f"{file} has no totals")
        return {
            "instructions": total,
            "allocations": sum(calls[name] for name in ALLOCATING),
            "copies": sum(number for name, number in calls.items() if COPYING.match(name)),
            "statements": calls["sqlite3_reset"],
        }


class Strace:
    """Counts system calls by their names."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.file, self.command = folder / "strace.out", []

    @contextlib.contextmanager
    def counting(self, pid: int):
        command = ["strace", "-f", "-c", "-U", "calls,name", "-o", str(self.file), "-p", str(pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            for line in tracer.stderr:
                if "attached" in line:
                    break
            else:
                raise Failed(f"strace did not attach to {pid}")
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate(timeout=30)

    def counted(self) -> dict[str, float]:
        rows = re.findall(r"^ *(\d+) (\w+)$", self.file.read_text(), re.MULTILINE)
        calls = {name: int(number) for number, name in rows if name != "total"}
        return {"system calls": sum(calls.values()), **calls}

"""The rows of memory: growth over many turns, many users, and a report that adds up."""

import asyncio
import contextlib
import http.client
import json
import threading
import time

import load
from measures import PACE, TOKENS, USERS, Bench, Row, Served, at_most, stream_once
from processes import Failed, Memory
from turns import open_sessions

TURNS, FROM, MANY = 3000, 500, 200


def in_a_row(bench: Bench) -> list[Row]:
    """One turn after another, each in the next tenant's session."""
    marks = {}
    with bench.fake("--tokens", "20") as fake, \
            bench.serve(f"http://127.0.0.1:{fake}", USERS, cache="{ memory: 0 }") as served:
        lines = [(key, open_sessions(served.port, key, 1)[0]) for key in served.keys]
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        began = time.monotonic()
        for number in range(1, TURNS + 1):
            key, session = lines[number % USERS]
            take_turn(connection, key, session, f"Question {number}: what is a berth?")
            if number % FROM == 0:
                marks[number] = Memory(served.pid).anonymous
        seconds = time.monotonic() - began
        connection.close()
    curve = ", ".join(f"{number:,}: {anonymous:.2f}" for number, anonymous in marks.items())
    what = f"{TURNS:,} turns in a row, Anonymous added after turn {FROM}"
    beside = f"MiB after turn {curve}; {seconds:.0f} s"
    return [at_most("m", what, marks[TURNS] - marks[FROM], 1, "MiB", beside)]


def take_turn(connection: http.client.HTTPConnection, key: str, session: str, text: str) -> None:
    heads = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    connection.request("POST", f"/terminal/sessions/{session}/turns", json.dumps({"text": text}), heads)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200 or b'"state":"done"' not in body or b"token20 " not in body:
        raise Failed(f"a turn was not answered: {answer.status} {body[-600:].decode(errors='replace')}")


def many_users(bench: Bench) -> list[Row]:
    with bench.fake(*PACE) as fake:
        more = f"limits: {{ tenants: {MANY} }}\n"
        found = stream_once(bench, f"http://127.0.0.1:{fake}", users=MANY, more=more)
    beside = (f"Anonymous {found.anonymous:.1f} MiB; 10 s later {found.after.anonymous:.1f}, RSS "
              f"{found.after.rss - found.before.rss:+.1f}; {found.words}")
    return [at_most("n", f"{MANY} users streaming at once, RSS peak", found.rss, 64, "MiB", beside)]


class Reports(threading.Thread):
    """Runs `berth memory --json` repeatedly and compares each report with the kernel's figures from
    just before and just after it."""

    def __init__(self, bench: Bench, served: Served) -> None:
        super().__init__(daemon=True)
        self.bench, self.served = bench, served
        self.ended, self.error = threading.Event(), None
        self.off: list[float] = []
        self.unexplained: list[float] = []

    def run(self) -> None:
        try:
            while not self.ended.wait(0.25):
                self.take()
        except (Failed, OSError, KeyError) as error:
            self.error = error

    def take(self) -> None:
        before = Memory(self.served.pid).rss
        told = self.bench.admin(self.served.config, "memory")
        rss = (before + Memory(self.served.pid).rss) / 2
        total = (sum(line["bytes"] for line in told["lines"]) + told["unexplained"]) / (1 << 20)
        self.off.append(abs(total - rss) / rss * 100)
        self.unexplained.append(told["unexplained"] / (1 << 20) / rss * 100)


def report(bench: Bench) -> list[Row]:
    with bench.fake(*PACE) as fake, \
            bench.serve(f"http://127.0.0.1:{fake}", USERS) as served:
        reports = Reports(bench, served)
        reports.take()  # idle
        reports.start()
        with contextlib.ExitStack() as stack:
            stack.callback(reports.join)
            stack.callback(reports.ended.set)
            asyncio.run(load.stream_all(served.port, served.keys, TOKENS, lambda: None))
        reports.take()  # after the streams
    if reports.error:
        raise Failed(f"no report: {reports.error!r}")
    worst = max(reports.unexplained, key=abs)
    spread = (f"{min(reports.unexplained):.1f} to {max(reports.unexplained):.1f} %; the last, idle "
              f"again, {reports.unexplained[-1]:.1f} %")
    return [
        at_most("o", "berth memory, deviation from the kernel's RSS", max(reports.off), 1, "%",
                f"worst of {len(reports.off)} reports before, during and after 50 streams"),
        at_most("o", "the same, unexplained", abs(worst), 8, "% of RSS", spread),
    ]


ROWS = {
    "m": ("turns in a row", in_a_row),
    "n": (f"{MANY} users streaming", many_users),
    "o": ("the memory report", report),
}

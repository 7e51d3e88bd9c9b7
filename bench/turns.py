"""The rows of the queue: durable turns, and the cost of scheduling while many wait."""

import http.client
import json
import sqlite3
import subprocess
import time

from measures import USERS, Bench, Row, asked, at_least, at_most, wrk
from processes import Failed, cpu_seconds

SESSIONS = 20
"""Sessions of each tenant. Each session has so few turns that its prompts stay short."""


def durable(bench: Bench) -> list[Row]:
    with bench.fake("--tokens", "1") as fake, \
            bench.serve(f"http://127.0.0.1:{fake}", USERS) as served:
        sessions = bench.folder / "sessions"
        # The tenants alternate, so two turns of one session never overlap.
        made = [open_sessions(served.port, key) for key in served.keys]
        lines = [f"{key} {own[n]}" for n in range(SESSIONS) for key, own in zip(served.keys, made)]
        sessions.write_text("\n".join(lines) + "\n")
        wrk(served.port, sessions, 2, "turns")
        time.sleep(2)  # the warm-up's last turns still run, and a session answers one turn at a time
        before, cpu = asked(fake), cpu_seconds(served.pid)
        result = wrk(served.port, sessions, bench.seconds, "turns")
        cpu = cpu_seconds(served.pid) - cpu
        time.sleep(2)  # the last turns of the load still run
        bought = asked(fake) - before
    states = turns_by_state(served.data)
    failed = result["refused"] + result["broken"]
    if set(states) - {"done"} or failed or bought < result["requests"]:
        raise Failed(f"{failed} of {result['requests']} turns failed, the provider was asked "
                     f"{bought} times, and the states on disk are {states}")
    rate = result["requests"] / result["seconds"]
    beside = (f"p50 {result['p50']:.1f} ms, p99 {result['p99']:.1f} ms; "
              f"{cpu / result['requests'] * 1e6:.0f} µs of processor time per turn; all "
              f"{states['done']:,} turns are done on disk")
    return [at_least("i", "turns accepted, answered and finished on disk", rate, 2_000, "turns/s", beside)]


def open_sessions(port: int, key: str, count: int = SESSIONS) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    names = []
    for _ in range(count):
        connection.request("POST", "/terminal/sessions", headers={"authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 201:
            raise Failed(f"no session was made: {answer.status} {body.decode(errors='replace')}")
        names.append(json.loads(body)["id"])
    connection.close()
    return names


def turns_by_state(data) -> dict[str, int]:
    with sqlite3.connect(f"file:{data}/berth.db?mode=ro", uri=True) as database:
        return dict(database.execute("SELECT state, COUNT(*) FROM turn GROUP BY state"))


def scheduling(bench: Bench) -> list[Row]:
    try:
        done = subprocess.run([bench.scheduling], capture_output=True, text=True, timeout=120)
    except OSError as error:
        raise Failed(f"{bench.scheduling or 'berth-scheduling'} does not start: {error}") from error
    if done.returncode != 0:
        raise Failed(f"berth-scheduling ended with {done.returncode}: {done.stderr.strip()}")
    costs = {int(n): int(ns) for n, ns in map(str.split, done.stdout.splitlines())}
    least, most = min(costs), max(costs)
    curve = ", ".join(f"{n:,}: {ns:,} ns" for n, ns in costs.items())
    what = f"scheduling a turn, {most:,} waiting against {least:,}"
    # Twice the time for a thousand times as many entries is due to the processor's cache.
    return [at_most("j", what, costs[most] / costs[least], 2, "times", f"per turn, by the number waiting: {curve}")]


ROWS = {
    "i": ("durable turns", durable),
    "j": ("scheduling", scheduling),
}

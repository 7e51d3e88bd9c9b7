"""The rows of memory pressure: one greedy tenant, and a limit that is lowered under load."""

import asyncio
import collections
import contextlib
import json
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import load
from measures import HERE, USERS, Bench, Row, Served, at_most, providers
from processes import Failed, Memory, status
from turns import open_sessions, turns_by_state

GREEDY, LARGEST = 40, 4 * 1024 * 1024
OTHERS, ROUNDS, ROUND, EACH = 20, 6, 5, 0.5
"""The number of other tenants, each of which asks every `EACH` seconds, and the number of rounds with
and without the greedy tenant, of `ROUND` seconds each."""
LIMIT = 64


# One greedy tenant

def one_greedy(bench: Bench) -> list[Row]:
    told: collections.Counter[str] = collections.Counter()
    took, wrong, rss = ([], []), ([], []), Highest()
    with contextlib.ExitStack() as stack:
        pace = ["--delay-ms", "200", "--token-ms", "10", "--tokens", "20"]
        own, greedys = stack.enter_context(bench.fake(*pace)), stack.enter_context(bench.fake(*pace))
        more = f"memory: {{ limit: {LIMIT}MiB }}\n" + providers(
            bench=f"http://127.0.0.1:{own}", greedy=f"http://127.0.0.1:{greedys}")
        served = stack.enter_context(bench.serve("", OTHERS + 1, more=more))
        stack.enter_context(rss.watch(served.pid))
        others, key = served.keys[1:], served.keys[0]
        for number in range(2 * ROUNDS + 1):
            is_with = number % 2 == 0 and number > 0  # the first round opens connections and fills caches
            with greedy(served.port, key, told) if is_with else contextlib.nullcontext():
                found = asyncio.run(steadily(served.port, others))
            if number > 0:
                took[is_with].append(load.percentile(found.seconds, 95) * 1000)
                wrong[is_with].extend(found.wrong)
        highest = status(served.pid, "VmHWM") / 1024
    alone, beside = map(statistics.median, took)
    if not told:
        raise Failed("the greedy tenant got no answer")
    ends = "; ".join(f"{count:,} × {what}" for what, count in told.most_common())
    errors = len(wrong[False]) + len(wrong[True])
    return [
        at_most("p", "one greedy tenant, the others' p95 against that without it", beside / alone, 1.2,
                "times", f"first token p95 {alone:.0f} ms without, {beside:.0f} ms with it; by "
                f"round {', '.join(f'{a:.0f}/{b:.0f}' for a, b in zip(*took))}"),
        at_most("p", "the same, failed requests of the others", errors, 0, "requests",
                f"{len(wrong[False])} without, {len(wrong[True])} with it; {wrong[True][:1] or ''}"),
        at_most("p", f"the same, RSS peak at a limit of {LIMIT} MiB", max(highest, rss.mebibytes), LIMIT,
                "MiB", f"{rss.looks:,} samples; the greedy tenant's finished requests: {ends}"),
    ]


class Highest:
    """The largest RSS of a process, sampled every few milliseconds."""

    def __init__(self) -> None:
        self.mebibytes, self.looks = 0.0, 0

    @contextlib.contextmanager
    def watch(self, pid: int):
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(0.01):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                self.mebibytes, self.looks = max(self.mebibytes, pages / 256), self.looks + 1

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextlib.contextmanager
def greedy(port: int, key: str, told: collections.Counter):
    """Runs the greedy tenant and adds the outcomes of its requests to `told`."""
    command = ["nice", "-n", "10", sys.executable, "-B", str(HERE / "greedy.py"), str(port), key]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(1)
        yield
    finally:
        out, _ = process.communicate(timeout=30)
    if process.returncode != 0:
        raise Failed(f"greedy.py ended with {process.returncode}")
    told.update(json.loads(out))


class Found:
    """The seconds to each first token, and the errors."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.wrong: list[str] = []


async def steadily(port: int, keys: list[str]) -> Found:
    """Each of `keys` asks at a steady pace, regardless of how long its answers take."""
    found, loop = Found(), asyncio.get_running_loop()

    async def one(key: str) -> None:
        try:
            _, stream = await loop.create_connection(
                lambda: load.Stream(load.request(port, key, True)), "127.0.0.1", port)
            await asyncio.wait_for(stream.ended, 60)
            stream.check(20)
            found.seconds.append(stream.first_token)
        except (Failed, OSError, TimeoutError) as error:
            found.wrong.append(f"{type(error).__name__} {error}")

    started, asked = loop.time(), []
    for number in range(int(ROUND / EACH) * len(keys)):
        await asyncio.sleep(max(0, started + number * EACH / len(keys) - loop.time()))
        asked.append(asyncio.ensure_future(one(keys[number % len(keys)])))
    await asyncio.gather(*asked)
    return found


# A limit that is lowered under load

SQUEEZED, AT_FIRST, AFTER = 25, 4, 12
"""Seconds under the lowered limit, before it and after it. The first is longer than the 20 s that an
API call waits."""


def squeezed(bench: Bench) -> list[Row]:
    ends: collections.Counter[str] = collections.Counter()
    with bench.serve("", USERS, more="memory: { limit: 48MiB }\n") as served:
        sessions = [open_sessions(served.port, key, 1)[0] for key in served.keys]
        reports: list[dict] = []
        operator = threading.Thread(target=squeeze, args=(bench, served, reports), daemon=True)
        operator.start()
        asyncio.run(everybody(served, sessions, operator, ends))
        highest = status(served.pid, "VmHWM") / 1024
        last = bench.admin(served.config, "memory")
    states = turns_by_state(served.data)
    lost = sum(states.values()) - states.get("done", 0)
    bad = {what: count for what, count in ends.items() if what not in ("call answered", "turn answered")
           and not what.startswith("refused with a reason")}
    words = "; ".join(f"{count:,} × {what}" for what, count in ends.most_common())
    rungs = {rung["rung"]: rung["entered"] for rung in last["pressure"]["rungs"]}
    stays = last["pressure"].get("rung")
    return [
        at_most("q", "48 MiB, 50 users, limit lowered: neither answered nor refused with a reason",
                sum(bad.values()), 0, "requests", words),
        at_most("q", "the same, turns lost", lost, 0, "turns", f"states on disk: {states}"),
        at_most("q", "the same, rungs never entered or not left", sum(1 for n in rungs.values() if not n)
                + (stays is not None), 0, "rungs",
                f"{reports[0]['limit'] / 2**20:.1f} MiB for {SQUEEZED} s, RSS at their start "
                f"{reports[0]['rss'] / 2**20:.1f}, at their end {reports[-1]['rss'] / 2**20:.1f}; entered: "
                f"{', '.join(f'{name} {count}' for name, count in rungs.items())}; "
                f"in force at the end: {stays or 'none'}"),
        at_most("q", "the same, RSS peak", highest, 48, "MiB"),
    ]


def squeeze(bench: Bench, served: Served, reports: list[dict]) -> None:
    """Sets the lowest limit that is accepted, and later the first one again."""
    time.sleep(AT_FIRST)
    for half in range(2 * 16, 2 * 48):
        with contextlib.suppress(Failed):
            reports.append(bench.admin(served.config, "memory", "--limit", f"{half * 512}KiB"))
            break
    time.sleep(SQUEEZED)
    reports.append(bench.admin(served.config, "memory"))
    bench.admin(served.config, "memory", "--limit", "48MiB")
    time.sleep(AFTER)


async def everybody(served: Served, sessions: list[str], operator, ends: collections.Counter) -> None:
    """Keeps one turn and one API call per user under way until the operator's thread has ended."""
    loop = asyncio.get_running_loop()

    async def one(payload, judge) -> None:
        number = 0
        while operator.is_alive():
            number += 1
            try:
                _, stream = await loop.create_connection(
                    lambda: load.Stream(payload(number)), "127.0.0.1", served.port)
                await asyncio.wait_for(stream.ended, 90)
                ends[judge(bytes(stream.answer))] += 1
            except (OSError, TimeoutError) as error:
                ends[f"failed: {error!r}"] += 1
            await asyncio.sleep(0.5)

    asking = []
    for key, session in zip(served.keys, sessions):
        asking.append(one(lambda n, key=key, session=session: load.turn(
            served.port, key, session, f"Question {n}: what is a berth?"), judged_turn))
        asking.append(one(lambda n, key=key: load.request(
            served.port, key, True, f"Question {n}: what is a berth?", model="berth"), judged_call))
    await asyncio.gather(*asking)


def judged_turn(answer: bytes) -> str:
    if answer.startswith(b"HTTP/1.1 200"):
        state = re.findall(rb'"state":"(\w+)"', answer)
        return "turn answered" if state and state[-1] == b"done" else f"turn ended {state[-1:]}"
    return judged_refusal(answer)


def judged_call(answer: bytes) -> str:
    if answer.startswith(b"HTTP/1.1 200"):
        return "call answered" if b"[DONE]" in answer and b'"error"' not in answer else "call cut"
    return judged_refusal(answer)


def judged_refusal(answer: bytes) -> str:
    code = answer[9:12].decode()
    words = re.search(rb'"(?:message|error)":\s*"([^"]+)', answer)
    if not words or not re.search(rb"(?i)\r\nretry-after: \d", answer):
        return f"refused {code} without a reason or a wait: {answer[-200:]!r}"
    said = re.sub(r"'\w+'", "'…'", words[1].decode(errors="replace"))
    return f"refused with a reason ({code} {load.without_numbers(said)})"


ROWS = {
    "p": ("one greedy tenant", one_greedy),
    "q": ("a limit that is lowered", squeezed),
}

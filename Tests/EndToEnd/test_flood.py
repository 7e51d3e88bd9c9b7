"""One tenant floods the service; the others notice nothing."""

import contextlib
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from support.berth import Berth
from support.people import Caller, at_once
from support.queue import ROOMY, OwnBerth, OwnFake, Say, callers

#: Other tenants, seconds between two questions of one of them, and questions in one round.
OTHERS, EACH, QUESTIONS = 20, 0.5, 16
#: The most rounds. One stop of the whole machine for 300 ms, which is seen on shared ones, delays a
#: tenth of a round's answers. A fault of Berth's delays those of every round.
ROUNDS = 3


def test_one_tenants_flood_costs_the_others_no_answer_and_little_time(
    own_berth: OwnBerth, own_fake: OwnFake, say: Say
) -> None:
    fake = own_fake("--delay-ms", "400")
    models = ("fake", "500", "429-long", "comments")
    berth = own_berth(**ROOMY, **fake.settings(*models, concurrency=32, requests_per_minute=100_000))
    flooder, *others = callers(berth, OTHERS + 1)

    ask_steadily(others, "warm up")
    for number in range(1, ROUNDS + 1):
        ratio = slowdown(berth, flooder, others, f"round {number}", say)
        if ratio <= 1.2:
            return
    raise AssertionError(f"p95 is {ratio:.2f} times the quiet one in each of {ROUNDS} rounds")


def slowdown(berth: Berth, flooder: Caller, others: list[Caller], name: str, say: Say) -> float:
    """The p95 of the others in a flood, as a multiple of the one before or after it. No answer is lost."""
    quiet = ask_steadily(others, f"{name}, quiet")
    with flood(berth.port, flooder) as counts:
        flooded = ask_steadily(others, f"{name}, flooded")
    again = ask_steadily(others, f"{name}, quiet again")

    wrong = [status for status, _ in quiet + flooded + again if status != 200]
    base = max(p95(quiet), p95(again))
    say(f"p95 {base * 1000:.0f} ms quiet, {p95(flooded) * 1000:.0f} ms flooded by {counts}")
    assert wrong == []
    kinds = {kind.partition(":")[0] for kind in counts}
    assert kinds == {"malformed", "too large", "broken", "paused", "good", "slow reader", "silent"}
    return p95(flooded) / base


@contextlib.contextmanager
def flood(port: int, caller: Caller) -> Iterator[dict[str, int]]:
    """Runs the flood and fills in its counts at the end."""
    words = ["nice", sys.executable, "-B", "-m", "support.flood", str(port), caller.tenant.key]
    process = subprocess.Popen(
        words, cwd=Path(__file__).parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    counts: dict[str, int] = {}
    try:
        yield counts
    finally:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    counts.update(json.loads(out))


def ask_steadily(others: list[Caller], name: str) -> list[tuple[int, float]]:
    """Every tenant asks at a steady pace, however long its answers take. Returns statuses and seconds."""
    found: list[tuple[int, float]] = []
    start = time.monotonic()

    def ask(caller: Caller, question: int) -> None:
        told = caller.ask(f"{name} {caller.tenant.name} {question}")
        found.append((told.status, time.monotonic() - told.sent))

    def tenant(number: int) -> None:
        asked = []
        for question in range(QUESTIONS):
            due = start + EACH * (question + number / len(others))
            threading.Event().wait(max(0, due - time.monotonic()))  # the pace is what is tested
            asked.append(threading.Thread(target=ask, args=(others[number], question)))
            asked[-1].start()
        for thread in asked:
            thread.join()

    at_once([lambda n=number: tenant(n) for number in range(len(others))])
    assert len(found) == len(others) * QUESTIONS
    return found


def p95(found: list[tuple[int, float]]) -> float:
    return statistics.quantiles([seconds for _, seconds in found], n=20)[-1]

"""The rows of the answer cache: hits in the process, hits from Redis, and upstream calls saved."""

import contextlib
import os
import pathlib
import random
import signal
import socket
import statistics

import load
from measures import SAMPLES, USERS, Bench, Row, asked, at_least, at_most, wrk
from processes import Failed, cpu_seconds, running

REDIS_CONFIGURATION = pathlib.Path(__file__).resolve().parent.parent / "ops/redis/berth-cache.conf"
ROUNDS, QUESTIONS, REPEATED = 5, 2000, 0.3


def in_process(bench: Bench) -> list[Row]:
    """Alternates rounds of both loads. On a shared machine, compared figures must come from the same
    seconds."""
    hellos, hits, cpu, count = [], [], 0.0, 0
    with bench.fake() as fake, bench.serve(f"http://127.0.0.1:{fake}", USERS, cache="{}") as served:
        pid, port, file = served.pid, served.port, served.file
        wrk(port, file, 1)  # the first request asks the provider, the others warm up
        bought = asked(fake)
        for _ in range(ROUNDS):
            hellos.append(wrk(port, file, 2, "hello"))
            before = cpu_seconds(pid)
            hits.append(wrk(port, file, 2))
            cpu += cpu_seconds(pid) - before
            count += hits[-1]["requests"]
        if asked(fake) > bought or bought > USERS:
            raise Failed(f"the provider was asked {asked(fake)} times, {bought} of them in the warm-up")
    check_whole(hellos + hits)
    rates, ratios = [rate(hit) for hit in hits], [rate(a) / rate(b) for a, b in zip(hits, hellos)]
    what = "hits in the process, 50 connections"
    beside = (f"{min(rates):,.0f} to {max(rates):,.0f}; {cpu / count * 1e6:.0f} µs of processor time per hit; "
              f"requests to the provider: {bought}")
    hello = f"of {statistics.median(map(rate, hellos)):,.0f} requests/s for GET /healthz"
    return [
        at_least("g", what, statistics.median(rates), 15_000, "requests/s", beside),
        at_most("g", "the same, p99", statistics.median(hit["p99"] for hit in hits), 15, "ms",
                f"worst of {ROUNDS} rounds {max(hit['p99'] for hit in hits):.1f} ms"),
        Row("g", "the same, relative to GET /healthz", f"{statistics.median(ratios):.0%}",
            beside=hello),
    ]


def from_redis(bench: Bench) -> list[Row]:
    with bench.fake() as fake, redis(bench) as (_, path):
        settings = f"{{ memory: 0 }}\nredis: {{ url: \"unix:{path}\" }}"
        with bench.serve(f"http://127.0.0.1:{fake}", USERS, cache=settings) as served:
            pid, keys = served.pid, served.keys
            load.ask_all(served.port, [
                load.request(served.port, keys[n % USERS], False, f"What is berth number {n}?")
                for n in range(1, QUESTIONS + 1)])
            bought, found = asked(fake), keyspace_hits(path)
            cpu = cpu_seconds(pid)
            result = wrk(served.port, served.file, bench.seconds, "many", QUESTIONS)
            cpu = cpu_seconds(pid) - cpu
            found = keyspace_hits(path) - found
            missed = asked(fake) - bought
            # On a busy machine Redis sometimes looks slow, and Berth asks the provider instead.
            if missed > result["requests"] / 100 or found + missed < result["requests"]:
                raise Failed(f"of {result['requests']} answers {found} came from Redis and "
                             f"{missed} from the provider")
    check_whole([result])
    beside = (f"p50 {result['p50']:.1f} ms, p99 {result['p99']:.1f} ms; "
              f"{cpu / result['requests'] * 1e6:.0f} µs of processor time per hit; {QUESTIONS:,} questions; "
              f"{missed} answers from the provider")
    return [at_least("h", "hits from Redis, 50 connections", rate(result), 6_000, "requests/s", beside)]


def repeated_questions(bench: Bench) -> list[Row]:
    chance, questions = random.Random(3), ["What is berth number 0?"]
    for number in range(1, 10_000):
        is_repeated = chance.random() < REPEATED
        questions.append(
            chance.choice(questions) if is_repeated else f"What is berth number {number}?")
    with bench.fake("--delay-ms", "10") as fake, \
            bench.serve(f"http://127.0.0.1:{fake}", USERS, cache="{}") as served:
        load.ask_all(served.port, [
            load.request(served.port, served.keys[n % USERS], False, question)
            for n, question in enumerate(questions)])
        bought = asked(fake)
    saved = 1 - bought / len(questions)
    part = 1 - len(set(questions)) / len(questions)
    beside = (f"{bought:,} calls for {len(questions):,} questions, {part:.1%} of which had been "
              "asked before")
    return [at_least("k", "upstream calls saved, 30 % repeated", saved * 100, 28, "%", beside),
            instructed_questions(bench)]


def instructed_questions(bench: Bench) -> Row:
    """All users send one system text, as the clients of one product do."""
    chance, questions = random.Random(4), ["What is berth number 0?"]
    for number in range(1, 2_000):
        questions.append(chance.choice(questions) if chance.random() < 0.5
                         else f"What is berth number {number}?")
    with bench.fake("--delay-ms", "10") as fake, \
            bench.serve(f"http://127.0.0.1:{fake}", USERS, cache="{}") as served:
        load.ask_all(served.port, [
            load.request(served.port, served.keys[n % USERS], False, question,
                         system="Answer in one sentence.")
            for n, question in enumerate(questions)])
        bought = asked(fake)
    saved = 1 - bought / len(questions)
    beside = f"{bought:,} calls for {len(questions):,} questions of {USERS} users"
    return at_least("k", "the same, one system text, half repeated", saved * 100, 40, "%", beside)


def without_redis(bench: Bench) -> list[Row]:
    """Alternates between two services: one whose Redis is unresponsive, and one without a Redis."""
    with contextlib.ExitStack() as stack:
        fake = stack.enter_context(bench.fake("--tokens", "5"))
        pid, path = stack.enter_context(redis(bench))
        caches = ["{}", f"{{}}\nredis: {{ url: \"unix:{path}\" }}"]
        services = [stack.enter_context(bench.serve(f"http://127.0.0.1:{fake}", 1, cache=cache))
                    for cache in caches]
        users = [load.OneUser(served.port, served.keys[0]) for served in services]
        times = ([], [])
        for round in range(SAMPLES + 20):
            if round == 20:  # the first rounds open connections and fill the cache while Redis answers
                os.kill(pid, signal.SIGSTOP)
                stack.callback(os.kill, pid, signal.SIGCONT)
            for user, taken in zip(users, times):
                milliseconds = user.first_token_ms(f"What is berth number {round}?")
                if round >= 20:
                    taken.append(milliseconds)
        for user in users:
            user.close()
    alone, beside = [load.percentile(one, 99) for one in times]
    words = (f"p99 {alone:.2f} ms without a Redis, {beside:.2f} ms with an unresponsive one; medians "
             f"{statistics.median(times[0]):.2f} and {statistics.median(times[1]):.2f} ms; the first "
             f"request to notice took {max(times[1]):.0f} ms")
    return [at_most("l", "unresponsive Redis, added at p99", beside - alone, 5, "ms", words)]


def rate(result: dict) -> float:
    return result["requests"] / result["seconds"]


def check_whole(results: list[dict]) -> None:
    failed = sum(result["refused"] + result["broken"] for result in results)
    if failed:
        raise Failed(f"{failed} of {sum(result['requests'] for result in results)} requests failed")


@contextlib.contextmanager
def redis(bench: Bench):
    """Runs a Redis with Berth's configuration and yields its pid and the path of its socket."""
    path = bench.folder / "redis.sock"
    command = ["redis-server", str(REDIS_CONFIGURATION), "--unixsocket", str(path),
               "--dir", str(bench.folder)]
    with running(command, bench.folder / "redis.log", lambda: redis_says(path, "PING") == "+PONG") as pid:
        yield pid, path


def keyspace_hits(path: pathlib.Path) -> int:
    for line in redis_says(path, "INFO stats").splitlines():
        if line.startswith("keyspace_hits:"):
            return int(line.partition(":")[2])
    raise Failed("redis reports no keyspace_hits")


def redis_says(path: pathlib.Path, command: str) -> str:
    """The short answer to an inline command, or an empty string while no Redis listens."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(command.encode() + b"\r\nQUIT\r\n")
            answer = b""
            while piece := client.recv(65536):
                answer += piece
    except OSError:
        return ""
    return answer.decode().removesuffix("+OK\r\n").strip()


ROWS = {
    "g": ("hits in the process", in_process),
    "h": ("hits from Redis", from_redis),
    "k": ("repeated questions", repeated_questions),
    "l": ("unresponsive Redis", without_redis),
}

"""The sides from which input reaches Berth. Each function sends mutated input from one side for some
seconds, checks the service, and returns its counts as text."""

import asyncio
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time

import large
from clients import HTTPPeer, Input, RedisPeer
from mutations import mutated
from run import REPEATS, Run
from service import Fault

#: Models of the upstream. A model whose answers are broken is closed for a while, so there are many.
MODELS = [f"m{number}" for number in range(16)]


def settings(port: int, **more) -> dict:
    """The part of a configuration that has the upstream on `port`."""
    provider = {"name": "up", "kind": "openai", "base_url": f"http://127.0.0.1:{port}/v1",
                "api_key": "sk-upstream", "concurrency": 64,
                "requests_per_minute": 10**6, "tokens_per_minute": 10**9}
    models = [{"provider": "up", "model": model, "price": {"input": 1, "output": 1}} for model in MODELS]
    return {"providers": [provider], "models": {"chat": models}} | more


def http(method: str, path: str, key: str, body: bytes = b"", head: str = "") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            f"{head}{length}\r\n").encode() + body


def question(random_: random.Random, **more) -> bytes:
    members = {"model": random_.choice(MODELS), "stream": random_.random() < 0.5,
               "messages": [{"role": "user", "content": f"question {random_.random()}"}]} | more
    return json.dumps(members).encode()


def whole(text: str = "an answer") -> bytes:
    body = json.dumps({
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text},
                     "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}).encode()
    return (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)) + body


STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def event(delta: dict, reason: str | None = None, **more) -> bytes:
    """An event of a stream."""
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
             "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]} | more
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def end_of_stream() -> bytes:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    return event({}, "stop", usage=usage) + b"data: [DONE]\n\n"


def stream(text: str = "an answer in some words") -> bytes:
    call = {"index": 0, "id": "t", "function": {"name": "f", "arguments": '{"a":1}'}}
    return (STREAM_HEAD + event({"role": "assistant"})
            + b"".join(event({"content": w + " "}) for w in text.split())
            + event({"reasoning_content": "hm"}) + event({"tool_calls": [call]}) + end_of_stream())


def is_stream(body: bytes) -> bool:
    return json.loads(body or b"{}").get("stream") is True


def calm(body: bytes) -> bytes:
    """An upstream's answer without a fault, in the form that was asked for."""
    return stream() if is_stream(body) else whole()


# MARK: Clients

def requests(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated requests, heads included, to every kind of route."""
    run = Run(binary, folder, seed)

    async def load() -> None:
        key, = await run.start("ann")
        form = "Origin: http://127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        corpus = [
            http("GET", path, key) for path in (
                "/", "/healthz", "/readyz", "/metrics", "/v1/models", "/login?token=abc",
                "/web/sessions", "/web/me", "/terminal/sessions", "/terminal/sessions/x/turns?before=y",
                "/v1/models/up/m0", "/web/turns/x/events", "/chat.js")
        ] + [
            http("POST", "/login", key, b"token=abcdef", form),
            http("POST", "/terminal/sessions", key, b"{}"),
            http("POST", "/v1/chat/completions", key, question(run.random, max_tokens=1)),
            http("DELETE", "/terminal/sessions/x", key),
            http("PATCH", "/terminal/sessions/x", key, b'{"title":"a"}'),
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\nX: y\r\n\r\n",
        ]

        async def one(number: int) -> None:
            pieces = [mutated(run.random, run.random.choice(corpus)) for _ in range(3)]
            await send(number, run.recorder.add(b"".join(pieces)))

        async def send(number: int, data: bytes) -> None:
            # A request that is not whole gets no answer, so the wait is short.
            await run.ask(number, data, patience=0.05)
            run.links[number].close()

        await run.load(seconds, one, lambda input_: send(0, input_.data))

    return run.finish(load())


def bodies(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated JSON bodies in whole requests. No answer may be a 5xx."""
    run = Run(binary, folder, seed)
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    told = {"messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "what is it?"}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "t", "content": "1"}, {"role": "user", "content": "and?"}]}
    more = {"temperature": 0.2, "max_tokens": 10, "stop": ["\n", "END"], "seed": 5, "n": 1, "user": "u",
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
            "response_format": {"type": "json_object"}, "stream_options": {"include_usage": True},
            "logit_bias": {"50256": -100}, "metadata": {"a": "b"}}

    async def load() -> None:
        upstream = await HTTPPeer(calm).start()
        key, = await run.start("ann", **settings(upstream.port))
        _, made = await run.ask(0, http("POST", "/terminal/sessions", key, b"{}"))
        session = f"/terminal/sessions/{json.loads(made)['id']}"
        corpus = [
            lambda: ("POST", "/v1/chat/completions", question(run.random)),
            lambda: ("POST", "/v1/chat/completions", question(run.random, **told, **more)),
            lambda: ("POST", f"{session}/turns", b'{"text":"say hello"}'),
            lambda: ("PATCH", session, b'{"title":"new title"}'),
            lambda: ("POST", "/terminal/sessions", b"{}"),
        ]

        async def one(number: int) -> None:
            method, path, body = run.random.choice(corpus)()
            way = f"{method} {path}"
            await send(number, run.mutated(body, way), way)

        async def send(number: int, body: bytes, way: str, head: str = "") -> None:
            method, path = way.split()
            status, answer = await run.ask(number, http(method, path, key, body, head))
            if status >= 500:
                raise Fault(f"{status} to {way} {body[:300]!r}: {answer[:300]!r}")

        await run.load(
            seconds, one, lambda input_: send(0, input_.data, input_.way, "Cache-Control: no-store\r\n"))

    return run.finish(load())


# MARK: Peers

def streams(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated answers of an upstream, whole and streamed, in turn with calm ones.

    A broken upstream is 502, 503 or 504. An answer of 500 is a fault."""
    run = Run(binary, folder, seed)

    def answer(body: bytes) -> bytes:
        if (forced := run.take_forced()) is not None:
            return forced
        if run.is_judging or run.random.random() < 0.5:
            return calm(body)
        return run.mutated(calm(body), "stream" if is_stream(body) else "whole")

    async def load() -> None:
        upstream = await HTTPPeer(answer).start()
        keys = await run.start("ann", "bob", "eve", **settings(upstream.port))

        async def one(number: int, **more) -> None:
            data = http("POST", "/v1/chat/completions", run.random.choice(keys),
                        question(run.random, **more))
            status, body = await run.ask(number, data)
            if status == 500:
                raise Fault(f"500: {body[:300]!r}")

        await run.load(seconds, one, lambda input_: run.force(
            input_.data, lambda: one(0, stream=input_.way == "stream")))

    return run.finish(
        load(), lambda: sum(count for status, count in run.statuses.items() if status > 500))


def sizes(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Large and many values in requests and in an upstream's answers.

    The statuses are those of the streams' side."""
    run = Run(binary, folder, seed)

    def answer(body: bytes) -> bytes:
        if (forced := run.take_forced()) is not None:
            return forced
        if run.is_judging or run.random.random() < 0.5:
            return calm(body)
        way = "stream" if is_stream(body) else "whole"
        return run.recorder.add(large.answer(run.random, is_stream(body)), way)

    async def load() -> None:
        upstream = await HTTPPeer(answer).start()
        keys = await run.start("ann", "bob", "eve", **settings(upstream.port))

        async def one(number: int) -> None:
            if run.random.random() < 0.5:
                await plain(number)
            else:
                key = f"Idempotency-Key: {run.random.random()}\r\n" if run.random.random() < 0.1 else ""
                body = large.request(run.random, run.random.choice(MODELS))
                await send(number, run.recorder.add(body, "request"), key)

        async def plain(number: int, **more) -> None:
            await send(number, question(run.random, **more))

        async def send(number: int, body: bytes, head: str = "") -> None:
            key = run.random.choice(keys)
            status, answer = await run.ask(number, http("POST", "/v1/chat/completions", key, body, head))
            if status == 500:
                raise Fault(f"500 to {body[:300]!r}: {answer[:300]!r}")

        async def again(input_: Input) -> None:
            if input_.way == "request":
                key = f"Idempotency-Key: {run.random.random()}\r\n"
                await send(0, input_.data, "Cache-Control: no-store\r\n" + key)
            else:
                await run.force(input_.data, lambda: plain(0, stream=input_.way == "stream"))

        await run.load(seconds, one, again, size=4)

    return run.finish(
        load(), lambda: sum(count for status, count in run.statuses.items() if status > 500))


def redis(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated replies of a Redis. No question may fail because of them."""
    run = Run(binary, folder, seed)
    stored: dict[bytes, bytes] = {}

    def answer(words: list[bytes]) -> bytes:
        word = words[0].upper()
        if word.decode() == run.way and (forced := run.take_forced()) is not None:
            return forced
        good = reply(word, words)
        # After a broken reply the connection is closed and made again after a pause, so few are broken.
        if run.is_judging or run.random.random() > 0.01:
            return good
        return run.mutated(good, word.decode())

    def reply(word: bytes, words: list[bytes]) -> bytes:
        match word:
            case b"GET" if words[1] in stored:
                return b"$%d\r\n%s\r\n" % (len(stored[words[1]]), stored[words[1]])
            case b"GET":
                return b"$-1\r\n"
            case b"SET":
                stored[words[1]] = run.mutated(words[2], "value")
                return b"+OK\r\n"
            case b"PING":
                return b"+PONG\r\n"
            case _:
                return b"+OK\r\n"

    async def load() -> None:
        upstream, cache = await HTTPPeer(calm).start(), await RedisPeer(answer).start()
        key, = await run.start("ann", **settings(
            upstream.port, redis={"url": f"redis://127.0.0.1:{cache.port}/0"},
            cache={"memory": "64KiB"}))

        async def one(number: int) -> None:
            told = [{"role": "user", "content": f"question {run.random.randrange(3000)}"}]
            status, body = await run.ask(number, http("POST", "/v1/chat/completions", key, json.dumps(
                {"model": run.random.choice(MODELS), "messages": told}).encode()))
            if status != 200:
                raise Fault(f"a question failed while Redis misbehaved: {status} {body[:300]!r}")

        async def again(input_: Input) -> None:
            is_value = input_.way == "value"
            run.way = "GET" if is_value else input_.way
            reply = b"$%d\r\n%s\r\n" % (len(input_.data), input_.data) if is_value else input_.data
            await run.force(reply, lambda: one(0))

        await run.load(seconds, one, again)

    return run.finish(load())


# MARK: The data folder

def rows(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated values in the rows of the database, before a start. The start may refuse them in words."""
    run = Run(binary, folder, seed)
    data, pristine, changed, refused = folder / "data", folder / "pristine", folder / "changed", 0
    verbs = ("tenant list", "tenant show ann", "tenant keys ann", "usage", "queue", "queue failed",
             "memory", "quota show ann", "doctor")

    async def judge(key: str) -> None:
        """Starts with the changed rows again. They are a fault if they stall the loop each time, and
        the rows as they were do not."""
        for rows, count in ((changed, REPEATS), (pristine, 1)):
            for _ in range(count):
                shutil.rmtree(data)
                shutil.copytree(rows, data)
                await asyncio.to_thread(run.service.start)
                stalls = await look(run, key)
                await asyncio.to_thread(run.service.stop)
                if bool(stalls) == (rows is pristine):
                    return
        raise Fault(f"rows stall the loop each time: {run.service.stall_lines()}")

    async def load() -> None:
        upstream = await HTTPPeer(calm).start()
        key, = await run.start("ann", **settings(upstream.port))
        service = run.service
        for number in range(3):
            _, made = await run.ask(0, http("POST", "/terminal/sessions", key, b"{}"))
            path = f"/terminal/sessions/{json.loads(made)['id']}/turns"
            await run.ask(0, http("POST", path, key, b'{"text":"hello"}'))
        await asyncio.to_thread(service.stop)
        shutil.copytree(data, pristine)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            shutil.rmtree(data)
            shutil.copytree(pristine, data)
            run.recorder.add(change_rows(run.random, data / "berth.db").encode())
            shutil.rmtree(changed, ignore_errors=True)
            shutil.copytree(data, changed)
            if await asyncio.to_thread(service.try_start):
                stalls = await look(run, key)
                for verb in run.random.sample(verbs, 3):
                    await asyncio.to_thread(service.verb, *verb.split())
                service.check_alive()
                await asyncio.to_thread(service.stop)
                if stalls:
                    run.stalled += 1
                    await judge(key)
            elif service.process.returncode != 1:
                raise Fault(f"the start ended with {service.process.returncode}: {service.said()}")
            else:
                nonlocal refused
                refused += 1
        shutil.rmtree(data)
        shutil.copytree(pristine, data)
        await asyncio.to_thread(service.start)

    return f"{run.finish(load(), lambda: 10**9)}, {refused} starts refused"


async def look(run: Run, key: str) -> int:
    """Reads what is stored and asks once more. Any status is fine, as long as the process lives.

    Returns the number of stalls so far."""
    status, body = await run.ask(0, http("GET", "/terminal/sessions", key))
    found = json.loads(body).get("sessions", []) if status == 200 else []
    for session in found[:3]:
        path = f"/terminal/sessions/{session['id']}/turns"
        await run.ask(0, http("GET", path, key))
        await run.ask(0, http("POST", path, key, b'{"text":"hi"}'))
    await run.ask(0, http("POST", "/v1/chat/completions", key, question(run.random)))
    stalls = await run.service.stalls_seen(run.links[0])
    run.links[0].close()
    return stalls


def change_rows(random_: random.Random, file: pathlib.Path) -> str:
    """Puts foreign values into one to three columns. Returns the changes."""
    values = [None, -1, 0, 1, 2**31, 2**62, -2**62, 2**63 - 1, -2**63, 1e308, -0.5, float("inf"), "",
              "x", "\x1b[31m", "e\u0301" * 2000, b"\xff\xfe\0", b"", b"\xc3" * 300, "reserved", "running",
              "accepted", "done", "[[[[", '{"a":1']
    changes = []
    base = sqlite3.connect(file, isolation_level=None)
    base.execute("PRAGMA ignore_check_constraints = ON")
    base.execute("PRAGMA foreign_keys = OFF")
    tables = [row[0] for row in base.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    tables = [table for table in tables if base.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone()]
    for _ in range(random_.choice((1, 1, 2, 3))):
        table = random_.choice(tables)
        columns = [row[1] for row in base.execute(f'PRAGMA table_info("{table}")')]
        column, value = random_.choice(columns), random_.choice(values)
        changes.append(f"{table}.{column} = {value!r}")
        try:
            base.execute(
                f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid IN '
                f'(SELECT rowid FROM "{table}" ORDER BY random() LIMIT 1)', (value,))
        except sqlite3.Error as error:  # a strict table, NOT NULL, a table without rowid
            changes[-1] += f" ({error})"
    base.close()
    return "; ".join(changes)


def pictures(_binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated pictures of all formats, converted in a process of their own. Its output says how many
    there were, how long the slowest took and how far the memory was above a lease."""
    last, before = folder / "last-picture", set(pathlib.Path("/tmp").iterdir())
    command = [os.environ["PICTURES_BIN"], "fuzz", str(seed), "0", str(max(1, int(seconds))), str(last)]
    with (folder / "pictures.log").open("w") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True,
                              env=os.environ | {"SWIFT_BACKTRACE": "enable=no"}, timeout=seconds + 120)
    said = [line for line in done.stdout.splitlines() if not line.startswith("picture ")]
    if done.returncode != 0:
        raise Fault(f"the conversions ended with {done.returncode}, the last picture is in {last}: {said}")
    left = [str(path) for path in set(pathlib.Path("/tmp").iterdir()) - before if "vips" in path.name]
    if left:
        raise Fault(f"temporary files are left: {left}")
    return "; ".join(said)


SIDES = {"requests": requests, "bodies": bodies, "streams": streams, "sizes": sizes, "redis": redis,
         "rows": rows, "pictures": pictures}

"""Mutated streams through the openai package's parser and through Berth.

Where the package yields text without an error, Berth must yield the same text: to a client that
streams, to a client that does not, and in a conversation. The differences that are meant are
listed in `DELIBERATE`, each with its reason."""

import asyncio
import collections
import functools
import gzip
import itertools
import json
import pathlib
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import openai
import shapes
from clients import HTTPPeer, crowd
from mutations import mutated
from openai._streaming import SSEDecoder
from openai.types.chat import ChatCompletionChunk
from run import CROWD, Run
from service import Fault
from sides import MODELS, http, settings

#: Tenants that ask in turn, so that the failures of one close its models for a small share of the run.
TENANTS = ("ann", "bob", "eve", "joe")

#: The times that a question is asked again if Berth did not ask its upstream, as a breaker was open.
TRIES = 40


@dataclass
class Reading:
    """What the openai package makes of a stream."""

    #: The text of each choice.
    texts: dict[int, str] = field(default_factory=dict)
    #: The finish reasons of each choice that a chunk has.
    ends: dict[int, list[Any]] = field(default_factory=dict)
    error: Exception | None = None

    @property
    def said(self) -> dict[int, str]:
        """The texts without those that are empty. Halves of characters are joined."""
        joined = {index: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
                  for index, text in self.texts.items()}
        return {index: text for index, text in joined.items() if text}


#: The client that the package's streams belong to. It sends nothing.
CLIENT = openai.OpenAI(api_key="none", base_url="http://127.0.0.1:1/v1", max_retries=0)


def chunks(raw: bytes, cast_to: type = ChatCompletionChunk) -> Iterator[Any]:
    """The chunks of a stream as the package yields them."""
    response = httpx.Response(200, content=raw, request=httpx.Request("POST", "http://127.0.0.1:1/v1"))
    return iter(openai.Stream(cast_to=cast_to, response=response, client=CLIENT))


def read(raw: bytes) -> Reading:
    """Reads a stream with the package, in the way of its users."""
    reading = Reading()
    try:
        for chunk in chunks(raw):
            for place, choice in enumerate(chunk.choices or []):
                isIndex = type(choice.index) is int and 0 <= choice.index < 128
                index = choice.index if isIndex else place
                reading.ends.setdefault(index, []).append(choice.finish_reason)
                content = choice.delta and choice.delta.content
                reading.texts[index] = reading.texts.get(index, "") + (content or "")
    except Exception as error:  # the package has errors of many types
        reading.error = error
    return reading


# MARK: Cases

@dataclass
class Case:
    """One stream, and what the package reads in it."""

    number: int
    raw: bytes
    head: bytes
    pieces: list[bytes]
    want: Reading
    #: Whether the package cannot read the last event, which no blank line ends, and drops it.
    isCut: bool
    #: The name of the deliberate difference, or None.
    difference: str | None
    #: How often Berth asked its upstream, and how often it did not.
    asked: int = 0
    tries: int = 0

    @functools.cached_property
    def answer(self) -> bytes:
        """The answer's bytes. Each piece is a chunk of HTTP, so that Berth gets it as a piece."""
        return self.head + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in self.pieces) + b"0\r\n\r\n"


def made(seed: int, number: int) -> Case:
    """The case with that number, which depends on the seed alone."""
    random_ = random.Random(f"{seed} {number}")
    events = shapes.stream(random_)
    for _ in range(random_.choice((0, 0, 0, 1, 1, 1, 1, 2, 2, 4))):
        if events:
            shapes.accident(random_, events)
    raw = shapes.written(random_, events)
    if random_.random() < 0.1:
        raw = mutated(random_, raw)
    told = canonical(raw)
    want = read(told)
    isCut = want.error is not None and not isinstance(want.error, openai.APIError)
    if isCut:
        told = told.removesuffix(b"\n\n")
        want = read(told)
    head, body = packed(random_, raw)
    return Case(number, raw, head, cut(random_, body), want, isCut, deliberate(told, want))


def canonical(raw: bytes) -> bytes:
    """The stream without a byte order mark and with an end of its last event.

    The package takes the mark for a part of the first field's name, and drops an event that no blank
    line ends. The standard removes the mark. Some servers send no blank line after their last event."""
    return raw.removeprefix(b"\xef\xbb\xbf") + b"\n\n"


def packed(random_: random.Random, raw: bytes) -> tuple[bytes, bytes]:
    """The head and the body of the answer, sometimes with another type or a coding."""
    types = ["text/event-stream"] * 8 + ["text/event-stream; charset=utf-8", "", "text/plain", "application/json"]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    if type_ := random_.choice(types):
        head += f"Content-Type: {type_}\r\n".encode()
    match random_.randrange(40):
        case 0:
            return head + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(raw, 1)
        case 1:
            return head + b"Content-Encoding: deflate\r\n\r\n", zlib.compress(raw, 1)
    return head + b"\r\n", raw


def cut(random_: random.Random, body: bytes) -> list[bytes]:
    """The body in one piece or in many, which end anywhere."""
    most = random_.choice((10**9, 1000, 100, 10, 3))
    most = max(most, len(body) // 400)
    pieces = []
    while body:
        size = random_.randint(1, most)
        pieces.append(body[:size])
        body = body[size:]
    return pieces


# MARK: Differences

def deliberate(raw: bytes, want: Reading) -> str | None:
    """The name of the deliberate difference that the stream has, or None."""
    if want.error:
        return None
    objects = list(chunks(raw, object))
    choices = [choice for object_ in objects for choice in members(object_).get("choices") or []]
    return next((name for name, has in DELIBERATE.items() if has(raw, want, objects, choices)), None)


def members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def has_foreign_error(objects: list[Any], choices: list[Any]) -> bool:
    def is_error(it: dict[str, Any]) -> bool:
        if members(it.get("x_groq")).get("error"):
            return True
        if it.get("choices") is not None or it.get("content") is not None:
            return False
        if it.get("error_code") or it.get("object") == "error" or it.get("detail") is not None:
            return True
        return it.get("message") is not None and it.get("code") is not None and "delta" not in it

    return any(is_error(members(it)) for it in objects) or any(members(it).get("error") for it in choices)


#: Finish reasons with which a provider says that it has failed.
FAILURES = ("error", "network_error", "insufficient_system_resource", "abort", "aborted", "cancelled", "canceled",
            "malformed_function_call")

def is_deep(value: Any, depth: int = 1) -> bool:
    """Whether a value has more than 64 levels."""
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and (depth > 64 or any(is_deep(it, depth + 1) for it in value))


#: The differences that are meant. Each is a function of the stream, what the package reads in it, its
#: objects and its choices. Berth ends each of them except the first with an error, after the same text
#: or the start of it. In the first it reads more.
DELIBERATE = {
    # The package reads `delta` alone.
    "a message in place of a delta": lambda raw, want, objects, choices: any(
        not isinstance(members(it).get("delta"), dict) and {"message", "text"} & members(it).keys()
        for it in choices),
    # Some servers just close on failure. An answer is whole only with a reason for its end.
    "a choice without a finish reason": lambda raw, want, objects, choices: any(
        not any(isinstance(end, str) and end for end in ends) for ends in want.ends.values()),
    # The provider says with the reason that it has failed.
    "a finish reason that names a failure": lambda raw, want, objects, choices: any(
        isinstance(end, str) and end.lower() in FAILURES for ends in want.ends.values() for end in ends),
    # The package reads an event's name for assistants alone.
    "an event named error": lambda raw, want, objects, choices: any(
        event.event == "error" for event in itertools.takewhile(
            lambda event: not event.data.startswith("[DONE]"), SSEDecoder().iter_bytes(iter([raw])))),
    # The package knows OpenAI's form of an error alone.
    "an error in another vendor's form": lambda raw, want, objects, choices: has_foreign_error(objects, choices),
    # The depth of JSON has a bound, so that no answer can exhaust the stack.
    "a chunk of more than 64 levels": lambda raw, want, objects, choices: any(map(is_deep, objects)),
}


# MARK: Berth's readings

async def streamed(run: Run, number: int, key: str, case: Case) -> Reading:
    """The answer to a client that streams, as the package reads it."""
    status, body = await run.ask(number, http("POST", "/v1/chat/completions", key, question(case, stream=True)))
    return read(body) if status == 200 else failed(status, body)


async def whole(run: Run, number: int, key: str, case: Case) -> Reading:
    """The answer to a client that does not stream."""
    status, body = await run.ask(number, http("POST", "/v1/chat/completions", key, question(case)))
    if status != 200:
        return failed(status, body)
    try:
        choices = json.loads(body)["choices"]
        return Reading({choice["index"]: choice["message"]["content"] or "" for choice in choices})
    except (KeyError, TypeError) as error:
        raise Fault(f"the answer is no completion: {body[:300]!r}") from error


async def chatted(run: Run, number: int, key: str, case: Case) -> Reading:
    """The answer in the connection's conversation, which is the first choice."""
    if number not in run.sessions:
        _, made_ = await run.ask(number, http("POST", "/terminal/sessions", key, b"{}"))
        run.sessions[number] = json.loads(made_)["id"]
    said = json.dumps({"text": f"case {case.number}"}).encode()
    status, body = await run.ask(
        number, http("POST", f"/terminal/sessions/{run.sessions[number]}/turns", key, said))
    if status != 200:
        return failed(status, body)
    reading, name = Reading({0: ""}), ""
    for line in body.decode().split("\n"):
        start, _, value = line.partition(": ")
        if start == "event":
            name = value
        elif start == "data" and name == "delta":
            reading.texts[0] += json.loads(value)["text"]
        elif start == "data" and name == "done" and json.loads(value)["state"] != "done":
            reading.error = Fault(value)
    return reading


def failed(status: int, body: bytes) -> Reading:
    """An answer without a text. A broken upstream is 502, 503 or 504."""
    error = Fault(f"{status or 'no answer'} {body[:300]!r}")
    if status in (0, 500):
        raise error
    return Reading(error=error)


def question(case: Case, **more: Any) -> bytes:
    told = [{"role": "user", "content": f"case {case.number}"}]
    model = MODELS[(case.number + case.tries) % len(MODELS)]
    return json.dumps({"model": f"up/{model}", "messages": told, "max_tokens": 30_000} | more).encode()


# MARK: Judgement

def judge(case: Case, got: Reading, isChat: bool) -> str:
    """The class of the case, for the counts. A difference that is not meant is a fault."""
    want = {0: case.want.said.get(0, "")} if isChat else case.want.said
    if isinstance(got.error, ValueError):
        raise Fault(f"Berth's own stream is broken: {got.error!r}")
    if case.want.error:
        return "the package fails"
    if not any(want.values()):
        return "no text"
    if case.difference == "a message in place of a delta" and (
            got.error or all(len(got.said.get(index, "")) >= len(text) for index, text in want.items())):
        return case.difference
    isMore = all(got.said.get(index, "").startswith(text) for index, text in want.items())
    isLess = all(want.get(index, "").startswith(text.rstrip("\ufffd")) for index, text in got.said.items())
    if case.isCut and not got.error and isMore:
        return "the same text, and what can be read of a last event that is cut off"
    if case.difference and got.error and (isLess or case.isCut and isMore):
        return case.difference
    # An answer whose provider names more tokens than were reserved is ended, with that as the reason.
    if not got.error and isLess and re.search(rb'_tokens"\s*:\s*"?\d{5}', case.raw):
        return "ended at its reservation"
    if case.difference or got.error or got.said != want:
        raise Fault(f"{case.difference or 'the same text'}: {want} became {got.said}, {got.error!r}")
    return "the same text"


# MARK: The side

def differential(binary: str, folder: pathlib.Path, seed: int, seconds: float, streams: int | None = None) -> str:
    """Mutated streams, which the openai package and Berth must read alike.

    The run ends after `seconds`, or after `streams` of them. Each case is made of the seed and its
    number alone."""
    run = Run(binary, folder, seed)
    run.sessions = {}
    counts: collections.Counter[str] = collections.Counter()
    faults: list[str] = []
    cases: dict[int, Case] = {}
    keys: list[str] = []
    numbers = itertools.count() if streams is None else iter(range(streams))

    def answer(body: bytes) -> bytes:
        words = json.loads(body)["messages"][-1]["content"]
        case = cases[int(words.removeprefix("case "))]
        case.asked += 1
        return case.answer

    async def one(number: int) -> bool:
        """Takes the next case. Returns whether there was one."""
        if (next_ := next(numbers, None)) is None or len(faults) >= 50:
            return False
        case = cases[next_] = made(seed, next_)
        run.recorder.add(case.raw)
        reader, key = chosen(case)
        try:
            got = await asked(reader, number, key, case)
            counts[judge(case, got, reader is chatted)] += 1
        except Fault as fault:
            (folder / f"case{next_}").write_bytes(case.raw)
            faults.append(f"case {next_}, {reader.__name__}: {fault}")
        del cases[next_]
        return True

    async def asked(reader, number: int, key: str, case: Case) -> Reading:
        """Asks until Berth has asked its upstream. A model that has failed often is closed for a while."""
        for _ in range(TRIES):
            before = case.asked
            got = await reader(run, number, key, case)
            if case.asked > before:
                return got
            case.tries += 1
            await asyncio.sleep(0.2)
        raise Fault(f"case {case.number} was never asked: {got.error}")

    def chosen(case: Case):
        """The way to ask, and the key. A failed turn is tried again, so only good ones are asked."""
        way = case.number % 10
        if way == 0:
            return whole, keys[case.number // 10 % len(TENANTS)]
        isGood = not case.want.error and not case.difference and case.want.said.get(0, "")
        if way == 1 and isGood and b"refusal" not in case.raw:
            return chatted, keys[-1]
        return streamed, keys[case.number // 10 % len(TENANTS)]

    async def load() -> None:
        upstream = await HTTPPeer(answer, keeps=True).start()
        configured = settings(upstream.port)
        for model in configured["models"]["chat"]:
            model |= {"context": 34_000, "output": 30_000}
        keys.extend(await run.start(*TENANTS, "cat", **configured))
        await crowd(CROWD, seconds if streams is None else 10**6, one)
        print("differential: " + ", ".join(f"{name}: {n:,}" for name, n in counts.most_common()), flush=True)
        if faults:
            raise Fault(f"{len(faults)} differences:\n" + "\n".join(faults))

    return run.finish(load(), lambda: 10**9)

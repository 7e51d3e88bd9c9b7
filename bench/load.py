"""Clients on raw sockets. They do little work, so that the measurements show the server's."""

import asyncio
import json
import re
import socket
import statistics
import time

from processes import Failed

MODEL = "bench"


def request(
    port: int, key: str, stream: bool, question: str | list = "Say what a berth is, in a few words.",
    model: str = MODEL, system: str | None = None,
) -> bytes:
    before = [{"role": "system", "content": system}] if system else []
    return post(port, key, "/v1/chat/completions", {
        "model": model, "stream": stream,
        "messages": [*before, {"role": "user", "content": question}],
    })


def turn(port: int, key: str, session: str, text: str) -> bytes:
    return post(port, key, f"/terminal/sessions/{session}/turns", {"text": text})


def post(port: int, key: str, path: str, members: dict) -> bytes:
    body = json.dumps(members, separators=(",", ":")).encode()
    head = (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def is_whole(answer: bytes | bytearray) -> bool:
    """Whether an answer is complete. It is chunked, or it has a length."""
    if answer.endswith(b"\r\n0\r\n\r\n"):
        return True
    head, found, _ = bytes(answer[:4096]).partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return bool(found and length) and len(answer) >= len(head) + 4 + int(length[1])


class Stream(asyncio.Protocol):
    """One streamed answer, kept in full so that it can be checked."""

    def __init__(self, payload: bytes) -> None:
        self.payload, self.answer = payload, bytearray()
        self.first_token = None
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self.transport, self.began = transport, time.perf_counter()
        transport.write(self.payload)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if self.first_token is None and b"token1 " in self.answer:
            self.first_token = time.perf_counter() - self.began
        if is_whole(self.answer):
            self.transport.close()

    def connection_lost(self, error) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def check(self, tokens: int) -> None:
        if not self.answer.startswith(b"HTTP/1.1 200"):
            raise Failed(f"a stream was refused: {bytes(self.answer[:600]).decode(errors='replace')}")
        seen = len(re.findall(rb"token\d+ ", self.answer))
        if b"[DONE]" not in self.answer or seen < tokens:
            raise Failed(f"a stream ended early: {seen} of {tokens} tokens came")


async def stream_all(port: int, keys: list[str], tokens: int, look) -> list[float]:
    """Runs one stream per key, all at the same time, and calls `look` 20 times a second meanwhile.
    Returns the seconds to the first token of each stream."""
    loop = asyncio.get_running_loop()
    made = await asyncio.gather(*[
        loop.create_connection(lambda key=key: Stream(request(port, key, True)), "127.0.0.1", port)
        for key in keys])
    streams = [protocol for _, protocol in made]
    ended = asyncio.gather(*[stream.ended for stream in streams])
    deadline = loop.time() + 60
    while not ended.done() and loop.time() < deadline:
        look()
        await asyncio.sleep(0.05)
    if not ended.done():
        raise Failed("not every stream had ended after 60 s")
    for stream in streams:
        stream.check(tokens)
    return [stream.first_token for stream in streams]


def ask_all(port: int, requests: list[bytes], connections: int = 50) -> None:
    """Sends each request once and in order, over `connections` kept connections. Every answer must
    be a 200 with a length."""
    waiting = iter(requests)

    async def user() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            if not head.startswith(b"HTTP/1.1 200"):
                raise Failed(f"a question was refused: {(head + body)[:600].decode(errors='replace')}")
        writer.close()

    async def everybody() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(user())

    try:
        asyncio.run(everybody())
    except* Failed as failures:
        raise failures.exceptions[0] from None


class OneUser:
    """One kept connection that asks for one stream after another."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key, self.payload = port, key, request(port, key, True)
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def first_token_ms(self, question: str | None = None) -> float:
        """Asks once and reads the answer to its end. Returns the milliseconds to the first token."""
        payload = request(self.port, self.key, True, question) if question else self.payload
        answer, first, began = b"", None, time.perf_counter()
        self.socket.sendall(payload)
        while not is_whole(answer):
            piece = self.socket.recv(65536)
            if not piece:
                raise Failed(f"the connection was closed: {answer[:300].decode(errors='replace')}")
            answer += piece
            if first is None and b"token1 " in answer:
                first = time.perf_counter() - began
        if first is None:
            raise Failed(f"no token came: {answer[:600].decode(errors='replace')}")
        return first * 1000

    def close(self) -> None:
        self.socket.close()


class IdleConnections:
    """Kept connections that send one request each and then stay silent."""

    def __init__(self, port: int, count: int) -> None:
        self.sockets = []
        ask = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        try:
            for _ in range(count):
                self.sockets.append(socket.create_connection(("127.0.0.1", port), 10))
                self.sockets[-1].sendall(ask)
                if not self.sockets[-1].recv(4096).startswith(b"HTTP/1.1 200"):
                    raise Failed(f"connection {len(self.sockets)} got no 200 from /healthz")
        except (OSError, Failed) as error:
            self.close()
            raise Failed(f"{error}, after {len(self.sockets)} connections") from error

    def still_open(self) -> int:
        return sum(1 for one in self.sockets if is_open(one))

    def close(self) -> None:
        for one in self.sockets:
            one.close()


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(4096) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def without_numbers(text: str) -> str:
    """The start of a message without its numbers, so that similar refusals compare as equal."""
    return re.sub(r"-?\d+(\.\d+)?( [KM]?i?B\b)?", "…", text)[:120]

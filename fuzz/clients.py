"""Clients that send prepared bytes, and the peers that answer Berth with prepared bytes."""

import asyncio
import collections
import contextlib
import dataclasses
import pathlib
import re
import time
from collections.abc import Callable

from service import Fault


@dataclasses.dataclass(frozen=True)
class Input:
    """What was sent, and how: the side's own word for the way."""

    data: bytes
    way: str
    time: float


class Recorder:
    """The latest inputs, which are written to a file when a side fails."""

    #: Enough for the inputs of a second.
    MOST, MOST_BYTES = 4000, 64 << 20

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.latest, self.size, self.count = folder, collections.deque(), 0, 0

    def add(self, data: bytes, way: str = "") -> bytes:
        self.latest.append(Input(data, way, time.monotonic()))
        self.size += len(data)
        while len(self.latest) > self.MOST or self.size > self.MOST_BYTES:
            self.size -= len(self.latest.popleft().data)
        self.count += 1
        return data

    def since(self, start: float) -> list[Input]:
        return [input_ for input_ in self.latest if input_.time >= start]

    def write(self, suspects: list[Input]) -> None:
        with (self.folder / "inputs").open("wb") as file:
            for input_ in suspects or list(self.latest)[-200:]:
                file.write(b"%d %s\n%s\n" % (len(input_.data), input_.way.encode(), input_.data))


class Link:
    """A kept connection to the service."""

    def __init__(self, port: int) -> None:
        self.port, self.writer = port, None

    async def send(self, data: bytes, patience: float) -> tuple[int, bytes] | None:
        """Sends `data` and reads one answer.

        Returns the status and the body, or None if no whole answer came within `patience` seconds
        or the service closed the connection."""
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.writer.write(data)
            async with asyncio.timeout(patience):
                return await self.answer()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.close()
            return None

    async def answer(self) -> tuple[int, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        if length := re.search(rb"(?i)\r\ncontent-length: (\d+)", head):
            body = await self.reader.readexactly(int(length[1]))
        elif re.search(rb"(?i)\r\ntransfer-encoding: chunked", head):
            body = await self.chunks()
        else:
            body = b""
        if re.search(rb"(?i)\r\nconnection: close", head):
            self.close()
        return status, body

    async def chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)
        return body

    def close(self) -> None:
        if self.writer:
            self.writer.close()
            self.writer = None


class HTTPPeer:
    """An upstream that answers every request with the bytes of `answer(body)`, then closes, unless
    it `keeps` its connections."""

    def __init__(self, answer: Callable[[bytes], bytes], keeps: bool = False) -> None:
        self.answer, self.keeps = answer, keeps

    async def start(self) -> "HTTPPeer":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                writer.write(self.answer(body))
                await writer.drain()
                if not self.keeps:
                    break
        writer.close()


class RedisPeer:
    """A Redis that answers every piece of a command stream with the bytes of `answer(command)`."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.answer, self.port = answer, 0

    async def start(self) -> "RedisPeer":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                words = await self.command(reader)
                writer.write(self.answer(words))
                await writer.drain()
        writer.close()

    async def command(self, reader: asyncio.StreamReader) -> list[bytes]:
        words = []
        for _ in range(int((await reader.readuntil(b"\r\n"))[1:])):
            size = int((await reader.readuntil(b"\r\n"))[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
        return words


async def crowd(size: int, seconds: float, work: Callable[[int], object]) -> None:
    """Runs `work(number)` again and again on `size` tasks, for `seconds` or until it returns False."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds

    async def one(number: int) -> None:
        while loop.time() < deadline and await work(number) is not False:
            pass

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(size):
                group.create_task(one(number))
    except* Fault as faults:
        raise faults.exceptions[0] from None

"""A tenant that floods the service until its standard input ends: `python -m support.flood
PORT KEY`.

It is a process of its own, so that its work delays no measured client. At its end it prints the
number of times each kind of request got each status, as JSON."""

import asyncio
import collections
import json
import os
import sys
from collections.abc import Callable, Coroutine

#: Pauses between two requests of one client, in seconds. They keep the flood from taking the whole
#: processor, which it shares with the service and the measured clients.
PAUSE = 0.02

Counts = collections.Counter[str]


class Flood:
    def __init__(self, port: int, key: str) -> None:
        self.port, self.key, self.counts = port, key, Counts()

    def post(self, body: bytes) -> bytes:
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def ask(self, model: str, text: str = "flood", **members: object) -> bytes:
        told = [{"role": "user", "content": text}]
        return self.post(json.dumps({"model": model, "messages": told, **members}).encode())

    async def status(self, data: bytes) -> str:
        """Sends a request on a connection of its own and returns the answer's status."""
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(data)
            line = await reader.readline()
            await reader.read()
            return line[9:12].decode() or "closed"
        except OSError as error:
            return type(error).__name__
        finally:
            if writer:
                writer.close()

    async def again(self, kind: str, data: Callable[[int], bytes]) -> None:
        number = 0
        while True:
            number += 1
            request = data(number).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
            self.counts[f"{kind}: {await self.status(request)}"] += 1
            await asyncio.sleep(PAUSE)

    async def slow_reader(self) -> None:
        """Asks for a stream and never reads it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1)
        writer.write(self.ask("comments", os.urandom(8).hex(), stream=True))
        self.counts["slow reader: asked"] += 1
        await asyncio.Event().wait()
        del reader

    async def silent(self) -> None:
        """Holds a connection on which it says nothing, and makes it again when it is closed."""
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.counts["silent: connected"] += 1
            await reader.read()
            writer.close()

    def clients(self) -> list[Coroutine]:
        huge = self.post(b" " * (5 << 20))
        return [
            *[self.again("malformed", lambda n: self.post(b'{"model":' + b"[" * (n % 500))) for _ in range(4)],
            self.again("too large", lambda _: huge),
            *[self.again("broken", lambda n: self.ask("500", str(n))) for _ in range(4)],
            self.again("paused", lambda n: self.ask("429-long", str(n))),
            # More than the provider's concurrency.
            *[self.again("good", lambda n: self.ask("fake", os.urandom(8).hex())) for _ in range(40)],
            *[self.slow_reader() for _ in range(8)],
            *[self.silent() for _ in range(150)],
        ]


async def main(port: int, key: str) -> None:
    flood = Flood(port, key)
    tasks = [asyncio.ensure_future(client) for client in flood.clients()]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    print(json.dumps(flood.counts))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))

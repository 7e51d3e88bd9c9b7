"""One side's run of the service under load, and the judgement of its stalls."""

import asyncio
import collections
import pathlib
import random
import time

from clients import Input, Link, Recorder, crowd
from mutations import mutated
from service import Fault, Service

#: Connections at once. Fewer than the default of `limits.connections_per_address`.
CROWD = 24

#: An input stalls the loop if it does so this often, alone.
REPEATS = 3

#: The most inputs that are sent again, which takes some seconds.
MOST_SUSPECTS = 4000


class Run:
    """One side's run: its seed, its inputs, its service and the statuses that came."""

    def __init__(self, binary: str, folder: pathlib.Path, seed: int) -> None:
        self.binary, self.folder, self.random = binary, folder, random.Random(seed)
        self.recorder, self.service = Recorder(folder), None
        self.statuses: collections.Counter[int] = collections.Counter()
        self.suspects: list[Input] = []
        self.stalled = 0
        #: The bytes that the next reply to Berth has, and whether they were sent.
        self.forced: bytes | None = None
        self.is_sent = False
        #: The command of Redis that gets it.
        self.way = ""
        #: Whether the load has ended, so that no reply but the forced one is broken.
        self.is_judging = False

    async def start(self, *tenants: str, **settings) -> list[str]:
        """Starts the service and returns the tenants' keys."""
        self.service = Service(self.binary, self.folder, **settings)
        await asyncio.to_thread(self.service.start)
        self.links = [Link(self.service.port) for _ in range(CROWD)]
        return [await asyncio.to_thread(self.service.tenant, name) for name in tenants]

    def mutated(self, data: bytes, way: str = "") -> bytes:
        return self.recorder.add(mutated(self.random, data), way)

    async def load(self, seconds: float, one, again, size: int = CROWD) -> None:
        """Runs `one(number)` again and again on `size` tasks, then judges the stalls.

        `again(input)` sends an input alone. A turn that took too long is no fault by itself: the
        machine may be slow for a moment. Its suspects are the inputs of the second before it. It is
        a fault if one of them stalls the loop each of three times while nothing else runs."""
        watching = asyncio.create_task(self.watch())
        try:
            await crowd(size, seconds, one)
        finally:
            watching.cancel()
        self.is_judging = True
        link = Link(self.service.port)
        self.suspect(await self.service.stalls_seen(link))
        for suspect in self.suspects:
            for _ in range(REPEATS):
                seen = await self.service.stalls_seen(link)
                await again(suspect)
                if await self.service.stalls_seen(link) == seen:
                    break
            else:
                self.suspects = [suspect]
                raise Fault(f"an input ({suspect.way}) of {len(suspect.data)} bytes stalls the loop each "
                            f"time: {self.service.stall_lines()} {suspect.data[:200]!r}")

    async def watch(self) -> None:
        """Looks for stalls."""
        link = Link(self.service.port)
        while True:
            await asyncio.sleep(0.1)
            self.suspect(await self.service.stalls_seen(link))

    def suspect(self, stalls: int) -> None:
        """Keeps the latest inputs if the service has reported another stall."""
        if stalls > self.stalled and len(self.suspects) < MOST_SUSPECTS:
            start = time.monotonic() - 1
            if self.suspects:
                start = max(start, self.suspects[-1].time)
            self.suspects += self.recorder.since(start)
        self.stalled = max(stalls, self.stalled)

    async def force(self, reply: bytes, ask) -> None:
        """Has Berth get `reply` to what `ask()` makes it send, while its breakers allow that."""
        for _ in range(20):
            await ask()
            self.forced, self.is_sent = reply, False
            await ask()
            self.forced = None
            if self.is_sent:
                return
            await asyncio.sleep(0.1)

    def take_forced(self) -> bytes | None:
        reply, self.forced = self.forced, None
        self.is_sent = self.is_sent or reply is not None
        return reply

    async def ask(self, number: int, data: bytes, patience: float = 60) -> tuple[int, bytes]:
        """Sends `data` on one of the kept connections and counts the status, 0 if no answer came."""
        answer = await self.links[number].send(data, patience) or (0, b"")
        self.statuses[answer[0]] += 1
        return answer

    def finish(self, load, explained=lambda: 0) -> str:
        """Runs `load` and checks the service, while the fakes of `load` still answer it.

        `explained()` is the number of 5xx that are no fault."""

        async def checked() -> None:
            await load
            await asyncio.to_thread(self.service.check, explained())

        try:
            asyncio.run(checked())
            self.service.stop()
        except Fault:
            self.recorder.write(self.suspects)
            raise
        finally:
            if self.service:
                self.service.end()
        statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        stalls = f", {self.stalled} stalls that do not repeat" if self.stalled else ""
        return f"{self.recorder.count:,} inputs ({statuses or 'no whole answers'}){stalls}"

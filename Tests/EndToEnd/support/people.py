"""Users of a service: on the web, in a terminal and with an API key, many at once."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

from support.berth import Answer, Berth, Tenant, dict_of

Value = TypeVar("Value")

#: Errors that a client sees when the service is killed.
LOST = (OSError, http.client.HTTPException)


class Refused(Exception):
    """An answer whose status is not 2xx."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {answer.body[:300]!r}")
        self.answer = answer


def events(lines: Iterator[bytes]) -> Iterator[tuple[str, Any]]:
    """Reads server-sent events as pairs of a name, which may be empty, and JSON; skips `[DONE]`."""
    name = ""
    for line in lines:
        field, _, value = line.decode().rstrip("\r\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data" and value != "[DONE]":
            yield name, json.loads(value)
        elif not field:
            name = ""


def at_once(jobs: Sequence[Callable[[], Value]]) -> list[Value]:
    """Starts every job at the same moment in its own thread, and returns the results in order."""
    gate = threading.Barrier(len(jobs) + 1)
    results: list[Value | BaseException] = [RuntimeError("it did not end")] * len(jobs)

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = jobs[number]()
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    gate.wait()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@dataclass
class Told:
    """The answer to an API call, with its times in seconds of the monotonic clock."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent: float
    first: float

    @property
    def text(self) -> str:
        """The text of the answer, streamed or whole."""
        assert self.status == 200, self.body[:300]
        if not self.headers["content-type"].startswith("text/event-stream"):
            return json.loads(self.body)["choices"][0]["message"]["content"]
        chunks = [data for _, data in events(iter(self.body.splitlines(True)))]
        assert not [c for c in chunks if "error" in c], chunks
        parts = [c["choices"][0]["delta"].get("content") for c in chunks if c.get("choices")]
        return "".join(part or "" for part in parts)


class Caller:
    """A tenant with its API key."""

    def __init__(self, berth: Berth, tenant: Tenant) -> None:
        self.berth = berth
        self.tenant = tenant

    def begin(self, text: str | list[dict[str, str]], **members: Any) -> http.client.HTTPConnection:
        """Sends a question, one text or a list of messages. Closing the connection abandons it."""
        messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
        body = {"model": "berth", "messages": messages} | members
        connection = http.client.HTTPConnection("127.0.0.1", self.berth.port, timeout=60)
        heads = {"Authorization": f"Bearer {self.tenant.key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), heads)
        return connection

    def ask(self, text: str | list[dict[str, str]], **members: Any) -> Told:
        """Asks and waits for the complete answer."""
        sent = time.monotonic()
        connection = self.begin(text, **members)
        try:
            answer = connection.getresponse()
            first = time.monotonic()
            body = answer.read()
            return Told(answer.status, dict_of(answer.headers), body, sent, first)
        finally:
            connection.close()


class Person:
    """A tenant that uses the chat page or a terminal."""

    def __init__(self, berth: Berth, tenant: Tenant, place: str = "web") -> None:
        self.berth = berth
        self.tenant = tenant
        self.place = place
        self.heads = {"Content-Type": "application/json"}
        if place == "web":
            self.heads |= {"Cookie": berth.log_in(tenant.web), "Origin": berth.url}
        else:
            self.heads |= {"Authorization": f"Bearer {tenant.key}"}

    def session(self) -> str:
        """Makes a conversation and returns its id."""
        return self.request("POST", "/sessions", {})["id"]

    def send(self, session: str, text: str) -> Iterator[tuple[str, Any]]:
        """Sends a message and yields its turn's events as they come: `turn` first, `done` last."""
        return self.events("POST", f"/sessions/{session}/turns", {"text": text})

    def again(self, turn: str) -> Iterator[tuple[str, Any]]:
        """Asks a turn's question again."""
        return self.events("POST", f"/turns/{turn}/again", {})

    def follow(self, turn: str) -> Iterator[tuple[str, Any]]:
        """Yields the events of an existing turn."""
        return self.events("GET", f"/turns/{turn}/events")

    def stop(self, turn: str) -> None:
        self.request("POST", f"/turns/{turn}/stop", {})

    def turns(self, session: str) -> list[dict[str, Any]]:
        """All turns of a conversation, the oldest first."""
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            page = self.request("GET", f"/sessions/{session}/turns{before}")
            found = page["turns"] + found
            if not page.get("more"):
                return found
            before = f"?before={found[0]['id']}"

    def open(
        self, method: str, path: str, body: Any = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.berth.port, timeout=60)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, f"/{self.place}{path}", data, self.heads)
            answer = connection.getresponse()
            if answer.status >= 300:
                raise Refused(Answer(answer.status, dict_of(answer.headers), answer.read()))
        except BaseException:
            connection.close()
            raise
        return connection, answer

    def request(self, method: str, path: str, body: Any = None) -> Any:
        connection, answer = self.open(method, path, body)
        with closing(connection):
            text = answer.read()
            return json.loads(text) if text else None

    def events(self, method: str, path: str, body: Any = None) -> Iterator[tuple[str, Any]]:
        connection, answer = self.open(method, path, body)
        with closing(connection):
            yield from events(iter(answer))


class Watched:
    """Reads a turn's events in the background, from its start."""

    def __init__(self, source: Iterator[tuple[str, Any]]) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.read, args=(source,), daemon=True)
        self.thread.start()

    def read(self, source: Iterator[tuple[str, Any]]) -> None:
        try:
            for event in source:
                self.seen.append(event)
        except BaseException as error:
            self.error = error

    def all(self, name: str) -> list[Any]:
        """The data of all events with that name."""
        return [data for found, data in self.seen if found == name]

    @property
    def id(self) -> str:
        """The id of the turn, or empty until it is acknowledged."""
        return next(iter(self.all("turn")), {}).get("id", "")

    @property
    def text(self) -> str:
        return "".join(delta["text"] for delta in self.all("delta"))

    @property
    def state(self) -> str:
        """The final state of the turn, or empty until it has ended."""
        return next(iter(self.all("done")), {}).get("state", "")

"""Loads a service that is killed or stopped repeatedly, and records every answer that its users saw."""

import contextlib
import itertools
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support.berth import Berth
from support.people import LOST, Caller, Person, Refused

#: States that a turn leaves only if a person asks again.
ENDED = {"done", "stopped", "failed", "uncertain"}


@dataclass
class Sent:
    """A turn whose `turn` event was received."""

    id: str
    person: Person
    session: str
    text: str


@dataclass
class Book:
    """The record of all messages and answers. Each text is sent once."""

    acknowledged: list[Sent] = field(default_factory=list)
    #: Texts of turns that were sent and not acknowledged. The service may have stored them or not.
    unheard: set[str] = field(default_factory=set)
    #: Complete answers to API clients by their question, or None if the answer was cut off.
    answers: dict[str, str | None] = field(default_factory=dict)
    sessions: list[tuple[Person, str]] = field(default_factory=list)
    #: Errors that no kill explains.
    wrong: list[str] = field(default_factory=list)


class Rounds:
    """Rounds of load, kill and start."""

    def __init__(
        self, berth: Berth, people: list[Person], callers: list[Caller], dice: random.Random
    ) -> None:
        self.berth = berth
        self.people = people
        self.callers = callers
        self.dice = dice
        self.book = Book()
        self.numbers = itertools.count(1)
        self.is_over = threading.Event()

    def run(self, load: float) -> None:
        """Loads the service for `load` seconds, kills it under load and starts it again."""
        with self.loaded():
            time.sleep(load)  # waits for no event: the random moment of the kill is the experiment
            self.is_over.set()
            self.berth.kill()
        self.berth.start()

    @contextlib.contextmanager
    def loaded(self) -> Iterator[None]:
        """Has all users ask. At the end each of them waits for its last answer."""
        self.is_over.clear()
        jobs = [(self.chat, p) for p in self.people] + [(self.call, c) for c in self.callers]
        threads = [threading.Thread(target=j, args=(who,), daemon=True) for j, who in jobs]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def text(self, name: str) -> str:
        return f"{name} asks {next(self.numbers)}"

    def chat(self, person: Person) -> None:
        """Sends one turn after another in a new conversation until the connection is lost."""
        try:
            session = person.session()
            self.book.sessions.append((person, session))
            while not self.is_over.is_set():
                text = self.text(person.tenant.name)
                self.book.unheard.add(text)
                for name, data in person.send(session, text):
                    if name == "turn":
                        self.book.unheard.discard(text)
                        sent = Sent(data["id"], person, session, text)
                        self.book.acknowledged.append(sent)
                    if name == "done" and data["state"] != "done":
                        self.book.wrong.append(f"{text}: {data}")
        except LOST:
            pass
        except Refused as error:
            self.book.wrong.append(f"{person.tenant.name}: {error}")

    def call(self, caller: Caller) -> None:
        """Asks one question after another until the connection is lost."""
        text = ""
        try:
            while not self.is_over.is_set():
                text = self.text(caller.tenant.name)
                self.book.answers[text] = None
                told = caller.ask(text, stream=next(self.numbers) % 2 == 0)
                if told.status == 200:
                    self.book.answers[text] = told.text
                else:
                    self.book.wrong.append(f"{text}: {told.status} {told.body[:200]!r}")
        except LOST:
            pass
        except AssertionError as error:
            # A kill cuts streams off; an error inside a stream has another cause.
            self.book.wrong.append(f"{text}: {error}")

    # Results

    def stored(self) -> dict[str, dict[str, Any]]:
        """All turns that the service shows its users, by id."""
        return {
            turn["id"]: turn for person, session in self.book.sessions
            for turn in person.turns(session)
        }

    def pending(self) -> int:
        """The number of turns that are stored, acknowledged or not, and have not ended."""
        return sum(turn["state"] not in ENDED for turn in self.stored().values())


def calls(berth: Berth) -> Counter[tuple[str, bool]]:
    """The number of calls in the ledger, by state and origin (True for turns, False for the API)."""
    with sqlite3.connect(f"file:{berth.data}/berth.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT state, turn > 0, count(*) FROM call GROUP BY 1, 2")
        return Counter({(state, bool(turn)): count for state, turn, count in rows})

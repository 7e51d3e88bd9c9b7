"""Requests that wait in the queue: their position, and those that are stopped or abandoned."""

import os
import pty
import re
import subprocess
import threading
from collections import Counter

import pytest
from support.berth import binary
from support.browser import wait_for
from support.people import Person, Watched, at_once
from support.queue import ROOMY, OwnBerth, OwnFake, Say, callers, lanes, until_asked


def test_waiting_requests_that_are_stopped_or_abandoned_never_reach_the_provider(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "3000")
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=1))
    ann, ben = callers(berth, 2)
    person = Person(berth, ben.tenant)
    one, other = person.session(), person.session()

    first = threading.Thread(target=ann.ask, args=("the one who is served",), daemon=True)
    first.start()
    until_asked(fake, 1)
    stopped = Watched(person.send(one, "stopped by its path"))
    told = Watched(person.send(other, "stopped by a command"))
    wait_for(lambda: stopped.id and told.id, what="the turns")
    left = [ben.begin(f"left {stream}", stream=stream) for stream in (False, True)]
    wait_for(lambda: lanes(berth)["waiting"] == 4, what="all four to wait")
    assert lanes(berth)["running"] == 1

    person.stop(stopped.id)
    assert list(person.send(other, "/stop"))[-1][0] == "done"
    for connection in left:
        connection.close()
    wait_for(lambda: stopped.state and told.state, what="the turns' ends")
    assert (stopped.state, told.state) == ("stopped", "stopped")
    wait_for(lambda: lanes(berth)["waiting"] == 0, what="the queue to be empty")
    first.join()
    assert ann.ask("the last one").status == 200
    assert fake.counts()["questions"] == {"the one who is served": 1, "the last one": 1}
    assert lanes(berth) == Counter(waiting=0, running=0, failed=0, uncertain=0)


def test_running_requests_that_are_stopped_or_abandoned_end_at_the_provider(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "60000")
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=8))
    (ann,) = callers(berth, 1)
    person = Person(berth, ann.tenant)
    turn = Watched(person.send(person.session(), "stopped"))
    left = [ann.begin(f"left {stream}", stream=stream) for stream in (False, True)]
    wait_for(lambda: fake.stats()["running"] == 3, what="all three to run")
    for connection in left:
        connection.close()
    wait_for(lambda: fake.stats()["running"] == 1, what="the abandoned calls to end")
    person.stop(turn.id)
    wait_for(lambda: fake.stats()["running"] == 0, what="the stopped turn to end")
    wait_for(lambda: turn.state == "stopped", what="the turn's end")


def test_a_waiting_turn_is_told_its_position_and_wait(own_berth: OwnBerth, own_fake: OwnFake) -> None:
    fake = own_fake("--delay-ms", "1500")
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=8))
    # A tenant with more than its share leaves slots free for others, so eight tenants take one each.
    ben, *others = callers(berth, 9)
    asks = [lambda n=n, one=one: one.ask(f"slot {n}") for n, one in enumerate(others)]
    busy = threading.Thread(target=at_once, args=(asks,), daemon=True)
    busy.start()
    until_asked(fake, 8)
    person = Person(berth, ben.tenant)
    turn = Watched(person.send(person.session(), "and I?"))
    wait_for(lambda: turn.state, what="the turn's end")
    busy.join()
    assert turn.state == "done"
    names = [name for name, _ in turn.seen]
    assert names[0] == "turn" and "place" in names
    assert names.index("place") < names.index("delta")
    for place in turn.all("place"):
        assert set(place) == {"ahead", "wait_ms"}
        assert place["ahead"] >= 0 and 0 <= place["wait_ms"] <= 60_000


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_shows_the_position_on_one_line_and_a_pipe_does_not(
    own_berth: OwnBerth, own_fake: OwnFake, is_terminal: bool
) -> None:
    fake = own_fake("--delay-ms", "1500", "--tokens", "2")
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=1))
    ann, ben = callers(berth, 2)
    busy = threading.Thread(target=ann.ask, args=("the one who is served",), daemon=True)
    busy.start()
    until_asked(fake, 1)
    words = [binary(), "chat", "--tenant", ben.tenant.name, "--config", str(berth.config)]
    reader, writer = pty.openpty() if is_terminal else os.pipe()
    chat = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=writer)
    os.close(writer)
    chat.stdin.write(b"and I?\n")
    chat.stdin.close()
    shown = b""
    try:
        while piece := os.read(reader, 4096):
            shown += piece
    except OSError:
        pass  # a pseudo-terminal ends with an error
    os.close(reader)
    busy.join()
    assert chat.wait(60) == 0
    text = shown.decode().replace("\r\n", "\n")
    place = r"(\d+ before you|you are next)(, about \d+ s)?"
    line = rf"(\r\x1b\[K({place}|waiting for the answer|writing)?)+"
    answer = f"{line}token1 token2\n" if is_terminal else "token1 token2 \n"
    assert re.fullmatch(answer, text), repr(text)
    assert bool(re.search(place, text)) == is_terminal


def test_a_full_queue_refuses_with_a_wait(own_berth: OwnBerth, own_fake: OwnFake, say: Say) -> None:
    fake = own_fake("--delay-ms", "1000")
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=1))
    ann, ben = callers(berth, 2)
    # At most 256 requests of one tenant wait; more are refused at once. Other tenants can still queue.
    asked = [ann.begin(f"ann {n}") for n in range(300)]
    try:
        wait_for(lambda: lanes(berth)["waiting"] == 256, what="a full queue")
        other = ben.begin("ben")
        wait_for(lambda: lanes(berth)["waiting"] == 257, what="another tenant to be queued")
        told = ann.ask("one more")
        assert told.status == 429, told.body
        wait = float(told.headers["retry-after"])
        assert b"rate_limit" in told.body
        # 256 requests wait and one is served per second, so the estimate must be of that order.
        assert 1 <= wait <= 600
        say(f"wait told while 256 requests wait for one slot of 1 s: {wait:g} s")
        other.close()
    finally:
        for connection in asked:
            connection.close()
    wait_for(lambda: lanes(berth)["waiting"] == 0, what="the queue to be empty")

"""Pictures: `/image` with the demo and over fal's queue, ends, faults, kill -9."""

import os
import random
import re
import sqlite3
import time
from collections.abc import Callable

import pytest
from support.berth import Berth, FakeFal
from support.browser import wait_for
from support.people import Person, Watched
from support.queue import OwnBerth, Say

OwnFal = Callable[..., FakeFal]

#: Enough for every test.
QUOTAS = {"quotas": {"images_per_day": 1000, "spend_per_month": 1000, "requests_per_day": 1000}}

PNG, JPEG = b"\x89PNG", b"\xff\xd8\xff"


def files(answer: str) -> list[str]:
    """The files that an answer shows."""
    return re.findall(r"!\[[^\]]*\]\(/files/([\w-]+)\)", answer)


def fetch(person: Person, file: str) -> bytes:
    """The content of a person's file."""
    answer = person.berth.request(f"/files/{file}", Cookie=person.heads["Cookie"])
    assert answer.status == 200, answer.body
    return answer.body


def rows(berth: Berth, query: str) -> list[tuple]:
    with sqlite3.connect(f"file:{berth.data}/berth.db?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def told(watched: Watched) -> list[str]:
    return [progress["text"] for progress in watched.all("progress")]


def test_the_demo_makes_pictures_without_a_provider(own_berth: OwnBerth) -> None:
    berth = own_berth()
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    seen = list(person.send(session, "/image --n 2 --size 640x480 a lighthouse at dusk"))
    assert seen[-1][1]["state"] == "done", seen
    assert [name for name, _ in seen][:2] == ["turn", "progress"]
    (turn,) = person.turns(session)
    found = files(turn["answer"])
    assert len(found) == 2 and found[0] != found[1]
    assert "![a lighthouse at dusk](" in turn["answer"]
    assert all(fetch(person, file).startswith(PNG) for file in found)
    made = rows(berth, "SELECT width, height, thumbnail FROM turn_file ORDER BY ordinal")
    assert [row[:2] for row in made] == [(640, 480)] * 2
    assert all(fetch(person, row[2]).startswith(JPEG) for row in made)
    # The conversation's files are released with it.
    person.request("DELETE", f"/sessions/{session}")
    assert {uses for (uses,) in rows(berth, "SELECT uses FROM file")} <= {0}


def test_a_terminal_gets_a_link_that_opens_without_a_cookie(own_berth: OwnBerth) -> None:
    berth = own_berth()
    person = Person(berth, berth.add_tenant("ann"), "terminal")
    watched = Watched(person.send(person.session(), "/image a lighthouse"))
    wait_for(lambda: watched.state == "done", what="the picture")
    (link,) = re.findall(r"\((http://\S+)\)", watched.text)
    assert link.startswith(f"{berth.url}/files/")
    answer = berth.request(link.removeprefix(berth.url))
    assert answer.status == 200 and answer.body.startswith(PNG)


def test_progress_is_told_in_words(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    fal = own_fal("--delay-ms", "1500", "--token-ms", "300")
    berth = own_berth(**QUOTAS, **fal.settings("fake/flux"))
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    watched = Watched(person.send(session, "/image a cat"))
    wait_for(lambda: watched.state == "done", what="the picture")
    words = told(watched)
    assert "queue" in words[0]
    assert any(re.fullmatch(r"The picture is being made: \d+ %\.", text) for text in words), words
    assert words[-1] == "The picture is being fetched."
    assert rows(berth, "SELECT state, images, micros FROM call") == [("settled", 1, 40_000)]


@pytest.mark.parametrize("end", ["stop", "command", "operator"])
def test_an_end_reaches_the_provider(own_berth: OwnBerth, own_fal: OwnFal, end: str) -> None:
    fal = own_fal("--delay-ms", "60000")
    berth = own_berth(**QUOTAS, **fal.settings("fake/flux"))
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    watched = Watched(person.send(session, "/image a cat"))
    wait_for(lambda: told(watched), what="the job")
    if end == "stop":
        person.stop(watched.id)
    elif end == "command":
        list(person.send(session, "/stop"))
    else:
        berth.admin("queue", "end", watched.id)
    wait_for(lambda: watched.state == "stopped", what="the end")
    wait_for(lambda: fal.jobs()["cancels"] == 1, what="the provider's cancel")
    wait_for(
        lambda: rows(berth, "SELECT state, micros FROM call") == [("released", 0)],
        what="the release",
    )


def test_an_order_without_a_reply_is_listed_and_retried_by_a_person(
    own_berth: OwnBerth, own_fal: OwnFal
) -> None:
    fal = own_fal()
    berth = own_berth(**QUOTAS, **fal.settings("fake/flux/lost-reply"))
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    seen = list(person.send(session, "/image a cat"))
    ended = seen[-1][1]
    assert ended["state"] == "uncertain" and "did not confirm the order" in ended["error"]
    (listed,) = berth.admin("queue", "failed", "--json")["troubles"]
    assert (listed["id"], listed["state"]) == (seen[0][1]["id"], "uncertain")
    assert listed["retryable"] and "a cat" not in berth.admin("queue", "failed")
    assert fal.jobs()["submits"] == 1
    berth.admin("queue", "retry", listed["id"])
    wait_for(lambda: fal.jobs()["submits"] == 2, what="the second order")


def test_a_web_page_instead_of_a_picture_is_refused_and_leaves_no_file(
    own_berth: OwnBerth, own_fal: OwnFal
) -> None:
    fal = own_fal()
    berth = own_berth(**QUOTAS, **fal.settings("fake/flux/html"))
    person = Person(berth, berth.add_tenant("ann"))
    ended = list(person.send(person.session(), "/image a cat"))[-1][1]
    assert ended["state"] == "failed" and "picture" in ended["error"], ended
    assert rows(berth, "SELECT count(*) FROM file") == [(0,)]
    assert list((berth.data / "files" / "tmp").iterdir()) == []


def test_an_orderly_stop_leaves_the_job_to_the_next_start(
    own_berth: OwnBerth, own_fal: OwnFal
) -> None:
    fal = own_fal("--delay-ms", "12000")
    berth = own_berth(**QUOTAS, **fal.settings("fake/flux"))
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    watched = Watched(person.send(session, "/image a cat"))
    wait_for(lambda: told(watched), what="the job")
    assert berth.stop() == 0
    berth.start()
    wait_for(lambda: person.turns(session)[0]["state"] == "done", 60, what="the picture")
    jobs = fal.jobs()
    assert (jobs["submits"], jobs["cancels"]) == (1, 0)
    assert rows(berth, "SELECT state, images FROM call") == [("settled", 1)]


@pytest.mark.timeout(600)
def test_kills_between_order_and_result_lose_no_picture_and_order_none_twice(
    own_berth: OwnBerth, own_fal: OwnFal, say: Say
) -> None:
    seed = int(os.environ.get("BERTH_SEED", random.randrange(2**32)))
    count = int(os.environ.get("BERTH_PICTURE_ROUNDS", 6))
    say(f"BERTH_SEED={seed}")
    dice = random.Random(seed)
    fal = own_fal("--delay-ms", "400", "--token-ms", "60")
    berth = own_berth(**QUOTAS, **fal.settings("fake/flux"))
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    for number in range(count):
        watched = Watched(person.send(session, f"/image picture {number}"))
        wait_for(lambda w=watched: told(w), what="the job")
        time.sleep(dice.uniform(0, 1.5))
        berth.kill()
        berth.start()
        wait_for(
            lambda n=number: person.turns(session)[n]["state"] not in ("accepted", "running"),
            what="the picture",
        )
        turn = person.turns(session)[number]
        assert turn["state"] == "done", turn
        (file,) = files(turn["answer"])
        assert fetch(person, file)
    jobs = fal.jobs()
    say(f"{count} kills: {jobs}")
    assert jobs["submits"] == count and jobs["cancels"] == 0
    ledger = rows(berth, "SELECT state, count(*), sum(images), sum(micros) FROM call GROUP BY state")
    assert ledger == [("settled", count, count, count * 40_000)]
    assert berth.admin("queue", "failed", "--json")["troubles"] == []
    assert list((berth.data / "files" / "tmp").iterdir()) == []

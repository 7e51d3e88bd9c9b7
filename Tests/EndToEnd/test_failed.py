"""Work in the operator's hand: `berth queue failed`, `retry`, `calls` and `end`."""

import sqlite3

from prometheus_client.parser import text_string_to_metric_families
from support.berth import Berth, FakeOpenAI
from support.browser import wait_for
from support.people import Caller, Person, Watched
from support.queue import BY_HAND, ROOMY, OwnBerth, OwnFake, lanes, until_asked


def troubles(berth: Berth) -> list[dict]:
    return berth.admin("queue", "failed", "--json")["troubles"]


def retry(berth: Berth, turn: str) -> tuple[int, str]:
    """The exit status of `berth queue retry` and its standard error."""
    done = berth.admin("queue", "retry", turn, check=False)
    return done.returncode, done.stderr


def test_a_turn_whose_provider_is_down_is_listed_and_answered_again_when_it_is_back(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake()
    berth = own_berth(**ROOMY, **fake.settings("echo"))
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    fake.process.end()
    seen = list(person.send(session, "a word between us"))
    assert "place" in [name for name, _ in seen], "each pause is announced"
    turn, (_, ended) = seen[0][1]["id"], seen[-1]
    assert ended["state"] == "failed"

    (listed,) = troubles(berth)
    assert (listed["id"], listed["tenant"], listed["state"]) == (turn, "ann", "failed")
    assert "cannot be reached" in listed["why"] and listed["attempts"] > 1 and listed["retryable"]
    assert listed["model"] == "fake/echo" and listed["ended_ms"] > 1_700_000_000_000
    table = berth.admin("queue", "failed")
    assert turn in table and "word between us" not in table
    assert lanes(berth)["failed"] == 1
    families = text_string_to_metric_families(berth.request("/metrics").body.decode())
    samples = {s.name: s.value for f in families for s in f.samples if len(s.labels) < 2}
    assert samples["berth_turn_retries_total"] == listed["attempts"] - 1
    assert samples["berth_queue_wait_seconds_count"] >= 1

    fake.start()
    accepted = berth.admin("queue", "retry", turn, "--json")
    assert accepted == {"id": turn, "state": "accepted"}
    wait_for(lambda: person.turns(session)[0]["state"] == "done", what="the answer")
    (answered,) = person.turns(session)
    assert answered["id"] == turn and answered["answer"] == "a word between us"
    assert troubles(berth) == [] and lanes(berth)["failed"] == 0
    assert retry(berth, turn) == (
        1, f"berth: '{turn}' is not retried: it is done: only failed and uncertain turns can be "
        "retried\n",
    )


def test_an_operator_lists_the_api_calls_and_ends_one_that_runs_and_one_that_waits(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "60000")
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=1))
    ann, bob = Caller(berth, berth.add_tenant("ann")), Caller(berth, berth.add_tenant("bob"))
    assert berth.admin("queue", "calls") == "No API call waits or runs.\n"
    connections = [ann.begin("a secret question", stream=True)]
    until_asked(fake, 1)
    connections.append(bob.begin("another secret"))
    wait_for(lambda: lanes(berth)["waiting"] == 1, what="the second call in the queue")

    listed = berth.admin("queue", "calls", "--json")["calls"]
    assert [(c["tenant"], c["state"]) for c in listed] == [("ann", "running"), ("bob", "waiting")]
    assert {c["model"] for c in listed} == {"fake/fake"} and listed[0]["age_ms"] >= 0
    table = berth.admin("queue", "calls")
    assert all(c["id"] in table for c in listed) and "secret" not in table
    for call, connection in reversed(list(zip(listed, connections, strict=True))):
        words = f"{call['id']} is ended\n"
        assert berth.admin("queue", "end", call["id"]) == words
        answer = connection.getresponse()
        assert answer.status == 403 and b"ended_by_operator" in answer.read()
        again = berth.admin("queue", "end", call["id"], check=False)
        assert again.returncode == 1 and "berth queue calls" in again.stderr
    wait_for(lambda: fake.stats()["running"] == 0, what="the end at the provider")
    assert berth.admin("queue", "calls", "--json") == {"calls": []}
    assert fake.counts()["requests"] == 1, "the call that waited was not bought"
    assert lanes(berth)["running"] == lanes(berth)["waiting"] == 0


def test_work_cut_off_by_a_kill_is_listed_and_a_person_may_retry_it(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "60000")
    berth = own_berth(**ROOMY, **BY_HAND, **fake.settings("fake", concurrency=8))
    ann = berth.add_tenant("ann")
    person, caller = Person(berth, ann), Caller(berth, ann)
    session = person.session()
    turn = Watched(person.send(session, "a turn"))
    call = caller.begin("a call")
    until_asked(fake, 2)
    berth.kill()
    call.close()
    berth.start()

    listed = {t["retryable"]: t for t in troubles(berth)}
    assert listed[True]["id"] == turn.id and listed[True]["state"] == "uncertain"
    assert listed[False]["state"] == "uncertain" and "cannot be retried" in listed[False]["why"]
    assert lanes(berth)["uncertain"] == 2
    assert fake.counts()["requests"] == 2, "Berth repeats no request by itself"

    status, why = retry(berth, listed[False]["id"])
    assert status == 1 and "its client is gone" in why
    status, why = retry(berth, "nobody")
    assert status == 1 and "berth queue failed" in why
    berth.admin("quota", "set", "ann", "requests_per_day=1")
    status, why = retry(berth, turn.id)
    assert status == 1 and "requests per day" in why
    berth.admin("quota", "set", "ann", "requests_per_day=default")

    assert "answered again" in berth.admin("queue", "retry", turn.id)
    until_asked(fake, 3)
    status, why = retry(berth, turn.id)
    assert status == 1 and "running" in why
    with sqlite3.connect(f"file:{berth.data}/berth.db?mode=ro", uri=True) as database:
        assert database.execute("SELECT state FROM turn").fetchall() == [("running",)]
    person.stop(turn.id)


def prices(fake: FakeOpenAI, output: float) -> dict:
    """Settings with a model that answers 1,000 tokens at `output` dollars per million."""
    settings = fake.settings("fake", concurrency=8)
    settings["models"]["chat"][0] |= {"price": {"input": 0, "output": output}, "output": 1000}
    return settings


def killed_once(berth: Berth, fake: FakeOpenAI) -> tuple[Person, str, str]:
    """A turn that its provider has been asked for, and a kill."""
    person = Person(berth, berth.add_tenant("ann"))
    session = person.session()
    turn = Watched(person.send(session, "a turn"))
    until_asked(fake, fake.counts()["requests"] + 1)
    berth.kill()
    berth.start()
    return person, session, turn.id


def test_a_cheap_turn_cut_off_by_a_kill_is_answered_by_itself_at_the_houses_cost(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "1500", "--tokens", "4")
    # It reserves 0.009 dollars.
    berth = own_berth(**ROOMY, **prices(fake, 9))
    person, session, turn = killed_once(berth, fake)
    wait_for(lambda: person.turns(session)[0]["state"] == "done", what="the answer")
    assert fake.counts()["requests"] == 2
    assert troubles(berth) == []
    told = berth.admin("queue", "--json")
    assert (told["asked_again"], told["house_micros"], told["uncertain"]) == (1, 9000, 0)
    assert "1 call cut off by a kill was asked again, which cost the house at most $0.009" in (
        berth.admin("queue")
    )
    families = text_string_to_metric_families(berth.request("/metrics").body.decode())
    samples = {s.name: s.value for f in families for s in f.samples if len(s.labels) < 2}
    assert samples["berth_asked_again_calls"] == 1 and samples["berth_house_dollars"] == 0.009
    lines = {line["tenant"]: line for line in berth.admin("usage", "--json")["usage"]}
    assert lines["ann"]["requests"] == 1 and lines["ann"]["micros"] < 100
    assert lines["(house)"]["micros"] == 9000


def test_a_turn_is_asked_again_by_itself_only_once(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "60000")
    berth = own_berth(**ROOMY, **prices(fake, 9))
    person, session, turn = killed_once(berth, fake)
    for _ in range(3):
        until_asked(fake, 2)
        berth.kill()
        berth.start()
    (seen,) = person.turns(session)
    assert seen["state"] == "uncertain" and fake.counts()["requests"] == 2
    (listed,) = troubles(berth)
    assert listed["id"] == turn and listed["retryable"]
    told = berth.admin("queue", "--json")
    assert (told["asked_again"], told["uncertain"]) == (1, 1)


def test_a_dear_turn_cut_off_by_a_kill_stays_with_a_person(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "60000")
    # It reserves 0.01 dollars, which is the limit.
    berth = own_berth(**ROOMY, **prices(fake, 10))
    person, session, turn = killed_once(berth, fake)
    (seen,) = person.turns(session)
    assert seen["state"] == "uncertain" and fake.counts()["requests"] == 1
    assert [t["id"] for t in troubles(berth)] == [turn]
    told = berth.admin("queue", "--json")
    assert (told["asked_again"], told["house_micros"], told["uncertain"]) == (0, 0, 1)

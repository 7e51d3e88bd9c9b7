"""Fairness, limits and the cache in front of a provider that counts its requests, and kill -9."""

import math
import os
import random
import threading
import time
from collections import Counter

import pytest
from support.browser import wait_for
from support.people import Caller, Person, Told, Watched, at_once
from support.queue import BY_HAND, ROOMY, OwnBerth, OwnFake, Say, callers, lanes, until_asked
from support.redis import Redis
from support.rounds import Rounds, calls

# Shared answers


def test_fifty_tenants_ask_the_same_at_once_and_it_is_bought_once(
    own_berth: OwnBerth, own_fake: OwnFake, redis: Redis
) -> None:
    question = "How many seas are there?"
    fake = own_fake("--delay-ms", "300")
    cached = {"redis": {"url": redis.url}}
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=8), **cached)
    fifty = callers(berth, 50)

    told = at_once([
        lambda who=who, stream=n % 2 == 0: who.ask(question, stream=stream)
        for n, who in enumerate(fifty)
    ])
    assert [t.status for t in told] == [200] * 50, Counter(t.body[:200] for t in told)
    streamed = [t.headers["content-type"].startswith("text/event-stream") for t in told]
    assert streamed == [n % 2 == 0 for n in range(50)]
    assert len({t.text for t in told}) == 1 and len(told[0].text) > 20
    counts = fake.counts()
    assert counts["questions"] == {question: 1} and counts["requests"] == 1

    # The next process has the answer from Redis.
    wait_for(lambda: redis.size() > 0, what="the answer in Redis")
    assert berth.stop() == 0
    berth.start()
    wait_for(lambda: berth.admin("cache", "stats", "--json")["redis"]["up"], what="Redis")
    again = fifty[7].ask(question)
    assert again.text == told[0].text and again.headers.get("x-berth-cache") == "hit"
    assert fake.counts()["requests"] == 1


@pytest.mark.parametrize("scope", ["safe", "tenant", "off"])
def test_one_tenants_words_are_in_no_other_tenants_answer(
    own_berth: OwnBerth, own_fake: OwnFake, redis: Redis, scope: str
) -> None:
    fake = own_fake("--delay-ms", "100")
    settings = fake.settings("echo-request", concurrency=8)
    cached = {"redis": {"url": redis.url}, "cache": {"scope": scope}}
    berth = own_berth(**ROOMY, **settings, **cached)
    ann, ben = callers(berth, 2)
    asked = {"role": "user", "content": "What is the word?"}
    secret = "xyzzy-4711"

    def variants(word: str) -> list[list[dict[str, str]]]:
        """The same last question after a history, after a system text, and as a follow-up."""
        mine = {"role": "user", "content": f"The word is {word}."}
        noted = {"role": "assistant", "content": "Noted."}
        return [
            [mine, noted, asked],
            [{"role": "system", "content": f"The word is {word}."}, asked],
            [{"role": "developer", "content": f"The word is {word}."}, asked],
            [asked, {"role": "assistant", "content": word}, asked],
            [mine, asked],
        ]

    anns, bens = variants(secret), [[asked], *variants("plugh")]
    for _ in range(2):  # all at once, and again when every answer may be cached
        jobs = [
            lambda who=who, text=text, stream=stream: (who, who.ask(text, stream=stream).text)
            for who, texts in ((ann, anns), (ben, bens), (ann, [[asked]]))
            for text in texts
            for stream in (False, True)
        ]
        random.Random(4711).shuffle(jobs)
        for who, answer in at_once(jobs):
            assert asked["content"] in answer, "the fake repeats the request"
            if who is ben:
                assert secret not in answer
            else:
                assert "plugh" not in answer
    bare = fake.counts()["questions"][asked["content"]]
    kinds = len(anns) + len(bens) - 1
    if scope != "off":
        assert bare == kinds + (1 if scope == "safe" else 2), "the bare question alone is shared"

    # The same in conversations, whose prompts hold more than the last message.
    people = [Person(berth, ann.tenant), Person(berth, ben.tenant)]
    sessions = [person.session() for person in people]
    for person, session, word in zip(people, sessions, (secret, "plugh"), strict=True):
        assert list(person.send(session, f"The word is {word}."))[-1][0] == "done"
    for _ in range(2):
        turns = [
            Watched(p.send(s, asked["content"])) for p, s in zip(people, sessions, strict=True)
        ]
        for turn in turns:
            wait_for(lambda turn=turn: turn.state, what="the turn's end")
        assert [turn.state for turn in turns] == ["done", "done"]
        assert secret in turns[0].text and "plugh" not in turns[0].text
        assert secret not in turns[1].text and "plugh" in turns[1].text


# Fairness


def percentile(values: list[float], share: float) -> float:
    """The percentile by the nearest-rank method."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def jain(values: list[float]) -> float:
    return sum(values) ** 2 / (len(values) * sum(v * v for v in values))


@pytest.mark.parametrize(
    "spread",
    [
        # The target for the p95 of the 49 is 1.5 s. It is printed here, because a slow machine must
        # not fail the test; BerthQueueTests assert it on a virtual clock.
        pytest.param(1.0, id="within-a-second"),
        # Eight at a time are 26.7 a second, so the 47th of 49 is in the sixth wave at best, after
        # 1.5 s. The first arrivals are served before the queue has anyone to be fair to.
        pytest.param(0.0, id="in-one-burst"),
    ],
)
def test_forty_nine_tenants_do_not_wait_behind_one_that_queues_two_hundred(
    own_berth: OwnBerth, own_fake: OwnFake, say: Say, spread: float
) -> None:
    service, dice = 0.3, random.Random(49)
    fake = own_fake("--delay-ms", "300")
    berth = own_berth(**ROOMY, **fake.settings("fake", concurrency=8))
    greedy, *modest = callers(berth, 50)
    told: list[tuple[Caller, Told, float]] = []

    def ask(who: Caller, text: str, later: float) -> None:
        time.sleep(later)  # the moment of each question is the experiment
        answer = who.ask(text)
        told.append((who, answer, time.monotonic()))

    moments = [dice.uniform(0, spread) for _ in modest]
    began = time.monotonic()
    if spread:
        # The greedy tenant's requests are queued before any other arrives.
        flood = [lambda n=n: ask(greedy, f"greedy {n}", 0) for n in range(200)]
        background = threading.Thread(target=at_once, args=(flood,), daemon=True)
        background.start()
        until_asked(fake, 8)
        at_once([
            lambda who=who, later=later: ask(who, f"modest {who.tenant.name}", later)
            for who, later in zip(modest, moments, strict=True)
        ])
        background.join()
    else:
        jobs = [
            lambda n=n: ask(greedy, f"greedy {n}", 0)
            for n in range(200)
        ] + [lambda who=who: ask(who, f"modest {who.tenant.name}", 0) for who in modest]
        dice.shuffle(jobs)
        at_once(jobs)

    assert [t.status for _, t, _ in told] == [200] * 249, Counter(t.body[:200] for _, t, _ in told)
    counts = fake.counts()
    assert counts["requests"] == 249 and counts["largest_concurrency"] <= 8
    waits = [t.first - t.sent - service for who, t, _ in told if who is not greedy]
    last = max(end for who, _, end in told if who is not greedy)
    served = Counter(who.tenant.name for who, _, end in told if end <= last)
    say(
        f"wait of the 49: p50 {percentile(waits, 0.5):.2f} s, p95 {percentile(waits, 0.95):.2f} s, "
        f"most {max(waits):.2f} s; requests of the one with 200 served before the last of them: "
        f"{served[greedy.tenant.name]}; Jain index {jain(list(served.values())):.3f}"
    )
    # In the order of arrival, the 49 would wait for all 249 requests.
    assert percentile(waits, 0.95) <= (max(end for _, _, end in told) - began) / 3


# Kill


@pytest.mark.timeout(240)
def test_fifty_kills_lose_no_turn_and_buy_nothing_twice(
    own_berth: OwnBerth, own_fake: OwnFake, say: Say
) -> None:
    seed = int(os.environ.get("BERTH_SEED", random.randrange(2**32)))
    dice = random.Random(seed)
    say(f"BERTH_SEED={seed}")
    fake = own_fake("--delay-ms", "40", "--tokens", "4", "--token-ms", "5")
    berth = own_berth(**ROOMY, **BY_HAND, **fake.settings("echo", concurrency=4))
    people = [
        Person(berth, berth.add_tenant(f"{place}{n}"), place)
        for place in ("web", "terminal")
        for n in range(4)
    ]
    rounds = Rounds(berth, people, callers(berth, 3), dice)
    for _ in range(50):
        rounds.run(load=dice.uniform(0.2, 0.8))
    book = rounds.book
    assert book.wrong == []

    # Every accepted turn ends by itself.
    wait_for(lambda: rounds.pending() == 0, 60, what="the last turns")
    stored = rounds.stored()
    bought = Counter(fake.counts()["questions"])
    texts = Counter(turn["text"] for turn in stored.values())
    states = Counter(stored[s.id]["state"] if s.id in stored else "lost" for s in book.acknowledged)
    uncertain = [s for s in book.acknowledged if stored.get(s.id, {}).get("state") == "uncertain"]
    queue, ledger = lanes(berth), calls(berth)
    cut = sum(1 for answer in book.answers.values() if answer is None)
    say(
        f"turns acknowledged {len(book.acknowledged)}: {dict(states)}; API calls "
        f"{len(book.answers)}, cut off {cut}; uncertain calls {queue['uncertain']} "
        f"(of turns {ledger['uncertain', True]}, of the API {ledger['uncertain', False]}); "
        f"bought twice {sum(1 for n in bought.values() if n > 1)}"
    )
    assert set(states) <= {"done", "uncertain"}, "no turn is lost or unfinished"
    assert [t for t, n in texts.items() if n > 1] == [], "no turn is stored twice"
    for sent in book.acknowledged:
        turn = stored[sent.id]
        assert turn["text"] == sent.text
        if turn["state"] == "done":
            assert turn["answer"] == sent.text and bought[sent.text] == 1, (turn, bought[sent.text])
    assert [t for t, n in bought.items() if n > 1] == [], "nothing is bought twice"
    for text, answer in book.answers.items():
        assert answer in (None, text)
        assert answer is None or bought[text] == 1

    # Every uncertain call is listed.
    shown = sum(1 for turn in stored.values() if turn["state"] == "uncertain")
    assert queue["waiting"] == queue["running"] == 0
    assert queue["uncertain"] == ledger["uncertain", True] + ledger["uncertain", False]
    assert shown == ledger["uncertain", True]
    assert ledger["reserved", True] == ledger["reserved", False] == 0

    # A person may ask again, which may buy the answer twice.
    for sent in uncertain[:5]:
        assert list(sent.person.again(sent.id))[-1][1]["state"] == "done"
    after = Counter(fake.counts()["questions"])
    again = {sent.text for sent in uncertain[:5]}
    assert all(n <= 1 + (text in again) for text, n in after.items())

    doctor = berth.admin("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr


@pytest.mark.timeout(240)
def test_a_cheap_turn_is_asked_again_once_and_the_house_pays(
    own_berth: OwnBerth, own_fake: OwnFake, say: Say
) -> None:
    seed = int(os.environ.get("BERTH_SEED", random.randrange(2**32)))
    dice = random.Random(seed)
    say(f"BERTH_SEED={seed}")
    fake = own_fake("--delay-ms", "40", "--tokens", "4", "--token-ms", "5")
    settings = fake.settings("echo", concurrency=4)
    settings["models"]["chat"][0] |= {"price": {"input": 0.1, "output": 1}, "output": 1000}
    # Titles are asked again in the same way, and are no turns.
    settings["chat"] = {"titles": "none", "summaries": "none"}
    berth = own_berth(**ROOMY, **settings)
    people = [Person(berth, berth.add_tenant(f"web{n}"), "web") for n in range(6)]
    rounds = Rounds(berth, people, [], dice)
    for _ in range(12):
        rounds.run(load=dice.uniform(0.2, 0.6))
    assert rounds.book.wrong == []
    wait_for(lambda: rounds.pending() == 0, 60, what="the last turns")
    stored = rounds.stored()
    bought = Counter(fake.counts()["questions"])
    # Those that were stored and not acknowledged are asked too.
    states = Counter(turn["state"] for turn in stored.values())
    queue, ledger = berth.admin("queue", "--json"), calls(berth)
    say(f"{dict(states)}, asked again {queue['asked_again']}, house {queue['house_micros']}")
    assert all(sent.id in stored for sent in rounds.book.acknowledged), "no turn is lost"
    # A turn that is cut off a second time is a person's.
    assert set(states) <= {"done", "uncertain"}
    assert states["uncertain"] == ledger["uncertain", True] == queue["uncertain"]
    assert queue["asked_again"] == ledger["absorbed", True] > 0
    assert max(bought.values()) <= 2, "each turn is asked again at most once"
    assert sum(n - 1 for n in bought.values()) <= queue["asked_again"]
    # Each answer is charged to its tenant once, and what may be bought twice to the house.
    assert ledger["settled", True] == states["done"] and ledger["reserved", True] == 0
    lines = berth.admin("usage", "--json")["usage"]
    house = [line for line in lines if line["tenant"] == "(house)"]
    assert sum(line["micros"] for line in house) == queue["house_micros"] > 0
    asked = sum(line["requests"] for line in lines if line["tenant"] != "(house)")
    assert asked == states["done"] + states["uncertain"]
    assert berth.admin("doctor", check=False).returncode == 0


# A provider's refusals


def test_a_provider_that_asks_for_a_pause_gets_it_and_all_turns_are_answered_afterwards(
    own_berth: OwnBerth, own_fake: OwnFake, say: Say
) -> None:
    # The fake refuses late, so the whole burst is sent before the first refusal arrives.
    fake = own_fake("--delay-ms", "200", "--tokens", "3")
    berth = own_berth(**ROOMY, **fake.settings("429-5s", concurrency=8))
    people = [
        Person(berth, berth.add_tenant(f"{place}{n}"), place)
        for place in ("web", "terminal")
        for n in range(6)
    ]
    sessions = [(person, person.session()) for person in people for _ in range(2)]
    turns = at_once([
        lambda p=person, s=session, n=n: Watched(p.send(s, f"turn {n}"))
        for n, (person, session) in enumerate(sessions)
    ])
    for turn in turns:
        wait_for(lambda turn=turn: turn.state or turn.error, 40, what="the turn's end")
    counts = fake.counts()
    say(
        f"{counts['requests']} requests, {counts['refused']} refused, "
        f"{counts['early']} within a window: {counts['early_ms']}"
    )
    assert [t.error for t in turns] == [None] * len(turns)
    assert Counter(turn.state for turn in turns) == {"done": len(turns)}, [
        turn.all("done") for turn in turns
    ]
    assert {turn.text for turn in turns} == {"token1 token2 token3 "}
    assert counts["refused"] >= 2, "the fake refused in more than one window"
    assert counts["early"] == 0, counts["early_ms"]
    assert counts["requests"] - counts["refused"] == len(turns), "each turn is answered once"

"""The operator's orders to open calls, and requests that a client sends again after a kill."""

import threading

import openai
import pytest
from support.berth import Berth
from support.browser import wait_for
from support.queue import OwnBerth, OwnFake, lanes

QUESTION = [{"role": "user", "content": "hello"}]
SLOW = ("--token-ms", "50", "--tokens", "100000")


def ask(berth: Berth, key: str, name: str) -> list[str]:
    """The words of a streamed answer to a request with an Idempotency-Key."""
    chunks = berth.client(key, max_retries=0).chat.completions.create(
        model="berth", messages=QUESTION, stream=True, extra_headers={"Idempotency-Key": name}
    )
    return [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]


@pytest.mark.parametrize("order", ["suspend", "remove"])
def test_an_order_ends_the_call_that_runs_and_those_that_wait(
    own_berth: OwnBerth, own_fake: OwnFake, order: str
) -> None:
    fake = own_fake(*SLOW)
    berth = own_berth(**fake.settings("fake", concurrency=1))
    ann = berth.add_tenant("ann")
    ends: list[Exception] = []

    def one(number: int) -> None:
        try:
            ask(berth, ann.key, f"order-{number}")
        except Exception as error:  # each kind of end counts
            ends.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: lanes(berth)["waiting"] == 3, what="the queue")
    berth.admin("tenant", order, "ann", *(["--yes"] if order == "remove" else []))
    for thread in threads:
        thread.join()
    assert len(ends) == 4
    wait_for(lambda: fake.stats()["running"] == 0, what="the provider's end")
    assert fake.counts()["requests"] == 1


def test_a_repeat_after_a_kill_is_not_bought_again(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake(*SLOW)
    berth = own_berth(**fake.settings("fake"))
    ann = berth.add_tenant("ann")
    failure: list[Exception] = []

    def first() -> None:
        try:
            ask(berth, ann.key, "order-17")
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    wait_for(lambda: fake.stats()["running"] == 1, what="the call")
    berth.kill()
    thread.join()
    berth.start()
    asked = fake.counts()["requests"]
    for _ in range(2):
        with pytest.raises(openai.ConflictError) as refusal:
            ask(berth, ann.key, "order-17")
        assert refusal.value.code == "idempotency_outcome_unknown"
    assert failure and fake.counts()["requests"] == asked

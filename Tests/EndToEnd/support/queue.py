"""Helpers that the queue tests share."""

from collections import Counter
from collections.abc import Callable

from support.berth import Berth, FakeOpenAI
from support.browser import wait_for
from support.people import Caller

#: Far more than the tests use, because one tenant has many requests in memory at once.
ROOMY = {
    "memory": {"limit": "512MiB"},
    "quotas": {
        "requests_per_day": 100_000,
        "tokens_per_day": 1_000_000_000,
        "spend_per_month": 1000,
        "memory": "128MiB",
    },
}

#: A turn that a kill has cut off stays with a person, whatever it may cost.
BY_HAND = {"uncertain": {"ask_again_below": 0}}

Say = Callable[[str], None]
OwnBerth = Callable[..., Berth]
OwnFake = Callable[..., FakeOpenAI]


def callers(berth: Berth, count: int) -> list[Caller]:
    return [Caller(berth, berth.add_tenant(f"tenant{n}")) for n in range(count)]


def lanes(berth: Berth) -> Counter[str]:
    """The sums of `berth queue` over all lanes."""
    told = berth.admin("queue", "--json")
    return Counter(
        waiting=sum(lane["waiting"] for lane in told["lanes"]),
        running=sum(lane["running"] for lane in told["lanes"]),
        failed=told["failed"],
        uncertain=told["uncertain"],
    )


def until_asked(fake: FakeOpenAI, count: int) -> None:
    wait_for(lambda: fake.counts()["requests"] >= count, what=f"{count} requests at the provider")

"""What the tests of the queue have in common."""

from collections import Counter
from collections.abc import Callable

from support.berth import Berth, FakeOpenAI
from support.browser import wait_for
from support.people import Caller

#: Far beyond what is used here; a tenant's many requests are held in memory at once.
ROOMY = {
    "memory": {"limit": "512MiB"},
    "quotas": {
        "requests_per_day": 100_000,
        "tokens_per_day": 1_000_000_000,
        "spend_per_month": 1000,
        "memory": "128MiB",
    },
}

Say = Callable[[str], None]
OwnBerth = Callable[..., Berth]
OwnFake = Callable[..., FakeOpenAI]


def callers(berth: Berth, count: int) -> list[Caller]:
    return [Caller(berth, berth.add_tenant(f"tenant{n}")) for n in range(count)]


def lanes(berth: Berth) -> Counter[str]:
    """What `berth queue` says of all lanes together."""
    told = berth.admin("queue", "--json")
    return Counter(
        waiting=sum(lane["waiting"] for lane in told["lanes"]),
        running=sum(lane["running"] for lane in told["lanes"]),
        failed=told["failed"],
        uncertain=told["uncertain"],
    )


def until_asked(fake: FakeOpenAI, count: int) -> None:
    wait_for(lambda: fake.counts()["requests"] >= count, what=f"{count} requests at the provider")

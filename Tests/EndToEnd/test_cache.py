"""The response cache from outside: its verbs, its hot set across a restart, a Redis by host name."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.berth import Berth, FakeOpenAI, Process, free_port
from support.browser import wait_for


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[Process, int]]:
    """A redis-server on a port."""
    port = free_port()
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = Process([*words, "--dir", str(tmp_path)], tmp_path / "redis.log")
    process.start()
    process.wait_until_open(port)
    yield process, port
    process.end()


def ask(berth: Berth, key: str) -> bool:
    """Asks one question and returns whether the answer came from the cache."""
    answer = berth.client(key).chat.completions.with_raw_response.create(
        model="berth", messages=[{"role": "user", "content": "What is a berth?"}]
    )
    return answer.headers.get("x-berth-cache") == "hit"


def up(berth: Berth) -> bool:
    return berth.admin("cache", "stats", "--json")["redis"]["up"]


def test_the_cache_is_shown_warmed_after_a_restart_and_flushed(
    own_berth: Callable[..., Berth], fake: FakeOpenAI, redis: tuple[Process, int]
) -> None:
    server, port = redis
    berth = own_berth(redis={"url": f"redis://localhost:{port}/0"}, **fake.settings("fake"))
    wait_for(lambda: up(berth), what="Redis")
    key = berth.add_tenant("ann").key
    assert [ask(berth, key) for _ in range(3)] == [False, True, True]
    stats = berth.admin("cache", "stats", "--json")
    assert stats["hits"] == 2 and stats["kinds"]["answer"] == {"hits": 2, "misses": 1}
    assert stats["memory"]["entries"] == 1 and stats["redis"]["configured"]
    table = "Redis: answers, noeviction"  # on a busy machine Redis may answer late once
    wait_for(lambda: table in berth.admin("cache", "stats"), what=table)

    assert berth.stop() == 0
    berth.start()
    wait_for(lambda: "cache warmed from redis" in berth.process.output(), what="the warming")
    stats = berth.admin("cache", "stats", "--json")
    assert stats["memory"]["entries"] == 1 and stats["hot_names"] == 1
    assert ask(berth, key)

    assert berth.admin("cache", "flush", "--json") == {"entries": 1, "keys": 1}
    assert "Loaded 0 values" in berth.admin("cache", "warm")
    assert not ask(berth, key)
    server.end()
    wait_for(lambda: not up(berth), what="Redis gone")
    flushed: subprocess.CompletedProcess[str] = berth.admin("cache", "flush", check=False)
    assert flushed.returncode == 1
    assert "Removed 1 value from memory and 0 keys" in flushed.stdout
    assert "Redis could not be emptied" in flushed.stderr

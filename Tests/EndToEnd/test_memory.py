"""`berth memory` from outside."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.berth import PATIENCE, Berth, FakeOpenAI, Tenant, binary

MIB = 1 << 20

#: Arguments that `berth memory` refuses.
WRONG = [
    "--what-if 0",
    "--what-if many",
    "--limit much",
    "--limit 40MiB --watch",
    "--tenant ann --what-if 5",
    "--wach",
    "ann",
]


def report(berth: Berth, *words: str) -> dict:
    return berth.admin("memory", *words, "--json")


def kernels(berth: Berth) -> int:
    """The kernel's figure of the service's resident memory, in bytes."""
    text = Path(f"/proc/{berth.process.child.pid}/smaps_rollup").read_text()
    line = next(line for line in text.splitlines() if line.startswith("Rss:"))
    return int(line.split()[1]) << 10


def test_the_parts_add_up_to_the_resident_memory(berth: Berth, tenant: Tenant) -> None:
    report(berth)  # the first report starts a thread
    whole = report(berth)
    assert sum(line["bytes"] for line in whole["lines"]) + whole["unexplained"] == whole["rss"]
    assert abs(whole["rss"] - kernels(berth)) < MIB
    assert 0 <= whole["unexplained"] < 0.08 * whole["rss"]
    assert 0 < whole["anonymous"] < whole["rss"] < whole["limit"]
    assert {"cache", "database", "stacks"} <= {line["account"] for line in whole["lines"]}
    assert tenant.name in {each["tenant"] for each in whole["tenants"]}
    assert any(reason.startswith("libvips: not loaded") for reason in whole["absent"])
    table = berth.admin("memory")
    assert "unexplained" in table and "resident (RSS)" in table


def test_one_tenants_memory_is_by_purpose(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    fake = own_fake("--token-ms", "500", "--tokens", "200")
    berth = own_berth(**fake.settings("fake"))
    ann = berth.add_tenant("ann")
    asked = [{"role": "user", "content": "Hello"}]
    with berth.client(ann.key).chat.completions.create(
        model="berth", messages=asked, stream=True
    ) as stream:
        next(iter(stream))
        own = report(berth, "--tenant", "ann")
        assert own["account"]["tenant"] == "ann" and own["account"]["held"] > 0
        assert sum(line["bytes"] for line in own["lines"]) == own["account"]["held"]
        assert {line["tenant"] for line in own["lines"]} == {"ann"}
    assert "ann holds" in berth.admin("memory", "--tenant", "ann")
    nobody = berth.admin("memory", "--tenant", "bob", check=False)
    assert nobody.returncode == 1 and "no tenant 'bob'" in nobody.stderr


def test_a_forecast_uses_measurements_alone(own_berth: Callable[..., Berth]) -> None:
    fresh = report(own_berth(), "--what-if", "50")
    assert fresh["users"] == 50
    for number in (fresh["peak"], fresh["disk"]):
        assert "bytes" not in number
        assert number["assumption"].startswith("not enough use yet to estimate this: 0 of ")


def test_a_limit_is_set_live_or_refused_with_a_reason(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    before = report(berth)["limit"]
    low = berth.admin("memory", "--limit", "1MiB", check=False)
    assert low.returncode == 1 and "memory.limit is 1 MiB, but Berth itself takes" in low.stderr
    assert report(berth)["limit"] == before
    assert "The limit is 96 MiB until the next start" in berth.admin("memory", "--limit", "96MiB")
    assert report(berth)["limit"] == 96 * MIB


@pytest.mark.parametrize("words", WRONG)
def test_wrong_usage_has_an_exit_status_of_its_own(berth: Berth, words: str) -> None:
    done = berth.admin("memory", *words.split(), check=False)
    assert done.returncode == 2 and done.stderr.startswith("berth: ")


def test_watching_ends_cleanly_on_an_interrupt(berth: Berth) -> None:
    command = [binary(), "memory", "--watch", "--json", "--config", str(berth.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        lines = [json.loads(watch.stdout.readline()) for _ in range(2)]
        watch.send_signal(signal.SIGINT)
        assert watch.wait(PATIENCE) == 0
    for line in lines:
        assert sum(part["bytes"] for part in line["lines"]) + line["unexplained"] == line["rss"]

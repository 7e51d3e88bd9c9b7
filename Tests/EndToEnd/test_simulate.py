"""`berth simulate`: its load, its report and its clean-up."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.berth import Berth, FakeOpenAI, binary
from support.browser import wait_for

#: Seconds that every simulation here ends within, even on a slow machine.
LONGEST = 200

Simulate = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Simulate]:
    """Starts a simulation with the test's temporary folder: `simulate("--users", "2")`."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [binary(), "simulate", *words],
            env=os.environ | {"TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def found(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Waits for a simulation that must succeed and returns its report."""
    out, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, (out, errors)
    assert errors == ""
    return json.loads(out)


def children(process: subprocess.Popen[str]) -> list[int]:
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in text.split()]


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_serving(folder: Path) -> bool:
    return any(folder.glob("berth-simulate-*/data/admin.sock"))


def test_users_are_answered_by_the_api_and_the_web(simulate: Simulate, tmp_path: Path) -> None:
    report = found(simulate("--users", "12", "--seconds", "6", "--seed", "3", "--json"))

    turns, memory = report["turns"], report["memory"]
    assert (report["users"], report["seconds"], report["seed"]) == (12, 6, 3)
    assert turns["asked"] == turns["answered"] >= 12 and turns["lost"] == turns["refused"] == 0
    assert report["api"]["answered"] >= 6 and report["web"]["answered"] >= 6
    assert report["refused_by"] == report["lost_by"] == {}
    assert report["cache_hits"] > 0
    for latency in (report["first_token_ms"], report["full_ms"]):
        assert 0 <= latency["p50"] <= latency["p95"] <= latency["p99"]
    assert report["first_token_ms"]["p99"] >= 300  # the fake's delay
    for figures in (memory["idle"], memory["peak"], memory["after"]):
        assert 0 < figures["anonymous"] < figures["rss"]
    assert memory["idle"]["rss"] < memory["peak"]["rss"] <= memory["limit"]
    grown = memory["peak"]["rss"] - memory["idle"]["rss"]
    assert memory["per_user"]["rss"] == grown // 12
    assert not memory["limit_passed"] and memory["after_ms"] >= 0
    assert list(tmp_path.iterdir()) == []


def test_users_of_telegram_are_answered_beside_the_others(
    simulate: Simulate, tmp_path: Path
) -> None:
    report = found(
        simulate("--users", "6", "--telegram", "8", "--seconds", "8", "--seed", "3", "--json")
    )
    turns, telegram = report["turns"], report["telegram"]
    asked = telegram["turns"]["asked"]
    assert turns["asked"] == turns["answered"] > asked >= 8 and turns["lost"] == 0
    assert telegram["turns"]["answered"] == telegram["in_order"] == asked
    assert telegram["doubled"] == telegram["early"] == telegram["floods"] == 0
    assert telegram["faults"] == [] and telegram["calls"] > 2 * asked
    assert 0 <= telegram["final_ms"]["p50"] <= telegram["worst_final_ms"] < 10_000
    assert list(tmp_path.iterdir()) == []


def test_a_limit_that_cannot_be_kept_fails_with_the_reason(
    simulate: Simulate, tmp_path: Path
) -> None:
    process = simulate("--users", "2", "--seconds", "1", "--limit", "16MiB")
    out, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 1
    # Either the service refuses to start with the limit, or the simulation reports the excess.
    assert "16 MiB" in out + errors or "16777216" in out + errors, (out, errors)
    assert list(tmp_path.iterdir()) == []


def test_a_running_service_is_asked_and_left_as_it_was(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], simulate: Simulate
) -> None:
    berth = own_berth(**own_fake("--tokens", "5").settings("fake"))
    berth.add_tenant("ann")
    running = ["--url", berth.url, "--config", str(berth.config)]
    report = found(simulate(*running, "--users", "4", "--seconds", "2", "--json"))
    assert report["turns"]["answered"] > 4 and report["turns"]["lost"] == 0
    names = [tenant["tenant"] for tenant in berth.admin("tenant", "list", "--json")["tenants"]]
    assert names == ["ann"]

    # A simulation whose tenants already exist fails.
    berth.add_tenant("sim-9-1")
    process = simulate(*running, "--users", "4", "--seconds", "2", "--seed", "9")
    _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 1 and "sim-9-1" in errors
    names = [tenant["tenant"] for tenant in berth.admin("tenant", "list", "--json")["tenants"]]
    assert names == ["ann", "sim-9-1"]


def test_a_providers_refusal_is_reported_with_its_reason(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], simulate: Simulate
) -> None:
    berth = own_berth(**own_fake().settings("401"))
    running = ["--url", berth.url, "--config", str(berth.config)]
    report = found(simulate(*running, "--users", "4", "--seconds", "2", "--json"))
    turns = report["turns"]
    assert turns["refused"] == turns["asked"] > 0 and turns["answered"] == 0
    assert {"502 provider_refused", "turn failed"} <= set(report["refused_by"])
    assert sum(report["refused_by"].values()) == turns["refused"]
    assert report["first_token_ms"] is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_ended_simulation_leaves_nothing_behind(
    simulate: Simulate, tmp_path: Path, how: signal.Signals
) -> None:
    process = simulate("--users", "3", "--seconds", "600")
    wait_for(lambda: is_serving(tmp_path), what="the simulation's service")
    pids = children(process)
    assert len(pids) == 2 and all(map(is_alive, pids))
    process.send_signal(how)
    _, errors = process.communicate(timeout=LONGEST)
    if how == signal.SIGKILL:
        # No parent is left to wait for the children, and the folder stays.
        wait_for(lambda: not any(map(is_alive, pids)), what="the end of its children")
        return
    assert process.returncode == 1 and "interrupted" in errors
    assert not any(map(is_alive, pids))
    assert list(tmp_path.iterdir()) == []


def test_a_dead_service_is_reported_at_once(simulate: Simulate, tmp_path: Path) -> None:
    process = simulate("--users", "3", "--seconds", "600")
    wait_for(lambda: is_serving(tmp_path), what="the simulation's service")
    os.kill(children(process)[-1], signal.SIGKILL)
    _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 1 and "'berth serve' ended by itself" in errors
    assert list(tmp_path.iterdir()) == []


def test_a_url_without_a_service_is_an_error(simulate: Simulate, tmp_path: Path) -> None:
    config = tmp_path / "berth.yaml"
    config.write_text(f"data: {tmp_path}/nothing\n")
    process = simulate("--url", "http://127.0.0.1:9", "--config", str(config), "--users", "1")
    _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 1 and "no service answers" in errors


@pytest.mark.parametrize("telegram", [0, 4])
def test_a_virtual_day_is_a_function_of_its_options(
    simulate: Simulate, tmp_path: Path, telegram: int
) -> None:
    options = ["--virtual", "--users", "6", "--seconds", "3600", "--faults", "30", "--json"]
    options += ["--telegram", f"{telegram}"] if telegram else []
    first = found(simulate(*options, "--seed", "7"))
    assert first == found(simulate(*options, "--seed", "7"))
    other = found(simulate(*options, "--seed", "8"))
    assert other["virtual"]["digest"] != first["virtual"]["digest"]
    for report in (first, other):
        turns = report["turns"]
        assert turns["lost"] == report["virtual"]["bought_twice"] == 0
        assert turns["answered"] > 0 and turns["refused"] > 0 and report["virtual"]["micros"] > 0
        assert "memory" not in report and ("telegram" in report) == (telegram > 0)
        if telegram:
            calls = report["telegram"]
            assert calls["in_order"] == calls["turns"]["answered"] > 0
            assert calls["doubled"] == calls["early"] == 0 and calls["faults"] == []
    assert list(tmp_path.iterdir()) == []

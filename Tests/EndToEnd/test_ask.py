"""`berth ask`: one question from a script."""

import json
import signal
import subprocess
from collections.abc import Callable

from support.berth import PATIENCE, Berth, FakeOpenAI, Tenant, binary


def ask(
    berth: Berth, *words: str, given: str | bytes | None = ""
) -> subprocess.CompletedProcess[bytes]:
    """Runs the verb with `given` on standard input."""
    return subprocess.run(
        [binary(), "ask", *words, "--config", str(berth.config)],
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def test_standard_input_is_the_context_of_one_question(faked: Berth, faked_tenant: Tenant) -> None:
    who = ["--tenant", faked_tenant.name, "--model", "fake/echo"]
    done = ask(faked, "review", "this", *who, given="one\ntwo\n\nthree\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == "review this\n\none\ntwo\n\nthree\n"
    assert done.stderr == b""
    alone = ask(faked, "hello", *who)
    assert (alone.returncode, alone.stdout) == (0, b"hello\n")


def test_json_has_the_answer_and_its_tokens(faked: Berth, faked_tenant: Tenant) -> None:
    done = ask(faked, "hi", "--key", faked_tenant.key, "--model", "fake/echo", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["answer"] == "hi" and answer["state"] == "done"


def test_a_failure_is_said_in_the_exit_status(faked: Berth, faked_tenant: Tenant) -> None:
    who = ["--tenant", faked_tenant.name]
    failed = ask(faked, "hi", *who, "--model", "fake/error-midway")
    assert failed.returncode == 1 and failed.stderr
    told = ask(faked, "hi", *who, "--model", "fake/error-midway", "--json")
    assert told.returncode == 1 and json.loads(told.stdout)["error"]
    assert ask(faked, "hi", *who, "--model", "nobody/x").returncode == 1
    assert ask(faked, "hi", "--tenant", "nobody").returncode == 1
    assert ask(faked, *who).returncode == 2
    assert ask(faked, "hi").returncode == 2
    large = ask(faked, "hi", *who, given="x" * (300 << 10))
    assert large.returncode == 1 and b"more than 256 KiB" in large.stderr
    binary_input = ask(faked, "hi", *who, given=b"\xff\xfe\x00")
    assert binary_input.returncode == 1 and b"UTF-8" in binary_input.stderr


def test_an_interrupt_stops_the_answer(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    fake = own_fake("--token-ms", "100", "--tokens", "1000")
    berth = own_berth(**fake.settings("fake"))
    tenant = berth.add_tenant("ann")
    words = [binary(), "ask", "hi", "--tenant", tenant.name, "--config", str(berth.config)]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as asking:
        assert asking.stdout and asking.stderr
        assert asking.stdout.read(6) == b"token1"
        asking.send_signal(signal.SIGINT)
        asking.stdout.read()
        assert b"(stopped)" in asking.stderr.read()
        assert asking.wait(PATIENCE) == 1
    assert fake.stats()["answered"] == 0, "the provider was not told"

"""The service's connections: too few descriptors, a process that stands still, one address that
takes too much, and clients that end their sending side."""

import http.client
import json
import os
import random
import re
import resource
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.berth import PATIENCE, Berth, FakeOpenAI
from support.people import Person
from support.queue import ROOMY, Say, callers
from support.rounds import Rounds, calls

#: The descriptors of a service in these tests, of which it needs about 20 for itself.
DESCRIPTORS = 64


def is_healthy(berth: Berth, timeout: float = 2) -> bool:
    """Whether the public port answers."""
    connection = http.client.HTTPConnection("127.0.0.1", berth.port, timeout=timeout)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def seconds_until_healthy(berth: Berth) -> float:
    """The time until the public port answers."""
    began = time.monotonic()
    while not is_healthy(berth):
        assert time.monotonic() - began < PATIENCE, berth.process.output()
    return time.monotonic() - began


@pytest.fixture
def few_descriptors(own_berth: Callable[..., Berth]) -> Callable[..., Berth]:
    """Starts a service that may open 64 descriptors."""

    def start(**settings: object) -> Berth:
        berth = own_berth(**settings)
        # At its start the service would lower limits.connections to fit.
        resource.prlimit(berth.process.child.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS,) * 2)
        return berth

    return start


def test_the_port_serves_again_after_a_lack_of_descriptors(
    few_descriptors: Callable[..., Berth],
) -> None:
    """More clients connect than there are descriptors. The log names the reason, the service does
    not spin, and it serves as soon as the clients have left, also when they all leave at once."""
    berth = few_descriptors()
    for how in ("one by one", "at once"):
        clients = []
        for _ in range(DESCRIPTORS + 100):
            client = socket.create_connection(("127.0.0.1", berth.port), 5)
            # A request that never becomes whole, so that the connection does not give way.
            client.sendall(
                b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"
            )
            clients.append(client)
        berth.process.wait_until(lambda: "raise the limit of open files" in output(berth), "says so")
        used = cpu_seconds(berth)
        time.sleep(1)
        assert cpu_seconds(berth) - used < 0.5, "the service spins"
        for client in clients:
            client.close()
            if how == "one by one":
                time.sleep(0.002)
        assert seconds_until_healthy(berth) < 2, output(berth)
        assert berth.admin("tenant", "list") is not None


def output(berth: Berth) -> str:
    """All that the service has logged."""
    return berth.process.log.read_text(errors="replace")


def cpu_seconds(berth: Berth) -> float:
    """The processor time that the service has used."""
    words = Path(f"/proc/{berth.process.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_the_start_compares_the_connections_with_the_descriptors(
    own_berth: Callable[..., Berth],
) -> None:
    """A limit that is too low is named, and the providers keep their share of it."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    berth = own_berth(limits={"connections": 60_000})
    if limits[1] >= 60_200:
        pytest.skip("this machine allows 60,200 open files")
    line = re.search(r"open files is too low.*", output(berth))
    assert line, output(berth)
    assert f"open_files={limits[1]}" in line[0]
    assert is_healthy(berth)


def test_a_process_that_stood_still_loses_no_answer(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    """The process is stopped for longer than a deadline while bytes arrive. It reads them before it
    acts on the deadline, and the header of a client that was late with it, too."""
    fake = own_fake("--delay-ms", "200")
    berth = own_berth(**fake.settings("drip"))
    tenant = berth.add_tenant("ann")
    answers: list[tuple[int, bytes]] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", berth.port, timeout=PATIENCE)
        body = {"model": "berth", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        connection.request(
            "POST",
            "/v1/chat/completions",
            json.dumps(body),
            {"Authorization": f"Bearer {tenant.key}"},
        )
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()))

    late = socket.create_connection(("127.0.0.1", berth.port), PATIENCE)
    late.sendall(b"GET /healthz HTTP/1.1\r\n")
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    berth.process.child.send_signal(signal.SIGSTOP)
    late.sendall(b"Host: 127.0.0.1\r\n\r\n")
    time.sleep(11)  # more than the 10 s for a header
    berth.process.child.send_signal(signal.SIGCONT)
    assert late.recv(64).startswith(b"HTTP/1.1 200")
    for thread in threads:
        thread.join(PATIENCE)
    assert len(answers) == 4
    for status, body in answers:
        assert status == 200
        assert body.endswith(b"data: [DONE]\n\n"), body[-300:]


@pytest.mark.timeout(240)
def test_fifty_stops_lose_no_answer_and_buy_nothing_beyond_a_quota(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], say: Say
) -> None:
    """The process is stopped and continued at random moments while turns, calls and streams run."""
    seed = int(os.environ.get("BERTH_SEED", random.randrange(2**32)))
    dice = random.Random(seed)
    say(f"BERTH_SEED={seed}")
    fake = own_fake("--delay-ms", "60", "--tokens", "4", "--token-ms", "20")
    berth = own_berth(**ROOMY, **fake.settings("echo", concurrency=8))
    people = [
        Person(berth, berth.add_tenant(f"{place}{n}"), place)
        for place in ("web", "terminal")
        for n in range(3)
    ]
    *free, limited = callers(berth, 4)
    quota = 25
    berth.admin("quota", "set", limited.tenant.name, f"requests_per_day={quota}")
    statuses: Counter[int] = Counter()
    rounds = Rounds(berth, people, free, dice)

    def ask_beyond_the_quota() -> None:
        while not rounds.is_over.is_set():
            told = limited.ask(rounds.text("limited"), stream=len(statuses) % 2 == 0)
            statuses[told.status] += 1
            rounds.is_over.wait(0.02)

    extra = threading.Thread(target=ask_beyond_the_quota, daemon=True)
    slowest = 0.0
    with rounds.loaded():
        extra.start()
        for _ in range(50):
            time.sleep(dice.uniform(0.02, 0.3))  # the random moment of the stop is the experiment
            berth.process.child.send_signal(signal.SIGSTOP)
            time.sleep(dice.uniform(0.1, 0.6))
            berth.process.child.send_signal(signal.SIGCONT)
            slowest = max(slowest, seconds_until_healthy(berth))
    extra.join(PATIENCE)
    book, stored, bought = rounds.book, rounds.stored(), Counter(fake.counts()["questions"])
    ledger = calls(berth)
    say(
        f"{len(book.acknowledged)} turns, {len(book.answers)} calls, {dict(statuses)} of the "
        f"limited; the port served {slowest:.2f} s after a stop at the latest"
    )
    assert book.wrong == [] and book.unheard == set()
    assert {sent.id for sent in book.acknowledged} == set(stored)
    for sent in book.acknowledged:
        turn = stored[sent.id]
        assert (turn["state"], turn["answer"]) == ("done", sent.text)
    assert [text for text, answer in book.answers.items() if answer != text] == []
    assert [text for text, count in bought.items() if count > 1] == [], "nothing is bought twice"
    asked = {sent.text for sent in book.acknowledged} | set(book.answers)
    assert asked <= set(bought) and len(asked) > 100
    assert set(statuses) <= {200, 429} and statuses[200] == min(quota, statuses.total())
    assert sum(1 for text in bought if text.startswith("limited")) == statuses[200]
    assert {state for state, _ in ledger} <= {"settled"}, ledger
    assert slowest < 2


def outer_address() -> str | None:
    """An address of this machine that is not a loopback one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def test_one_address_has_its_share_of_the_connections(tmp_path: Path) -> None:
    """Connections of one address over its limit are closed at once. Loopback has no limit."""
    address = outer_address()
    if address is None:
        pytest.skip("this machine has a loopback address alone")
    berth = Berth(tmp_path, {"limits": {"connections_per_address": 10}})
    everywhere = berth.config.read_text().replace("listen: 127.0.0.1", "listen: 0.0.0.0")
    berth.config.write_text(everywhere)
    berth.start()
    served = [speaks(address, berth.port) for _ in range(15)]
    assert [bool(one) for one in served] == [True] * 10 + [False] * 5
    assert all([speaks("127.0.0.1", berth.port) for _ in range(15)])
    served[0].close()
    berth.process.wait_until(lambda: bool(speaks(address, berth.port)), "takes another one")
    berth.process.wait_until(lambda: f"address={address}" in output(berth), "names the address")
    assert berth.stop() == 0


def speaks(address: str, port: int) -> socket.socket | None:
    """A connection that has had an answer, or None if it was closed."""
    client = socket.create_connection((address, port), PATIENCE)
    try:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return client if b" 200 " in client.recv(512) else None
    except OSError:
        return None


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_ends_its_sending_side_gets_its_answer(
    stream: bool, own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    """Two clients end their sending side at once. One waits in the queue for the other."""
    fake = own_fake("--delay-ms", "1500")
    berth = own_berth(**fake.settings("echo", concurrency=1))
    tenant = berth.add_tenant("ann")
    clients = []
    for number in range(2):
        text = {"model": "berth", "messages": [{"role": "user", "content": f"number {number}"}]}
        body = json.dumps(text | {"stream": stream}).encode()
        client = socket.create_connection(("127.0.0.1", berth.port), PATIENCE)
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
            + tenant.key.encode()
            + f"\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        client.shutdown(socket.SHUT_WR)
        clients.append(client)
    for client in clients:
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == 200
        assert b"number" in answer.read()


def test_a_client_that_left_the_queue_buys_nothing(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    """A client closes its connection while it waits. No provider is asked for it."""
    fake = own_fake("--delay-ms", "4000")
    berth = own_berth(**fake.settings("echo", concurrency=1))
    tenant = berth.add_tenant("ann")
    connections = []
    for number in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", berth.port, timeout=PATIENCE)
        body = {"model": "berth", "messages": [{"role": "user", "content": f"number {number}"}]}
        heads = {"Authorization": f"Bearer {tenant.key}"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), heads)
        connections.append(connection)
        time.sleep(0.3)
    connections[1].close()
    assert connections[0].getresponse().status == 200
    time.sleep(0.5)
    assert fake.counts()["requests"] == 1, fake.counts()

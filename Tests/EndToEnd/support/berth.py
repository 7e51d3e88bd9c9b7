"""Starts and stops Berth's processes for the tests, each by its own process id."""

import contextlib
import http.client
import itertools
import json
import os
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from openai import OpenAI

#: Seconds that a service may take to answer after its start, and to end.
START, END = 60, 60

#: Seconds that one request or one command may take on a slow machine.
PATIENCE = 90

#: Loopback addresses to log in from, each used once.
ADDRESSES = (f"127.0.{high}.{low}" for high, low in itertools.product(range(1, 255), range(1, 255)))


def binary() -> str:
    """The program under test, which is `BERTH_BIN` or the last build of this package."""
    root = Path(__file__).parents[3]
    builds = [root / ".build" / kind / "berth" for kind in ("release", "debug")]
    found = os.environ.get("BERTH_BIN") or next((str(b) for b in builds if b.exists()), None)
    assert found, "set BERTH_BIN to a built berth, or run: swift build"
    return found


def free_port() -> int:
    """A free port outside the range from which the kernel assigns ports."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def is_open(port: int) -> bool:
    """Whether a process listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Tenant:
    """The output of `tenant add`."""

    name: str
    key: str
    web: str


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Process:
    """A program that runs with its output in a file."""

    words: list[str]
    log: Path
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                self.words, stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )

    def wait_until_open(self, port: int) -> None:
        self.wait_until(lambda: is_open(port), "listens")

    def wait_until(self, probe: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START
        while not probe():
            assert self.child.poll() is None, f"{self.words} ended:\n{self.output()}"
            assert time.monotonic() < deadline, f"not yet: {what} {self.words}\n{self.output()}"
            time.sleep(0.02)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal `how`, waits, and returns the exit status, negative for a signal."""
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            return self.child.wait(END)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.words} did not end in {END} s:\n{self.output()}") from None

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


@dataclass
class Berth:
    """A `berth serve` process with its own data folder and configuration."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = self.folder / "data"
        self.config = self.folder / "berth.yaml"
        basics = {"listen": f"127.0.0.1:{self.port}", "url": self.url, "data": str(self.data)}
        # The folders of past runs are kept for a while, so they have no ballast.
        basics["files"] = {"ballast": "0B"}
        self.config.write_text(yaml.safe_dump(basics | self.settings))
        words = [binary(), "serve", "--config", str(self.config)]
        self.process = Process(words, self.folder / "serve.log")

    def start(self) -> "Berth":
        self.process.start()
        self.process.wait_until_open(self.port)
        # The port opens before the service is ready; until then it answers 503.
        self.process.wait_until(self.is_ready, "is ready")
        return self

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=PATIENCE) as answer:
                return answer.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self) -> int:
        return self.process.end()

    def kill(self) -> None:
        """Ends the process as a power cut would, by SIGKILL."""
        self.process.end(signal.SIGKILL)

    def admin(self, *words: str, check: bool = True) -> Any:
        """Runs a verb with this service's configuration and decodes its JSON output."""
        done = subprocess.run(
            [binary(), *words, "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"berth {' '.join(words)}: {done.stderr}"
            return json.loads(done.stdout) if "--json" in words else done.stdout
        return done

    def add_tenant(self, name: str) -> Tenant:
        made = self.admin("tenant", "add", name, "--json")
        return Tenant(made["tenant"], made["key"], made["web"])

    def new_link(self, name: str) -> str:
        """Runs `tenant link` and returns the login link in its output."""
        return re.search(r"https?://\S+/login\?token=[\w-]+", self.admin("tenant", "link", name))[0]

    def request(
        self, path: str, body: bytes | None = None, method: str | None = None, **headers: str
    ) -> Answer:
        """Sends a request. An underscore in a header's name stands for a hyphen."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, body, fields, method=method)
        opener = urllib.request.build_opener(NoRedirect)
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, dict_of(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict_of(error.headers), error.read())

    def log_in(self, link: str, address: str = "") -> str:
        """Logs in without a browser and returns the cookie as `name=value`."""
        answer = self.try_token(link.partition("token=")[2], address or next(ADDRESSES))
        assert answer.status == 303, answer.body
        return answer.headers["set-cookie"].partition(";")[0]

    def try_token(self, token: str, address: str) -> Answer:
        """Posts the login form from a loopback address. Tries are limited per address."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE, source_address=(address, 0)
        )
        fields = {"Origin": self.url, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login", f"token={token}", fields)
        answer = connection.getresponse()
        found = Answer(answer.status, dict_of(answer.headers), answer.read())
        connection.close()
        return found

    def client(self, key: str, **options: Any) -> OpenAI:
        """OpenAI's own client for this service. It does not retry unless told to."""
        options.setdefault("max_retries", 0)
        options.setdefault("timeout", PATIENCE)
        return OpenAI(base_url=f"{self.url}/v1", api_key=key, **options)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Returns redirects instead of following them."""

    def redirect_request(self, *_: Any) -> None:
        return None


def dict_of(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class FakeOpenAI:
    """A `berth fake openai` process. The model's name chooses the answer; see `berth help fake`."""

    api, path = "openai", "/v1"

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{self.path}"
        words = [binary(), "fake", self.api, "--listen", f"127.0.0.1:{self.port}", *options]
        self.process = Process(words, folder / "fake.log")

    def start(self) -> "FakeOpenAI":
        self.process.start()
        self.process.wait_until_open(self.port)
        return self

    def counts(self) -> dict[str, Any]:
        """Its counts: `requests`, `questions`, `largest_concurrency`, `refused`, `early`."""
        return self.told("/counts")

    def stats(self) -> dict[str, int]:
        """The numbers of requests `received`, `answered` and `running`."""
        return self.told("/stats")

    def told(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return json.load(answer)

    def settings(self, *models: str, **options: Any) -> dict[str, Any]:
        """The part of a configuration that makes this fake the provider `fake`, with `options`."""
        provider = {"name": "fake", "kind": self.api, "api_key": "sk-fake", "base_url": self.url}
        return {
            "providers": [provider | options],
            "models": {
                "chat": [
                    {"provider": "fake", "model": m, "price": {"input": 0, "output": 0}}
                    for m in models
                ]
            },
        }


class FakeAnthropic(FakeOpenAI):
    """A `berth fake anthropic` process."""

    api, path = "anthropic", ""


class FakeFal(FakeOpenAI):
    """A `berth fake fal` process. A part of the model's name chooses a fault."""

    api, path = "fal", ""

    def jobs(self) -> dict[str, int]:
        """The numbers of jobs: `submits`, `cancels`, `results`, `downloads`."""
        return self.told("/jobs")

    def settings(self, *models: str, **options: Any) -> dict[str, Any]:
        """The part of a configuration that makes this fake the provider of pictures."""
        made = super().settings(**options)
        price = {"image": 0.04}
        made["models"] = {
            "image": [{"provider": "fake", "model": m, "price": price} for m in models]
        }
        return made


class FakeTelegram:
    """A `berth fake telegram` process."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        words = [binary(), "fake", "telegram", "--listen", f"127.0.0.1:{self.port}", *options]
        self.process = Process(words, folder / "telegram.log")

    def start(self) -> "FakeTelegram":
        self.process.start()
        self.process.wait_until_open(self.port)
        return self

    def bring(self, page: str, **members: Any) -> dict[str, Any]:
        """Posts to a page such as `42/message`."""
        request = urllib.request.Request(
            f"{self.url}/control/{page}", json.dumps(members).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def told(self, page: str) -> Any:
        """The content of a page such as `42/sent`."""
        with urllib.request.urlopen(f"{self.url}/control/{page}", timeout=PATIENCE) as answer:
            return json.load(answer)

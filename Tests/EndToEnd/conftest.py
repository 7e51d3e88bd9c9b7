"""Fixtures of the end-to-end tests: services, tenants, browsers."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest
from support.berth import Berth, FakeFal, FakeOpenAI, Tenant
from support.browser import Page, chromium
from support.redis import Redis

#: The fake's models in these tests. The first one is the model `berth`.
MANNERS = (
    "fake",
    "echo",
    "echo-request",
    "tool",
    "drip",
    "error-midway",
)

#: Far more than the tests use. Tests of quotas set their own.
ROOMY = {
    "limits": {"tenants": 200},
    "quotas": {"requests_per_day": 100_000, "tokens_per_day": 100_000_000, "spend_per_month": 1000}
}


@pytest.fixture(scope="session")
def berth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Berth]:
    """A service without a configured provider. The built-in demo answers."""
    service = Berth(tmp_path_factory.mktemp("berth"), dict(ROOMY)).start()
    yield service
    assert service.stop() == 0, service.process.output()


@pytest.fixture(scope="session")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeOpenAI]:
    """A fake provider whose behaviour is chosen by the model's name."""
    fake = FakeOpenAI(tmp_path_factory.mktemp("fake")).start()
    yield fake
    fake.process.end()


@pytest.fixture(scope="session")
def faked(fake: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Berth]:
    """A service whose models are the fake's behaviours."""
    folder = tmp_path_factory.mktemp("faked")
    service = Berth(folder, ROOMY | fake.settings(*MANNERS)).start()
    yield service
    assert service.stop() == 0, service.process.output()


@pytest.fixture
def own_berth(tmp_path: Path) -> Iterator[Callable[..., Berth]]:
    """Starts a service that the test may limit, kill and restart: `own_berth(quotas=…)`."""
    services: list[Berth] = []

    def start(**settings: object) -> Berth:
        folder = tmp_path / f"own{len(services)}"
        folder.mkdir()
        services.append(Berth(folder, dict(settings)))
        return services[-1].start()

    yield start
    for service in services:
        service.stop()


@pytest.fixture
def own_fake(tmp_path: Path) -> Iterator[Callable[..., FakeOpenAI]]:
    """Starts a fake provider for one test, which counts its requests alone:
    `own_fake("--delay-ms", "300")`."""
    fakes: list[FakeOpenAI] = []

    def start(*options: str) -> FakeOpenAI:
        folder = tmp_path / f"fake{len(fakes)}"
        folder.mkdir()
        fakes.append(FakeOpenAI(folder, *options))
        return fakes[-1].start()

    yield start
    for fake in fakes:
        fake.process.end()


@pytest.fixture
def own_fal(tmp_path: Path) -> Iterator[Callable[..., FakeFal]]:
    """Starts a fake of fal for one test: `own_fal("--delay-ms", "300")`."""
    fakes: list[FakeFal] = []

    def start(*options: str) -> FakeFal:
        folder = tmp_path / f"fal{len(fakes)}"
        folder.mkdir()
        fakes.append(FakeFal(folder, *options))
        return fakes[-1].start()

    yield start
    for fake in fakes:
        fake.process.end()


@pytest.fixture
def faulty(own_berth: Callable[..., Berth]) -> Callable[[FakeOpenAI, str], openai.OpenAI]:
    """Makes a client of a new service with one model of the fake.

    A failing provider is left alone for a while, so tests of failures share no service."""

    def client(fake: FakeOpenAI, manner: str) -> openai.OpenAI:
        service = own_berth(**fake.settings(manner))
        return service.client(service.add_tenant("ann").key)

    return client


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A real, empty Redis."""
    with tempfile.TemporaryDirectory(prefix="berth-") as folder:  # a socket's path must be short
        server = Redis(Path(folder)).start()
        yield server
        server.process.end()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a measurement even if the test passes."""

    def speak(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {text}", end="", flush=True)

    return speak


names = (f"tenant{number}" for number in itertools.count(1))


@pytest.fixture
def tenant(berth: Berth) -> Tenant:
    """A new tenant of `berth`."""
    return berth.add_tenant(next(names))


@pytest.fixture
def faked_tenant(faked: Berth) -> Tenant:
    """A new tenant of `faked`."""
    return faked.add_tenant(next(names))


@pytest.fixture
def page() -> Iterator[Page]:
    """A new browser with the width of a desktop."""
    driver = chromium()
    yield Page(driver)
    driver.quit()


@pytest.fixture
def phone() -> Iterator[Page]:
    """A new browser with the width of a phone, and touch."""
    driver = chromium(390, 780, phone=True)
    yield Page(driver)
    driver.quit()

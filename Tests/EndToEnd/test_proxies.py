"""Behind the reverse proxies that people put in front of Berth, configured as ops/proxy shows."""

import threading
from collections.abc import Iterator

import pytest
from support import site as sites
from support.berth import Berth
from support.people import events
from support.site import Site

#: nginx with ops/proxy/nginx.conf, Caddy with ops/proxy/Caddyfile, and nginx without any setting.
KINDS = ("nginx", "caddy", "nginx as it comes")

#: Seconds for which the provider says nothing. Proxies give up after 60.
SILENCE = 90

#: The longest silence of Berth, whose comments come every 10 seconds.
LONGEST = 20


@pytest.fixture(scope="module", params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose provider says a word every 150 ms."""
    made = sites.start(request.param, tmp_path_factory.mktemp("site"), "--token-ms", "150")
    yield made
    made.end()


def test_logging_in_and_chatting_work_behind_a_proxy(site: Site) -> None:
    page = site.log_in(site.berth.add_tenant("ann").web)
    session = site.request("/web/sessions", b"{}", **page).json()["id"]
    answer = site.request(f"/web/sessions/{session}/turns", b'{"text":"hello"}', **page)
    told = list(events(iter(answer.body.splitlines(True))))
    assert told[-1][1]["state"] == "done", told[-1]
    foreign = site.request("/web/sessions", b"{}", **(page | {"Origin": "http://evil.example"}))
    assert foreign.status == 403


def test_an_answer_streams_through_a_proxy(site: Site) -> None:
    tenant = site.berth.add_tenant("bob")
    body = {"model": "fake", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    lines = site.lines("/v1/chat/completions", body, Authorization=f"Bearer {tenant.key}")
    times = [time for time, line in lines if line.startswith(b"data: ")]
    spread = times[-1] - times[0]
    assert spread > 1.5, f"{len(times)} events within {spread:.2f} s, though they take 3 s"


def test_probes_answer_by_address(site: Site) -> None:
    """Through the proxy and past it. The figures are for those who ask past it."""
    probe = Berth.request.__get__(Address(site.probes))
    for host in ("10.0.0.12", "10.0.0.12:8080", "berth:8080", "[fd00::12]:8080"):
        for path in ("/healthz", "/readyz"):
            assert probe(path, Host=host).status == 200
            assert site.berth.request(path, Host=host).status == 200
        assert site.berth.request("/metrics", Host=host).status == 200
        assert site.berth.request("/", Host=host).status == 421
    if site.tls:
        assert probe("/").status == 404
        assert site.request("/metrics").status == 404
    assert site.request("/healthz").status == 200


class Address:
    """An address of the machine, which is asked by number."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"


def test_failed_logins_of_one_visitor_leave_others_alone(site: Site) -> None:
    """The proxy's own field counts, whatever a client writes into it."""
    form = {"Origin": site.origin, "Content_Type": "application/x-www-form-urlencoded"}
    bad = [
        site.berth.request("/login", b"token=wrong", X_Forwarded_For="203.0.113.7", **form).status
        for _ in range(11)
    ]
    assert set(bad) == {403, 429}
    # A visitor of the proxy who writes the other's address is not taken for the other.
    if site.tls:
        forged = {"X_Forwarded_For": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
        assert site.request("/login", b"token=wrong", **form, **forged).status == 403
    site.log_in(site.berth.add_tenant("eve").web)


def test_an_answer_after_a_long_silence_arrives(
    tmp_path_factory: pytest.TempPathFactory, say
) -> None:
    """An API client and a chat wait for a silent provider, behind all proxies at once."""
    made = [
        sites.start(kind, tmp_path_factory.mktemp("silent"), "--delay-ms", str(SILENCE * 1000))
        for kind in KINDS
    ]
    waits = [wait for site in made for wait in (Wait.of_api(site), Wait.of_chat(site))]
    try:
        for wait in waits:
            wait.thread.start()
        for wait in waits:
            wait.thread.join()
        for wait in waits:
            wait.check()
    finally:
        for site in made:
            site.end()
    say(f"the longest gaps of {SILENCE} s: " + ", ".join(f"{wait.gap:.1f} s" for wait in waits))


class Wait:
    """A client that reads a stream in the background."""

    def __init__(self, lines: Iterator[tuple[float, bytes]], last: bytes) -> None:
        self.lines, self.last = lines, last
        self.seen: list[tuple[float, bytes]] = [(0, b"")]
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.read, daemon=True)

    @classmethod
    def of_api(cls, site: Site) -> "Wait":
        key = site.berth.add_tenant("ann").key
        body = {"model": "fake", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
        return cls(
            site.lines("/v1/chat/completions", body, Authorization=f"Bearer {key}"), b"[DONE]"
        )

    @classmethod
    def of_chat(cls, site: Site) -> "Wait":
        page = site.log_in(site.berth.add_tenant("bob").web)
        session = site.request("/web/sessions", b"{}", **page).json()["id"]
        return cls(site.lines(f"/web/sessions/{session}/turns", {"text": "hello"}, **page), b'"done"')

    def read(self) -> None:
        try:
            self.seen += self.lines
        except BaseException as error:
            self.error = error

    @property
    def gap(self) -> float:
        """The longest time without a line, until the answer begins."""
        times = [time for time, _ in self.seen]
        return max((b - a for a, b in zip(times, times[1:])), default=0)

    def check(self) -> None:
        assert not self.error, self.error
        data = [(time, line) for time, line in self.seen if line.startswith(b"data: ")]
        assert self.last in data[-1][1], data[-1]
        assert data[-1][0] > SILENCE, f"the answer came after {data[-1][0]:.0f} s"
        assert self.gap < LONGEST, f"nothing came for {self.gap:.0f} s"

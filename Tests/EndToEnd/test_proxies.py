"""Behind the reverse proxies that people put in front of Berth: logging in, chatting, streaming."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.berth import Answer, Berth, FakeOpenAI, Process, free_port, is_open
from support.people import Caller, Person, events

SITE = "chat.example.org"

NGINX = """daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; gzip on; gzip_types *; gzip_min_length 0;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; {more} }} }}
}}
"""

CADDY = """{{ admin off
  auto_https off
  storage file_system {folder}/caddy
}}
http://{site}:{port} {{
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{upstream}
}}
"""

#: A name, the program, its configuration and the words that start it.
PROXIES = {
    "nginx as it comes": ("nginx", NGINX, ""),
    "nginx with $host": ("nginx", NGINX, "proxy_set_header Host $host; "
                         "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"),
    "caddy": ("caddy", CADDY, ""),
}


class Site:
    """A service whose address is that of a proxy in front of it."""

    def __init__(self, berth: Berth, port: int) -> None:
        self.berth, self.port = berth, port

    def request(self, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Sends a request to the proxy under the site's name."""
        inner = Berth.request.__get__(self)
        return inner(path, body, Host=f"{SITE}:{self.port}", **headers)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(params=PROXIES)
def site(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    own_berth: Callable[..., Berth],
    own_fake: Callable[..., FakeOpenAI],
) -> Iterator[Site]:
    name, text, more = PROXIES[request.param]
    port = free_port()
    fake = own_fake("--token-ms", "150")
    berth = own_berth(**fake.settings("fake", "silence"), url=f"http://{SITE}:{port}",
                      trusted_proxies=["127.0.0.1"])
    file = tmp_path / f"{name}.conf"
    file.write_text(
        text.format(folder=tmp_path, port=port, upstream=berth.port, more=more, site=SITE)
    )
    program = shutil.which(name) or f"/usr/sbin/{name}"
    words = [program, "-p", str(tmp_path), "-c", str(file)] if name == "nginx" else [
        program, "run", "--config", str(file), "--adapter", "caddyfile"]
    proxy = Process(words, tmp_path / "proxy.log")
    proxy.start()
    proxy.wait_until(lambda: is_open(port), "listens")
    yield Site(berth, port)
    proxy.end()


def test_logging_in_and_chatting_work_behind_a_proxy(site: Site) -> None:
    tenant = site.berth.add_tenant("ann")
    origin = f"http://{SITE}:{site.port}"
    token = tenant.web.partition("token=")[2]
    form = {"Origin": origin, "Content_Type": "application/x-www-form-urlencoded"}
    came = site.request("/login", f"token={token}".encode(), **form)
    assert came.status == 303, came.body
    cookie = came.headers["set-cookie"].partition(";")[0]
    page = {"Cookie": cookie, "Origin": origin, "Content_Type": "application/json"}
    session = site.request("/web/sessions", b"{}", **page).json()["id"]
    answer = site.request(f"/web/sessions/{session}/turns", b'{"text":"hello"}', **page)
    told = list(events(iter(answer.body.splitlines(True))))
    assert told[-1][1]["state"] == "done", told[-1]
    foreign = site.request("/web/sessions", b"{}", **(page | {"Origin": "http://evil.example"}))
    assert foreign.status == 403


def test_an_answer_streams_through_a_proxy(site: Site) -> None:
    caller = Caller(site.berth, site.berth.add_tenant("ann"))
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: {SITE}:{site.port}\r\n"
            f"Authorization: Bearer {caller.tenant.key}\r\nConnection: close\r\n")
    body = b'{"model":"fake","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    times = []
    with socket.create_connection(("127.0.0.1", site.port), 60) as link:
        link.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        while data := link.recv(65536):
            times += [time.monotonic()] * data.count(b"data: ")
    spread = times[-1] - times[0]
    assert spread > 1.5, f"{len(times)} events within {spread:.2f} s, though they take 3 s"


def test_probes_answer_by_address(site: Site) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        for host in ("10.0.0.12:8080", "berth:8080"):
            assert site.berth.request(path, Host=host).status == 200
    assert site.berth.request("/", Host="10.0.0.12:8080").status == 421


def test_a_browser_session_through_a_proxy_counts_its_own_address(site: Site) -> None:
    """Many failed logins of one visitor leave another visitor's login alone."""
    tenant = site.berth.add_tenant("ann")
    origin = f"http://{SITE}:{site.port}"
    form = {"Origin": origin, "Content_Type": "application/x-www-form-urlencoded"}
    bad = [site.berth.request("/login", b"token=wrong", X_Forwarded_For="203.0.113.7", **form)
           for _ in range(11)]
    assert {b.status for b in bad} == {403, 429}
    token = tenant.web.partition("token=")[2]
    good = site.berth.request(
        "/login", f"token={token}".encode(), X_Forwarded_For="203.0.113.8", **form
    )
    assert good.status == 303, good.body

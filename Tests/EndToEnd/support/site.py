"""Real reverse proxies in front of a service, with the configuration of ops/proxy."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.berth import PATIENCE, Answer, Berth, FakeOpenAI, Process, dict_of, free_port, is_open

#: The name in the shipped configuration.
NAME = "chat.example.org"

OPS = Path(__file__).parents[3] / "ops" / "proxy"

#: nginx without a setting beyond its own, except that it compresses everything.
PLAIN = """server {{
  listen 127.0.0.1:{port};
  gzip on; gzip_types *; gzip_min_length 0;
  location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
}}
"""

NGINX = """daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/site.conf;
}}
"""

CADDY = """{{
  admin off
  auto_https disable_redirects
  local_certs
  skip_install_trust
  default_bind 127.0.0.1
  https_port {port}
  http_port {unused}
  storage file_system {folder}/storage
}}
"""


@dataclass
class Site:
    """A service, a fake provider behind it and a proxy before it."""

    berth: Berth
    fake: FakeOpenAI
    proxy: Process
    port: int
    #: The port for probes by address.
    probes: int
    #: The trust in the site's certificate, or None for plain HTTP.
    tls: ssl.SSLContext | None

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://{NAME}:{self.port}"

    def connection(self) -> http.client.HTTPConnection:
        return Link(self)

    def request(
        self, path: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        """Sends a request to the proxy under the site's name."""
        with closing(self.connection()) as link:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            link.request("GET" if body is None else "POST", path, body, fields)
            answer = link.getresponse()
            return Answer(answer.status, dict_of(answer.headers), answer.read())

    def log_in(self, link: str) -> dict[str, str]:
        """Logs in as the page does. Returns the fields of its further requests."""
        form = {"Origin": self.origin, "Content_Type": "application/x-www-form-urlencoded"}
        came = self.request("/login", f"token={link.partition('token=')[2]}".encode(), **form)
        assert came.status == 303, came.body
        cookie = came.headers["set-cookie"].partition(";")[0]
        return {"Cookie": cookie, "Origin": self.origin, "Content_Type": "application/json"}

    def lines(self, path: str, body: Any, **headers: str) -> Iterator[tuple[float, bytes]]:
        """The lines of a streamed answer, each with the seconds since the request."""
        with closing(self.connection()) as link:
            began = time.monotonic()
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            link.request("POST", path, json.dumps(body), fields)
            answer = link.getresponse()
            assert answer.status == 200, answer.read()
            yield time.monotonic() - began, b"header\n"
            while line := answer.readline():
                yield time.monotonic() - began, line

    def end(self) -> None:
        self.proxy.end()
        self.berth.stop()
        self.fake.process.end()


class Link(http.client.HTTPConnection):
    """A connection to the proxy on this machine, under the site's name."""

    def __init__(self, site: Site) -> None:
        super().__init__(NAME, site.port, timeout=PATIENCE)
        self.tls = site.tls

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self.tls.wrap_socket(plain, server_hostname=NAME) if self.tls else plain


def start(kind: str, folder: Path, *pace: str) -> Site:
    """Starts a site with a proxy of `kind`, and with a fake provider of that `pace`."""
    port, probes = free_port(), free_port()
    fake = FakeOpenAI(folder, *pace).start()
    scheme = "http" if kind == "nginx as it comes" else "https"
    settings = fake.settings("fake") | {"url": f"{scheme}://{NAME}:{port}", "trusted_proxies": ["127.0.0.1"]}
    berth = Berth(folder, settings).start()
    proxy = Process(words(kind, folder, berth.port, port, probes), folder / "proxy.log")
    proxy.start()
    proxy.wait_until(lambda: is_open(port), "listens")
    tls = None if scheme == "http" else trust(kind, folder, proxy)
    return Site(berth, fake, proxy, port, probes if tls else port, tls)


def words(kind: str, folder: Path, upstream: int, port: int, probes: int) -> list[str]:
    """Writes the configuration of a proxy and returns its command line."""
    file = folder / "proxy.conf"
    if kind == "caddy":
        head = CADDY.format(folder=folder, port=port, unused=free_port())
        file.write_text(head + shipped("Caddyfile", upstream, probes))
        return ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
    file.write_text(NGINX.format(folder=folder))
    site = PLAIN.format(port=port, upstream=upstream)
    if kind == "nginx":
        site = shipped("nginx.conf", upstream, probes)
        site = site.replace("listen 443", f"listen 127.0.0.1:{port}")
        site = site.replace("listen 8081", f"listen 127.0.0.1:{probes}")
        site = site.replace(f"/etc/letsencrypt/live/{NAME}", str(folder))
        make_certificate(folder)
    (folder / "site.conf").write_text(site)
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", str(file)]


def shipped(name: str, upstream: int, probes: int) -> str:
    """A file of ops/proxy with the ports of the test."""
    text = (OPS / name).read_text()
    assert "127.0.0.1:8080" in text and ":8081" in text or "listen 8081" in text
    return text.replace("127.0.0.1:8080", f"127.0.0.1:{upstream}").replace("http://:8081", f"http://:{probes}")


def make_certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"],
        check=True, capture_output=True, timeout=PATIENCE)


def trust(kind: str, folder: Path, proxy: Process) -> ssl.SSLContext:
    """The trust in the certificate that the proxy shows."""
    root = folder / "storage/pki/authorities/local/root.crt" if kind == "caddy" else folder / "fullchain.pem"
    proxy.wait_until(root.exists, "has a certificate")
    return ssl.create_default_context(cafile=str(root))

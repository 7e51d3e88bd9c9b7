"""Providers that cannot be reached: the words of the user and of the operator."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai
import pytest
from support.berth import Berth, free_port

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


@pytest.fixture(autouse=True)
def system_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


class Authority:
    """A private certificate authority."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                 "-days", "30", "-subj", "/CN=Example Private CA")

    def run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def certificate(self, name: str, ends: str = "20991231000000Z") -> Path:
        """A file with a certificate for the host `name` and its key."""
        (self.folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca=a\n[a]\ndir={self.folder}\ndatabase=$dir/index\nnew_certs_dir=$dir\n"
            f"serial=$dir/serial\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
            f"[x]\nsubjectAltName=DNS:{name}\n"
        )
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text("01\n")
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "s.key", "-out", "s.csr",
                 "-subj", f"/CN={name}")
        self.run("ca", "-batch", "-config", "ca.conf", "-extensions", "x", "-cert", "ca.pem",
                 "-keyfile", "ca.key", "-in", "s.csr", "-out", "s.pem", "-notext",
                 "-startdate", "20200101000000Z", "-enddate", ends)
        both = self.folder / "server.pem"
        both.write_text((self.folder / "s.pem").read_text() + (self.folder / "s.key").read_text())
        return both


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def secure() -> Iterator[Callable[[Path], int]]:
    servers = []

    def start(certificate: Path) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def refused(own_berth: Callable[..., Berth], url: str, **provider: str) -> tuple[str, str]:
    """The words of the API client and of the log."""
    berth = own_berth(
        providers=[{"name": "up", "kind": "openai", "base_url": url, "api_key": "sk-up"} | provider],
        models={"chat": [{"provider": "up", "model": "m"}]},
    )
    client = berth.client(berth.add_tenant("ann").key)
    with pytest.raises(openai.APIStatusError) as error:
        client.chat.completions.create(model="berth", messages=[{"role": "user", "content": "hi"}])
    assert error.value.status_code == 502 and error.value.code == "provider_unreachable"
    words = error.value.body["message"]
    for secret in ("127.0.0.1", "localhost", "invalid", "ca_file", "SSL_CERT_FILE", "sk-up"):
        assert secret not in words
    return words, berth.process.output()


def test_a_private_authority_is_named_as_the_cause_and_can_be_trusted(
    own_berth: Callable[..., Berth], authority: Authority, secure: Callable[[Path], int]
) -> None:
    port = secure(authority.certificate("localhost"))
    words, log = refused(own_berth, f"https://localhost:{port}/v1")
    assert "its certificate is not trusted; tell the operator" in words
    assert f"localhost:{port}: its certificate is not trusted" in log and "ca_file" in log


def test_an_expired_certificate_is_named(
    own_berth: Callable[..., Berth], authority: Authority, secure: Callable[[Path], int]
) -> None:
    port = secure(authority.certificate("localhost", ends="20210101000000Z"))
    file = str(authority.folder / "ca.pem")
    words, log = refused(own_berth, f"https://localhost:{port}/v1", ca_file=file)
    assert "its certificate has expired; tell the operator" in words
    assert "its certificate has expired" in log and "clock" in log


def test_a_certificate_of_another_host_is_named(
    own_berth: Callable[..., Berth], authority: Authority, secure: Callable[[Path], int]
) -> None:
    port = secure(authority.certificate("other.example"))
    file = str(authority.folder / "ca.pem")
    words, log = refused(own_berth, f"https://localhost:{port}/v1", ca_file=file)
    assert "its certificate is for another server; tell the operator" in words
    assert "its certificate is for another host" in log


def test_a_server_without_tls_is_named(
    own_berth: Callable[..., Berth], own_fake: Callable[..., object]
) -> None:
    url = own_fake().url.replace("http:", "https:")
    words, log = refused(own_berth, url)
    assert "there is no encrypted connection; tell the operator" in words
    assert "no secure connection" in log


def test_a_refused_connection_is_no_matter_of_certificates(own_berth: Callable[..., Berth]) -> None:
    port = free_port()
    words, log = refused(own_berth, f"http://127.0.0.1:{port}/v1")
    assert words == "provider 'up' cannot be reached; try again in a moment"
    assert f"127.0.0.1:{port}" in log and "Connection refused" in log


def test_a_name_without_an_address_is_named(own_berth: Callable[..., Berth]) -> None:
    words, log = refused(own_berth, "http://models.invalid/v1")
    assert "the server of provider 'up' was not found" in words
    assert "models.invalid: the name was not found" in log

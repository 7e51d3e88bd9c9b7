"""`berth doctor` names the commonest mistakes, and what to do about each."""

import contextlib
import http.server
import json
import os
import pwd
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.berth import PATIENCE, Berth, FakeOpenAI, binary, free_port

OwnFake = Callable[..., FakeOpenAI]


def findings(berth: Berth) -> list[dict[str, Any]]:
    return json.loads(berth.admin("doctor", "--json", check=False).stdout)["checks"]


def bad(berth: Berth) -> list[tuple[str, str]]:
    """The check and the words of each fault."""
    done = berth.admin("doctor", "--json", check=False)
    found = [(c["check"], c["says"]) for c in json.loads(done.stdout)["checks"] if not c["ok"]]
    assert done.returncode == (1 if found else 0)
    return found


def settings(fake: FakeOpenAI, base_url: str, **options: Any) -> dict[str, Any]:
    return fake.settings("echo", base_url=base_url, **options)


@contextlib.contextmanager
def router_page() -> Iterator[str]:
    """A server that answers every request with a page, as a router does."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>My router</title>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_good_configuration_has_no_fault(own_fake: OwnFake, tmp_path: Path) -> None:
    fake = own_fake()
    assert bad(Berth(tmp_path, settings(fake, fake.url))) == []


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("", "openai", "base_url lacks '/v1': set base_url: http://127.0.0.1:{port}/v1"),
        ("/v1/chat/completions", "openai", "base_url ends in '/chat/completions'"),
        ("/v1/v1", "openai", "stands twice"),
        ("", "anthropic", "set kind: openai and base_url: http://127.0.0.1:{port}/v1"),
    ],
)
def test_a_wrong_address(
    own_fake: OwnFake, tmp_path: Path, path: str, kind: str, words: str
) -> None:
    fake = own_fake()
    url = f"http://127.0.0.1:{fake.port}{path}"
    [(check, says)] = bad(Berth(tmp_path, settings(fake, url, kind=kind)))
    assert check == "provider fake"
    assert words.format(port=fake.port) in says


def test_a_web_page_at_the_address(own_fake: OwnFake, tmp_path: Path) -> None:
    with router_page() as url:
        [(check, says)] = bad(Berth(tmp_path, settings(own_fake(), f"{url}/v1")))
    assert check == "provider fake" and "a web page answers ('My router')" in says


def test_plain_http_at_a_port_for_tls(own_fake: OwnFake, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.recv(1 << 16)
                connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        [(check, says)] = bad(Berth(tmp_path, settings(own_fake(), url)))
        server.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)
    assert check == "provider fake"
    assert f"if it speaks TLS, set base_url: {url.replace('http', 'https', 1)}" in says


def test_a_model_that_is_not_listed(own_fake: OwnFake, tmp_path: Path) -> None:
    fake = own_fake()
    [(check, says)] = bad(Berth(tmp_path, fake.settings("gpt-4.1-mini")))
    assert check == "provider fake"
    assert "it does not list 'gpt-4.1-mini': it lists " in says and " more" in says


def test_a_port_that_another_program_has(tmp_path: Path) -> None:
    berth = Berth(tmp_path)
    with socket.create_server(("127.0.0.1", berth.port)):
        assert bad(berth) == [
            (
                "service",
                "not running, and it cannot start: another program listens on "
                f"127.0.0.1:{berth.port}: stop it, or change 'listen'",
            )
        ]
        refused = berth.admin("serve", check=False)
    assert refused.returncode == 1
    assert f"another program listens on 127.0.0.1:{berth.port}" in refused.stderr
    assert not bad(berth)


def test_an_address_that_no_interface_has(tmp_path: Path) -> None:
    berth = Berth(tmp_path, {"listen": f"192.0.2.7:{free_port()}"})
    [(check, says)] = bad(berth)
    assert check == "service" and "no network interface with the address 192.0.2.7" in says


def test_a_memory_limit_that_is_too_small(tmp_path: Path) -> None:
    berth = Berth(tmp_path, {"memory": {"limit": "16MiB"}})
    [(check, says)] = bad(berth)
    assert check == "memory limit" and "make it at least" in says
    refused = berth.admin("serve", check=False)
    assert refused.returncode == 1 and "make it at least" in refused.stderr


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_data_folder_in_which_others_may_write(tmp_path: Path, mode: int) -> None:
    berth = Berth(tmp_path)
    berth.data.mkdir()
    berth.data.chmod(mode)
    [(check, says)] = bad(berth)
    assert check == "data folder"
    assert f"other users may write to it. Run: chmod 700 '{berth.data}'" in says
    berth.data.chmod(0o700)
    assert bad(berth) == []


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    berth = Berth(tmp_path)
    berth.data.write_text("")
    assert ("data folder", f"'{berth.data}' is a file: set 'data' to the path of a folder") in bad(
        berth
    )


def test_a_clock_behind_the_ledger(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    berth.add_tenant("ann")
    assert berth.stop() == 0
    with contextlib.closing(sqlite3.connect(berth.data / "berth.db")) as rows:
        rows.execute("UPDATE tenant SET created_ms = created_ms + 2 * 86400000")
        rows.commit()
    [(check, says)] = bad(berth)
    assert check == "clock" and "2d ahead of this machine's clock: check the clock" in says


def test_every_address_without_a_url_is_a_warning(tmp_path: Path) -> None:
    berth = Berth(tmp_path)
    berth.config.write_text(f"listen: 0.0.0.0:{berth.port}\ndata: {berth.data}\n")
    warned = [c for c in findings(berth) if c.get("warning")]
    words = f"Set url to the address that people type, such as url: http://192.168.1.5:{berth.port}"
    assert len(warned) == 1 and warned[0]["ok"] and words in warned[0]["says"]
    assert berth.admin("doctor", check=False).returncode == 0
    assert words in berth.admin("config", "check")
    assert words in berth.admin("config", "check", "--json")["warnings"][0]
    berth.start()
    assert berth.stop() == 0
    assert words in berth.process.output()
    berth.config.write_text(
        f"listen: 0.0.0.0:{berth.port}\ndata: {berth.data}\nurl: [http://a.example]\n"
    )
    assert not [c for c in findings(berth) if c.get("warning")]
    assert berth.admin("config", "check", "--json")["warnings"] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_told_whose_service_it_is(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    other = pwd.getpwnam("nobody")
    for folder in [berth.folder, *berth.folder.parents]:
        if folder.is_dir() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    berth.config.chmod(0o644)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [binary(), *words, "--config", str(berth.config)],
            user=other.pw_uid,
            group=other.pw_gid,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    done = run("tenant", "list")
    assert done.returncode == 1
    assert "the service belongs to the user 'root'" in done.stderr, done.stderr
    assert "sudo -u root berth" in done.stderr
    told = run("tenant", "list", "--json")
    assert "belongs to the user 'root'" in json.loads(told.stdout)["error"]["message"]
    examined = json.loads(run("doctor", "--json").stdout)["checks"]
    [folder] = [c["says"] for c in examined if c["check"] == "data folder"]
    assert "belongs to the user 'root': run this command as that user" in folder
